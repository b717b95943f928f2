"""Features known by a name only: equal names mean equal values, and the name 0 means that the value is 0.

From a layer on whose values are not rational, the name of a value says how it came about: equal arguments have equal
values; equal patches under equal filters and biases have equal sums; equal sets have equal maxima. Values that are
equal for another reason have different names.
"""

from __future__ import annotations

from collections.abc import Hashable

from exactcnn.checker.activations import Activation
from exactcnn.checker.budget import NUMBER
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.layer import PADDING, Layer
from exactcnn.checker.numbers import Table

Names = list[list[int]]  # rows, one a sample


class Register:
    """Names of keys, from 1 on."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}

    def __call__(self, key: Hashable) -> int:
        """Return the name of a key."""
        return self.numbers.setdefault(key, len(self.numbers) + 1)


def named_features(instance: Instance, first: int, arguments: Table, upto: int) -> Names:
    """Return names of F_upto, from the exact arguments of layer `first`."""
    register = Register()
    names = [[register(z) if z else 0 for z in row] for row in arguments]
    names = values_of(instance.layers[first].activation, names)
    for number, layer in enumerate(instance.layers[first + 1 : upto + 1], start=first + 1):
        what = f"equal values of layer {number}"
        slots = sum(map(len, layer.patches))
        instance.budget.hold(len(names) * (slots + layer.width) * NUMBER, what)
        instance.budget.spend(len(names) * (slots * 100 + layer.width * 1000), what)
        instance.budget.spend(len(layer.weights or []) * 500 + layer.width * 1000, what)
        names = values_of(layer.activation, sums(layer, names) if layer.patches else names)
    return names


def sums(layer: Layer, below: Names) -> Names:
    """Return names of pre-activations, or of maxima: by what is read, the filter that reads it, and the bias.

    A filter of zeros reads nothing, and nothing is read of a patch of zeros.
    """
    register, patches, units = Register(), Register(), layer.units()
    result: Names = [[] for _ in below]
    for p, patch in enumerate(layer.patches):
        own = units[p * layer.filters : (p + 1) * layer.filters]
        for row, names in zip(below, result, strict=True):
            if layer.linear:
                entries: Hashable = tuple(0 if neuron == PADDING else row[neuron] for neuron in patch)
                zero = not any(entries)  # type: ignore[arg-type]
            else:
                entries = frozenset(row[neuron] for neuron in patch if neuron != PADDING)
                zero = entries == {0}
            read = 0 if zero else patches(entries)
            for unit, bias in own:
                key = (read, unit, bias) if read and unit else (0, 0, bias)
                names.append(register(key) if any(key) else 0)
    return result


def values_of(activation: Activation, names: Names) -> Names:
    """Return names of the values of an activation: the same ones, if the value at 0 is 0."""
    return names if activation.zero_at_zero else [[name + 1 for name in row] for row in names]
