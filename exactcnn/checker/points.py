"""Points of the loss landscape: an instance at one choice of its parameters, and the parameters as one list.

The parameters are W_k and the biases as the network shares them, never the full matrices U_k: for k = 1, 2, ... the
entries of W_k in C order ([slot, filter]), then the biases as they are stored. A coordinate is an index into this list.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flint import fmpq

from exactcnn.checker.document import ObligationError, integer, require
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.kinds.layer import PADDING, Layer

KINDS = ("convolution", "elementwise", "max-pooling")


@dataclass(frozen=True)
class Coordinates:
    """Where the weights and the biases of each layer begin; layers without parameters begin where the next one does."""

    layers: list[Layer]
    weights: list[int]
    biases: list[int]
    count: int

    def weight(self, k: int, slot: int, unit: int) -> int:
        """Return the coordinate of W_k[slot, unit]."""
        return self.weights[k] + slot * self.layers[k].filters + unit

    def bias(self, k: int, neuron: int) -> int | None:
        """Return the coordinate of a neuron's bias, which it may share; None if it has none."""
        layer = self.layers[k]
        if not isinstance(layer, Convolution) or layer.bias == "none":
            return None
        return self.biases[k] + (neuron if layer.bias == "neuron" else neuron % layer.filters)

    def own_bias(self, k: int, neuron: int) -> int | None:
        """Return the coordinate of a neuron's bias if no other neuron has the same; None otherwise."""
        shared = self.layers[k].bias == "filter" and len(self.layers[k].patches) > 1
        return None if shared else self.bias(k, neuron)

    def incoming(self, k: int, unit: int) -> tuple[list[int], list[int]]:
        """Return the coordinates of the weights of a filter, and of the biases of its neurons."""
        layer = self.layers[k]
        weights = [self.weight(k, slot, unit) for slot in range(layer.slots)]
        places = {self.bias(k, p * layer.filters + unit) for p in range(len(layer.patches))}
        return weights, sorted(place for place in places if place is not None)


def coordinates(layers: list[Layer]) -> Coordinates:
    """Return where each parameter stands in the list of all."""
    weights, biases, count = [0], [0], 0
    for layer in layers[1:]:
        weights.append(count)
        if isinstance(layer, Convolution):
            count += layer.slots * layer.filters
        biases.append(count)
        if isinstance(layer, Convolution) and layer.bias != "none":
            count += layer.width if layer.bias == "neuron" else layer.filters
    return Coordinates(layers, weights, biases, count)


def read_point(instance: Instance, value: Any) -> int:
    """Return the index of a point: -1 for the instance's own parameters, else one of its `points`."""
    return integer(value, "point", -1, len(instance.points))


def at_point(instance: Instance, index: int) -> Instance:
    """Return the instance with the parameters of a point; all layers that have parameters must have them there."""
    instance.budget.spend(5000 * len(instance.layers), "a point")
    layers = [instance.layers[0]]
    for k, layer in enumerate(instance.layers[1:], start=1):
        require(layer.kind in KINDS, f"layer {k} is {layer.kind}; losses are not decided there")
        if isinstance(layer, Convolution):
            if index >= 0:
                own = instance.points[index][k - 1]
                if own is None:
                    raise ObligationError(f"points[{index}] has no parameters of layer {k}")
                layer = replace(layer, weights=own[0], biases=own[1])
            layer.known_weights()
        layers.append(layer)
    return replace(instance, layers=layers)


def theta(instance: Instance) -> list[fmpq]:
    """Return all parameters."""
    result: list[fmpq] = []
    for layer in instance.layers:
        if isinstance(layer, Convolution):
            result += layer.known_weights()
            result += (layer.biases or []) if layer.bias != "none" else []
    return result


def known_targets(instance: Instance) -> list[list[fmpq]]:
    """Return the targets, which must have the width of the last layer, or reject the claim that needs them."""
    if instance.targets is None:
        raise ObligationError("the claim needs targets; the instance has none")
    width, last = len(instance.targets[0]), instance.layers[-1].width
    require(len(instance.layers) > 1, "there are no layers, and no loss")
    require(width == last, f"the targets have width {width}, the last layer has width {last}")
    return instance.targets


def read_by_slot(layer: Layer, slot: int) -> list[int]:
    """Return the neurons below that a slot reads in any patch, padding aside."""
    return [patch[slot] for patch in layer.patches if patch[slot] != PADDING]
