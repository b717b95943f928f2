"""Parts of a network: the neurons that some features depend on, and no others."""

from __future__ import annotations

from dataclasses import replace

from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.layer import PADDING


def part_of(instance: Instance, number: int, rows: list[int], columns: list[int]) -> tuple[Instance, list[int]]:
    """Return layers 0..k of what rows and columns of F_k depend on, and where the columns are in its own F_k.

    Downwards it is decided which neurons a layer has; upwards what is read gets the numbers that it has there.
    """
    layers, samples = instance.layers[: number + 1], instance.known_samples()
    instance.budget.spend(
        300 * sum(sum(map(len, each.patches)) + len(each.coefficients()) + each.width for each in layers),
        f"the part of layer {number}",
    )
    wanted, parts = columns, []
    for layer in reversed(layers[1:]):
        part, neurons = layer.part(wanted)
        parts.append((part, neurons))
        read = {neuron for patch in part.patches for neuron in patch if neuron != PADDING}
        wanted = (sorted(read) or [0]) if part.patches else neurons  # at least one, where padding alone is read
    inputs = sorted(set(wanted))
    result, place = [replace(layers[0], below=len(inputs), width=len(inputs))], _places(inputs)
    for part, neurons in reversed(parts):
        patches = [[place[neuron] for neuron in patch] for patch in part.patches]
        below = result[-1].width
        place = _places(neurons) if patches else place  # a layer without patches has a neuron for each below
        result.append(replace(part, below=below, width=len(neurons) if patches else below, patches=patches))
    chosen = [[samples[i][j] for j in inputs] for i in rows]
    own = replace(instance, samples=chosen, count=len(rows), targets=None, layers=result, points=[])
    return own, [place[column] for column in columns]


def _places(neurons: list[int]) -> dict[int, int]:
    return {PADDING: PADDING} | {neuron: i for i, neuron in enumerate(neurons)}
