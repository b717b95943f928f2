"""Minima that are worse than linear regression: certified from five samples on, and by floats."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.landscape.objective import Objective
from exactcnn.searches.affine_units import (
    QUESTION,
    as_affine,
    minimum_claim,
    regression,
    worse_minimum,
    worse_than_regression,
)
from exactcnn.searches.answers import answer


def test_from_five_samples_on():
    found = answer(QUESTION)
    assert found.checked
    for line in found.lines:
        assert line["outcome"] == ("impossible" if line["case"]["samples"] < 5 else "possible")
        assert line["checked"] is (True if line["outcome"] == "possible" else None)


@pytest.mark.parametrize("count", range(5, 12))
def test_least_squares_by_floats(count):
    instance = worse_minimum(count)
    samples, targets = instance.samples.fractions().astype(float), instance.targets.fractions().astype(float)
    inputs = np.column_stack([samples, np.ones(count)])
    least = ((targets - inputs @ np.linalg.lstsq(inputs, targets, rcond=None)[0]) ** 2).sum() / 2
    certificate = worse_than_regression(instance, minimum_claim(instance), (0, 0))
    assert float(Fraction(certificate.claims[1].document()["upper"])) == pytest.approx(least)
    assert least < 1
    assert certificate.checked(True)


def test_points_near_it_have_a_larger_loss():
    """Each family of samples, in floats."""
    generator = np.random.default_rng(1)
    for count in (5, 8, 11):
        objective = Objective(worse_minimum(count))
        theta = objective.theta.fractions().astype(float)
        for _ in range(300):
            moved = theta + generator.normal(size=len(theta)) * 10 ** generator.uniform(-4, -1.5)
            assert float(objective.in_floats(moved).twice_the_loss) / 2 >= 1 - 1e-10


def test_regression_solves_the_normal_equations():
    instance = worse_minimum(7)
    samples, targets = instance.samples.fractions(), instance.targets.fractions()[:, 0]
    *slopes, offset = regression(instance.samples.fractions(), instance.targets.fractions())
    residual = samples @ np.array(slopes, dtype=object) + offset - targets
    assert not (samples.T @ residual).any()
    assert residual.sum() == 0


@pytest.mark.parametrize("units", [(0, 0), (0, 1)])
def test_any_unit_of_a_layer_carries_an_affine_function(units):
    instance = worse_minimum(9)
    parameters = as_affine(instance, units, [Fraction(-7), Fraction(2, 3), Fraction(5)])
    objective = Objective(instance)
    found = objective.in_rationals(objective.coordinates.flat(parameters)).trace.features[-1].fractions()[:, 0]
    samples = instance.samples.fractions()
    assert (found == -7 * samples[:, 0] + Fraction(2, 3) * samples[:, 1] + 5).all()
