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
    # value - error and value + error round to nearest: one step outward makes them bounds again
    with np.errstate(all="ignore"):
        lowest = np.where(errors == 0, values, np.nextafter(values - errors, -np.inf))
        highest = np.where(errors == 0, values, np.nextafter(values + errors, np.inf))
    above = np.searchsorted([_float_above(kink) for kink in kinks], lowest, side="right")
    below = np.searchsorted([-_float_above(-kink) for kink in kinks], highest, side="left")
    # kinks[:above] <= z <= kinks[below:], so a piece from `above` to `below` holds; below = above - 1 at a kink.
    # With an error the step outward is a strict one: kinks[:above] < z < kinks[below:].
    wild = ~(np.isfinite(values) & np.isfinite(errors))
    first = np.where(wild, 0, np.minimum(above, below)).astype(np.int8)
    return first, np.where(wild, len(kinks), below).astype(np.int8)


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
