"""Thousands of planted ranks: lower = upper = truth, known by construction and counted once more by FLINT."""

import math
from fractions import Fraction
from itertools import islice

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.residues import evaluation_points
from exactcnn.linalg.rank import certified_rank
from exactcnn.linalg.rational import RationalMatrix

PRIMES = [point.modulus for seed in (0, 1, 2) for point in islice(evaluation_points(seed), 3)]
TALL = [2**63 - 1, 2**64, -(2**100) - 1, 10**400, 2**52, 2**53 + 1, -(2**53)]


def by_flint(entries):
    rows = [[flint.fmpq(v.numerator, v.denominator) for v in row] for row in entries]
    return flint.fmpq_mat(rows).rank() if rows and rows[0] else 0


def check(array, truth, *, seed=0):
    """Both bounds are the truth, and the evidence below is a minor that is non-zero modulo its prime."""
    bounds = certified_rank(RationalMatrix(array), seed=seed)
    entries = array.fractions().tolist()
    assert by_flint(entries) == truth
    assert (bounds.lower, bounds.upper) == (truth, truth)
    if truth:
        evidence = bounds.lower_evidence
        minor = [[entries[i][j] for j in evidence.columns] for i in evidence.rows]
        determinant = flint.fmpq_mat([[flint.fmpq(v.numerator, v.denominator) for v in row] for row in minor]).det()
        assert len(minor) == truth
        assert int(determinant.p) % int(evidence.modulus)
        assert int(determinant.q) % int(evidence.modulus)


def product(rng, m, n, rank, size):
    """m x n of this rank: unit triangular corners make both factors of full rank."""
    left = rng.integers(-size, size + 1, (m, rank)).astype(object)
    right = rng.integers(-size, size + 1, (rank, n)).astype(object)
    for i in range(rank):
        left[i, i], left[i, i + 1 :] = 1, 0
        right[i, i], right[i + 1 :, i] = 1, 0
    return left.dot(right)[rng.permutation(m)][:, rng.permutation(n)]


@pytest.mark.parametrize("block", range(10))
def test_products_of_factors(block):
    """Every rank from 0 to full, entries from a few bits to hundreds, scaled lines, every storage."""
    rng = np.random.default_rng(block)
    for case in range(100):
        m, n = (int(k) for k in rng.integers(1, 9, 2))
        rank = int(rng.integers(0, min(m, n) + 1))
        size = [1, 3, 2**20, 2**40][case % 4]
        matrix = product(rng, m, n, rank, size)
        kind = case % 5
        below = 1
        if kind == 1:  # lines divisible by the usual primes
            scale = [PRIMES[int(i)] for i in rng.integers(0, len(PRIMES), m)]
            matrix = matrix * np.array(scale, dtype=object)[:, None]
        elif kind == 2:
            matrix = matrix * np.array([TALL[int(i)] for i in rng.integers(0, len(TALL), n)], dtype=object)
        elif kind == 3:  # denominators, some of them the usual primes
            below = np.array([[int(k) for k in rng.choice([1, 2, 3, 7**20, PRIMES[0], PRIMES[3]], n)]], dtype=object)
        elif kind == 4 and np.abs(matrix).max(initial=0) < 2**53:
            matrix = np.ldexp(matrix.astype(np.float64), int(rng.integers(-1000, 900)))
        fits = matrix.dtype == object and all(abs(v) < 2**63 for v in matrix.flat)
        check(ExactArray(matrix.astype(np.int64) if fits else matrix, below), rank, seed=block % 3)


@settings(max_examples=300)
@given(st.integers(1, 7), st.integers(1, 7), st.data())
def test_any_small_matrix(m, n, data):
    """Whatever hypothesis finds: FLINT alone knows the truth."""
    pool = st.sampled_from([0, 0, 1, -1, 2, *PRIMES[:3], PRIMES[0] * PRIMES[1], *TALL]) | st.integers(-3, 3)
    entries = data.draw(st.lists(pool, min_size=m * n, max_size=m * n))
    below = data.draw(st.sampled_from([1, 2, 3, PRIMES[0], 10**30]))
    array = ExactArray(np.array(entries, dtype=object).reshape(m, n), below)
    check(array, by_flint(array.fractions().tolist()), seed=data.draw(st.integers(0, 2)))


