"""The order of outputs: channels first, whatever the numbering inside."""

import numpy as np

from exactcnn.network.as_given import AsGiven
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.network.layers import AveragePooling, Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


def test_outputs_are_numbered_channels_first():
    """Two filters that copy and double a picture, then a pooling that changes nothing."""
    for more in ([], [MaxPooling(1)], [AveragePooling(1)]):
        layers = [Convolution(2, 1, bias="none", activation="identity"), *more]
        network = Network((1, 2, 3), layers)
        given = AsGiven(network, Parameters.from_arrays(network, {"W1": [[1, 2]]}, upto=len(layers)))
        x = Instance(network, given.parameters, np.arange(6).reshape(1, 6)).samples
        features = FeatureMatrix(network, given.parameters, x, len(layers)).exact().fractions()[0]
        assert features[given.order].tolist() == [0, 1, 2, 3, 4, 5, 0, 2, 4, 6, 8, 10]


def test_rows_and_pooled_inputs_are_in_order():
    dense = Network((3,), [FullyConnected(4, activation="relu")])
    pooled = Network((2, 2, 2), [MaxPooling(1)])
    for network in (dense, pooled):
        assert AsGiven(network, Parameters((None,))).order.tolist() == list(range(network.widths[-1]))
