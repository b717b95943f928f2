"""Ball minors: never more than the rank, never less where the precision allows, and provable as returned."""

from collections.abc import Callable
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.balls import ball, working_precision
from exactcnn.errors import InputError
from exactcnn.linalg.balls import PIVOT_RANGE, RegularMinor, Rows, _next_block, _scaled_row, regular_minor

Entries = Callable[[int], Rows]


def rational(matrix: list[list[Fraction]]) -> tuple[Entries, tuple[int, int]]:
    return lambda _: [[ball(value) for value in row] for row in matrix], (len(matrix), len(matrix[0]))


def rank(matrix: list[list[Fraction]]) -> int:
    return flint.fmpq_mat([[flint.fmpq(v.numerator, v.denominator) for v in row] for row in matrix]).rank()


def order_proven(minor: RegularMinor, entries: Entries) -> int:
    """Order of the minor, after the check that a certificate's reader makes."""
    assert len(set(minor.rows)) == len(minor.rows) == len(minor.columns) == len(set(minor.columns))
    assert list(minor.rows) == sorted(minor.rows)
    assert minor.precision in [64 * 2**k for k in range(7)]  # doubled from the first one, up to 4 times 1024
    if minor.rows:
        with working_precision(minor.precision):
            matrix = entries(minor.precision)
            determinant = flint.arb_mat([[matrix[i][j] for j in minor.columns] for i in minor.rows]).det()
        assert not determinant.contains(0)
        assert determinant.rel_accuracy_bits() >= 16
    return len(minor.rows)


def hilbert(n: int) -> list[list[Fraction]]:
    return [[Fraction(1, i + j + 1) for j in range(n)] for i in range(n)]


@settings(max_examples=60, deadline=None)
@given(data=st.data(), rows=st.integers(1, 6), columns=st.integers(1, 6), inner=st.integers(1, 6))
def test_small_rational_matrices_give_their_rank(data: st.DataObject, rows: int, columns: int, inner: int) -> None:
    numbers = st.integers(-9, 9)
    left = np.array(data.draw(st.lists(numbers, min_size=rows * inner, max_size=rows * inner))).reshape(rows, inner)
    right = np.array(data.draw(st.lists(numbers, min_size=columns * inner, max_size=columns * inner)))
    product = left @ right.reshape(inner, columns)
    matrix = [[Fraction(int(v), 7) for v in row] for row in product]
    entries, shape = rational(matrix)
    assert order_proven(regular_minor(entries, shape, max_precision=256), entries) == rank(matrix)


@pytest.mark.parametrize("n", [5, 20, 45])
def test_hilbert_matrices_are_regular_though_floats_say_otherwise(n: int) -> None:
    entries, shape = rational(hilbert(n))
    minor = regular_minor(entries, shape)
    assert order_proven(minor, entries) == n
    if n >= 20:
        assert np.linalg.matrix_rank(np.array(hilbert(n), dtype=float)) < n
        assert minor.precision > 64


@pytest.mark.parametrize("planted", [0, 1, 7, 19, 20])
def test_planted_rank_is_reached_and_not_exceeded(planted: int) -> None:
    generator = np.random.default_rng(planted)
    product = generator.integers(-99, 99, (20, planted)) @ generator.integers(-99, 99, (planted, 33))
    entries, shape = rational([[Fraction(int(v), 3) for v in row] for row in product])
    assert order_proven(regular_minor(entries, shape, max_precision=256), entries) == planted


def test_a_hidden_relation_between_transcendental_columns_is_not_overlooked() -> None:
    def entries(bits: int) -> Rows:
        values = [flint.arb(k) / 7 for k in range(1, 6)]
        sigmoid = [1 / (1 + (-z).exp()) for z in values]
        return [[s, 1 / (1 + z.exp()), flint.arb(1), z.sin()] for s, z in zip(sigmoid, values, strict=True)]

    assert order_proven(regular_minor(entries, (5, 4), max_precision=512), entries) == 3


