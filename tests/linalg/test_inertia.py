"""Inertia by congruence against exact elimination; what is not certain is not said."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.linalg.inertia import BITS, congruent, floats, gershgorin, product, rounded, whitening


def balls(matrix):
    result = np.empty(np.shape(matrix), dtype=object)
    result.ravel()[:] = [arb(fmpq(*Fraction(value).as_integer_ratio())) for value in np.ravel(matrix).tolist()]
    return result


def inertia_by_elimination(matrix):
    """Numbers of positive and negative eigenvalues, by symmetric elimination over Q; 2 x 2 pivots by a congruence."""
    rows = [[Fraction(v) for v in row] for row in matrix]
    alive, positive, negative = list(range(len(rows))), 0, 0
    while alive:
        pivot = next((i for i in alive if rows[i][i]), None)
        if pivot is None:
            pair = next(((i, j) for i in alive for j in alive if rows[i][j]), None)
            if pair is None:
                break
            i, j = pair  # add row and column j to i: the diagonal becomes 2 a_ij
            for k in range(len(rows)):
                rows[i][k] += rows[j][k]
            for k in range(len(rows)):
                rows[k][i] += rows[k][j]
            continue
        positive, negative = positive + (rows[pivot][pivot] > 0), negative + (rows[pivot][pivot] < 0)
        alive.remove(pivot)
        for i in alive:
            factor = rows[i][pivot] / rows[pivot][pivot]
            for j in alive:
                rows[i][j] -= factor * rows[pivot][j]
    return positive, negative


@settings(max_examples=60)
@given(data=st.data())
def test_against_elimination(data):
    size = data.draw(st.integers(1, 6))
    entries = data.draw(st.lists(st.integers(-9, 9), min_size=size * size, max_size=size * size))
    square = np.array(entries).reshape(size, size)
    matrix = square + square.T if data.draw(st.booleans()) else square @ square.T  # also semidefinite ones
    found = whitening(matrix.astype(float))
    signs = gershgorin(congruent(balls(matrix), found.columns))
    positive, negative = inertia_by_elimination(matrix.tolist())
    if signs is not None:
        assert (signs[0], signs[1]) == (positive, negative)
    # whatever the columns are, no more is proved than there is
    for seed in range(3):
        columns = np.random.default_rng(seed).integers(-5, 6, (size, data.draw(st.integers(1, size)))).astype(object)
        some = gershgorin(congruent(balls(matrix), columns))
        assert some is None or (some[0] <= positive and some[1] <= negative)


@pytest.mark.parametrize("condition", [1e3, 1e9, 1e14])
def test_conditions(condition):
    """Planted signs on a random basis."""
    rng = np.random.default_rng(1)
    basis, _ = np.linalg.qr(rng.standard_normal((12, 12)))
    values = np.geomspace(1, condition, 12) * np.where(np.arange(12) % 3, 1, -1)
    matrix = (basis * values) @ basis.T
    matrix = (matrix + matrix.T) / 2
    found = whitening(matrix, kernel=1e-16)
    signs = gershgorin(congruent(balls(matrix), found.columns))
    assert condition > 1e12 or signs[:2] == (8, 4)


def test_zero_eigenvalues_are_left_out():
    found = whitening(np.diag([1.0, 0.0, -1e-12, 2.0]))
    assert found.columns.shape == (4, 2)
    assert gershgorin(congruent(balls(np.diag([1, 0, 0, 2])), found.columns))[:2] == (2, 0)


def test_dominance_is_strict():
    assert gershgorin(balls([[1, 1], [1, 1]])) is None
    assert gershgorin(balls([[2, 1], [1, 2]]))[:2] == (2, 0)
    assert gershgorin(balls([[2, -1], [-1, -2]]))[:2] == (1, 1)
    assert gershgorin(balls([[0]])) is None
    assert gershgorin(np.array([[arb(1, 2)]], dtype=object)) is None
    assert gershgorin(np.zeros((0, 0), dtype=object))[:2] == (0, 0)


def test_the_gap_is_below_all_eigenvalues():
    matrix = np.array([[5, 1, 0], [1, -4, 1], [0, 1, 3]])
    *_, gap = gershgorin(balls(matrix))
    assert 0 < gap <= min(abs(np.linalg.eigvalsh(matrix)))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite(value):
    assert whitening(np.array([[value]])) is None


def test_no_size_at_all():
    found = whitening(np.zeros((0, 0)))
    assert found.columns.shape == (0, 0)
    assert congruent(np.zeros((0, 0), dtype=object), found.columns).shape == (0, 0)


def test_rounded_columns():
    """The smallest column keeps its bits, whatever the size of the others."""
    found = rounded(np.array([[1e-6, 3e5], [0.0, 1e-3]]))
    back = np.ldexp(found.columns.astype(float), found.exponent)
    assert np.abs(back - [[1e-6, 3e5], [0, 1e-3]]).max() <= 1e-6 * 2.0 ** (1 - BITS)
    assert rounded(np.zeros((2, 1))).columns.tolist() == [[0], [0]]


def test_products_and_midpoints():
    left, right = balls([[1, 2]]), balls([[3], [Fraction(1, 4)]])
    assert floats(product(left, right)).tolist() == [[3.5]]
    assert floats(product(np.zeros((2, 0), dtype=object), np.zeros((0, 1), dtype=object))).tolist() == [[0.0], [0.0]]
