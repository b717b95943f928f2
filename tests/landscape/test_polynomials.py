"""The loss along a line, against its values; nothing that needs an order."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.polynomials import along
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


@pytest.mark.parametrize("seed", range(3))
def test_coefficients_against_values(seed):
    """A polynomial network of two layers and biases: Φ(θ + td) at some t."""
    rng = np.random.default_rng(seed)
    layers = [
        FullyConnected(2, activation="square"),
        FullyConnected(2, activation="square"),
        FullyConnected(1, activation="identity"),
    ]
    network = Network((2,), layers)
    arrays = {f"W{k}": rng.integers(-2, 3, s).tolist() for k, s in ((1, (2, 2)), (2, (2, 2)), (3, (2, 1)))}
    arrays |= {"b1": [1, "1/2"], "b2": [0, -1], "b3": ["1/3"]}
    samples, targets = rng.integers(-1, 2, (3, 2)).tolist(), rng.integers(-1, 2, (3, 1)).tolist()
    objective = Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))
    direction = ExactArray.from_array(rng.integers(-2, 3, objective.coordinates.count))
    coefficients = along(objective, direction)
    for t in (Fraction(1), Fraction(-2), Fraction(1, 3)):
        theta = objective.theta.fractions() + t * direction.fractions()
        value = objective.at(ExactArray.from_fractions(theta)).loss()
        assert sum(c * t**i for i, c in enumerate(coefficients)) == value


@pytest.mark.parametrize(("activation", "pooled", "what"), [("relu", False, "no sign"), ("identity", True, "no order")])
def test_what_needs_an_order(activation, pooled, what):
    layers = [FullyConnected(2, activation=activation), *([MaxPooling(patches=((0, 1),))] if pooled else [])]
    network = Network((1,), [*layers, FullyConnected(1, activation="identity")])
    arrays = {"W1": [[1, 1]], "b1": [0, 0], f"W{2 + pooled}": [[1]] * (2 - pooled), f"b{2 + pooled}": [0]}
    objective = Objective(Instance(network, Parameters.from_arrays(network, arrays), [[1]], [[1]]))
    with pytest.raises(InputError, match=what):
        along(objective, ExactArray.from_array([1] * objective.coordinates.count))
