"""Strict minima under bounds of norms: a planted one, and what is not one."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.landscape.constrained import constrained_minimum, critical_directions
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


def linear(weights, targets, *, samples=None):
    """1/2 |X w - y|^2 with one output."""
    network = Network((len(weights),), [FullyConnected(1, activation="identity", bias="none")])
    samples = np.eye(len(weights), dtype=int).tolist() if samples is None else samples
    return Instance(
        network, Parameters.from_arrays(network, {"W1": [[w] for w in weights]}), samples, [[y] for y in targets]
    )


@pytest.mark.parametrize(
    ("weights", "targets", "fine"),
    [
        (["1/2", "1/2"], [1, 1], True),  # the projection on an edge
        (["1/2", "-1/2"], [1, -1], True),
        ([1, 0], [2, "1/2"], True),  # on a corner
        ([1, 0], [2, 1], False),  # the second derivative is not below the multiplier
        ([1, 0], [1, 0], False),  # zero loss on the bound: no multiplier is positive
        (["1/3", "1/3"], ["1/3", "1/3"], True),  # inside
        (["3/4", "1/4"], [1, 1], False),
        (["1/2", "1/2", 0], [1, 1, 0], True),
        ([1, 1], [2, 2], False),  # outside
    ],
)
def test_projections_on_the_ball_of_norm_1(weights, targets, fine):
    """The nearest point of a convex set is a strict minimum, and nothing else is one."""
    certificate = constrained_minimum(linear(weights, targets), [Fraction(1)])
    assert certificate.checked(True) is fine, certificate.outcome.message


def test_an_indefinite_form_on_critical_directions():
    """Equal columns: along (1, -1) the loss is constant."""
    certificate = constrained_minimum(linear(["1/2", "1/2"], [2], samples=[[1, 1]]), [Fraction(1)])
    assert certificate.checked(True) is False


def test_a_better_point_within_the_bounds():
    instance = linear(["1/2", "1/2"], [1, 1])
    for weights in ([1, 0], ["1/4", "1/4"]):
        other = Parameters.from_arrays(instance.network, {"W1": [[w] for w in weights]})
        assert constrained_minimum(instance, [Fraction(1)], other).checked(True) is False


def test_directions_are_independent_and_keep_norms_by_first_order():
    objective = Objective(linear(["1/2", "-1/4", 0, "1/4"], [1, 1, 1, 1]))
    basis = critical_directions(objective, [Fraction(1)])
    assert basis.shape == (4, 2)
    assert np.linalg.matrix_rank(basis.astype(float)) == 2
    assert not (np.array([1, -1, 0, 1]) @ basis).any()
    assert not basis[2].any()
    assert critical_directions(objective, [Fraction(2)]).shape == (4, 4)
    assert critical_directions(objective, [None]).shape == (4, 4)
