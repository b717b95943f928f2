"""Values of exponential and special functions as rational combinations of numbers that have names.

A value n(z, E) / d(E), E = e^g(z) and z rational, is written by division in E over powers E^j = e^(j g(z)) and proper
fractions E^j / d(E); a special function at z < 0 by its value at -z. A rational combination is zero if, after
collecting equal names, all coefficients are zero.

For d = 1 + E that is exact both ways: with 1/(1 + e^-a) = 1 - 1/(1 + e^a) and 1/(1 + e^0) = 1/2, the functions 1 and
1/(1 + τ^a), a = 1, 2, ..., are linearly independent over C, since 1/(1 + τ^a) has a pole at the primitive 2a-th roots
of unity and no 1/(1 + τ^b) with b < a has. For d = 1, exponentials of distinct rational numbers are linearly
independent over Q (Lindemann).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from exactcnn.domains.curves import Curve
from exactcnn.domains.formulas import Formula, Terms, evaluate, polynomial
from exactcnn.domains.special_functions import Special

Name = tuple[int, int, Fraction | int]
"""(i, j, a): E^j / d(E) with E = e^a, d the denominator of piece i; (-1, 0, a): e^a; (-2, 0, a): a special function."""
Number = Fraction | int  # whole coefficients are integers, with which Python is many times faster
Expansion = tuple[tuple[Name, Number], ...]
ONE: Name = (-1, 0, 0)


@dataclass(frozen=True)
class Division:
    """A piece n(t, E) / d(E), divided: the coefficients are polynomials in t.

    Attributes
    ----------
    quotient : tuple of Terms
        That of E^j, j = 0, 1, ...
    remainder : tuple of Terms
        That of E^j / d(E), j below the degree of d.
    denominator : tuple of Fraction
        The coefficients of d, ascending; the last one is 1.
    """

    quotient: tuple[Terms, ...]
    remainder: tuple[Terms, ...]
    denominator: tuple[Fraction, ...]

    @classmethod
    def of(cls, piece: Formula) -> Division | None:
        """Divide; None where t occurs in the denominator.

        Examples
        --------
        >>> from exactcnn.network.activations import activation
        >>> division = Division.of(activation("tanh").pieces[0])  # (1 - E) / (1 + E) = -1 + 2 / (1 + E)
        >>> [[str(c) for _, _, c in terms] for terms in division.quotient + division.remainder]
        [['-1'], ['2']]
        """
        if any(i for i, _, _ in piece.denominator):
            return None
        lines: defaultdict[int, Fraction] = defaultdict(Fraction)
        for _, j, c in piece.denominator:
            lines[j] += c
        degree = max(j for j, c in lines.items() if c)
        below = [lines[j] for j in range(degree + 1)]
        table: defaultdict[tuple[int, int], Fraction] = defaultdict(Fraction)
        for i, j, c in piece.numerator:
            table[j, i] += c / below[-1]
        monic, highest = [c / below[-1] for c in below], max((i for i, _, _ in piece.numerator), default=0)
        quotient = []
        for j in range(max((j for j, _ in table), default=0), degree - 1, -1):
            factors = [table[j, i] for i in range(highest + 1)]
            quotient.append(polynomial(*factors))
            for i, factor in enumerate(factors):
                for m, c in enumerate(monic):
                    table[j - degree + m, i] -= factor * c
        remainder = [polynomial(*(table[j, i] for i in range(highest + 1))) for j in range(degree)]
        return cls(tuple(reversed(quotient)), tuple(remainder), tuple(monic))

    @property
    def logistic(self) -> bool:
        """Whether d = 1 + E."""
        return list(self.denominator) == [1, 1]


def divisions(curve: Curve) -> tuple[Division, ...] | None:
    """Return the pieces of a curve to the base e, divided; None of others, and where t occurs in a denominator."""
    if curve.domain != "exponential":
        return None
    found = tuple(map(Division.of, curve.pieces))
    return None if None in found else found  # type: ignore[return-value]


def expansion(curve: Curve) -> Callable[[Fraction], Expansion] | None:
    """Return how a value is written over the names; None of a curve without such names.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> expand = expansion(activation("sigmoid"))
    >>> [(str(a), str(c)) for (_, _, a), c in expand(Fraction(3))]  # 1 - 1/(1 + e^3)
    [('0', '1'), ('3', '-1')]
    >>> expand = expansion(activation("gelu"))
    >>> [(str(a), str(c)) for (_, _, a), c in expand(Fraction(-3))]  # gelu(3) - 3
    [('3', '1'), ('0', '-3')]
    """
    special = curve.special
    if special is not None:
        return None if special.order else lambda z: _reflected(special, curve.zero_at_zero, z)
    pieces = divisions(curve)
    if pieces is None:
        return None
    exponent = _function(polynomial(*curve.exponent))  # of degree at least 1: a fraction
    parts = [_divided(piece, same_denominator(pieces, piece)) for piece in pieces]
    return lambda z: parts[curve.piece(z)](z, exponent(z))


def same_denominator(pieces: tuple[Division, ...], piece: Division) -> int:
    """Return the first piece with the denominator of this one."""
    return [each.denominator for each in pieces].index(piece.denominator)


def _reflected(special: Special, zero_at_zero: bool, z: Fraction) -> Expansion:
    if z == 0 and zero_at_zero:
        return ()
    sign, slope = special.reflection if z < 0 else (1, 0)
    value = (((-2, 0, abs(z)), sign),)
    return (*value, (ONE, slope * z)) if slope else value


def _divided(piece: Division, number: int) -> Callable[[Fraction, Number], Expansion]:
    """Return how a value of the piece is written, from z and a = g(z)."""
    quotient, remainder = (tuple(map(_function, part)) for part in (piece.quotient, piece.remainder))
    total, logistic = sum(piece.denominator, Fraction(0)), piece.logistic

    def expand(z: Fraction, a: Number) -> Expansion:
        if not a:
            value = sum(part(z) for part in quotient)
            value += Fraction(sum(part(z) for part in remainder)) / total if remainder else 0
            return ((ONE, value),) if value else ()
        powers = [((-1, 0, j * a if j > 1 else a) if j else ONE, part(z)) for j, part in enumerate(quotient)]
        rest = [part(z) for part in remainder]
        if logistic and a < 0:
            powers += [(ONE, rest[0]), ((number, 0, -a), -rest[0])]
        else:
            powers += [((number, j, a), c) for j, c in enumerate(rest)]
        return tuple((name, c) for name, c in powers if c)

    return expand


def _function(terms: Terms) -> Callable[[Fraction], Number]:
    """A polynomial in t; those of degree 0 and 1 are met at every value of the usual activations."""
    table: dict[int, Number] = {i: int(c) if c.denominator == 1 else c for i, _, c in terms}
    constant, slope = table.get(0, 0), table.get(1, 0)
    if max(table, default=0) > 1:
        return lambda z: evaluate(terms, z, None, Fraction)
    if not slope:
        return lambda _: constant
    if not constant and slope == 1:
        return lambda z: z
    return lambda z: constant + slope * z


def collected(
    expand: Callable[[Fraction], Expansion], combination: Iterable[tuple[Number, Fraction]]
) -> dict[Name, Number]:
    """Coefficients of sum c f(z), name by name."""
    total: defaultdict[Name, Number] = defaultdict(int)
    for c, z in combination:
        for name, coefficient in expand(z):
            total[name] += c * coefficient
    return total


def vanishes(
    expand: Callable[[Fraction], Expansion],
    combination: Iterable[tuple[Number, Fraction]],
    constant: Number = 0,
) -> bool:
    """Whether constant + sum c f(z) = 0 by its coefficients; false where the bookkeeping does not show it.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> three = Fraction(3)
    >>> vanishes(expansion(activation("sigmoid")), [(1, -three), (-2, Fraction(0)), (1, three)])
    True
    >>> vanishes(expansion(activation("silu")), [(1, three), (-1, -three)], -3)  # silu(z) - silu(-z) = z
    True
    """
    total = collected(expand, combination)
    total[ONE] = total.get(ONE, 0) + constant
    return not any(total.values())
