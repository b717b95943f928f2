"""Write the data and parameter files of the examples, always the same ones: `python docs/examples/make_examples.py`."""

from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent


def constant_images() -> np.ndarray:
    """Six images of 3 x 3 pixels, each of one grey level."""
    return np.repeat(np.arange(6, dtype=np.int64)[:, None], 9, axis=1)


def dead_relus() -> dict[str, np.ndarray]:
    """Eight 5 x 5 filters with weights below 1, 16 patches; a bias of -1000 for all but the first two filters."""
    generator = np.random.default_rng(1)
    weights = generator.uniform(-1, 1, size=(25, 8)).astype(np.float32)
    return {"W1": weights, "b1": np.where(np.arange(128) % 8 < 2, 0, -1000).astype(np.float32)}


def hidden_relation() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Six samples with the common offset 2**40, eight units whose biases remove it again.

    Exactly, F_1 = (X - 2**40) W has rank 2. The products have 70 bits, so float64 rounds them by about 2**17, and
    these errors stay when the offset has gone: 2**-23 of the features, far above the tolerance of a rank in float64.
    """
    generator = np.random.default_rng(2)
    weights = generator.integers(2**28, 2**29, size=(2, 8)) * 2 + 1
    samples = 2**40 + generator.integers(1, 2**10, size=(6, 2))
    biases = -(2.0**40) * weights.sum(axis=0)  # exact: 31 bits times a power of two
    return samples, {"W1": weights.astype(np.float64), "b1": biases}


def main() -> None:
    np.savetxt(FOLDER / "constant-images.csv", constant_images(), fmt="%d", delimiter=",")
    np.savez(FOLDER / "dead-relus.npz", **dead_relus())
    samples, parameters = hidden_relation()
    np.savetxt(FOLDER / "hidden-relation-samples.csv", samples, fmt="%d", delimiter=",")
    np.savez(FOLDER / "hidden-relation.npz", **parameters)
    np.savetxt(FOLDER / "bad-minimum-samples.csv", [1, 3], fmt="%d")
    np.savetxt(FOLDER / "bad-minimum-targets.csv", [-1, 1], fmt="%d")


if __name__ == "__main__":
    main()
