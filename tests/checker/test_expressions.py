"""Equal expressions: never of different values, and found where units or patches repeat."""

import random
from fractions import Fraction
from pathlib import Path

import mpmath
import pytest
from flint import fmpq

from exactcnn.checker.budget import Budget, BudgetError
from exactcnn.checker.document import Document
from exactcnn.checker.expressions import expressions
from exactcnn.checker.instance import read_instance


def numbers(document, sample=0, constants=None, budget=None):
    instance = read_instance(Document(document, [], [], ""), Path(), budget)
    return expressions(instance, instance.samples[sample], lambda k: (constants or {}).get(k, lambda _: None))


def dense(make, weights, biases, activation):
    return make.convolution([list(range(len(weights)))], len(weights[0]), activation, weights=weights, biases=biases)


def average(patches, divisors):
    return {"kind": "average-pooling", "patches": patches, "divisors": divisors}


def test_equal_units_and_others(make):
    layer = dense(make, [[1, 1, 2], [2, 2, 1]], [0, 0, 0], "sigmoid")
    a, b, c = numbers(make.instance([["1", "1/2"]], [layer]))
    assert a == b != c
    a, b, c = numbers(make.instance([["1", "1"]], [layer]))  # 1 + 2 = 2 + 1
    assert a == b == c


def test_sums_cancel(make):
    """sigmoid(x) - sigmoid(y) + 1 where x = y is the number 1; different numbers stay apart."""
    first = dense(make, [[1, 0], [0, 1]], [0, 0], "sigmoid")
    second = dense(make, [[1, 0, 1], [-1, 0, 0]], [1, 1, 0], "relu")
    a, b, c = numbers(make.instance([["3", "3"]], [first, second]))
    assert a == b != c
    a, b, c = numbers(make.instance([["3", "2"]], [first, second]))
    assert len({a, b, c}) == 3


def test_pooling_and_elementwise(make):
    """Maxima of equal entries, means of the same entries in another order, functions layer by layer."""
    layers = [make.elementwise("tanh"), make.pooling([[0, 1], [1, 2], [0, 3]])]
    a, b, c = numbers(make.instance([["1", "1", "1", "2"]], layers))
    assert a == b != c
    layers = [make.elementwise("tanh"), average([[0, 1], [1, 0], [0, -1]], [2, 2, 1])]
    a, b, c = numbers(make.instance([["1", "2", "3", "4"]], layers))
    assert a == b != c
    layers = [make.elementwise("relu"), average([[0, -1], [2, 2 - 1]], [1, 2]), make.pooling([[0], [1]])]
    a, b = numbers(make.instance([["5", "4", "6", "0"]], layers))  # rational all the way: 5 = (6 + 4)/2
    assert a == b


def test_rational_values_are_those_of_the_layers(make):
    """Where relu cuts off: without biases, of means, and above a bias that lifts one of them."""
    plain = make.convolution([[0], [1], [2]], 1, "relu", weights=[["1/2"]], bias="none")
    a, b, c = numbers(make.instance([["-1", "-3", "2"]], [plain]))
    assert a == b != c
    lifted = make.convolution([[0], [1], [2]], 1, "relu", weights=[["1/2"]], biases=["1"], bias="filter")
    a, b, c = numbers(make.instance([["-1", "-3", "-2"]], [lifted]))
    assert b == c != a
    means = [average([[0, 1], [1, 2]], [2, 2]), make.elementwise("relu")]
    a, b = numbers(make.instance([["-1", "0", "-2"]], means))
    assert a == b


def test_normalizations_are_part_of_an_expression(make):
    layer = dense(make, [[1, 1], [1, 1]], [0, 0], "sigmoid")
    document = make.instance([["1", "2"]], [layer])
    alike, apart = (fmpq(1), fmpq(2)), (fmpq(1), fmpq(3))
    a, b = numbers(document, constants={1: lambda _: alike})
    assert a == b
    a, b = numbers(document, constants={1: lambda t: (alike, apart)[t]})
    assert a != b


@pytest.mark.parametrize("seed", range(40))
def test_equal_numbers_are_equal_values(make, seed):
    """Random small networks with many coincidences, against 60 digits."""
    draw = random.Random(seed)
    few = ["0", "1", "-1", "1/2", "1"]

    def table(rows, columns):
        return [[draw.choice(few) for _ in range(columns)] for _ in range(rows)]

    activations = ["sigmoid", "relu", "identity", "softplus(1)", "tanh"]
    pairs = [[0, 1], [2, 3], [1, 0], [4, 5]]
    layers = [
        make.convolution(
            [[0, 1], [1, 2], [2, -1]],
            2,
            draw.choice(activations),
            weights=table(2, 2),
            biases=table(1, 2)[0],
            bias="filter",
        ),
        draw.choice([make.pooling(pairs), average(pairs, [2] * 4)]),
        make.convolution([[0, 1, 2, 3]], 4, draw.choice(activations), weights=table(4, 4), bias="none"),
        make.convolution([[0, 1, 2, 3]], 4, draw.choice(activations), weights=table(4, 4), biases=table(1, 4)[0]),
    ]
    document = make.instance(table(2, 3), layers)
    halves = make.convolution(pairs, 1, "identity", weights=[["1/2"], ["1/2"]], bias="none")  # for the oracle
    slow = document | {"layers": [halves if each["kind"] == "average-pooling" else each for each in layers]}
    for sample in range(2):
        found = numbers(document, sample)
        values = make.numeric_features(slow, 4)[sample]
        for i in range(4):
            for j in range(4):
                if found[i] == found[j]:
                    assert abs(values[i] - values[j]) < mpmath.mpf(10) ** -50


def test_work_is_paid_for(make):
    layer = dense(make, [[str(Fraction(1, 3**k)) for k in range(1, 40)]] * 40, None, "sigmoid") | {"bias": "none"}
    document = make.instance([["1"] * 40], [layer])
    budget = Budget()
    assert len(set(numbers(document, budget=budget))) == 39
    assert budget.spent > 40 * 39 * 2000
    instance = read_instance(Document(document, [], [], ""), Path(), full := Budget())
    full.spent = 6 * 10**9 - 1  # the last second of the limit is all but spent
    with pytest.raises(BudgetError, match="expressions of layer 1"):
        expressions(instance, instance.samples[0], lambda _: lambda _: None)
