"""The loss 1/2 |F_L - Y|^2 at a point, in Q or enclosed."""

from __future__ import annotations

from flint import arb, ctx, fmpq

from exactcnn.checker.budget import fraction
from exactcnn.checker.costs import common_bits
from exactcnn.checker.features import exact_features, joined, spend_enclosures
from exactcnn.checker.inertia import Interval, interval
from exactcnn.checker.instance import Instance
from exactcnn.checker.numbers import BALLS, RATIONALS, Table
from exactcnn.checker.points import known_targets


def exact_residual(instance: Instance) -> list[list[fmpq]]:
    """Return F_L - Y where the features are rational."""
    samples, targets = instance.known_samples(), known_targets(instance)
    outputs = exact_features(instance, len(instance.layers) - 1, samples)
    return [[a - b for a, b in zip(own, aims, strict=True)] for own, aims in zip(outputs, targets, strict=True)]


def exact_loss(instance: Instance) -> fmpq:
    """Return the loss where the features are rational."""
    entries = [x for row in exact_residual(instance) for x in row]
    instance.budget.spend(len(entries) * fraction(2 * common_bits(entries)), "the loss")
    return sum((x * x for x in entries), fmpq(0)) / 2


def enclosed_residual(instance: Instance) -> Table:
    """Return enclosures of F_L - Y at the current precision; breakpoints do not matter."""
    table: Table = instance.known_samples()
    targets, numbers = known_targets(instance), RATIONALS
    for k, layer in enumerate(instance.layers[1:], start=1):
        spend_enclosures(instance.budget, layer, table, numbers, int(ctx.prec), f"features of layer {k}")
        table, numbers = joined(layer, table, layer.ball_value(), numbers), BALLS
    return [[arb(a) - b for a, b in zip(own, aims, strict=True)] for own, aims in zip(table, targets, strict=True)]


def loss_interval(instance: Instance, precision: int | None) -> Interval:
    """Return the loss, as an interval of one number in Q, or enclosed at a precision."""
    if precision is None:
        value = exact_loss(instance)
        return value, value
    with ctx.workprec(precision):
        return interval(sum((x * x for row in enclosed_residual(instance) for x in row), arb(0)) / 2)
