"""Integer features: equal to the exact forward pass, in either dtype, on one affine piece of every activation."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.constructions.injective import IntegerFeatures, affine_piece, layer_above, random_weights
from exactcnn.domains.exact import ExactArray
from exactcnn.network.activations import activation, activation_names
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


@pytest.mark.parametrize("name", ["relu", "leaky-relu", "abs", "relu6", "clip(-1/3,5/7)", "hard-sigmoid", "hard-swish"])
@pytest.mark.parametrize("size", [1, 10**5, 10**12, 10**30])
def test_features_are_those_of_the_network(name, size):
    """Two layers with pooling between: values as the forward pass has them, order kept across samples."""
    table = np.random.default_rng(1).integers(-9, 10, (6, 7)).astype(object) * size
    samples = ExactArray(table if size > 10**18 else table.astype(np.int64), 3)
    layers = [
        Convolution(2, 3, padding=1, activation=name),
        MaxPooling(2, stride=1),
        Convolution(2, 2, activation=name),
    ]
    network = Network((1, 7), layers, activation="sigmoid")
    generator, features, parameters = np.random.default_rng(0), IntegerFeatures.of(samples), []
    for layer in network.resolved:
        own, features = layer_above(layer, features, generator, 2)
        parameters.append(own)
        exact = FeatureMatrix(network, Parameters(tuple(parameters)), samples, layer.number).exact().fractions()
        values = [[Fraction(int(x), features.denominator) for x in row] for row in features.integers]
        assert values == exact.T.tolist()
    assert len(set(features.integers.ravel().tolist())) > 50  # of 60: not squashed


@pytest.mark.parametrize("name", activation_names())
def test_affine_pieces_against_values(name):
    sigma = activation(
        {"clip": "clip(-1,2)", "polynomial": "polynomial(3,1/2)", "logistic": "logistic(2)"}.get(name, name)
    )
    piece = affine_piece(sigma)
    expected = {"identity", "relu", "leaky-relu", "abs", "relu6", "clip", "hard-sigmoid", "hard-tanh", "hard-swish"}
    assert (piece is not None) == (name in expected | {"polynomial"})
    if piece is not None:
        low, high, offset, slope = piece
        start, end = low if low is not None else Fraction(-50), high if high is not None else Fraction(50)
        for step in range(11):
            z = start + (end - start) * Fraction(step, 10)
            assert sigma.exact(z) == offset + slope * z
        assert slope > 0


@pytest.mark.parametrize(
    "samples",
    [
        ExactArray.from_array([[0.5, -3.25], [2.0**-20, 7.0]]),
        ExactArray.from_array([[1e300, -1e-300], [5e-324, 0.0]]),
        ExactArray.from_array([[5e-324, 2.0**-940], [2.0**-1013, -(2.0**-1000)]]),  # below 2^-938: not in int64
        ExactArray.from_array([[5e-324, -(2.0**-1013)], [2.0**-1022, 3e-320]]),
        ExactArray.from_array([[0.0, -0.0], [0.0, 0.0]]),
        ExactArray.from_array([[2.0**61, 0.5], [1.0, 0.0]]),
        ExactArray.from_array([[2**63 - 1, -(2**63) + 1], [0, 5]]),
        ExactArray.from_strings([["1/3", "2/7"], ["10", "-4/5"]]),
    ],
)
def test_samples_over_one_denominator(samples):
    features = IntegerFeatures.of(samples)
    values = [[Fraction(int(x), features.denominator) for x in row] for row in features.integers.T]
    assert values == samples.fractions().tolist()
    assert max(abs(int(x)) for x in features.integers.ravel()) < 2**features.bits


def test_sums_stay_in_int64():
    """The largest sums that the bound allows, recomputed in Python's integers."""
    for bits in (0, 1, 8, 30, 45, 47, 48, 49, 53, 61, 62):
        integers = np.array([[2**bits - 1], [-(2**bits) + 1], [2**bits - 1]])
        features = IntegerFeatures(integers, 1)
        weights = random_weights(features, (3,), np.random.default_rng(bits))
        total = features.times(np.array([0, -1, 2]), weights)
        assert int(total[0]) == (2**bits - 1) * (int(weights[0]) + int(weights[2]))
        assert weights.all()
        assert len({abs(int(w)) for w in random_weights(features, (50,), np.random.default_rng(0))}) > 20
