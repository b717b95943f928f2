"""The derivative that vanishes, and the path from any point of S_k."""

from fractions import Fraction

import pytest

from exactcnn.landscape.descent import entry
from exactcnn.landscape.finding import Finding
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.critical_points import instance_at, zero_loss_instance
from exactcnn.proofs.checks.gaps_derivative import (
    derivative_may_vanish,
    lower_losses_nearby,
    nonzero_slopes_repair,
    path_to_targets,
)
from exactcnn.proofs.checks.points import objective_at, piece_of


def test_every_derivative_vanishes_by_difference_quotients():
    """Second opinion in fractions, from loss values alone: quotients by all coordinates go to 0 with the step."""
    objective = piece_of("zero-derivative").objective()
    theta, base = objective.theta.fractions(), objective.loss()
    for index in range(len(theta)):
        for sign in (1, -1):
            moved = theta.copy()
            moved[index] += sign * Fraction(1, 10**6)
            loss = objective.at(moved).loss()
            assert abs(loss - base) * 10**6 < Fraction(2, 10**5)


def test_a_gradient_that_does_not_vanish_is_seen():
    """Positive control: at another W_2 the same evidence is not there."""
    objective = objective_at(piece_of("zero-derivative"), W2=[["1/3", 0], [0, "1/5"]])
    assert any(objective.gradient().fractions())
    assert isinstance(entry(objective, 128), Finding)


def test_the_certificate_states_both_gradients():
    found = derivative_may_vanish()
    kinds = [claim.document()["kind"] for claim in found.certificates[-1].claims]
    assert kinds.count("gradient") == 2
    assert kinds.count("weights-rank") == 1
    assert found.checked is True


def test_steps_beyond_the_formula_are_undecided():
    assert lower_losses_nearby((Fraction(3, 2),)).status == "undecided"  # the cubic ends at 1
    assert lower_losses_nearby((Fraction(1, 1000),)).status == "proved"


def test_the_repair_needs_slopes():
    assert nonzero_slopes_repair(piece_of("zero-derivative").instance()).status == "undecided"
    assert nonzero_slopes_repair(instance_at(seed=3)).status == "proved"


@pytest.mark.parametrize("seed", [0, 3, 4])
def test_paths_from_other_points(seed):
    found = path_to_targets(instance_at(seed=seed), times=(Fraction(1, 7), Fraction(6, 7)))
    assert (found.status, found.checked) == ("proved", True)


def test_no_path_from_outside_the_set():
    """Equal rows of F_1: not in S_1."""
    start = instance_at()
    layers = start.parameters.layers
    zeros = Parameters.from_arrays(start.network, {"W1": [[0, 0]] * 2, "b1": [1] * 6})
    outside = instance_at(Parameters((zeros.layers[0], *layers[1:])))
    assert path_to_targets(outside).status == "undecided"


def test_a_path_that_stays():
    """From a point with zero loss all points of the path have zero loss."""
    assert set(path_to_targets(zero_loss_instance()).details["losses"]) == {0.0}
