"""One-sided derivatives of the loss, at breakpoints and ties, too.

Features carry a derivative along theta + s d, s > 0. At a breakpoint the sign of the derivative of the pre-activation
tells which side is entered (if it is 0, so is that of the value, for activations are Lipschitz there); at a tie of a
maximum the largest derivative counts. Features are rational numbers as far as their layers are, then balls.
"""

from __future__ import annotations

from typing import Any

from flint import arb, ctx, fmpq

from exactcnn.checker.activations import Piecewise
from exactcnn.checker.budget import fraction, multiplication
from exactcnn.checker.document import require
from exactcnn.checker.instance import Instance
from exactcnn.checker.jets import ball_jet, rational_jet
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.kinds.layer import PADDING, Layer
from exactcnn.checker.numbers import common_bits
from exactcnn.checker.points import coordinates, known_targets

Moving = tuple[Any, Any]  # a number, and its derivative


def directional_derivative(instance: Instance, direction: list[fmpq], *, exact: bool) -> Any:
    """Return the derivative of the loss in a direction: in Q, or enclosed at the current precision."""
    places = coordinates(instance.layers)
    table: list[list[Moving]] = [[(x, fmpq(0)) for x in row] for row in instance.known_samples()]
    targets = known_targets(instance)
    for k, layer in enumerate(instance.layers[1:], start=1):
        rational = layer.activation.domain == "rational"
        require(rational or not exact, f"derivatives of layer {k} are not rational")
        _spend(instance, layer, k, table)
        if layer.kind == "max-pooling":
            table = [[_largest([row[j] for j in patch if j != PADDING]) for patch in layer.patches] for row in table]
            continue
        start = places.weights[k]
        if isinstance(layer, Convolution):
            own = direction[start : start + layer.slots * layer.filters]
            biases = direction[places.biases[k] :]
            table = [[_pre_activation(layer, row, h, own, biases) for h in range(layer.width)] for row in table]
        value = _value(layer)
        table = [[value(*z) for z in row] for row in table]
    result: Any = fmpq(0)
    for row, aims in zip(table, targets, strict=True):
        for (x, dx), y in zip(row, aims, strict=True):
            result = result + (x - y) * dx
    return result


def _spend(instance: Instance, layer: Layer, k: int, table: list[list[Moving]]) -> None:
    size = sum(map(len, layer.patches)) * layer.filters if layer.kind != "elementwise" else layer.width
    bits = int(ctx.prec)
    if all(isinstance(number, fmpq) for row in table for pair in row for number in pair):
        bits = common_bits(number for row in table for pair in row for number in pair)
        bits += common_bits([*(layer.weights or []), *(layer.biases or [])])
        product = fraction(bits)
    else:
        product = 500 + multiplication(bits)
    activation = layer.activation
    cost = activation.ball_cost(int(ctx.prec)) * 6 + 5000
    if isinstance(activation, Piecewise):
        cost += 6 * activation.value_cost(bits)
    budget_cost = len(table) * (3 * size * (product + 300) + layer.width * cost)
    instance.budget.spend(budget_cost, f"derivatives of layer {k}")


def _pre_activation(layer: Layer, row: list[Moving], h: int, own: list[fmpq], biases: list[fmpq]) -> Moving:
    p, t = divmod(h, layer.filters)
    weights, place = layer.known_weights(), h if layer.bias == "neuron" else t
    value: Any = fmpq(0)
    slope: Any = fmpq(0)
    if layer.bias != "none" and layer.biases is not None:
        value, slope = layer.biases[place], biases[place]
    for s, neuron in enumerate(layer.patches[p]):
        if neuron != PADDING:
            x, dx = row[neuron]
            w, dw = weights[s * layer.filters + t], own[s * layer.filters + t]
            value, slope = value + x * w, slope + dx * w + x * dw
    return value, slope


def _value(layer: Layer) -> Any:
    """Return the activation on a number and its derivative."""
    activation = layer.activation
    kinks: tuple[fmpq, ...] = getattr(activation, "kinks", ())
    in_q = rational_jet(activation) if activation.domain == "rational" else None
    in_balls = ball_jet(activation)

    def value(z: Any, dz: Any) -> Moving:
        number = _piece(kinks, z, dz)
        if number is None:  # at a breakpoint, and staying there to first order
            assert isinstance(activation, Piecewise)
            number, dz = activation.number(z), fmpq(0)
        if isinstance(z, fmpq) and in_q is not None:
            f, df, _ = in_q(number, z)
            return f, df * dz
        f, df, _ = in_balls(number, arb(z))
        return f, df * dz

    return value


def _piece(kinks: tuple[fmpq, ...], z: Any, dz: Any) -> int | None:
    """Return the piece that is entered from z in the direction of dz; None where dz is 0 at a breakpoint."""
    if isinstance(z, fmpq):
        below = sum(kink < z for kink in kinks)
        if below == len(kinks) or kinks[below] != z:
            return below
        if dz == 0:
            return None
        sign = bool(dz > 0)
        require(sign or bool(dz < 0), "the sign of a derivative at a breakpoint is not decided")
        return below + sign
    numbers = [arb(kink) for kink in kinks]
    below = sum(bool(kink < z) for kink in numbers)
    certain = below + sum(bool(kink > z) for kink in numbers) == len(numbers)
    require(certain, "a pre-activation that is no rational number is not certainly off the breakpoints")
    return below


def _largest(pairs: list[Moving]) -> Moving:
    """Return a maximum and its derivative; what is certainly smaller does not count, and ties are decided in Q."""
    if all(isinstance(x, fmpq) for x, _ in pairs):
        top = max(x for x, _ in pairs)
        slopes = [dx for x, dx in pairs if x == top]
        if all(isinstance(dx, fmpq) for dx in slopes):
            return top, max(slopes)
        largest = arb(slopes[0])
        for dx in slopes[1:]:
            largest = largest.max(arb(dx))
        return top, largest
    best = pairs[0]
    for pair in pairs[1:]:
        best = pair if arb(pair[0]) > arb(best[0]) else best
    single = all(pair is best or bool(arb(best[0]) > arb(pair[0])) for pair in pairs)
    require(single, "a maximum is not certainly attained once")
    return best
