"""What other systems compute for the same inputs, in float32: onnxruntime and torch, where they are installed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray
from exactcnn.network.activations import Activation
from exactcnn.network.as_given import AsGiven
from exactcnn.network.kinds.average_pooling import Averaged
from exactcnn.network.kinds.convolution import Convolution
from exactcnn.network.kinds.kind import ResolvedLayer
from exactcnn.network.network import Convolved, Network
from exactcnn.network.parameters import Parameters
from exactcnn.patches.builders import per_axis


def onnxruntime_outputs(path: str | Path, samples: ExactArray, input_shape: Sequence[int]) -> NDArray[Any] | None:
    """The outputs of a model as onnxruntime computes them on a CPU, (N, m); one input of this shape at a time.

    Returns
    -------
    array (N, m) or None
        None where onnxruntime is not installed, or cannot run the model.

    Examples
    --------
    >>> onnxruntime_outputs("no such model.onnx", ExactArray.from_array([[0.5]]), (1,)) is None
    True
    """
    try:
        import onnxruntime
    except ImportError:
        return None
    try:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # of its own messages on the error stream: none
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        (own,) = session.get_inputs()
        kind = {"tensor(float)": np.float32, "tensor(double)": np.float64}[own.type]
        batch = own.shape[0] if isinstance(own.shape[0], int) else 1
        rows = []
        for row in _floats(samples, kind):
            copies = np.tile(row.reshape(1, *input_shape), (batch, *(1,) * len(input_shape)))
            (found,) = session.run(None, {own.name: copies})
            rows.append(np.asarray(found).reshape(batch, -1)[0])
        return np.stack(rows)
    except Exception:  # noqa: BLE001 - what it cannot run, for whatever reason, is not shown beside
        return None


def torch_outputs(given: AsGiven, samples: ExactArray) -> NDArray[Any] | None:
    """The outputs as torch computes them on a CPU in float32, (N, m) in the order of the model.

    Returns
    -------
    array (N, m) or None
        None where torch is not installed, or has no such activation.
    """
    try:
        import torch
    except ImportError:
        return None
    values = _features(Torch(torch, "float32", "cpu"), given, samples, len(given.network.layers))
    if values is None:
        return None
    values = values[:, torch.from_numpy(given.order.copy())]
    if given.head is not None:
        head = torch.nn.functional.softmax if given.head == "softmax" else torch.nn.functional.log_softmax
        values = head(values, dim=1)
    result: NDArray[Any] = values.numpy()
    return result


def torch_devices() -> dict[str, str]:
    """Devices of torch by what a report calls them; none where it is not installed."""
    try:
        import torch
    except ImportError:
        return {}
    return {"CPU": "cpu"} | ({"CUDA": "cuda"} if torch.cuda.is_available() else {})


def torch_features(
    network: Network, parameters: Parameters, samples: ExactArray, layer: int, *, precision: str, device: str
) -> NDArray[Any] | None:
    """Features F_k, (N, n_k) in the network's numbering, as torch computes them on a device.

    Returns
    -------
    array (N, n_k) or None
        None where torch has no such activation.
    """
    import torch

    values = _features(Torch(torch, precision, device), AsGiven(network, parameters), samples, layer)
    if values is None:
        return None
    result: NDArray[Any] = values.cpu().numpy()
    return result


def torch_rank(matrix: NDArray[Any], device: str) -> int:
    """`torch.linalg.matrix_rank` by its default tolerance."""
    import torch

    return int(torch.linalg.matrix_rank(torch.from_numpy(matrix).to(device)))


def torch_singular_values(matrix: NDArray[Any], device: str) -> NDArray[Any]:
    """`torch.linalg.svdvals`."""
    import torch

    values: NDArray[Any] = torch.linalg.svdvals(torch.from_numpy(matrix).to(device)).cpu().numpy()
    return values


Tensors = tuple[Any, ...]  # W and b of a layer, W, or nothing


@dataclass(frozen=True)
class Torch:
    """The library (the module `torch`), a precision and a device."""

    library: Any
    precision: str
    device: str

    def tensor(self, array: ExactArray) -> Any:
        """Numbers in this precision, on this device."""
        return self.library.from_numpy(_floats(array, np.dtype(self.precision))).to(self.device)

    def tensors(self, parameters: Parameters, upto: int) -> list[Tensors]:
        """W_k and b_k of layers 1 to `upto`, as far as there are any."""
        arrays = [() if own is None else (own.weights, own.biases) for own in parameters.layers[:upto]]
        held = [tuple(self.tensor(array) for array in pair if array is not None) for pair in arrays]
        return held + [()] * (upto - len(held))  # layers without parameters on top

    def index(self, numbers: NDArray[Any]) -> Any:
        """Indices, on this device."""
        return self.library.from_numpy(numbers).to(self.device)


def _features(torch: Torch, given: AsGiven, samples: ExactArray, upto: int) -> Any:
    """Features of layer `upto`; None where torch has no such activation."""
    with torch.library.no_grad():
        return torch_forward(torch, given, torch.tensors(given.parameters, upto), torch.tensor(samples))


def torch_forward(torch: Torch, given: AsGiven, tensors: Sequence[Tensors], values: Any) -> Any:
    """As many layers as there are tensors; None where torch has no such activation.

    Convolutions, dense layers, BatchNormalization and activations are those of `torch.nn.functional`; maxima and
    means are taken over the patches.
    """
    below = given.network.input_shape
    for layer, own in zip(given.network.resolved, tensors, strict=False):
        if isinstance(layer, Convolved):
            sums = _normalized(torch, given, layer, _affine(torch, layer, own, below, values))
            values = _activated(torch, layer.activation, sums)
        else:
            values = _pooled(torch, layer, values)
        if values is None:
            return None
        below = layer.shape
    return values


def _floats(samples: ExactArray, kind: Any) -> NDArray[Any]:
    with np.errstate(over="ignore"):
        return samples.floats()[0].astype(kind)


def _affine(torch: Torch, layer: Convolved, own: Tensors, below: tuple[int, ...], values: Any) -> Any:
    """Pre-activations, in the network's numbering: by a convolution where the input has positions, channels first."""
    weights, biases = own if len(own) == 2 else (*own, None)
    description = layer.description
    first = layer.number == 1
    if isinstance(description, Convolution) and description.kernel is not None and layer.bias != "neuron":
        axes = len(below) - 1
        padding = description.padding
        kernel, stride, dilation = (
            per_axis(name, getattr(description, name), axes, 1) for name in ("kernel", "stride", "dilation")
        )
        if isinstance(padding, int) and 1 <= axes <= 3:
            # hidden feature maps are numbered channels last
            last = (*below[1:], below[0])
            image = values.reshape(-1, *below) if first else values.reshape(-1, *last).movedim(-1, 1)
            kernels = weights.T.reshape(layer.filters, below[0], *kernel)
            functional = torch.library.nn.functional
            convolve = (functional.conv1d, functional.conv2d, functional.conv3d)[axes - 1]
            found = convolve(image, kernels.contiguous(), biases, stride=stride, padding=padding, dilation=dilation)
            return found.movedim(1, -1).reshape(len(values), -1)
    patches = _gathered(torch, layer, values)
    found = (patches @ weights).reshape(len(values), -1)
    if biases is None:
        return found
    return found + (biases if layer.bias == "neuron" else biases.repeat(layer.patches.patch_count))


