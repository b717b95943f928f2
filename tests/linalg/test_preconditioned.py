"""Regular minors by floats: proved ones are regular, singular ones never are, at any scale."""

import itertools
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.balls import working_precision
from exactcnn.linalg.preconditioned import (
    BLOCK,
    chosen_minor,
    independent_columns,
    is_regular,
    regular_by_floats,
    scaled,
)


def balls_prove(values, errors):
    """The slow twin: the determinant, in balls of 400 bits, excludes zero."""
    with working_precision(400):
        entries = [[flint.arb(v, e) for v, e in zip(*rows, strict=True)] for rows in zip(values, errors, strict=True)]
        return not flint.arb_mat(entries).det().contains(0)


def proved(values, errors, most=None):
    rows, columns = regular_by_floats(values, errors, min(values.shape) if most is None else most)
    assert len(set(rows.tolist())) == len(rows) == len(columns) == len(set(columns.tolist()))
    return rows, columns


def determinant(matrix):
    """By expansion, over Q."""
    if not matrix:
        return Fraction(1)
    rest = [[row[:j] + row[j + 1 :] for row in matrix[1:]] for j in range(len(matrix))]
    return sum((-1) ** j * x * determinant(minor) for j, (x, minor) in enumerate(zip(matrix[0], rest, strict=True)))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.sampled_from([1e-2, 0.1, 0.3, 1]))
