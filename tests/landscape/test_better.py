"""Better points: what is returned is better, exactly; at global minima there is none."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.landscape.better import better_point
from exactcnn.landscape.descent import loss_bounds
from exactcnn.landscape.evidence import Zero
from exactcnn.landscape.finding import Finding
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters


def at(network, arrays, samples, targets):
    return Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))


def dense(units, activation):
    return Network((1,), [FullyConnected(units, activation=activation), FullyConnected(1, activation="identity")])


def finding(objective):
    return Finding("minimum", Zero(), loss_bounds(objective))


def bound(objective, parameters):
    return loss_bounds(objective.at(objective.coordinates.flat(parameters)))[1]


@pytest.mark.parametrize("activation", ["relu", "softsign", "tanh", "logistic(2)"])
def test_zero_loss_of_two_units_is_nearly_found(activation):
    """Two samples, two units: everything can be fitted."""
    arrays = {"W1": [[0, 0]], "b1": [1, 1], "W2": [[1], [1]], "b2": [0]}
    objective = at(dense(2, activation), arrays, [[0], [1]], [[3], [-2]])
    better = better_point(objective, finding(objective))
    assert bound(objective, better) < loss_bounds(objective)[0] * Fraction(51, 100)


def test_the_best_line_has_nothing_better():
    network = Network((1,), [FullyConnected(1, activation="identity")])
    objective = at(network, {"W1": [["1/2"]], "b1": ["-1/6"]}, [[0], [1], [2]], [[0], [0], [1]])
    assert better_point(objective, finding(objective)) is None
    zero = at(network, {"W1": [[1]], "b1": [0]}, [[1], [2]], [[1], [2]])
    assert better_point(zero, finding(zero)) is None


def test_the_gain_may_be_small():
    """The line misses the best one by 2^-40: half of the gain needs many digits."""
    network = Network((1,), [FullyConnected(1, activation="identity", bias="none")])
    off = Fraction(1, 3) + Fraction(1, 2**20)
    objective = at(network, {"W1": [[off]]}, [[3], [0]], [[1], [1]])
    better = better_point(objective, finding(objective))
    assert Fraction(1, 2) <= bound(objective, better) < objective.loss() < Fraction(1, 2) + Fraction(1, 2**36)


def test_the_seed_decides():
    objective = at(
        dense(2, "relu"), {"W1": [[0, 0]], "b1": [1, 1], "W2": [[1], [1]], "b2": [0]}, [[0], [1]], [[3], [-2]]
    )
    first, again = (objective.coordinates.flat(better_point(objective, finding(objective), seed=5)) for _ in range(2))
    assert first.fractions().tolist() == again.fractions().tolist()


def test_convolutions_with_pooling_and_many_samples():
    layers = [Convolution(2, 3, activation="relu", padding=1), MaxPooling(2), FullyConnected(2, activation="identity")]
    network = Network((1, 4), layers)
    rng = np.random.default_rng(0)
    samples, targets = rng.integers(-3, 4, (40, 4)).tolist(), rng.integers(-3, 4, (40, 2)).tolist()
    parameters = random_parameters(network, seed=1)
    objective = Objective(Instance(network, parameters, samples, targets))
    better = better_point(objective, finding(objective))
    assert bound(objective, better) < objective.loss()


def test_numbers_beyond_floats():
    """Nothing is found, and nothing goes wrong."""
    network = Network((1,), [FullyConnected(1, activation="identity", bias="none")])
    objective = at(network, {"W1": [[10**200]]}, [[10**200], [1]], [[1], [1]])
    better = better_point(objective, finding(objective))
    assert better is None or bound(objective, better) < objective.loss()
