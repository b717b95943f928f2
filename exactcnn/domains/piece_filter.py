"""Which piece of a piecewise function holds, decided from floats with error bounds (a filtered exact predicate)."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


def candidate_pieces(
    kinks: tuple[Fraction, ...], values: NDArray[np.float64], errors: NDArray[np.float64]
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """First and last piece that may hold at numbers that are known as floats with error bounds.

    A number z with |z - value| <= error lies in (kinks[i - 1], kinks[i]] for some i from first to last. So at a kink
    the left piece is named, and where one piece is left, z lies on a kink only if its float is the number itself.
    Values and bounds that are not finite leave all pieces open.

    Parameters
    ----------
    kinks : tuple of Fraction
        Ascending.
    values, errors : ndarray of float64
        Of one shape; the errors are not negative.

    Examples
    --------
    >>> first, last = candidate_pieces((Fraction(0),), np.array([-1.0, 1e-20, 0.0]), np.array([0.5, 1e-19, 0.0]))
    >>> first.tolist(), last.tolist()
    ([0, 0, 0], [0, 1, 0])
    """
    with np.errstate(all="ignore"):
        lowest, highest = values - errors, values + errors
    known, wild = errors == 0, ~(np.isfinite(values) & np.isfinite(errors))
    above, below = np.zeros(values.shape, dtype=np.int8), np.zeros(values.shape, dtype=np.int8)
    for kink in kinks:
        # rounded to nearest, the ends are bounds one step further out: if the end is above a kink, z is not below it,
        # and if it is not below a kink, z may lie above it; of a number that is known, the ends are the number
        ceiling, floor = _float_above(kink), -_float_above(-kink)
        above += (lowest > ceiling) | (known & (lowest == ceiling))
        below += (highest > floor) | (~known & (highest == floor))
    # kinks[:above] <= z <= kinks[below:], so a piece from `above` to `below` holds; below = above - 1 at a kink.
    # With an error kinks[:above] < z < kinks[below:].
    first = np.minimum(above, below)
    if wild.any():
        first[wild], below[wild] = 0, len(kinks)
    return first, below


def nearest_float(value: Fraction) -> float:
    """Nearest float64; an infinity beyond their range."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _float_above(value: Fraction) -> float:
    """Smallest float64 that is not less than the number."""
    nearest = nearest_float(value)
    covers = nearest == math.inf or (nearest > -math.inf and Fraction(nearest) >= value)
    return nearest if covers else math.nextafter(nearest, math.inf)
