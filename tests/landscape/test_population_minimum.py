"""Minima of the population loss: found where they are, undecided elsewhere, and the checker agrees."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.checker import check
from exactcnn.errors import InputError
from exactcnn.gallery.registry import select
from exactcnn.landscape.population import PopulationLoss
from exactcnn.landscape.population_minimum import population_minimum

NAMES = ("safran-shamir-6", "safran-shamir-7")


def weights_of(name):
    (piece,) = select([name])
    return piece.arrays["W1"]


@pytest.mark.parametrize(("name", "expected"), [(NAMES[0], 0.02508058100246301), (NAMES[1], 0.02320271491356608)])
def test_the_minima_are_found_from_four_digits(name, expected, tmp_path):
    start = [[f"{float(x):.4f}" for x in row] for row in weights_of(name)]
    point = population_minimum(PopulationLoss(start))
    assert (point.status, point.suboptimal) == ("strict minimum", True)
    low, high = point.loss
    assert high - low < Fraction(1, 10**27)
    assert float(low) == pytest.approx(expected, rel=1e-14)
    assert point.better.loss == (0, 0)
    assert point.finding.index == (point.start.units**2, 0, 0)
    point.certificate.write(tmp_path / "minimum.json")
    outcome = check(tmp_path / "minimum.json")  # with the usual limits
    assert outcome.exit_code == 0, outcome.message
    assert "strict minimum of the population loss" in outcome.accepted[0]


@pytest.mark.parametrize("name", NAMES)
def test_floats_find_no_other_kind_of_critical_point_there(name):
    point = population_minimum(PopulationLoss(weights_of(name)))
    here = PopulationLoss(point.finding.centre.reshape(*point.start.weights.shape)).in_floats()
    values = np.linalg.eigvalsh(np.asarray(here.hessian(np.arange(point.start.units**2)), dtype=float))
    assert values[0] == pytest.approx({6: 0.00470, 7: 0.01406}[point.start.units], abs=1e-5)


def test_a_saddle_is_undecided():
    """All units equal by symmetry: a critical point from which they part."""
    found = population_minimum(PopulationLoss([["0.5", "0.45"], ["0.45", "0.5"]]))
    assert found.status == "undecided"
    assert found.suboptimal is None
    assert found.claims == ()
    assert found.loss[0] < found.loss[1]


def test_the_global_minimum_is_undecided():
    """Newton's method goes to the unit vectors, parallel to the teacher: F is not twice differentiable there."""
    start = np.eye(3) + 0.01 * np.arange(9).reshape(3, 3)
    found = population_minimum(PopulationLoss(start))
    assert found.status == "undecided"
    assert found.reason


def test_too_few_bits_are_undecided():
    (piece,) = select([NAMES[0]])
    found = population_minimum(PopulationLoss(piece.arrays["W1"]), bits=24)
    assert found.status == "undecided"
    assert found.loss[0] <= Fraction(2508058, 10**8) + Fraction(1, 10**4)


def test_a_start_where_the_loss_is_not_smooth():
    with pytest.raises(InputError, match="unit 0 may be parallel to unit 1; expected weights in other directions"):
        population_minimum(PopulationLoss([[1, 2], [3, 6]]))
