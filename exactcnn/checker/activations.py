"""Activations: formulas, of which everything that a claim needs is derived, and a few special functions.

A piecewise activation has one formula in t and E = base^g(t) between two kinks, and on either side of them all. That is
all that the checker is told. What follows from it, and why, stands at the properties below.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial, reduce
from typing import Any

from flint import arb, fmpq, fmpq_poly

from exactcnn.checker.budget import Budget, ball_function, evaluation, fraction, multiplication
from exactcnn.checker.document import FormatError, ObligationError, fields, quote, rational, sequence
from exactcnn.checker.formulas import (
    MOST_DEGREE,
    MOST_TEXT,
    Formula,
    coefficient_bits,
    formula_text,
    is_zero,
    polynomial_text,
    read_formula,
    read_polynomial,
)

MOST_BITS_OF_A_POWER = 2**16  # of 2^g(t), where it is a rational number


@dataclass(frozen=True)
class Piecewise:
    """Piece i holds for kinks[i-1] <= t <= kinks[i]; adjacent pieces agree at their kink, and no piece has a pole."""

    kinks: tuple[fmpq, ...]
    pieces: tuple[Formula, ...]
    exponent: fmpq_poly = field(default_factory=fmpq_poly)  # g; 0 if E does not occur, else of degree at least 1
    base: str = "e"

    @property
    def domain(self) -> str:
        """Where the values at rational numbers lie.

        "rational": in Q. "exponential": in Q(e^(1/D)), a field of rational functions, for e^(1/D) is transcendental
        (Hermite, Lindemann). "dyadic": in Q as far as g takes integers; 2^(1/D) is algebraic, hence no variable.
        """
        if is_zero(self.exponent):
            return "rational"
        return "exponential" if self.base == "e" else "dyadic"

    def number(self, t: fmpq) -> int:
        """Return the number of a piece that holds at t."""
        return bisect_left(self.kinks, t)

    def piece(self, t: fmpq) -> Formula:
        """Return a formula that holds at t."""
        return self.pieces[self.number(t)]

    def rational_power(self, t: fmpq) -> fmpq | None:
        """Return E at a rational t where it is rational: 1 for g(t) = 0, and 2^g(t) for an integer g(t)."""
        exponent = self.exponent(t)
        if exponent == 0:
            return fmpq(1)
        if self.base == "2" and exponent.q == 1 and abs(exponent.p) <= MOST_BITS_OF_A_POWER:
            return fmpq(2) ** int(exponent.p)
        return None

    def values(self, budget: Budget) -> Callable[[fmpq], fmpq]:
        """Return the function on rational numbers, outside the domain "exponential"; it rejects irrational values."""
        if self.domain == "dyadic":
            return partial(self._dyadic_value, budget)
        budget.spend(2000 * len(self.pieces), "pieces")
        pieces = [piece.over_rationals() for piece in self.pieces]
        return (lambda t: pieces[self.number(t)](t)) if self.kinks else pieces[0]

    def _dyadic_value(self, budget: Budget, t: fmpq) -> fmpq:
        power = self.rational_power(t)
        if power is None:
            raise ObligationError(f"2^({polynomial_text(self.exponent)}) is not a rational number, or too large a one")
        bits = int(power.p * power.q).bit_length()  # known for each value only
        budget.spend(2 * evaluation(self.piece(t).degree, bits, self.value_bits(_bits(t))), "powers of two")
        above, below = self.piece(t).at(t)
        return above(power) / below(power)

    def value_bits(self, bits: int) -> int:
        """Return how many bits numerator or denominator of a piece may have at a rational t of so many bits."""
        return max(piece.value_bits(bits) for piece in self.pieces)

    def value_cost(self, bits: int) -> int:
        """Estimate the nanoseconds of a value at a rational t of so many bits; powers of two are left aside."""
        search = len(self.kinks).bit_length() * (100 + multiplication(bits))
        exponent = evaluation(self.exponent.degree(), bits, coefficient_bits(self.exponent)) if self.base == "2" else 0
        return search + exponent + max(piece.value_cost(bits) for piece in self.pieces)

    def ball_cost(self, precision: int) -> int:
        """Estimate the nanoseconds of `ball`."""
        exponent = self.exponent.degree() + 4
        terms = sum((len(p.numerator) + len(p.denominator)) * (p.degree_in_t + 2) + exponent for p in self.pieces)
        power = 0 if is_zero(self.exponent) else len(self.pieces) * ball_function(precision)
        bits = max(coefficient_bits(self.exponent), *(piece.bits for piece in self.pieces), *map(_bits, self.kinks))
        long = fraction(bits) - fraction(0)  # what coefficients cost that are longer than a word
        return terms * (300 + multiplication(precision) + long) + power

    def vanishes(self, polynomial: fmpq_poly, t: fmpq) -> bool | None:
        """Return whether a polynomial over Q vanishes at E, for a rational t; None if that is not decided.

        If g(t) is a rational number other than 0, then e^g(t) is transcendental: only the polynomial 0 vanishes there.
        """
        power = self.rational_power(t)
        if power is not None:
            return bool(polynomial(power) == 0)
        if is_zero(polynomial):
            return True
        return False if self.base == "e" else None

    def nonzero(self, t: fmpq) -> bool:
        """Return whether the value at a rational t is provably not zero."""
        return self.vanishes(self.piece(t).at(t)[0], t) is False

    def ball(self, t: arb) -> arb:
        """Return an enclosure of the values on a ball: of every piece that it may meet, where it may."""
        values = []
        for _, formula, part in self.met(t):
            exponent = None
            if not is_zero(self.exponent):
                exponent = arb(0)
                for c in reversed(self.exponent.coeffs()):
                    exponent = exponent * part + c
            values.append(formula.over_balls(part, exponent, self.base))
        return reduce(arb.union, values)

    def met(self, t: arb) -> list[tuple[int, Formula, arb]]:
        """Return the pieces that a ball may meet, with their numbers and enclosures of the parts on them."""
        if not self.kinks:
            return [(0, self.pieces[0], t)]
        kinks = [arb(kink) for kink in self.kinks]
        first, last = sum(bool(kink < t) for kink in kinks), len(kinks) - sum(bool(kink > t) for kink in kinks)
        result = []
        for i in range(first, last + 1):
            part = t if i == first else t.max(kinks[i - 1])
            result.append((i, self.pieces[i], part if i == last else part.min(kinks[i])))
        return result

    @property
    def analytic(self) -> bool:
        """Whether the function is real analytic: one formula, which has no pole."""
        return not self.kinks

    @property
    def affine(self) -> bool:
        """Whether the function is a + b t."""
        return (
            len(self.pieces) == 1
            and (self.pieces[0].degree, self.pieces[0].denominator[0].degree()) == (0, 0)
            and (all(c.degree() <= 1 for c in self.pieces[0].numerator))
        )

    @property
    def zero_at_zero(self) -> bool:
        """Whether the value at 0 is provably 0."""
        return self.vanishes(self.piece(fmpq(0)).at(fmpq(0))[0], fmpq(0)) is True

    @property
    def zero_on_a_half_line(self) -> bool:
        """Whether the function is 0 below its first kink, or above its last one."""
        return bool(self.kinks) and not (self.pieces[0].numerator and self.pieces[-1].numerator)

    @cached_property
    def assumption_3_2(self) -> bool:
        """Whether Nguyen and Hein's Assumption 3.2 holds: continuous, not constant, and (i) or (ii).

        (i) There are limits at both ends, and one of them is 0. (ii) |s(t)| <= r1 e^(r2 t) for t < 0 and
        |s(t)| <= r3 t + r4 for t >= 0, with positive r1, ..., r4.

        At either end a piece is 0 or s(t) ~ c t^I E^J, c != 0 (`_growth`), where E or 1/E grows at least like
        base^(a|t|), a > 0, as g has degree at least 1. So there is a limit, 0, if E^J decays; none if E^J grows; and if
        J = 0, the limit of c t^I. This decides (i). The function is continuous, so on bounded sets it is bounded, and
        (ii) asks about the ends only: exponential decay, or 0, on the left (a power of t, or growth, is not enough);
        decay, 0, or J = 0 and I <= 1 on the right. Continuity is verified on reading; constant, see `Formula`.
        """
        if all(piece.constant for piece in self.pieces):
            return False
        (left, low), (right, high) = self._growth(-1), self._growth(1)
        vanishes = [rate < 0 or (rate == 0 and power < 0) for rate, power in ((left, low), (right, high))]
        converges = [rate < 0 or (rate == 0 and power <= 0) for rate, power in ((left, low), (right, high))]
        return (all(converges) and any(vanishes)) or (left < 0 and (right < 0 or (right == 0 and high <= 1)))

    def _growth(self, end: int) -> tuple[int, int]:
        """Return the sign of the exponential growth, and I, of s(t) ~ c t^I E^J at an end; (-1, 0) if s is 0 there.

        Of the terms c t^i E^j of a polynomial one is larger than all others at an end. Where E grows it is the one with
        the largest j, and among these with the largest i; where E decays, with the smallest j, and the largest i.
        """
        piece = self.pieces[0 if end < 0 else -1]
        if not piece.numerator:
            return -1, 0
        grows = (self.exponent.leading_coefficient() > 0) == (end > 0 or self.exponent.degree() % 2 == 0)

        def largest(terms: tuple[fmpq_poly, ...]) -> tuple[int, int]:
            j = len(terms) - 1 if grows else next(j for j, c in enumerate(terms) if not is_zero(c))
            return j, terms[j].degree()

        (j, i), (k, m) = largest(piece.numerator), largest(piece.denominator)
        return (j - k) * (1 if grows else -1), i - m

    @cached_property
    def text(self) -> str:
        """The formulas, and the kinks."""
        pieces = " | ".join(formula_text(piece, self.exponent, self.base) for piece in self.pieces)
        if not self.kinks:
            return _short(pieces)
        return _short(f"{pieces} (kink{'s' if len(self.kinks) > 1 else ''} {', '.join(map(str, self.kinks))})")

    def comparison_cost(self, other: Activation) -> int:
        """Estimate the nanoseconds of `same`."""
        if not isinstance(other, Piecewise):
            return 0
        return sum(a.comparison_cost(b) for a, b in zip(self.pieces, other.pieces, strict=False))

    def same(self, other: Activation) -> bool:
        """Return whether both are the same function, as far as the forms of their pieces show."""
        return (
            isinstance(other, Piecewise)
            and (self.kinks, self.exponent, self.base) == (other.kinks, other.exponent, other.base)
            and all(a.equals(b) for a, b in zip(self.pieces, other.pieces, strict=True))
        )


# -------------------------------------------------------------------- special functions


@dataclass(frozen=True)
class Facts:
    """What is known of a special function; all are real analytic, not constant, and zero on no half-line.

    `reflection` is (s, c) with f(t) = s f(-t) + c t.
    """

    ball: Callable[..., Any]  # of the parameters and t
    parameters: int
    zero_at_zero: bool
    assumption_3_2: bool
    reflection: tuple[int, int]
    source: str


SPECIAL = {
    "softplus": Facts(
        lambda a, t: (a * t).exp().log1p() / a,
        *(1, False, True, (1, 1)),  # ln(1 + e^(a t)) = a t + ln(1 + e^(-a t))
        "ln(1 + e^(a t))/a, a > 0: Nguyen and Hein, Lemma 3.3",
    ),
    "gelu": Facts(
        lambda t: t * (1 + (t / arb(2).sqrt()).erf()) / 2,
        *(0, True, True, (1, 1)),  # with the distribution function P, P(t) = 1 - P(-t)
        "t times the normal distribution function, which for t < 0 is below phi(t)/|t| (Mills' ratio, DLMF 7.8.2)",
    ),
    "erf": Facts(lambda t: t.erf(), 0, True, False, (-1, 0), "the limits are -1 and 1 (DLMF 7.2.4)"),
    "arctan": Facts(lambda t: t.atan(), 0, True, False, (-1, 0), "the limits are -pi/2 and pi/2 (DLMF 4.23)"),
    "sin": Facts(lambda t: t.sin(), 0, True, False, (-1, 0), "periodic: no limits, no decay (DLMF 4.16)"),
    "cos": Facts(lambda t: t.cos(), 0, False, False, (1, 0), "periodic: no limits, no decay (DLMF 4.16)"),
    "log-sigmoid": Facts(
        lambda t: -(-t).exp().log1p(), 0, False, False, (1, 1), "-ln(1 + e^-t), asymptotic to t for t < 0"
    ),
}


@dataclass(frozen=True)
class Special:
    """A special function with its parameters; only enclosures of its values are known."""

    name: str
    parameters: tuple[fmpq, ...]
    domain = "special"
    analytic = True
    affine = False
    zero_on_a_half_line = False

    def ball_cost(self, precision: int) -> int:
        """Estimate the nanoseconds of `ball`."""
        bits = max(map(_bits, self.parameters), default=0)
        return 3 * ball_function(precision) + 2 * (fraction(bits) - fraction(0))

    def ball(self, t: arb) -> Any:
        """Return an enclosure of the values on a ball."""
        return SPECIAL[self.name].ball(*map(arb, self.parameters), t)

    @property
    def zero_at_zero(self) -> bool:
        """Whether the value at 0 is 0."""
        return SPECIAL[self.name].zero_at_zero

    @property
    def reflection(self) -> tuple[int, int]:
        """Numbers (s, c) with f(t) = s f(-t) + c t."""
        return SPECIAL[self.name].reflection

    @property
    def assumption_3_2(self) -> bool:
        """Whether Nguyen and Hein's Assumption 3.2 holds."""
        return SPECIAL[self.name].assumption_3_2

    @cached_property
    def text(self) -> str:
        """The name with its parameters."""
        return _short(f"{self.name}({', '.join(map(str, self.parameters))})" if self.parameters else self.name)

    def comparison_cost(self, _: Activation) -> int:
        """Estimate the nanoseconds of `same`."""
        return 1000

    def same(self, other: Activation) -> bool:
        """Return whether both are the same function."""
        return self == other


