"""Small instances on which the checks run when no other is given."""

from __future__ import annotations

import numpy as np

from exactcnn.domains.exact import ExactArray
from exactcnn.network.activations import Activation
from exactcnn.network.definitions import define_activation
from exactcnn.network.layers import Bias, Convolution, FullyConnected, Layer, MaxPooling
from exactcnn.network.network import Network


def one_dimensional(activation: str = "hard-sigmoid", bias: Bias = "neuron") -> Network:
    """Section 2's example: five neurons, patches of three neighbours, two filters."""
    return Network((1, 5), [Convolution(2, 3, bias=bias)], activation=activation)


def deep(activation: str = "relu") -> Network:
    """Convolution, max-pooling, convolution: widths 6, 8, 6, 6."""
    return Network((1, 6), [Convolution(2, 3), MaxPooling(2, stride=1), Convolution(3, 2)], activation=activation)


def two_convolutions(activation: str = "sigmoid") -> Network:
    """Two convolutions and a linear output: widths 6, 8, 6, 1."""
    layers: list[Layer] = [Convolution(2, 3), Convolution(2, 2), FullyConnected(1, activation="identity")]
    return Network((1, 6), layers, activation=activation)


def samples(count: int, width: int) -> ExactArray:
    """Integer samples of which no two share a patch: entry j of sample i is (7i + 3j²) mod 31, plus 31i.

    Examples
    --------
    >>> samples(2, 3).fractions().astype(int).tolist()
    [[0, 3, 12], [38, 41, 50]]
    """
    i, j = np.arange(count)[:, None], np.arange(width)[None, :]
    return ExactArray((7 * i + 3 * j**2) % 31 + 31 * i)


def smooth_ramp() -> Activation:
    """A strictly increasing, continuously differentiable activation with values in (0, 22), rational throughout.

    Examples
    --------
    >>> ramp = smooth_ramp()
    >>> [str(ramp.exact(t)) for t in (-1, 0, 1, 20, 21)]
    ['1/2', '1', '2', '21', '43/2']
    """
    return define_activation("smooth-ramp", ["1/(1 - t)", "t + 1", "22 - 1/(t - 19)"], [0, 20])


def section_4() -> Network:
    """A network that satisfies Assumption 4.1 with k = 1, exact in the rationals: widths 4, 6, 3, 2."""
    layers: list[Layer] = [
        Convolution(2, 2, activation="relu"),
        FullyConnected(3, activation=smooth_ramp()),
        FullyConnected(2, activation="identity"),
    ]
    return Network((1, 4), layers)


def classes(count: int) -> ExactArray:
    """One-hot targets of two classes, by turns.

    Examples
    --------
    >>> classes(3).fractions().astype(int).tolist()
    [[1, 0], [0, 1], [1, 0]]
    """
    return ExactArray(np.array([[1 - i % 2, i % 2] for i in range(count)]))
