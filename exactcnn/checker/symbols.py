"""Numbers in Q(t), t = e^(1/D), as polynomials in symbols: which of them are 0.

They are polynomials over Q in symbols: e^a, and u = 1/d(e^a) for the monic denominators d that occur. Products
E^j u with j >= deg d, E = e^a, are reduced by division, so that for the logistic function 1/(1 + e^a) only powers of u
remain; and 1/(1 + e^a) = 1 - 1/(1 + e^-a). What is 0 as a polynomial is 0 as a number. The converse is false: three
values of tanh may satisfy a relation. So what is left over is multiplied by all denominators, where the exponents are
small multiples of one number: then it is 0 if and only if a polynomial in t is, for e^(1/D) is transcendental.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from flint import fmpq, fmpq_poly

from exactcnn.checker.budget import Budget, fraction, multiplication
from exactcnn.checker.formulas import is_zero
from exactcnn.checker.numbers import common_bits

MOST_DEGREE, MOST_WORK = 10**5, 2 * 10**8  # of a polynomial in t, and of all its terms together

Monomial = tuple[Any, ...]  # the exponent a of e^a as (p, q), then the numbers of the symbols u, ascending
Polynomial = dict[Monomial, fmpq]
ZERO = fmpq(0)
UNIT: Monomial = ((0, 1),)


@dataclass
class Symbols:
    """The symbols u that have occurred, each known by its denominator and exponent."""

    budget: Budget
    numbers: dict[Any, int] = field(default_factory=dict)
    kinds: list[tuple[fmpq_poly, fmpq]] = field(default_factory=list)  # denominator, and exponent a of E = e^a

    def times(self, left: Polynomial, right: Polynomial) -> Polynomial:
        """Multiply two polynomials."""
        long = fraction(_longest(left) + _longest(right))
        self.budget.spend((3500 + long) * len(left) * len(right), "formal derivatives")
        result: Polynomial = {}
        for (a, *own), c in left.items():
            for (b, *other), d in right.items():
                exponent = a if b == (0, 1) else b if a == (0, 1) else pair(fmpq(*a) + fmpq(*b))
                monomial = (exponent, *sorted(own + other))
                result[monomial] = result.get(monomial, fmpq(0)) + c * d
        return {monomial: c for monomial, c in result.items() if c != 0}

    def add(self, total: Polynomial, term: Polynomial, factor: fmpq | int = 1) -> None:
        """Add factor * term in place: the table of a sum grows by one term at a time."""
        own = _size(fmpq(factor))
        cost = sum(2500 + fraction(own + _size(c) + _size(total.get(monomial, ZERO))) for monomial, c in term.items())
        self.budget.spend(500 + cost, "formal derivatives")
        for monomial, c in term.items() if factor != 0 else ():
            new = total.get(monomial, ZERO) + factor * c
            if new == 0:
                del total[monomial]
            else:
                total[monomial] = new

    def quotient(self, above: fmpq_poly, below: fmpq_poly, power: int, a: fmpq) -> Polynomial:
        """Return above(E)/below(E)^power at E = e^a."""
        if a == 0:
            return constant(above(1) / below(1) ** power)
        lead = below.leading_coefficient()
        above, below = above / lead**power, below / lead
        result: Polynomial = {}
        if below.degree() == 0:
            return {(pair(j * a),): c for j, c in enumerate(above.coeffs()) if c != 0}
        for m in range(power, -1, -1):  # above = sum of r_i below^i, deg r_i < deg below: the rest is r_i u^(power - i)
            above, rest = divmod(above, below) if m else (fmpq_poly(), above)
            symbol = self._power(below, a, m)
            for j, c in enumerate(rest.coeffs()):
                if c != 0:
                    result = plus(result, self.times({(pair(j * a),): c}, symbol))
        return result

    def _power(self, below: fmpq_poly, a: fmpq, power: int) -> Polynomial:
        """Return u^power."""
        if power == 0:
            return constant(fmpq(1))
        logistic = below == fmpq_poly([1, 1])
        mirrored = logistic and a < 0
        key = (tuple(map(str, below.coeffs())), pair(-a if mirrored else a))
        if key not in self.numbers:
            self.numbers[key] = len(self.kinds)
            self.kinds.append((below, -a if mirrored else a))
        number = self.numbers[key]
        symbol = {((0, 1), number): fmpq(-1 if mirrored else 1)}
        base = plus(constant(fmpq(1)), symbol) if mirrored else symbol
        result = base
        for _ in range(power - 1):
            result = self.times(result, base)
        return result

    def is_zero(self, polynomial: Polynomial) -> bool:
        """Return whether the number is 0, as far as that is decided: False for what is not, or is too large."""
        if not polynomial:
            return True
        powers = [Counter(monomial[1:]) for monomial in polynomial]
        most: Counter[int] = Counter()
        for own in powers:
            most |= own
        exponents = [fmpq(*monomial[0]) for monomial in polynomial]
        used = [a for a in (*exponents, *(self.kinds[number][1] for number in most)) if a != 0]
        if not used:  # a number of Q other than 0: without exponents there are no symbols
            return False
        common = math.lcm(*(int(a.q) for a in used))
        step = math.gcd(*(int(a.p) * (common // int(a.q)) for a in used))

        def scaled(a: fmpq) -> int:
            return int(a.p) * (common // int(a.q)) // step

        low = min(map(scaled, exponents))
        degree = max(map(scaled, exponents)) - low
        degree += sum(
            most[number] * self.kinds[number][0].degree() * abs(scaled(self.kinds[number][1])) for number in most
        )
        if degree > MOST_DEGREE or degree * len(polynomial) > MOST_WORK:
            return False
        bits = common_bits(polynomial.values()) + 64
        work = (degree + 1) * (20 + degree.bit_length()) * len(polynomial) * (1 + sum(most.values()))
        self.budget.spend(work * (20 + multiplication(bits)), "denominators of formal derivatives")
        cleared = {number: self._cleared(number, scaled(self.kinds[number][1])) for number in most}
        total = fmpq_poly()
        for (monomial, c), own in zip(polynomial.items(), powers, strict=True):
            shift = scaled(fmpq(*monomial[0])) - low
            term = fmpq_poly([c])
            for number in most:
                below, above = cleared[number]
                shift += above * own[number]
                term *= below ** (most[number] - own[number])
            total += term * _power_of_t(shift)
        return bool(is_zero(total))

    def _cleared(self, number: int, a: int) -> tuple[fmpq_poly, int]:
        """Return a polynomial b and s >= 0 with 1/d(t^a) = t^s/b(t)."""
        coefficients = self.kinds[number][0].coeffs()
        size = abs(a)
        result = [fmpq(0)] * (size * (len(coefficients) - 1) + 1)
        for j, c in enumerate(coefficients if a > 0 else reversed(coefficients)):
            result[size * j] = c
        return fmpq_poly(result), 0 if a > 0 else size * (len(coefficients) - 1)


def _size(c: fmpq) -> int:
    return int(c.p.bit_length() + c.q.bit_length())


def _longest(polynomial: Polynomial) -> int:
    return max(map(_size, polynomial.values()), default=0)


def _power_of_t(degree: int) -> fmpq_poly:
    return fmpq_poly([*[0] * degree, 1])


def pair(a: fmpq) -> tuple[int, int]:
    """Return numerator and denominator."""
    return int(a.p), int(a.q)


def constant(c: fmpq) -> Polynomial:
    """Return a polynomial of degree 0."""
    return {UNIT: c} if c != 0 else {}


def plus(left: Polynomial, right: Polynomial, c: fmpq | int = 1) -> Polynomial:
    """Return left + c * right."""
    result = dict(left)
    for monomial, value in right.items():
        new = result.get(monomial, fmpq(0)) + c * value
        if new == 0:
            result.pop(monomial, None)
        else:
            result[monomial] = new
    return result
