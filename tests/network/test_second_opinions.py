"""Three engines that share no code agree on small matrices."""

from __future__ import annotations

import random

import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.network.second_opinions import high_precision_rank, symbolic_features, symbolic_rank
from exactcnn.theorems.matrix import elementwise

ACTIVATIONS = ("relu", "square", "softsign", "sigmoid", "tanh", "exp", "silu", "elu(1)", "gaussian", "mish")


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_three_ranks_agree(activation):
    draw = random.Random(activation)
    for _ in range(6):
        rows = [[f"{draw.randint(-4, 4)}/2" for _ in range(4)] for _ in range(3)]
        rows.append(draw.choice(rows) if draw.random() < 0.5 else [f"{draw.randint(-4, 4)}/2" for _ in range(4)])
        features = elementwise(ExactArray.from_strings(rows), activation)
        bounds = features.rank()
        symbolic = symbolic_rank(features)
        assert bounds.lower <= symbolic <= bounds.upper
        assert symbolic == high_precision_rank(features)


def test_a_hidden_relation_of_sigmoids():
    features = elementwise(ExactArray.from_array([[1, 2, 3], [-1, -2, -3], [0, 0, 0]]), "sigmoid")
    assert features.rank().exact == symbolic_rank(features) == high_precision_rank(features) == 2
    for digits in (10, 30, 300):  # the entries have more digits than the rank needs, whatever is asked for
        assert high_precision_rank(features, digits=digits) == 2


def test_transcendental_features_have_a_numerical_opinion_only():
    features = elementwise(ExactArray.from_array([[0, 1], [1, 2]]), "softplus(1)")
    assert high_precision_rank(features) == features.rank().exact == 2
    with pytest.raises(InputError, match="expected Q or Q"):
        symbolic_features(features)


def test_layers_above_the_exponential_one_have_a_numerical_opinion_only():
    network = Network((1,), [FullyConnected(1, activation="sigmoid"), FullyConnected(3, activation="identity")])
    samples = ExactArray.from_array([[0], [1], [5]])
    features = FeatureMatrix(network, random_parameters(network), samples, 2)
    assert high_precision_rank(features) == features.rank().exact == 2
    with pytest.raises(InputError, match="features of layer 2 lie above the exponential layer 1; expected it"):
        symbolic_features(features)


def test_large_matrices_and_exponents_are_refused():
    with pytest.raises(InputError, match="at most 400"):
        symbolic_rank(elementwise(ExactArray.from_array([[0] * 30] * 30), "sigmoid"))
    with pytest.raises(InputError, match="beyond 400"):
        symbolic_rank(elementwise(ExactArray.from_array([[1000]]), "sigmoid"))
