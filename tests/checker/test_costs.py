"""Sizes of numbers, against the numbers themselves."""

import random
from itertools import pairwise

import pytest
from flint import fmpq, fmpz

from exactcnn.checker.activations import read_activation
from exactcnn.checker.budget import Budget, BudgetError
from exactcnn.checker.costs import (
    BLOCK,
    affine_costs,
    exact_bits,
    product_cost,
    residues_cost,
    spend_balls,
    spend_exact_layer,
    spend_integers,
    spend_pre_activations,
)
from exactcnn.checker.instance import KINDS
from exactcnn.checker.integers import Integers, integers
from exactcnn.checker.kinds.convolution import Convolution


def numbers(generator, count, bits):
    return [fmpq(generator.getrandbits(bits) - 2 ** (bits - 1), generator.getrandbits(bits) + 1) for _ in range(count)]


def size(x):
    return max(int(x.p).bit_length(), int(x.q).bit_length())


@pytest.mark.parametrize("kind", ["convolution", "max-pooling", "elementwise"])
@pytest.mark.parametrize("bits", [2, 70])
def test_no_pre_activation_has_more_bits_than_is_said(kind, bits):
    generator = random.Random(1)
    patches = [] if kind == "elementwise" else [[0, 1, 2], [3, 1, -1], [2, 0, 3]]
    parameters = {}
    if kind == "convolution":
        parameters = {"filters": 2, "bias": "filter", "weights": numbers(generator, 6, bits)}
        parameters["biases"] = numbers(generator, 2, bits)
    layer = KINDS[kind](4, 6, patches, **parameters)
    table = [numbers(generator, 4, bits) for _ in range(5)]
    most = 0
    for _, block in layer.pre_activations(table):
        for row in block:
            for z in row:
                most = max(most, max(map(size, z)) if kind == "max-pooling" else size(z))
    assert most <= exact_bits(layer, table)
    assert spend_pre_activations(Budget(), layer, table, "layer") == exact_bits(layer, table)


def test_longer_numbers_and_larger_layers_cost_more():
    def spent(width=3, bits=10, rows=2, precision=53):
        """Of pre-activations, of balls, of integers and of a layer of them."""
        generator = random.Random(2)
        patches = [list(range(width))] * width
        layer = Convolution(width, width, patches, weights=numbers(generator, width, bits))
        table = [numbers(generator, width, bits) for _ in range(rows)]
        budgets = [Budget() for _ in range(4)]
        spend_pre_activations(budgets[0], layer, table, "layer")
        spend_balls(budgets[1], layer, rows, precision, "layer")
        spend_integers(budgets[2], table, "layer")
        spend_exact_layer(budgets[3], layer, integers(table), "layer")
        return [budget.spent for budget in budgets]

    for kind in (0, 2, 3):
        assert spent(width=6)[kind] >= 2 * spent()[kind]
        assert spent(bits=4000)[kind] > 10 * spent()[kind]
        assert spent(rows=20)[kind] > 4 * spent()[kind]
    assert spent(precision=2**16)[1] > 100 * spent()[1]
    assert 9 * spent()[1] < spent(rows=20)[1] < 10 * spent()[1]  # but for the weights
    layer = Convolution(3, 2, [[0, 1, 2]] * 2)
    assert product_cost(layer, 10, 5, 2, 1) == (4 * 5) + 10 * 2 * (4 * (5 + 2) + 1)


def test_products_of_large_matrices_of_balls_cost_less_each():
    def spent(rows, slots, filters):
        budget = Budget(1000)
        spend_balls(budget, Convolution(slots, filters, [list(range(slots))], filters), rows, 128, "layer")
        return budget.spent / (rows * slots * filters)

    assert spent(BLOCK, BLOCK, BLOCK) < spent(BLOCK - 1, BLOCK, BLOCK)
    assert spent(1000, 1000, 1000) < 10 < 25 < spent(1000, 1000, 10)


def test_longer_numbers_and_more_pieces_cost_more(make):
    plain = read_activation(make.activation("relu"), "relu")
    many = read_activation(make.activation("hard-sigmoid"), "hard-sigmoid")
    costs = [affine_costs(plain, 10), affine_costs(many, 10), affine_costs(many, 10**5)]
    for low, high in pairwise(costs):
        assert all(a < b for a, b in zip(low, high, strict=True))


def test_tables_that_are_too_large_are_refused():
    layer = Convolution(1, 10**7, [[0]], filters=10**7)
    with pytest.raises(BudgetError, match=r"^layer: about \d+ GiB"):
        spend_pre_activations(Budget(), layer, [[fmpq(1)]] * 10, "layer")
    with pytest.raises(BudgetError, match=r"^layer: about \d+ GiB"):
        spend_balls(Budget(), layer, 10, 53, "layer")
    with pytest.raises(BudgetError, match=r"^layer: about \d+ GiB"):
        spend_exact_layer(Budget(), layer, Integers([[fmpz(1)]] * 10, [fmpz(1)] * 10), "layer")
    with pytest.raises(BudgetError, match=r"^layer: about \d+ GiB"):
        spend_integers(Budget(), [[fmpq(1, 2**20000)] * 10**4] * 200, "layer")


def test_residues_cost_more_with_every_size():
    def cost(slots=3, filters=2, patches=4, bias="filter", rows=100, modulus=227):
        grid = [list(range(p, p + slots)) for p in range(patches)]
        return residues_cost(Convolution(99, patches * filters, grid, filters, bias), rows, modulus)

    for name, sizes in (
        ("slots", (1, 3, 30)),
        ("filters", (1, 2, 9)),
        ("patches", (1, 4, 9)),
        ("bias", ("none", "neuron")),
        ("rows", (1, 100, 1000)),
        ("modulus", (227, 2**31 - 1, 2**61 - 1, 2**122)),
    ):
        costs = [cost(**{name: size}) for size in sizes]
        assert all(a < b for a, b in pairwise(costs)), name
    pooled = [KINDS["average-pooling"](4, 1, [[0, 1, 2, 3]], divisors=[4]), KINDS["elementwise"](4, 4)]
    assert all(residues_cost(layer, 10, 227) < residues_cost(layer, 11, 227) for layer in pooled[:1])
    assert residues_cost(pooled[1], 10, 227) == 0  # nothing is computed
