"""The Cantor function on equally spaced points b, b + h, …: exact values, and which placements are possible."""

from __future__ import annotations

import itertools
from fractions import Fraction

THIRD = Fraction(1, 3)
# lower end, upper end, closed: y ≤ 0, (0, 1/3), [1/3, 2/3], (2/3, 1), y ≥ 1
ZONES: tuple[tuple[Fraction | None, Fraction | None, bool], ...] = (
    (None, Fraction(0), True),
    (Fraction(0), THIRD, False),
    (THIRD, 2 * THIRD, True),
    (2 * THIRD, Fraction(1), False),
    (Fraction(1), None, True),
)


def cantor(y: Fraction, *, digits: int = 80) -> Fraction:
    """Value of the Cantor function; exact where the ternary expansion ends or meets a 1 within `digits` digits.

    Examples
    --------
    >>> [str(cantor(Fraction(n, 9))) for n in range(-1, 11)]
    ['0', '0', '1/4', '1/4', '1/2', '1/2', '1/2', '1/2', '3/4', '3/4', '1', '1']
    """
    if y <= 0:
        return Fraction(0)
    if y >= 1:
        return Fraction(1)
    value, unit = Fraction(0), Fraction(1, 2)
    for _ in range(digits):
        digit, y = divmod(3 * y, 1)
        if digit == 1:
            return value + unit
        value += unit * (digit // 2)
        unit /= 2
        if y == 0:
            break
    return value


def feasible_zones(points: int) -> list[tuple[int, ...]]:
    """All ways to put `points` equally spaced points, h > 0, into the zones with one at most in each closed zone.

    A way is the zone of each point, increasing. It is possible if some (b, h) meets its linear conditions; by
    elimination of b these are bounds on h alone, one for each pair of points.

    Examples
    --------
    >>> feasible_zones(8)[0], len(feasible_zones(8))
    ((0, 1, 1, 1, 1, 1, 1, 1), 8)
    """
    found = []
    for ends in itertools.product((0, 1), repeat=3):
        for left in range(points - sum(ends) + 1):
            right = points - sum(ends) - left
            counts = (ends[0], left, ends[1], right, ends[2])
            zones = tuple(zone for zone, count in enumerate(counts) for _ in range(count))
            if _possible(zones):
                found.append(zones)
    return sorted(found)


def distinct_example(points: int, *, parts: int = 36) -> tuple[Fraction, Fraction] | None:
    """Return (b, h) with `points` different values of the Cantor function, from a grid of step 1/(9 * parts)."""
    ends = 9 * parts
    values = [cantor(Fraction(n, ends)) for n in range(ends + 1)]
    numbers = [values.index(value) for value in values]  # equal values, equal numbers
    for step in range(1, ends):
        for start in range(1 - step, ends):
            inner = numbers[max(start, 0) : ends + 1 : step] if start > 0 else [0, *numbers[start + step :: step]]
            chosen = inner[:points] + [numbers[-1]] * (points - len(inner))
            if len(set(chosen)) == points:
                return Fraction(start, ends), Fraction(step, ends)
    return None


def _possible(zones: tuple[int, ...]) -> bool:
    lowest, strict_low = Fraction(0), True  # h > 0
    highest: Fraction | None = None
    strict_high = False
    for (i, below), (j, above) in itertools.product(enumerate(zones), repeat=2):
        low, _, low_closed = ZONES[below]
        _, high, high_closed = ZONES[above]
        # b + i h is above `low`, b + j h below `high`: (j - i) h < high - low, with equality if both zones are closed
        if i == j or low is None or high is None:
            continue
        bound, strict = (high - low) / (j - i), not (low_closed and high_closed)
        if j > i and (highest is None or (bound, not strict) < (highest, not strict_high)):
            highest, strict_high = bound, strict
        elif j < i and (bound, strict) > (lowest, strict_low):
            lowest, strict_low = bound, strict
    if highest is None or lowest < highest:
        return True
    return lowest == highest and not (strict_low or strict_high)
