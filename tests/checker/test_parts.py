"""Parts of networks: the same columns from fewer neurons."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from exactcnn.checker.budget import SECONDS, Budget, BudgetError
from exactcnn.checker.document import Document
from exactcnn.checker.features import exact_features
from exactcnn.checker.instance import read_instance
from exactcnn.checker.parts import part_of
from tests.checker.slow import all_features, drawn, flint, read

NAMES = [("relu", "leaky-relu(1/3)"), ("softsign", "square"), ("identity", "hard-tanh")]


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("pooled", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_columns_of_a_part_are_those_of_the_network(make, names, pooled, seed):
    document = drawn(make, seed, names=names, pooled=pooled, count=4, top="relu")
    instance, tables = read(document), all_features(document)
    generator = random.Random(seed)
    for number, table in enumerate(tables):
        rows = generator.sample(range(4), 2)
        columns = generator.sample(range(len(table[0])), generator.randint(1, len(table[0])))
        part, places = part_of(instance, number, rows, columns)
        assert (len(part.layers), part.count, part.targets, part.points) == (number + 1, 2, None, [])
        for below, layer in zip(part.layers, part.layers[1:], strict=False):
            assert layer.below == below.width
            assert all(-1 <= neuron < below.width for patch in layer.patches for neuron in patch)
        found = exact_features(part, number, part.known_samples())
        assert [[row[j] for j in places] for row in found] == [[flint(table[i][j]) for j in columns] for i in rows]


def test_neurons_that_nothing_depends_on_are_left_out(make):
    patches = [[2 * i, 2 * i + 1] for i in range(8)]
    first = make.convolution(patches, 3, "relu", weights=[[1, 2, 3], [4, 5, 6]], biases=list(range(24)), bias="neuron")
    pooling = make.pooling([[3 * i + t, 3 * (i + 1) + t] for i in range(7) for t in range(3)])
    divisors = {
        "kind": "average-pooling",
        "patches": [[3 * i, -1] for i in range(7)],
        "divisors": [1, 2, 1, 2, 1, 2, 1],
    }
    document = make.instance([list(range(16)), list(range(16, 0, -1))], [first, pooling, divisors])
    instance = read_instance(Document(document, [], [], ""), Path())
    part, places = part_of(instance, 3, [1, 0], [5, 2])
    assert [layer.width for layer in part.layers] == [8, 4, 2, 2]
    assert part.layers[3].divisors == [1, 2]
    assert places == [1, 0]
    assert part.samples == [[12, 11, 10, 9, 6, 5, 4, 3], [4, 5, 6, 7, 10, 11, 12, 13]]
    whole = exact_features(instance, 3, instance.known_samples())
    found = exact_features(part, 3, part.known_samples())
    assert [[row[j] for j in places] for row in found] == [[whole[i][j] for j in (5, 2)] for i in (1, 0)]


def test_a_patch_of_padding_alone(make):
    below = make.convolution([[0, 1]], 1, "identity", weights=[[1], [1]], bias="none")
    layer = make.convolution([[-1, -1], [0, -1]], 1, "identity", weights=[[1], [1]], biases=[5, 7], bias="neuron")
    part, places = part_of(read(make.instance([[1, 2]], [below, layer])), 2, [0], [0])
    assert [layer.width for layer in part.layers] == [2, 1, 1]
    assert [layer.kind for layer in part.layers] == ["elementwise", "convolution", "convolution"]
    assert exact_features(part, 2, part.known_samples()) == [[5]]
    assert places == [0]


def test_the_work_is_paid_for(make):
    instance = read(drawn(make, 0))
    slots = sum(len(layer.patches) * layer.slots for layer in instance.layers if layer.patches)
    before = instance.budget.spent
    part_of(instance, 4, [0], [0])
    assert instance.budget.spent >= before + 300 * slots
    spent = replace(instance, budget=Budget())
    spent.budget.spend((SECONDS + 1) * 10**9 - 1, "before")
    with pytest.raises(BudgetError, match=r"^the part of layer 4: about "):
        part_of(spent, 4, [0], [0])