Activation = Piecewise | Special

IDENTITY = Piecewise((), (Formula((fmpq_poly([0, 1]),)),))


def _bits(number: fmpq) -> int:
    return int(number.p).bit_length() + int(number.q).bit_length()


def _short(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 3]}..."


# -------------------------------------------------------------------- the document


def read_activation(value: Any, where: str, budget: Budget | None = None) -> Activation:
    """Return the activation of a document: continuous, and without poles."""
    where, budget = f"{where}: activation", budget or Budget()
    if type(value) is dict and "special" in value:
        return _read_special(value, where)
    kinks, pieces, exponent, base = fields(value, where, "kinks", "pieces", "exponent", "base")
    places = tuple(rational(kink, f"{where}: kinks") for kink in sequence(kinks, f"{where}: kinks"))
    if any(a >= b for a, b in itertools.pairwise(places)):
        raise FormatError(f"{where}: kinks are not ascending")
    sequence(pieces, f"{where}: pieces", len(places) + 1)
    bits = max(map(_bits, places), default=0)
    formulas: list[Formula] = []
    for i, piece in enumerate(pieces):
        formulas.append(read_formula(piece, f"{where}: piece {i}", budget))
        budget.spend(formulas[-1].reading_cost(bits), f"{where}: piece {i}")
    if base not in ("e", "2"):
        raise FormatError(f"{where}: base is {quote(base)}; expected 'e' or '2'")
    coefficients = [rational(c, f"{where}: exponent") for c in sequence(exponent, f"{where}: exponent")]
    if any(formula.degree for formula in formulas):
        if len(coefficients) < 2 or coefficients[-1] == 0:
            raise FormatError(f"{where}: exponent does not end with the coefficient of a power of t that is not 0")
        if len(coefficients) > MOST_DEGREE + 1:
            raise FormatError(f"{where}: exponent has degree {len(coefficients) - 1}; expected at most {MOST_DEGREE}")
    elif coefficients or base != "e":
        raise FormatError(f"{where}: E does not occur; expected exponent [] and base 'e'")
    power = read_polynomial(coefficients, f"{where}: exponent", budget)
    result = Piecewise(places, tuple(formulas), power, base)
    for i, formula in enumerate(formulas):
        if formula.has_pole(places[i - 1] if i else None, places[i] if i < len(places) else None):
            raise FormatError(
                f"{where}: the denominator of piece {i} has a zero there, or cannot be proved to have none"
            )
    for i, kink in enumerate(places):
        _spend_kink(budget, result, i, bits, f"{where}: kinks")
        (above, below), (other_above, other_below) = formulas[i].at(kink), formulas[i + 1].at(kink)
        if result.vanishes(above * other_below - other_above * below, kink) is not True:
            raise FormatError(f"{where}: pieces {i} and {i + 1} cannot be proved equal at their kink")
    return result