def _gathered(torch: Torch, layer: ResolvedLayer, values: Any, fill: float = 0.0) -> Any:
    column = values.new_full((len(values), 1), fill)
    padded = torch.library.cat([values, column], dim=1)
    slots = layer.patches.slots % padded.shape[1]
    # unlike padded[:, slots] this is quick to differentiate
    return padded.index_select(1, torch.index(slots.ravel())).reshape(len(values), *slots.shape)


def _pooled(torch: Torch, layer: ResolvedLayer, values: Any) -> Any:
    if isinstance(layer, Averaged):
        return _gathered(torch, layer, values).sum(dim=2) / torch.index(layer.divisors).to(values.dtype)
    return _gathered(torch, layer, values, -math.inf).amax(dim=2)


def _normalized(torch: Torch, given: AsGiven, layer: Convolved, values: Any) -> Any:
    normal = next((each for each in given.normalizations if each.layer == layer.number), None)
    if normal is None:
        return values
    scale, shift, mean, variance = (torch.tensor(array) for array in normal.arrays.values())
    maps = values.reshape(len(values), -1, layer.filters).movedim(1, 2)
    found = torch.library.nn.functional.batch_norm(maps, mean, variance, scale, shift, False, 0.0, 0.0)
    return found.movedim(1, 2).reshape(len(values), -1)


NAMES = {  # of activations without parameters, in torch or torch.nn.functional
    **dict.fromkeys(("relu", "relu6", "silu", "mish", "gelu", "softsign")),
    **dict.fromkeys(("sigmoid", "tanh", "exp", "erf", "sin", "cos", "abs", "square")),
    "arctan": "atan",
    "log-sigmoid": "logsigmoid",
    "hard-sigmoid": "hardsigmoid",
    "hard-swish": "hardswish",
    "hard-tanh": "hardtanh",
}


def _activated(torch: Torch, curve: Activation, values: Any) -> Any | None:
    """Values of an activation; None where torch has none of the name."""
    own = torch.library.nn.functional
    numbers = [float(parameter) for parameter in curve.parameters]
    if curve.name == "identity":
        return values
    if curve.name in ("leaky-relu", "elu", "softplus"):
        return getattr(own, curve.name.replace("-", "_"))(values, *numbers)
    if curve.name == "clip":
        return torch.library.clamp(values, *numbers)
    if curve.name not in NAMES:
        return None
    name = NAMES[curve.name] or curve.name
    return getattr(own if hasattr(own, name) else torch.library, name)(values)
