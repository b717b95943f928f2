"""Counts by inertia: against mpmath where singular values cluster at a tolerance, and planted where scales differ."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flint import arb, arb_mat

from exactcnn.domains.exact import ExactArray
from exactcnn.linalg import counting as module
from exactcnn.linalg.counting import block_inertia, count_by_inertia, eliminated, float_pivots, pivot_signs
from exactcnn.linalg.entries import Entries


def counts(array, tolerance):
    found = count_by_inertia(Entries.rational(array), Fraction(tolerance))
    return found.above, found.below


def orthogonal(generator, order):
    return np.linalg.qr(generator.normal(size=(order, order)))[0]


def balls(rows):
    return arb_mat(rows).tolist()


@pytest.mark.parametrize("tolerance", ["1", "1e-3", "1e-9", "3e-14"])
@pytest.mark.parametrize("shape", [(12, 12), (9, 17), (17, 9)])
def test_clusters_at_the_tolerance_against_mpmath(shape, tolerance):
    generator = np.random.default_rng(shape)
    t, order = float(tolerance), min(shape)
    near = np.array([1 - 1e-7, 1 - 1e-7, 1 + 1e-7, 1 + 1e-7, 1 + 2e-7]) * t
    values = np.concatenate([near, [10, 3, 2 * t], [t / 3] * (order - 8)])
    left, right = orthogonal(generator, shape[0])[:, :order], orthogonal(generator, shape[1])[:, :order]
    array = ExactArray.from_array((left * values) @ right.T)
    with mpmath.workdps(60):
        table = array.fractions() if shape[0] >= shape[1] else array.fractions().T
        matrix = mpmath.matrix([[mpmath.mpf(x.numerator) / x.denominator for x in row] for row in table])
        truth = [Fraction(str(x)) for x in mpmath.svd_r(matrix, compute_uv=False)]
    above = sum(x > Fraction(tolerance) for x in truth)
    assert counts(array, tolerance) == (above, order - above)


def test_exact_clusters_that_differ_in_the_seventh_digit():
    """Rational rotations: the singular values are what was planted, exactly, on both sides of 1 and at it."""
    rotation = np.array([[Fraction(3, 5), Fraction(4, 5)], [Fraction(-4, 5), Fraction(3, 5)]])
    big = np.kron(rotation, np.kron(rotation, rotation))
    step = Fraction(1, 10**7)
    values = [
        1 + step,
        1 + step,
        Fraction(1),
        Fraction(1),
        Fraction(1),
        1 - step,
        Fraction(1, 10**300),
        Fraction(10**200),
    ]
    array = ExactArray.from_fractions((big * np.array(values)) @ np.kron(np.kron(rotation, rotation), rotation).T)
    found = count_by_inertia(Entries.rational(array), Fraction(1))
    assert (found.above, found.below) == (3, 2)
    assert "equal" in found.reason
    assert counts(array, 1 + step) == (1, 5)
    assert counts(array, 1 - step / 2) == (6, 2)


@pytest.mark.parametrize("transposed", [False, True])
def test_scales_from_2_to_the_minus_1000_to_900(transposed):
    """A triangular matrix whose singular values are near its diagonal: rows of wild scales."""
    generator = np.random.default_rng(0)
    exponents = np.linspace(-1000, 900, 12).astype(int)
    matrix = np.tril(generator.normal(size=(12, 12)), -1) * 2.0**-30 + np.eye(12)
    values = np.ldexp(matrix, exponents[:, None])
    array = ExactArray.from_array(values.T if transposed else values)
    for tolerance in (Fraction(1), Fraction(1, 2**600), Fraction(2**500)):
        above = sum(Fraction(2) ** int(e) > tolerance for e in exponents)
        assert counts(array, tolerance) == (above, 12 - above)


def test_dense_graded_rows_and_columns_against_mpmath():
    generator = np.random.default_rng(7)
    shape = (6, 6)
    values = np.ldexp(generator.normal(size=shape), generator.integers(-300, 300, shape))
    array = ExactArray.from_array(values)
    with mpmath.workdps(800):
        matrix = mpmath.matrix([[mpmath.mpf(x.numerator) / x.denominator for x in row] for row in array.fractions()])
        squares = mpmath.eigsy(matrix * matrix.T, eigvals_only=True)
        for exponent in (-400, -100, 0, 100, 250):
            above = sum(x > mpmath.mpf(2) ** (2 * exponent) for x in squares)
            assert counts(array, Fraction(2) ** exponent) == (above, 6 - above)


def test_equal_to_the_tolerance_is_neither_above_nor_below():
    assert counts(ExactArray.from_array(np.eye(5)), 1) == (0, 0)
    assert counts(ExactArray.from_array(np.diag([1.0, 2.0, 1.0, 0.5])), 1) == (1, 1)
    hadamard = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])
    assert counts(ExactArray.from_array(hadamard), 2) == (0, 0)
    assert counts(ExactArray.from_array(np.zeros((2, 3))), "1e-9999") == (0, 2)


def test_zero_diagonals_take_pivots_of_order_two():
    array = ExactArray.from_strings([["3/5", "4/5"], ["1", "0"]])
    found = count_by_inertia(Entries.rational(array), Fraction(1))
    assert (found.above, found.below) == (1, 1)
    assert found.panels == (((0, 1),),)


def test_large_matrices_have_many_panels():
    generator = np.random.default_rng(2)
    values = np.concatenate([np.full(60, 1 + 1e-6), np.full(60, 1 - 1e-6)])
    found = count_by_inertia(
        Entries.rational(ExactArray.from_array(orthogonal(generator, 120) * values @ orthogonal(generator, 120))),
        Fraction(1),
    )
    assert (found.above, found.below) == (60, 60)
    assert len(found.panels) >= 3


def test_balls_that_are_too_wide_leave_the_rest_undecided(monkeypatch):
    monkeypatch.setattr(module, "MOST_BALL_PRECISION", 256)
    wide = Entries((2, 2), None, lambda _: [[arb(3), arb(0)], [arb(0), arb(1, 0.001)]])
    found = count_by_inertia(wide, Fraction(1))
    assert (found.above, found.below) == (1, 0)
    assert "256 bits" in found.reason
    nothing = Entries((1, 1), None, lambda _: [[arb("nan")]])
    assert count_by_inertia(nothing, Fraction(1)).above == 0


def test_effort_is_limited(monkeypatch):
    monkeypatch.setattr(module, "EFFORT", 0.0)
    found = count_by_inertia(Entries.rational(ExactArray.from_array(np.eye(2) * 2)), Fraction(1))
    assert (found.above, found.below) == (0, 0)
    assert "would take about" in found.reason


def test_signs_of_pivots():
    assert pivot_signs(balls([[2]])) == (1, 0)
    assert pivot_signs(balls([[-2]])) == (0, 1)
    assert pivot_signs([[arb(0, 1)]]) is None
    assert pivot_signs(balls([[0, 1], [1, 0]])) == (1, 1)
    assert pivot_signs(balls([[2, 1], [1, 2]])) == (2, 0)
    assert pivot_signs(balls([[-2, 1], [1, -2]])) == (0, 2)
    assert pivot_signs(balls([[1, 1], [1, 1]])) is None


def test_inertia_of_random_matrices_with_both_kinds_of_pivots():
    """Against NumPy's eigenvalues, pivots in any order: one or two at a time, as they come."""
    generator = np.random.default_rng(4)
    for _ in range(30):
        order = int(generator.integers(1, 8))
        matrix = generator.integers(-5, 6, (order, order))
        matrix = matrix + matrix.T
        values = np.linalg.eigvalsh(matrix)
        if np.abs(values).min() < 1e-6:
            continue
        found = eliminated(balls(matrix.tolist()), 53)
        assert (found.above, found.below) == ((values > 0).sum(), (values < 0).sum())
        cut, pivots = list(generator.permutation(order)), []
        while cut:
            size = min(len(cut), int(generator.integers(1, 3)))
            pivots.append(tuple(int(i) for i in cut[:size]))
            cut = cut[size:]
        done, signs = block_inertia(balls(matrix.tolist()), pivots)
        if done == len(pivots):
            assert signs == ((values > 0).sum(), (values < 0).sum())


def test_float_pivots_stop_where_floats_see_nothing():
    assert float_pivots(np.zeros((3, 3))) == []
    assert float_pivots(np.diag([1.0, 2.0**-40])) == [(0,)]
    assert float_pivots(np.array([[1.0, 1.0], [1.0, 1.0]])) == [(0,)]
    assert float_pivots(np.array([[0.0, np.nan], [np.nan, 0.0]])) in ([], [(0, 1)])
