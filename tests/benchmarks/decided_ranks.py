"""First layers on real images, made so that rank is lost: which ranks are decided, by what, and how fast.

`python tests/benchmarks/decided_ranks.py` prints one line a case; `--check` puts every certificate through the checker.
Fashion-MNIST and MNIST are left out where they are not installed; `FASHION` names a folder of the IDX files.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import exactcnn as ec
from exactcnn.checker import check
from exactcnn.linalg.evidence import RankBounds
from exactcnn.network.features import FeatureMatrix, RankClaim

Images = NDArray[Any]  # (N, height, width)


def as_they_are(images: Images) -> Images:
    """Real images as they come."""
    return images


def black_and_white(images: Images) -> Images:
    """Many small patches repeat."""
    return (images > images.max() // 2).astype(np.int64)


def constant(images: Images) -> Images:
    """Every fifth image is a constant one: with shared biases its row depends on few numbers."""
    changed = images.copy()
    for number, i in enumerate(range(0, len(images), 5)):
        changed[i] = number + 1
    return changed


def copied_parts(images: Images) -> Images:
    """The left two thirds of each image are those of one of three."""
    changed, part = images.copy(), images.shape[2] * 2 // 3
    changed[:, :, :part] = images[np.arange(len(images)) % 3, :, :part]
    return changed


def both(images: Images) -> Images:
    """Constant images, and one of three left parts in the others."""
    return constant(copied_parts(images))


def negatives(images: Images) -> Images:
    """Each image and its negative: without biases, pre-activations up to sign."""
    return np.concatenate([images[: len(images) // 2], -images[: len(images) // 2]])


def repeated(images: Images) -> Images:
    """Each image twice."""
    return np.repeat(images[: (len(images) + 1) // 2], 2, axis=0)[: len(images)]


@dataclass(frozen=True)
class Case:
    """A first layer on some images."""

    data: str
    count: int
    kernel: int
    stride: int
    filters: int
    bias: str
    activation: str
    change: Callable[[Images], Images] = as_they_are
    scale: float = 1.0
    weights: str = "normal"  # or "mirrored" (w and -w), "integer" (-1, 0, 1)

    @property
    def name(self) -> str:
        """What the case is, in words."""
        words = [self.data, f"N={self.count}", f"{self.kernel}x{self.kernel}/{self.stride}", f"T={self.filters}"]
        words += [self.bias, self.activation, self.change.__name__]
        words += [f"scale {self.scale:g}"] if self.scale != 1 else []
        return " ".join(words + ([self.weights] if self.weights != "normal" else []))

    def features(self, images: Images) -> FeatureMatrix:
        """F_1 of the case."""
        chosen = self.change(images[np.linspace(0, len(images) - 1, self.count).astype(int)].astype(np.int64))
        side = chosen.shape[1]
        layer = ec.Convolution(
            self.filters, self.kernel, stride=self.stride, activation=self.activation, bias=self.bias
        )
        network = ec.Network((1, side, side), [layer])
        parameters = ec.random_parameters(network, seed=1, scale=self.scale / max(1, int(images.max())))
        if self.weights != "normal":
            own = parameters.layer(1)
            weights = own.weights.numbers
            if self.weights == "mirrored":
                half = weights[:, : self.filters // 2]
                weights = np.concatenate([half, -half], axis=1)
            else:
                weights = np.random.default_rng(1).integers(-1, 2, weights.shape)
            biases = None if own.biases is None else own.biases.numbers * (self.weights != "mirrored")
            arrays = {"W1": weights} | ({} if biases is None else {"b1": biases})
            parameters = ec.Parameters.from_arrays(network, arrays, layout="paper")
        return FeatureMatrix(network, parameters, ec.ExactArray(chosen.reshape(self.count, -1)), 1)


def cases() -> Iterator[Case]:
    """About sixty."""
    for data, kernel, stride in (("digits", 3, 1), ("digits", 5, 1), ("mnist", 5, 2), ("fashion", 5, 3)):
        counts = {"digits": (60, 150), "mnist": (100, 300), "fashion": (80, 200)}[data]
        side = ((8 if data == "digits" else 28) - kernel) // stride + 1
        for count in counts:
            filters = -(-count // side**2) + 1
            for activation, change in (
                ("sigmoid", constant),
                ("sigmoid", copied_parts),
                ("tanh", both),
                ("silu", copied_parts),
                ("elu", constant),
            ):
                yield Case(data, count, kernel, stride, filters, "filter", activation, change)
    for activation in ("sigmoid", "tanh", "silu", "elu", "mish", "swish(2)"):
        yield Case("digits", 40, 3, 1, 2, "none", activation, negatives)
        yield Case("digits", 200, 3, 2, 16, "none", activation, weights="mirrored")
        yield Case("digits", 60, 3, 2, 8, "filter", activation, black_and_white, weights="integer")
    for activation in ("sigmoid", "silu"):
        yield Case("mnist", 100, 5, 3, 3, "neuron", activation, both)
        yield Case("mnist", 50, 5, 3, 2, "filter", activation, repeated)
        yield Case("digits", 100, 3, 1, 3, "filter", activation, constant, 2.0**-40)
        yield Case("digits", 100, 3, 1, 3, "filter", activation, both, 2.0**40)
    for activation in ("gelu", "softplus", "erf", "arctan"):
        yield Case("digits", 60, 3, 2, 7, "filter", activation, constant)
        yield Case("digits", 20, 3, 1, 1, "none", activation, negatives)
        yield Case("digits", 120, 3, 2, 6, "none", activation, weights="mirrored")


def images_of(name: str) -> Images | None:
    """Images of a data set, if it is installed."""
    try:
        if name == "fashion":
            data = ec.data.fashion_mnist(folder=os.environ.get("FASHION"))
        else:
            data = ec.data.digits() if name == "digits" else ec.data.mnist5k()
    except ec.InputError:
        return None
    images: Images = data.samples.numbers.reshape(len(data), *data.shape[1:])
    return images


def measured(case: Case, images: Images) -> tuple[RankBounds, float, float | None]:
    """Bounds of the rank, the seconds that they took, and those of the checker if it is asked."""
    features = case.features(images)
    started = time.perf_counter()
    bounds = features.rank()
    seconds = time.perf_counter() - started
    if "--check" not in sys.argv:
        return bounds, seconds, None
    instance = ec.Instance(features.network, features.parameters, features.samples)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rank.json")
        ec.Certificate(instance, (RankClaim(1, bounds),), 1).write(path)
        started = time.perf_counter()
        outcome = check(path)
    assert outcome.exit_code == 0, outcome.message
    return bounds, seconds, time.perf_counter() - started


def main() -> None:
    """Print one line a case, and for each change how many are full, lower, and open."""
    sets = {name: images_of(name) for name in ("digits", "mnist", "fashion")}
    table: dict[str, list[tuple[str, float, float]]] = {}
    for case in cases():
        images = sets[case.data]
        if images is None:
            continue
        bounds, seconds, checked = measured(case, images)
        kind = bounds.upper_evidence.kind if bounds.exact is not None else "open"
        word = "mirrored filters" if case.weights == "mirrored" else case.change.__name__.replace("_", " ")
        table.setdefault(word, []).append((kind, seconds, checked or 0))
        note = "" if checked is None else f"  checked in {checked:.2f} s"
        print(f"{case.name:<62} {bounds!s:>11} {kind:<15} {seconds:6.2f} s{note}", flush=True)
    for word, rows in table.items():
        kinds = sorted({kind for kind, _, _ in rows})
        parts = ", ".join(f"{sum(kind == each for kind, _, _ in rows)} {each}" for each in kinds)
        slowest, checked = (max(row[i] for row in rows) for i in (1, 2))
        print(f"| {word} | {len(rows)} | {parts} | {slowest:.1f} s | {checked:.1f} s |")


if __name__ == "__main__":
    main()
