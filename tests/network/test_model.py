"""Models: a network with its parameters and names, given to what takes a network."""

import numpy as np
import pytest

from exactcnn import Instance, verify
from exactcnn.errors import InputError
from exactcnn.network.layers import FullyConnected
from exactcnn.network.model import Model
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters

LAYERS = FullyConnected(4, activation="sigmoid", name="fc1"), FullyConnected(1, activation="identity", name="fc2")
NETWORK = Network((2,), LAYERS)
SAMPLES = np.array([[0, 1], [2, 3], [5, 8]])


def model(notes=("a note",)):
    return Model(NETWORK, random_parameters(NETWORK), notes)


def test_how_it_shows_itself():
    assert "1  fc1   fully-connected  4 " in str(model())
    assert "note: a note" in str(model())


def test_what_cannot_be():
    with pytest.raises(InputError, match="W2 is missing"):
        Model(NETWORK, Parameters(random_parameters(NETWORK).layers[:1]))


def test_it_stands_for_network_and_parameters():
    own = model()
    instance = Instance(own, SAMPLES, [[1], [2], [3]])
    assert (instance.network, instance.parameters, instance.count) == (NETWORK, own.parameters, 3)
    assert instance.targets.fractions().tolist() == [[1], [2], [3]]
    assert Instance(own, samples=SAMPLES, targets=[[1], [2], [3]]).count == 3
    assert Instance(own).samples is None
    assert (instance.notes, Instance(NETWORK, own.parameters, SAMPLES).notes) == (("a note",), ())
    with pytest.raises(InputError, match="parameters beside a model"):
        Instance(own, own.parameters, SAMPLES, [[1], [2], [3]])


def test_verify_takes_it_with_names_of_layers():
    found = verify(model(), SAMPLES, layer="fc1", check=True)
    assert (found.rank.exact, found.checked) == (3, True)
    same = verify(NETWORK, random_parameters(NETWORK), SAMPLES, layer=1)
    assert [each.status for each in found.verdicts] == [each.status for each in same.verdicts]
    with pytest.raises(InputError, match="layer 'fc3' is not known; did you mean 'fc2'"):
        verify(NETWORK, random_parameters(NETWORK), SAMPLES, layer="fc3")
