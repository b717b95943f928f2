"""Convolutional and fully connected layers: one step forward and backward against loops over patches and filters."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.arithmetic import Choice, KinkMet, Undecided
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.network.kinds.convolution import Convolution, Convolved, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters

Q = Rationals()
BIASES = ["neuron", "filter", "none"]
PATCHES = ((0, 1, 3), (2, 3, -1), (4, 2, 0), (1, -1, 4))


def resolved(bias, activation="identity"):
    layer = Network((5,), [Convolution(2, patches=PATCHES, bias=bias, activation=activation)]).layer(1)
    assert isinstance(layer, Convolved)
    return layer


def own(layer, generator):
    arrays = {f"{name}1": generator.integers(-4, 5, shape) for name, shape in layer.parameter_shapes.items()}
    network = Network((5,), [layer.description])
    return arrays, Parameters.from_arrays(network, arrays).layer(1)


@pytest.mark.parametrize("positions", [[0, 1, 2, 3], [2], [3, 0]])
@pytest.mark.parametrize("bias", BIASES)
def test_one_step_by_loops(bias, positions):
    generator = np.random.default_rng(len(positions))
    layer = resolved(bias)
    arrays, parameters = own(layer, generator)
    W, b = arrays["W1"], arrays.get("b1", np.zeros(8, dtype=int))
    step = layer.step(Q, parameters, np.array(positions))
    assert (step.layer, step.positions.tolist()) == (layer, positions)
    assert step.curve is layer.activation
    below = generator.integers(-5, 6, (3, 5))
    lifted = Q.lift(ExactArray(below))
    z, choice = layer.forward(Q, step, lifted, None)
    assert choice is None
    expected = np.zeros((3, 2 * len(positions)), dtype=int)
    cotangent = generator.integers(-3, 4, expected.shape)
    weights, down = np.zeros((3, 2), dtype=int), np.zeros((3, 5), dtype=int)
    for i in range(3):
        for place, p in enumerate(positions):
            for t in range(2):
                h = 2 * place + t
                expected[i, h] += b[2 * p + t if bias == "neuron" else t]
                for s, j in enumerate(PATCHES[p]):
                    if j >= 0:
                        expected[i, h] += W[s, t] * below[i, j]
                        weights[s, t] += below[i, j] * cotangent[i, h]
                        down[i, j] += W[s, t] * cotangent[i, h]
    assert z.fractions().tolist() == expected.tolist()
    gradient, found = layer.backward(Q, step, lifted, None, Q.lift(ExactArray(cotangent)))
    assert found.fractions().tolist() == down.tolist()
    assert gradient.pre_activations.fractions().tolist() == cotangent.tolist()
    assert gradient.weights.fractions().tolist() == weights.tolist()
    sums = {"neuron": cotangent.sum(axis=0), "filter": cotangent.reshape(-1, 2).sum(axis=0)}
    assert (gradient.biases is None) == (bias == "none")
    assert bias == "none" or gradient.biases.fractions().tolist() == sums[bias].tolist()


def test_a_given_choice_is_passed_on():
    layer = resolved("none", "relu")
    _, parameters = own(layer, np.random.default_rng(0))
    step, choice = layer.step(Q, parameters, np.arange(4)), Choice(np.zeros((1, 8), dtype=int))
    assert layer.forward(Q, step, Q.lift(ExactArray(np.ones((1, 5), dtype=int))), choice)[1] is choice


def test_derivatives_need_certain_pieces_and_equal_slopes():
    zeros = np.zeros((1, 8), dtype=np.int8)
    tie, open_ = zeros.astype(bool), zeros.copy()
    tie[0, 3], open_[0, 2] = True, 1
    resolved("none", "sigmoid").require_derivatives(None)
    resolved("none", "relu").require_derivatives(Choice(zeros))
    resolved("none", "squared-relu").require_derivatives(Choice(zeros, ties=tie))
    with pytest.raises(KinkMet, match="neuron 3 is at a kink on sample 0"):
        resolved("none", "relu").require_derivatives(Choice(zeros, ties=tie))
    with pytest.raises(Undecided):
        resolved("none", "relu").require_derivatives(Choice(zeros, last=open_))


def test_what_it_is():
    layer = resolved("filter", "relu")
    assert (layer.kind, layer.width, layer.weights_shape, layer.biases_count) == ("convolution", 8, (3, 2), 2)
    assert layer.parameter_shapes == {"W": (3, 2), "b": (2,)}
    assert resolved("none").parameter_shapes == {"W": (3, 2)}
    assert resolved("neuron").parameter_shapes == {"W": (3, 2), "b": (8,)}
    assert layer.document() == {
        "kind": "convolution",
        "patches": [list(patch) for patch in PATCHES],
        "filters": 2,
        "bias": "filter",
        "activation": layer.activation.document(),
    }
    assert layer.layout == "channels-last"


@pytest.mark.parametrize("bias", BIASES)
def test_a_fully_connected_layer_is_a_convolution_with_one_patch(bias):
    dense = Network((2, 3), [FullyConnected(4, bias=bias, activation="tanh")]).layer(1)
    same = Network((6,), [Convolution(4, patches=(tuple(range(6)),), bias=bias, activation="tanh")]).layer(1)
    assert dense.document() == same.document()
    assert dense.bias == ("none" if bias == "none" else "neuron")
    assert (dense.kind, dense.shape, dense.width, dense.parameter_shapes) == (
        "fully-connected",
        (4,),
        4,
        same.parameter_shapes,
    )


def test_activations_come_from_the_layer_then_from_the_network():
    layers = [Convolution(1, 1, activation="relu"), FullyConnected(2), Convolution(1, patches=((0,),))]
    named = Network((1, 3), layers, activation="clip(-1/2,2)")
    assert [each.activation.text for each in named.resolved] == ["relu", "clip(-1/2,2)", "clip(-1/2,2)"]
    assert named.layer(2).activation.kinks == (Fraction(-1, 2), Fraction(2))
    unnamed = Network((1, 3), layers)
    for number in (2, 3):
        with pytest.raises(InputError, match=rf"^layer {number} \(.*\): activation is missing"):
            _ = unnamed.layer(number).activation
    with pytest.raises(InputError, match="activation"):
        Network((1, 3), layers, activation="sigmod")
