"""T8: copies of the unit of a smaller network, against closed forms and descent."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.balls import working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.evidence import Box, HessianSigns
from exactcnn.landscape.finding import Finding, Slice
from exactcnn.landscape.units import duplicated_units, find
from exactcnn.linalg.inertia import congruent, floats, gershgorin, whitening
from tests.landscape.examples import CONJECTURE, ONE_HOT, shallow


def definite_point(objective):
    """T1 at a critical point without symmetries: the least that `duplicated_units` needs."""
    if objective.domain != "Q" or objective.gradient().fractions().any():
        return "the gradient is not zero"
    with working_precision(128):
        hessian = objective.in_balls().hessian(np.arange(objective.coordinates.count))
        found = whitening(floats(hessian))
        signs = gershgorin(congruent(hessian, found.columns))
        loss = objective.loss()
    if signs is None or signs[:2] != (objective.coordinates.count, 0):
        return "the Hessian is not definite"
    evidence = HessianSigns("rational", (), 128, ExactArray(found.columns))
    count = objective.coordinates.count
    return Finding("minimum", evidence, (loss, loss), (count, 0, 0), Slice((), frozenset(), count))


def li_ding_sun(shares, *, extra=()):
    """The narrow minimum (v, w) = (9/50, ln 2) with its unit split."""
    v = Fraction(9, 50)
    arrays = {
        "W1": [[1] * len(shares) + [w for w, _ in extra]],
        "W2": [[v * s] for s in shares] + [[u] for _, u in extra],
    }
    return shallow(arrays, [[1], [3]], [[-1], [1]])


@pytest.mark.parametrize(
    ("shares", "kind"),
    [
        (["1/2", "1/2"], "minimum"),
        (["1/10", "9/10"], "minimum"),
        (["1/3", "1/3", "1/3"], "minimum"),
        ([2, -1], "saddle"),
        ([-1, 2], "saddle"),
        ([1, 1, -1], "saddle"),
        ([2, 2, -3], "saddle"),
        ([3, -1, -1], "saddle"),
    ],
)
def test_splitting_of_the_narrow_minimum(shares, kind):
    finding = duplicated_units(li_ding_sun(list(map(Fraction, shares))), definite_point)
    assert finding.type == kind
    assert finding.loss == (Fraction(49, 50), Fraction(49, 50))
    assert finding.evidence.copies == tuple(range(len(shares)))
    assert (finding.evidence.directions is None) == (kind == "minimum")
    if kind == "saddle":
        directions = finding.evidence.directions.fractions()
        assert not (np.array(list(map(Fraction, shares)), dtype=object) @ directions).any()
        assert descends(li_ding_sun(list(map(Fraction, shares))), directions)


def descends(objective, directions):
    """Follow δ_a in floats: it is a move of the weights W1, one input and no bias."""
    theta = objective.theta.floats()[0]
    step = np.zeros_like(theta)
    step[: len(directions)] = directions[:, 0].astype(float)
    step *= 0.05 / np.abs(step).max()
    losses = [float(objective.in_floats(theta + t * step).twice_the_loss) / 2 for t in (0, 1)]
    return losses[1] < losses[0] - 1e-6


def test_an_unbalanced_point_is_not_claimed():
    objective = li_ding_sun([Fraction(1, 2), Fraction(1, 4)])
    assert "not at a proved minimum" in duplicated_units(objective, definite_point)
    assert "cancel" in duplicated_units(li_ding_sun([Fraction(1), Fraction(-1)]), definite_point)
    assert "no two hidden units" in duplicated_units(li_ding_sun([Fraction(1)]), definite_point)
    split = shallow({"W1": [[1, 1]], "W2": [["9/100", 0], ["9/100", 0]]}, [[1], [3]], [[-1, 0], [1, 0]])
    assert "more than one output" in duplicated_units(split, definite_point)
    deep = shallow({"W1": [[1, 1]], "W2": [[1], [1]]}, [[1]], [[0]], output="logistic(2)")
    assert "one hidden layer" in duplicated_units(deep, definite_point)


def test_a_minimum_elsewhere_is_no_evidence():
    """Evidence of another kind than a Hessian or a box, and of another type, is not taken."""

    def saddle(objective):
        found = definite_point(objective)
        return replace(found, type="saddle")

    assert "not at a minimum" in duplicated_units(li_ding_sun([Fraction(1, 2), Fraction(1, 2)]), saddle)


@pytest.mark.parametrize(("shares", "kind"), [(["1/2", "1/2"], "minimum"), ([2, -1], "saddle")])
def test_on_a_box(shares, kind):
    """A box around the narrow minimum, from evidence that is taken as it is: what is tested is the copy."""
    shares = list(map(Fraction, shares))

    def box(objective):
        found = definite_point(objective)
        evidence = Box((), 128, ExactArray.from_array(np.eye(2)), Fraction(1, 2**20))
        return replace(found, evidence=evidence, centre=objective.theta, radius=2.0**-20)

    finding = duplicated_units(li_ding_sun(shares), box)
    assert finding.type == kind
    expected = [1, 1, *(Fraction(9, 50) * s for s in shares)]
    assert finding.centre.fractions().tolist() == expected
    assert finding.radius == 2.0**-20

    def wide(objective):
        evidence = Box((), 128, ExactArray.from_array(np.eye(2)), Fraction(4))
        return replace(box(objective), evidence=evidence)

    assert "not decided" in duplicated_units(li_ding_sun(shares), wide)


def test_the_small_network_keeps_the_other_units():
    seen = []

    def spy(objective):
        seen.append(objective)
        return "no"

    arrays = {"W1": [[5, 1, 7, 1]], "b1": [0, 2, 3, 2], "W2": [[1], [2], [3], [4]], "b2": [9]}
    objective = shallow(arrays, [[1], [3]], [[-1], [1]])
    assert "(1, 3)" in duplicated_units(objective, spy)
    assert seen[0].theta.fractions().tolist() == [5, 1, 7, 0, 2, 3, 1, 6, 3, 9]
    assert seen[0].loss() == objective.loss()


def test_both_theorems_in_turn():
    assert find(shallow(CONJECTURE, [[-1], [0], [1]], ONE_HOT), definite_point).evidence.kind == "constant-units"
    assert find(li_ding_sun([Fraction(1, 2), Fraction(1, 2)]), definite_point).evidence.kind == "duplicated-units"
    both = find(li_ding_sun([Fraction(1)]), definite_point)
    assert "not all hidden weights" in both
    assert "copies of each other" in both
    deep = shallow({"W1": [[1, 1]], "W2": [[1], [1]]}, [[1]], [[0]], output="relu")
    assert find(deep, definite_point).count("one hidden layer") == 1


@pytest.mark.parametrize(("shares", "kind"), [(["1/2", "1/2"], "minimum"), ([2, -1], "saddle")])
def test_a_large_box_is_made_smaller(shares, kind):
    """Curvature of the copies may have no sign on a box that is large enough for the minimum."""

    def large(objective):
        found = definite_point(objective)
        columns = found.evidence.congruence
        radius = Fraction(4) / max(abs(columns.fractions()).sum(axis=1))
        return replace(found, evidence=Box((), 128, columns, radius), centre=objective.theta, radius=4.0)

    finding = duplicated_units(li_ding_sun(list(map(Fraction, shares))), large)
    assert finding.type == kind
    assert finding.radius == 2.0**-8
    assert finding.evidence.small.radius == large(li_ding_sun([Fraction(1)])).evidence.radius / 2**10
