"""Minima on a curve of critical points, along which the loss is constant: positive curvature across it.

All activations are lines on the pieces that are met, so near the point the loss is a polynomial of degree 2 K in the
parameters, K the number of layers that have some. Let c(s) = p(s)/q(s) be a curve on the free coordinates with c(0) the
point and c'(0) not 0, p and q of degree at most g. Where the pieces are those of the point, the derivatives of the loss
at c(s), times q(s)^(2 K - 1), are polynomials in s of degree at most g (2 K - 1). If they vanish at one value of s more
than that, they vanish for all s: near the point the curve is critical. Its tangent is in the kernel of the Hessian H,
and C^T H C is positive for a C of n - 1 columns, so c(s) + C y are coordinates near the point, and the loss is convex
in y near 0, with derivative 0 at y = 0, where it does not depend on s: a minimum.
"""

from __future__ import annotations

from typing import Any

from flint import ctx, fmpq, fmpq_poly

from exactcnn.checker.activations import Piecewise
from exactcnn.checker.budget import fraction, multiplication
from exactcnn.checker.claims.finding import Evidence, Finding
from exactcnn.checker.claims.losses import read_precision
from exactcnn.checker.claims.smooth_minima import enclosed_objective, exact_point, limit_coordinates, require_critical
from exactcnn.checker.derivatives import EXACT, Objective
from exactcnn.checker.document import FormatError, distinct, fields, rational, require, sequence
from exactcnn.checker.formulas import line
from exactcnn.checker.inertia import Matrix, definite, form, read_matrix
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.losses import loss_interval
from exactcnn.checker.numbers import common_bits
from exactcnn.checker.pieces import pieces_of
from exactcnn.checker.points import coordinates, theta
from exactcnn.checker.slices import free_coordinates, read_slice
from exactcnn.checker.steps import Near

MOST_DEGREE = 20


def read_valley(instance: Instance, evidence: Any) -> Evidence:
    """Return evidence for a minimum on a curve of critical points."""
    names = ("kind", "slice", "precision", "congruence", "numerators", "denominator", "at")
    _, steps, precision, congruence, numerators, denominator, at = fields(evidence, "evidence", *names)
    limit_coordinates(instance)
    read_precision(precision)
    own, matrix = read_slice(instance, steps), read_matrix(instance, congruence, "congruence")
    above = read_matrix(instance, numerators, "numerators")
    below = [rational(c, "denominator") for c in sequence(denominator, "denominator")]
    if not below or max(above.rows, len(below)) > MOST_DEGREE + 1:
        raise FormatError(f"the curve has {above.rows} and {len(below)} coefficients; expected 1 to {MOST_DEGREE + 1}")
    values = [rational(s, "at") for s in sequence(at, "at")]
    distinct(map(str, values), "at")

    def verify(point: Instance, _: str) -> Finding:
        with ctx.workprec(precision):
            objective = enclosed_objective(point, exact_point(point))
            require_critical(objective, "rational")
            free = free_coordinates(own, Near(point, theta(point), pieces_of(objective)))
            curve = _Curve(point, free, above, below)
            curve.require_critical(values)
            expected = len(free) - 1
            require(matrix.columns == expected, f"the congruence has {matrix.columns} columns; expected {expected}")
            definite(form(point, objective.hessian(free), matrix), expected)
        total = coordinates(point.layers).count
        return Finding(loss_interval(point, None), [expected, 0, total - expected])

    return Evidence(("minimum",), verify)


class _Curve:
    """c(s) on the free coordinates; row i of the numerators has the coefficients of s^i."""

    def __init__(self, point: Instance, free: list[int], numerators: Matrix, denominator: list[fmpq]) -> None:
        self.point, self.free, self.start = point, free, theta(point)
        require(numerators.columns == len(free), f"the curve has {numerators.columns} entries; {len(free)} are free")
        self.above = [fmpq_poly(list(column)) for column in zip(*numerators.table(), strict=True)]
        self.below = fmpq_poly(denominator)
        self.degree = max(numerators.rows, len(denominator)) - 1
        self.bits = common_bits(numerators.entries) + common_bits(denominator)
        require(denominator[0] != 0, "the denominator is 0 at s = 0")
        starts = all(p(0) == self.start[e] * denominator[0] for e, p in zip(free, self.above, strict=True))
        require(starts, "the curve does not start at the point")
        q, slope = self.below, self.below.derivative()
        moves = any((p.derivative() * q - p * slope)(0) != 0 for p in self.above)
        require(moves, "the curve has no direction at the point")

    def require_critical(self, values: list[fmpq]) -> None:
        """Reject the claim unless all derivatives vanish along the curve."""
        pieces = _lines_met(self.point, self.start)
        layers = sum(isinstance(layer, Convolution) for layer in self.point.layers)
        needed = self.degree * (2 * layers - 1) + 1
        require(len(values) >= needed, f"the curve is looked at in {len(values)} points; expected at least {needed}")
        for s in values:
            at = self._at(s)
            require(_lines_met(self.point, at) == pieces, f"other pieces are met at s = {s}")
            gradient = Objective(self.point, at, EXACT).gradient()
            require(all(x == 0 for x in gradient), f"the curve is not critical at s = {s}")

    def _at(self, s: fmpq) -> list[fmpq]:
        bits = self.bits + self.degree * common_bits([s])
        self.point.budget.spend(
            (len(self.free) + 1) * (self.degree + 1) * (fraction(bits) + multiplication(bits)), "a curve"
        )
        scale = self.below(s)
        require(scale != 0, f"the denominator is 0 at s = {s}")
        result = list(self.start)
        for e, p in zip(self.free, self.above, strict=True):
            result[e] = p(s) / scale
        return result


def _lines_met(point: Instance, values: list[fmpq]) -> list[list[list[int]]]:
    """Return the pieces of all pre-activations, inside all of them, or reject the claim where they are no lines."""
    met = [known.pieces for known in Objective(point, values, EXACT).known]
    for k, layer in enumerate(point.layers[1:], start=1):
        activation = layer.activation if layer.linear else None
        fine = isinstance(activation, Piecewise) and all(
            line(activation.pieces[number]) is not None for row in met[k] for number in row
        )
        require(fine, f"layer {k} meets a piece that is no line")
    return met
