"""The paper's experiment (Figure 1, Table 2) at the size of a machine: ranks of features as T_1 grows through n_1 = N.

A cell is a network with T_1 filters in layer 1, its weights drawn or trained: the certified ranks of F_1 and F_3,
certified singular values, what floats say of both ranks, loss and errors. Cells are written down as they are done.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from exactcnn.certificates.certificate import Certificate, not_accepted
from exactcnn.data.dataset import Dataset
from exactcnn.data.sources import digits, fashion_mnist
from exactcnn.data.targets import class_targets
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.interop.training import require_torch, trained
from exactcnn.linalg.decomposition import Bounds
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.network.kinds.kind import positive
from exactcnn.network.layers import Convolution, FullyConnected, Layer, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import LayerParameters, Parameters, random_parameters
from exactcnn.resources import Progress
from exactcnn.searches.ledger import Ledger, Line
from exactcnn.theorems.float_answers import PRECISIONS, Library, answers_of
from exactcnn.theorems.layer_rank import FLOAT_RANK_LIMIT, Asked, rank_or_reason
from exactcnn.theorems.numerical_rank import NumericalRank, decimal_text, numerical_rank
from exactcnn.theorems.verdict import together

Data = Literal["digits", "fashion-mnist"]
Weights = Literal["random", "trained"]
CLASSES = 10
LAYERS = (1, 3)  # the two convolutions
STORED = "NumPy, stored in float32"
# Uniform up to 3/512 has standard deviation 0.0034; the paper adds normal noise of variance 10^-5, 0.0032.
PERTURBATION = Fraction(3, 512)
SIZES = {"digits": 1440, "fashion-mnist": 2028}  # N = 36 * 40 and 676 * 3: n_1 = N is met exactly
SCALES = {"digits": Fraction(1, 16), "fashion-mnist": Fraction(1, 256)}  # powers of two keep samples dyadic
PARTS = (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1), Fraction(5, 4))  # of the T_1 with n_1 >= N
START = 3.0  # times usual weights: from those a chain of sigmoids hardly begins to learn
OUTPUT_START = Fraction(1, 16)  # of those of the output layer: outputs begin near 0
PATIENCE = 60.0  # seconds that the checker may take for a rank without being asked
TEST_SAMPLES = 2000


@dataclass(frozen=True)
class Experiment:
    """What is examined.

    Parameters
    ----------
    data : {"digits", "fashion-mnist"}
    samples : int, optional
        N, the first of the data set; by default 1440 digits or 2028 images of Fashion-MNIST.
    filters : tuple of int, optional
        The numbers T_1; by default some below and above n_1 = N.
    seed : int
        Of perturbation, weights and training.
    epochs : int
        Of training, where that is asked for.

    Raises
    ------
    InputError
        For values out of range.

    Examples
    --------
    >>> Experiment("digits").filters, Experiment("digits").network(40).widths
    ((10, 20, 30, 39, 40, 50), (64, 1440, 360, 80, 100, 10))
    >>> Experiment("fashion-mnist").network(100).widths
    (784, 67600, 16900, 2880, 720, 100, 10)
    """

    data: Data = "digits"
    samples: int | None = None
    filters: tuple[int, ...] | None = None
    seed: int = 0
    epochs: int = 100

    def __post_init__(self) -> None:
        if self.data not in get_args(Data):
            raise InputError(f"data = {self.data!r}; expected one of {', '.join(get_args(Data))}")
        samples = SIZES[self.data] if self.samples is None else positive("samples", self.samples)
        object.__setattr__(self, "samples", samples)
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise InputError(f"seed = {self.seed!r}; expected an integer of at least 0")
        positive("epochs", self.epochs)
        if self.filters is None:
            wide = -(-samples // self.network(1).widths[1])
            chosen = {max(1, round(wide * part)) for part in PARTS} | {max(1, wide - 1)}
            object.__setattr__(self, "filters", tuple(sorted(chosen)))
        for count in self.filters or ():
            self.network(count)  # which refuses what cannot be
        if not self.filters or len(set(self.filters)) < len(self.filters):
            raise InputError(f"filters = {list(self.filters or ())}; expected different numbers, at least one")

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form, which tells experiments apart."""
        return {name: getattr(self, name) for name in ("data", "samples", "seed", "epochs")} | {
            "filters": list(self.filters or ())
        }

    def network(self, filters: int) -> Network:
        """Figure 1 with T_1 filters, one bias for each filter; without the second pooling where there is no room."""
        side = {"digits": 8, "fashion-mnist": 28}[self.data]
        layers: list[Layer] = [
            Convolution(filters, 3, bias="filter"),
            MaxPooling(2),
            Convolution(80, 3, stride=2, bias="filter"),
        ]
        shape = Network((1, side, side), layers, activation="sigmoid").layer(3).shape
        layers += [MaxPooling(2)] if min(shape[1:]) >= 2 else []
        layers += [FullyConnected(100), FullyConnected(CLASSES, activation="identity")]
        return Network((1, side, side), layers, activation="sigmoid")

    @cached_property
    def sets(self) -> tuple[Dataset, Dataset | None]:
        """Training samples, scaled to 0..1 and perturbed exactly, and others, only scaled; None where none are left."""
        assert self.samples is not None
        if self.data == "digits":
            all_samples = digits()
            others = range(self.samples, len(all_samples))
            rest = all_samples.subset(list(others)) if others else None
        else:
            all_samples, rest = fashion_mnist(), fashion_mnist("test").prefix(TEST_SAMPLES)
        scale = SCALES[self.data]
        training = all_samples.prefix(self.samples).scaled(scale).perturbed(PERTURBATION, seed=self.seed)
        return training, None if rest is None else rest.scaled(scale)

    def instance(self, weights: Weights, filters: int, *, progress: Progress | None = None) -> Instance:
        """One cell's network, parameters and samples.

        Drawn hidden layers come with the output layer that fits the targets best, rounded to float32: it is in no F_k
        of a hidden layer.
        """
        network, (training, _) = self.network(filters), self.sets
        assert training.labels is not None
        targets = class_targets(training.labels, CLASSES)
        if weights == "trained":
            start = _start(network, self.seed)
            own = trained(
                network, start, training.samples, targets, epochs=self.epochs, seed=self.seed, progress=progress
            )
        else:
            own = _fitted(network, random_parameters(network, seed=self.seed), training.samples, targets)
        return Instance(network, own, training, targets)


