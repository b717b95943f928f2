"""A kind that the package does not have, to see that nothing but its module and the table is needed."""

import math
from dataclasses import KW_ONLY, dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np
import pytest

from exactcnn.constructions.independent_features import construct
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.float_arithmetic import Floating
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.network import layers
from exactcnn.network.exact_features import size_of_features
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.kinds.kind import (
    LARGEST_ARRAY,
    LayerGradient,
    ResolvedLayer,
    positive,
    refuse_beyond_memory,
    windows,
)
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.network.walk import backward, forward, steps
from exactcnn.patches import builders
from exactcnn.spec import read_spec
from exactcnn.theorems.independence import Known

Q = Rationals()


@dataclass(frozen=True)
class SumPooling:
    """The sum of each window, channel by channel."""

    kind: ClassVar = "sum-pooling"

    kernel: int | None = None
    _: KW_ONLY
    stride: int | None = None
    padding: int = 0
    dilation: int = 1
    patches: tuple[tuple[int, ...], ...] | None = None
    name: str | None = None

    def resolve(self, number, below, layout, default):
        found = windows(self, below, layout, builders.pooling)
        shape = found.spatial if self.patches is not None else (below[0], *found.spatial)
        return Summed(number, found.graph, shape, layout, 1, self)


class Summed(ResolvedLayer):
    linear = True

    def ones(self, arithmetic):
        return arithmetic.lift(ExactArray(np.ones((self.patches.patch_size, 1), dtype=np.int64)))

    def forward(self, arithmetic, step, below, choice):
        return arithmetic.affine(below, step.slots, self.ones(arithmetic), None), choice

    def backward(self, arithmetic, step, below, choice, cotangent):
        positions, size = step.slots.shape
        column = arithmetic.reshape(cotangent, -1, 1)
        spread = arithmetic.matmul(column, arithmetic.transpose(self.ones(arithmetic)))
        spread = arithmetic.reshape(spread, -1, positions, size)
        return LayerGradient(cotangent, None, None), arithmetic.scatter(spread, step.slots, self.patches.neurons)


@pytest.fixture(params=["sigmoid", "relu"])
def pair(request):
    """A network with sum-pooling; the same with a convolution whose one filter is all ones; parameters of both."""
    below = [Convolution(2, 2, activation=request.param), SumPooling(2, padding=1)]
    network = Network((1, 5, 5), [*below, FullyConnected(7, activation="identity")])
    patches = tuple(map(tuple, network.layer(2).patches.slots.tolist()))
    ones = Convolution(1, patches=patches, bias="none", activation="identity")
    other = Network((1, 5, 5), [below[0], ones, network.layers[2]])
    parameters = random_parameters(network, seed=4)
    own = {f"W{k}": parameters.layer(k).weights for k in (1, 3)} | {f"b{k}": parameters.layer(k).biases for k in (1, 3)}
    arrays = own | {"W2": np.ones((4, 1), dtype=int)}
    assert Parameters.from_arrays(network, own).layers[1] is None
    samples = ExactArray.from_array(np.random.default_rng(0).integers(-3, 4, (5, 25)))
    return network, parameters, other, Parameters.from_arrays(other, arrays), samples


def test_features_and_ranks_are_those_of_a_filter_of_ones(pair):
    network, parameters, other, same, samples = pair
    assert network.widths == other.widths
    for layer in (1, 2, 3):
        found, expected = FeatureMatrix(network, parameters, samples, layer), FeatureMatrix(other, same, samples, layer)
        assert found.domain == expected.domain
        assert found.rank() == expected.rank()
        assert (found.floats() == expected.floats()).all()
        assert found.sample(1, 3).tolist() == expected.sample(1, 3).tolist()
        if found.domain == "Q":
            assert (found.exact().fractions() == expected.exact().fractions()).all()


@pytest.mark.parametrize("arithmetic", [Q, Balls(), Floating(np.dtype("float64"))], ids=["Q", "balls", "floats"])
def test_gradients_are_those_of_a_filter_of_ones(pair, arithmetic):
    network, parameters, other, same, samples = pair
    if arithmetic is Q and network.layer(1).activation.domain != "rational":
        return
    found = []
    for net, own in ((network, parameters), (other, same)):
        trace = forward(arithmetic, steps(arithmetic, net, own, 3), arithmetic.lift(samples))
        cotangent = arithmetic.lift(ExactArray(np.arange(35).reshape(5, 7)))
        found.append(backward(arithmetic, trace, cotangent))
    first, second = (text(arithmetic, gradient[0].weights) for gradient in found)
    assert first == second
    assert text(arithmetic, found[0][1].pre_activations) == text(arithmetic, found[1][1].pre_activations)
    assert (found[0][1].weights, found[0][1].biases) == (None, None)


def text(arithmetic, value):
    return str(value.fractions().tolist() if arithmetic is Q else value.tolist())


