"""Exact parameters: streams of the seeded draws, and arrays that must fit."""

import re
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.data.dataset import Dataset
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.theorems.verify import verify

NETWORK = Network(
    (1, 8),
    [Convolution(3, 3, bias="filter"), MaxPooling(2), FullyConnected(4), FullyConnected(2)],
    activation="sigmoid",
)


def numbers(array):
    return array.fractions().tolist()


def test_draws_have_the_paper_s_shapes_and_are_float32():
    parameters = random_parameters(NETWORK, seed=3)
    shapes = [(p.weights.shape, p.biases.shape) if p else None for p in parameters.layers]
    assert shapes == [((3, 3), (3,)), None, ((9, 4), (4,)), ((4, 2), (2,))]
    for layer in parameters.layers:
        for array in (layer.weights, layer.biases) if layer else ():
            assert array.denominators == 1
            assert (array.numbers == array.numbers.astype(np.float32)).all()


def test_draws_are_the_same_for_ever():
    # certificates name the numbers, documentation quotes them: a change of the stream must be noticed
    first = random_parameters(Network((2,), [FullyConnected(1)], activation="sigmoid"), seed=0).layer(1)
    stream = np.random.default_rng(np.random.SeedSequence(0).spawn(1)[0])
    plain = stream.standard_normal(3, dtype=np.float32)
    assert first.weights.numbers.ravel().tolist() == (plain[:2] * np.float32(1 / np.sqrt(2))).tolist()
    assert first.biases.numbers.tolist() == plain[2:].tolist()
    assert [float(x).hex() for x in first.weights.numbers.ravel()] == [
        "0x1.81bf380000000p+0",
        "0x1.37dd100000000p+1",
    ]


def test_seed_decides():
    def weights(seed):
        return numbers(random_parameters(NETWORK, seed=seed).layer(3).weights)

    assert weights(5) == weights(5) != weights(6)


def test_layers_have_streams_of_their_own():
    longer = Network((1, 8), [*NETWORK.layers, FullyConnected(7)], activation="sigmoid")
    below, above = random_parameters(NETWORK, seed=1), random_parameters(longer, seed=1)
    assert [numbers(below.layer(k).weights) for k in (1, 3, 4)] == [numbers(above.layer(k).weights) for k in (1, 3, 4)]
    short = random_parameters(longer, seed=1, upto=2)
    assert len(short.layers) == 2
    assert numbers(short.layer(1).weights) == numbers(above.layer(1).weights)
    first, second = random_parameters(
        Network((3,), [FullyConnected(3), FullyConnected(3)], activation="sigmoid")
    ).layers
    assert numbers(first.weights) != numbers(second.weights)


def test_kind_of_bias_does_not_change_the_weights():
    drawn = [
        random_parameters(Network((1, 6), [Convolution(2, 3, bias=bias)], activation="sigmoid")).layer(1)
        for bias in ("neuron", "filter", "none")
    ]
    assert numbers(drawn[0].weights) == numbers(drawn[1].weights) == numbers(drawn[2].weights)
    assert [p.biases and p.biases.shape for p in drawn] == [(8,), (2,), None]


def test_spread_of_the_draws():
    layer = random_parameters(Network((400,), [FullyConnected(500)], activation="sigmoid"), seed=2).layer(1)
    # 200 000 draws: the empirical deviation is within 1% of 1/sqrt(400) but for a chance below 1e-9
    assert layer.weights.numbers.std() == pytest.approx(1 / 20, rel=0.01)
    assert layer.biases.numbers.std() == pytest.approx(1, rel=0.2)
    wide = random_parameters(Network((400,), [FullyConnected(500)], activation="sigmoid"), seed=2, scale=8).layer(1)
    assert (wide.weights.numbers == 8 * layer.weights.numbers).all()
    assert (wide.biases.numbers == 8 * layer.biases.numbers).all()


@pytest.mark.parametrize("seed", [-1, 1.0, True, "0"])
def test_seeds_that_are_none(seed):
    with pytest.raises(InputError, match="seed = "):
        random_parameters(NETWORK, seed=seed)


@pytest.mark.parametrize("scale", [0, -1.0, float("nan"), float("inf"), 1e300])
def test_scales_that_are_none(scale):
    with pytest.raises(InputError, match="scale = "):
        random_parameters(NETWORK, scale=scale)


