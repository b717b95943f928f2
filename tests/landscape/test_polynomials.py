"""The loss along a curve, against its values; pieces of activations off breakpoints, and no maxima."""

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
    directions = ExactArray.from_array(rng.integers(-2, 3, (seed + 1, objective.coordinates.count)))
    coefficients = along(objective, directions)
    for t in (Fraction(1), Fraction(-2), Fraction(1, 3)):
        theta = objective.theta.fractions() + sum(t ** (i + 1) * row for i, row in enumerate(directions.fractions()))
        value = objective.at(ExactArray.from_fractions(theta)).loss()
        assert sum(c * t**i for i, c in enumerate(coefficients)) == value


def ramps(bias, *, pooled=False, activation="relu"):
    layers = [FullyConnected(2, activation=activation), *([MaxPooling(patches=((0, 1),))] if pooled else [])]
    network = Network((1,), [*layers, FullyConnected(1, activation="identity")])
    arrays = {"W1": [[1, 1]], "b1": [bias, 3], f"W{2 + pooled}": [[1]] * (2 - pooled), f"b{2 + pooled}": [0]}
    return Objective(Instance(network, Parameters.from_arrays(network, arrays), [[1], [-2]], [[1], [0]]))


def test_pieces_near_the_point():
    """relu(1 + b) is on and relu(-2 + b) off for b = 1/2, and they stay so for small t."""
    objective = ramps("1/2")
    directions = ExactArray.from_array([[1, 0, 2, -1, 1, 1, 0], [0, 1, 0, 0, 0, -3, 1]])
    coefficients = along(objective, directions)
    for t in (Fraction(1, 100), Fraction(-1, 1000)):
        theta = objective.theta.fractions() + t * directions.fractions()[0] + t**2 * directions.fractions()[1]
        value = objective.at(ExactArray.from_fractions(theta)).loss()
        assert sum(c * t**i for i, c in enumerate(coefficients)) == value


def test_a_breakpoint_that_is_left_is_refused_and_one_that_stays_is_not():
    objective = ramps(-1)
    with pytest.raises(InputError, match="on a breakpoint"):
        along(objective, ExactArray.from_array([[1, 0, 0, 0, 0, 0, 0]]))
    still = ExactArray.from_array([[0, 1, 0, 0, 1, 1, 1]])
    there = objective.at(ExactArray.from_fractions(objective.theta.fractions() + still.fractions()[0] / 7))
    assert sum(c / 7**i for i, c in enumerate(along(objective, still))) == there.loss()


@pytest.mark.parametrize(
    ("changes", "what"),
    [({"pooled": True, "activation": "identity"}, "no order"), ({"activation": "softsign"}, "not a polynomial")],
)
def test_what_is_refused(changes, what):
    objective = ramps(1, **changes)
    with pytest.raises(InputError, match=what):
        along(objective, ExactArray.from_array([[1] * objective.coordinates.count]))
