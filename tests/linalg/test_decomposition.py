"""Enclosures of all singular values: inclusion and width against mpmath, and each bound against exact arithmetic."""

from dataclasses import replace
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flint import arb

from exactcnn.domains.exact import ExactArray
from exactcnn.linalg import decomposition as module
from exactcnn.linalg.decomposition import bounds_of, decomposed, enclosed_singular_values, rounded_outward
from exactcnn.linalg.entries import Entries, Scaled


def true_values(fractions):
    """Singular values with 60 digits, descending."""
    with mpmath.workdps(60):
        rows = [[mpmath.mpf(x.numerator) / x.denominator for x in row] for row in fractions]
        matrix = mpmath.matrix(rows if len(rows) >= len(rows[0]) else [list(row) for row in zip(*rows, strict=True)])
        return sorted((Fraction(str(x)) for x in mpmath.svd_r(matrix, compute_uv=False)), reverse=True)


def enclosed(array):
    return enclosed_singular_values(Entries.rational(array))


def orthogonal(generator, order):
    return np.linalg.qr(generator.normal(size=(order, order)))[0]


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (4, 4), (9, 6), (6, 9), (20, 20)])
@pytest.mark.parametrize("exponent", [0, 600, -700])
def test_inclusion_and_width(shape, exponent):
    generator = np.random.default_rng(shape)
    array = ExactArray.from_array(np.ldexp(generator.normal(size=shape), exponent))
    found = enclosed(array)
    truth = true_values(array.fractions())
    assert len(found.bounds) == min(shape)
    for value, (lower, upper) in zip(truth, found.bounds, strict=True):
        assert lower <= value * (1 + Fraction(1, 10**50))
        assert value * (1 - Fraction(1, 10**50)) <= upper
        assert upper - lower <= truth[0] / 10**12
    assert found.bounds == tuple(sorted(found.bounds, reverse=True))


@pytest.mark.parametrize("values", [[1, 1, 1, 1], [3, 3, 1e-8, 1e-8], [2, 1, 0, 0], [1, 1e-5, 1e-10, 1e-20]])
def test_clusters_zeros_and_small_values(values):
    generator = np.random.default_rng(1)
    array = ExactArray.from_array(orthogonal(generator, 4) @ np.diag(values) @ orthogonal(generator, 4))
    for value, (lower, upper) in zip(true_values(array.fractions()), enclosed(array).bounds, strict=True):
        assert lower <= value + Fraction(1, 10**50)
        assert value <= upper
        assert upper - lower <= Fraction(1, 10**10)


def test_rational_entries_and_exact_zeros():
    array = ExactArray.from_fractions([Fraction(1, 3), Fraction(2, 7), Fraction(-5, 11), Fraction(10**400)], (2, 2))
    for value, (lower, upper) in zip(true_values(array.fractions()), enclosed(array).bounds, strict=True):
        assert lower <= value <= upper
    zero = enclosed(ExactArray.from_array(np.zeros((2, 3))))
    assert zero.bounds == ((0, 0), (0, 0))
    assert zero.decomposition is None


def test_what_was_bounded_holds_exactly():
    """alpha, beta and the residual bound the sums of the exact matrices, as any checker finds them."""
    generator = np.random.default_rng(3)
    values = generator.normal(size=(7, 5)) * 10.0 ** generator.uniform(-6, 6, 5)
    array = ExactArray.from_array(values)
    found = enclosed(array).decomposition
    u = np.array([[Fraction(int(x), 2**50) for x in row] for row in found.left])
    v = np.array([[Fraction(int(x), 2**50) for x in row] for row in found.right])
    for matrix, bound in ((v, found.alpha), (u, found.beta)):
        gram = matrix.T @ matrix - np.array([[Fraction(int(i == j)) for j in range(5)] for i in range(5)])
        assert 0 < max(abs(gram).sum(axis=1)) <= bound < Fraction(1, 10**12)
    rest = array.fractions() - (u * np.array(found.values)) @ v.T
    rows, columns = max(abs(rest).sum(axis=1)), max(abs(rest).sum(axis=0))
    assert 0 < rows * columns <= found.residual**2
    assert found.residual <= found.values[0] / 10**12


