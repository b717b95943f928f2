"""Rational numbers as text: reading and writing them exactly, whatever their length."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.given import entry, is_number, refuse_where
from exactcnn.domains.storage import object_array
from exactcnn.errors import InputError

LARGEST_EXPONENT = 10_000  # of ten; a few letters must not make megabytes
PYTHON_DIGITS = 4000  # Python reads and writes integers of at most 4300 decimal digits, as it is usually set up
NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?:(?P<p>[0-9]+)/(?P<q>[0-9]+)"
    r"|(?=\.?[0-9])(?P<whole>[0-9]*)(?:\.(?P<decimals>[0-9]*))?(?:[eEdD](?P<exponent>[+-]?[0-9]+))?)"
)
IMAGINARY = re.compile(r"[0-9.)] ?\*?[ijIJ]\)?$|[0-9.]\*I\b")
SURD = re.compile(r"sqrt|\*\*\(?-?[0-9.]+[/)]")
FOREIGN = re.compile(r"[^ -~]")  # in no number: all but the printable characters of ASCII
CONTROLS = {  # the white space among the control characters; Unicode has aliases for them, and no names
    "\t": "CHARACTER TABULATION",
    "\n": "LINE FEED",
    "\v": "LINE TABULATION",
    "\f": "FORM FEED",
    "\r": "CARRIAGE RETURN",
    "\x1c": "FILE SEPARATOR",
    "\x1d": "GROUP SEPARATOR",
    "\x1e": "RECORD SEPARATOR",
    "\x1f": "UNIT SEPARATOR",
    "\x85": "NEXT LINE",
}


def parse_rational(text: Any, *, name: str = "value") -> Fraction:
    """Read an integer, decimal or fraction ``p/q`` exactly; rational numbers and finite floats pass as they are.

    Exponents of ten may be Fortran's, as in ``1.0D+00``.

    Numbers are written in ASCII, and blanks (spaces) may stand around them.

    Raises
    ------
    InputError
        If the text is not such a number, naming a character that is in none; if its exponent is beyond 10000.

    Examples
    --------
    >>> parse_rational("-1.5e-3"), parse_rational(" 6/4 "), parse_rational(0.5)
    (Fraction(-3, 2000), Fraction(3, 2), Fraction(1, 2))
    """
    if not isinstance(text, str):
        value = _exact_value(text)
        if value is not None:
            return value
        if isinstance(text, (float, np.floating)):
            raise InputError(f"{name} is {text}; expected a finite number")
    string = str(text).strip(" ")  # by itself it would strip all that Unicode calls white space
    match = NUMBER.fullmatch(string)
    if match is None or (match["q"] and not match["q"].strip("0")):
        raise InputError(f"{name}: {_shown(string)} is {_instead(text, string)}; expected an integer, a decimal or p/q")
    sign = -1 if match["sign"] == "-" else 1
    if match["q"]:
        return Fraction(sign * integer(match["p"]), integer(match["q"]))
    decimals, exponent = match["decimals"] or "", match["exponent"] or "0"
    if len(exponent.lstrip("+-0")) > 5 or abs(int(exponent)) > LARGEST_EXPONENT:
        raise InputError(f"{name}: {_shown(string)} has an exponent beyond {LARGEST_EXPONENT}; expected p/q instead")
    number, power = sign * integer(match["whole"] + decimals), int(exponent) - len(decimals)
    return Fraction(number * 10**power) if power >= 0 else Fraction(number, 10**-power)


def _exact_value(number: Any) -> Fraction | None:
    """The number that a number of Python, NumPy, SymPy, mpmath or FLINT is; their texts may be rounded."""
    if isinstance(number, Rational):  # Python's and SymPy's
        return Fraction(number)
    if is_number(number):
        return Fraction(*number.as_integer_ratio())
    if isinstance(number, Decimal):
        return Fraction(number) if number.is_finite() else None
    if hasattr(number, "_mpf_"):  # sign, mantissa, exponent and size of a float of mpmath or SymPy
        sign, mantissa, exponent, _ = number._mpf_
        value = Fraction(-mantissa if sign else mantissa) * Fraction(2) ** exponent
        return value if mantissa or not exponent else None
    return None


def _instead(given: Any, string: str) -> str:
    """What an entry is that is no rational number."""
    symbols = sorted(map(str, getattr(given, "free_symbols", ())))
    if symbols:
        return f"not a number: it holds the symbol {symbols[0]}"
    if IMAGINARY.search(string):
        return "a complex number"
    if SURD.search(string):
        return "not a rational number"
    foreign = FOREIGN.search(string)  # most of these look like digits, like signs, or like nothing
    return "not a number" + (f": it holds {character_name(foreign[0])}" if foreign else "")


def character_name(character: str) -> str:
    """Name of a character, for those that are not seen on a screen.

    Examples
    --------
    >>> character_name(chr(0xA0)), character_name(chr(9)), character_name(chr(1))
    ('NO-BREAK SPACE (U+00A0)', 'CHARACTER TABULATION (U+0009)', 'a control character (U+0001)')
    """
    import unicodedata

    category = "a control character" if unicodedata.category(character) == "Cc" else "a character without a name"
    name = CONTROLS.get(character) or unicodedata.name(character, category)
    return f"{name} (U+{ord(character):04X})"


def rationals(array: NDArray[Any], *, name: str) -> list[Fraction]:
    """Parse every entry of an array of objects or texts, in C order; a message names the index.

    Examples
    --------
    >>> rationals(np.array([["1/3", None]], dtype=object), name="W1")
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: W1[0, 1]: 'None' is not a number; expected an integer, a decimal or p/q
    """
    try:
        return [parse_rational(value, name=name) for value in array.flat]
    except InputError:  # once more, with the index
        return [parse_rational(value, name=entry(name, index)) for index, value in np.ndenumerate(array)]


def ratios(values: Sequence[Any], *, name: str) -> list[tuple[int, int]]:
    """Numerator and denominator of fractions and integers; a message names the index.

    Examples
    --------
    >>> ratios([Fraction(1, 3), 2], name="values")
    [(1, 3), (2, 1)]
    """
    try:
        return [value.as_integer_ratio() for value in values]
    except (AttributeError, TypeError, ValueError, ArithmeticError):
        listed = object_array(values, (len(values),))
        refuse_where(listed, _has_no_ratio, name=name, expected="fractions or integers")
        return [(int(x), 1) if isinstance(x, np.integer) else x.as_integer_ratio() for x in values]


def _has_no_ratio(value: Any) -> bool:
    if isinstance(value, np.integer):
        return isinstance(value, np.timedelta64)
    try:
        return not value.as_integer_ratio()
    except (AttributeError, TypeError, ValueError, ArithmeticError):
        return True


def integer(digits: str) -> int:
    """Integer with these decimal digits, of any number."""
    if len(digits) <= PYTHON_DIGITS:
        return int(digits)
    from flint import fmpz

    return int(fmpz(digits))


def decimal(number: int) -> str:
    """Decimal digits of an integer of any length.

    Examples
    --------
    >>> len(decimal(10**5000))
    5001
    """
    if number.bit_length() <= 3 * PYTHON_DIGITS:
        return str(number)
    from flint import fmpz

    return str(fmpz(number))


def rational_text(value: Fraction) -> str:
    """Write an integer ``p`` or a fraction ``p/q`` with digits of any number.

    Examples
    --------
    >>> rational_text(Fraction(-2, 6)), rational_text(Fraction(7))
    ('-1/3', '7')
    """
    return decimal(value.numerator) + (f"/{decimal(value.denominator)}" if value.denominator != 1 else "")


def _shown(string: str) -> str:
    if not string:
        return "an empty entry"
    return repr(string) if len(string) <= 40 else f"{string[:40]!r}..."
