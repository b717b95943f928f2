"""Constants on the inputs: the same function over Q, whatever the first layer is."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.interop.chain import Chain
from exactcnn.interop.input_maps import InputMap
from exactcnn.network.activations import activation
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance

OPTIONS = {"stride": (1, 1), "dilation": (1, 1)}
SAMPLES = np.random.default_rng(0).integers(-9, 10, (3, 2, 3, 3))
FIRST, SECOND = np.float32([0.1, 0.7]).reshape(1, 2, 1, 1), np.float32([0.3, -2.5]).reshape(2, 1, 1)


def outputs(chain, samples):
    model = chain.model()
    instance = Instance(model, samples)
    return (
        FeatureMatrix(model.network, model.parameters, instance.samples, len(model.network.layers)).exact().fractions()
    )


def exact(array):
    return np.vectorize(lambda value: Fraction(float(value)), otypes=[object])(array)


def normalized(chain):
    chain.of_inputs("Sub (a)", "Sub", FIRST)
    chain.of_inputs("Div (b)", "Div", SECOND)
    chain.of_inputs("Add (c)", "Add", np.float32(0.25))
    chain.of_inputs("Mul (d)", "Mul", np.array([3]))
    return chain


def by_hand():
    return ((SAMPLES - exact(FIRST)) / exact(SECOND) + Fraction(1, 4)) * 3


@pytest.mark.parametrize("biases", [None, np.float32([0.5, 0.1])])
def test_before_a_convolution_and_a_dense_layer(biases):
    """Over Q, against the same layers on inputs that were mapped by hand."""
    kernel = np.random.default_rng(1).normal(size=(2, 2, 2, 2)).astype(np.float32)
    weights = np.random.default_rng(2).normal(size=(2, 18)).astype(np.float32)
    for layer in ("convolution", "dense"):
        chains = [normalized(Chain((2, 3, 3))), Chain((2, 3, 3))]
        for chain in chains:
            if layer == "convolution":
                chain.convolution("Conv", "c", kernel, biases, padding="valid", **OPTIONS)
            else:
                chain.flatten("Flatten")
                chain.dense("Gemm", "g", weights, biases)
            chain.activation("Relu", activation("relu"))
        mapped = ExactArray.from_fractions(by_hand().ravel().tolist(), (3, 18))
        assert (outputs(chains[0], SAMPLES) == outputs(chains[1], mapped)).all()
        assert chains[0].model().notes == ()


def test_other_constants_for_each_position():
    chain = Chain((1, 2, 2))
    chain.of_inputs("Sub", "Sub", np.arange(4.0).reshape(2, 2))
    chain.flatten("Flatten")
    chain.of_inputs("Mul", "Mul", np.arange(4.0))
    chain.dense("Gemm", "g", np.eye(4), None)
    assert outputs(chain, np.full((1, 4), 10)).tolist() == [[0, 9, 16, 21]]


def test_biases_that_come_later():
    """Sub, MatMul, Add, as many networks for control begin: W (x - m) + b; one Add, and no other."""
    chain = Chain((2,))
    chain.of_inputs("Sub", "Sub", np.array([1, 2]))
    chain.dense("MatMul", "m", np.array([[3, 5]]), None)
    chain.added("Add", np.array([7]))
    assert outputs(chain, np.array([[2, 4]])).tolist() == [[3 + 10 + 7]]
    with pytest.raises(InputError, match="Add: expected it directly after MatMul"):
        chain.added("Add", np.array([7]))
    biased = Chain((2,))
    biased.of_inputs("Sub", "Sub", np.array([1, 2]))
    biased.dense("Gemm", "g", np.array([[3, 5]]), np.array([1]))
    with pytest.raises(InputError, match="Add: expected it directly after MatMul"):
        biased.added("Add", np.array([7]))
    deeper = Chain((2,))
    deeper.of_inputs("Sub", "Sub", np.array([1, 2]))
    deeper.dense("MatMul", "m", np.array([[3, 5]]), None)
    deeper.dense("Gemm", "g", np.array([[2]]), np.array([1]))
    with pytest.raises(InputError, match="Add: expected it directly after MatMul"):
        deeper.added("Add", np.array([7]))


def test_zeros_and_ones_change_nothing():
    chain = Chain((2,))
    chain.of_inputs("Sub", "Sub", np.zeros((1, 2)))
    chain.of_inputs("Div", "Div", np.ones(2))
    chain.dense("Gemm", "g", np.eye(2), None)
    assert chain.layers[0].bias == "none"
    assert outputs(chain, np.array([[3, 4]])).tolist() == [[3, 4]]


def test_padding_is_zero_after_the_map():
    kernel = np.ones((1, 2, 3, 3))
    shifted, scaled = Chain((2, 3, 3)), Chain((2, 3, 3))
    shifted.of_inputs("Sub", "Sub", FIRST)
    for padding in ((1, 1), (0, 0, 0, 1), "same"):
        with pytest.raises(InputError, match="Conv pads with zeros what constants were added to"):
            shifted.convolution("Conv", "c", kernel, None, padding=padding, **OPTIONS)
    scaled.of_inputs("Mul", "Mul", np.array(2))
    scaled.convolution("Conv", "c", kernel, None, padding="same", **OPTIONS)
    assert outputs(scaled, SAMPLES)[0, 4] == 2 * SAMPLES[0].sum()
    shifted.convolution("Conv", "c", kernel, None, padding=(0, 0), **OPTIONS)


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([("of_inputs", ("Div", "Div", np.array([1, 0])))], "Div: a division by zero"),
        ([("of_inputs", ("Sub", "Sub", np.ones(3)))], r"Sub: a constant \(3,\) beside \(2,\)"),
        ([("of_inputs", ("Sub", "Sub", np.ones((4, 2))))], r"Sub: a constant \(4, 2\)"),
        ([("of_inputs", ("Sub", "Sub", np.array([1, np.nan])))], "nan"),
        (
            [("dense", ("Gemm", "g", np.eye(2), None)), ("of_inputs", ("Mul", "Mul", np.ones(2)))],
            "Mul: expected it before",
        ),
        ([("softmax", ("Softmax",)), ("of_inputs", ("Mul", "Mul", np.ones(2)))], "Mul after Softmax"),
    ],
)
def test_what_is_refused(steps, says):
    chain = Chain((2,))
    *before, (name, arguments) = steps
    for own, given in before:
        getattr(chain, own)(*given)
    with pytest.raises(InputError, match=says):
        getattr(chain, name)(*arguments)


def test_what_does_not_take_a_map():
    chain = Chain((1, 2, 2))
    chain.of_inputs("Sub", "Sub", np.arange(4.0).reshape(2, 2))
    with pytest.raises(InputError, match="MaxPool after constants on the inputs"):
        chain.max_pooling("MaxPool", "m", (2, 2))
    with pytest.raises(InputError, match="Conv after other constants for each position"):
        chain.convolution("Conv", "c", np.ones((1, 1, 2, 2)), None, padding="valid", **OPTIONS)
    with pytest.raises(InputError, match="no layer"):
        chain.model()


def test_the_identity():
    own = InputMap.identity(2)
    weights = ExactArray.from_array([[1, 2]])
    assert own.into_dense(weights, None) == (weights, None)
