import itertools
import math
import random

import pytest

from exactcnn.patches.builders import convolution
from exactcnn.patches.graph import PatchGraph
from exactcnn.patches.translation import is_complete, translation, translations


def consistent(structure, patches):
    table = {}
    for position, patch in zip(itertools.product(*map(range, structure.grid)), patches, strict=True):
        for row, offset, neuron in zip(structure.rows, structure.offsets, patch, strict=True):
            key = row, *(a + b for a, b in zip(position, offset, strict=True))
            if table.setdefault(key, neuron) != neuron:
                return False
    return True


@pytest.mark.parametrize(
    ("shape", "kernel", "options", "rows", "room"),
    [
        ((1, 9), 3, {}, 1, 5),
        ((1, 6, 7), (2, 3), {}, 1, 4 * 3),
        ((3, 9, 9), 2, {}, 3, 5 * 5),
        ((3, 9, 9), 2, {"layout": "channels-last"}, 3, 5 * 5),
        ((1, 9, 9), 3, {"stride": 2}, 4, 2 * 2),
        ((1, 9, 9), 3, {"stride": 2, "padding": 1}, 4, 3 * 3),
        ((1, 9, 9), 3, {"padding": 1}, 1, 7 * 7),
        ((1, 11, 11), 3, {"dilation": 2}, 1, 3 * 3),
        ((2, 5, 5, 5), 2, {}, 2, 2 * 2 * 2),
    ],
)
def test_recovers_the_geometry_from_the_patches(shape, kernel, options, rows, room):
    graph = convolution(shape, kernel, **options).graph
    found = translation(graph)
    assert found.row_count == rows
    assert math.prod(found.room) == room
    assert consistent(found, graph.slots.tolist())


def test_whatever_is_found_is_consistent():
    draw = random.Random(6)
    found = 0
    for _ in range(400):
        neurons = draw.randrange(2, 5)
        size = draw.randrange(1, neurons)
        patches = [draw.sample(range(neurons), size) for _ in range(draw.randrange(1, 9))]
        structure = translation(PatchGraph.from_patches(neurons, patches))
        if structure is not None:
            found += 1
            assert consistent(structure, patches)
            assert min(structure.room) > 0
            assert all(min(axis) == 0 for axis in zip(*structure.offsets, strict=True))
    assert found > 20


def test_shuffled_positions_are_no_grid():
    slots = convolution((1, 8, 8), 3).graph.slots.tolist()
    random.Random(0).shuffle(slots)
    found = translation(PatchGraph.from_patches(64, slots))
    assert found is None or found.row_count > 1


@pytest.mark.parametrize(
    ("shape", "kernel", "options", "complete"),
    [
        ((1, 4, 4), 2, {}, False),
        ((1, 4, 4), 2, {"padding": 1}, True),
        ((2, 5, 5), 3, {"padding": 1}, False),
        ((2, 5, 5), 3, {"padding": 2}, True),
        ((1, 5, 5), 3, {"stride": 2, "padding": 1}, True),
        ((1, 6, 6), 3, {"stride": 2, "padding": 1}, False),
        ((1, 6, 6), 2, {"stride": 2}, True),
    ],
)
def test_whether_neurons_are_seen_through_all_slots(shape, kernel, options, complete):
    graph = convolution(shape, kernel, **options).graph
    (found,) = [s for s in translations(graph) if len(s.grid) == 2 and s.grid[0] == s.grid[1]]
    assert is_complete(graph, found) is complete
    seen = {}
    for position, patch in zip(itertools.product(*map(range, found.grid)), graph.slots.tolist(), strict=True):
        for row, offset, neuron in zip(found.rows, found.offsets, patch, strict=True):
            if neuron >= 0:
                seen.setdefault((row, *(a + b for a, b in zip(position, offset, strict=True))), []).append(neuron)
    assert all(len(neurons) == found.rows.count(key[0]) for key, neurons in seen.items()) is complete