ARRAYS = {
    "W1": np.arange(9.0).reshape(3, 3),
    "b1": [0, 1, 2],
    "W3": ExactArray.from_strings([["1/3"] * 4] * 9),
    "b3": ["1/7", "-0.1", 3, "2e3"],
    "W4": [[2**70, 1]] * 4,
    "b4": [0.1, 0.5],
}


def test_arrays_are_taken_exactly_and_pooling_keeps_its_number():
    parameters = Parameters.from_arrays(NETWORK, ARRAYS)
    assert numbers(parameters.layer(1).weights) == np.arange(9).reshape(3, 3).tolist()
    assert parameters.layers[1] is None
    assert numbers(parameters.layer(3).weights)[8] == [Fraction(1, 3)] * 4
    assert numbers(parameters.layer(3).biases) == [Fraction(1, 7), Fraction(-1, 10), 3, 2000]
    assert numbers(parameters.layer(4).weights)[0] == [2**70, 1]
    assert numbers(parameters.layer(4).biases) == [Fraction(0.1), Fraction(1, 2)]


def without(*names):
    return {name: array for name, array in ARRAYS.items() if name not in names}


@pytest.mark.parametrize(
    ("names", "upto", "layers"),
    [(["W4", "b4"], None, 3), (["W3", "b3", "W4", "b4"], None, 2), ([], 1, 1), (["W3", "b4"], 2, 2), (["W4"], 3, 3)],
)
def test_layers_above_the_last_one_needed_may_be_absent(names, upto, layers):
    assert len(Parameters.from_arrays(NETWORK, without(*names), upto=upto).layers) == layers


@pytest.mark.parametrize(
    ("arrays", "upto", "message"),
    [
        (without("W1"), None, r"W1 is missing; expected an array of shape \(3, 3\)"),
        (without("b3"), None, r"b3 is missing; expected an array of shape \(4,\)"),
        (without("W4"), 4, r"W4 is missing"),
        ({}, None, "W1 is missing"),
        (ARRAYS | {"W1": np.zeros((3, 4))}, None, r"W1 has shape \(3, 4\); expected \(3, 3\)"),
        (
            ARRAYS | {"W3": np.zeros((4, 9))},
            None,
            r"W3 has shape \(4, 9\), that of layout = 'torch'; expected \(9, 4\)",
        ),
        (ARRAYS | {"b1": np.zeros(18)}, None, r"b1 has shape \(18,\); expected \(3,\)"),
        (ARRAYS | {"b1": np.zeros((1, 3))}, None, r"b1 has shape \(1, 3\); expected \(3,\)"),
        (ARRAYS | {"W2": [[1]]}, None, "'W2' is no parameter of the network; expected W1, b1, W3, b3, W4, b4"),
        (ARRAYS | {"W5": [[1]]}, None, "'W5' is no parameter"),
        (ARRAYS | {"w1": [[1]]}, None, "'w1' is no parameter"),
        (ARRAYS | {"b1": [0, np.nan, 0]}, None, r"b1\[1\] is nan"),
        (ARRAYS | {"b1": ["1", "1/0", "1"]}, None, r"b1\[1\]: '1/0' is not a number"),
        (ARRAYS | {"b1": [0, None, 0]}, None, r"b1\[1\]: 'None' is not a number"),
        (ARRAYS | {"W1": [[1, 2], [3]]}, None, "W1: rows of unequal length"),
        (ARRAYS | {"W1": [["1", "2"], ["3"]]}, None, "W1: rows of unequal length"),
        (ARRAYS, 5, "layer 5; expected a layer from 1 to 4"),
    ],
)
def test_arrays_that_do_not_fit(arrays, upto, message):
    with pytest.raises(InputError, match=message) as caught:
        Parameters.from_arrays(NETWORK, arrays, upto=upto)
    assert "\n" not in str(caught.value)


def test_bias_none_has_no_array():
    network = Network((2,), [FullyConnected(1, bias="none")], activation="sigmoid")
    assert Parameters.from_arrays(network, {"W1": [[1], [2]]}).layer(1).biases is None
    with pytest.raises(InputError, match="'b1' is no parameter of the network; expected W1"):
        Parameters.from_arrays(network, {"W1": [[1], [2]], "b1": [0]})


