"""What a layer of features costs, from the sizes of the numbers that go into it; see `budget`."""

from __future__ import annotations

from exactcnn.checker.activations import Piecewise
from exactcnn.checker.budget import NUMBER, Budget, fraction, multiplication
from exactcnn.checker.integers import Integers, is_affine_on_pieces
from exactcnn.checker.kinds.convolution import LANES, Convolution, lane_size
from exactcnn.checker.kinds.layer import Layer
from exactcnn.checker.numbers import Table, common_bits

BLOCK = 64  # order of matrices of balls from which on a product is several times as fast


def product_cost(layer: Layer, rows: int, number: int, product: int, entry: int) -> int:
    """Estimate the nanoseconds of the pre-activations of a layer.

    Those are given of a number that goes into a product, of a product of two numbers, and of an entry that comes out.
    """
    if not layer.adds:
        return rows * sum(map(len, layer.patches)) * number
    slots, filters = layer.slots + 1, layer.filters
    right = (len(layer.patches) if layer.bias == "neuron" else 1) * slots * filters * number
    return right + rows * len(layer.patches) * (slots * (number + filters * product) + filters * entry)


def residues_cost(layer: Layer, rows: int, modulus: int) -> int:
    """Estimate the nanoseconds of the pre-activations of a layer modulo a number."""
    product = multiplication(2 * modulus.bit_length())
    if not isinstance(layer, Convolution):
        return product_cost(layer, rows, 1000, product, 300)
    size, words = lane_size(layer.slots, modulus), modulus.bit_length() // 64 + 1
    right = 1000 * len(layer.patches if layer.bias == "neuron" else [0]) * (layer.slots + 1) * layer.filters
    entry = (100 if size in LANES else 600) + (layer.slots + 1) * size * words // 3
    return right + layer.width * (1000 * layer.slots + rows * entry)


def exact_bits(layer: Layer, table: Table) -> int:
    """Return how many bits the numerator, or the denominator, of a pre-activation over Q may have."""
    if not layer.adds:
        return max((int(x.p).bit_length() + int(x.q).bit_length() for row in table for x in row), default=0)
    return max(map(common_bits, table), default=0) + layer.coefficient_bits + (layer.slots + 1).bit_length()


def spend_pre_activations(budget: Budget, layer: Layer, table: Table, what: str) -> int:
    """Pay for pre-activations over Q, of which those of one patch are held; return how many bits they may have."""
    bits = exact_bits(layer, table)
    budget.hold(len(table) * layer.filters * (NUMBER + bits), what)
    number = fraction(bits) if layer.adds else 250 + multiplication(bits)
    cost = product_cost(layer, len(table), number, multiplication(bits), number)
    budget.spend(cost + 700 * sum(map(len, table)), what)
    return bits


def spend_integers(budget: Budget, table: Table, what: str) -> None:
    """Pay for `integers`."""
    entries, bits = sum(map(len, table)), max(map(common_bits, table), default=0)
    budget.hold(entries * (NUMBER + bits), what)
    budget.spend(entries * (700 + 2 * multiplication(bits)), what)


def spend_exact_layer(budget: Budget, layer: Layer, below: Integers, what: str) -> None:
    """Pay for the values of a layer at integers, or at their quotients by the denominators."""
    rows, bits, product, activation = len(below.rows), below.bits, 0, layer.activation
    assert isinstance(activation, Piecewise)
    own = layer.coefficient_bits
    budget.spend(len(layer.coefficients()) * (1500 + 4 * multiplication(own)), what)
    if layer.adds:
        product, bits = multiplication(bits + own) // 2, bits + own + (layer.slots + 1).bit_length()
    entry, block = affine_costs(activation, bits)
    size, blocks = affine_bits(activation, bits), rows * (len(layer.patches) + 1)
    if not is_affine_on_pieces(activation):
        entry, size = fraction(bits) + activation.value_cost(bits), 2 * activation.value_bits(bits)
    budget.hold(rows * layer.width * (NUMBER + size), what)
    cost = product_cost(layer, rows, 100 + bits // 64, product, 200 + bits // 64)
    budget.spend(cost + rows * layer.width * entry + blocks * block, what)


def affine_bits(activation: Piecewise, bits: int) -> int:
    """Return how many bits q d and q a n + q b d may have, for n and d of so many bits."""
    return bits + 4 * sum(piece.bits for piece in activation.pieces) + 1


def affine_costs(activation: Piecewise, bits: int) -> tuple[int, int]:
    """Estimate the nanoseconds of `values_on_integers` for an entry of so many bits, and besides for each block."""
    product = multiplication(affine_bits(activation, bits))
    search = len(activation.kinks).bit_length() * (100 + multiplication(bits))
    return 100 + search + product, 300 + len(activation.pieces) * (300 + 2 * product)


def spend_balls(budget: Budget, layer: Layer, rows: int, precision: int, what: str) -> None:
    """Pay for a layer of balls."""
    budget.hold(rows * layer.width * (NUMBER + 2 * precision), what)
    ball = 300 + multiplication(precision)
    blocks = layer.adds and min(rows, layer.slots, layer.filters) >= BLOCK  # what FLINT multiplies by integers
    product = 3 + multiplication(precision) // 4 if blocks else 20 + multiplication(precision)
    cost = product_cost(layer, rows, ball, product, ball)
    value = layer.activation.ball_cost(precision) if layer.linear else 0
    budget.spend(cost + rows * layer.width * (300 + value), what)
