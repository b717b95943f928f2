"""Floats as dyadics: against Python's own exact ratio of every float, the strangest first."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from exactcnn.domains.dyadic import TILE, dyadic, dyadic_residues, remainder
from exactcnn.errors import UnluckyModulus

FINITE = st.floats(allow_nan=False, allow_infinity=False)
STRANGE = [0.0, -0.0, 5e-324, -5e-324, 2.0**-1022, 2.0**-1022 - 5e-324, -(2.0**-1021), 1.7976931348623157e308]
STRANGE += [1.0, -1.0, 2.0**52, 2.0**53 - 1, -(2.0**53), 0.1, 1 / 3, 2.0**1023, 3 * 2.0**-1074]


@given(hnp.arrays(np.float64, hnp.array_shapes(max_dims=2, max_side=5), elements=FINITE | st.sampled_from(STRANGE)))
def test_mantissas_are_odd_and_exponents_exact(values):
    mantissas, exponents = dyadic(values)
    for value, m, e in zip(values.flat, mantissas.flat, exponents.flat, strict=True):
        assert int(m) * Fraction(2) ** int(e) == Fraction(value)
        assert m % 2 == 1 or m == e == 0


def test_every_power_of_two_and_every_full_mantissa():
    powers = np.ldexp(1.0, np.arange(-1074, 1024))
    mantissas, exponents = dyadic(powers)
    assert (mantissas == 1).all()
    assert exponents.tolist() == list(range(-1074, 1024))
    full = np.ldexp(2.0**53 - 1, np.arange(-1074, 970))
    assert (dyadic(full)[0] == 2**53 - 1).all()


@given(
    hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=4), elements=FINITE | st.sampled_from(STRANGE)),
    st.integers(1, 2**30 - 1).map(lambda n: 2 * n + 1),
)
def test_residues_modulo_odd_numbers(values, modulus):
    truth = [f.numerator * pow(f.denominator, -1, modulus) % modulus for f in map(Fraction, values.ravel().tolist())]
    residues = dyadic_residues(values, modulus)
    assert residues.shape == values.shape
    assert residues.dtype == np.int64
    assert residues.ravel().tolist() == truth


def test_residues_modulo_even_numbers_exist_for_integers_only():
    assert dyadic_residues(np.array([7.0, -3.0, 2.0**1000, 0.0]), 10).tolist() == [7, 7, 2**1000 % 10, 0]
    with pytest.raises(UnluckyModulus, match="modulus 10 is even, the numbers are dyadic"):
        dyadic_residues(np.array([7.0, 0.5]), 10)


@pytest.mark.parametrize("modulus", [2**31 - 1, 2**31 - 3, 2**31 - 2])
def test_largest_residues_do_not_overflow(modulus):
    """All fractions of 52 bits beside all powers: products below 2^62, and one residue more."""
    full = np.ldexp(2.0**53 - 1, np.arange(0 if modulus % 2 == 0 else -1074, 970))
    near = np.ldexp(float(2**52 + modulus - 1), np.arange(0, 900))  # fractions that are modulus - 1
    for values in (full, -full, near, -near):
        expected = [Fraction(v) for v in values.tolist()]
        assert dyadic_residues(values, modulus).tolist() == [
            f.numerator * pow(f.denominator, -1, modulus) % modulus for f in expected
        ]


@pytest.mark.parametrize("size", [0, 1, TILE - 1, TILE, TILE + 1, 3 * TILE + 7])
def test_residues_do_not_depend_on_tiles_or_layout(size):
    values = np.random.default_rng(size).normal(size=size) * 2.0 ** np.random.default_rng(0).integers(-900, 900, size)
    modulus = 2**31 - 1
    apart = [int(dyadic_residues(values[i : i + 1], modulus)[0]) for i in range(0, size, max(1, size // 50))]
    assert dyadic_residues(values, modulus)[:: max(1, size // 50)].tolist() == apart
    square = np.random.default_rng(1).normal(size=(7, 5))
    assert (dyadic_residues(square.T, modulus) == dyadic_residues(square, modulus).T).all()


@given(
    st.lists(st.integers(-(2**63), 2**63 - 1) | st.sampled_from([-(2**63), 2**63 - 1, -1, 0]), min_size=1),
    st.integers(1, 2**31 - 1),
)
def test_remainder_at_the_ends_of_int64(values, modulus):
    assert remainder(np.array(values, dtype=np.int64), modulus).tolist() == [value % modulus for value in values]
