"""Points that are no minima: a derivative that is not 0, or a direction in which the loss falls."""

from __future__ import annotations

from typing import Any

from flint import arb, ctx, fmpq

from exactcnn.checker.claims.finding import Evidence, Finding
from exactcnn.checker.claims.losses import read_precision
from exactcnn.checker.claims.smooth_minima import (
    enclosed_objective,
    exact_point,
    limit_coordinates,
    require_critical,
)
from exactcnn.checker.directional import directional_derivative
from exactcnn.checker.document import FormatError, fields, integer, quote, require, unknown
from exactcnn.checker.inertia import interval, read_vector
from exactcnn.checker.instance import Instance
from exactcnn.checker.loss_on_a_line import loss_along
from exactcnn.checker.losses import loss_interval
from exactcnn.checker.points import coordinates


def read_entry(instance: Instance, evidence: Any) -> Evidence:
    """Return evidence by one derivative that is not 0, where the loss is differentiable."""
    _, e, precision = fields(evidence, "evidence", "kind", "coordinate", "precision")
    integer(e, "coordinate", 0, coordinates(instance.layers).count)
    read_precision(precision)

    def verify(point: Instance, _: str) -> Finding:
        with ctx.workprec(precision):
            objective = enclosed_objective(point, exact_point(point))
            value = objective.gradient()[e]
            nonzero = value.is_finite() and not value.contains(0)
            require(nonzero, f"the ball of the derivative by coordinate {e} does not exclude 0")
            return Finding(interval(objective.loss()))

    return Evidence(("not critical",), verify)


def read_direction(instance: Instance, value: Any, where: str) -> list[fmpq]:
    """Return a direction in the space of all parameters."""
    result, count = read_vector(instance, value, where), coordinates(instance.layers).count
    if len(result) != count:
        raise FormatError(f"{where} has {quote(len(result))} entries; expected {quote(count)}")
    return result


def read_negative_direction(instance: Instance, evidence: Any) -> Evidence:
    """Return evidence by a critical point with a direction of negative curvature; a positive one makes it a saddle."""
    names = ("kind", "by", "direction", "positive", "precision")
    _, by, direction, positive, precision = fields(evidence, "evidence", *names)
    if by not in ("rational", "formal"):
        raise unknown("derivation", by)
    limit_coordinates(instance)
    read_precision(precision)
    down = read_direction(instance, direction, "direction")
    up = None if positive is None else read_direction(instance, positive, "positive")

    def verify(point: Instance, _: str) -> Finding:
        with ctx.workprec(precision):
            objective = enclosed_objective(point, exact_point(point))
            require_critical(objective, by)

            def curvature(d: list[fmpq]) -> arb:
                image = objective.hessian_times(list(map(arb, d)))
                return sum((x * a for x, a in zip(image, d, strict=True)), arb(0))

            require(bool(curvature(down) < 0), "the curvature in the direction is not certainly negative")
            if up is not None:
                require(bool(curvature(up) > 0), "the curvature in the direction 'positive' is not certainly positive")
            return Finding(loss_interval(point, None if by == "rational" else precision))

    return Evidence(("not a minimum",) if up is None else ("not a minimum", "saddle"), verify)


def read_descent(instance: Instance, evidence: Any) -> Evidence:
    """Return evidence by a one-sided derivative below 0; the point may be at breakpoints and ties."""
    _, direction, precision = fields(evidence, "evidence", "kind", "direction", "precision")
    bits = None if precision is None else read_precision(precision)
    down = read_direction(instance, direction, "direction")

    def verify(point: Instance, _: str) -> Finding:
        with ctx.workprec(bits or 53):
            value = directional_derivative(point, down, exact=bits is None)
        require(bool(value < 0), "the derivative in the direction is not certainly negative")
        return Finding(loss_interval(point, bits))

    return Evidence(("not a minimum",), verify)


def read_curve(instance: Instance, evidence: Any) -> Evidence:
    """Return evidence by a curve on which the loss is a polynomial near the point that falls at first."""
    _, directions = fields(evidence, "evidence", "kind", "directions")
    count = coordinates(instance.layers).count
    entries = instance.array(directions, "directions", (None, count))
    curve = [entries[start : start + count] for start in range(0, len(entries), count)]

    def verify(point: Instance, _: str) -> Finding:
        coefficients = loss_along(point, curve).coeffs()
        first = next((c for c in coefficients[1:] if c != 0), None)
        require(first is not None, "the loss is constant on the curve")
        assert first is not None
        require(first < 0, "the loss rises at first")
        loss = coefficients[0]
        return Finding((loss, loss))

    return Evidence(("not a minimum",), verify)
