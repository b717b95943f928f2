"""Chains of operators: how they become layers, and what is refused."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.interop.chain import GROWING, Chain, array, clipped, hard_sigmoid, number
from exactcnn.network.activations import activation
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance

OPTIONS = {"stride": (1, 1), "padding": "valid", "dilation": (1, 1)}


def chain(*, biases=True):
    own = Chain((1, 4, 4))
    kernel = np.arange(8.0).reshape(2, 1, 2, 2) - 4
    own.convolution("Conv (a)", "a", kernel, np.array([1.0, -2.0]) if biases else None, **OPTIONS)
    return own


def outputs(own, samples):
    model = own.model()
    return FeatureMatrix(
        model.network, model.parameters, Instance(model, samples).samples, len(model.network.layers)
    ).exact()


SAMPLES = np.random.default_rng(0).integers(-9, 10, (5, 1, 4, 4))


def test_activations_join_the_layer_before():
    own = chain()
    own.activation("Relu (b)", activation("relu"))
    own.max_pooling("MaxPool (c)", "c", (3, 3))
    own.flatten("Flatten (d)")
    own.dense("Gemm (e)", "e", np.eye(2), None)
    own.softmax("Softmax (f)")
    model = own.model()
    assert model.network.names == ("a", "c", "e")
    assert [layer.kind for layer in model.network.resolved] == ["convolution", "max-pooling", "fully-connected"]
    assert [curve and curve.text for curve in model.network.activations(3)] == ["relu", None, "identity"]
    assert model.notes == ("Softmax (f): the last Softmax is cut off; the outputs are those before it",)


@pytest.mark.parametrize("name", ["relu", "leaky-relu(1/3)", "clip(-1,5)", "hard-sigmoid"])
def test_growing_functions_commute_with_max_pooling(name):
    before, after = chain(), chain()
    before.activation("f", activation(name))
    before.max_pooling("MaxPool", "c", (2, 2), stride=(1, 1))
    after.max_pooling("MaxPool", "c", (2, 2), stride=(1, 1))
    values = [activation(name).exact(x) for x in outputs(after, SAMPLES).fractions().flat]
    after.activation("f", activation(name))
    assert outputs(before, SAMPLES).fractions().ravel().tolist() == values
    assert outputs(after, SAMPLES).fractions().ravel().tolist() == values
    assert "taken before the max-pooling" in after.model().notes[0]


def test_functions_that_grow_do():
    points = [Fraction(i, 4) for i in range(-40, 41)]
    texts = {"leaky-relu": "leaky-relu(1/2)", "clip": "clip(-1,2)", "elu": "elu(2)"}
    for name in GROWING - {"clip-below", "clip-above", "hard-sigmoid-own"}:
        values = activation(texts.get(name, name)).floats(np.array([float(x) for x in points]))
        assert (np.diff(values) >= 0).all(), name


def test_batch_normalization_is_folded_in_float64():
    generator = np.random.default_rng(1)
    gamma, beta, mean = generator.normal(size=(3, 2))
    variance = generator.uniform(0.5, 2, 2)
    own, plain = chain(), chain()
    own.batch_normalization("BatchNormalization (n)", (gamma, beta, mean, variance), 1e-5)
    raw = outputs(plain, SAMPLES).floats()[0].reshape(5, -1, 2)
    expected = (raw - mean) / np.sqrt(variance + 1e-5) * gamma + beta
    assert np.allclose(outputs(own, SAMPLES).floats()[0].reshape(5, -1, 2), expected, rtol=1e-13, atol=1e-12)
    assert "folded in float64 into a; all is about the folded network" in own.model().notes[0]
    bare = chain(biases=False)
    bare.batch_normalization("n", (gamma, beta, mean, variance), 1e-5)
    assert bare.model().network.layers[0].bias == "filter"


def test_batch_normalization_as_it_is():
    own = Chain((1, 4, 4), fold=False)
    own.convolution("Conv (a)", "a", np.arange(8.0).reshape(2, 1, 2, 2) - 4, None, **OPTIONS)
    vectors = np.float32([[1, 2], [3, 4], [5, 6], [0.1, 0.2]])
    own.batch_normalization("BatchNormalization (n)", tuple(vectors), float(np.float32(1e-5)))
    own.activation("Relu (r)", activation("relu"))
    own.flatten("Flatten (f)")
    own.softmax("LogSoftmax (s)", "log-softmax")
    given = own.given()
    (normal,) = given.normalizations
    assert (normal.layer, given.head, given.notes) == (1, "log-softmax", ())
    assert [normal.scale.floats()[0].tolist(), normal.mean.floats()[0].tolist()] == [[1, 2], [5, 6]]
    epsilon = Fraction(float(np.float32(1e-5)))
    assert normal.variance.fractions().tolist() == [Fraction(float(v)) + epsilon for v in vectors[3]]
    assert given.parameters.layer(1).biases is None
    assert given.network.layer(1).activation.text == "relu"


def test_what_stands_behind_a_normalization_that_is_not_folded():
    """Neither a second one nor an Add belongs to the layer before it."""
    for step, arguments, says in (
        ("batch_normalization", ("B", ONES, 0.5), "B: a second BatchNormalization of g"),
        ("added", ("Add", np.ones(2)), "Add: expected it directly after MatMul"),
    ):
        own = Chain((2,), fold=False)
        own.dense("MatMul", "g", np.eye(2), None)
        own.batch_normalization("N", ONES, 0.5)
        refuse(says, (step, arguments), own=own)


def refuse(message, *steps, own=None):
    """Take all steps; the last one is refused."""
    own = own or chain()
    *before, (last, arguments) = steps
    for name, given in before:
        getattr(own, name)(*given)
    with pytest.raises(InputError, match=message) as caught:
        getattr(own, last)(*arguments)
    assert "\n" not in str(caught.value)


ONES = (np.ones(2), np.ones(2), np.ones(2), np.ones(2))


def test_what_no_chain_has():
    relu, sine = activation("relu"), activation("sin")
    refuse("Relu: expected an activation directly after", ("activation", ("Relu", relu)), own=Chain((1, 2, 2)))
    refuse("Tanh: expected", ("activation", ("R", relu)), ("activation", ("Tanh", activation("tanh"))))
    refuse("Sin: sin after max-pooling", ("max_pooling", ("M", "m", (2, 2))), ("activation", ("Sin", sine)))
    refuse("Relu: expected", ("average_pooling", ("A", "a", (2, 2))), ("activation", ("Relu", relu)))
    refuse("Gemm: a product with feature maps", ("dense", ("Gemm", "g", np.eye(18), None)))
    refuse("Gemm: weights", ("flatten", ("F",)), ("dense", ("Gemm", "g", np.eye(17), None)))
    refuse("Add: expected it directly after MatMul", ("added", ("Add", np.ones(2))))
    refuse(
        "B: expected BatchNormalization directly", ("activation", ("R", relu)), ("batch_normalization", ("B", ONES, 0))
    )
    refuse(
        "B: expected BatchNormalization directly",
        ("max_pooling", ("M", "m", (2, 2))),
        ("batch_normalization", ("B", ONES, 0)),
    )
    refuse("B: expected BatchNormalization directly", ("batch_normalization", ("B", ONES, 0)), own=Chain((2, 2)))
    refuse("B: expected 2 finite numbers", ("batch_normalization", ("B", (np.ones(3),) * 4, 0)))
    refuse("B: expected 2 finite", ("batch_normalization", ("B", (*ONES[:3], np.array([1, np.nan])), 0)))
    refuse("B: variance plus epsilon", ("batch_normalization", ("B", (*ONES[:3], -np.ones(2)), 0.5)))
    refuse("Relu after Softmax; expected", ("softmax", ("Softmax",)), ("activation", ("Relu", relu)))
    refuse("MaxPool on 18 neurons", ("flatten", ("F",)), ("max_pooling", ("MaxPool", "m", (2, 2))))
    refuse("MaxPool: kernel = 9 is larger", ("max_pooling", ("MaxPool", "m", (9, 9))))
    refuse("no layer; expected", ("model", ()), own=Chain((2,)))


def test_weights_that_do_not_fit():
    own = Chain((3, 4, 4))
    with pytest.raises(InputError, match="weights for 1 channels on 3; expected groups = 1"):
        own.convolution("Conv", "c", np.ones((3, 1, 2, 2)), None, **OPTIONS)
    with pytest.raises(InputError, match=r"Conv: weights\[0, 0, 0, 0\] is nan"):
        own.convolution("Conv", "c", np.full((1, 3, 2, 2), np.nan), None, **OPTIONS)
    with pytest.raises(InputError, match=r"Conv: biases \(3,\); expected 2"):
        own.convolution("Conv", "c", np.ones((2, 3, 2, 2)), np.ones(3), **OPTIONS)


def test_clips():
    assert [clipped(Fraction(a), Fraction(b)).exact(Fraction(7)) for a, b in ((0, 6), (-1, 9))] == [6, 7]
    assert [clipped(None, Fraction(2)).exact(x) for x in (1, 3)] == [1, 2]
    assert [clipped(Fraction(2), None).exact(x) for x in (1, 3)] == [2, 3]
    assert clipped(None, None).text == "identity"
    with pytest.raises(InputError, match="Clip from 2 to 2"):
        clipped(Fraction(2), Fraction(2))


def test_hard_sigmoids_by_their_own_numbers():
    alpha = Fraction(float(np.float32(0.2)))
    curve = hard_sigmoid(alpha, Fraction(1, 2))
    for x in (Fraction(-10), Fraction(-1), Fraction(0), Fraction(1, 3), Fraction(2), Fraction(10)):
        assert curve.exact(x) == max(0, min(1, alpha * x + Fraction(1, 2)))
    assert hard_sigmoid(Fraction(1, 6), Fraction(1, 2)).text == "hard-sigmoid"
    with pytest.raises(InputError, match="alpha = 0"):
        hard_sigmoid(Fraction(0), Fraction(1, 2))


def test_numbers_and_arrays():
    assert number(np.float32(0.1), "alpha") == Fraction(float(np.float32(0.1)))
    with pytest.raises(InputError, match="alpha = nan"):
        number(float("nan"), "alpha")
    assert array(np.ones(2)).dtype == np.float64


def test_names_are_made_distinct():
    own = Chain((2,))
    for _ in range(3):
        own.dense("Gemm", "fc", np.eye(2), None)
    assert own.model().network.names == ("fc", "fc_2", "fc_3")