def test_what_is_asked_of_a_layer():
    network = Network((1, 4), [SumPooling(2), FullyConnected(3, activation="relu")])
    layer = network.layer(1)
    assert (layer.kind, layer.width, layer.shape, layer.parameter_shapes) == ("sum-pooling", 2, (1, 2), {})
    assert (layer.activation, layer.analytic, layer.chooses, layer.affine) == (None, True, False, (0, 1))
    assert layer.document() == {"kind": "sum-pooling", "patches": [[0, 1], [2, 3]]}
    above = network.layer(2)
    assert (above.analytic, above.chooses, above.affine) == (False, True, None)
    affine = Network((2,), [FullyConnected(1, activation="polynomial(1,3)")]).layer(1)
    assert (affine.analytic, affine.chooses, affine.affine) == (True, False, (Fraction(1), Fraction(3)))
    with pytest.raises(InputError, match="layer 1 is sum-pooling; expected a convolutional or fully connected layer"):
        network.convolved(1)


def test_a_specification_takes_its_keys_from_the_description(tmp_path, monkeypatch):
    monkeypatch.setitem(layers.KINDS, "sum-pooling", SumPooling)
    text = '[network]\ninput = [1, 4]\nlayers = [{kind = "sum-pooling", kernel = 2, stride = 1}]\n'
    (tmp_path / "a.toml").write_text(text)
    assert read_spec(tmp_path / "a.toml").network.layers == (SumPooling(2, stride=1),)
    for key, message in [
        ("strid", "did you mean 'stride'"),
        ("activation", "unknown key 'activation'"),
        ("x = 1, y", "unknown key 'x'"),
    ]:
        (tmp_path / "b.toml").write_text(text.replace("stride", key))
        with pytest.raises(InputError, match=message):
            read_spec(tmp_path / "b.toml")


def test_what_says_nothing_of_a_kind_refuses_it():
    """No theorem, construction or bound takes an unknown kind for one that it knows."""
    network = Network((1, 4), [Convolution(2, 1), SumPooling(2), FullyConnected(3)], activation="relu")
    samples = ExactArray.from_array([[1, 2, 3, 4], [0, 1, 0, 2]])
    known = Known(network, 3, 2, None, (), ())
    for almost_everywhere in (False, True):
        assert "layer 2 is sum-pooling" in known.unmet(almost_everywhere=almost_everywhere)
    with pytest.raises(InputError, match="layer 2 is sum-pooling; expected convolutions and max"):
        construct(network, samples, 3)
    parameters = random_parameters(network)
    assert size_of_features(network, parameters, samples, 1) is not None
    assert size_of_features(network, parameters, samples, 2) is None
    with pytest.raises(InputError, match=r"^layer 2 has no parameters$"):
        parameters.layer(2)


@pytest.mark.parametrize(
    ("description", "below", "message"),
    [
        (SumPooling(), (1, 4), "either 'kernel' or 'patches'"),
        (SumPooling(2, patches=((0,),)), (1, 4), "either 'kernel' or 'patches'"),
        (SumPooling(patches=((0,),), stride=2), (4,), "stride = 2 beside 'patches'; expected it beside 'kernel' only"),
        (SumPooling(patches=((0,),), padding=1), (4,), "padding = 1 beside 'patches'"),
        (SumPooling(patches=((0,),), dilation=2), (4,), "dilation = 2 beside 'patches'"),
        (SumPooling(2), (4,), "kernel on 4 neurons without spatial sizes; expected 'patches'"),
    ],
)
def test_windows_and_patches_that_cannot_be(description, below, message):
    with pytest.raises(InputError, match=message):
        windows(description, below, "channels-first", builders.pooling)


def test_windows_are_built_with_all_that_is_said_of_them():
    found = windows(SumPooling(2, stride=1, padding=1, dilation=2), (2, 4), "channels-last", builders.pooling)
    expected = builders.pooling((2, 4), 2, stride=1, padding=1, dilation=2, layout="channels-last")
    assert found.graph.slots.tolist() == expected.graph.slots.tolist()
    listed = windows(SumPooling(patches=((0, 3), (1, 2))), (2, 2), "channels-first", builders.pooling)
    assert (listed.graph.slots.tolist(), listed.graph.neurons, listed.spatial) == ([[0, 3], [1, 2]], 4, (2,))


@pytest.mark.parametrize("value", [0, -1, True, 1.0, "1", None, np.float64(2)])
def test_no_positive_integer(value):
    with pytest.raises(InputError, match=r"size = .*; expected a positive integer"):
        positive("size", value)
    assert [positive("size", each) for each in (1, np.int8(7), 2**80)] == [1, 7, 2**80]


def test_arrays_up_to_a_gibibyte():
    refuse_beyond_memory("weights", LARGEST_ARRAY)
    with pytest.raises(InputError, match=rf"^{LARGEST_ARRAY + 1} weights need 1\.0 GiB; expected at most 134217728"):
        refuse_beyond_memory("weights", LARGEST_ARRAY + 1)
    assert math.log2(LARGEST_ARRAY) == 27
