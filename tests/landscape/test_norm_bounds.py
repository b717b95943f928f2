"""Bounds of norms: what is read, and what a row that is too long is called."""

from fractions import Fraction

import pytest

from exactcnn.errors import InputError
from exactcnn.landscape.norm_bounds import NormBounds, norms
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


def test_what_is_read():
    assert NormBounds.parsed(["l1=1"]) == NormBounds(Fraction(1))
    assert NormBounds.parsed(["hidden-l1=2.5", "l1=1/3"]) == NormBounds(Fraction(1, 3), Fraction(5, 2))


def test_bounds_from_python():
    assert NormBounds(1, 2) == NormBounds(Fraction(1), Fraction(2))
    assert type(NormBounds(1).outputs) is Fraction
    for given, message in (((0,), "outputs = 0"), ((1, Fraction(-1, 2)), "hidden = -1/2")):
        with pytest.raises(InputError, match=f"^{message}; expected a positive number"):
            NormBounds(*given)
    with pytest.raises(InputError, match=r"^outputs = 0\.5; expected a fraction"):
        NormBounds(0.5)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["l2=1"], "constraint 'l2=1'; expected l1=VALUE or hidden-l1=VALUE"),
        (["l1"], "constraint 'l1'; expected l1=VALUE"),
        (["l1=0"], "constraint l1 is 0; expected a positive number"),
        (["l1=-1"], "constraint l1 is -1; expected a positive number"),
        (["l1=x"], "constraint l1"),
        (["l1=1", "l1=2"], "constraint l1 stands twice"),
        (["hidden-l1=1"], "expected l1=VALUE too"),
    ],
)
def test_what_is_refused(texts, message):
    with pytest.raises(InputError, match=message):
        NormBounds.parsed(texts)


def network(bias="neuron"):
    return Network((2,), [FullyConnected(2, activation="relu", bias=bias), FullyConnected(2, activation="identity")])


ARRAYS = {"W1": [[1, -2], [0, 3]], "b1": [-4, 0], "W2": [["1/2", 1], ["-1/2", 0]], "b2": [0, "1/9"]}


def test_norms_are_sums_of_columns_and_the_largest_bias():
    parameters = Parameters.from_arrays(network(), ARRAYS)
    assert norms(parameters.layer(1)) == [5, 5]
    assert norms(parameters.layer(2)) == [1, Fraction(10, 9)]
    shared = Network((2,), [Convolution(1, patches=((0,), (1,)), activation="relu")])
    assert norms(Parameters.from_arrays(shared, {"W1": [[-2]], "b1": [1, -3]}).layer(1)) == [5]


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        (
            NormBounds(Fraction(1)),
            r"start: the weights into output 1 have the l1 norm 10/9, about 1.11111; expected at most 1",
        ),
        (
            NormBounds(Fraction(2), Fraction(49, 10)),
            r"unit 0 of layer 1 have the l1 norm 5; expected at most 49/10",
        ),
        (NormBounds(Fraction(10, 9), Fraction(5)), None),
    ],
)
def test_the_first_row_that_is_too_long(bounds, message):
    instance = Instance(network(), Parameters.from_arrays(network(), ARRAYS), [[1, 2]], [[0, 0]])
    if message is None:
        bounds.require(instance, "start")
        return
    with pytest.raises(InputError, match=message):
        bounds.require(instance, "start")


def test_layers_without_weights_have_no_bound():
    layers = [Convolution(2, 1, activation="relu"), MaxPooling(2), FullyConnected(1, activation="identity")]
    bounds = NormBounds(Fraction(1), Fraction(2))
    assert bounds.of_layers(Network((1, 2, 2), layers)) == (2, None, 1)
    assert NormBounds(Fraction(1)).of_layers(network()) == (None, 1)