@dataclass(frozen=True)
class Table2:
    """The cells of an experiment, as they are written down.

    Attributes
    ----------
    experiment : Experiment
    cells : tuple of mapping
        `weights`, `filters`, `widths`, `layers` (of F_1 and F_3: `rows`, `columns`, `domain`, `lower`, `upper`,
        `sigma_min` and `sigma_max` with bounds, `floats` with a `sigma_min` each, `reason`, `checked`), `loss`,
        `training_errors`, `test_errors`, `test_samples`, `seconds`.
    """

    experiment: Experiment
    cells: tuple[Line, ...] = field(repr=False)

    @property
    def checked(self) -> bool | None:
        """Whether the independent checker has accepted what it was asked about."""
        return together(layer["checked"] for cell in self.cells for layer in cell["layers"])

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form."""
        return {"experiment": self.experiment.document(), "checked": self.checked, "cells": list(self.cells)}


def table_2(
    experiment: Experiment,
    folder: str | Path | None = None,
    *,
    train: bool = False,
    check: bool | None = None,
    progress: Progress | None = None,
) -> Table2:
    """Carry out the experiment, or go on with it.

    Parameters
    ----------
    experiment : Experiment
    folder : str or Path, optional
        Where cells are written down, and a former run is continued; made if missing.
    train : bool
        Whether to train each network too, with torch.
    check : bool, optional
        Whether to ask the independent checker; by default for ranks, where that takes less than a minute.
    progress : callable, optional
        Called with (what, done, total).

    Raises
    ------
    InputError
        For data that are not there; for training without torch; if the folder cannot be used or holds another
        experiment.

    Examples
    --------
    >>> found = table_2(Experiment(samples=20, filters=(1,)))
    >>> [(layer["layer"], layer["lower"], layer["columns"]) for layer in found.cells[0]["layers"]]
    [(1, 20, 36), (3, 20, 80)]
    """
    if train:
        require_torch()
    _ = experiment.sets  # what is wrong with the data is said before a folder is made
    kinds: Sequence[Weights] = ("random", "trained") if train else ("random",)
    wanted = [(weights, filters) for weights in kinds for filters in experiment.filters or ()]
    header = {"kind": "experiment", **experiment.document()}
    with tempfile.TemporaryDirectory(prefix="exactcnn.") as scratch:
        ledger = Ledger.opened(Path(scratch if folder is None else folder), header, _whole)
        for done, (weights, filters) in enumerate(wanted):
            if progress is not None:
                progress("cells", done, len(wanted))
            if not any((cell["weights"], cell["filters"]) == (weights, filters) for cell in ledger.of("cell")):
                ledger.append({"kind": "cell", **examined(experiment, weights, filters, check, progress)})
    order = {"random": 0, "trained": 1}
    cells = sorted(ledger.of("cell"), key=lambda cell: (order[cell["weights"]], cell["filters"]))
    return Table2(experiment, tuple({key: value for key, value in cell.items() if key != "kind"} for cell in cells))


def examined(
    experiment: Experiment, weights: Weights, filters: int, check: bool | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """One cell."""
    start = time.perf_counter()
    instance = experiment.instance(weights, filters, progress=progress)
    layers = [_layer(instance, layer, experiment.seed, check, progress) for layer in LAYERS]
    training, test = experiment.sets
    loss, wrong = _loss(instance, training)
    return {
        "weights": weights,
        "filters": filters,
        "widths": list(instance.network.widths),
        "layers": layers,
        "loss": loss,
        "training_errors": wrong,
        "test_errors": None if test is None else _loss(instance, test)[1],
        "test_samples": 0 if test is None else len(test),
        "seconds": round(time.perf_counter() - start, 1),
    }


def _layer(instance: Instance, layer: int, seed: int, check: bool | None, progress: Progress | None) -> dict[str, Any]:
    """Certified rank and singular values of F_k, and what floats say; what the checker has rejected is not claimed."""
    assert instance.parameters is not None
    assert instance.samples is not None
    features = FeatureMatrix(instance.network, instance.parameters, instance.samples, layer)
    found = rank_or_reason(features, Asked(seed=seed, float_ranks=False, progress=progress))
    rank = Certificate(instance, found.claims, layer)
    verdicts = [rank.checked(True if check is None and rank.seconds <= PATIENCE else check, progress=progress)]
    numerical = _singular_values(features, progress)
    values = Certificate(instance, () if numerical is None else numerical.claims, layer)
    if check and values.claims:
        verdicts.append(values.checked(True, progress=progress))
    bounds = None if numerical is None else numerical.bounds
    checked = together(verdicts)
    if checked is False:
        messages = [each.outcome.message for each, said in zip((rank, values), verdicts, strict=False) if said is False]
        found, bounds = found.nothing(not_accepted("; ".join(messages))), None
    if progress is not None:
        progress("float ranks", layer, max(LAYERS))
    return {
        "layer": layer,
        "rows": found.shape[0],
        "columns": found.shape[1],
        "domain": found.domain,
        "lower": found.rank.lower,
        "upper": found.rank.upper,
        "reason": found.rank.reason,
        "sigma_max": None if not bounds else [decimal_text(end) for end in bounds[0]],
        "sigma_min": None if not bounds else [decimal_text(end) for end in bounds[-1]],
        "floats": [] if checked is False else _floats(features, found.rank, bounds),
        "checked": checked,
    }


def _singular_values(features: FeatureMatrix, progress: Progress | None) -> NumericalRank | None:
    try:
        return numerical_rank(features.entries, features.layer, singular_values=True, progress=progress)
    except InputError:  # more than memory holds
        return None


def _floats(features: FeatureMatrix, rank: Any, bounds: Bounds | None) -> list[dict[str, Any]]:
    """What NumPy says by both rules: in each precision, and in double precision of features stored in single."""
    if min(features.shape) > FLOAT_RANK_LIMIT:
        return []

    def computed(_: int, precision: str) -> NDArray[Any]:
        with np.errstate(all="ignore"):
            return features.floats(np.dtype(precision))

    def stored(layer: int, precision: str) -> NDArray[Any]:
        return computed(layer, "float32").astype(precision)

    answers: list[dict[str, Any]] = []
    for name, matrix in (("NumPy", computed), (STORED, stored)):
        library = Library(name, matrix, lambda a: int(np.linalg.matrix_rank(a)), _singular)
        for precision in PRECISIONS if matrix is computed else ("float64",):
            own = matrix(features.layer, precision)
            said, values = answers_of(rank, bounds, library, precision, own)
            least = float(values[-1]) if len(values) else None
            answers += [each.document() | {"sigma_min": least} for each in said]
    return answers


def _singular(matrix: NDArray[Any]) -> NDArray[Any]:
    values: NDArray[Any] = np.linalg.svd(matrix, compute_uv=False)
    return values


def _loss(instance: Instance, data: Dataset) -> tuple[float, int]:
    """½ ‖F_L − Y‖², and how many samples have another class as their largest output; in float64."""
    assert instance.parameters is not None
    assert data.labels is not None
    last = len(instance.network.layers)
    outputs = FeatureMatrix(instance.network, instance.parameters, data.samples, last).floats()
    return float(((outputs - np.eye(CLASSES)[data.labels]) ** 2).sum() / 2), int(
        (outputs.argmax(axis=1) != data.labels).sum()
    )


def _fitted(network: Network, drawn: Parameters, samples: ExactArray, targets: ExactArray) -> Parameters:
    """Replace the output layer by the least-squares fit."""
    hidden = FeatureMatrix(network, drawn, samples, len(network.layers) - 1).floats()
    with_ones = np.hstack([hidden, np.ones((len(hidden), 1))])
    fit = np.linalg.lstsq(with_ones, targets.floats()[0])[0].astype(np.float32)
    output = LayerParameters(ExactArray.from_array(fit[:-1]), ExactArray.from_array(fit[-1]))
    return Parameters((*drawn.layers[:-1], output))


def _start(network: Network, seed: int) -> Parameters:
    """Larger weights, with biases that centre sums of sigmoids: half the sum of each filter, negative."""
    drawn = random_parameters(network, seed=seed, scale=START)
    layers: list[LayerParameters | None] = []
    for number, own in enumerate(drawn.layers, 1):
        if own is not None and own.biases is not None:
            weights = own.weights.scaled(OUTPUT_START) if number == len(drawn.layers) else own.weights
            middle = -weights.floats()[0].sum(axis=0).astype(np.float32) / 2
            own = LayerParameters(weights, ExactArray.from_array(np.resize(middle, own.biases.shape)))
        layers.append(own)
    return Parameters(tuple(layers))


def _whole(line: Line) -> bool:
    parts = ("rows", "columns", "lower", "upper")
    return (
        line["kind"] == "cell"
        and line["weights"] in get_args(Weights)
        and type(line["filters"]) is int
        and {"widths", "loss", "training_errors", "test_errors", "test_samples", "seconds"} <= line.keys()
        and [layer["layer"] for layer in line["layers"]] == list(LAYERS)
        and all(type(layer[part]) is int for layer in line["layers"] for part in parts)
        and all({"sigma_min", "sigma_max", "floats", "checked"} <= layer.keys() for layer in line["layers"])
    )
