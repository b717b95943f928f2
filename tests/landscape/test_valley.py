"""Minima on curves of critical points: planted ones, and a saddle that is not claimed."""

import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.landscape.evidence import Scaling, Shift
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.valley import minimum_in_valley
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


def chain(*weights):
    """1/2 (w_1 w_2 ... - 1)^2."""
    network = Network((1,), [FullyConnected(1, activation="identity", bias="none")] * len(weights))
    own = {f"W{k}": [[w]] for k, w in enumerate(weights, start=1)}
    return Instance(network, Parameters.from_arrays(network, own), [[1]], [[1]])


@pytest.mark.parametrize(("w", "v"), [(1, 1), (2, "1/2"), (-1, -1)])
def test_a_hyperbola(w, v):
    """(w, v) on the curve (w + s, 1 / (w + s))."""
    instance = chain(w, v)
    claim = minimum_in_valley(Objective(instance), [], [[w * w, 1], [2 * w, 0], [1, 0]], [w, 1], range(2, 9))
    assert claim.loss == (0, 0)
    assert claim.index == (1, 0, 1)
    assert Certificate(instance, (claim,), 2).outcome.exit_code == 0


def test_frozen_coordinates_are_not_on_the_curve():
    """Three factors: with one frozen by scaling the other two are on a hyperbola."""
    instance = chain(1, 1, 1)
    objective = Objective(instance)
    steps = [Scaling(1, 0, 0)]
    claim = minimum_in_valley(objective, steps, [[1, 1], [2, 0], [1, 0]], [1, 1], range(11))
    assert claim.index == (1, 0, 2)
    found = Certificate(instance, (claim,), 3).outcome
    assert found.exit_code == 0, found.message


def test_a_shift_freezes_a_bias():
    """v (w x + b) + c on one line, w and b frozen: the minimum is isolated, and the curve is refused."""
    network = Network((1,), [FullyConnected(1, activation="relu"), FullyConnected(1, activation="identity")])
    own = Parameters.from_arrays(network, {"W1": [[1]], "b1": [1], "W2": [[1]], "b2": [-1]})
    instance = Instance(network, own, [[0], [1]], [[0], [1]])
    claim = minimum_in_valley(Objective(instance), [Scaling(1, 0, 0), Shift(1, 0)], [[1, -1], [1, -1]], [1], range(4))
    found = Certificate(instance, (claim,), 2).outcome
    assert found.exit_code == 1
    assert "the curve is not critical at s = 1" in found.message


def test_a_saddle():
    """(w v - 1)^2 at 0: the curvatures have both signs, and no curve helps."""
    instance = chain(0, 0)
    claim = minimum_in_valley(Objective(instance), [], [[0, 0], [1, 0]], [1], range(4))
    assert Certificate(instance, (claim,), 2).outcome.exit_code == 1
