"""Names of values: equal ones for equal values only, in every kind of layer; and repeated lines far up are accepted."""

import random
from fractions import Fraction
from pathlib import Path

import mpmath
import pytest
from flint import fmpq

from exactcnn.checker.budget import Budget
from exactcnn.checker.document import Document
from exactcnn.checker.equal_values import named_features, sums, values_of
from exactcnn.checker.features import domain
from exactcnn.checker.instance import read_instance
from exactcnn.checker.kinds.average_pooling import AveragePooling
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.kinds.elementwise import Elementwise
from exactcnn.checker.kinds.max_pooling import MaxPooling

PATCHES = [[0, 1], [2, 3], [1, 0], [3, -1], [-1, 4]]


def load(document):
    return read_instance(Document(document, [], [], ""), Path(), Budget(100))


def numeric_values(make, document):
    """F_2 in sixty digits; of means from the layer below."""
    if document["layers"][1]["kind"] != "average-pooling":
        return make.numeric_features(document, 2)
    pairs = list(zip(PATCHES, document["layers"][1]["divisors"], strict=True))
    below = make.numeric_features(document, 1)
    return [[sum(row[j] for j in patch if j >= 0) / divisor for patch, divisor in pairs] for row in below]


def lines(axis, *representatives):
    return {"kind": "distinct-lines", "axis": axis, "representatives": list(representatives)}


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("upper", ["max-pooling", "average-pooling", "elementwise", "convolution"])
def test_equal_names_are_equal_values(make, seed, upper):
    """Few numbers, so that almost everything repeats; the values to fifty digits."""
    generator = random.Random(seed)
    few = ["0", "1", "-1", "1/2"]

    def numbers(count):
        return [generator.choice(few) for _ in range(count)]

    first = generator.choice(["sigmoid", "tanh", "cos", "gelu", "silu"])
    second = generator.choice(["sigmoid", "tanh", "relu", "sin"])
    top = {
        "max-pooling": {"kind": "max-pooling", "patches": PATCHES},
        "average-pooling": {"kind": "average-pooling", "patches": PATCHES, "divisors": [1, 2, 1, 2, 2]},
        "elementwise": make.elementwise(second),
        "convolution": make.convolution(
            PATCHES, 2, second, weights=[numbers(2), numbers(2)], biases=numbers(10 if seed % 2 else 2),
            bias="neuron" if seed % 2 else "filter",
        ),
    }[upper]  # fmt: skip
    document = make.instance([numbers(5) for _ in range(4)], [make.elementwise(first), top])
    instance = load(document)
    arguments = instance.known_samples()
    names = named_features(instance, 1, arguments, 2)
    seen = {0: mpmath.mpf(0)}
    for row, values in zip(names, numeric_values(make, document), strict=True):
        for name, value in zip(row, values, strict=True):
            assert abs(seen.setdefault(name, value) - value) < mpmath.mpf(10) ** -40


def test_padding_never_wins_a_maximum():
    """max(a) and max(a, 0) differ where a is negative, though padding reads 0."""
    pooling = MaxPooling(2, 2, [[0, -1], [0, 1]])
    [[alone, beside]] = sums(pooling, [[5, 0]])
    assert alone != beside
    assert sums(pooling, [[0, 0]]) == [[0, 0]]


def test_units_differ_by_weights_biases_and_divisors():
    half = fmpq(1, 2)
    layer = Convolution(2, 8, [[0, 1], [1, 0]], 4, "filter", weights=[half, half, fmpq(0), fmpq(1)] * 2,
                        biases=[fmpq(0), fmpq(0), fmpq(0), fmpq(1)])  # fmt: skip
    assert layer.units()[:4] == layer.units()[4:] == [(1, 0), (1, 0), (0, 0), (4, 1)]
    [names] = sums(layer, [[3, 3]])
    assert names[0] == names[1] == names[4] != names[3]
    assert names[2] == names[6] == 0
    [nothing] = sums(layer, [[0, 0]])
    assert nothing == [0, 0, 0, 1] * 2
    means = AveragePooling(2, 3, [[0, 1]] * 3, divisors=[1, 2, 2])
    [[one, two, three]] = sums(means, [[1, 2]])
    assert one != two == three


def test_an_activation_keeps_the_name_of_zero_only_if_it_keeps_zero(make):
    for name, kept in (("tanh", [[0, 1]]), ("cos", [[1, 2]]), ("gelu", [[0, 1]]), ("sigmoid", [[1, 2]])):
        assert values_of(Elementwise.read(make.elementwise(name), "layer", None, 2, None).activation, [[0, 1]]) == kept


def deep(make, samples, activations, weights=None, biases=None):
    width = len(samples[0])
    weights = weights or [[str(Fraction(i + 2 * j + 1, 3)) for j in range(3)] for i in range(width)]
    layers = [make.elementwise(activations[0])]
    layers.append(
        make.convolution([list(range(width))], 3, activations[1], weights=weights, biases=biases or ["1", "2", "1/3"])
    )
    return make.instance(samples, layers)


PAIRS = [("gelu", "sigmoid"), ("sigmoid", "sigmoid"), ("sigmoid", "relu"), ("exp", "softplus(1)")]


@pytest.mark.parametrize("activations", PAIRS)
def test_equal_samples_give_equal_rows_of_all_layers(make, run, activations):
    document = deep(make, [["1", "2"], ["0", "1"], ["1", "2"]], activations)
    assert run(document, make.rank(2, 0, 2, make.NONE, lines(0, 0, 1))).exit_code == 0
    assert run(document, make.rank(2, 0, 2, make.NONE, lines(0, 1, 2))).exit_code == 0
    assert run(document, make.rank(2, 0, 2, make.NONE, lines(0, 0, 2))).exit_code == 1
    assert run(document, make.rank(2, 0, 1, make.NONE, lines(0, 0))).exit_code == 1
    assert run(document, make.rank(2, 0, 1, make.NONE, lines(0, 0, 1))).exit_code == 1


def test_equal_units_give_equal_columns(make, run):
    weights = [["1", "1", "2"], ["1/2", "1/2", "1"]]
    document = deep(make, [["1", "2"], ["0", "1"], ["5", "2"]], ("gelu", "sigmoid"), weights, ["1", "1", "2"])
    assert domain(load(document), 2) == ("balls", 1)
    assert run(document, make.rank(2, 0, 2, make.NONE, lines(1, 0, 2))).exit_code == 0
    assert run(document, make.rank(2, 0, 2, make.NONE, lines(1, 0, 1))).exit_code == 1
    other = deep(make, [["1", "2"], ["0", "1"], ["5", "2"]], ("gelu", "sigmoid"), weights, ["1", "3", "2"])
    assert run(other, make.rank(2, 0, 2, make.NONE, lines(1, 0, 2))).exit_code == 1


def test_columns_of_zeros(make, run):
    """tanh of nothing is 0; sigmoid of it is 1/2."""
    weights = [["0", "1", "2"], ["0", "1", "1"]]
    for name, code in (("tanh", 0), ("sigmoid", 1)):
        document = deep(make, [["1", "2"], ["0", "1"], ["5", "2"]], ("gelu", name), weights, ["0", "0", "0"])
        assert run(document, make.rank(2, 0, 2, make.NONE, lines(1, 1, 2))).exit_code == code
