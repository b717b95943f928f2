"""A matrix as certified numerics meet it: rational numbers, or balls of any precision, and floats near them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.balls import working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.linalg.balls import Rows

if TYPE_CHECKING:
    from flint import arb

Floats = NDArray[np.float64]

SMALLEST = 2.0**-1074
FIRST_PRECISION = 128
MOST_PRECISION = 1024  # of balls that become floats
ACCURACY = 2.0**-50  # of the largest entry: errors beyond this are not those of floats
# Of the largest entry. A matrix of 2000 lines that is this near is off by 3e-11 of its norm; balls would take a hundred
# times as long.
NEAR = 2.0**-46


@dataclass(frozen=True, eq=False)
class Scaled:
    """Floats near the entries divided by 2^exponent, all below 1, with what each may be off by.

    Attributes
    ----------
    values, errors : ndarray of float (m, n)
    exponent : int
    precision : int
        At which balls have this accuracy, whoever computes them.
    """

    values: Floats
    errors: Floats
    exponent: int
    precision: int


@dataclass(frozen=True, eq=False)
class Entries:
    """A matrix of real numbers.

    Parameters
    ----------
    shape : (int, int)
    exact : ExactArray or None
        The entries where they are rational.
    enclosures : callable or None
        Rows of balls, at a precision in bits; called where the entries are not known exactly.
    near : callable or None
        Floats near the entries, and how far each may be off; an infinity where nothing is known.

    Examples
    --------
    >>> found = Entries.rational(ExactArray.from_strings([["3", "1/3"]])).scaled()
    >>> found.values.round(4).tolist(), found.exponent, bool(found.errors.max() < 1e-15)
    ([[0.75, 0.0833]], 2, True)
    """

    shape: tuple[int, int]
    exact: ExactArray | None
    enclosures: Callable[[int], Rows] | None = None
    near: Callable[[], tuple[Floats, Floats]] | None = None

    @classmethod
    def rational(cls, entries: ExactArray) -> Entries:
        """Take a matrix of rational numbers."""
        m, n = entries.shape
        return cls((m, n), entries)

    def balls(self, precision: int) -> Rows:
        """Rows of balls that enclose the entries."""
        if self.exact is None:
            assert self.enclosures is not None
            return self.enclosures(precision)
        with working_precision(precision):
            rows: Rows = Balls().lift(self.exact).tolist()
        return rows

    def scaled(self) -> Scaled:
        """Floats near the entries, of the largest precision that their sizes allow."""
        if self.exact is not None:
            values, errors = self.exact.floats()
            largest = float(np.abs(values).max(initial=0.0))
            if np.isfinite(errors).all() and (2.0**-900 < largest < math.inf or not largest + errors.max(initial=0.0)):
                return _from_floats(values, errors, largest)
        elif self.near is not None:
            values, errors = self.near()
            largest = float(np.abs(values).max(initial=0.0))
            if 2.0**-900 < largest < math.inf and (errors <= NEAR * largest).all():
                return _from_floats(values, errors, largest)
        precision = FIRST_PRECISION
        while True:
            found = _from_balls(self.balls(precision), self.shape, precision)
            accurate = float(found.errors.max(initial=0.0)) <= ACCURACY
            if accurate or precision >= MOST_PRECISION:
                return found
            precision *= 2


def _from_floats(values: Floats, errors: Floats, largest: float) -> Scaled:
    """Divided by a power of two: an entry that becomes subnormal is rounded by half a step at most, as is its bound."""
    exponent = math.frexp(largest)[1]
    small = np.where(np.abs(values) > 2.0 ** max(exponent - 1000, -1074), 0.0, 2 * SMALLEST)
    small[(values == 0) & (errors == 0)] = 0.0
    small[errors > 0] = 2 * SMALLEST
    scaled = np.ldexp(values, -exponent)
    return Scaled(scaled, np.ldexp(errors, -exponent) + small, exponent, FIRST_PRECISION)


def _from_balls(rows: Rows, shape: tuple[int, int], precision: int) -> Scaled:
    """Midpoints as floats; radii and rounding as errors. A ball without end has an infinite error."""
    flat = [value for row in rows for value in row]
    finite = [value.is_finite() for value in flat]
    parts = [_parts(value.mid()) if known else (0, 0) for value, known in zip(flat, finite, strict=True)]
    tops = [mantissa.bit_length() + exponent for mantissa, exponent in parts if mantissa]
    exponent = max(tops, default=0)
    values, errors = np.zeros(len(flat)), np.full(len(flat), np.inf)
    for i, (value, known) in enumerate(zip(flat, finite, strict=True)):
        if known:
            values[i] = _ldexp(*parts[i], -exponent)
            # correct rounding, and rounding of the radius upward: a radius has 30 bits
            errors[i] = _ldexp(*_parts(value.rad()), -exponent) * (1 + 2.0**-50) + 2.0**-52 * abs(values[i]) + SMALLEST
            if not parts[i][0] and value.is_exact():
                errors[i] = 0.0
    # a ladder that ends later than this one has balls to spare
    return Scaled(values.reshape(shape), errors.reshape(shape), exponent, 2 * precision)


def _parts(number: arb) -> tuple[int, int]:
    mantissa, exponent = number.man_exp()
    return int(mantissa), int(exponent)


def _ldexp(mantissa: int, exponent: int, shift: int) -> float:
    """Return mantissa * 2^(exponent + shift), rounded correctly where it is a normal number; it is below 2^1000."""
    length = mantissa.bit_length()
    fraction: Any = mantissa / (1 << length)  # int / int rounds correctly
    return math.ldexp(fraction, max(exponent + shift + length, -1100))