def test_nearly_singular_needs_the_precision() -> None:
    entries, shape = rational([[Fraction(1), Fraction(1, 3)], [Fraction(3), 1 + Fraction(1, 2**200)]])
    assert order_proven(regular_minor(entries, shape, max_precision=128), entries) == 1
    minor = regular_minor(entries, shape, max_precision=256)
    assert order_proven(minor, entries) == 2
    assert minor.precision >= 200


def test_the_search_goes_up_to_its_limit_and_no_further() -> None:
    for bits, order in ((900, 2), (1100, 1)):
        entries, shape = rational([[Fraction(1), Fraction(1, 3)], [Fraction(3), 1 + Fraction(1, 2**bits)]])
        assert len(regular_minor(entries, shape).rows) == order  # 1024 bits, if nothing else is said
    entries, shape = rational([[Fraction(1), Fraction(1, 3)], [Fraction(3), 1 + Fraction(1, 2**200)]])
    assert len(regular_minor(entries, shape, max_precision=255).rows) == 1
    assert len(regular_minor(entries, shape, max_precision=256).rows) == 2


def test_entries_far_beyond_the_range_of_floats() -> None:
    sizes = [9000, -20000, 5, 0, -3000, 40000, -7, 100]

    def entries(_: int) -> Rows:
        lower = [
            [flint.arb(2) ** (sizes[i] - 10 * (i - j)) if j <= i else flint.arb(0) for j in range(8)] for i in range(8)
        ]
        return [*lower, [flint.arb(0)] * 8]

    assert order_proven(regular_minor(entries, (9, 8)), entries) == 8


def test_wide_balls_prove_only_what_they_prove() -> None:
    def entries(bits: int) -> Rows:
        return [[flint.arb(4, 1), flint.arb(1, 1)], [flint.arb(1, 1), flint.arb(0, 1)]]  # determinant -1 at midpoints

    assert regular_minor(entries, (2, 2), max_precision=64)[:2] == ((0,), (0,))


def test_of_a_block_that_is_not_proven_half_is_tried() -> None:
    """The midpoints have the pivots 2 and 3/2; the balls prove one of the two only."""

    def entries(_: int) -> Rows:
        return [[flint.arb(2, 0.5), flint.arb(1, 0.9)], [flint.arb(1, 0.9), flint.arb(2, 0.5)]]

    assert len(_next_block(entries(64))[0]) == 1
    assert len(regular_minor(entries, (2, 2), max_precision=64).rows) == 1


def test_a_determinant_with_few_digits_is_proven_with_twice_the_precision() -> None:
    """Elimination at 64 bits excludes zero; for the bits to spare the determinant is taken at 128."""
    entries, shape = rational([[Fraction(1), Fraction(1, 3)], [Fraction(3), 1 + Fraction(1, 2**55)]])
    orders: list[tuple[int, int]] = []
    minor = regular_minor(entries, shape, progress=lambda order, bits: orders.append((order, bits)))
    assert orders == [(1, 64), (2, 64)]  # block by block
    assert order_proven(minor, entries) == 2
    assert minor.precision == 128
    assert regular_minor(entries, shape, max_precision=64) == minor  # the proof may go beyond what the search may


@pytest.mark.parametrize("lost", [0, 1, 2, 3, 4])
def test_a_determinant_that_is_not_proven_loses_its_last_pivots_one_at_a_time(lost: int) -> None:
    """The entries are enclosed less tightly when they are asked for again: the last pivots may be zero then."""
    asked = [0]

    def entries(_: int) -> Rows:
        asked[0] += 1
        wide = 4 - lost if asked[0] > 1 else 4
        return [[flint.arb(int(i == j), 9 if i == j >= wide else 0) for j in range(4)] for i in range(4)]

    minor = regular_minor(entries, (4, 4), max_precision=64)
    assert minor.rows == minor.columns == tuple(range(4 - lost))
    assert minor.precision == 64


