"""Whether an activation is strictly monotone, by the sign of its derivative on every piece.

With s = n/d the derivative is (n'd - nd')/d^2, where E' = g' E (to the base 2 times ln 2 > 0, which is left out; then t
itself must not occur). A function that is analytic on a piece is strictly monotone there if this numerator is not the
polynomial 0 and takes one sign only, zeros allowed: they are isolated.
"""

from __future__ import annotations

import itertools

from flint import fmpq, fmpq_poly

from exactcnn.checker.activations import Activation, Special
from exactcnn.checker.budget import Budget, sturm
from exactcnn.checker.formulas import Formula, Terms, coefficient_bits, has_zero, is_zero, listed, product

End = fmpq | None  # None: no bound

# softplus' = 1/(1 + e^-at), log-sigmoid' = 1/(1 + e^t), erf' = 2 e^-t^2/sqrt(pi) and arctan' = 1/(1 + t^2) are positive
INCREASING = ("softplus", "log-sigmoid", "erf", "arctan")


def direction(activation: Activation, budget: Budget) -> int:
    """Return 1 for a strictly increasing function, -1 for a strictly decreasing one, 0 where neither is proved."""
    if isinstance(activation, Special):
        return int(activation.name in INCREASING)
    ends = (None, *activation.kinks, None)
    found = set()
    for piece, (low, high) in zip(activation.pieces, itertools.pairwise(ends), strict=True):
        if activation.base == "2" and piece.uses_t:
            return 0
        budget.spend(_cost(piece, activation.exponent), "the slope of an activation")
        slope = numerator_of_slope(piece, activation.exponent)
        found.add(_sign(slope, low, high, activation.exponent, budget))
    return found.pop() if len(found) == 1 else 0


def _cost(piece: Formula, exponent: fmpq_poly) -> int:
    """Estimate the nanoseconds of `numerator_of_slope`: four products of every two coefficients."""
    longer = Formula(piece.numerator, (*piece.denominator, exponent))
    return 4 * piece.comparison_cost(longer)


def numerator_of_slope(piece: Formula, exponent: fmpq_poly) -> Terms:
    """Return n'd - nd' as a polynomial in t and E."""
    above = product(_derivative(piece.numerator, exponent), piece.denominator)
    below = product(piece.numerator, _derivative(piece.denominator, exponent))
    pairs = itertools.zip_longest(above, below, fillvalue=fmpq_poly())
    return _trimmed([a - b for a, b in pairs])


def _derivative(terms: Terms, exponent: fmpq_poly) -> Terms:
    rate = exponent.derivative()
    return _trimmed([c.derivative() + j * rate * c for j, c in enumerate(terms)])


def _trimmed(coefficients: list[fmpq_poly]) -> Terms:
    while coefficients and is_zero(coefficients[-1]):
        coefficients.pop()
    return tuple(coefficients)


def _sign(terms: Terms, low: End, high: End, exponent: fmpq_poly, budget: Budget) -> int:
    """Return the one sign of a polynomial in t and E on a piece; 0 where it is not known to have one."""
    if not terms:
        return 0
    if len(terms) == 1:
        return definite(terms[0], low, high, budget)
    if all(c.degree() <= 0 for c in terms) and exponent.degree() == 1:
        first = next(j for j, c in enumerate(terms) if not is_zero(c))
        whole = fmpq_poly([c[0] for c in terms[first:]])  # E^first > 0
        return definite(whole, *_range_of_power(low, high, exponent), budget)
    signs = {(1 if c > 0 else -1) * _sign_of_power(i, low, high) for i, _, c in listed(terms)}
    return signs.pop() if len(signs) == 1 else 0


def _sign_of_power(degree: int, low: End, high: End) -> int:
    """Return the sign of t^degree on a piece, 0 where it changes."""
    if degree % 2 == 0 or (low is not None and low >= 0):
        return 1
    return -1 if high is not None and high <= 0 else 0


def _range_of_power(low: End, high: End, exponent: fmpq_poly) -> tuple[End, End]:
    """Return an interval that contains E on a piece, as small as the ends with E = 1 show; g has degree 1."""
    bounds = [low, high] if exponent[1] > 0 else [high, low]
    ones = [end is not None and exponent(end) == 0 for end in bounds]
    return fmpq(1) if ones[0] else fmpq(0), fmpq(1) if ones[1] else None


def definite(polynomial: fmpq_poly, low: End, high: End, budget: Budget) -> int:
    """Return the sign of a polynomial other than 0 between two ends, if it is one; else 0. It may have zeros there.

    The sign changes where a factor of odd multiplicity has a zero.
    """
    steps, bits = max(1, polynomial.degree()), coefficient_bits(polynomial)
    ends = max((int(end.p * end.q).bit_length() for end in (low, high) if end is not None), default=0)
    budget.spend(8 * sturm(steps, bits) + 20_000 * steps + 10 * steps**2 * (ends + bits), "a sign on an interval")
    odd = fmpq_poly([1])
    for factor, multiplicity in polynomial.factor_squarefree()[1]:
        if multiplicity % 2:
            odd *= factor
    for end in (low, high):
        if end is not None and odd(end) == 0:
            odd //= fmpq_poly([-end, 1])
    if has_zero(odd, low, high):
        return 0
    # it has a zero at finitely many places between the ends, if any, and elsewhere one sign
    left = fmpq(0) if high is None else high - 1
    left, right = left if low is None else low, high
    right = left + 1 if right is None else right
    places = (left + (right - left) * fmpq(i, steps + 2) for i in range(1, steps + 2))
    value = next(value for value in map(polynomial, places) if value != 0)
    return 1 if value > 0 else -1
