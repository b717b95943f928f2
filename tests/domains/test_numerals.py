"""Numbers from text: everything that is one, exactly; nothing else; of any length."""

import random
import re
import sys
import unicodedata
from decimal import Decimal
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.domains.numerals import character_name, decimal, integer, parse_rational
from exactcnn.errors import InputError


@given(st.fractions())
def test_fractions_round_trip(value):
    assert parse_rational(str(value)) == parse_rational(value) == value


@given(st.from_regex(r"[+-]?([0-9]{1,5}\.?[0-9]{0,5}|\.[0-9]{1,5})([eE][+-]?[0-9]{1,3})?", fullmatch=True))
def test_decimals_agree_with_the_fractions_module(text):
    assert parse_rational(f"  {text} ") == Fraction(text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_are_the_dyadics_that_they_are(value):
    assert parse_rational(value) == parse_rational(np.float64(value)) == Fraction(value)


def test_numpy_scalars_keep_their_value():
    for value in (np.float32(0.1), np.float16(0.1), np.longdouble("0.1")):
        assert parse_rational(value) == Fraction(*value.as_integer_ratio())
    assert [parse_rational(v) for v in (np.int8(-7), np.uint64(2**64 - 1), True)] == [-7, 2**64 - 1, 1]


@pytest.mark.parametrize("digits", [3999, 4000, 4001, 4300, 4301, 20_000])
def test_integers_of_any_length(digits):
    text = "7" * digits
    value = 7 * (10**digits - 1) // 9
    assert parse_rational(text) == value
    assert parse_rational(f"-{text}/{'0' * 5000}3") == Fraction(-value, 3)
    assert parse_rational(f"0.{text}") == Fraction(value, 10**digits)
    assert integer(text) == value
    assert decimal(value) == text
    assert decimal(-value) == f"-{text}"


def test_decimal_at_the_change_of_method():
    for bits in range(11_990, 12_010):
        value = (1 << bits) - random.Random(bits).getrandbits(bits - 1)
        assert integer(decimal(value)) == value


NO_NUMBERS = """. - e5 1e 1e+ 1_000 1e1_0 1/0 1/00 1/-2 /2 1/ 0x1f 1.5/2 --1 nan inf -Infinity
1,5 1e5/3 None [1]"""


@pytest.mark.parametrize("text", [*NO_NUMBERS.split(), "", " ", "1 / 2"])
def test_what_is_no_number(text):
    with pytest.raises(InputError, match=r"^W: .* is not a number; expected an integer, a decimal or p/q$"):
        parse_rational(text, name="W")


@pytest.mark.parametrize("template", ["{}", "{}1", "1{}", "1{}2", "-{}1", "1/{}2", "1{}/2", "1{}.5", "1e{}5", " {} 1"])
def test_characters_of_no_number_are_named(template):
    """Whatever Python takes for white space, a digit or a sign outside ASCII; and what is not seen."""
    kinds = {"Zs", "Zl", "Zp", "Cc", "Cf", "Nd", "Nl", "No", "Pd", "Sm"}
    characters = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in kinds]
    foreign = [c for c in characters if not " " <= c <= "~"]
    assert len(foreign) > 2000
    for character in foreign:
        with pytest.raises(InputError, match=rf"^W: .* is not a number: it holds .* \(U\+{ord(character):04X}\); exp"):
            parse_rational(template.format(character), name="W")


def test_names_of_characters():
    for code in range(sys.maxunicode + 1):
        name, _, number = character_name(chr(code)).partition(" (U+")
        assert int(number.removesuffix(")"), 16) == code
        if not name.startswith("a "):
            assert unicodedata.lookup(name) == chr(code)
    assert all(not character_name(chr(code)).startswith("a ") for code in range(0x110000) if chr(code).isspace())
    assert character_name("\ue000") == "a character without a name (U+E000)"


@pytest.mark.parametrize("value", [None, [1], "x" * 10_000, "1" * 10_000 + "_", b"1", 1j])
def test_errors_are_one_short_line(value):
    with pytest.raises(InputError) as raised:
        parse_rational(value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 150


@pytest.mark.parametrize("value", [float("nan"), np.float32("-inf"), np.float16("nan"), np.longdouble("inf")])
def test_floats_that_are_no_numbers(value):
    with pytest.raises(InputError, match=rf"^b1 is {re.escape(str(value))}; expected a finite number$"):
        parse_rational(value, name="b1")


def test_exponents_within_reason():
    assert parse_rational("1e10000") == 10**10_000
    assert parse_rational("3e-0010000") == Fraction(3, 10**10_000)
    for exponent in ("10001", "-10001", "+99999", "9" * 5000):
        with pytest.raises(InputError, match="has an exponent beyond 10000; expected p/q instead"):
            parse_rational(f"1e{exponent}")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("1+2j", "'1+2j' is a complex number"),
        ("2i", "'2i' is a complex number"),
        ("(1+2j)", "'(1+2j)' is a complex number"),
        (1 + 2j, "'(1+2j)' is a complex number"),
        (sympy.I * 2, "'2*I' is a complex number"),
        ("sqrt(2)", "'sqrt(2)' is not a rational number"),
        ("2**(1/2)", "is not a rational number"),
        (sympy.sqrt(2), "'sqrt(2)' is not a rational number"),
        (sympy.Symbol("w") * 2, "'2*w' is not a number: it holds the symbol w"),
        (sympy.pi, "'pi' is not a number"),
        (sympy.oo, "'oo' is not a number"),
        (mpmath.mpf("inf"), "'+inf' is not a number"),
        (Decimal("NaN"), "'NaN' is not a number"),
        (np.longdouble("inf"), "is inf; expected a finite number"),
    ],
)
def test_numbers_that_are_not_rational_are_named(value, message):
    with pytest.raises(InputError, match=re.escape(message)):
        parse_rational(value)


@pytest.mark.parametrize("number", [0.1, -0.1, 1e-300, 3.0, 0.0, 2.0**70])
def test_floats_of_other_packages_are_the_numbers_that_they_are(number):
    """Not what they print: SymPy and mpmath print 15 digits."""
    for value in (sympy.Float(number), mpmath.mpf(number), Decimal(number), np.longdouble(number), np.float64(number)):
        assert parse_rational(value) == Fraction(number)
    with mpmath.workprec(200):
        assert parse_rational(mpmath.mpf(1) / 3) != Fraction(1 / 3)


def test_rationals_of_other_packages():
    for value in (sympy.Rational(1, 3), flint.fmpq(1, 3), Fraction(1, 3), "1/3"):
        assert parse_rational(value) == Fraction(1, 3)
    assert [parse_rational(value) for value in (sympy.Integer(3), flint.fmpz(3), np.int8(3), True)] == [3, 3, 3, 1]


@given(st.integers(-(10**6), 10**6), st.integers(0, 9), st.integers(-20, 20), st.sampled_from("eEdD"))
def test_exponents_of_fortran(whole, decimal, exponent, letter):
    sign = "-" if exponent < 0 else "+"
    written = f"{whole}.{decimal}{letter}{sign}{abs(exponent):02d}"
    assert parse_rational(written) == Fraction(f"{whole}.{decimal}") * Fraction(10) ** exponent