def test_entries_that_are_not_numbers_are_never_pivots() -> None:
    def entries(bits: int) -> Rows:
        return [[flint.arb("nan"), flint.arb(2)], [flint.arb(3), flint.arb("inf")]]

    assert order_proven(regular_minor(entries, (2, 2)), entries) <= 1


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_empty_matrices(shape: tuple[int, int]) -> None:
    assert regular_minor(lambda _: [[] for _ in range(shape[0])], shape) == ((), (), 64)


def test_random_matrix_of_sigmoids_of_softplus_is_regular_at_the_first_precision() -> None:
    numbers = np.random.default_rng(0).normal(size=(100, 130))

    def entries(bits: int) -> Rows:
        return [[flint.arb(v).exp().log1p() for v in row] for row in numbers.tolist()]

    calls: list[tuple[int, int]] = []
    minor = regular_minor(entries, (100, 130), progress=lambda order, bits: calls.append((order, bits)))
    assert order_proven(minor, entries) == 100
    assert (minor.precision, calls) == (64, [(100, 64)])


def test_precision_is_restored_when_the_entries_fail() -> None:
    before = flint.ctx.prec

    def entries(bits: int) -> Rows:
        assert flint.ctx.prec == bits == 64
        raise RuntimeError

    with pytest.raises(RuntimeError):
        regular_minor(entries, (2, 2))
    assert flint.ctx.prec == before
    with pytest.raises(InputError, match="max_precision = 32"):
        regular_minor(entries, (2, 2), max_precision=32)


# -------------------------------------------------------------------- the choice of pivots


@pytest.mark.parametrize("sign", [1, -1])
def test_a_block_ends_at_the_range(sign: int) -> None:
    """The second column keeps part / sqrt(2) of its length sqrt(2) once the first is taken out."""
    for part, count in ((4 * PIVOT_RANGE, 2), (PIVOT_RANGE, 1), (0, 1)):
        matrix = [[Fraction(1), Fraction(sign)], [Fraction(sign), 1 + Fraction(part)]]
        pivots, complement = _next_block([[ball(x) for x in row] for row in matrix])
        assert len(pivots) == count
        assert [len(complement), complement[0][0] != 0 if complement else None] in ([0, None], [1, part != 0])


@pytest.mark.parametrize("exponent", [0, 1, -1, 900, -900, 10**6, -(10**6)])
@pytest.mark.parametrize("precision", [64, 1024])
def test_rows_are_scaled_by_a_power_of_two(exponent: int, precision: int) -> None:
    numbers = [Fraction(1, 3), Fraction(-5), Fraction(0), Fraction(2**60 + 1, 7), Fraction(1, 2**80), Fraction(1)]
    with working_precision(precision):
        row = [ball(x) * flint.arb(2) ** exponent for x in numbers]
        scaled = _scaled_row([*row, flint.arb("nan"), flint.arb("inf"), flint.arb(0, 0.5)]).tolist()
    assert scaled == [*(float(x / 2**58) for x in numbers), 0.0, 0.0, 0.0]  # the largest, 2^60 / 7, lies below 2^58
    assert 0.5 <= max(map(abs, scaled)) < 1


def test_entries_far_below_the_largest_of_their_row_are_next_to_nothing() -> None:
    tiny = flint.arb(2) ** -(10**5)
    assert _scaled_row([flint.arb(1), tiny, -tiny]).tolist() == [0.5, 0.0, -0.0]
    assert _scaled_row([flint.arb(0), flint.arb(0)]).tolist() == [0.0, 0.0]
    assert _scaled_row([flint.arb(1, 0.5), flint.arb(-1, 0.5), flint.arb(1, 1)]).tolist() == [0.5, -0.5, 0.0]
    assert _scaled_row([tiny, flint.arb(0)]).tolist() == [0.5, 0.0]