def test_errors_of_the_entries_count():
    scaled = Scaled(np.diag([0.5, 0.25]), np.full((2, 2), 1e-3), 0, 128)
    lower, upper = bounds_of(decomposed(scaled), 2)[1]
    assert lower <= Fraction(1, 4) - Fraction(2, 1000)
    assert upper >= Fraction(1, 4) + Fraction(2, 1000)
    assert enclosed_singular_values(Entries((1, 1), None, lambda _: [[arb("nan")]])) is None


def test_bounds_follow_from_the_stated_numbers():
    found = decomposed(Scaled(np.diag([0.5, 0.25]), np.zeros((2, 2)), 0, 128))
    found = replace(found, values=(Fraction(2), Fraction(1)))
    found = replace(found, alpha=Fraction(3, 4), beta=Fraction(0), residual=Fraction(1, 8))
    bounds = bounds_of(found, 3)
    assert bounds[0][0] == 2 * Fraction(1, 2) - Fraction(1, 8)
    excess = (bounds[0][1] - Fraction(1, 8)) ** 2 - 4 * Fraction(7, 4)
    assert 0 <= excess < Fraction(1, 10**20)
    assert bounds[2] == (0, Fraction(1, 8))


def test_a_decomposition_that_fails_leaves_the_norm(monkeypatch):
    def fails(*_, **__):
        raise np.linalg.LinAlgError

    array = ExactArray.from_array([[3, 0], [4, 5]])
    monkeypatch.setattr(np.linalg, "svd", fails)
    found = enclosed(array)
    assert found.decomposition is None
    assert all(lower == 0 and upper**2 >= 45 for lower, upper in found.bounds)


@pytest.mark.parametrize("spoil", [lambda u: 2 * u, lambda u: np.roll(u, 1, axis=0), lambda u: u + 0.3])
def test_bad_vectors_cost_width_never_truth(monkeypatch, spoil):
    """Whatever the routine returns, the bounds contain the singular values."""
    array = ExactArray.from_array(np.random.default_rng(5).normal(size=(4, 4)))
    svd = np.linalg.svd

    def spoiled(matrix, **options):
        u, s, vt = svd(matrix, **options)
        return spoil(u), s, vt

    monkeypatch.setattr(np.linalg, "svd", spoiled)
    for value, (lower, upper) in zip(true_values(array.fractions()), enclosed(array).bounds, strict=True):
        assert lower <= value <= upper


def test_rounding_is_outward_and_short():
    low, high = Fraction(2, 3), Fraction(2, 3) + Fraction(1, 10**9)
    [(lower, upper)] = rounded_outward(((low, high),))
    assert lower <= low
    assert high <= upper
    assert upper - lower <= (high - low) * Fraction(103, 100)
    assert (lower * 10**12).denominator == 1
    assert rounded_outward(()) == ()
    for x in (Fraction(1), Fraction(999, 1000), Fraction(10**30), Fraction(1, 10**30), Fraction(7, 3)):
        d = module._decimal_exponent(x)
        assert Fraction(10) ** d <= x < Fraction(10) ** (d + 1)


def test_entries_beyond_all_sizes_have_no_bounds():
    """e^(10^10) has ten thousand million bits: no bound is written out, and the memory is that of floats."""
    from flint import arb

    from exactcnn.linalg.entries import Entries

    huge = Entries((2, 2), None, lambda _: [[arb(10**10).exp(), arb(1)], [arb(0), arb(1)]])
    assert enclosed_singular_values(huge) is None
    small = Entries((1, 1), None, lambda _: [[arb(-(10**10)).exp()]])
    assert enclosed_singular_values(small) is None
