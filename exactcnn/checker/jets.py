"""Values, first and second derivatives of activations at one number: by the quotient rule, or in closed form.

At a breakpoint (every kink of the document, also where only the second derivative jumps) there are none: a ball that
may meet one is refused, never hulled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import arb, fmpq, fmpq_poly

from exactcnn.checker.activations import Activation, Piecewise, Special
from exactcnn.checker.document import ObligationError, require
from exactcnn.checker.formulas import Formula, Terms, is_zero

Jet = tuple[Any, Any, Any]  # value, first and second derivative


class BreakpointError(ObligationError):
    """A pre-activation that is at a breakpoint, or may be."""


def certain_piece(kinks: list[Any], t: Any) -> int:
    """Return the number of the piece on which a number, or all of a ball, lies off the breakpoints.

    `kinks` are those of the activation, as numbers that compare with t.
    """
    below = sum(bool(kink < t) for kink in kinks)
    if below + sum(bool(kink > t) for kink in kinks) != len(kinks):
        raise BreakpointError("at a breakpoint, or not certainly off it")
    return below


# -------------------------------------------------------------------- in Q


def rational_jet(activation: Activation) -> Callable[[int, fmpq], Jet]:
    """Return the function of the number of a piece and a rational t, where values and derivatives are rational.

    For E to the base 2 the derivation is (1/ln 2) d/dt, under which E is its own derivative times g'. That is the
    derivative in u = t ln 2, and rational where t itself does not occur and g has degree 1.
    """
    if not isinstance(activation, Piecewise) or activation.domain == "exponential":
        raise ObligationError("derivatives of an activation that are not rational by construction")
    if activation.domain == "dyadic":
        plain = activation.exponent.degree() == 1 and not any(piece.uses_t for piece in activation.pieces)
        require(plain, "a function of 2^g(t) with t itself, or g not of degree 1, has no rational derivatives")
    rates = activation.exponent.derivative(), activation.exponent.derivative().derivative()

    def jet(number: int, t: fmpq) -> Jet:
        power = activation.rational_power(t)
        if power is None:
            raise ObligationError("a power of 2 that is not a rational number, or too large a one")
        sides = (
            _terms_jet(terms, lambda c: c(t), power, rates[0](t), rates[1](t), fmpq(0))
            for terms in _sides(activation.pieces[number])
        )
        return _quotient(*sides)

    return jet


# -------------------------------------------------------------------- in balls


def ball_jet(activation: Activation) -> Callable[[int, arb], Jet]:
    """Return the function of the number of a piece and a ball on that piece: enclosures, at the current precision."""
    if isinstance(activation, Special):
        special = DERIVATIVES[activation.name]
        parameters = list(map(arb, activation.parameters))
        return lambda _, t: (activation.ball(t), *special(*parameters, t))
    exponent, logarithm = activation.exponent, arb(2).log() if activation.base == "2" else arb(1)
    slope = exponent.derivative()
    bend = slope.derivative()

    def jet(number: int, t: arb) -> Jet:
        piece = activation.pieces[number]

        def value(c: fmpq_poly) -> arb:
            return horner(c, t)

        if is_zero(exponent):
            return _quotient(*(_terms_jet(s, value, arb(1), arb(0), arb(0), arb(0)) for s in _sides(piece)))
        rate = logarithm * value(exponent), logarithm * value(slope), logarithm * value(bend)
        sides = _sides(piece)
        if rate[0].mid() > 0:  # E is large: n/d in powers of 1/E, so that none overflows
            rate = -rate[0], -rate[1], -rate[2]
            size = piece.degree + 1
            sides = tuple(tuple(reversed((*s, *[fmpq_poly()] * (size - len(s))))) for s in sides)
        return _quotient(*(_terms_jet(s, value, rate[0].exp(), rate[1], rate[2], arb(0)) for s in sides))

    return jet


def horner(polynomial: fmpq_poly, t: arb) -> arb:
    """Return an enclosure of the values of a polynomial on a ball."""
    result = arb(0)
    for c in reversed(polynomial.coeffs()):
        result = result * t + c
    return result


def _logistic(t: arb) -> arb:
    return 1 / (1 + (-t).exp()) if t.mid() > 0 else t.exp() / (1 + t.exp())


def _softplus(a: arb, t: arb) -> tuple[arb, arb]:
    s = _logistic(a * t)
    return s, a * s * _logistic(-a * t)


def _gelu(t: arb) -> tuple[arb, arb]:
    density = (-t * t / 2).exp() / (2 * arb.pi()).sqrt()
    return (1 + (t / arb(2).sqrt()).erf()) / 2 + t * density, (2 - t * t) * density


def _erf(t: arb) -> tuple[arb, arb]:
    first = 2 * (-t * t).exp() / arb.pi().sqrt()
    return first, -2 * t * first


def _arctan(t: arb) -> tuple[arb, arb]:
    first = 1 / (1 + t * t)
    return first, -2 * t * first * first


DERIVATIVES: dict[str, Callable[..., tuple[arb, arb]]] = {
    "softplus": _softplus,
    "gelu": _gelu,
    "erf": _erf,
    "arctan": _arctan,
    "sin": lambda t: (t.cos(), -t.sin()),
    "cos": lambda t: (-t.sin(), -t.cos()),
    "log-sigmoid": lambda t: (_logistic(-t), -_logistic(t) * _logistic(-t)),
}


# -------------------------------------------------------------------- the quotient rule


def _sides(piece: Formula) -> tuple[Terms, ...]:
    return piece.numerator, piece.denominator


def _terms_jet(terms: Terms, value: Callable[[fmpq_poly], Any], power: Any, rate: Any, bend: Any, zero: Any) -> Jet:
    """Return value and derivatives of sum c_j(t) E^j, from E = e^g (`power`), g' (`rate`) and g'' (`bend`)."""
    result, first, second = zero, zero, zero
    for j in range(len(terms) - 1, -1, -1):
        c = terms[j]
        slope = c.derivative()
        a, b, d = value(c), value(slope), value(slope.derivative())
        result = result * power + a
        first = first * power + (b + j * rate * a)
        second = second * power + (d + 2 * j * rate * b + (j * bend + (j * rate) * (j * rate)) * a)
    return result, first, second


def _quotient(above: Jet, below: Jet) -> Jet:
    n, dn, ddn = above
    d, dd, ddd = below
    f = n / d
    df = (dn - f * dd) / d
    return f, df, (ddn - 2 * df * dd - f * ddd) / d
