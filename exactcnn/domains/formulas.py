"""Rational functions of t and E = e^g(t): written once, evaluated over every ring that the engines use.

Numbers of any kind (fractions, balls, power series, symbols, floats) are reached through their operators; residues
are reduced after every step. Nothing here knows which activation it serves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import residue_inverse

Term = tuple[int, int, Fraction]  # (i, j, c) stands for c * t**i * E**j
Terms = tuple[Term, ...]
ONE: Terms = ((0, 0, Fraction(1)),)


@dataclass(frozen=True)
class Formula:
    """A quotient of two polynomials in t and E.

    Parameters
    ----------
    numerator, denominator : tuple of (int, int, Fraction)
        Terms (i, j, c) for c t^i E^j.

    Examples
    --------
    >>> softsign = Formula(polynomial(0, 1), polynomial(1, 1))
    >>> softsign.at(Fraction(3), None, Fraction)
    Fraction(3, 4)
    >>> softsign.derivative(()).at(Fraction(3), None, Fraction)
    Fraction(1, 16)
    """

    numerator: Terms
    denominator: Terms = ONE

    @property
    def terms(self) -> Terms:
        """The terms of numerator and denominator."""
        return self.numerator + self.denominator

    def at(self, t: Any, power: Any, number: Callable[[Fraction], Any]) -> Any:
        """Value at t with E = power, in the ring that `number` maps the coefficients to."""
        value = evaluate(self.numerator, t, power, number)
        return value if self.denominator == ONE else value / evaluate(self.denominator, t, power, number)

    def residues(
        self, t: NDArray[np.int64] | None, power: NDArray[np.int64] | None, modulus: int
    ) -> NDArray[np.int64] | int:
        """Image of the value in Z/modulus, in [0, modulus), for residues t and E; a constant stays a number.

        Requires modulus < 2**31: a step is a product of two residues plus a residue, below 2**62 + 2**31.

        Raises
        ------
        UnluckyModulus
            If a denominator is not a unit.
        """

        def number(value: Fraction) -> int:
            return rational_residue(value, modulus)

        def reduce(value: Any) -> Any:
            return value % modulus

        value: NDArray[np.int64] | int = evaluate(self.numerator, t, power, number, reduce)
        if self.denominator == ONE:
            return value
        below = np.asarray(evaluate(self.denominator, t, power, number, reduce))
        return value * modular_inverses(below, modulus) % modulus

    @property
    def has_power(self) -> bool:
        """Whether E occurs."""
        return any(j for _, j, _ in self.terms)

    @property
    def constant(self) -> Fraction | None:
        """The value of a constant; None where the quotient is none (t and E are algebraically independent)."""
        if not self.numerator:
            return Fraction(0)
        _, _, below = self.denominator[0]
        ratio = self.numerator[0][2] / below
        return ratio if self.numerator == _scaled(self.denominator, ratio) else None

    @property
    def affine(self) -> tuple[Fraction, Fraction] | None:
        """Coefficients (c0, c1) of c0 + c1 t; None for everything else."""
        table = {(i, j): c for i, j, c in self.numerator}
        if self.denominator != ONE or any(i > 1 or j for i, j in table):
            return None
        return table.get((0, 0), Fraction(0)), table.get((1, 0), Fraction(0))

    def scaled(self, factor: Fraction) -> Formula:
        """Multiply by a number."""
        return Formula(_scaled(self.numerator, factor), self.denominator)

    def mirrored(self) -> Formula:
        """Put -t for t; E keeps its name and stands for another function then."""
        above, below = (
            tuple((i, j, -c if i % 2 else c) for i, j, c in side) for side in (self.numerator, self.denominator)
        )
        return Formula(above, below)

    def flipped(self) -> tuple[Formula, int]:
        """Return h and k with h(t, 1/E) E^k equal to this quotient."""
        tops = [max((j for _, j, _ in side), default=0) for side in (self.numerator, self.denominator)]
        above, below = (
            _collected((i, top - j, c) for i, j, c in side)
            for side, top in zip((self.numerator, self.denominator), tops, strict=True)
        )
        return Formula(above, below), tops[0] - tops[1]

    def reciprocal(self) -> Formula:
        """Put 1/E for E."""
        flipped, degree = self.flipped()  # this is h(1/E) E^k; so the value at 1/E is h(E) E^-k
        above, below = flipped.numerator, flipped.denominator
        if degree > 0:
            below = tuple((i, j + degree, c) for i, j, c in below)
        return Formula(above if degree >= 0 else tuple((i, j - degree, c) for i, j, c in above), below)

    def equals(self, other: Formula) -> bool:
        """Whether both are the same function of t and E: n d' = n' d."""
        return product(self.numerator, other.denominator) == product(other.numerator, self.denominator)

    def derivative(self, exponent: tuple[Fraction, ...]) -> Formula:
        """Derivative by t, where E = e^g(t) and g has these coefficients in ascending order.

        The quotient rule: (n/d)' = (n'd - nd') / d^2, with E' = g'(t) E.
        """
        above = _slope(self.numerator, exponent)
        if self.denominator == ONE:
            return Formula(above)
        below = [(i, j, -c) for i, j, c in _slope(self.denominator, exponent)]
        numerator = product(above, self.denominator) + product(self.numerator, below)
        return Formula(_collected(numerator), product(self.denominator, self.denominator))


def polynomial(*coefficients: Fraction | int) -> Terms:
    """Terms of the polynomial in t with these coefficients in ascending order."""
    return _collected((i, 0, Fraction(c)) for i, c in enumerate(coefficients))


def evaluate(
    terms: Terms,
    t: Any,
    power: Any,
    number: Callable[[Fraction], Any],
    reduce: Callable[[Any], Any] = lambda value: value,
) -> Any:
    """Evaluate sum c t^i E^j by Horner's rule in E, then in t."""
    rows: list[Any] = []
    for i in range(1 + max((i for i, _, _ in terms), default=0)):
        row = {j: c for k, j, c in terms if k == i}
        coefficients = [number(row.get(j, Fraction(0))) for j in range(1 + max(row, default=0))]
        rows.append(_horner(coefficients, power, reduce))
    return _horner(rows, t, reduce)


