"""One piece of an activation: a quotient of two polynomials in t and E, where E stands for base^g(t) > 0.

A polynomial in t and E is a tuple of polynomials in t: entry j is the coefficient of E^j, the last one is not zero, and
() is the polynomial 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import arb, fmpq, fmpq_poly, nmod

from exactcnn.checker.budget import Budget, evaluation, fraction, multiplication, sturm
from exactcnn.checker.document import FormatError, fields, integer, quote, rational, sequence

MOST_DEGREE = 1000  # in t, and in E
WIDE, MODERATE = 2.0**-20, 100  # radius and size of an exponent: where two ways to enclose a value pay
MOST_TEXT = 100  # characters of an activation in a line; of a longer sum no more terms are written

Terms = tuple[fmpq_poly, ...]
Line = tuple[fmpq, fmpq]  # (a, b) for a t + b
ONE: Terms = (fmpq_poly([1]),)


@dataclass(frozen=True)
class Formula:
    """numerator / denominator."""

    numerator: Terms
    denominator: Terms = ONE

    @property
    def degree(self) -> int:
        """Degree in E, of numerator and denominator together."""
        return max(len(self.numerator), len(self.denominator), 1) - 1

    @property
    def uses_t(self) -> bool:
        """Whether t itself occurs."""
        return self.degree_in_t > 0

    @cached_property
    def degree_in_t(self) -> int:
        """Degree in t, of numerator and denominator together."""
        return max((c.degree() for c in (*self.numerator, *self.denominator)), default=0)

    @cached_property
    def bits(self) -> int:
        """The bits of the longest coefficient, numerator and denominator together."""
        return max(map(coefficient_bits, (*self.numerator, *self.denominator)))

    def value_bits(self, bits: int) -> int:
        """Return how many bits numerator or denominator may have, as polynomials in E, at a t of so many bits."""
        return self.degree_in_t * bits + self.bits

    def value_cost(self, bits: int) -> int:
        """Estimate the nanoseconds of `at` for a t of so many bits, and of a quotient of two such values."""
        size = len(self.numerator) + len(self.denominator)
        return 500 + size * evaluation(self.degree_in_t, bits, self.bits) + fraction(2 * self.value_bits(bits))

    def reading_cost(self, ends: int) -> int:
        """Estimate the nanoseconds of `has_pole` for ends of so many bits, of the tables of terms, and of the text."""
        steps = max(len(self.denominator), self.denominator[0].degree() + 1)  # of a Sturm sequence
        values = steps * evaluation(steps, ends, 2 * steps * self.bits) if ends else 0
        terms = (len(self.numerator) + len(self.denominator)) * (self.degree_in_t + 1)
        return sturm(steps, self.bits) + values + 1000 * terms

    def comparison_cost(self, other: Formula) -> int:
        """Estimate the nanoseconds of `equals`."""
        pairs = len(self.numerator) * len(other.denominator) + len(other.numerator) * len(self.denominator)
        degree = max(self.degree_in_t, other.degree_in_t) + 1
        return pairs * (1000 + degree * degree.bit_length() * (100 + multiplication(self.bits + other.bits)))

    @property
    def constant(self) -> bool:
        """Whether numerator = c * denominator: the only way to be constant, for t and E = base^g(t) are independent.

        (E grows faster, or decays faster, than any power of t: no polynomial in t and E but 0 vanishes on a half-line,
        and as an analytic function it then vanishes on no interval.)
        """
        if not self.numerator:
            return True
        top, bottom = (terms[-1].leading_coefficient() for terms in (self.numerator, self.denominator))
        return len(self.numerator) == len(self.denominator) and all(
            a * bottom == b * top for a, b in zip(self.numerator, self.denominator, strict=True)
        )

    def equals(self, other: Formula) -> bool:
        """Return whether both are the same function: polynomials in t and E are compared, see `constant`."""
        return product(self.numerator, other.denominator) == product(other.numerator, self.denominator)

    def over_rationals(self) -> Callable[[fmpq], fmpq]:
        """Return the value as a function of a rational t, where E does not occur."""
        (above,), (below,) = self.numerator or (fmpq_poly(),), self.denominator
        if self.denominator == ONE and above.degree() <= 1:  # the usual ones: 0, t, and a + b t
            a, b = above[0], above[1]
            if b == 0:
                return lambda _: a
            return (lambda t: t) if a == 0 and b == 1 else lambda t: a + b * t
        return lambda t: above(t) / below(t)

    def at(self, t: fmpq) -> tuple[fmpq_poly, fmpq_poly]:
        """Return numerator and denominator at a rational t, as polynomials in E."""
        return fmpq_poly([c(t) for c in self.numerator]), fmpq_poly([c(t) for c in self.denominator])

    def over_field(self, number: Callable[[fmpq], int], p: int) -> Callable[[nmod, nmod], nmod]:
        """Return the value as a function of t and E modulo a prime p, to which `number` reduces coefficients.

        ZeroDivisionError is raised where the denominator vanishes.
        """

        def reduced(terms: Terms) -> Callable[[nmod, nmod], nmod]:
            table = [[nmod(number(c), p) for c in reversed(coefficient.coeffs())] for coefficient in reversed(terms)]
            if self.uses_t:
                return lambda t, power: horner((horner(coefficients, t, zero) for coefficients in table), power, zero)
            constants = [coefficients[0] if coefficients else zero for coefficients in table]
            return lambda _, power: horner(constants, power, zero)

        zero = nmod(0, p)
        above, below = reduced(self.numerator), reduced(self.denominator)
        if self.denominator == ONE:
            return above
        return lambda t, power: above(t, power) / below(t, power)

    def over_balls(self, t: arb, exponent: arb | None, base: str) -> arb:
        """Return an enclosure of the value on a ball, from enclosures of t and g(t).

        Where E is large the polynomials are taken in 1/E: all powers are then small, and none overflows. On a wide ball
        both forms enclose the values, in general one of them much better: then what they have in common.
        """
        if exponent is None:
            return self._in_powers(t, arb(1), False)
        exponent = exponent * arb(2).log() if base == "2" else exponent
        large = exponent.mid() > 0
        value = self._in_powers(t, (-exponent if large else exponent).exp(), large)
        if exponent.rad() > WIDE and abs(exponent) < MODERATE:
            other = self._in_powers(t, (exponent if large else -exponent).exp(), not large)
            if value.is_finite() and other.is_finite():
                return value.intersection(other)
        return value

    def _in_powers(self, t: arb, power: arb, inverse: bool) -> arb:
        """Return an enclosure of the value from one of E, or of its inverse."""

        def evaluate(rows: list[list[fmpq]]) -> arb:
            result: Any = None
            for first, *others in rows if inverse else reversed(rows):
                value: Any = first
                for c in others:
                    value = value * t + c
                result = value if result is None else result * power + value
            return arb(result)

        above, below = self._padded
        return evaluate(above) / evaluate(below)

    @cached_property
    def _padded(self) -> tuple[list[list[fmpq]], list[list[fmpq]]]:
        """Coefficients, the highest power of t first, of numerator and denominator up to the same power of E."""
        above, below = (
            [list(reversed(c.coeffs())) or [fmpq(0)] for c in (*terms, *[fmpq_poly()] * (self.degree + 1 - len(terms)))]
            for terms in (self.numerator, self.denominator)
        )
        return above, below

    def has_pole(self, low: fmpq | None, high: fmpq | None) -> bool:
        """Return whether the denominator may vanish for low <= t <= high (None: no bound), by three sufficient tests.

        A polynomial in t alone is decided by its real zeros, one in E alone has none if it has no positive zero; a
        mixed one has none if all its terms c t^i E^j have the same sign there and one of them is never zero.
        """
        terms = self.denominator
        if len(terms) == 1:
            return has_zero(terms[0], low, high)
        if all(c.degree() <= 0 for c in terms):
            coefficients = [c[0] for c in terms]
            while coefficients[0] == 0:  # a power of E > 0
                del coefficients[0]
            return has_zero(fmpq_poly(coefficients), fmpq(0), None)
        left, right = high is not None and high <= 0, low is not None and low >= 0  # the sides of 0
        signs, never_zero = set(), (high is not None and high < 0) or (low is not None and low > 0)
        for i, _, c in listed(terms):
            if i % 2 and not (left or right):
                return True
            signs.add((c > 0) != bool(i % 2 and left))
            never_zero = never_zero or i == 0
        return not (never_zero and len(signs) == 1)


def line(piece: Formula) -> Line | None:
    """Return a and b if the piece is a t + b, as far as its form shows."""
    if piece.degree:
        return None
    (below,) = piece.denominator
    above = piece.numerator[0] if piece.numerator else None
    if above is None:
        return fmpq(0), fmpq(0)
    if below.degree() == 0 and above.degree() <= 1:
        return above[1] / below[0], above[0] / below[0]
    return (fmpq(0), above.leading_coefficient() / below.leading_coefficient()) if piece.constant else None


def horner(coefficients: Iterable[nmod], argument: nmod, zero: nmod) -> nmod:
    """Return the value of a polynomial modulo a number, its highest coefficient first."""
    value = zero
    for c in coefficients:
        value = value * argument + c
    return value


def product(left: Terms, right: Terms) -> Terms:
    """Multiply two polynomials in t and E."""
    result = [fmpq_poly()] * max(0, len(left) + len(right) - 1)
    for j, a in enumerate(left):
        for k, b in enumerate(right):
            result[j + k] += a * b
    return tuple(result)  # the last one is a product of two that are not zero


def listed(terms: Terms) -> Iterator[tuple[int, int, fmpq]]:
    """Yield (i, j, c) for every term c t^i E^j with c != 0."""
    for j, coefficient in enumerate(terms):
        for i, c in enumerate(coefficient.coeffs()):
            if c != 0:
                yield i, j, c


def has_zero(polynomial: fmpq_poly, low: fmpq | None, high: fmpq | None) -> bool:
    """Return whether a polynomial other than 0 vanishes for low <= t <= high (None: no bound), by Sturm's theorem."""
    if any(end is not None and polynomial(end) == 0 for end in (low, high)):
        return True
    chain = [polynomial, polynomial.derivative()]
    while not is_zero(chain[-1]):
        rest = chain[-2] % chain[-1]
        chain.append(rest if is_zero(rest) else -rest / abs(rest.leading_coefficient()))

    def variations(end: fmpq | None, side: int) -> int:
        if end is not None:
            values = [q(end) for q in chain[:-1]]
        else:
            values = [q.leading_coefficient() * side ** q.degree() for q in chain[:-1]]
        signs = [value > 0 for value in values if value != 0]
        return sum(a != b for a, b in itertools.pairwise(signs))

    return variations(low, -1) != variations(high, 1)


