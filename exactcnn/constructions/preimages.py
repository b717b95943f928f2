"""Rational arguments at which an activation has a given rational value: those of quotients of degree one."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from exactcnn.domains.curves import Curve
from exactcnn.domains.formulas import Formula, evaluate, polynomial

SMALLEST = Fraction(1, 2**24)  # of the neighbourhood of an interior value


def preimage(curve: Curve, value: Fraction) -> Fraction | None:
    """Return a rational t with σ(t) = value, exactly; None where none is found.

    Found on pieces that are quotients of degree at most one, in t, or in E = 2^g(t) with an affine g.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> softsign, logistic = activation("softsign"), activation("logistic(2)")
    >>> preimage(softsign, Fraction(-3, 4)), preimage(logistic, Fraction(8, 9)), preimage(logistic, Fraction(1, 7))
    (Fraction(-3, 1), Fraction(3, 1), None)
    """
    for index, piece in enumerate(curve.pieces):
        low = curve.kinks[index - 1] if index else None
        high = curve.kinks[index] if index < len(curve.kinks) else None
        t = _of_piece(curve, piece, value)
        if t is not None and (low is None or low <= t) and (high is None or t <= high):
            return t
    return None


def _of_piece(curve: Curve, piece: Formula, value: Fraction) -> Fraction | None:
    if curve.domain == "rational":
        return _moebius({i: c for i, _, c in piece.numerator}, {i: c for i, _, c in piece.denominator}, value)
    if curve.domain != "binary" or curve.logarithms or any(i for i, _, _ in piece.terms) or len(curve.exponent) != 2:
        return None
    power = _moebius({j: c for _, j, c in piece.numerator}, {j: c for _, j, c in piece.denominator}, value)
    if power is None or power <= 0:
        return None
    exponent = (power.numerator.bit_length() - 1) - (power.denominator.bit_length() - 1)
    if Fraction(2) ** exponent != power:
        return None
    return (exponent - curve.exponent[0]) / curve.exponent[1]


def _moebius(above: dict[int, Fraction], below: dict[int, Fraction], value: Fraction) -> Fraction | None:
    """The x with (a0 + a1 x) / (b0 + b1 x) = value."""
    if max((*above, *below), default=0) > 1:
        return None
    zero = Fraction(0)
    slope = above.get(1, zero) - value * below.get(1, zero)
    if not slope:
        return None
    x = (value * below.get(0, zero) - above.get(0, zero)) / slope
    return x if below.get(0, zero) + below.get(1, zero) * x else None


def interior_values(curve: Curve) -> Iterator[Fraction]:
    """Values of which the neighbours on both sides are attained as well, at rational arguments; 0 first, if it is one.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> next(interior_values(activation("softsign"))), next(interior_values(activation("relu")))
    (Fraction(0, 1), Fraction(1, 1))
    """
    kinks = curve.kinks or (Fraction(0),)
    places = [kinks[0] - 1, kinks[-1] + 1, *((a + b) / 2 for a, b in pairwise(kinks))]
    values = [Fraction(0)]
    for place in places:
        rational = curve.domain == "rational" or (
            curve.domain == "binary" and evaluate(polynomial(*curve.exponent), place, None, Fraction).denominator == 1
        )
        if rational and curve.exact(place) not in values:
            values.append(curve.exact(place))
    for value in values:
        if all(preimage(curve, value + step) is not None for step in (SMALLEST, -SMALLEST, Fraction(0))):
            yield value
