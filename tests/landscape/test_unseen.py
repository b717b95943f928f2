"""Dependent columns against SymPy, and which rows a unit sees."""

import random
from fractions import Fraction

import numpy as np
import pytest
import sympy

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.unseen import columns_of, dependencies
from exactcnn.network.layers import Convolution
from exactcnn.network.network import Network


@pytest.mark.parametrize("seed", range(25))
def test_dependencies(seed):
    rng = random.Random(seed)
    rows, width, rank = rng.randint(1, 5), rng.randint(1, 5), rng.randint(1, 3)
    left = np.array([[rng.randint(-2, 2) for _ in range(rank)] for _ in range(rows)], dtype=object)
    right = np.array([[rng.randint(-2, 2) for _ in range(width)] for _ in range(rank)], dtype=object)
    z = np.concatenate([left @ right, np.ones((rows, 1), dtype=object)], axis=1)
    order = rng.sample(range(width), width)
    found = dependencies(z, order)
    oracle = sympy.Matrix(z[:, :width])
    if oracle.rank() == width:
        assert found is None
        return
    assert found.kept == tuple(sorted(order[c] for c in oracle.extract(list(range(rows)), order).rref()[1]))
    assert sorted(found.kept + found.others) == list(range(width))
    matrix = np.array(found.combination, dtype=object).reshape(len(found.kept), len(found.others))
    assert (z[:, list(found.others)] == z[:, list(found.kept)] @ matrix).all()
    reached = sympy.Matrix(z).rank() == oracle.rank()
    assert (found.ones is not None) == reached
    if reached:
        assert (z[:, list(found.kept)] @ np.array(found.ones, dtype=object) == 1).all()


def test_no_rows_no_dependencies():
    assert dependencies(np.empty((0, 3), dtype=object), [0, 1]) is None


def test_rows_of_a_filter():
    samples = ExactArray.from_fractions([Fraction(1, 2), Fraction(1), Fraction(2), Fraction(3)], (2, 2))
    for bias, ones in (("filter", [[2], [2]]), ("neuron", [[0, 2], [2, 0]]), ("none", [[], []])):
        layer = Network((1, 2), [Convolution(1, 2, padding=1, bias=bias, activation="relu")]).convolved(1)
        seen = np.array([[False, True, False], [True, False, False]])
        found = columns_of(samples, layer, seen).tolist()
        if bias == "neuron":
            ones = [[2, 0, 0], [0, 2, 0]]
        assert found == [[0, 4, *ones[0], 2], [1, 2, *ones[1], 2]]
