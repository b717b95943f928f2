"""Groups of units that may be mixed, and minors; the retractions are carried out in test_gauge."""

import random
from fractions import Fraction

import numpy as np
import pytest
import sympy

from exactcnn.landscape.gauge import find_slice
from exactcnn.landscape.minimum import minimum_at
from exactcnn.landscape.mixing import groups, regular_minor
from exactcnn.landscape.neighbourhood import neighbourhood
from tests.landscape.examples import fully_connected, objective_of


@pytest.mark.parametrize("seed", range(20))
def test_regular_minor(seed):
    rng = random.Random(seed)
    rows, columns, rank = rng.randint(1, 5), rng.randint(1, 3), rng.randint(1, 3)
    left = np.array([[Fraction(rng.randint(-2, 2)) for _ in range(rank)] for _ in range(rows)], dtype=object)
    matrix = left @ np.array(
        [[Fraction(rng.randint(-2, 2), 3) for _ in range(columns)] for _ in range(rank)], dtype=object
    )
    oracle = sympy.Matrix(rows, columns, [sympy.Rational(str(x)) for x in matrix.ravel()])
    found = regular_minor(matrix)
    if oracle.rank() == columns:
        assert oracle.extract(list(found), list(range(columns))).det() != 0
    else:
        assert found is None


def found_groups(activations, arrays, samples, widths, bias="neuron"):
    objective = objective_of(fully_connected(widths, activations, bias=bias), arrays, samples, [[0]] * len(samples))
    return list(groups(neighbourhood(objective), *objective.coordinates.blocks))


def test_groups_share_their_slopes_on_every_sample():
    arrays = {"W1": [[1, 2, -1, 1]], "b1": [0, 1, 0, 9], "W2": [[1]] * 4, "b2": [0]}
    assert found_groups(("relu", "identity"), arrays, [[1], [-2]], (1, 4, 1)) == [((0, 1), False)]
    on = arrays | {"b1": [5, 5, 5, 9]}
    assert found_groups(("relu", "identity"), on, [[1], [-2]], (1, 4, 1)) == [((0, 1, 2, 3), True)]
    assert found_groups(("tanh", "identity"), arrays, [[1], [-2]], (1, 4, 1)) == []
    dead = arrays | {"b1": [-9, -9, -9, -9]}
    assert found_groups(("relu", "identity"), dead, [[1], [-2]], (1, 4, 1)) == []
    kink = arrays | {"b1": [2, 4, 0, 9]}  # both at their kink on the second sample
    assert found_groups(("relu", "identity"), kink, [[1], [-2]], (1, 4, 1)) == []
    bare = {"W1": [[1, 2]], "W2": [[1], [1]]}
    assert found_groups(("identity", "identity"), bare, [[1], [-2]], (1, 2, 1), "none") == [((0, 1), False)]


def test_a_minimum_of_a_deep_linear_network_is_proved():
    # y = 2x - 1 plus noise orthogonal to affine functions, by a network 1-2-1 of identities with a free product
    network = fully_connected((1, 2, 1), ("identity", "identity"))
    arrays = {"W1": [[1, 3]], "b1": [1, -1], "W2": [["1/2"], ["1/2"]], "b2": [-1]}
    samples, targets = [[-1], [0], [1], [2]], [[-3 + 1], [-1 - 3], [1 + 3], [3 - 1]]
    objective = objective_of(network, arrays, samples, targets)
    assert not objective.gradient().numbers.any()
    found = find_slice(objective)
    assert len(found.free) == 2
    finding = minimum_at(objective, found, "rational", 128)
    assert finding.type == "minimum"
    assert finding.index == (2, 0, 5)
    assert not finding.strict
