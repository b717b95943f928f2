"""Neuron tables: layers that read in another order, gathered weights, bases."""

from fractions import Fraction
from random import Random

import numpy as np
import pytest

from exactcnn.landscape.neuron_tables import ONES, ZERO, NeuronPoint, Tables, basis, not_covered, solved, with_ones
from exactcnn.landscape.objective import Objective
from exactcnn.linalg.relations import LARGE_PRIME
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from tests.landscape.wide_networks import wide


def test_networks_that_are_not_covered():
    linear = FullyConnected(1, activation="identity")
    convolved = Network((1, 3, 3), [Convolution(1, 2, activation="relu"), linear])
    assert not_covered(convolved) == "layer 1 is not fully connected"
    pooled = Network((1, 2, 2), [MaxPooling(2), FullyConnected(2, activation="relu"), linear])
    assert not_covered(pooled) == "layer 1 is not fully connected"
    squashed = Network((1,), [FullyConnected(2, activation="relu")] * 2)
    assert not_covered(squashed) == "layer 2, the last, has the activation relu; expected the identity"
    assert not_covered(Network((1,), [FullyConnected(2, activation="relu"), linear])) is None


@pytest.mark.parametrize("seed", range(4))
def test_gathered_weights_keep_all_pre_activations(seed):
    objective = wide(Random(seed), [5, 6], count=3, activation="leaky-relu", outputs=2)
    point = NeuronPoint.of(objective)
    columns = [column + ONES for column in basis(with_ones(point.features[2]))]
    tables = point.gather({1: basis(point.features[1]), 2: columns})
    other = objective.at(objective.coordinates.flat(point.written([tables])[0]))
    for z, same in zip(*(each.in_rationals().trace.pre_activations for each in (objective, other)), strict=True):
        assert (z.fractions() == same.fractions()).all()
    for weights in tables.weights[1:]:
        assert sum(any(row) for row in weights.tolist()) <= 3


def test_written_and_read_again():
    """Slots of a layer above feature maps read neurons in another order than their own."""
    layers = [Convolution(2, 2, activation="relu"), FullyConnected(2, activation="identity")]
    network = Network((1, 2, 2), layers)  # one patch: a fully connected layer
    objective = Objective(
        Instance(network, random_parameters(network, seed=1), [[1, 2, 3, 4], [0, 1, 0, 1]], [[1, 0]] * 2)
    )
    point = NeuronPoint.of(objective)
    moved = Tables(tuple(table + 1 for table in point.tables.weights), point.tables.biases)
    again = objective.coordinates.flat(point.written([moved])[0])
    expected = objective.theta.fractions()
    for block in objective.coordinates.blocks:
        expected[block.weights] += 1
    assert (again.fractions() == expected).all()
    sums = point.features[1] @ point.tables.weights[1] + point.tables.biases[1]
    assert (sums == point.outputs).all()


def test_a_rank_that_is_smaller_modulo_the_prime():
    assert basis(np.array([[1, 0], [0, LARGE_PRIME]], dtype=object)) == [0, 1]
    matrix = np.array([[Fraction(LARGE_PRIME), ZERO], [ZERO, Fraction(1)]], dtype=object)
    assert solved(matrix, matrix).tolist() == [[1, 0], [0, 1]]


def test_layers_of_tables():
    first, second = (
        Tables((np.array([[value]], dtype=object),), (np.array([value], dtype=object),)) for value in (1, 2)
    )
    assert first.with_layer(1, second).weights[0].tolist() == [[2]]
    assert first.weights[0].tolist() == [[1]]
    assert (first.bias(1, 0), first.incoming(1, 0, {0: 5})) == (1, {5: 1})
    assert Tables(first.weights, (None,)).bias(1, 0) == 0
    copied = first.copy()
    copied.take(1, 0, second)
    assert (copied.weights[0].tolist(), copied.biases[0].tolist(), first.biases[0].tolist()) == ([[2]], [2], [1])
