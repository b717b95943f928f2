"""Whether an activation is strictly monotone and differentiable, and whether its derivative vanishes somewhere.

Assumption 4.1 asks for the first two. Its use in the paper needs the third, a derivative that is never zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from exactcnn.domains.balls import ball
from exactcnn.domains.curves import Curve
from exactcnn.domains.formulas import Formula, Terms, evaluate, polynomial

if TYPE_CHECKING:
    import sympy

End = Fraction | None  # None: infinite

STRICTLY_INCREASING = ("softplus", "log-sigmoid", "erf", "arctan")  # with positive derivatives
POINTS = range(-8, 9)


@dataclass(frozen=True)
class Monotone:
    """What is known of an activation's slopes; None where nothing is proved.

    Attributes
    ----------
    strictly : bool or None
        Whether it is strictly increasing or strictly decreasing.
    differentiable : bool or None
        Everywhere.
    slope_vanishes : bool or None
        Whether a one-sided derivative is zero somewhere.
    """

    strictly: bool | None
    differentiable: bool | None
    slope_vanishes: bool | None


def monotone(curve: Curve) -> Monotone:
    """Decide whether a continuous curve is strictly monotone and differentiable, and whether a slope is zero.

    Quotients in t, or in E = e^g(t) with an affine g, are decided by the roots of the derivative's numerator and
    denominator, counted exactly (Sturm); those in both where all terms of the derivative have one sign on the piece.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> monotone(activation("sigmoid"))
    Monotone(strictly=True, differentiable=True, slope_vanishes=False)
    >>> monotone(activation("leaky-relu")), monotone(activation("relu")).strictly
    (Monotone(strictly=True, differentiable=False, slope_vanishes=False), False)
    """
    if curve.special is not None:
        if curve.special.order == 0 and curve.special.name in STRICTLY_INCREASING:
            return Monotone(True, True, False)
        return _at_points(curve, Monotone(None, True, None))
    if curve.domain == "binary" and any(i for piece in curve.pieces for i, _, _ in piece.terms):
        return Monotone(None, _differentiable(curve), None)
    ends = (None, *curve.kinks, None)
    slopes = [
        _signs(piece.derivative(curve.exponent), ends[index], ends[index + 1], curve.exponent)
        for index, piece in enumerate(curve.pieces)
    ]
    found = Monotone(_strictly(slopes), _differentiable(curve), _any(zero for _, zero in slopes))
    return found if found.strictly is not None else _at_points(curve, found)


def _at_points(curve: Curve, found: Monotone) -> Monotone:
    """Refute monotonicity by slopes of both signs at integers; between them the slope of a smooth curve is zero."""
    slope = curve.derivative()
    balls = [slope.ball(ball(Fraction(t))) for t in POINTS if t not in curve.kinks]
    if any(value > 0 for value in balls) and any(value < 0 for value in balls):
        return Monotone(False, found.differentiable, True if found.differentiable else found.slope_vanishes)
    return found


Slope = tuple[int | None, bool | None]  # sign on the piece (0 where it takes both, or is zero), whether it vanishes


def _strictly(slopes: list[Slope]) -> bool | None:
    signs = {sign for sign, _ in slopes}
    if 0 in signs or {1, -1} <= signs:
        return False
    return None if None in signs else True


def _any(values: Iterable[bool | None]) -> bool | None:
    listed = list(values)
    return True if True in listed else None if None in listed else False


def _differentiable(curve: Curve) -> bool | None:
    """Whether the slopes at all kinks agree; None for slopes that are no rational numbers."""
    for index, kink in enumerate(curve.kinks):
        if curve.smooth_at(index):
            continue
        if curve.exponent and evaluate(polynomial(*curve.exponent), kink, None, Fraction):
            return None
        return False
    return True


def _signs(slope: Formula, low: End, high: End, exponent: tuple[Fraction, ...]) -> Slope:
    """Sign of a derivative on a piece, where it is one, and whether it vanishes there, ends included."""
    if not slope.numerator:
        return 0, True
    above, below = (_sign_of(terms, low, high, exponent) for terms in (slope.numerator, slope.denominator))
    if above[0] is None or below[0] is None:
        return None, None
    return above[0] * below[0], above[1]


def _sign_of(terms: Terms, low: End, high: End, exponent: tuple[Fraction, ...]) -> Slope:
    """Sign of a polynomial in t and E on a piece, and whether it is zero at a point of it."""
    if not any(j for _, j, _ in terms):
        return _by_roots([(i, c) for i, _, c in terms], low, high)
    if not any(i for i, _, _ in terms) and len(exponent) <= 2:
        ends = _ends_of_power(low, high, exponent)
        if ends is not None:
            lowest = min(j for _, j, _ in terms)
            return _by_roots([(j - lowest, c) for _, j, c in terms], *ends)  # E = 0 is no root
    signs = {(1 if c > 0 else -1) * _sign_of_power(i, low, high) for i, _, c in terms}
    if len(signs) != 1 or 0 in signs:
        return None, None
    # every term has this sign, and is zero at t = 0 only: with a term free of t the sum is not zero anywhere
    contains_zero = (low is None or low <= 0) and (high is None or high >= 0)
    return signs.pop(), contains_zero and all(i for i, _, _ in terms)


def _ends_of_power(low: End, high: End, exponent: tuple[Fraction, ...]) -> tuple[End, End] | None:
    """Range of E = e^(c0 + c1 t) on a piece; None where an end is no rational number."""
    base, rate = (*exponent, Fraction(0), Fraction(0))[:2]
    if any(end is not None and base + rate * end for end in (low, high)):
        return None
    ends = (Fraction(0) if low is None else Fraction(1), None if high is None else Fraction(1))
    if rate < 0:
        ends = (Fraction(0) if high is None else Fraction(1), None if low is None else Fraction(1))
    return ends


def _sign_of_power(degree: int, low: End, high: End) -> int:
    """Sign of t^degree on a piece, 0 where it changes."""
    if degree % 2 == 0 or (low is not None and low >= 0):
        return 1
    return -1 if high is not None and high <= 0 else 0


def _by_roots(coefficients: list[tuple[int, Fraction]], low: End, high: End) -> Slope:
    """Sign of a polynomial on [low, high], 0 where it takes both, and whether it has a root there."""
    import sympy

    x = sympy.Symbol("x")
    whole = sympy.Poly.from_dict({(i,): sympy.Rational(c.numerator, c.denominator) for i, c in coefficients}, x)
    ends = [None if end is None else sympy.Rational(end.numerator, end.denominator) for end in (low, high)]
    zero = False
    for factor, multiplicity in whole.sqf_list()[1]:
        count = factor.count_roots(*ends)
        zero |= bool(count)
        if multiplicity % 2 and count > sum(end is not None and not factor.eval(end) for end in ends):
            return 0, True
    return (1 if _inside(whole, ends) > 0 else -1), zero


def _inside(whole: sympy.Poly, ends: list[Any]) -> Any:
    """Value at a point between the ends that is no root."""
    import sympy

    low, high = ends
    if low is None:
        low = sympy.Integer(0) if high is None else high - 1
    if high is None:
        high = low + 1
    for parts in range(2, whole.degree() + 3):  # more points than roots
        value = whole.eval(low + (high - low) / parts)
        if value:
            return value
    raise AssertionError("a polynomial has at most as many roots as its degree")
