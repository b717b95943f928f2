"""Images in GF(p) of features in Q, and in Q(t) with t = e^(1/D).

The image is that of a ring homomorphism. On rational numbers it is reduction modulo p, for denominators prime to p; on
exponentials, p = 2q + 1, it is e^z -> root^(z mod q), for denominators prime to q. That is one because the e^z with z
in Z/D are the powers of t = e^(1/D), which is transcendental: a formal variable, for which any unit may be put. It
extends to all quotients whose denominator has an image that is not 0, and each is looked at.

So the image of one formula at z depends on z mod p and z mod q only: pre-activations are multiplied out modulo p and
modulo q, and values that depend on z mod q alone are looked up. With kinks, the exact z tells which piece holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from flint import ctx, fmpq, fmpz, fmpz_mat, nmod_mat

from exactcnn.checker.activations import IDENTITY, Piecewise
from exactcnn.checker.budget import NUMBER, Budget, elimination, fraction, multiplication
from exactcnn.checker.costs import product_cost, spend_balls, spend_pre_activations
from exactcnn.checker.document import ObligationError, require
from exactcnn.checker.features import domain, exact_features, joined, some_features
from exactcnn.checker.formulas import ONE, Formula, horner
from exactcnn.checker.instance import Instance
from exactcnn.checker.integers import Integers, is_affine_on_pieces
from exactcnn.checker.kinds.layer import Blocks, Layer
from exactcnn.checker.numbers import BALLS, Numbers, Reduction, Table
from exactcnn.checker.parts import part_of

MOST_KEPT = 2**22  # values


@dataclass(frozen=True)
class Point:
    """Where features are evaluated: a prime, the image of e if there are exponentials, and the bits of signs above."""

    p: int
    root: int | None
    precision: int | None

    @cached_property
    def power(self) -> Callable[[int], int]:
        """The function exponent -> root^exponent."""
        return _powers(self.root or 0, self.p)


def modular_minor(instance: Instance, number: int, rows: list[int], columns: list[int], point: Point) -> nmod_mat:
    """Return the image in GF(p) of a square part of F_k."""
    budget = instance.budget
    budget.hold(64 * len(rows) * len(columns), "a minor")
    budget.spend(elimination(len(rows), len(columns)), f"a minor of order {len(rows)}")
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
        return _exact_minor(instance, number, rows, columns, point.p)
    instance, columns = part_of(instance, number, rows, columns)
    above = instance.layers[first + 1 : number + 1] if above else []
    base = first if above else number
    below = exact_features(instance, base - 1, instance.known_samples())
    layer = instance.layers[base]
    blocks = _images(budget, layer, f"features of layer {base}", below, point)
    try:
        if not above:
            return _minor(blocks, len(rows), columns, point.p)
        budget.hold(len(rows) * layer.width * NUMBER, f"features of layer {base}")
        table = _Images([[] for _ in rows], None)
        for _, block in blocks:
            for row, entries in zip(table.residues, block, strict=True):
                row.extend(entries)
        with ctx.workprec(point.precision or 53):
            if decided:
                spend_balls(budget, layer, len(rows), point.precision or 53, f"features of layer {base}")
                table = _Images(table.residues, joined(layer, below, layer.ball_value()))
            for base, layer in enumerate(above, start=first + 1):
                _spend_next(budget, layer, base, table, point)
                table = _next(layer, base, table, point.p)
    except ZeroDivisionError:
        raise ObligationError(f"a denominator of layer {base} vanishes modulo {point.p}") from None
    return _minor(iter([(0, table.residues)]), len(rows), columns, point.p)


def _exact_minor(instance: Instance, number: int, rows: list[int], columns: list[int], p: int) -> nmod_mat:
    """Return the image of exact values."""
    table, modulo_p = some_features(instance, number, rows, columns), Reduction(p)
    if isinstance(table, Integers):
        rows_of = zip(table.rows, table.denominators, strict=True)
        entries = [x for row, d in rows_of for x in _over(row, d, modulo_p)]
    else:
        entries = [modulo_p(x) for row in table for x in row]
    return nmod_mat(len(rows), len(columns), entries, p)


def _over(row: list[int], denominator: fmpz, modulo_p: Reduction) -> list[int]:
    """Return residues of a row over one denominator; where the prime divides it, entries are in lowest terms."""
    if denominator % modulo_p.prime == 0:
        return [modulo_p(fmpq(n, denominator)) for n in row]
    inverse = modulo_p(fmpq(1, denominator))
    return [n * inverse for n in row]


def _minor(blocks: Blocks, order: int, columns: list[int], p: int) -> nmod_mat:
    result = nmod_mat(order, len(columns), p)
    position = {column: j for j, column in enumerate(columns)}
    for first, block in blocks:
        wanted: list[tuple[int, int]] = []
        for i, entries in enumerate(block):
            if i == 0:
                wanted = [(h, position[first + h]) for h in range(len(entries)) if first + h in position]
            for h, j in wanted:
                result[i, j] = entries[h]
    return result


# -------------------------------------------------------------------- from rational pre-activations


def _images(budget: Budget, layer: Layer, what: str, below: Table, point: Point) -> Blocks:
    """Yield the images of a layer."""
    activation, p = layer.activation, point.p
    assert isinstance(activation, Piecewise)
    entries = len(below) * layer.width
    if activation.kinks:
        spend_pre_activations(budget, layer, below, what)
    _spend_pieces(budget, activation, point, what)
    pieces = [_Piece(formula, activation, point) for formula in activation.pieces]
    search = 100 + 200 * len(activation.kinks).bit_length()
    budget.spend(search * entries + max(piece.cost(entries) for piece in pieces), what)
    by_power = any(piece.uses_power for piece in pieces)
    if not activation.kinks and pieces[0].known:
        known, image = pieces[0].known, pieces[0].image
        for first, block in _residues(budget, layer, what, below, (p - 1) // 2):
            yield first, ([known[r] or image(0, r) for r in row] for row in block)
        return
    powers = _residues(budget, layer, what, below, (p - 1) // 2) if by_power else None
    signs = layer.pre_activations(below) if activation.kinks else None
    for first, block in _residues(budget, layer, what, below, p):
        ts = list(block)
        numbers, rs = next(signs)[1] if signs else ts, next(powers)[1] if powers else ts
        images = (
            [pieces[activation.number(z)].image(t, r) for z, t, r in zip(*row, strict=True)]
            for row in zip(numbers, ts, rs, strict=True)
        )
        yield first, images


def _residues(budget: Budget, layer: Layer, what: str, below: Table, modulus: int) -> Blocks:
    """Yield the pre-activations modulo a prime, from products of the residues of all that goes into them."""
    cost = product_cost(layer, len(below), 1000, multiplication(2 * modulus.bit_length()), 300)
    budget.spend(cost + 1000 * sum(map(len, below)), what)
    reduction = Reduction(modulus)
    table = [[reduction(x) for x in row] for row in below]
    for done, block in enumerate(layer.residues(table, reduction), start=1):
        yield block
        budget.report("features", done, len(layer.patches) or 1)


def _spend_pieces(budget: Budget, activation: Piecewise, point: Point, what: str) -> None:
    """Pay for what is made before the first value: coefficients modulo p, powers of the root, tables of values."""
    _spend_coefficients(budget, activation, what)
    powers = sum(formula.degree > 0 for formula in activation.pieces)
    budget.spend(2000 * powers * (activation.exponent.degree() + 1), what)
    if powers and point.p <= 2 * MOST_KEPT:
        budget.hold(64 * (point.p // 2) * powers, what)
        budget.spend(800 * (1024 + point.p // 1024) + 4 * point.p * powers, what)


def _spend_coefficients(budget: Budget, activation: Piecewise, what: str) -> None:
    """Pay for all coefficients modulo p."""
    coefficients = sum(c.degree() + 4 for piece in activation.pieces for c in (*piece.numerator, *piece.denominator))
    budget.spend(coefficients * (1500 + fraction(max(piece.bits for piece in activation.pieces))), what)


class _Piece:
    """One formula on residues t = z mod p and r = z mod q, with E = e^g(z) -> root^g(r)."""

    def __init__(self, formula: Formula, activation: Piecewise, point: Point) -> None:
        self.uses_t, self.uses_power = formula.uses_t, formula.degree > 0
        self.q, p = (point.p - 1) // 2, point.p
        self.known: list[int] = []  # values by r where they are looked up; 0 is one that was not asked for, or is 0
        self.terms = sum(c.degree() + 2 for c in (*formula.numerator, *formula.denominator))
        self.slow = self.uses_power + (formula.denominator != ONE)  # powers and inverses
        self.value = formula.over_field(Reduction(p), p)
        if not self.uses_power:
            self.image = (lambda t, _: t) if formula == IDENTITY.pieces[0] else self.value
            return
        self.terms += activation.exponent.degree()
        exponent = [Reduction(self.q)(c) for c in reversed(activation.exponent.coeffs())]
        power = point.power
        if self.uses_t or self.q > MOST_KEPT:
            self.image = lambda t, r: self.value(t, power(horner(exponent, r, self.q)))
            return
        known = self.known = [0] * self.q

        def image(_: int, r: int) -> int:
            if not known[r]:
                known[r] = self.value(0, power(horner(exponent, r, self.q)))
            return known[r]

        self.image = image

    def cost(self, entries: int) -> int:
        """Estimate the nanoseconds of so many values."""
        computed = min(entries, self.q) if self.known else entries
        return 400 * entries + (1000 * self.slow + 100 * self.terms) * computed


def _powers(root: int, p: int) -> Callable[[int], int]:
    """Return exponent -> root^exponent modulo p, for exponents from 0 to p - 1: by two small tables if p is small."""
    if p > 2 * MOST_KEPT:
        return lambda exponent: pow(root, exponent, p)
    low = [pow(root, i, p) for i in range(1024)]
    high = [pow(root, i, p) for i in range(0, p, 1024)]
    return lambda exponent: low[exponent & 1023] * high[exponent >> 10] % p


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
