"""Equal outputs: planted ones are found, and no pair of different values is called equal."""

import random
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.balls import working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.network import expressions
from exactcnn.network.as_given import AsGiven, Normalization
from exactcnn.network.expressions import equal_outputs
from exactcnn.network.layers import AveragePooling, Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import LayerParameters, Parameters
from exactcnn.theorems.enclosed_outputs import Outputs


def fractions(*numbers):
    return [Fraction(number) for number in numbers]


def dense(weights, activation="sigmoid", biases=None):
    bias = "none" if biases is None else "neuron"
    network = Network((len(weights),), [FullyConnected(len(weights[0]), bias=bias, activation=activation)])
    arrays = {"W1": weights} | ({} if biases is None else {"b1": biases})
    return AsGiven(network, Parameters.from_arrays(network, arrays))


def test_units_that_are_alike():
    given = dense([[1, 1, 2, 1], [2, 2, 1, 2]], biases=["1/3", "1/3", "1/3", 0])
    assert equal_outputs(given, fractions(1, "1/2")) == ((0, 1),)
    assert equal_outputs(given, fractions(1, 1)) == ((0, 1, 2),)
    assert equal_outputs(given, fractions(0, 0)) == ((0, 1, 2),)


def test_rational_activations_are_values():
    """relu(-1) = relu(-2), as numbers; of sigmoids nothing is known but the argument."""
    weights = [[-1, -2, 1]]
    assert equal_outputs(dense(weights, "relu"), fractions(1)) == ((0, 1),)
    assert equal_outputs(dense(weights, "sigmoid"), fractions(1)) == ()


def test_normalizations_keep_filters_apart():
    given = dense([[1, 1, 1]])
    arrays = {name: ExactArray.from_array([1, 1, 2]) for name in ("scale", "shift", "mean", "variance")}
    for name in arrays:
        own = {key: each if key == name else ExactArray.from_array([1, 1, 1]) for key, each in arrays.items()}
        normal = AsGiven(given.network, given.parameters, (Normalization(1, **own),))
        assert equal_outputs(normal, fractions(3)) == ((0, 1),)


def test_large_networks_are_left_alone(monkeypatch):
    monkeypatch.setattr(expressions, "MOST_PRODUCTS", 3)
    assert equal_outputs(dense([[1, 1, 1]]), fractions(1)) == ((0, 1, 2),)
    assert equal_outputs(dense([[1, 1, 1, 1]]), fractions(1)) == ()


@pytest.mark.parametrize("seed", range(30))
def test_what_is_called_equal_has_equal_balls(seed):
    """Random networks with many coincidences, against balls of 512 bits, which would tell two numbers apart."""
    draw = random.Random(seed)
    few = [0, 1, -1, 2, 1]

    def table(*shape):
        return ExactArray(np.array([draw.choice(few) for _ in range(int(np.prod(shape)))]).reshape(shape))

    pool = draw.choice([MaxPooling(2, stride=1), AveragePooling(2, stride=1), MaxPooling(2, padding=1)])
    layers = [
        Convolution(2, 2, padding=1, bias="filter", activation=draw.choice(["sigmoid", "relu", "softplus"])),
        pool,
        FullyConnected(4, activation=draw.choice(["tanh", "identity", "relu"])),
        FullyConnected(5, bias="none", activation="identity"),
    ]
    network = Network((1, 3, 3), layers)
    own = []
    for layer in network.resolved:
        shapes = layer.parameter_shapes
        own.append(LayerParameters(*(table(*shapes[k]) if k in shapes else None for k in "Wb")) if shapes else None)
    given = AsGiven(network, Parameters(tuple(own)))
    samples = table(2, 9)
    outputs = Outputs(given, samples, None, 17)
    with working_precision(512):
        for i in range(2):
            balls = outputs._balls(i)
            for group in equal_outputs(given, samples[i].fractions().tolist()):
                assert all(balls[j].overlaps(balls[group[0]]) for j in group)
                assert all((balls[j] - balls[group[0]]).rad() < 1e-100 for j in group)
