"""Extreme singular values: inclusion against NumPy and mpmath, planted values, degenerate matrices."""

import mpmath
import numpy as np
import pytest
from flint import arb

from exactcnn.linalg.singular_values import extreme_singular_values


def balls(matrix):
    result = np.empty(np.shape(matrix), dtype=object)
    result.ravel()[:] = [arb(float(value)) for value in np.ravel(matrix)]
    return result


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 7), (7, 2), (12, 20)])
def test_inclusion(shape):
    generator = np.random.default_rng(shape)
    for _ in range(10):
        matrix = generator.normal(size=shape)
        least, largest = extreme_singular_values(balls(matrix))
        values = mpmath.svd_r(mpmath.matrix(matrix.tolist()), compute_uv=False)
        assert least.lower() <= float(min(values)) * (1 + 1e-12)
        assert float(min(values)) * (1 - 1e-12) <= least.upper()
        assert largest.lower() <= float(max(values)) * (1 + 1e-12)
        assert float(max(values)) * (1 - 1e-12) <= largest.upper()
        assert float(least.rad()) <= 1e-3 * float(min(values))
        assert float(largest.rad()) <= 1e-3 * float(max(values))


def test_repeated_and_vanishing_values():
    least, largest = extreme_singular_values(balls(np.eye(4)))
    assert least.contains(1)
    assert largest.contains(1)
    assert float(least.rad() + largest.rad()) < 1e-6
    least, largest = extreme_singular_values(balls(np.ones((3, 3))))
    assert least.contains(0)
    assert largest.contains(3)
    least, largest = extreme_singular_values(balls(np.zeros((2, 3))))
    assert least.contains(0)
    assert largest.contains(0)


def test_ill_conditioned_values_stay_enclosed():
    for exponent in (6, 12, 30):
        least, largest = extreme_singular_values(balls(np.diag([1.0, 2.0**-exponent])))
        assert least.contains(arb(2) ** -exponent)
        assert largest.contains(1)


def test_balls_with_radii_enclose_all_their_matrices():
    wide = balls([[3, 0], [0, 1]])
    wide[1, 1] = arb(1).union(arb(2))
    least, _ = extreme_singular_values(wide)
    assert least.lower() <= 1
    assert least.upper() >= 2
    unbounded = balls([[1.0]])
    unbounded[0, 0] = arb(0, float("inf"))
    least, largest = extreme_singular_values(unbounded)
    assert not largest.is_finite()
    assert least.contains(0)
