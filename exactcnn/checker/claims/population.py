"""Spurious minima of the population loss of ReLU students, F(W) = 1/2 E (sum relu(w_i x) - sum relu(e_j x))^2.

x is Gaussian, N(0, I_n); n students learn the n unit vectors. With a = |w|^2, b = |v|^2, c = w.v, D = ab - c^2 > 0 and
A = pi/2 + arctan(c / sqrt(D)), which is pi less the angle between w and v,

    2 pi E relu(wx) relu(vx) = sqrt(D) + c A,    E relu(wx)^2 = |w|^2 / 2.

By c: dA/dc = 1/sqrt(D), so that the terms besides A cancel. By a: dA/da = -c/(2a sqrt(D)), and what is left is
(b - c^2/a)/(2 sqrt(D)) = sqrt(D)/(2a). Hence the gradient by w: (sqrt(D)/a) w + A v. Second derivatives are those of
this formula over numbers p + eps q, eps^2 = 0. All of it holds where D > 0, and nothing is claimed elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flint import arb, ctx, fmpq

from exactcnn.checker.activations import IDENTITY, Piecewise
from exactcnn.checker.budget import NUMBER, ball_function, multiplication
from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.claims.losses import interval_text, read_interval, read_precision, require_within
from exactcnn.checker.claims.smooth_minima import limit_coordinates
from exactcnn.checker.document import fields, quote, rational, require, unknown
from exactcnn.checker.formulas import Formula
from exactcnn.checker.inertia import Interval, Matrix, around, definite, form, interval, magnitudes, norm, read_matrix
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.convolution import Convolution

RELU = Piecewise((fmpq(0),), (Formula(()), IDENTITY.pieces[0]))


def read_population_minimum(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim that a box around the students' weights has a strict minimum of F, of positive loss.

    The argument is that of evidence "box" for a critical point, over all n^2 weights of layer 1. The unit vectors
    themselves have loss 0: the minimum is not global.
    """
    names = ("kind", "teacher", "precision", "congruence", "radius", "loss")
    _, teacher, precision, congruence, radius, loss = fields(claim, "claim", *names)
    if teacher != "unit-vectors":
        raise unknown("teacher", teacher)
    limit_coordinates(instance)
    read_precision(precision)
    matrix, rho = read_matrix(instance, congruence, "congruence"), rational(radius, "radius")
    bounds = read_interval(loss, "loss")

    def verify() -> None:
        students = read_students(instance)
        with ctx.workprec(precision):
            found = minimum_in_a_box(instance, students, matrix, rho)
        require_within(found, bounds)
        require(bounds[0] > 0, "the stated lower bound of the loss is not positive")

    width = quote(instance.layers[0].width)
    what = f"strict minimum of the population loss of {width} ReLUs, loss {interval_text(bounds)}"
    return Read(f"a point of a box around the parameters: {what}; the unit vectors have loss 0", verify)


# -------------------------------------------------------------------- the network


def read_students(instance: Instance) -> list[fmpq]:
    """Return W_1, entry [slot, unit] at slot * n + unit, or reject the claim for any other network."""
    require(instance.count is None, "the claim is about all inputs; the instance has samples, or a number of them")
    require(len(instance.layers) == 3, f"{len(instance.layers) - 1} layers; the students are a network of 2")
    n = instance.layers[0].width
    weights = []
    for k, (units, activation) in enumerate(((n, RELU), (1, IDENTITY)), start=1):
        layer = instance.layers[k]
        require(isinstance(layer, Convolution), f"layer {k} is {layer.kind}; expected a fully connected layer")
        whole = len(layer.patches) == 1 and len(layer.patches[0]) == n  # before a list of n numbers is made
        require(whole and layer.patches[0] == list(range(n)), f"layer {k} does not read neurons 0, 1, ... in one patch")
        require(layer.filters == units, f"layer {k} has {layer.filters} units; expected {units}")
        require(layer.bias == "none", f"layer {k} has biases")
        instance.budget.spend(layer.activation.comparison_cost(activation), "a comparison of activations")
        require(layer.activation.same(activation), f"the activation of layer {k} is not {activation.text}")
        weights.append(layer.known_weights())
    require(all(weight == 1 for weight in weights[1]), "an output weight is not 1")
    return weights[0]


# -------------------------------------------------------------------- numbers p + eps q


@dataclass(frozen=True)
class Dual:
    """A ball and its derivative in one direction."""

    p: arb
    q: arb

    def __add__(self, other: Dual) -> Dual:
        return Dual(self.p + other.p, self.q + other.q)

    def __sub__(self, other: Dual) -> Dual:
        return Dual(self.p - other.p, self.q - other.q)

    def __mul__(self, other: Dual) -> Dual:
        return Dual(self.p * other.p, self.p * other.q + self.q * other.p)

    def __truediv__(self, other: Dual) -> Dual:
        quotient = self.p / other.p
        return Dual(quotient, (self.q - quotient * other.q) / other.p)

    def sqrt(self) -> Dual:
        """Return the square root."""
        root = self.p.sqrt()
        return Dual(root, self.q / (2 * root))

    def angle(self) -> Dual:
        """Return pi/2 + arctan."""
        return Dual(arb.pi() / 2 + self.p.atan(), self.q / (1 + self.p * self.p))


Vector = Sequence[Dual]


def dot(left: Vector, right: Vector) -> Dual:
    """Return the inner product."""
    result = left[0] * right[0]
    for x, y in zip(left[1:], right[1:], strict=True):
        result = result + x * y
    return result


