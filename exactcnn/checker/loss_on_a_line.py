"""The loss on a curve theta + s d_1 + s^2 d_2 + ... near s = 0, where layers are polynomials there: one in s."""

from __future__ import annotations

from itertools import chain

from flint import fmpq, fmpq_poly

from exactcnn.checker.activations import Piecewise
from exactcnn.checker.budget import NUMBER, fraction
from exactcnn.checker.document import ObligationError, require
from exactcnn.checker.formulas import Formula, coefficient_bits
from exactcnn.checker.instance import Instance
from exactcnn.checker.jets import certain_piece
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.kinds.layer import PADDING, Layer
from exactcnn.checker.numbers import common_bits
from exactcnn.checker.points import coordinates, known_targets

MOST_DEGREE = 10**4
Changes = list[list[fmpq]]  # of the parameters of a layer, by the powers of s


def loss_along(instance: Instance, curve: list[list[fmpq]]) -> fmpq_poly:
    """Return the loss near s = 0 on the curve theta + s curve[0] + s^2 curve[1] + ..., as a polynomial in s.

    Where a pre-activation depends on s at all it must lie off all breakpoints at s = 0: near 0 its piece is the same.
    """
    places = coordinates(instance.layers)
    targets = known_targets(instance)
    table = [[fmpq_poly([x]) for x in row] for row in instance.known_samples()]
    for k, layer in enumerate(instance.layers[1:], start=1):
        require(layer.kind != "max-pooling", f"layer {k} is max-pooling; expected polynomials")
        degree = max(_polynomial(piece, k).degree() for piece in _pieces(layer, k))
        longest = max(coefficient_bits(_polynomial(piece, k)) for piece in _pieces(layer, k))
        end = places.weights[k + 1] if k + 1 < len(places.weights) else places.count
        changes = [row[places.weights[k] : end] for row in curve]
        _spend(instance, layer, k, table, max(1, degree), longest, changes)
        if isinstance(layer, Convolution):
            own = layer.known_weights()
            start = places.weights[k]
            weights = [fmpq_poly([w, *(row[start + e] for row in curve)]) for e, w in enumerate(own)]
            biases = [
                fmpq_poly([b, *(row[places.biases[k] + e] for row in curve)]) for e, b in enumerate(layer.biases or [])
            ]
            table = [[_sum(layer, row, h, weights, biases) for h in range(layer.width)] for row in table]
        table = [[_value(layer, k, z) for z in row] for row in table]
    degree = 1 + max(z.degree() for row in table for z in row)
    bits = _common([z for row in table for z in row]) + common_bits(chain(*targets))
    instance.budget.spend(2 * len(table) * len(targets[0]) * degree * fraction(2 * bits), "the loss on the curve")
    total = fmpq_poly()
    for row, aims in zip(table, targets, strict=True):
        for value, y in zip(row, aims, strict=True):
            total += (value - y) ** 2
    return total / 2


def _pieces(layer: Layer, k: int) -> tuple[Formula, ...]:
    if not isinstance(layer.activation, Piecewise):
        raise ObligationError(f"the activation of layer {k} is not a polynomial")
    return layer.activation.pieces


def _polynomial(piece: Formula, k: int) -> fmpq_poly:
    if piece.degree or piece.denominator[0].degree():
        raise ObligationError(f"the activation of layer {k} is not a polynomial")
    return (piece.numerator[0] if piece.numerator else fmpq_poly()) / piece.denominator[0][0]


def _value(layer: Layer, k: int, z: fmpq_poly) -> fmpq_poly:
    """Return the activation at a pre-activation; at a constant one all pieces that meet there have the same value."""
    activation = layer.activation
    assert isinstance(activation, Piecewise)
    if z.degree() <= 0:
        return fmpq_poly([_polynomial(activation.piece(z[0]), k)(z[0])])
    outer = _polynomial(activation.pieces[certain_piece(list(activation.kinks), z[0])], k)
    return z if outer == fmpq_poly([0, 1]) else outer(z)


def _sum(layer: Layer, row: list[fmpq_poly], h: int, weights: list[fmpq_poly], biases: list[fmpq_poly]) -> fmpq_poly:
    p, t = divmod(h, layer.filters)
    result = biases[h if layer.bias == "neuron" else t] if layer.bias != "none" else fmpq_poly()
    for s, neuron in enumerate(layer.patches[p]):
        if neuron != PADDING:
            result += row[neuron] * weights[s * layer.filters + t]
    return result


def _common(values: list[fmpq_poly]) -> int:
    """Return how many bits coefficients may have over one denominator of these polynomials, and that."""
    height = max(int(z.numer().height_bits()) for z in values)
    return height + common_bits([fmpq(1, z.denom()) for z in values])


def _spend(
    instance: Instance, layer: Layer, k: int, table: list[list[fmpq_poly]], power: int, size: int, changes: Changes
) -> None:
    """Pay for a layer of polynomials of degree `power` at most, with coefficients of so many bits."""
    degree = (len(changes) + max(z.degree() for row in table for z in row)) * power
    require(degree <= MOST_DEGREE, f"polynomials of degree {degree} on the line; at most {MOST_DEGREE} are read")
    slots = layer.slots if isinstance(layer, Convolution) else 1
    own = common_bits(chain(layer.coefficients(), *changes)) if layer.adds else 0
    bits = (max(map(_common, table)) + own + (slots * (degree + 1)).bit_length()) * power + size
    entries = len(table) * layer.width
    instance.budget.hold(entries * (degree + 1) * (NUMBER + bits), f"polynomials of layer {k}")
    cost = (slots + power) * (degree + 1) * fraction(bits)
    instance.budget.spend(2 * entries * cost, f"polynomials of layer {k}")