def _spend_kink(budget: Budget, activation: Piecewise, i: int, bits: int, what: str) -> None:
    """Pay for the comparison of pieces i and i + 1 at a kink of so many bits."""
    left, right = activation.pieces[i : i + 2]
    degree, longest = left.degree + right.degree, left.value_bits(bits) + right.value_bits(bits)
    power = MOST_BITS_OF_A_POWER if activation.base == "2" else 1
    products = (degree + 1) ** 2 * multiplication(longest) + evaluation(degree, power, longest)
    exponent = evaluation(activation.exponent.degree(), bits, coefficient_bits(activation.exponent))
    budget.spend(exponent + products + left.value_cost(bits) + right.value_cost(bits), what)


def _read_special(value: Any, where: str) -> Special:
    name, parameters = fields(value, where, "special", "parameters")
    if type(name) is not str or name not in SPECIAL:
        raise FormatError(f"{where}: unknown special function {quote(name)}")
    given = sequence(parameters, f"{where}: parameters", SPECIAL[name].parameters)
    numbers = tuple(rational(parameter, f"{where}: parameters") for parameter in given)
    if name == "softplus" and numbers[0] <= 0:
        raise FormatError(f"{where}: parameters are {quote(given[0])}; expected a positive number")
    return Special(name, numbers)