@settings(max_examples=200)
@given(st.data(), st.integers(1, 6), st.integers(1, 6))
def test_any_small_matrix_of_floats(data, m, n):
    pool = [
        0.0,
        -0.0,
        1.0,
        0.1,
        0.2,
        0.30000000000000004,
        0.3,
        5e-324,
        1e308,
        -1e-308,
        2.0**53,
        float(2**53 - 1),
        1 / 3,
    ]
    entries = data.draw(st.lists(st.sampled_from(pool) | st.floats(-1, 1), min_size=m * n, max_size=m * n))
    array = ExactArray.from_array(np.array(entries).reshape(m, n))
    check(array, by_flint(array.fractions().tolist()))


@pytest.mark.parametrize("seed", range(30))
def test_duplicated_rows_and_columns(seed):
    rng = np.random.default_rng(seed)
    base = rng.integers(-9, 10, (6, 6)) + 60 * np.eye(6, dtype=np.int64)  # diagonally dominant: regular
    rows, columns = rng.integers(0, 6, 14), rng.integers(0, 6, 11)
    matrix = base[rows]
    check(ExactArray.from_array(matrix), len(set(rows.tolist())))
    check(ExactArray.from_array(base[:, columns]), len(set(columns.tolist())))
    both = np.eye(6, dtype=np.int64)[rows][:, columns] * 7
    check(ExactArray.from_array(both), len(set(rows.tolist()) & set(columns.tolist())))


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_rank_drops_modulo_the_first_points(seed, count):
    """Determinants, not entries, are divisible: [[a, b], [c, d]] with ad - bc = p_1 ... p_count."""
    primes = [point.modulus for point in islice(evaluation_points(seed), count)]
    rng = np.random.default_rng(count)
    for n in (2, 3, 6):
        matrix = np.eye(n, dtype=object)
        matrix[-1, -1] = math.prod(primes)
        for _ in range(3):  # unimodular mixing
            i, j = rng.permutation(n)[:2]
            matrix[i] = matrix[i] + int(rng.integers(1, 9)) * matrix[j]
            matrix[:, j] = matrix[:, j] + int(rng.integers(1, 9)) * matrix[:, i]
        assert all(flint.nmod_mat(flint.fmpz_mat(matrix.tolist()), p).rank() == n - 1 for p in primes)
        check(ExactArray(matrix), n, seed=seed)
        check(ExactArray(np.concatenate([matrix, matrix[:1] - matrix[1:2]])), n, seed=seed)


# -------------------------------------------------------------------- where floats err


@pytest.mark.parametrize("n", [2, 12, 20])
def test_full_rank_that_floats_call_deficient(n):
    hilbert = ExactArray.from_fractions([Fraction(1, i + j + 1) for i in range(n) for j in range(n)], (n, n))
    check(hilbert, n)
    nearly = np.ones((n, n)) + np.diag(np.full(n, 2.0**-52))
    check(ExactArray.from_array(nearly), n)
    assert np.linalg.matrix_rank(nearly) == 1
    graded = np.diag(np.ldexp(1.0, -50 * np.arange(n)))
    check(ExactArray.from_array(graded), n)
    if n > 2:
        assert np.linalg.matrix_rank(hilbert.floats()[0]) < n
        assert np.linalg.matrix_rank(graded) < n


@pytest.mark.parametrize("n", [3, 10])
def test_deficient_until_rounded(n):
    """Decimals and thirds: exactly dependent as numbers, independent once rounded to floats."""
    rng = np.random.default_rng(n)
    thirds = product(rng, n, n, n - 1, 9)
    scale = np.array([Fraction(10) ** int(k) for k in rng.integers(-40, 40, n)], dtype=object)
    array = ExactArray.from_fractions(
        [Fraction(v, 3) * s for row in thirds for v, s in zip(row, scale, strict=True)], (n, n)
    )
    check(array, n - 1)
    large = np.array([[2**53, 2**53 + 1], [2**54, 2**54 + 2]], dtype=np.int64)
    check(ExactArray.from_array(large), 1)
    check(ExactArray.from_array(large.astype(np.float64)), 1)
    tenth = ExactArray.from_strings([["0.1", "0.2", "0.3"], ["1", "2", "3"], ["0.7", "1.4", "2.1"]])
    check(tenth, 1)
    rounded = tenth.floats()[0]
    check(ExactArray.from_array(rounded), by_flint(ExactArray.from_array(rounded).fractions().tolist()))
    assert by_flint(ExactArray.from_array(rounded).fractions().tolist()) > 1


@pytest.mark.parametrize(
    ("m", "n", "rank"), [(150, 140, 140), (140, 150, 131), (129, 300, 128), (300, 64, 64), (200, 200, 1)]
)
def test_larger_products(m, n, rank):
    check(ExactArray(product(np.random.default_rng(m), m, n, rank, 5).astype(np.int64)), rank)
