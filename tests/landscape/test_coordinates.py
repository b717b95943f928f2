"""Names and places of parameters: one to one, and the vector goes back to the arrays."""

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.landscape.coordinates import Coordinates, complement
from exactcnn.network.parameters import random_parameters


def test_names_and_places_are_one_to_one(network):
    coordinates = Coordinates(network)
    names = coordinates.names(range(coordinates.count))
    assert len(set(names)) == coordinates.count
    assert [coordinates.index(name) for name in names] == list(range(coordinates.count))


def test_parameters_there_and_back(network):
    coordinates, parameters = Coordinates(network), random_parameters(network, seed=3)
    theta = coordinates.flat(parameters)
    assert theta.shape == (coordinates.count,)
    again = coordinates.parameters(theta)
    for own, other in zip(parameters.layers, again.layers, strict=True):
        if own is None:
            assert other is None
            continue
        assert (own.weights.fractions() == other.weights.fractions()).all()
        assert (own.biases is None) == (other.biases is None)
        if own.biases is not None:
            assert (own.biases.fractions() == other.biases.fractions()).all()


def test_places_of_weights_and_biases(network):
    coordinates, parameters = Coordinates(network), random_parameters(network, seed=5)
    theta = coordinates.flat(parameters).fractions()
    for block in coordinates.blocks:
        own, number = parameters.layer(block.layer.number), block.layer.number
        slot, unit = (size - 1 for size in block.layer.weights_shape)
        assert theta[block.weight(slot, unit)] == own.weights.fractions()[slot, unit]
        assert coordinates.name(block.weight(slot, unit)) == f"W{number}[{slot},{unit}]"
        last = block.layer.width - 1
        if own.biases is None:
            assert block.bias(last) is None
        else:
            shared = last if block.layer.bias == "neuron" else last % block.layer.filters
            assert theta[block.bias(last)] == own.biases.fractions()[shared]


def test_a_unit_has_its_filter_and_its_biases(network):
    coordinates = Coordinates(network)
    for block in coordinates.blocks:
        units = [coordinates.unit(block.layer.number, t) for t in range(block.layer.filters)]
        together = sorted(i for places in units for i in places)
        assert together == list(range(block.start, block.stop))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("W1", "expected a name such as"),
        ("W1[0]", "expected a name such as"),
        ("b1[0,0]", "expected a name such as"),
        ("W1[3,0]", "W1 has shape (3, 3)"),
        ("W1[0,3]", "W1 has shape (3, 3)"),
        ("b1[3]", "layer 1 has 3 biases"),
        ("b2[0]", "layer 2 has 0 biases"),
        ("W4[0,0]", "layer 4 has no parameters; expected one of 1, 2, 3"),
        ("W0[0,0]", "layer 0 has no parameters"),
    ],
)
def test_names_that_are_none(name, message):
    from tests.landscape.conftest import NETWORKS

    with pytest.raises(InputError) as error:
        Coordinates(NETWORKS["dense"]).index(name)
    assert message in str(error.value)


def test_a_place_beyond_the_last_one(network):
    coordinates = Coordinates(network)
    with pytest.raises(InputError, match="expected a number below"):
        coordinates.name(coordinates.count)


def test_parameters_of_all_layers_are_needed(network):
    parameters = random_parameters(network, upto=len(network.layers) - 1)
    with pytest.raises(InputError, match="missing"):
        Coordinates(network).flat(parameters)


def test_complement():
    assert complement(3, ()).tolist() == [0, 1, 2]
    assert complement(3, (2, 0)).tolist() == [1]
    assert ExactArray.from_array([5, 6, 7])[complement(3, (1,))].fractions().tolist() == [5, 7]
    assert complement(0, ()).dtype == np.flatnonzero([]).dtype
