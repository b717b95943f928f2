"""Bounds for the floats of any library: float32 in any order of summation stays within them, and not by luck."""

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.float_arithmetic import Floating
from exactcnn.domains.float_errors import FLOAT32, FloatErrors
from exactcnn.network.layers import AveragePooling, Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.network.walk import forward, steps

LAYERS = [
    Convolution(3, 3, padding=1, bias="filter", activation="relu"),
    MaxPooling(2),
    Convolution(4, 2, activation="leaky-relu(1/3)"),
    AveragePooling(2, stride=1),
    FullyConnected(5, activation="hard-sigmoid"),
]
NETWORK = Network((1, 8, 8), LAYERS)


@pytest.mark.parametrize("seed", range(4))
def test_float32_and_the_exact_numbers_are_within_the_bounds(seed):
    parameters = random_parameters(NETWORK, seed=seed)
    samples = ExactArray.from_array(np.random.default_rng(seed).normal(size=(6, 64)))
    pairs = forward(FLOAT32, steps(FLOAT32, NETWORK, parameters, 5), FLOAT32.lift(samples)).features
    for dtype in (np.float32, np.float64):
        arithmetic = Floating(np.dtype(dtype))
        own = forward(arithmetic, steps(arithmetic, NETWORK, parameters, 5), arithmetic.lift(samples)).features
        for number, (floats, (values, bounds)) in enumerate(zip(own, pairs, strict=True)):
            assert np.isfinite(bounds).all(), number
            assert (np.abs(floats.astype(np.float64) - values) <= bounds).all(), number
            assert bounds.max() < 1e-4


def test_the_worst_order_of_summation():
    """One large term first: every later one is lost, which is what the bound has to allow."""
    count = 2000
    terms = np.concatenate([[2.0**24], np.ones(count)])
    total = np.float32(0)
    for term in terms.astype(np.float32):
        total = np.float32(total + term)
    weights = FLOAT32.lift(ExactArray(np.ones((count + 1, 1), dtype=np.int64)))
    samples = FLOAT32.lift(ExactArray.from_array(terms[None]))
    values, bounds = FLOAT32.affine(samples, np.arange(count + 1)[None], weights, None)
    assert abs(float(total) - values[0, 0]) == count
    assert count <= bounds[0, 0] < 100 * count


def test_inputs_are_rounded_and_tiny_numbers_lost():
    values, bounds = FLOAT32.lift(ExactArray.from_array([1 + 2.0**-25, 2.0**-160, 2.0**200]))
    assert abs(float(np.float32(1 + 2.0**-25)) - values[0]) <= bounds[0] < 2.0**-22
    assert bounds[1] >= 2.0**-160
    assert bounds[2] >= 2.0**176
    assert FloatErrors(53, 2.0**-1074).lift(ExactArray.from_array([1.5]))[1][0] < 2.0**-50


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softplus", "silu", "gelu", "elu(1)"])
def test_smooth_functions(activation):
    network = Network((5,), [FullyConnected(20, activation=activation), FullyConnected(9, activation=activation)])
    parameters = random_parameters(network, seed=2)
    samples = ExactArray.from_array(np.random.default_rng(1).normal(size=(30, 5)) * 3)
    pairs = forward(FLOAT32, steps(FLOAT32, network, parameters, 2), FLOAT32.lift(samples)).features
    for dtype in (np.float32, np.float64):
        arithmetic = Floating(np.dtype(dtype))
        own = forward(arithmetic, steps(arithmetic, network, parameters, 2), arithmetic.lift(samples)).features
        for floats, (values, bounds) in zip(own, pairs, strict=True):
            assert (np.abs(floats.astype(np.float64) - values) <= bounds).all()
            assert bounds.max() < 1e-3


def test_what_has_no_bound_is_infinite():
    network = Network((2,), [FullyConnected(2, activation="exp")])
    parameters = Parameters.from_arrays(network, {"W1": [[10**300] * 2] * 2, "b1": [0, 0]})
    own = steps(FLOAT32, network, parameters, 1)
    pair = forward(FLOAT32, own, FLOAT32.lift(ExactArray.from_array([[10**10, 2]]))).features[-1]
    assert np.isinf(pair[1]).all()
