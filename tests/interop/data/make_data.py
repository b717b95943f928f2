"""Makes the small files of weights beside it; needs torch and safetensors. The weights are drawn here."""

from collections import OrderedDict
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent


def tensors():
    """Weights of a convolution and of a dense layer on it, on images 1 x 3 x 3."""
    import torch

    generator = np.random.default_rng(0)
    return OrderedDict(
        {
            "conv.weight": torch.tensor(generator.integers(-8, 9, (2, 1, 2, 2)) / 8, dtype=torch.float32),
            "conv.bias": torch.tensor([0.1, -0.2], dtype=torch.float32),
            "fc.weight": torch.tensor(generator.integers(-8, 9, (2, 8)) / 8, dtype=torch.float32),
            "fc.bias": torch.tensor([0.5, -0.25], dtype=torch.float32),
        }
    )


def main():
    """Write all files."""
    import torch
    from safetensors.torch import save_file

    own = tensors()
    torch.save(own, FOLDER / "tiny.pth")
    torch.save(own, FOLDER / "tiny-legacy.pt", _use_new_zipfile_serialization=False)
    torch.save({"epoch": 3, "model_state_dict": own, "lr": 0.1}, FOLDER / "checkpoint.pth")
    save_file(dict(own), FOLDER / "tiny.safetensors")
    base = torch.arange(24, dtype=torch.float64).reshape(4, 6)
    kinds = {name: torch.tensor([0, 1, 2, 100]).to(getattr(torch, name)) for name in KINDS}
    views = {"transposed": base.T, "part": base[1:3, ::2], "scalar": torch.tensor(7), "empty": torch.zeros(0, 3)}
    parameter = {"parameter": torch.nn.Parameter(torch.tensor([1.5]))}
    torch.save(kinds | views | parameter, FOLDER / "kinds.pth")
    torch.save(kinds | views | parameter, FOLDER / "kinds-legacy.pth", _use_new_zipfile_serialization=False)
    save_file(kinds, FOLDER / "kinds.safetensors")
    quantised = torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)
    torch.save({"weight": quantised}, FOLDER / "quantised.pth")
    torch.save({"weight": torch.ones(2, dtype=torch.complex64)}, FOLDER / "complex.pth")
    torch.save(torch.nn.Linear(1, 1), FOLDER / "module.pth")


KINDS = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")

if __name__ == "__main__":
    main()
