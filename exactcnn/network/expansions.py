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

Name = tuple[tuple[Fraction, ...], int, Fraction]
"""(d, j, a): E^j / d(E) with E = e^a; for d = () the number e^a, or a special function at a > 0 where j is -1."""
Expansion = tuple[tuple[Name, Fraction], ...]
ONE: Name = ((), 0, Fraction(0))


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
    exponent = polynomial(*curve.exponent)
    return lambda z: _divided(pieces[curve.piece(z)], z, evaluate(exponent, z, None, Fraction))


def _reflected(special: Special, zero_at_zero: bool, z: Fraction) -> Expansion:
    if z == 0 and zero_at_zero:
        return ()
    sign, slope = special.reflection if z < 0 else (1, 0)
    value = ((((), -1, abs(z)), Fraction(sign)),)
    return (*value, (ONE, slope * z)) if slope else value


def _divided(piece: Division, z: Fraction, a: Fraction) -> Expansion:
    total: defaultdict[Name, Fraction] = defaultdict(Fraction)
    for j, terms in enumerate(piece.quotient):
        total[(), 0, j * a] += evaluate(terms, z, None, Fraction)
    rest = [evaluate(terms, z, None, Fraction) for terms in piece.remainder]
    if a == 0:
        total[ONE] += Fraction(sum(rest)) / sum(piece.denominator)
    elif piece.logistic and a < 0:
        total[ONE] += rest[0]
        total[piece.denominator, 0, -a] -= rest[0]
    else:
        for j, c in enumerate(rest):
            total[piece.denominator, j, a] += c
    return tuple((name, c) for name, c in total.items() if c)


def collected(
    expand: Callable[[Fraction], Expansion], combination: Iterable[tuple[Fraction | int, Fraction]]
) -> dict[Name, Fraction]:
    """Coefficients of sum c f(z), name by name."""
    total: defaultdict[Name, Fraction] = defaultdict(Fraction)
    for c, z in combination:
        for name, coefficient in expand(z):
            total[name] += c * coefficient
    return total


def vanishes(
    expand: Callable[[Fraction], Expansion],
    combination: Iterable[tuple[Fraction | int, Fraction]],
    constant: Fraction | int = 0,
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
    total[ONE] = total.get(ONE, Fraction(0)) + constant
    return not any(total.values())
