"""Strict minima among parameters whose rows are bounded: the weights into each unit and its bias, in the l1 norm.

Let g be the gradient. A unit on its bound r needs a multiplier m > 0 with g = -m sign(theta) on its nonzero entries and
|g| < m on the others; all others need g = 0. Suppose that feasible points of no larger loss tend to the point, in
directions that tend to d. By first order g d <= 0, while sum sign(theta) d + sum |d| over the zero entries is at most 0
for each unit on its bound: so g d >= sum (m - |g|) |d| over the zero entries, d is 0 there, and sum sign(theta) d = 0.
On this space the Hessian is positive definite, and the loss plus the sum of m (norm - r), which is at most the loss at
feasible points and the same at the point, grows by second order: a contradiction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flint import ctx, fmpq

from exactcnn.checker.budget import fraction
from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.claims.losses import point_text, read_precision, short
from exactcnn.checker.claims.smooth_minima import enclosed_objective, exact_point, limit_coordinates
from exactcnn.checker.derivatives import EXACT, Objective
from exactcnn.checker.document import FormatError, fields, rational, require, sequence
from exactcnn.checker.inertia import Matrix, definite, form, read_matrix
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.losses import exact_loss
from exactcnn.checker.numbers import common_bits
from exactcnn.checker.points import at_point, coordinates, read_point, theta

Bounds = list[fmpq | None]  # of the rows of each layer; None for no bound


@dataclass(frozen=True)
class Row:
    """The coordinates of the weights into a unit and of its bias, and the bound of their norm."""

    name: str
    coordinates: list[int]
    bound: fmpq | None


def read_constrained_minimum(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim of a strict minimum among all parameters with rows of small norm, perhaps not the least one."""
    names = ("kind", "point", "norms", "precision", "congruence", "better")
    _, point, norms, precision, congruence, better = fields(claim, "claim", *names)
    read_point(instance, point)
    read_precision(precision)
    limit_coordinates(instance)
    bounds = _read_bounds(instance, norms)
    matrix = None if congruence is None else read_matrix(instance, congruence, "congruence")
    other = None if better is None else read_point(instance, better)

    def verify() -> None:
        own = at_point(instance, point)
        rows = list(_rows(own, bounds))
        _require_within(own, rows, point_text(point))
        with ctx.workprec(precision):
            objective = enclosed_objective(own, exact_point(own))  # which is smooth, or the claim is rejected
            equations, dimension = _first_order(own, rows)
            if matrix is None:
                require(dimension == 0, f"there is no congruence; the critical directions have dimension {dimension}")
            else:
                _require_critical_directions(own, matrix, equations, dimension)
                found = form(own, objective.hessian(range(len(theta(own)))), matrix)
                definite(found, dimension)
        if other is not None:
            there = at_point(instance, other)
            _require_within(there, rows, point_text(other))
            require(exact_loss(there) < exact_loss(own), f"the loss at {point_text(other)} is not smaller")

    words = ", ".join(f"layer {k} {short(bound)}" for k, bound in enumerate(bounds, start=1) if bound is not None)
    lower = "" if other is None else f"; {point_text(other)} is one of smaller loss"
    return Read(f"{point_text(point)}: strict minimum among rows of l1 norm at most: {words}{lower}", verify)


def _read_bounds(instance: Instance, norms: Any) -> Bounds:
    stated = sequence(norms, "norms", len(instance.layers) - 1)
    bounds = [None if bound is None else rational(bound, "norms") for bound in stated]
    for k, (bound, layer) in enumerate(zip(bounds, instance.layers[1:], strict=True), start=1):
        if bound is None:
            continue
        if not isinstance(layer, Convolution) or len(layer.patches) != 1:
            raise FormatError(f"norms has a bound for layer {k}, which is not one of one patch; expected null")
        if bound <= 0:
            raise FormatError(f"norms has the bound {short(bound)} for layer {k}; expected a positive one")
    return bounds


def _rows(instance: Instance, bounds: Bounds) -> Iterator[Row]:
    """Yield all rows; those of layers without a bound are in no way special, and come as one."""
    places = coordinates(instance.layers)
    ends = [*places.weights[1:], places.count]
    for k, bound in enumerate(bounds, start=1):
        if bound is None:
            yield Row(f"layer {k}", list(range(ends[k - 1], ends[k])), None)
            continue
        for unit in range(instance.layers[k].filters):
            weights, biases = places.incoming(k, unit)
            yield Row(f"unit {unit} of layer {k}", weights + biases, bound)


def _norm(values: Sequence[fmpq], row: Row) -> fmpq:
    return sum((abs(values[e]) for e in row.coordinates), fmpq(0))


def _require_within(instance: Instance, rows: list[Row], where: str) -> None:
    values = theta(instance)
    bits = max((common_bits([row.bound]) for row in rows if row.bound is not None), default=1)
    instance.budget.spend(len(values) * fraction(2 * (common_bits(values) + bits)), "norms")
    for row in rows:
        fine = row.bound is None or _norm(values, row) <= row.bound
        require(fine, f"{where}: the l1 norm of {row.name} is above its bound")


def _first_order(instance: Instance, rows: list[Row]) -> tuple[list[dict[int, fmpq]], int]:
    """Return equations of the space on which the Hessian must be positive, and its dimension, if multipliers exist."""
    values = theta(instance)
    gradient = Objective(instance, values, EXACT).gradient()
    equations: list[dict[int, fmpq]] = []
    for row in rows:
        if row.bound is None or _norm(values, row) < row.bound:
            for e in row.coordinates:
                require(gradient[e] == 0, f"{row.name} is not on its bound; the derivative by coordinate {e} is not 0")
            continue
        signs = {e: fmpq(1 if values[e] > 0 else -1) for e in row.coordinates if values[e] != 0}
        multipliers = [-sign * gradient[e] for e, sign in signs.items()]
        require(multipliers[0] > 0, f"the multiplier of {row.name} is not positive")
        require(all(m == multipliers[0] for m in multipliers), f"{row.name} has no one multiplier")
        for e in row.coordinates:
            if e not in signs:
                small = abs(gradient[e]) < multipliers[0]
                require(small, f"the derivative by coordinate {e} is not below the multiplier")
                equations.append({e: fmpq(1)})
        equations.append(signs)
    return equations, len(values) - len(equations)  # the equations have different coordinates each: independent


def _require_critical_directions(
    instance: Instance, matrix: Matrix, equations: list[dict[int, fmpq]], dimension: int
) -> None:
    require(matrix.columns == dimension, f"the congruence has {matrix.columns} columns; expected {dimension}")
    count = coordinates(instance.layers).count
    require(matrix.rows == count, f"the congruence has {matrix.rows} rows; there are {count} coordinates")
    instance.budget.spend(count * dimension * fraction(common_bits(matrix.entries)), "critical directions")
    columns = list(zip(*matrix.table(), strict=True))
    for equation in equations:
        for column in columns:
            value = sum((c * column[e] for e, c in equation.items()), fmpq(0))
            require(value == 0, "a column of the congruence leaves the bounds by first order")
