"""Numbers of Q(t), t = e^(1/D), as polynomials: in powers of t, and in symbols r = 1/d(t^a) for denominators d.

A polynomial without terms is zero. The converse fails: the symbols are algebraically dependent (the addition formula of
tanh is a relation of degree 3), and only clearing all denominators is complete, since t is transcendental (Lindemann).
Exponents may be of any size as long as nothing is cleared.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from exactcnn.domains.curves import Curve
from exactcnn.domains.formulas import Terms, evaluate, polynomial

if TYPE_CHECKING:
    from flint import fmpq, fmpz_poly

LARGEST_DEGREE = 100_000  # of a cleared denominator
LARGEST_EFFORT = 200_000_000  # degree times number of terms

Symbol = tuple[tuple[int, ...], int]  # (d, a): coefficients of d, ascending, and the exponent of t in E = t^a, a > 0
Monomial = tuple[int, tuple[Symbol, ...]]  # a power of t, and symbols, ascending, repeated as often as their power
NUMBER: Monomial = (0, ())


@dataclass(frozen=True, eq=False)
class ExponentialSum:
    """A polynomial in powers of t and symbols 1/d(t^a).

    Attributes
    ----------
    terms : dict of Monomial to fmpq
        Without zeros; not to be changed.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> one, two = (values_at(activation("sigmoid"), 0, Fraction(z), 1) for z in (1, -1))
    >>> (one + two).rational, one.rational
    (Fraction(1, 1), None)
    """

    terms: dict[Monomial, fmpq]

    @classmethod
    def number(cls, value: Fraction | int) -> ExponentialSum:
        """Take a rational number."""
        from flint import fmpq

        return cls({NUMBER: fmpq(*value.as_integer_ratio())} if value else {})

    @property
    def rational(self) -> Fraction | None:
        """The number, if it is seen to be rational."""
        if not self.terms:
            return Fraction(0)
        value = self.terms.get(NUMBER)
        return Fraction(int(value.p), int(value.q)) if value is not None and len(self.terms) == 1 else None

    def __add__(self, other: ExponentialSum | int) -> ExponentialSum:
        return summed([(self, None), (lifted(other), None)])

    __radd__ = __add__

    def __mul__(self, other: ExponentialSum | int) -> ExponentialSum:
        return summed([(self, lifted(other))])

    __rmul__ = __mul__

    # ---------------------------------------------------------------- zero

    def is_zero(self) -> bool | None:
        """Whether the number is 0; None where clearing the denominators would take too long.

        Examples
        --------
        >>> from exactcnn.network.activations import activation
        >>> a, b, c = (values_at(activation("tanh"), 0, Fraction(z), 1) for z in (1, 2, 3))
        >>> addition = c * (a * b + 1) + a * -1 + b * -1
        >>> addition.terms == {}, addition.is_zero(), (addition + 1).is_zero()
        (False, True, False)
        """
        if not self.terms:
            return True
        if self.rational is not None:
            return False
        cleared = self._cleared()
        return None if cleared is None else not cleared

    def _cleared(self) -> fmpz_poly | None:
        """The number times the common denominator and a power of t, as a polynomial in a root of t."""
        least = min(c for c, _ in self.terms)
        powers: dict[Symbol, int] = {}
        for _, symbols in self.terms:
            for symbol in set(symbols):
                powers[symbol] = max(powers.get(symbol, 0), symbols.count(symbol))
        unit = math.gcd(*(c - least for c, _ in self.terms), *(a for _, a in powers))
        unit = unit or 1
        degree = (max(c for c, _ in self.terms) - least) // unit
        degree += sum(power * (len(d) - 1) * (a // unit) for (d, a), power in powers.items())
        if degree > LARGEST_DEGREE or degree * len(self.terms) > LARGEST_EFFORT:
            return None
        common = math.lcm(*(int(value.q) for value in self.terms.values()))
        entries = [((c - least) // unit, symbols, int(value * common)) for (c, symbols), value in self.terms.items()]
        return multiplied_out(entries, sorted(powers.items()), unit)


def lifted(value: ExponentialSum | int) -> ExponentialSum:
    """Take an integer, too."""
    return value if isinstance(value, ExponentialSum) else ExponentialSum.number(value)


def summed(products: Iterable[tuple[ExponentialSum, ExponentialSum | None]]) -> ExponentialSum:
    """Sum of products (of values alone, where a factor is None), collected in one table."""
    table: dict[Monomial, Any] = {}
    for left, right in products:
        if right is None:
            for monomial, value in left.terms.items():
                table[monomial] = table[monomial] + value if monomial in table else value
            continue
        for (c, symbols), value in left.terms.items():
            for (other, more), factor in right.terms.items():
                joined = tuple(sorted(symbols + more)) if symbols and more else symbols or more
                monomial, term = (c + other, joined), value * factor
                table[monomial] = table[monomial] + term if monomial in table else term
    return ExponentialSum({monomial: value for monomial, value in table.items() if value})


def multiplied_out(
    entries: list[tuple[int, tuple[Symbol, ...], int]], powers: list[tuple[Symbol, int]], unit: int
) -> fmpz_poly:
    """Sum of the entries times the product of all d^power, by Horner's rule in one symbol after the other."""
    from flint import fmpz_poly

    if not entries:
        return fmpz_poly([])
    if not powers:
        coefficients = [0] * (1 + max(c for c, _, _ in entries))
        for c, _, value in entries:
            coefficients[c] += value
        return fmpz_poly(coefficients)
    (symbol, power), *rest = powers
    factor, a = symbol
    groups: list[list[tuple[int, tuple[Symbol, ...], int]]] = [[] for _ in range(power + 1)]
    for entry in entries:
        groups[entry[1].count(symbol)].append(entry)
    spread = [0] * ((len(factor) - 1) * (a // unit) + 1)
    spread[:: a // unit] = factor
    below, total = fmpz_poly(spread), fmpz_poly([])
    for group in groups:
        total = total * below + multiplied_out(group, rest, unit)
    return total


# -------------------------------------------------------------------- values of curves


def values_at(curve: Curve, index: int, z: Fraction, scale: int) -> ExponentialSum:
    """Value of one piece of a curve at a rational number, with t = e^(1/scale).

    Parameters
    ----------
    curve : Curve
        Rational or exponential.
    index : int
        The piece.
    z : Fraction
    scale : int
        D, a multiple of the denominator of g(z).
    """
    formula = curve.pieces[index]
    exponent = evaluate(polynomial(*curve.exponent), z, None, Fraction) * scale
    if not exponent:  # E = 1, or does not occur
        return ExponentialSum.number(Fraction(formula.at(z, Fraction(1), Fraction)))
    above, below = (_at(side, z) for side in (formula.numerator, formula.denominator))
    if exponent < 0:  # in 1/E
        above, below = ({-j: c for j, c in side.items()} for side in (above, below))
    return _quotient(above, below, int(abs(exponent)))


def _at(terms: Terms, z: Fraction) -> dict[int, Fraction]:
    """Coefficients of the powers of E."""
    table: dict[int, Fraction] = {}
    for i, j, c in terms:
        table[j] = table.get(j, Fraction(0)) + c * z**i
    return {j: c for j, c in table.items() if c}


def _quotient(above: dict[int, Fraction], below: dict[int, Fraction], a: int) -> ExponentialSum:
    """A quotient of Laurent polynomials in E = t^a, expanded in powers of the denominator where it has one factor."""
    from flint import fmpq, fmpq_poly

    if not above:
        return ExponentialSum({})
    least, lowest = min(above), min(below)
    size = max(below) - lowest
    content, factors = _factors(tuple(below.get(lowest + j, Fraction(0)) for j in range(size + 1)))
    numerator = fmpq_poly([fmpq(*above.get(j, Fraction(0)).as_integer_ratio()) for j in range(least, max(above) + 1)])
    numerator /= fmpq(*content.as_integer_ratio())
    shift = least - lowest
    if shift > 0:  # powers of E belong to what is divided
        numerator *= fmpq_poly([0] * shift + [1])
        shift = 0
    table: dict[Monomial, Any] = {}

    def collect(part: Any, symbols: tuple[Symbol, ...]) -> None:
        for j, value in enumerate(part.coeffs()):
            if value:
                monomial = ((j + shift) * a, symbols)
                table[monomial] = table.get(monomial, fmpq(0)) + value

    if len(factors) != 1:
        collect(numerator, tuple(sorted((d, a) for d, power in factors for _ in range(power))))
    else:
        ((d, power),) = factors
        divisor = fmpq_poly(list(d))
        while power and numerator:
            numerator, remainder = divmod(numerator, divisor)
            collect(remainder, ((d, a),) * power)
            power -= 1
        collect(numerator, ())
    return ExponentialSum({monomial: value for monomial, value in table.items() if value})


@lru_cache(maxsize=1024)
def _factors(coefficients: tuple[Fraction, ...]) -> tuple[Fraction, tuple[tuple[tuple[int, ...], int], ...]]:
    """A constant and the irreducible factors of a polynomial, with their powers; constant terms are positive."""
    from flint import fmpz_poly

    common = math.lcm(*(c.denominator for c in coefficients))
    content, factors = fmpz_poly([int(c * common) for c in coefficients]).factor()
    constant, found = Fraction(int(content), common), []
    for factor, power in factors:
        sign = -1 if factor[0] < 0 else 1
        constant *= sign**power
        found.append((tuple(int(c) * sign for c in factor.coeffs()), int(power)))
    return constant, tuple(sorted(found))
