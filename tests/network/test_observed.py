"""Pre-activations, and features beside a column of ones, as features of other networks."""

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.images import Q
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.observed import with_ones, with_pre_activations
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.network.walk import pre_activations, steps

LAYERS = [Convolution(2, 2, activation="relu"), MaxPooling(2, stride=1), FullyConnected(3, activation="sigmoid")]
NETWORK = Network((1, 5), LAYERS)
PARAMETERS = random_parameters(NETWORK)
SAMPLES = ExactArray.from_array(np.random.default_rng(0).integers(-5, 6, (7, 5)))


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_pre_activations(layer):
    other = with_pre_activations(NETWORK, layer)
    found = FeatureMatrix(other, PARAMETERS, SAMPLES, layer)
    expected = pre_activations(Q, steps(Q, NETWORK, PARAMETERS, layer), Q.lift(SAMPLES))
    assert (found.exact().fractions() == expected.fractions()).all()
    assert len(other.layers) == layer


@pytest.mark.parametrize("layer", [0, 1, 2, 3])
def test_a_column_of_ones(layer):
    """Over Q by hand; at the sigmoid layer against a ball rank."""
    network, own = with_ones(NETWORK, Parameters(()) if layer == 0 else PARAMETERS, layer)
    beside = FeatureMatrix(network, own, SAMPLES, layer + 1)
    if layer == 3:
        assert (beside.domain, beside.shape, beside.rank().exact) == ("Q(t)", (7, 4), 4)
        return
    features = SAMPLES if layer == 0 else FeatureMatrix(NETWORK, PARAMETERS, SAMPLES, layer).exact()
    exact = features.fractions()
    last = beside.exact().fractions()
    assert (last[:, :-1] == exact).all()
    assert (last[:, -1] == exact[:, 0] + 1).all()


def test_ones_count_only_where_they_are_new():
    network = Network((1,), [FullyConnected(2, activation="relu")])
    for biases, rank in (([0, 0], 2), ([0, 3], 2)):
        parameters = Parameters.from_arrays(network, {"W1": [[1, 0]], "b1": biases})
        found = FeatureMatrix(*with_ones(network, parameters, 1), ExactArray.from_array([[1], [2], [3]]), 2)
        assert found.rank().exact == rank
