"""Lemma 4.3: 300 random instances, a float twin, equality, zero slopes, and each hypothesis."""

from itertools import pairwise
from random import Random

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.landscape.lemma_4_3 import lemma_4_3
from exactcnn.landscape.objective import Objective
from exactcnn.network.definitions import define_activation
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


def objective(layers, arrays, samples, targets, inputs=1):
    network = Network((inputs,), [FullyConnected(n, activation=a) for n, a in layers])
    return Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))


def instance(random, names=("sigmoid", "sigmoid")):
    widths = (2, 4, 3, 2)
    arrays = {}
    for k, (below, above) in enumerate(pairwise(widths), 1):
        arrays[f"W{k}"] = [[random.randrange(-40, 41) / 16 for _ in range(above)] for _ in range(below)]
        arrays[f"b{k}"] = [random.randrange(-40, 41) / 16 for _ in range(above)]
    samples = [[random.randrange(-40, 41) / 16 for _ in range(2)] for _ in range(3)]
    targets = [[random.randrange(-40, 41) / 16 for _ in range(2)] for _ in range(3)]
    layers = [(4, names[0]), (3, names[1]), (2, "identity")]
    return arrays, samples, targets, objective(layers, arrays, samples, targets, 2)


def test_300_random_instances():
    random = Random(0)
    for _ in range(300):
        found = lemma_4_3(instance(random)[3], bits=64)
        assert found.lower_holds is True
        assert found.upper_holds is True


def test_against_floats():
    random = Random(1)
    s = lambda t: 1 / (1 + np.exp(-t))  # noqa: E731
    for _ in range(20):
        arrays, samples, targets, point = instance(random)
        W, b = ([np.array(arrays[f"{letter}{k}"]) for k in (1, 2, 3)] for letter in "Wb")
        first = s(np.array(samples) @ W[0] + b[0])
        second = s(first @ W[1] + b[1])
        residual = second @ W[2] + b[2] - np.array(targets)
        slopes = second * (1 - second)
        gradient = np.linalg.norm(first.T @ (slopes * (residual @ W[2].T)))
        values = [np.linalg.svd(matrix, compute_uv=False) for matrix in (first, W[2])]
        found = lemma_4_3(point)
        assert float(found.gradient) == pytest.approx(gradient, rel=1e-9)
        assert float(found.residual) == pytest.approx(np.linalg.norm(residual), rel=1e-9)
        assert float(found.slopes[2][0]) == pytest.approx(slopes.min(), rel=1e-9)
        assert float(found.slopes[2][1]) == pytest.approx(slopes.max(), rel=1e-9)
        for pair, expected in ((found.features, values[0]), (found.weights[3], values[1])):
            assert float(pair[0].mid()) == pytest.approx(expected[-1], rel=1e-3)
            assert float(pair[1].mid()) == pytest.approx(expected[0], rel=1e-3)


def test_rational_networks_and_the_output_layer_next():
    layers = [(2, "relu"), (1, "identity")]
    arrays = {"W1": [[1, 2]], "b1": [1, -1], "W2": [[1], [1]], "b2": [0]}
    found = lemma_4_3(objective(layers, arrays, [[1], [2]], [[0], [1]]))
    assert found.lower_holds
    assert found.upper_holds
    assert not found.slopes
    assert not found.weights
    # F = [[2, 1], [3, 3]], R = (3, 5): gradient (21, 18)
    assert (found.gradient * found.gradient).contains(765)
    assert (found.residual * found.residual).contains(34)


def test_zero_loss_is_an_equality():
    found = lemma_4_3(
        objective([(1, "relu"), (1, "identity")], {"W1": [[1]], "b1": [0], "W2": [[1]], "b2": [0]}, [[1]], [[1]])
    )
    assert found.lower_holds is True
    assert found.upper_holds is True
    assert float(found.lower) == float(found.upper) == float(found.gradient) == 0


def test_an_equality_of_positive_numbers_is_not_decided():
    found = lemma_4_3(
        objective([(1, "relu"), (1, "identity")], {"W1": [[1]], "b1": [0], "W2": [[3]], "b2": [0]}, [[1]], [[1]])
    )
    assert found.lower_holds is None
    assert found.upper_holds is not False


def test_the_gap_of_theorem_4_4():
    """A strictly increasing σ with σ'(0) = 0: a zero gradient in S_1 at the loss 1/2, and a lower side of zero."""
    step = define_activation("smooth-step", ["1/2 + t^3/(2*(1 - t^3))", "1/2 + t^3/(2*(1 + t^3))"], [0])
    layers = [(2, "relu"), (2, step), (2, "identity")]
    arrays = {
        "W1": [[1, 1]],
        "b1": [0, "-3/2"],
        "W2": [[0, 0], [0, 0]],
        "b2": [0, 0],
        "W3": [[1, 0], [0, 1]],
        "b3": [0, 0],
    }
    point = objective(layers, arrays, [[1], [2]], [[1, 0], [0, 1]])
    assert point.loss() == 1 / 2
    assert not point.gradient().numbers.any()
    found = lemma_4_3(point)
    assert float(found.gradient) == float(found.lower) == float(found.upper) == 0
    assert float(found.residual) == pytest.approx(1)
    assert found.features[0] > 0
    assert found.weights[3][0] > 0


def test_hypotheses():
    arrays = {"W1": [[1]], "b1": [1], "W2": [[1, 1]], "b2": [0, 0], "W3": [[1, 1, 1]] * 2, "b3": [0] * 3}
    layers = [(1, "relu"), (2, "relu"), (3, "identity")]
    with pytest.raises(InputError, match="expected n_k >= N"):
        lemma_4_3(objective(layers, arrays, [[1], [2]], [[1, 2, 3]] * 2))
    point = objective(layers, arrays, [[1]], [[1, 2, 3]])
    with pytest.raises(InputError, match="3 neurons on 2; expected widths"):
        lemma_4_3(point)
    with pytest.raises(InputError, match="expected a hidden layer"):
        lemma_4_3(point, 3)
    small = {"W1": [[1]], "b1": [1], "W2": [[1]], "b2": [0]}
    with pytest.raises(InputError, match="expected none in the last layer"):
        lemma_4_3(objective([(1, "relu"), (1, "relu")], small, [[1]], [[1]]))
    network = Network((1, 2, 2), [Convolution(1, (1, 1)), MaxPooling(2), FullyConnected(1)], activation="identity")
    parameters = Parameters.from_arrays(network, {"W1": [[1]], "b1": [0] * 4, "W3": [[1]], "b3": [0]})
    with pytest.raises(InputError, match="layer 2 is max-pooling"):
        lemma_4_3(Objective(Instance(network, parameters, [[1, 2, 3, 4]], [[1]])))
    kink = {"W1": [[1]], "b1": [1], "W2": [[1]], "b2": [-2], "W3": [[1]], "b3": [0]}
    with pytest.raises(InputError, match="layer 2: neuron 0 is at a kink"):
        lemma_4_3(objective([(1, "relu"), (1, "relu"), (1, "identity")], kink, [[1]], [[1]]))
