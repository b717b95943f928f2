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
    sizes = (len(each.patches) * each.slots + len(each.coefficients()) + each.width for each in layers if each.patches)
    instance.budget.spend(300 * (sum(sizes) + len(columns)), f"the part of layer {number}")
    wanted, parts = columns, []
    for layer in reversed(layers[1:]):
        part, own = layer.part(wanted)
        parts.append((part, own))
        read = {neuron for patch in part.patches for neuron in patch if neuron != PADDING}
        wanted = (sorted(read) or [0]) if part.patches else own  # at least one neuron, if padding alone is read
    kept = sorted(set(wanted))
    own, result = kept, [replace(layers[0], below=len(kept), width=len(kept))]
    for part, neurons in reversed(parts):
        place = {neuron: i for i, neuron in enumerate(own)} | {PADDING: PADDING}
        own = neurons if part.patches else own  # a layer without patches has a neuron for each below
        patches = [[place[neuron] for neuron in patch] for patch in part.patches]
        result.append(replace(part, below=len(place) - 1, width=len(own), patches=patches))
    place = {neuron: i for i, neuron in enumerate(own)}
    chosen = [[samples[i][j] for j in kept] for i in rows]
    part_instance = replace(instance, samples=chosen, count=len(rows), targets=None, layers=result, points=[])
    return part_instance, [place[column] for column in columns]
