"""Activations of a library beside the exact features: layouts, scales and orders that are wrong are seen."""

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.float_arithmetic import Floating
from exactcnn.errors import InputError
from exactcnn.network.compared_activations import compare_activations
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.network.walk import forward, steps

LAYERS = [
    Convolution(3, 3, bias="filter", activation="relu", name="conv"),
    MaxPooling(2, name="pool"),
    FullyConnected(4, activation="identity", name="fc"),
]
NETWORK = Network((2, 6, 6), LAYERS)
PARAMETERS = random_parameters(NETWORK, seed=1)
SAMPLES = ExactArray.from_array(np.random.default_rng(0).normal(size=(5, 72)))


def library(precision=np.float32):
    """Arrays (m, channels, height, width) as PyTorch would give them, and pre-activations of the convolution."""
    arithmetic = Floating(np.dtype(precision))
    trace = forward(arithmetic, steps(arithmetic, NETWORK, PARAMETERS, 3), arithmetic.lift(SAMPLES))

    def first(rows, size):
        return np.moveaxis(rows.reshape(5, size, size, 3), -1, 1)

    return {
        "conv": first(trace.features[1], 4),
        "pool": first(trace.features[2], 2),
        "fc": trace.features[3],
    }, first(trace.pre_activations[0], 4)


def compare(given):
    return compare_activations(NETWORK, PARAMETERS, SAMPLES, given)


def test_in_every_shape():
    given, _ = library()
    flat = {name: array.reshape(5, -1) for name, array in given.items()}
    last = {name: np.moveaxis(array, 1, -1) for name, array in given.items()}
    for arrays in (given, flat, last, {name: array[:2] for name, array in given.items()}):
        found = compare(arrays)
        assert [(each.layer, each.of, each.within) for each in found.values()] == [
            (number, "features", True) for number in (1, 2, 3)
        ]
        assert all(0 < each.largest < each.bound < 1e-4 for each in found.values())
    assert compare({}) == {}


def test_pre_activations_are_recognised():
    _, before = library()
    found = compare({"conv": before})[1]
    assert (found.of, found.within) == ("pre-activations", True)


def test_what_is_wrong_is_seen():
    given, _ = library()
    wrong = {
        "conv": given["conv"].swapaxes(2, 3),  # height and width
        "pool": given["pool"][:, ::-1],  # channels
        "fc": given["fc"] * 1.001,
    }
    for name, array in wrong.items():
        (found,) = compare({name: array}).values()
        assert (found.of, found.within) == ("features", False)
        assert found.largest > found.bound
    given["fc"][4, 3] += 1e-3
    assert compare(given)[3].within is False
    assert compare({"fc": given["fc"][:4]})[3].within is True


def test_without_bounds():
    network = Network((2,), [FullyConnected(2, activation="exp", name="s")])
    parameters = Parameters.from_arrays(network, {"W1": [[10**300] * 2] * 2, "b1": [0, 0]})
    found = compare_activations(network, parameters, ExactArray.from_array([[10**10, 2]]), {"s": np.ones((1, 2))})[1]
    assert (found.bound, found.within) == (None, None)


def test_smooth_functions_have_bounds():
    network = Network((2,), [FullyConnected(2, activation="sigmoid", name="s")])
    parameters = random_parameters(network)
    arithmetic = Floating(np.dtype(np.float32))
    samples = ExactArray.from_array([[1, 2], [-3, 1]])
    own = forward(arithmetic, steps(arithmetic, network, parameters, 1), arithmetic.lift(samples)).features[1]
    assert compare_activations(network, parameters, samples, {"s": own})[1].within is True
    assert compare_activations(network, parameters, samples, {"s": own[::-1]})[1].within is False


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cnv": np.zeros((5, 3, 4, 4))}, "layer 'cnv' is not known; did you mean 'conv'"),
        ({"conv": np.zeros((5, 3, 4, 5))}, r"'conv' have shape \(5, 3, 4, 5\); expected \(m, 3, 4, 4\)"),
        ({"fc": np.zeros((6, 4))}, "activations of 6 samples; expected at most 5"),
        ({"fc": np.full((5, 4), np.nan)}, r"activations of 'fc'\[0, 0\] is nan"),
        ({"fc": np.zeros((5, 4), dtype=complex)}, "activations of 'fc'.*complex128"),
        ({"fc": np.float64(3)}, r"'fc' have shape \(\)"),
        ([np.zeros((5, 4))], "activations are a list; expected arrays by the names of layers"),
    ],
)
def test_what_does_not_fit(given, message):
    with pytest.raises(InputError, match=message):
        compare(given)
