"""Images in GF(p) of features in Q, and in Q(t) with t = e^(1/D).

The image is that of a ring homomorphism. On rational numbers it is reduction modulo p, for denominators prime to p; on
exponentials, p = 2q + 1, it is e^z -> root^(z mod q), for denominators prime to q. That is one because the e^z with z
in Z/D are the powers of t = e^(1/D), which is transcendental: a formal variable, for which any unit may be put. It
extends to all quotients whose denominator has an image that is not 0, and each is looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flint import arb, ctx, fmpq, nmod, nmod_mat

from exactcnn.checker.activations import Activation, Piecewise
from exactcnn.checker.document import MOST_RESIDUES, ObligationError, limit, require
from exactcnn.checker.features import (
    BALLS,
    MOST_BITS,
    Numbers,
    Table,
    ball_value,
    domain,
    exact_features,
    joined,
    some_columns,
)
from exactcnn.checker.formulas import Formula
from exactcnn.checker.instance import Instance, Layer

MOST_KEPT = 10**6  # values


class Reduction:
    """Rational numbers modulo a prime; the inverses of the few denominators are kept."""

    def __init__(self, prime: int) -> None:
        self.prime = prime
        self.inverses = {1: 1}

    def __call__(self, value: fmpq) -> int:
        """Return the residue in [0, prime)."""
        denominator = int(value.q)
        if denominator not in self.inverses:
            if denominator % self.prime == 0:
                raise ObligationError(f"{self.prime} divides a denominator")
            inverse = pow(denominator, -1, self.prime)
            if len(self.inverses) > 10**5:
                self.inverses.clear()
            self.inverses[denominator] = inverse
        return int(value.p) * self.inverses[denominator] % self.prime


@dataclass(frozen=True)
class Point:
    """Where features are evaluated: a prime, the image of e if there are exponentials, and the bits of signs above."""

    p: int
    root: int | None
    precision: int | None


def modular_minor(instance: Instance, number: int, rows: list[int], columns: list[int], point: Point) -> nmod_mat:
    """Return the image in GF(p) of a square part of F_k."""
    limit(len(rows) ** 2, "minor", MOST_RESIDUES)
    samples = instance.known_samples()
    field, first = domain(instance, number)
    require(field != "balls", f"layer {number} has no image in GF(p), for layer {first} leaves Q(t)")
    require(
        (point.root is None) == (field == "Q"), f"features in {field}: expected {'no' if field == 'Q' else 'a'} root"
    )
    above = instance.layers[first + 1 : number + 1] if field == "Q(t)" else []
    decided = any(layer.kind == "max-pooling" or _kinks(layer) for layer in above)
    expected = f"a precision, for signs or maxima above layer {first}" if decided else "no precision"
    require((point.precision is not None) == decided, f"expected {expected}")
    base = first if above else number
    below = exact_features(instance, base - 1, [samples[i] for i in rows])
    layer, modulo_p = instance.layers[base], Reduction(point.p)
    image = _image(layer, point, modulo_p)
    result = nmod_mat(len(rows), len(columns), point.p)
    try:
        if not above:
            for j, entries in some_columns(layer, below, columns):
                for i, z in enumerate(entries):
                    result[i, j] = image(z)
            return result
        with ctx.workprec(point.precision or 53):
            table = _Images(joined(layer, below, image), None)
            if decided:
                limit(len(rows) * max(each.width for each in above) * (point.precision or 0), "balls", MOST_BITS)
                table = _Images(table.residues, joined(layer, below, ball_value(layer)))
            for base, layer in enumerate(above, start=first + 1):
                table = _next(layer, base, table, modulo_p)
    except ZeroDivisionError:
        raise ObligationError(f"a denominator of layer {base} vanishes modulo {point.p}") from None
    for i, row in enumerate(table.residues):
        for j, column in enumerate(columns):
            result[i, j] = row[column]
    return result


def _kinks(layer: Layer) -> bool:
    return isinstance(layer.activation, Piecewise) and bool(layer.activation.kinks)


# -------------------------------------------------------------------- from rational pre-activations


def _image(layer: Layer, point: Point, modulo_p: Reduction) -> Callable[[Any], Any]:
    """Return the function of a layer from rational pre-activations z to GF(p), E = e^g(z) -> root^(g(z) mod q)."""
    if layer.kind == "max-pooling":
        return lambda values: nmod(modulo_p(max(values)), point.p)
    activation = layer.activation
    assert isinstance(activation, Piecewise)
    if activation.domain != "exponential":
        return lambda z: nmod(modulo_p(activation.value(z)), point.p)
    base, modulo_q, exponent = nmod(point.root or 0, point.p), Reduction((point.p - 1) // 2), activation.exponent
    pieces = [_piece_image(formula, base, modulo_p) for formula in activation.pieces]

    def value(z: fmpq) -> Any:
        uses_t, uses_power, piece = pieces[activation.number(z)]
        return piece(modulo_p(z) if uses_t else 0, modulo_q(exponent(z)) if uses_power else 0)

    return value


def _piece_image(formula: Formula, base: nmod, modulo_p: Reduction) -> tuple[bool, bool, Callable[[int, int], nmod]]:
    """Return whether a piece uses t and E, and its values for t = z mod p and E = base^r; the common ones are kept."""
    over_field, p = formula.over_field(modulo_p, modulo_p.prime), modulo_p.prime
    if formula.uses_t:
        return True, formula.degree > 0, lambda t, r: over_field(nmod(t, p), base**r)
    known: dict[int, nmod] = {}

    def value(_: int, r: int) -> nmod:
        result = known.get(r)
        if result is None:
            result = over_field(nmod(0, p), base**r)
            if len(known) < MOST_KEPT:
                known[r] = result
        return result

    return False, formula.degree > 0, value


# -------------------------------------------------------------------- above the first exponential layer


@dataclass(frozen=True)
class _Images:
    """Features as residues and, where signs or maxima are to be decided, as balls."""

    residues: Table
    balls: Table | None


def _next(layer: Layer, number: int, below: _Images, modulo_p: Reduction) -> _Images:
    """Return the features of a layer that is rational on pieces, or takes maxima.

    Where the balls do not decide which piece holds, or which value is the largest, all that come into question must
    have the same residue: it is then the right one, whichever that is.
    """
    p = modulo_p.prime
    numbers = Numbers(lambda m, n, entries: nmod_mat(m, n, list(map(int, entries)), p), modulo_p)
    residues = joined(layer, below.residues, lambda z: z, numbers)
    balls = None if below.balls is None else joined(layer, below.balls, lambda z: z, BALLS)
    choose = _largest if layer.kind == "max-pooling" else _value(layer.activation, modulo_p)
    result: Table = [
        [_common(choose(z, None if balls is None else balls[i][h]), number) for h, z in enumerate(row)]
        for i, row in enumerate(residues)
    ]
    value = ball_value(layer)
    return _Images(result, None if balls is None else [list(map(value, row)) for row in balls])


def _common(candidates: list[nmod], number: int) -> nmod:
    if any(candidate != candidates[0] for candidate in candidates):
        raise ObligationError(f"the precision does not decide a sign or a maximum in layer {number}")
    return candidates[0]


def _largest(values: list[nmod], balls: list[arb] | None) -> list[nmod]:
    """Return the images of all that may be the largest: those that no other certainly exceeds."""
    assert balls is not None
    return [value for value, ball in zip(values, balls, strict=True) if not any(other > ball for other in balls)]


def _value(activation: Activation, modulo_p: Reduction) -> Callable[[nmod, arb | None], list[nmod]]:
    """Return the function from a pre-activation to its images on all pieces where it may lie."""
    assert isinstance(activation, Piecewise)
    pieces = [formula.over_field(modulo_p, modulo_p.prime) for formula in activation.pieces]

    def value(z: nmod, ball: arb | None) -> list[nmod]:
        met = range(1) if ball is None or not activation.kinks else [i for i, _, _ in activation.met(arb(ball))]
        return [pieces[i](z, 0) for i in met]

    return value
