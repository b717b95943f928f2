"""What a network does near a point, or near every point of a box: the pieces that its pre-activations lie on.

All of it is derived from pieces and winners that are certain, so it holds near each point of the box. At a kink of
layer 1 that a claim lists, both pieces that meet there are counted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flint import fmpq

from exactcnn.checker.activations import Activation, Piecewise
from exactcnn.checker.derivatives import Objective, Pair
from exactcnn.checker.formulas import Line, line
from exactcnn.checker.kinds.layer import PADDING, Layer

UNKNOWN = "constant"  # locally constant, the value not known
Constant = fmpq | str | None  # None: it may vary


@dataclass(frozen=True)
class Pieces:
    """For layer k, sample i, neuron h.

    numbers[k][i][h] are the pieces met (none for layer 0 and pooling), constants[k][i][h] the value near the point if
    that is constant whatever the parameters do, and level[k][h] says that the column of h is a multiple of the vector
    of ones for all parameters nearby.
    """

    layers: list[Layer]
    numbers: list[list[list[tuple[int, ...]]]]
    constants: list[list[list[Constant]]]
    level: list[list[bool]]

    def lines(self, k: int, unit: int) -> list[Line | None]:
        """Return the lines of all pieces that the neurons of a filter meet; None for a piece that is none."""
        layer = self.layers[k]
        neurons = [p * layer.filters + unit for p in range(len(layer.patches))]
        return self._lines(k, neurons)

    def neuron_lines(self, k: int, neuron: int) -> list[Line | None]:
        """Return the lines of all pieces that a neuron meets."""
        return self._lines(k, [neuron])

    def lines_of_sample(self, k: int, sample: int, neurons: list[int]) -> list[Line | None]:
        """Return the line on which each of some neurons lies on a sample that is at no kink."""
        activation = self.layers[k].activation
        if not isinstance(activation, Piecewise):
            return [None] * len(neurons)
        return [line(activation.pieces[self.numbers[k][sample][h][0]]) for h in neurons]

    def _lines(self, k: int, neurons: list[int]) -> list[Line | None]:
        activation = self.layers[k].activation
        if not isinstance(activation, Piecewise):
            return [None]
        known = [line(piece) for piece in activation.pieces]
        met = {number for row in self.numbers[k] for h in neurons for number in row[h]}
        return [known[number] for number in sorted(met)]


def pieces_of(objective: Objective, kinks: Collection[Pair] = ()) -> Pieces:
    """Return what the first pass shows; `kinks` are the pairs of layer 1 that also meet the next piece."""
    layers, samples = objective.layers, objective.instance.known_samples()
    listed = set(kinks)
    numbers: list[list[list[tuple[int, ...]]]] = [[]]
    constants: list[list[list[Constant]]] = [[list(row) for row in samples]]
    level = [[len(set(column)) == 1 for column in zip(*samples, strict=True)]]
    for k, layer in enumerate(layers[1:], start=1):
        known = objective.known[k]
        numbers.append(
            [
                [(number, number + 1) if k == 1 and (i, h) in listed else (number,) for h, number in enumerate(row)]
                for i, row in enumerate(known.pieces)
            ]
        )
        if known.winners is not None:
            constants.append([[row[j] for j in own] for row, own in zip(constants[-1], known.winners, strict=True)])
        else:
            constants.append(_constants(layer, numbers[-1], constants[-1]))
        level.append([_is_level(layer, h, level[-1], constants[-1]) for h in range(layer.width)])
    return Pieces(layers, numbers, constants, level)


def _constants(layer: Layer, numbers: list[list[tuple[int, ...]]], below: list[list[Constant]]) -> list[list[Constant]]:
    flat = _flat_values(layer.activation)
    result = []
    for row, constants in zip(numbers, below, strict=True):
        values: list[Constant] = []
        for h, met in enumerate(row):
            value: Constant = flat.get(met[0]) if all(number in flat for number in met) else None
            if value is None and layer.kind == "elementwise" and constants[h] is not None:
                value = UNKNOWN
            values.append(value)
        result.append(values)
    return result


def _flat_values(activation: Activation) -> dict[int, Any]:
    """Return the pieces that are constant, with their values; adjacent ones have the same, for they are continuous."""
    if not isinstance(activation, Piecewise):
        return {}
    lines = ((number, line(piece)) for number, piece in enumerate(activation.pieces))
    return {number: own[1] for number, own in lines if own is not None and own[0] == 0}


def _is_level(layer: Layer, h: int, below: list[bool], constants: list[list[Constant]]) -> bool:
    """Whether the samples cannot be told apart by a neuron: it reads columns of that kind only, or is constant."""
    values = {row[h] for row in constants}
    if len(values) == 1 and values.isdisjoint((None, UNKNOWN)):
        return True
    read = [h] if layer.kind == "elementwise" else layer.patches[h // layer.filters]
    return all(below[j] for j in read if j != PADDING)
