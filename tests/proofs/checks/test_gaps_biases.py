"""Shared biases and none: the counterexamples against other draws and widths."""

import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.proofs.checks import gaps_biases


def test_shared_biases_bound_every_draw():
    found = gaps_biases.shared_biases_fail()
    samples = ExactArray.from_array(found.details["samples"])
    network = Network((2,), [Convolution(1, patches=((0,), (1,)), bias="filter")], activation="sigmoid")
    for seed in range(5):
        features = FeatureMatrix(network, random_parameters(network, seed=seed), samples, 1)
        assert features.rank().exact == 1


@pytest.mark.parametrize(("activation", "samples"), [("sigmoid", [-1, 0, 1]), ("relu", [1, 2])])
def test_relations_without_biases_hold_at_any_width(activation, samples):
    check = gaps_biases.sigmoid_without_biases if activation == "sigmoid" else gaps_biases.relu_without_biases
    found = check()
    assert found.details["samples"] == samples
    assert found.checked
    for width in (3, 20):
        network = Network((1,), [FullyConnected(width, bias="none")], activation=activation)
        features = FeatureMatrix(
            network, random_parameters(network, seed=width), ExactArray.from_array([[x] for x in samples]), 1
        )
        assert features.rank().exact == len(samples) - 1


def test_without_biases_nothing_fails_on_few_positive_samples_with_sigmoid():
    assert gaps_biases.sigmoid_without_biases((1, 2, 3)).status == "undecided"