def test_all_matrices_within_the_errors_are_regular(seed, n, error):
    """The determinant is affine in every entry: it has one sign if it has at all ends of the intervals."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(n, n)) @ np.diag(2.0 ** generator.integers(-9, 9, n))
    errors = error * np.abs(values) * generator.random((n, n))
    errors[generator.random((n, n)) < 0.3] = 0.0
    ends = [
        {Fraction(v) - Fraction(e), Fraction(v) + Fraction(e)} for v, e in zip(values.flat, errors.flat, strict=True)
    ]
    signs = set()
    for entries in itertools.product(*ends):
        value = determinant([list(entries[i * n : (i + 1) * n]) for i in range(n)])
        signs.add((value > 0) - (value < 0))
    if is_regular(values, errors):
        assert len(signs) == 1
        assert signs != {0}


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 7), st.sampled_from([0, 1e-16, 1e-12]))
def test_what_is_proved_is_proved_by_determinants_too(seed, n, error):
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(n, n)) @ np.diag(2.0 ** generator.integers(-30, 30, n))
    errors = error * np.abs(values) * generator.random((n, n))
    if np.linalg.cond(values / np.abs(values).max(axis=0)) < 1e8:
        assert is_regular(*scaled(values, errors))
        assert balls_prove(values, errors)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 9), st.integers(-900, 900), st.data())
def test_singular_matrices_are_never_regular(seed, n, exponent, data):
    """Exactly singular: a column is a combination of others with small integers; or within the errors."""
    generator = np.random.default_rng(seed)
    left, right = generator.integers(-99, 99, (n, n - 1)), generator.integers(-9, 9, (n - 1, n))
    singular = (left @ right).astype(float) * 2.0**exponent
    assert not is_regular(singular, np.zeros((n, n)))
    rows, columns = proved(singular, np.zeros((n, n)))
    minor = singular[np.ix_(rows, columns)] / 2.0**exponent
    assert flint.fmpz_mat([[int(x) for x in row] for row in minor]).det() != 0 or not len(rows)
    moved = singular + singular * generator.normal(size=(n, n)) * 1e-9
    assert not is_regular(moved, np.abs(moved - singular) * (1 + 1e-9))


def test_nearly_singular_matrices_are_left_open():
    """det = 2^-100, about 1e-30: true, and beyond 53 bits."""
    small = 2.0**-100
    values = np.array([[1.0, 1.0], [1.0, 1.0]])
    assert not is_regular(values, np.array([[0.0, 0.0], [0.0, small]]))
    graded = np.array([[1.0, 1.0], [small, -small]])  # rows of different sizes are no difficulty
    assert is_regular(*scaled(graded, np.zeros((2, 2))))
    assert [len(proved(m, np.zeros((2, 2)))[0]) for m in (values, graded)] == [1, 2]


@pytest.mark.parametrize("exponent", [900, -900, 1000, -1040])
def test_scales_do_not_matter(exponent):
    generator = np.random.default_rng(1)
    values = np.ldexp(generator.normal(size=(9, 9)), exponent)
    errors = np.ldexp(np.full((9, 9), 1e-12), exponent) if exponent > -1000 else np.zeros((9, 9))
    assert len(proved(values, errors)[0]) == 9
    mixed = np.ldexp(
        generator.normal(size=(6, 6)), generator.integers(-450, 450, (6, 1)) + generator.integers(-450, 450, 6)
    )
    assert len(proved(mixed, np.abs(mixed) * 1e-12)[0]) == 6


def test_scaling_is_exact_but_for_what_underflows():
    values = np.array([[2.0**900, 2.0**-200, 0.0], [3.0, 5.0, 2.0**-1073]])
    errors = np.array([[2.0**-300, 0.0, 0.0], [0.0, 2.0**-1070, 0.0]])
    found, bounds = scaled(values, errors)
    assert found.tolist() == [[0.5, 0.0, 0.0], [0.375, 0.625, 0.0]]
    rows = Fraction(2) ** -901, Fraction(1, 8)  # and columns stay: their largest entries are in range, or 0
    for i in range(2):
        for j in range(3):
            off = abs(Fraction(found[i, j]) - Fraction(values[i, j]) * rows[i])
            assert off + Fraction(errors[i, j]) * rows[i] <= Fraction(bounds[i, j]) < Fraction(2) ** -1000


@pytest.mark.parametrize("wild", [np.inf, np.nan])
def test_what_is_not_finite_proves_nothing(wild):
    eye, zero = np.eye(3), np.zeros((3, 3))
    spoiled = eye.copy()
    spoiled[1, 2] = wild
    assert not is_regular(spoiled, zero)
    assert not is_regular(eye, spoiled)
    assert [len(proved(*pair)[0]) for pair in ((spoiled, zero), (eye, spoiled))] == [0, 0]


def test_the_bound_counts_errors_and_roundings():
    """|I - RA| of the identity with errors e in every entry is n e."""
    for n in (1, 2, 5):
        assert is_regular(np.eye(n), np.full((n, n), 0.999 / n))
        assert not is_regular(np.eye(n), np.full((n, n), 1.001 / n))
    huge = np.linalg.inv(np.array([[1.0 / (i + j + 1) for j in range(13)] for i in range(13)]))
    assert not is_regular(huge, np.zeros((13, 13)))  # condition 10^17: |R| |A| u is above 1


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_empty_matrices(shape):
    assert [len(part) for part in proved(np.zeros(shape), np.zeros(shape))] == [0, 0]


@pytest.mark.parametrize("shape", [(40, 40), (40, 170), (170, 40)])
@pytest.mark.parametrize("rank", [0, 1, 17, 40])
def test_planted_ranks_are_reached(shape, rank):
    generator = np.random.default_rng(rank)
    values = (generator.integers(-9, 9, (shape[0], rank)) @ generator.integers(-9, 9, (rank, shape[1]))).astype(float)
    rows, columns = proved(values, np.zeros(shape))
    assert len(rows) == rank
    assert len(proved(values, np.zeros(shape), most=5)[0]) == min(rank, 5)
    minor = flint.fmpz_mat([[int(values[i, j]) for j in columns] for i in rows])
    assert minor.rank() == rank


def test_large_minors_are_as_well_conditioned_as_pivoting_makes_them():
    """More columns than a block takes, of which most repeat or are small."""
    generator = np.random.default_rng(2)
    base = generator.normal(size=(3 * BLOCK, 3 * BLOCK))
    values = np.hstack([1e-6 * base, base, base[:, ::-1] * 0.5, np.zeros((3 * BLOCK, 9))])
    rows, columns = chosen_minor(values, 3 * BLOCK)
    assert len(rows) == 3 * BLOCK
    assert np.linalg.cond(values[np.ix_(rows, columns)]) < 4 * np.linalg.cond(base)


def test_columns_are_chosen_longest_first_and_to_the_end_of_the_range():
    values = np.diag([1.0, 4.0, 2.0, 2.0**-50])
    assert independent_columns(values, 4).tolist() == [1, 2, 0]
    assert independent_columns(values, 4, 2.0**-60).tolist() == [1, 2, 0, 3]
    assert independent_columns(values, 2).tolist() == [1, 2]
    assert chosen_minor(np.array([[0.0, 3.0, 1.0]]), 1)[1].tolist() == [1]


def test_half_of_a_minor_is_tried_where_the_whole_is_not_proved():
    values, errors = np.eye(8), np.zeros((8, 8))
    errors[5:, 5:] = 2.0  # nothing is known of the last entries
    rows, columns = proved(values, errors)
    assert sorted(rows.tolist()) == sorted(columns.tolist()) == [0, 1, 2, 3, 4]
    errors[4, :] = 0.3
    assert 2 <= len(proved(values, errors)[0]) <= 5
