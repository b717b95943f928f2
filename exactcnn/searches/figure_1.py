"""Figure 1 of the paper at the size of a machine: its network with T_1 filters, data, and weights, drawn or trained."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

from exactcnn.data.dataset import Dataset
from exactcnn.data.sources import digits, fashion_mnist
from exactcnn.data.targets import class_targets
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.interop.training import trained
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.network.kinds.kind import positive
from exactcnn.network.layers import Convolution, FullyConnected, Layer, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import LayerParameters, Parameters, random_parameters
from exactcnn.resources import Progress

Data = Literal["digits", "fashion-mnist"]
Weights = Literal["random", "trained"]
CLASSES = 10
# Uniform up to 3/512 has standard deviation 0.0034; the paper adds normal noise of variance 10^-5, 0.0032.
PERTURBATION = Fraction(3, 512)
SIZES = {"digits": 1440, "fashion-mnist": 2028}  # N = 36 * 40 and 676 * 3: n_1 = N is met exactly
SCALES = {"digits": Fraction(1, 16), "fashion-mnist": Fraction(1, 256)}  # powers of two keep samples dyadic
PARTS = (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1), Fraction(5, 4))  # of the T_1 with n_1 >= N
START = 3.0  # times usual weights: from those a chain of sigmoids hardly begins to learn
OUTPUT_START = Fraction(1, 16)  # of those of the output layer: outputs begin near 0
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