def coefficient_bits(polynomial: fmpq_poly) -> int:
    """Return the bits of the longest coefficient over the common denominator, and of that."""
    return int(polynomial.numer().height_bits()) + int(polynomial.denom()).bit_length()


def is_zero(polynomial: fmpq_poly) -> bool:
    """Return whether this is the polynomial 0."""
    return polynomial.degree() < 0


# -------------------------------------------------------------------- the document


def read_formula(value: Any, where: str, budget: Budget) -> Formula:
    """Return a formula of the document; its denominator is not 0."""
    numerator, denominator = fields(value, where, "numerator", "denominator")
    above = _read_terms(numerator, f"{where}: numerator", budget)
    result = Formula(above, _read_terms(denominator, f"{where}: denominator", budget))
    if not result.denominator:
        raise FormatError(f"{where}: the denominator is 0")
    return result


def polynomial_cost(coefficients: list[fmpq]) -> int:
    """Estimate the nanoseconds of a polynomial, whose coefficients get one denominator, and of its list of them."""
    bits = sum(denominator.bit_length() for denominator in {int(c.q) for c in coefficients})
    bits += max((int(c.p).bit_length() for c in coefficients), default=0)
    return 2 * sum(c != 0 for c in coefficients) * fraction(bits)


def read_polynomial(coefficients: list[fmpq], where: str, budget: Budget) -> fmpq_poly:
    """Return the polynomial in t with these coefficients in ascending order."""
    budget.spend(polynomial_cost(coefficients), where)
    return fmpq_poly(coefficients)