def rational_residue(value: Fraction, modulus: int) -> int:
    """Image of a rational number in Z/modulus.

    Raises
    ------
    UnluckyModulus
        If the denominator is not a unit.
    """
    return value.numerator * residue_inverse(value.denominator, modulus) % modulus


def modular_inverses(values: NDArray[np.int64], modulus: int) -> NDArray[np.int64]:
    """Inverse of every entry modulo any modulus < 2**31: one inversion and three products per entry.

    Raises
    ------
    UnluckyModulus
        If an entry is not a unit.

    References
    ----------
    .. [1] P. L. Montgomery, "Speeding the Pollard and elliptic curve methods of factorization", Math. Comp. 48
       (1987), section 10.3.1 (simultaneous inversion), here as a tree of products.

    Examples
    --------
    >>> modular_inverses(np.array([1, 2, 3]), 7).tolist()
    [1, 4, 5]
    """
    flat = values.ravel()
    if flat.size <= 1:
        return np.array([residue_inverse(int(v), modulus) for v in flat], dtype=np.int64).reshape(values.shape)
    half = flat.size // 2
    left, right, odd = flat[:half], flat[half : 2 * half], flat[2 * half :]
    products = modular_inverses(np.concatenate([left * right % modulus, odd]), modulus)
    both, last = products[:half], products[half:]
    return np.concatenate([both * right % modulus, both * left % modulus, last]).reshape(values.shape)


def _horner(coefficients: list[Any], x: Any, reduce: Callable[[Any], Any]) -> Any:
    value = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        value = reduce(value * x + coefficient)
    return value


def _collected(terms: Iterable[Term]) -> Terms:
    table: dict[tuple[int, int], Fraction] = {}
    for i, j, c in terms:
        table[i, j] = table.get((i, j), Fraction(0)) + c
    return tuple((i, j, c) for (i, j), c in sorted(table.items()) if c)


def product(left: Iterable[Term], right: Iterable[Term]) -> Terms:
    """Product of two polynomials, terms collected and in order."""
    right = tuple(right)
    return _collected((i + k, j + m, c * d) for i, j, c in left for k, m, d in right)


def _scaled(terms: Terms, factor: Fraction) -> Terms:
    return tuple((i, j, c * factor) for i, j, c in terms if factor)


def _slope(terms: Terms, exponent: tuple[Fraction, ...]) -> Terms:
    by_t = [(i - 1, j, i * c) for i, j, c in terms if i]
    by_power = [(i + m - 1, j, j * m * g * c) for i, j, c in terms if j for m, g in enumerate(exponent) if m]
    return _collected(by_t + by_power)
