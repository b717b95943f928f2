"""Outputs that are the same expression in the samples and parameters, and therefore equal.

Every neuron gets the number of its expression: a rational number, a sum of multiples of other expressions, an
activation, a normalization, a maximum. Equal numbers are equal values, for each expression is a function of those
that it is made of; different numbers say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from flint import fmpq

from exactcnn.checker.activations import IDENTITY, Piecewise
from exactcnn.checker.budget import NUMBER, fraction
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.average_pooling import AveragePooling
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.kinds.layer import PADDING, Layer
from exactcnn.checker.kinds.max_pooling import MaxPooling
from exactcnn.checker.numbers import common_bits

Constants = Callable[[int], tuple[fmpq, ...] | None]  # of the normalization of a filter, if there is one


class Expressions:
    """Numbers of expressions, and the values of those that are rational numbers."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}
        self.values: dict[int, fmpq] = {}

    def of(self, *key: Any) -> int:
        """Return the number of an expression."""
        return self.numbers.setdefault(key, len(self.numbers))

    def rational(self, value: fmpq) -> int:
        """Return the number of a rational number."""
        result = self.of("rational", int(value.p), int(value.q))
        self.values[result] = value
        return result

    def sum(self, terms: Iterable[tuple[int, fmpq]], constant: fmpq) -> int:
        """Return the number of a sum of multiples and of a rational number."""
        left: dict[int, fmpq] = {}
        for number, factor in terms:
            if number in self.values:
                constant += factor * self.values[number]
            else:
                left[number] = left.get(number, fmpq(0)) + factor
        rest = sorted((number, factor) for number, factor in left.items() if factor != 0)
        if not rest:
            return self.rational(constant)
        parts = [(number, int(factor.p), int(factor.q)) for number, factor in rest]
        return self.of("sum", int(constant.p), int(constant.q), *parts)


def expressions(instance: Instance, sample: Sequence[fmpq], constants: Callable[[int], Constants]) -> list[int]:
    """Return the numbers of the outputs of the last layer at a sample; `constants` are those of a layer's filters."""
    table = Expressions()
    below = [table.rational(value) for value in sample]
    for k, layer in enumerate(instance.layers[1:], start=1):
        _spend(instance, layer, table, below, k)
        below = _layer(instance, layer, table, below, k, constants(k))
    return below


def _spend(instance: Instance, layer: Layer, table: Expressions, below: list[int], k: int) -> None:
    """Pay for a layer: every product adds to a sum of numbers of so many bits."""
    what = f"expressions of layer {k}"
    numbers = [table.values[number] for number in set(below) if number in table.values]
    bits = common_bits(numbers) + common_bits([*(layer.weights or []), *(layer.biases or [])])
    products = sum(map(len, layer.patches)) * layer.filters
    instance.budget.hold((products + layer.width) * NUMBER + layer.width * bits, what)
    curve = layer.activation
    value = curve.value_cost(bits) if isinstance(curve, Piecewise) and curve.domain == "rational" else 0
    instance.budget.spend(products * (2000 + 2 * fraction(bits)) + layer.width * (5000 + value), what)


def _layer(
    instance: Instance, layer: Layer, table: Expressions, below: list[int], k: int, constants: Constants
) -> list[int]:
    patches = [[(s, below[n]) for s, n in enumerate(patch) if n != PADDING] for patch in layer.patches]
    if isinstance(layer, MaxPooling):
        return [_largest(table, sorted({number for _, number in patch})) for patch in patches]
    if isinstance(layer, AveragePooling):
        shares = [fmpq(1, divisor) for divisor in layer.divisors]
        pairs = zip(patches, shares, strict=True)
        return [table.sum([(number, share) for _, number in patch], fmpq(0)) for patch, share in pairs]
    curve = layer.activation
    value = None
    if isinstance(curve, Piecewise) and curve.domain == "rational":
        value = curve.values(instance.budget)
    identity = curve.same(IDENTITY)

    def activated(z: int) -> int:
        if identity:
            return z
        if value is not None and z in table.values:
            return table.rational(value(table.values[z]))
        return table.of("value", k, z)

    if not isinstance(layer, Convolution):
        return list(map(activated, below))
    weights, filters = layer.known_weights(), layer.filters
    result = []
    for p, patch in enumerate(patches):
        for t in range(filters):
            own = p * filters + t if layer.bias == "neuron" else t
            bias = layer.biases[own] if layer.biases is not None else fmpq(0)
            z = table.sum([(number, weights[s * filters + t]) for s, number in patch], bias)
            normal = constants(t)
            if normal is not None:
                z = table.of("normalized", *(part for x in normal for part in (int(x.p), int(x.q))), z)
            result.append(activated(z))
    return result


def _largest(table: Expressions, numbers: list[int]) -> int:
    if len(numbers) == 1:
        return numbers[0]
    if all(number in table.values for number in numbers):
        return table.rational(max(table.values[number] for number in numbers))
    return table.of("largest", *numbers)