def pair(w: Vector, v: Vector, names: tuple[str, str]) -> tuple[Dual, Dual, Dual, Dual]:
    """Return a, c, sqrt(D) and A, or reject the claim where the vectors may be parallel."""
    a, b, c = dot(w, w), dot(v, v), dot(w, v)
    determinant = a * b - c * c
    require(bool(determinant.p > 0), f"{names[0]} and {names[1]} are not certainly of different directions")
    root = determinant.sqrt()
    return a, c, root, (c / root).angle()


# -------------------------------------------------------------------- F and its derivatives


class Students:
    """n students with these weights, entry [slot, unit] at slot * n + unit: at a point, or on a box."""

    def __init__(self, weights: Sequence[arb], n: int) -> None:
        self.n = n
        self.rows = [[weights[slot * n + unit] for slot in range(n)] for unit in range(n)]
        self.rows += [[arb(int(slot == j)) for slot in range(n)] for j in range(n)]
        self.names = [f"unit {i}" for i in range(n)] + [f"the unit vector {j}" for j in range(n)]

    def vector(self, number: int, slot: int | None = None) -> list[Dual]:
        """Return a unit, or from number n on a unit vector; with the derivative 1 in one slot."""
        return [Dual(x, arb(int(s == slot))) for s, x in enumerate(self.rows[number])]

    def slope(self, i: int, other: int, slots: tuple[int | None, int | None] = (None, None)) -> list[Dual]:
        """Return what a pair adds to the gradient by unit i."""
        w, v = self.vector(i, slots[0]), self.vector(other, slots[1])
        a, _, root, angle = pair(w, v, (self.names[i], self.names[other]))
        factor, sign = root / a, Dual((1 if other < self.n else -1) / (2 * arb.pi()), arb(0))
        return [(factor * x + angle * y) * sign for x, y in zip(w, v, strict=True)]

    def loss(self) -> arb:
        """Return F: squares, then pairs; those of two unit vectors have the value 1 / (2 pi) each."""
        total = sum((x * x for row in self.rows for x in row), arb(0)) / 4
        for i in range(self.n):
            for other in range(i + 1, 2 * self.n):
                _, c, root, angle = pair(self.vector(i), self.vector(other), (self.names[i], self.names[other]))
                value = (root.p + c.p * angle.p) / (2 * arb.pi())
                total += value if other < self.n else -value
        return total + self.n * (self.n - 1) / (4 * arb.pi())

    def gradient(self) -> list[arb]:
        """Return the derivatives by all weights, in their order."""
        rows = [[x / 2 for x in row] for row in self.rows[: self.n]]
        for i, row in enumerate(rows):
            for other in range(2 * self.n):
                if other != i:
                    row[:] = [x + y.p for x, y in zip(row, self.slope(i, other), strict=True)]
        return [rows[unit][slot] for slot in range(self.n) for unit in range(self.n)]

    def hessian(self) -> list[list[arb]]:
        """Return the second derivatives."""
        n = self.n
        table = [[arb(0)] * (n * n) for _ in range(n * n)]
        for e in range(n * n):
            table[e][e] += arb(1) / 2
        for i in range(n):
            for other in range(2 * n):
                for slot in range(n if other != i else 0):
                    self._add(table, i, i + slot * n, self.slope(i, other, (slot, None)))
                    if other < n:
                        self._add(table, i, other + slot * n, self.slope(i, other, (None, slot)))
        return table

    def _add(self, table: list[list[arb]], i: int, column: int, slopes: list[Dual]) -> None:
        for slot, slope in enumerate(slopes):
            table[slot * self.n + i][column] += slope.q


def spend(instance: Instance, n: int) -> None:
    """Pay for one Hessian, and for loss and gradient, which are less."""
    precision = int(ctx.prec)
    instance.budget.hold(n**4 * (NUMBER + 2 * precision), "the Hessian")
    operation = 2000 + 4 * multiplication(precision)  # of numbers p + eps q
    slope = (5 * n + 15) * operation + 2 * ball_function(precision)
    sums = 2 * n**4 * operation  # of the entries of a congruence
    instance.budget.spend(2 * n * (2 * n + 1) * n * slope + sums, "derivatives of the population loss")


def minimum_in_a_box(instance: Instance, weights: Sequence[fmpq], matrix: Matrix, rho: fmpq) -> Interval:
    """Return an interval of the loss at the minimum in {c + C y : |y| <= rho}, or reject the claim."""
    n = instance.layers[0].width
    require(rho > 0, "the radius is not positive")
    square = (matrix.rows, matrix.columns) == (n * n, n * n)
    require(square, f"the congruence is no square matrix of order {n * n}, the number of weights")
    spend(instance, n)
    box = [around(x, r) for x, r in zip(weights, magnitudes(matrix, rho), strict=True)]
    mu = definite(form(instance, Students(box, n).hessian(), matrix), n * n)
    centre = Students([arb(x) for x in weights], n)
    gradient = centre.gradient()
    columns = zip(*matrix.table(), strict=True)
    size = norm([sum((arb(c) * g for c, g in zip(column, gradient, strict=True)), arb(0)) for column in columns])
    require(bool(2 * size < mu * rho), "the gradient at the centre is too large for the box")
    loss = centre.loss()
    return interval(loss - size * size / (2 * mu))[0], interval(loss)[1]
