"""Instances: parts that fit each other, or one line that says which does not."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.data.dataset import Dataset
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters

NETWORK = Network((1, 2, 2), [Convolution(2, 2, activation="relu"), FullyConnected(1, activation="identity")])
ROWS = [[1, 2, 3, 4], [5, 6, 7, 8], [0, 0, 0, 1]]


def test_each_part_but_the_network_may_be_missing():
    instance = Instance(NETWORK)
    parts = (instance.parameters, instance.data, instance.targets, instance.samples, instance.count)
    assert parts == (None,) * 5
    instance = Instance(NETWORK, random_parameters(NETWORK), ROWS, [["1/2", 0], [1, 2], [3, 4]])
    assert (instance.count, instance.samples.fractions().tolist()) == (3, ROWS)
    assert instance.targets.fractions()[0].tolist() == [Fraction(1, 2), 0]


@pytest.mark.parametrize("parts", [(NETWORK, ROWS, random_parameters(NETWORK)), (random_parameters(NETWORK), NETWORK)])
def test_parts_in_another_order_are_refused(parts):
    with pytest.raises(InputError, match=r"expected \(network, parameters, samples\)"):
        Instance(*parts)


@pytest.mark.parametrize(
    "samples",
    [
        ROWS,
        np.array(ROWS),
        ExactArray.from_array(ROWS),
        Dataset.from_array(ROWS),
        Dataset.from_array(np.array(ROWS).reshape(3, 1, 2, 2)),
    ],
)
def test_samples_in_any_form_are_the_same(samples):
    assert Instance(NETWORK, samples=samples).samples.fractions().tolist() == ROWS


def test_names_and_labels_of_a_data_set_are_kept():
    data = Dataset.from_array(ROWS, name="three", labels=np.array([1, 2, 0]))
    instance = Instance(NETWORK, samples=data)
    assert instance.data is data
    assert (instance.data.name, instance.data.labels.tolist()) == ("three", [1, 2, 0])
    assert Instance(NETWORK, samples=ROWS).data.name == "data"


def test_parameters_of_the_first_layers_suffice():
    first = random_parameters(NETWORK, upto=1)
    assert Instance(NETWORK, first).parameters is first


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"samples": [[1, 2, 3]]}, r"samples has shape \(1, 3\); expected \(N, 4\)"),
        ({"samples": np.zeros((3, 2, 2, 1), dtype=int)}, r"channels last\?"),
        ({"samples": Dataset.from_array([[1, 2, 3]])}, "3 entries; expected 4"),
        ({"samples": [[1, 2, 3, None]]}, r"samples\[0, 3\]"),
        ({"targets": [1, 2]}, r"targets have shape \(2,\); expected \(N, m\)"),
        ({"targets": np.zeros((3, 0))}, r"targets have shape \(3, 0\); expected \(N, m\)"),
        ({"samples": ROWS, "targets": [[1], [2]]}, r"targets have shape \(2, 1\); expected \(3, m\), a row for each"),
        ({"targets": [[np.nan]]}, r"targets\[0, 0\] is (nan|missing)"),
    ],
)
def test_parts_that_do_not_fit(parts, message):
    with pytest.raises(InputError, match=message) as error:
        Instance(NETWORK, **parts)
    assert "\n" not in str(error.value)


def test_parameters_of_another_network_are_refused():
    other = Network((1, 2, 2), [Convolution(3, 2, activation="relu")])
    with pytest.raises(InputError, match="layer 1"):
        Instance(NETWORK, random_parameters(other))
    with pytest.raises(InputError, match="layer"):
        Instance(NETWORK, Parameters((None,)), ROWS)


def test_an_instance_does_not_change():
    instance = Instance(NETWORK, samples=ROWS)
    with pytest.raises(AttributeError):
        instance.network = None
    assert instance != Instance(NETWORK, samples=ROWS)  # compared as certificates are, not as values
