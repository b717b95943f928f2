"""Exact arrays: every view of the same numbers against Python fractions, with true error bounds."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from exactcnn.domains.exact import ExactArray, are_float_integers, exact_array, residue_inverse
from exactcnn.domains.storage import integer_array
from exactcnn.errors import InputError, UnluckyModulus

TINY, SMALLEST, HUGE = 5e-324, 2.0**-1022, 1.7976931348623157e308
STRANGE = [0.0, -0.0, TINY, -TINY, SMALLEST, -(SMALLEST - TINY), (2 - 2**-52) * SMALLEST, HUGE, -HUGE, 2.0**-1000, 0.1]
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(STRANGE)
INT64 = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([2**53, 2**53 + 1, -(2**53) - 1, -(2**63), 2**63 - 1])
LARGE = st.integers(-(2**1100), 2**1100)
DENOMINATORS = st.sampled_from([1, 2, 3, 4, 256, 2**52, 2**53, 2**53 + 2, 2**60, 2**1100, 10**400, 7**20])


@st.composite
def exact_arrays(draw, *, shape=(2, 3)):
    """Every storage: int64, float64 or objects over one denominator, one per column or one per entry."""
    size = math.prod(shape)
    kind = draw(st.sampled_from(["int64", "float64", "object"]))
    elements = {"int64": INT64, "float64": FLOATS, "object": LARGE}[kind]
    numbers = np.empty(size, dtype=object)
    numbers[:] = draw(st.lists(elements, min_size=size, max_size=size))
    numbers = numbers.astype(kind).reshape(shape)
    spread = draw(st.sampled_from(["one", "columns", "entries"]))
    if spread == "one":
        return ExactArray(numbers, draw(DENOMINATORS))
    count = shape[-1] if spread == "columns" else size
    denominators = integer_array(draw(st.lists(DENOMINATORS, min_size=count, max_size=count)))
    return ExactArray(numbers, denominators if spread == "columns" else denominators.reshape(shape))


def truth(array):
    """Entries by scalar arithmetic alone."""
    below = np.broadcast_to(np.array(array.denominators, dtype=object), array.shape)
    pairs = zip(array.numbers.ravel().tolist(), below.ravel().tolist(), strict=True)
    return [Fraction(a) / Fraction(int(b)) for a, b in pairs]


# -------------------------------------------------------------------- views


@given(exact_arrays())
def test_fractions_and_integers(array):
    expected = truth(array)
    assert array.fractions().ravel().tolist() == expected
    numbers, common = array.integers()
    assert common > 0
    assert all(type(n) is int for n in numbers.flat)
    assert [Fraction(n, common) for n in numbers.flat] == expected


@settings(max_examples=300)
@given(exact_arrays())
def test_float_bounds_are_true_and_tight(array):
    values, errors = array.floats()
    assert (errors >= 0).all()
    for value, error, exact in zip(values.flat, errors.flat, truth(array), strict=True):
        if error == math.inf:
            assert abs(exact) > HUGE
            assert value == (math.inf if exact > 0 else -math.inf)
        else:
            assert abs(Fraction(value) - exact) <= Fraction(error)
            assert error <= 4 * 2**-53 * abs(value) + 3 * TINY


@pytest.mark.parametrize(
    ("numbers", "denominator"),
    [
        ([TINY, 1.0], 4),  # underflows to zero
        ([-TINY, 0.0], 2),
        ([(2 - 2**-52) * SMALLEST], 2),  # rounds up to the smallest normal number
        ([3 * SMALLEST], 2**53),
        ([3 * TINY], 2),
    ],
)
def test_a_scaling_that_underflows_is_not_called_exact(numbers, denominator):
    array = ExactArray(np.array(numbers), denominator)
    values, errors = array.floats()
    for value, error, exact in zip(values, errors, truth(array), strict=True):
        assert abs(Fraction(value) - exact) <= Fraction(error)
    assert errors.any()


def test_floats_that_are_exact_carry_no_bound():
    pixels = ExactArray.from_array(np.arange(17)).scaled(Fraction(1, 16))
    assert not pixels.floats()[1].any()
    assert not ExactArray.from_array(STRANGE).floats()[1].any()
    assert not ExactArray(np.array([2.0**-969, 5.0]), 2**53).floats()[1].any()
    assert ExactArray.from_array([2**53 + 1]).floats()[1].all()


def test_values_beyond_floats_are_infinite_with_infinite_bounds():
    values, errors = ExactArray.from_strings(["1e400", "-1e400", "1e-400", "-1e309"]).floats()
    assert values.tolist() == [math.inf, -math.inf, 0.0, -math.inf]
    assert errors.tolist() == [math.inf, math.inf, TINY, math.inf]


@given(exact_arrays(), st.integers(2, 2**31 - 1) | st.sampled_from([2, 3, 7, 1048343, 2**31 - 1]))
def test_residues_or_unlucky(array, modulus):
    # existence is a matter of the stored denominators; reduced fractions may have an image where these have none
    stored = np.broadcast_to(np.array(array.denominators, dtype=object), array.shape).ravel()
    floats = array.numbers.dtype == np.float64 and modulus % 2 == 0 and (array.numbers % 1 != 0).any()
    if floats or any(math.gcd(int(d), modulus) > 1 for d in stored):
        with pytest.raises(UnluckyModulus):
            array.residues(modulus)
    else:
        expected = [f.numerator * pow(f.denominator, -1, modulus) % modulus for f in truth(array)]
        assert array.residues(modulus).ravel().tolist() == expected


@pytest.mark.parametrize("modulus", [2**31 - 1, 2**31 - 2, 2**31 - 3])
def test_largest_residues_do_not_overflow(modulus):
    """Products of two residues just below 2^31, both as large as they get: below 2^62."""
    numbers = np.array([modulus - 1, 2**63 - 1, -(2**63), -1], dtype=np.int64)
    below = modulus - 1  # its own inverse
    for array in (
        ExactArray(numbers, below),
        ExactArray(numbers, np.array([below] * 4)),
        ExactArray(numbers.astype(object), np.array([below, below + 7 * modulus] * 2, dtype=object)),
    ):
        assert array.residues(modulus).tolist() == [int(n) * below % modulus for n in numbers]


@pytest.mark.parametrize(
    ("value", "dtype"),
    [(2**63 - 1, np.int64), (2**63, object), (2**63 + 1, object), (2**64 - 1, object), (0, np.int64)],
)
def test_unsigned_integers_stay_what_they_are(value, dtype):
    array = ExactArray.from_array(np.array([value, 1], dtype=np.uint64))
    assert array.numbers.dtype == dtype
    assert array.fractions().tolist() == [value, 1]
    assert array.residues(1048343).tolist() == [value % 1048343, 1]
    assert array.integers()[0].tolist() == [value, 1]


@pytest.mark.parametrize("value", [2**53 - 1, 2**53, 2**53 + 1, 2**53 + 2, 2**54 - 1, 2**54 + 1, 2**62 + 1, 2**63 - 1])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("denominator", [1, 2, 3, 2**53, 2**53 + 1])
def test_integers_beside_the_limits_of_floats(value, sign, denominator):
    """Where the float is not the number there is a bound, and where it is there is none."""
    array = ExactArray(np.array([sign * value]), denominator)
    exact = Fraction(sign * value, denominator)
    [x], [e] = (part.tolist() for part in array.floats())
    assert abs(Fraction(x) - exact) <= Fraction(e)
    assert (e == 0) <= (Fraction(x) == exact)
    if denominator == 1:
        assert (e == 0) == (value <= 2**53)
    assert array.fractions().item() == exact
    mantissas, common = array.integers()
    assert Fraction(mantissas.item(), common) == exact
    assert ExactArray(np.array([sign * value])).scaled(Fraction(2)).fractions().item() == 2 * sign * value


@given(exact_arrays(), exact_arrays())
def test_codes_are_equal_exactly_where_entries_are(first, second):
    values = truth(first) + truth(second)
    array = ExactArray.from_fractions(values * 2)
    for exact in (first, second, array):
        entries = truth(exact)
        codes = exact.codes().ravel().tolist()
        assert len(codes) == len(entries)
        assert len(set(zip(codes, entries, strict=True))) == len(set(codes)) == len(set(entries))


def test_minus_zero_is_zero():
    codes = ExactArray.from_array([0.0, -0.0, 1.0]).codes().tolist()
    assert codes[0] == codes[1] != codes[2]


# -------------------------------------------------------------------- shape and scale


@given(exact_arrays(shape=(3, 4)), st.data())
def test_indexing_and_reshaping(array, data):
    expected = np.array(truth(array), dtype=object).reshape(3, 4)
    rows = np.array(data.draw(st.lists(st.integers(0, 2), max_size=4)), dtype=np.intp)
    for index in (0, slice(1, 3), rows, (slice(None), np.array([3, 1])), (slice(None), slice(1))):
        assert array[index].fractions().tolist() == expected[index].tolist()
    assert array.reshape(2, -1).fractions().tolist() == expected.reshape(2, 6).tolist()
    assert len(array) == 3


@given(exact_arrays(), st.fractions(min_value=Fraction(1, 10**30), max_value=10**30))
def test_scaling_is_exact(array, factor):
    factor = factor or Fraction(1)
    assert array.scaled(factor).fractions().ravel().tolist() == [factor * value for value in truth(array)]


@pytest.mark.parametrize(
    ("values", "factor", "dtype"),
    [
        ([2**62], 2, object),  # 2^63 does not fit
        ([2**62 - 1, -(2**62)], 2, object),
        ([2**62 - 1], 2, np.int64),
        ([-(2**63)], 1, np.int64),
        ([1.5, -0.25], 3, np.float64),
        ([0.1], 2, np.float64),
        ([0.1], 3, np.int64),  # 3 * 0.1 is no float
        ([0.0], 10**400, np.int64),
        ([0], 10**400, np.int64),
        ([HUGE], 3, object),
        ([2.0**999, 1.0], 2**52, object),  # 2^1051 is no float
        ([2.0**971, 2.0**970], 2**53, object),
        ([2.0**970, -(2.0**970)], 2**53, np.float64),
        ([TINY, 1.0], 5, np.float64),
    ],
)
def test_scaling_keeps_the_storage_where_it_provably_fits(values, factor, dtype):
    array = ExactArray.from_array(values)
    scaled = array.scaled(Fraction(factor))
    assert scaled.fractions().tolist() == [factor * Fraction(v) for v in values]
    assert scaled.numbers.dtype == dtype


@pytest.mark.parametrize("factor", [Fraction(0), Fraction(-1, 2)])
def test_scales_are_positive(factor):
    with pytest.raises(InputError, match=f"scale = {factor}; expected a positive rational number"):
        ExactArray.from_array([1]).scaled(factor)


# -------------------------------------------------------------------- construction


@pytest.mark.parametrize(
    "values",
    [
        [[2**53 + 1, 0.5]],
        [2**63 + 1, -1],
        [2**64 + 1, 0.1, 5],
        [10**400, 3],
        [-(2**63), 2**63 - 1],
        np.array([2**64 - 1, 3], dtype=np.uint64),
        np.array([1.1, 2.2], dtype=np.float32),
        np.array([0.1], dtype=np.float16),
        np.array([1, 2], dtype=">i4"),
        np.array([0.1, 2], dtype=">f8"),
        [True, False],
        np.zeros((0, 3)),
        [],
        7,
    ],
)
def test_arrays_are_the_numbers_that_they_are(values):
    flat = np.asarray(values, dtype=object).ravel().tolist()
    assert ExactArray.from_array(values).fractions().ravel().tolist() == [Fraction(value) for value in flat]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1.0, 2.0], [3.0, math.nan]], r"x\[1, 1\] is nan; expected a finite number"),
        (np.array([0, -np.inf], dtype=np.float32), r"x\[1\] is -inf; expected a finite number"),
        ([1j], r"x has dtype complex128; expected integers or float16/32/64"),
        (np.array([1], dtype=np.longdouble), "x has dtype"),
        ([None], r"x\[0\] is None; expected an integer or a finite float"),
        (["1"], "x has dtype <U1"),
        ([0, Fraction(1, 2)], r"x\[1\] is Fraction\(1, 2\); expected an integer or a finite float"),
        ([[1, 2], [3]], "x: rows of unequal length; expected a rectangular array"),
        ([2**70, math.nan], r"x\[1\] is nan"),
    ],
)
def test_what_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        ExactArray.from_array(values, name="x")


def test_strings():
    array = ExactArray.from_strings([["1/3", "-2.5e-3"], [4, 0.1]])
    assert array.fractions().tolist() == [[Fraction(1, 3), Fraction(-1, 400)], [4, Fraction(0.1)]]
    with pytest.raises(InputError, match=r"W2\[0\]: '1_0' is not a number"):
        ExactArray.from_strings(["1_0"], name="W2")


def test_helpers():
    assert integer_array([1, 2**63 - 1]).dtype == np.int64
    assert integer_array([1, 2**63]).dtype == object
    assert residue_inverse(3, 10) == 7
    with pytest.raises(UnluckyModulus, match="denominator 4 is not a unit modulo 10"):
        residue_inverse(4, 10)
    assert are_float_integers(np.array([2**53, -(2**53)]))
    for value in (2**53 + 1, -(2**53) - 1, -(2**63)):
        assert not are_float_integers(np.array([value]))


@pytest.mark.parametrize(
    "make", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array, sparse.dia_array, sparse.lil_array]
)
def test_sparse_matrices_are_taken_with_their_zeros(make):
    for take in (exact_array, ExactArray.from_array):
        assert take(make([[0, 0.5], [0, 3]]), name="m").fractions().tolist() == [[0, Fraction(1, 2)], [0, 3]]


@pytest.mark.parametrize("name", ["bfloat16", "float8_e4m3fn", "float8_e5m2", "int4", "uint4"])
def test_short_numbers_are_what_they_are(name):
    types = pytest.importorskip("ml_dtypes")
    numbers = np.array([[-2, 0.5, 3, 1]]).astype(getattr(types, name))
    for take in (exact_array, ExactArray.from_array):
        assert take(numbers, name="m").fractions().tolist() == [[Fraction(float(x)) for x in numbers[0]]]
    if name == "bfloat16":
        with pytest.raises(InputError, match=r"m\[1\] is nan"):
            exact_array(np.array([1, np.nan]).astype(types.bfloat16), name="m")


def test_matrices_and_floats_of_sympy():
    matrix = sympy.Matrix([[sympy.Rational(1, 3), sympy.Float(0.1)]])
    assert exact_array(matrix, name="m").fractions().tolist() == [[Fraction(1, 3), Fraction(0.1)]]
    with pytest.raises(InputError, match=r"m\[0, 0\]: '2\*x' is not a number: it holds the symbol x"):
        exact_array(sympy.Matrix([[2 * sympy.Symbol("x")]]), name="m")


@pytest.mark.parametrize(
    "array",
    [
        ExactArray.from_array([[1, -2], [3, 0]]),
        ExactArray(np.array([[1, 2], [3, 4]]), 3),
        ExactArray(np.array([[1, 2**70]], dtype=object), 2**65),
        ExactArray(np.array([[5, 7]]), 2**63 - 1),
        ExactArray.from_array(np.array([[0.5, 2.0**-80]])),
        exact_array([[Fraction(1, 2), Fraction(2, 3)]], name="A"),
        ExactArray(np.empty((2, 0), dtype=np.int64)),
    ],
)
def test_a_column_of_ones(array):
    expected = [[*row, 1] for row in array.fractions().tolist()]
    assert array.with_ones().fractions().tolist() == expected