def _read_terms(value: Any, where: str, budget: Budget) -> Terms:
    table: dict[int, dict[int, fmpq]] = {}
    places = []
    for term in sequence(value, where):
        i, j, c = sequence(term, f"{where}: a term", 3)
        for exponent in (i, j):
            integer(exponent, f"{where}: an exponent", 0, MOST_DEGREE + 1)
        table.setdefault(j, {})[i] = rational(c, f"{where}: a coefficient")
        if table[j][i] == 0:
            raise FormatError(f"{where}: a coefficient is {quote(c)}; expected another number than 0")
        places.append((i, j))
    if any(a >= b for a, b in itertools.pairwise(places)):
        raise FormatError(f"{where}: the terms are not sorted, or one is repeated")
    rows = (table.get(j, {}) for j in range(1 + max(table, default=-1)))
    return tuple(
        read_polynomial([row.get(i, fmpq(0)) for i in range(1 + max(row, default=0))], where, budget) for row in rows
    )


# -------------------------------------------------------------------- in words


def formula_text(formula: Formula, exponent: fmpq_poly, base: str) -> str:
    """Return a formula as text, such as 1/(1 + exp(-t))."""

    def side(terms: Terms) -> str:
        ordered = sorted(listed(terms), key=lambda term: term[:2])
        return _sum_text((c, [*_power_of_t(i), *([power(j)] if j else [])]) for i, j, c in ordered)

    def power(j: int) -> str:
        return f"{'exp' if base == 'e' else '2^'}({polynomial_text(j * exponent)})"

    above, below = side(formula.numerator), side(formula.denominator)
    if below == "1":
        return above
    above = f"({above})" if " " in above else above
    return f"{above}/{below}" if below.isalnum() else f"{above}/({below})"


def polynomial_text(polynomial: fmpq_poly) -> str:
    """Return a polynomial in t as text, lowest power first."""
    terms = ((polynomial[i], _power_of_t(i)) for i in range(polynomial.degree() + 1))
    return _sum_text((c, factors) for c, factors in terms if c != 0)


def _power_of_t(i: int) -> list[str]:
    return [] if i == 0 else ["t"] if i == 1 else [f"t^{i}"]


def _sum_text(parts: Iterable[tuple[fmpq, list[str]]]) -> str:
    text = ""
    for c, factors in parts:
        if len(text) > MOST_TEXT:
            break
        size = abs(c)
        shown = "*".join(([] if factors and size == 1 else [str(size)]) + factors)
        if text:
            text += f" - {shown}" if c < 0 else f" + {shown}"
        else:
            text = f"-{shown}" if c < 0 else shown
    return text or "0"
