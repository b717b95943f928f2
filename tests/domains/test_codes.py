"""Codes: equal only where values are equal, whatever the functions; and equal where a reason shows."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.codes import Codes
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.rationals import Rationals
from exactcnn.network.activations import activation
from exactcnn.network.layers import AveragePooling, Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.network.walk import forward, steps

C, Q = Codes(), Rationals()


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(["square", "polynomial(1,2,1)", "softsign", "hard-sigmoid"]))
def test_equal_codes_are_equal_values(data, name):
    """Few numbers and small layers, so that almost everything repeats."""
    upper = data.draw(st.sampled_from([MaxPooling(kernel=2, padding=1), AveragePooling(kernel=2, padding=1), None]))
    bias = data.draw(st.sampled_from(["neuron", "filter", "none"]))
    lower = Convolution(filters=3, kernel=2, padding=1, bias=bias)
    network = Network((2, 2, 2), [lower, *([upper] if upper else []), FullyConnected(4)], activation=name)
    few = st.sampled_from([Fraction(0), Fraction(1), Fraction(-1), Fraction(1, 3)])

    def drawn(*shape):
        count = int(np.prod(shape))
        numbers = data.draw(st.lists(few, min_size=count, max_size=count))
        return ExactArray.from_fractions(numbers, shape)

    arrays = {}
    for layer in network.resolved:
        for letter, shape in layer.parameter_shapes.items():
            arrays[f"{letter}{layer.number}"] = drawn(*shape)
    parameters = Parameters.from_arrays(network, arrays)
    samples = drawn(3, 8)
    top = len(network.resolved)
    codes = forward(C, steps(C, network, parameters, top), C.lift(samples)).features
    values = forward(Q, steps(Q, network, parameters, top), Q.lift(samples)).features
    for code, value in zip(codes, values, strict=True):
        seen = {0: Fraction(0)}
        for key, number in zip(code.ravel().tolist(), value.fractions().ravel().tolist(), strict=True):
            assert seen.setdefault(key, number) == number


def codes(x):
    return C.lift(ExactArray.from_strings(x))


@pytest.mark.parametrize("number", ["1/3", "2", str(2**70)])
def test_numbers_have_codes(number):
    x = codes([[number, "0", number, f"-{number}"]])[0]
    assert x[1] == 0
    assert x[0] == x[2] != 0
    assert x[3] not in (0, x[0])
    floats = C.lift(ExactArray(np.array([0.5, -0.0, 0.5, -0.5])))
    assert floats[1] == 0
    assert floats[0] == floats[2] != floats[3]


def test_a_function_keeps_zero_only_if_it_maps_it_to_zero():
    x = codes([["0", "1", "1", "2"]])
    assert C.apply(activation("tanh"), x, None) is x
    moved = C.apply(activation("sigmoid"), x, None)[0]
    assert (moved > 0).all()
    assert moved[1] == moved[2]
    assert len(set(moved.tolist())) == 3


def test_sums_by_patch_filter_and_bias():
    x, slots = codes([["1", "2", "1", "2", "0", "0"]]), np.array([[0, 1], [2, 3], [4, -1], [5, 4]])
    weights = codes([["1", "1", "0", "3"], ["1", "1", "0", "1"]])
    plain = C.affine(x, slots, weights, None).reshape(4, 4)
    assert plain[0].tolist() == plain[1].tolist()
    assert plain[0, 0] == plain[0, 1] != plain[0, 3]
    assert plain[:, 2].tolist() == [0] * 4  # a filter of zeros
    assert plain[2:].tolist() == [[0] * 4] * 2  # patches of zeros
    biased = C.affine(x, slots, weights, codes(["0"] * 8 + ["5"] * 8)).reshape(4, 4)
    assert biased[1, 2] == 0
    assert len({*biased[2].tolist(), *biased[3].tolist(), 0}) == 2  # the bias alone
    assert biased[2, 0] not in biased[:2]
    different = C.affine(x, slots, weights, codes([str(i + 1) for i in range(16)])).ravel()
    assert len(set(different.tolist())) == 16


def test_maxima_do_not_ask_for_an_order():
    x, slots = codes([["1", "2", "2", "1", "0", "3"]]), np.array([[0, 1], [2, 3], [4, 4], [0, 5]])
    found = C.take(x, C.winners(x, slots), slots)[0]
    assert found[0] == found[1] != found[3]
    assert found[2] == 0


def test_products_and_sums_of_entries():
    x, y = codes([["0", "1", "1", "2"]]), codes([["1", "0", "3", "3"]])
    product, total = C.multiply(x, y)[0], C.add(x, y)[0]
    assert product[:2].tolist() == [0, 0]
    assert 0 != product[2] != product[3] != 0
    assert len(set(total.tolist())) == 4
    assert C.total(codes([["1", "0", "1"], ["2", "0", "2"]])).tolist()[1] == 0
    assert C.matmul(x, codes([["1", "1"]] * 4)).shape == (1, 2)
