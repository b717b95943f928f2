"""Layers in which samples are equal are made to differ: the two segments by loops, and what is refused."""

from random import Random

import numpy as np
import pytest

from exactcnn.landscape.carriers import different, separating_sum
from exactcnn.landscape.neuron_tables import NeuronPoint
from exactcnn.landscape.objective import Objective, replace_parameters
from exactcnn.landscape.spread import spread
from tests.landscape.test_path_to_outputs import dead
from tests.landscape.wide_networks import wide


def found(objective, seed=0):
    point, generator = NeuronPoint.of(objective), np.random.default_rng(seed)
    return point, spread(point, separating_sum(point.features[0], generator), generator)


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_dead_layers_differ_again(depth):
    objective = dead([3] * depth)
    point, result = found(objective)
    assert [number for number, *_ in result.units] == list(range(1, depth))
    tables = point.gather(result.gathered)
    for each in result.units:
        tables.set(*each)
    (there,) = point.written([tables])
    after = NeuronPoint.of(Objective(replace_parameters(objective.instance, there)))
    assert all(different(features) for features in after.features[:-1])
    assert (after.outputs == point.outputs).all()
    values = [sum(row[i] * w for i, w in result.carrier.weights.items()) for row in after.features[-2].tolist()]
    assert values == result.carrier.values


def test_nothing_to_do():
    objective = wide(Random(2), [4, 4], count=3, activation="leaky-relu")
    _, result = found(objective)
    assert (result.gathered, result.units) == ({}, [])


def test_reasons():
    """A layer without biases, and one that has too few units: the other reasons stand in the tests of the paths."""
    assert found(dead([3, 3], bias="none"))[1] == "layer 1 has no biases, and equal features for different samples"
