"""Which outputs are equal because they are the same expression, whatever their values are.

Every neuron gets a number, one for each expression: rational numbers are expressions by their values, sums by their
coefficients, activations by the layer and what they are taken of. So units with the same weights, images with
repeated patches and features whose weights cancel are found to be equal; different numbers say nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from exactcnn.domains.curves import IDENTITY
from exactcnn.network.as_given import AsGiven
from exactcnn.network.kinds.average_pooling import Averaged
from exactcnn.network.kinds.kind import ResolvedLayer
from exactcnn.network.network import Convolved

MOST_PRODUCTS = 3_000_000  # of one input; a microsecond or two each


def equal_outputs(given: AsGiven, sample: Sequence[Fraction]) -> tuple[tuple[int, ...], ...]:
    """Groups of neurons of the last layer that are equal at an input, as far as their expressions show.

    Parameters
    ----------
    given : AsGiven
    sample : sequence of Fraction (n_0,)

    Returns
    -------
    tuple of tuple of int
        Ascending, of two neurons or more; none for a network with too many products.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((2,), [FullyConnected(3, activation="sigmoid", bias="none")])
    >>> weights = Parameters.from_arrays(network, {"W1": [[1, 0, 2], [0, 1, 0]]})
    >>> equal_outputs(AsGiven(network, weights), [Fraction(1, 2), Fraction(1, 2)])
    ((0, 1),)
    """
    layers = given.network.resolved
    if sum(layer.patches.slots.size * layer.filters for layer in layers) > MOST_PRODUCTS:
        return ()
    table = _Table()
    below = [table.number_of(value) for value in sample]
    for layer in layers:
        below = _layer(given, layer, table, below)
    groups: dict[int, list[int]] = {}
    for neuron, expression in enumerate(below):
        groups.setdefault(expression, []).append(neuron)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


class _Table:
    """Expressions by number; those that are rational numbers are known."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}
        self.rational: dict[int, Fraction] = {}

    def of(self, *key: Any) -> int:
        return self.numbers.setdefault(key, len(self.numbers))

    def number_of(self, value: Fraction) -> int:
        expression = self.of("number", value)
        self.rational[expression] = value
        return expression

    def sum(self, terms: Sequence[tuple[int, Fraction]], constant: Fraction) -> int:
        """The sum of multiples of expressions and of a number."""
        collected: dict[int, Fraction] = {}
        for expression, factor in terms:
            if expression in self.rational:
                constant += factor * self.rational[expression]
            else:
                collected[expression] = collected.get(expression, Fraction(0)) + factor
        left = tuple(sorted((e, c) for e, c in collected.items() if c))
        if not left:
            return self.number_of(constant)
        return self.of("sum", constant, left)


def _layer(given: AsGiven, layer: ResolvedLayer, table: _Table, below: list[int]) -> list[int]:
    slots = layer.patches.slots.tolist()
    if isinstance(layer, Averaged):
        shares = [Fraction(1, int(d)) for d in layer.divisors]
        return [
            table.sum([(below[n], share) for n in patch if n >= 0], Fraction(0))
            for patch, share in zip(slots, shares, strict=True)
        ]
    if not isinstance(layer, Convolved):
        return [_largest(table, sorted({below[n] for n in patch if n >= 0})) for patch in slots]
    own = given.parameters.layer(layer.number)
    columns = own.weights.fractions().T.tolist()
    biases = [Fraction(0)] * layer.filters if own.biases is None else own.biases.fractions().tolist()
    normal = next((each for each in given.normalizations if each.layer == layer.number), None)
    numbers = None if normal is None else np.stack([a.fractions() for a in normal.arrays.values()], axis=1).tolist()
    result = []
    for p, patch in enumerate(slots):
        for t, column in enumerate(columns):
            terms = [(below[n], w) for n, w in zip(patch, column, strict=True) if n >= 0 and w]
            z = table.sum(terms, biases[p * layer.filters + t if layer.bias == "neuron" else t])
            if numbers is not None:
                z = table.of("normal", layer.number, *numbers[t], z)
            result.append(_value(table, layer, z))
    return result


def _value(table: _Table, layer: ResolvedLayer, z: int) -> int:
    """An activation; of a number where it is rational."""
    curve = layer.activation
    assert curve is not None
    if curve.affine == IDENTITY:
        return z
    if z in table.rational and curve.domain == "rational":
        return table.number_of(curve.exact(table.rational[z]))
    return table.of("value", layer.number, z)


def _largest(table: _Table, expressions: list[int]) -> int:
    """The largest of several."""
    if len(expressions) == 1:
        return expressions[0]
    if all(each in table.rational for each in expressions):
        return table.number_of(max(table.rational[each] for each in expressions))
    return table.of("largest", *expressions)