@pytest.mark.parametrize(
    ("number", "message"), [(0, "no parameters of layer 0"), (2, "layer 2 has no parameters"), (5, "layer 5")]
)
def test_layers_without_parameters(number, message):
    with pytest.raises(InputError, match=message):
        random_parameters(NETWORK).layer(number)


CHECKED = Network(NETWORK.input_shape, NETWORK.layers, activation="relu")


@pytest.mark.parametrize(
    ("other", "upto", "message"),
    [
        ([Convolution(3, 2, bias="filter")], 1, "W1 has shape (2, 3); expected (3, 3) in layer 1"),
        ([Convolution(2, 3, bias="filter")], 1, "W1 has shape (3, 2); expected (3, 3) in layer 1"),
        ([Convolution(3, 3)], 1, "b1 has shape (18,); expected (3,) in layer 1"),
        ([Convolution(3, 3, bias="none")], 1, "b1 is missing; expected (3,) in layer 1"),
        ([MaxPooling(2)], 1, "W1 is missing; expected (3, 3) in layer 1"),
        ([Convolution(3, 3, bias="filter")], 3, "W3 is missing; expected (9, 4) in layer 3"),
        ([Convolution(3, 3, bias="filter"), FullyConnected(4)], 2, "W2 has shape (18, 4); expected none in layer 2"),
        (
            [Convolution(3, 3, bias="filter"), MaxPooling(2), FullyConnected(5)],
            3,
            "W3 has shape (9, 5); expected (9, 4)",
        ),
        ([*CHECKED.layers[:3], FullyConnected(3)], 4, "W4 has shape (4, 3); expected (4, 2) in layer 4"),
    ],
)
def test_parameters_of_another_network(other, upto, message):
    parameters = random_parameters(Network((1, 8), other, activation="relu"))
    with pytest.raises(InputError, match=f"^{re.escape(f'parameters: {message}')}.* of this network$"):
        parameters.check(CHECKED, upto)
    own = random_parameters(CHECKED, upto=upto)
    own.check(CHECKED, upto)


def test_only_the_layers_that_are_needed_are_checked():
    parameters = random_parameters(CHECKED, upto=1)
    for upto in (0, 1, 2):  # max-pooling on top has no arrays
        parameters.check(CHECKED, upto)
    other = Network((1, 8), [*CHECKED.layers[:2], FullyConnected(7)], activation="relu")
    random_parameters(other).check(CHECKED, 2)
    with pytest.raises(InputError, match="layer 5; expected a layer from 1 to 4"):
        random_parameters(CHECKED).check(CHECKED, 5)


def test_a_bias_that_is_not_there_is_not_read():
    network = Network((2,), [FullyConnected(1, bias="none")], activation="relu")
    with pytest.raises(
        InputError, match=r"^parameters: b1 has shape \(1,\); expected none in layer 1 of this network$"
    ):
        random_parameters(Network((2,), [FullyConnected(1)], activation="relu")).check(network, 1)


def test_every_entry_point_checks_the_parameters(tmp_path):
    network, samples = Network((1, 8), [Convolution(3, 3, activation="relu")]), np.arange(16).reshape(2, 8)
    other = random_parameters(Network((1, 8), [Convolution(3, 2)], activation="relu"))
    calls = [
        lambda: verify(network, other, Dataset.from_array(samples)),
        lambda: verify(network, other, None, layer=1),
        lambda: verify(network, other),
        lambda: FeatureMatrix(network, other, samples, 1),
        lambda: Certificate(Instance(network, other, samples), [], 1).write(tmp_path / "c.json"),
    ]
    for call in calls:
        with pytest.raises(
            InputError, match=r"^parameters: W1 has shape \(2, 3\); expected \(3, 3\) in layer 1 of this"
        ):
            call()
    assert not list(tmp_path.iterdir())
    own = random_parameters(network)
    longer = Network((1, 8), [*network.layers, FullyConnected(50, activation="relu")])
    assert verify(longer, own).layer is None  # the widest layer needs no arrays where no rank is wanted
    assert FeatureMatrix(network, own, samples, 1).rank().upper == 2
    with pytest.raises(InputError, match=r"^samples has shape \(2, 7\); expected \(N, 8\)"):
        Certificate(Instance(network, own, samples[:, :7]), [], 1).write(tmp_path / "c.json")
