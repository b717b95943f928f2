"""Images in GF(p) of features in Q, and in Q(t) with t = e^(1/D).

The image is that of a ring homomorphism. On rational numbers it is reduction modulo p, for denominators prime to p; on
exponentials, p = 2q + 1, it is e^z -> root^(z mod q), for denominators prime to q. That is one because the e^z with z
in Z/D are the powers of t = e^(1/D), which is transcendental: a formal variable, for which any unit may be put. It
extends to all quotients whose denominator has an image that is not 0, and each is looked at.

So the image of one formula at z depends on z mod p and z mod q only: pre-activations are multiplied out modulo p and
modulo q, and values that depend on z mod q alone are looked up. With kinks, the exact z tells which piece holds.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from flint import ctx, fmpq, fmpz, fmpz_mat, nmod

from exactcnn.checker.activations import Piecewise
from exactcnn.checker.budget import NUMBER, Budget, elimination, fraction, multiplication
from exactcnn.checker.costs import product_cost, residues_cost, spend_balls, spend_pre_activations
from exactcnn.checker.document import ObligationError, require
from exactcnn.checker.features import domain, exact_features, joined, some_features
from exactcnn.checker.formulas import ONE, Formula, horner
from exactcnn.checker.instance import Instance
from exactcnn.checker.integers import Integers, is_affine_on_pieces
from exactcnn.checker.kinds.layer import Layer
from exactcnn.checker.numbers import BALLS, Numbers, Reduction, Table
from exactcnn.checker.parts import part_of
from exactcnn.checker.regularity import Line, code, held

MOST_KEPT = 2**22  # values
POLE = -1  # stands for an image that there is not


@dataclass(frozen=True)
class Point:
    """Where features are evaluated: a prime, the image of e if there are exponentials, and the bits of signs above."""

    p: int
    root: int | None
    precision: int | None

    @cached_property
    def power(self) -> Callable[[int], nmod]:
        """The function exponent -> root^exponent."""
        return _powers(self.root or 0, self.p)


def modular_minor(instance: Instance, number: int, rows: list[int], columns: list[int], point: Point) -> list[Line]:
    """Return the image in GF(p) of a square part of F_k, column by column."""
    budget, p = instance.budget, point.p
    budget.hold(held(len(rows), p), f"a minor of order {len(rows)}")
    budget.spend(elimination(len(rows), len(columns), p), f"a minor of order {len(rows)}")
    field, first = domain(instance, number)
    require(field != "balls", f"layer {number} has no image in GF(p), for layer {first} leaves Q(t)")
    require(
        (point.root is None) == (field == "Q"), f"features in {field}: expected {'no' if field == 'Q' else 'a'} root"
    )
    above = instance.layers[first + 1 : number + 1] if field == "Q(t)" else []
    decided = any(not layer.analytic for layer in above)
    expected = f"a precision, for signs or maxima above layer {first}" if decided else "no precision"
    require((point.precision is not None) == decided, f"expected {expected}")
    last = instance.layers[number].activation
    assert isinstance(last, Piecewise)
    if field == "Q" and (last.domain == "dyadic" or is_affine_on_pieces(last)):  # max-pooling has the identity
        return _exact_minor(instance, number, rows, columns, p)
    instance, columns = part_of(instance, number, rows, columns)
    above = instance.layers[first + 1 : number + 1] if above else []
    base = first if above else number
    below = exact_features(instance, base - 1, instance.known_samples())
    layer = instance.layers[base]
    images = _images(budget, layer, f"features of layer {base}", below, point)
    try:
        if not above:
            return _minor(images, columns, p)
        budget.hold(len(rows) * layer.width * NUMBER, f"features of layer {base}")
        table = _Images(list(map(list, zip(*images, strict=True))), None)
        with ctx.workprec(point.precision or 53):
            if decided:
                spend_balls(budget, layer, len(rows), point.precision or 53, f"features of layer {base}")
                table = _Images(table.residues, joined(layer, below, layer.ball_value()))
            for base, layer in enumerate(above, start=first + 1):
                _spend_next(budget, layer, base, table, point)
                table = _next(layer, base, table, p)
    except ZeroDivisionError:
        raise ObligationError(f"a denominator of layer {base} vanishes modulo {p}") from None
    return _minor(zip(*table.residues, strict=True), columns, p)


def _exact_minor(instance: Instance, number: int, rows: list[int], columns: list[int], p: int) -> list[Line]:
    """Return the image of exact values."""
    table, modulo_p = some_features(instance, number, rows, columns), Reduction(p)
    if isinstance(table, Integers):
        lines = [_over(row, d, modulo_p) for row, d in zip(table.rows, table.denominators, strict=True)]
        images: Iterator[Iterable[int]] = zip(*lines, strict=True)
    else:
        images = (map(modulo_p, column) for column in zip(*table, strict=True))
    return _minor(images, list(range(len(columns))), p)


def _over(row: list[int], denominator: fmpz, modulo_p: Reduction) -> Line:
    """Return residues of a row over one denominator; where the prime divides it, entries are in lowest terms."""
    p = modulo_p.modulus
    if denominator % p == 0:
        return array(code(p), [modulo_p(fmpq(n, denominator)) for n in row])
    inverse = modulo_p(fmpq(1, denominator))
    return array(code(p), [int(n % p) * inverse % p for n in row])


def _minor(images: Iterable[Iterable[int]], columns: list[int], p: int) -> list[Line]:
    """Return those of all columns that are wanted."""
    place, result = {column: j for j, column in enumerate(columns)}, [array(code(p))] * len(columns)
    for h, column in enumerate(images):
        if h in place:
            result[place[h]] = array(code(p), list(column))
    return result


# -------------------------------------------------------------------- from rational pre-activations


def _images(budget: Budget, layer: Layer, what: str, below: Table, point: Point) -> Iterator[Iterable[int]]:
    """Yield the images of a layer, column by column."""
    activation = layer.activation
    assert isinstance(activation, Piecewise)
    entries = len(below) * layer.width
    if activation.kinks:
        spend_pre_activations(budget, layer, below, what)
    pieces = [_Piece(formula, activation, point, entries) for formula in activation.pieces]
    _spend_pieces(budget, activation, pieces, point, entries, what)
    modulus = math.lcm(*(piece.modulus for piece in pieces))
    residues = _residues(budget, layer, what, below, modulus)
    images = [piece.images() for piece in pieces]
    if not activation.kinks:
        for column in residues:
            yield _without_poles(list(map(images[0], column)))
        return
    moduli = [piece.modulus for piece in pieces]
    exact = chain.from_iterable(zip(*block, strict=True) for _, block in layer.pre_activations(below))
    for column, numbers in zip(residues, exact, strict=True):
        met = map(activation.number, numbers)
        yield _without_poles([images[i](z % moduli[i]) for i, z in zip(met, column, strict=True)])


def _without_poles(images: list[int]) -> list[int]:
    if POLE in images:
        raise ZeroDivisionError
    return images


def _residues(budget: Budget, layer: Layer, what: str, below: Table, modulus: int) -> Iterator[Sequence[int]]:
    """Yield the pre-activations modulo a number, from products of the residues of all that goes into them."""
    entries = sum(map(len, below))
    budget.hold(entries * (NUMBER + 2 * modulus.bit_length()), what)
    budget.spend(residues_cost(layer, len(below), modulus) + 1000 * entries, what)
    reduction = Reduction(modulus)
    for done, column in enumerate(layer.residues(reduction.columns(below), reduction), start=1):
        yield column
        budget.report("features", done, layer.width)


def _spend_pieces(
    budget: Budget, activation: Piecewise, pieces: list[_Piece], point: Point, entries: int, what: str
) -> None:
    """Pay for coefficients modulo p, tables of powers of the root, and the values themselves."""
    _spend_coefficients(budget, activation, what)
    powers = sum(formula.degree > 0 for formula in activation.pieces)
    budget.spend(2000 * powers * (activation.exponent.degree() + 1), what)
    if powers and point.p <= 2 * MOST_KEPT:
        budget.spend(800 * (1024 + point.p // 1024) * powers, what)
    budget.hold(NUMBER * sum(piece.modulus for piece in pieces if piece.kept), what)
    search = (300 + 200 * len(activation.kinks).bit_length()) * (len(activation.kinks) > 0)
    budget.spend(search * entries + max(piece.cost(entries) for piece in pieces), what)


def _spend_coefficients(budget: Budget, activation: Piecewise, what: str) -> None:
    """Pay for all coefficients modulo p."""
    coefficients = sum(c.degree() + 4 for piece in activation.pieces for c in (*piece.numerator, *piece.denominator))
    budget.spend(coefficients * (1500 + fraction(max(piece.bits for piece in activation.pieces))), what)


class _Piece:
    """One formula, whose image depends on z modulo `modulus`: p if z occurs, q if E = e^g(z) does, p q if both do.

    E goes to root^g(z mod q). Images are looked up where there are at least as many entries as residues.
    """

    def __init__(self, formula: Formula, activation: Piecewise, point: Point, entries: int) -> None:
        self.formula, self.exponent, self.point = formula, activation.exponent, point
        self.power = formula.degree > 0
        self.modulus = (point.p if formula.uses_t else 1) * (point.p // 2 if self.power else 1)
        self.computed = min(entries, self.modulus)
        self.kept = self.modulus == self.computed <= MOST_KEPT

    def images(self) -> Callable[[int], int]:
        """Return the image as a function of z from 0 to modulus - 1; POLE where the denominator vanishes."""
        p, q = self.point.p, self.point.p // 2
        value, unused = self.formula.over_field(Reduction(p), p), nmod(0, p)
        if self.power:
            exponent, power = [nmod(Reduction(q)(c), q) for c in reversed(self.exponent.coeffs())], self.point.power
            zero = nmod(0, q)

        def image(z: int) -> int:
            t = nmod(z, p) if self.formula.uses_t else unused
            e = power(int(horner(exponent, nmod(z, q), zero))) if self.power else unused
            try:
                return int(value(t, e))
            except ZeroDivisionError:
                return POLE

        return list(map(image, range(self.modulus))).__getitem__ if self.kept else image

    def cost(self, entries: int) -> int:
        """Estimate the nanoseconds of so many values."""
        terms = sum(c.degree() + 2 for c in (*self.formula.numerator, *self.formula.denominator))
        slow = self.power + (self.formula.denominator != ONE)  # powers and inverses
        terms += self.exponent.degree() if self.power else 0
        return 100 * entries + (1000 + 1000 * slow + 100 * terms) * self.computed


def _powers(root: int, p: int) -> Callable[[int], nmod]:
    """Return exponent -> root^exponent modulo p, for exponents from 0 to p - 1: by two small tables if p is small."""
    if p > 2 * MOST_KEPT:
        return lambda exponent: nmod(pow(root, exponent, p), p)
    low = [nmod(pow(root, i, p), p) for i in range(1024)]
    high = [nmod(pow(root, i, p), p) for i in range(0, p, 1024)]
    return lambda exponent: low[exponent & 1023] * high[exponent >> 10]


# -------------------------------------------------------------------- above the first exponential layer


@dataclass(frozen=True)
class _Images:
    """Features as residues and, where signs or maxima are to be decided, as balls."""

    residues: Table
    balls: Table | None


def _spend_next(budget: Budget, layer: Layer, number: int, table: _Images, point: Point) -> None:
    """Pay for the next layer."""
    what, rows = f"features of layer {number}", len(table.residues)
    activation = layer.activation
    assert isinstance(activation, Piecewise)
    budget.hold(rows * layer.width * NUMBER, what)
    _spend_coefficients(budget, activation, what)
    terms = sum(c.degree() + 3 for piece in activation.pieces for c in (*piece.numerator, *piece.denominator))
    values = rows * layer.width * (2000 + 100 * terms)
    budget.spend(product_cost(layer, rows, 500, multiplication(2 * point.p.bit_length()), 500) + values, what)
    if table.balls is not None:
        spend_balls(budget, layer, rows, point.precision or 53, what)


def _next(layer: Layer, number: int, below: _Images, p: int) -> _Images:
    """Return the features of a layer that is rational on pieces, or takes maxima.

    Where the balls do not decide which piece holds, or which value is the largest, all that come into question must
    have the same residue: it is then the right one, whichever that is.
    """
    modulo_p = Reduction(p)
    residues = joined(layer, below.residues, lambda z: z, Numbers(fmpz_mat, modulo_p))
    balls = None if below.balls is None else joined(layer, below.balls, lambda z: z, BALLS)
    choose = layer.candidates(modulo_p)
    result: Table = [
        [_common(choose(z, None if balls is None else balls[i][h]), number) for h, z in enumerate(row)]
        for i, row in enumerate(residues)
    ]
    value = layer.ball_value()
    return _Images(result, None if balls is None else [list(map(value, row)) for row in balls])


def _common(candidates: list[int], number: int) -> int:
    if any(candidate != candidates[0] for candidate in candidates):
        raise ObligationError(f"the precision does not decide a sign or a maximum in layer {number}")
    return candidates[0]
