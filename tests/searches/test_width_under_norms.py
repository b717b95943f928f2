"""Confined points under bounds of norms: certified, and by random points nearby."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.landscape.objective import Objective
from exactcnn.searches.answers import answer
from exactcnn.searches.width_under_norms import QUESTION, certificate, confined, confined_with_two_outputs


def test_at_mn_units_and_not_at_one_more():
    found = answer(QUESTION)
    assert found.checked
    for line in found.lines:
        case = line["case"]
        sharp = case["width"] == case["outputs"] * case["samples"]
        assert line["outcome"] == ("possible" if sharp else "impossible")
        assert line["checked"] is (True if sharp else None)


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_one_output(count):
    instance, better = confined(count)
    assert Objective(instance).loss() == (count - Fraction(3, 2)) ** 2 / (2 * count)
    assert Objective(instance).at(Objective(instance).coordinates.flat(better)).loss() == 0
    assert certificate(instance, better).checked(True)


def test_points_near_that_of_two_outputs_have_a_larger_loss():
    """In floats, with the activation written anew."""
    instance, better = confined_with_two_outputs()
    assert certificate(instance, better).checked(True)
    heights = {0.05: 6, 0.5: 1, 0.1: 5, 1.0: 3, 0.2: 3, 2.0: 5, 5.0: 6, 0.3: 7, 3.0: 7}

    def sigma(t):
        return sum(c * max(0.0, 1 - ((t - peak) / (peak / 10)) ** 2) for peak, c in heights.items())

    def loss(w, v):
        features = np.array([[sigma(a), sigma(10 * a)] for a in w])
        return ((features.T @ v - np.array([[7.5, 3], [3, 7.5]])) ** 2).sum() / 2

    w, v = np.array([0.05, 0.1, 0.2, 0.5]), np.array([[0.5, 0], [0.5, 0], [0, 0.5], [0, 0.5]])
    assert loss(w, v) == pytest.approx(5)
    generator = np.random.default_rng(0)
    for _ in range(1000):
        size = 10 ** generator.uniform(-4, -2)
        other = v + generator.normal(size=(4, 2)) * size
        other /= np.maximum(abs(other).sum(axis=0), 1)
        assert loss(w + generator.normal(size=4) * size, other) >= 5 - 1e-12
