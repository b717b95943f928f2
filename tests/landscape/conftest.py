"""Instances of losses: small networks of every kind, data with a seed, and a slow loss by loops."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.coordinates import Coordinates
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


def fully_connected(sizes, activation, **options):
    """A fully connected network with a linear output."""
    last = len(sizes) - 2
    layers = [
        FullyConnected(size, activation=activation if i < last else "identity", **options)
        for i, size in enumerate(sizes[1:])
    ]
    return Network((sizes[0],), layers)


def objective(network, samples, targets, theta=None, **arrays):
    """A loss at parameters that are given as one vector, or as arrays W1, b1, ..."""
    if theta is not None:
        given = theta if isinstance(theta, ExactArray) else ExactArray.from_strings([str(v) for v in theta])
        parameters = Coordinates(network).parameters(given)
    else:
        parameters = Parameters.from_arrays(network, arrays)
    return Objective(Instance(network, parameters, samples, targets))


def drawn(network, samples, *, seed=0, bits=4):
    """A loss with normal dyadic parameters, samples and targets."""
    rng = np.random.default_rng(seed)

    def dyadics(*shape):
        return ExactArray.from_array(np.round(rng.standard_normal(shape) * 2**bits) / 2**bits)

    theta = dyadics(Coordinates(network).count)
    return objective(network, dyadics(samples, network.widths[0]), dyadics(samples, network.widths[-1]), theta)


NETWORKS = {
    "dense": Network(
        (3,),
        [
            FullyConnected(3, activation="softsign"),
            FullyConnected(2, bias="none", activation="square"),
            FullyConnected(1, activation="identity"),
        ],
    ),
    "pooling": Network(
        (1, 4, 4),
        [
            Convolution(2, 2, activation="softsign"),
            MaxPooling(2, stride=1, padding=1),
            FullyConnected(2, activation="square"),
        ],
    ),
    "shared": Network(
        (2, 4, 4),
        [
            Convolution(2, 3, padding=1, bias="filter", activation="square"),
            Convolution(2, 2, bias="none", activation="leaky-relu"),
            MaxPooling(2),
            FullyConnected(2, activation="identity"),
        ],
    ),
    "pooled input": Network((1, 4, 4), [MaxPooling(2), FullyConnected(2, bias="none", activation="softsign")]),
}


@pytest.fixture(scope="session", name="objective")
def _objective():
    return objective


@pytest.fixture(scope="session", name="drawn")
def _drawn():
    return drawn


@pytest.fixture(scope="session")
def dense():
    return fully_connected


@pytest.fixture(params=sorted(NETWORKS))
def network(request):
    return NETWORKS[request.param]


@pytest.fixture(scope="session")
def li_ding_sun():
    """N = 2, width 1, no biases: a strict minimum with loss 49/50 at (w, v) = (1, 9/50), and 4/5 elsewhere."""
    network = fully_connected((1, 1, 1), "logistic(2)", bias="none")
    return objective(network, [[1], [3]], [[-1], [1]], ["1", Fraction(9, 50)])


@pytest.fixture(scope="session")
def kink():
    """The smallest minimum on a kink: loss 11 at x = -2 for f = relu(-x - 2); 3/4 relu(x + 1) has loss 9."""
    network = fully_connected((1, 1, 1), "relu")
    samples, targets = [[-4], [-3], [-2], [-1], [3]], [[1], [3], [-2], [-2], [3]]
    return objective(network, samples, targets, [-1, -2, 1, 0])
