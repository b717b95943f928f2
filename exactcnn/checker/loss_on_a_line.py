"""The loss on a line theta + s d of a network of polynomials: a polynomial in s."""

from __future__ import annotations

from flint import fmpq, fmpq_poly

from exactcnn.checker.activations import Piecewise
from exactcnn.checker.budget import NUMBER, fraction
from exactcnn.checker.document import ObligationError, require
from exactcnn.checker.formulas import coefficient_bits
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.kinds.layer import PADDING, Layer
from exactcnn.checker.points import coordinates, known_targets

MOST_DEGREE = 10**4


def loss_along(instance: Instance, direction: list[fmpq]) -> fmpq_poly:
    """Return the loss of theta + s d as a polynomial in s."""
    places = coordinates(instance.layers)
    targets = known_targets(instance)
    table = [[fmpq_poly([x]) for x in row] for row in instance.known_samples()]
    for k, layer in enumerate(instance.layers[1:], start=1):
        require(layer.kind != "max-pooling", f"layer {k} is max-pooling; expected polynomials")
        activation = _polynomial(layer, k)
        _spend(instance, layer, k, table, activation)
        if isinstance(layer, Convolution):
            start, size = places.weights[k], layer.slots * layer.filters
            own, moved = direction[start : start + size], direction[places.biases[k] :]
            weights = [fmpq_poly([w, d]) for w, d in zip(layer.known_weights(), own, strict=True)]
            table = [[_sum(layer, row, h, weights, moved) for h in range(layer.width)] for row in table]
        if activation != fmpq_poly([0, 1]):
            table = [[activation(z) for z in row] for row in table]
    total = fmpq_poly()
    for row, aims in zip(table, targets, strict=True):
        for value, y in zip(row, aims, strict=True):
            total += (value - y) ** 2
    return total / 2


def _polynomial(layer: Layer, k: int) -> fmpq_poly:
    activation = layer.activation
    piece = activation.pieces[0] if isinstance(activation, Piecewise) and activation.analytic else None
    if piece is None or piece.degree or piece.denominator[0].degree():
        raise ObligationError(f"the activation of layer {k} is not a polynomial")
    return (piece.numerator[0] if piece.numerator else fmpq_poly()) / piece.denominator[0][0]


def _sum(layer: Layer, row: list[fmpq_poly], h: int, weights: list[fmpq_poly], moved: list[fmpq]) -> fmpq_poly:
    p, t = divmod(h, layer.filters)
    result = fmpq_poly()
    if layer.bias != "none" and layer.biases is not None:
        place = h if layer.bias == "neuron" else t
        result = fmpq_poly([layer.biases[place], moved[place]])
    for s, neuron in enumerate(layer.patches[p]):
        if neuron != PADDING:
            result += row[neuron] * weights[s * layer.filters + t]
    return result


def _spend(instance: Instance, layer: Layer, k: int, table: list[list[fmpq_poly]], activation: fmpq_poly) -> None:
    """Pay for a layer; its polynomials have at most this degree, and numbers of so many bits."""
    degree = (1 + max(z.degree() for row in table for z in row)) * max(1, activation.degree())
    require(degree <= MOST_DEGREE, f"polynomials of degree {degree} on the line; at most {MOST_DEGREE} are read")
    numbers = [*(layer.weights or []), *(layer.biases or [])]
    own = max((int(x.p * x.q).bit_length() for x in numbers), default=1)
    bits = (max(coefficient_bits(z) for row in table for z in row) + 2 * own * (1 + degree.bit_length())) * max(
        1, activation.degree()
    ) + coefficient_bits(activation)
    entries = len(table) * layer.width
    instance.budget.hold(entries * (degree + 1) * (NUMBER + bits), f"polynomials of layer {k}")
    slots = layer.slots if isinstance(layer, Convolution) else 1
    cost = (slots + max(1, activation.degree())) * (degree + 1) * fraction(bits)
    instance.budget.spend(2 * entries * cost, f"polynomials of layer {k}")
