"""Convolutions: pre-activations by loops, in fractions, balls and residues; and what is read of them."""

import random
from pathlib import Path

import pytest
from flint import arb, fmpq

from exactcnn.checker.budget import Budget
from exactcnn.checker.document import FormatError, ObligationError
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.numbers import BALLS, Reduction

PATCHES = [[0, 1, 3], [2, 3, -1], [4, 2, 0]]
COUNTS = {"neuron": 6, "filter": 2, "none": 0}


def numbers(generator, count):
    return [fmpq(generator.randint(-9, 9), generator.randint(1, 9)) for _ in range(count)]


def drawn(make, bias, generator):
    weights = [numbers(generator, 2) for _ in range(3)]
    biases = None if bias == "none" else numbers(generator, COUNTS[bias])
    text = [[str(x) for x in row] for row in weights], biases and [str(x) for x in biases]
    document = make.convolution(PATCHES, 2, "relu", weights=text[0], biases=text[1], bias=bias)
    return weights, biases, Convolution.read(document, "layer 1", Path(), 5, Budget())


@pytest.mark.parametrize("bias", COUNTS)
def test_pre_activations_by_loops(make, bias):
    generator = random.Random(bias)
    weights, biases, layer = drawn(make, bias, generator)
    assert (layer.kind, layer.width, layer.filters, layer.bias, layer.slots) == ("convolution", 6, 2, bias, 3)
    assert (layer.linear, layer.adds, layer.has_activation) == (True, True, True)
    assert layer.known_weights() == [x for row in weights for x in row]
    table = [numbers(generator, 5) for _ in range(4)]
    expected = []
    for p, patch in enumerate(PATCHES):
        block = [[fmpq(0)] * 2 for _ in table]
        for row, entries in zip(table, block, strict=True):
            for t in range(2):
                entries[t] += 0 if bias == "none" else biases[2 * p + t if bias == "neuron" else t]
                for s, neuron in enumerate(patch):
                    entries[t] += 0 if neuron == -1 else weights[s][t] * row[neuron]
        expected.append((2 * p, block))
    assert list(layer.pre_activations(table)) == expected
    for (first, block), (_, exact) in zip(layer.pre_activations(table, BALLS), expected, strict=True):
        assert first in (0, 2, 4)
        pairs = [pair for own, other in zip(block, exact, strict=True) for pair in zip(own, other, strict=True)]
        assert all(arb(own).overlaps(arb(other)) for own, other in pairs)
    for p in (11, 227, 227 * 113, 1019, 2**31 - 1, 2**61 - 1, (2**61 - 1) * (2**31 - 1)):
        reduction = Reduction(p)
        found = list(map(list, layer.residues(reduction.columns(table), reduction)))
        assert found == [[reduction(z) for z in column] for _, block in expected for column in zip(*block, strict=True)]


@pytest.mark.parametrize(
    "p",
    [
        3,
        17,
        227,
        227 * 113,
        1019,
        2**15 - 19,
        2**31 - 1,
        2**32 + 15,
        2**40 - 87,
        2**63 - 25,
        2**124,
        2**61 - 1,
    ],
)
@pytest.mark.parametrize("slots", [1, 2, 3, 4, 7, 8, 63, 64])
def test_no_lane_overflows(p, slots):
    """All residues as large as they can be, around the sizes where a lane has another length."""
    largest = [fmpq(p - 1)] * slots * 3
    layer = Convolution(slots, 3, [list(range(slots))], 3, "filter", weights=largest, biases=[fmpq(p - 1)] * 3)
    found = list(map(list, layer.residues([[p - 1] * 2] * slots, Reduction(p))))
    assert found == [[((p - 1) ** 2 * slots + p - 1) % p] * 2] * 3


@pytest.mark.parametrize("bias", COUNTS)
def test_a_part_computes_what_the_layer_computes(make, bias):
    generator = random.Random(bias)
    *_, layer = drawn(make, bias, generator)
    table = [numbers(generator, 5) for _ in range(3)]
    whole = [[z for _, block in layer.pre_activations(table) for z in block[i]] for i in range(3)]
    for wanted in ([0], [5, 1], [3, 1], [4], [2, 3, 2], list(range(6))):
        part, neurons = layer.part(wanted)
        assert set(wanted) <= set(neurons)
        assert neurons == sorted(neurons)
        patches, filters = ({h // 2 for h in wanted}, {h % 2 for h in wanted})
        assert (part.width, len(part.patches), part.filters) == (len(neurons), len(patches), len(filters))
        own = [[z for _, block in part.pre_activations(table) for z in block[i]] for i in range(3)]
        assert own == [[row[h] for h in neurons] for row in whole]
    assert layer.part(list(range(6)))[0] == layer
    assert set(layer.coefficients()) == {*layer.known_weights(), *(layer.biases or [])}


def test_parameters_that_are_not_there(make):
    bare = Convolution.read(make.convolution(PATCHES, 2, "relu"), "layer 1", Path(), 5, Budget())
    half = make.convolution(PATCHES, 2, "relu", weights=[[1, 2]] * 3)
    for layer in (bare, Convolution.read(half, "layer 1", Path(), 5, Budget())):
        with pytest.raises(ObligationError, match="the claim needs weights and biases"):
            layer.known_weights()
    free = Convolution.read({**half, "bias": "none"}, "layer 1", Path(), 5, Budget())
    assert free.known_weights() == [1, 2, 1, 2, 1, 2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bias": "unit"}, "layer 1: unknown bias 'unit'"),
        ({"filters": 0}, "filters"),
        ({"patches": [[5]]}, "a neuron of a patch"),
        ({"bias": "none"}, "layer 1: biases are given, bias is 'none'"),
        ({"bias": "filter"}, r"biases has shape \[6\]; expected \[2\]"),
        ({"filters": 3}, r"weights has shape \[3, 2\]; expected \[3, 3\]"),
        ({"more": 1}, "more"),
    ],
)
def test_documents_of_another_form(make, change, message):
    document = make.convolution(PATCHES, 2, "relu", weights=[[1, 2]] * 3, biases=[0] * 6)
    assert Convolution.read(document, "layer 1", Path(), 5, Budget()).width == 6
    with pytest.raises(FormatError, match=message):
        Convolution.read({**document, **change}, "layer 1", Path(), 5, Budget())
