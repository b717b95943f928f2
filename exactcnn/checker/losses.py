"""The loss 1/2 |F_L - Y|^2 at a point, in Q or enclosed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flint import arb, ctx, fmpq

from exactcnn.checker.budget import fraction
from exactcnn.checker.costs import spend_balls
from exactcnn.checker.features import exact_features, joined, spend_enclosures
from exactcnn.checker.inertia import Interval, interval
from exactcnn.checker.instance import Instance
from exactcnn.checker.numbers import BALLS, RATIONALS, Table, common_bits
from exactcnn.checker.points import coordinates, known_targets


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


def enclosed_loss(instance: Instance, values: Sequence[arb]) -> arb:
    """Return an enclosure of the loss for all parameters of a box, at the current precision.

    Breakpoints and ties of maxima may be met: activations are continuous, and only values are asked for.
    """
    places, targets = coordinates(instance.layers), known_targets(instance)
    table: Table = [list(map(arb, row)) for row in instance.known_samples()]
    for k, layer in enumerate(instance.layers[1:], start=1):
        spend_balls(instance.budget, layer, len(table), int(ctx.prec), f"features of layer {k}")
        own: Any = layer
        if layer.kind == "convolution":
            end = places.weights[k + 1] if k + 1 < len(instance.layers) else places.count
            weights: Any = list(values[places.weights[k] : places.biases[k]])
            biases: Any = list(values[places.biases[k] : end]) if layer.bias != "none" else None
            own = replace(layer, weights=weights, biases=biases)
        table = joined(own, table, layer.ball_value(), BALLS)
    pairs = (pair for own, aims in zip(table, targets, strict=True) for pair in zip(own, aims, strict=True))
    differences = [a - b for a, b in pairs]
    return sum((x * x for x in differences), arb(0)) / 2  # x ** 2 is not finite where a ball contains 0
