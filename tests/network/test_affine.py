"""Affine parts: exact values, residues, and error bounds that are true, with the numbers that show each term needed."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.exact import ExactArray
from exactcnn.linalg.modular import Modulus
from exactcnn.network.affine import Affine, centred, winners
from exactcnn.network.layers import Convolution
from exactcnn.network.network import Network, Pooled
from exactcnn.network.parameters import Parameters

U = Fraction(1, 2**53)
SMALLEST = Fraction(1, 2**1074)
STRANGE = [0.0, 1.0, -1.0, 0.1, 1 + 2.0**-52, 2.0**-1074, -(2.0**-1060), 2.0**-537, 2.0**500, -(2.0**600), 1e308, 1 / 3]
FLOATS = st.sampled_from(STRANGE) | st.floats(-1e3, 1e3) | st.floats(allow_nan=False, allow_infinity=False)


def affine(weights, biases, slots=None):
    """One neuron for every filter, on one patch that is the whole sample."""
    weights = ExactArray.from_strings(weights)
    slots = np.arange(len(weights))[None] if slots is None else np.array(slots)
    return Affine(slots, weights, None if biases is None else ExactArray.from_strings(biases))


def gamma(n):
    return n * U / (1 - n * U)


# -------------------------------------------------------------------- the a-priori bound


def test_the_bias_is_one_more_sum():
    """gamma_K (|x||w| + |b|) is exceeded, gamma_(K+1) is not: x = 1 + 2^-26, w = 1 + 2^-27, b = 2^-53, K = 1."""
    x, w, b = 1 + 2.0**-26, 1 + 2.0**-27, 2.0**-53
    part = affine([[w]], [b])
    values, bounds = part.floats(np.array([[x]]), np.zeros((1, 1)))
    exact = Fraction(x) * Fraction(w) + Fraction(b)
    error = abs(Fraction(float(values[0, 0])) - exact)
    assert error == 2 * U
    assert gamma(1) * exact < error <= gamma(2) * exact <= Fraction(float(bounds[0, 0]))


def test_gradual_underflow_is_one_more_term():
    """The product 2^-1080 vanishes; without the last term a sign would be certain and wrong."""
    x, w, b = 2.0**-540, -(2.0**-540), 0.0
    values, bounds = affine([[w], [1.0]], [b]).floats(np.array([[x, 0.0]]), np.zeros((1, 2)))
    assert values[0, 0] == 0
    assert Fraction(float(bounds[0, 0])) >= Fraction(2) ** -1080


@settings(max_examples=200)
@given(st.integers(1, 6).flatmap(lambda n: st.tuples(*[st.lists(FLOATS, min_size=n, max_size=n)] * 2)), FLOATS)
def test_bounds_hold_and_contain_the_a_priori_bound(lists, b):
    x, w = lists
    values, bounds = affine([[v] for v in w], [b]).floats(np.array([x]), np.zeros((1, len(x))))
    exact = sum((Fraction(a) * Fraction(c) for a, c in zip(x, w, strict=True)), Fraction(b))
    if bounds[0, 0] == math.inf:
        return
    error, bound = abs(Fraction(float(values[0, 0])) - exact), Fraction(float(bounds[0, 0]))
    assert error <= bound
    if bound and not any(
        v.is_integer() and abs(v) > 2**53 for v in (*w, b)
    ):  # else large integers: bounds of their own
        size = sum((abs(Fraction(a) * Fraction(c)) for a, c in zip(x, w, strict=True)), abs(Fraction(b)))
        assert bound >= gamma(len(x) + 1) * size + (len(x) + 1) * SMALLEST
        assert bound <= 4 * gamma(len(x) + 4) * size + 4 * (len(x) + 2) * SMALLEST


@pytest.mark.parametrize("size", [1, 2, 3, 10, 100, 3000])
def test_cancelling_inner_products(size):
    """b = -(computed sum): what is left is nothing but the rounding error, which the bound must cover."""
    rng = np.random.default_rng(size)
    for scale in (1.0, 2.0**-1040, 2.0**900):
        x, w = rng.normal(size=size) * scale, rng.normal(size=size)
        b = -float(x @ w)
        values, bounds = affine(w[:, None].astype(object), [b]).floats(x[None], np.zeros((1, size)))
        exact = sum((Fraction(a) * Fraction(c) for a, c in zip(x.tolist(), w.tolist(), strict=True)), Fraction(b))
        assert abs(Fraction(float(values[0, 0])) - exact) <= Fraction(float(bounds[0, 0]))


@settings(max_examples=200)
@given(st.data(), st.integers(1, 4))
def test_inherited_errors(data, size):
    """True features anywhere within their bounds, weights and biases that are no floats."""
    x = data.draw(st.lists(FLOATS, min_size=size, max_size=size))
    e = data.draw(
        st.lists(st.sampled_from([0.0, 2.0**-1074, 1e-310, 1e-17, 1e-3, 1e300]), min_size=size, max_size=size)
    )
    side = data.draw(st.lists(st.fractions(-1, 1), min_size=size, max_size=size))
    weight = st.sampled_from(["1/3", "-2/7", "1e-330", "-1", "1e200", "1e-400", "0"])
    w = data.draw(st.lists(weight, min_size=size, max_size=size))
    b = data.draw(weight)
    values, bounds = affine([[v] for v in w], [b]).floats(np.array([x]), np.array([e]))
    true = [Fraction(a) + Fraction(c) * s for a, c, s in zip(x, e, side, strict=True)]
    exact = sum((a * Fraction(c) for a, c in zip(true, w, strict=True)), Fraction(b))
    if bounds[0, 0] < math.inf:
        assert abs(Fraction(float(values[0, 0])) - exact) <= Fraction(float(bounds[0, 0]))


def test_sums_on_one_grid_are_exact():
    pixels = ExactArray.from_array(np.arange(0, 272).reshape(1, -1)).scaled(Fraction(1, 16)).floats()[0]
    weights = np.random.default_rng(0).normal(size=(272, 3)).astype(np.float32).round(3).astype(np.float16)
    values, bounds = affine(weights.astype(np.float64), ["1/8", "0", "-3"]).floats(pixels, np.zeros_like(pixels))
    exact = [
        sum(Fraction(a) * Fraction(float(w)) for a, w in zip(pixels[0].tolist(), column, strict=True))
        for column in weights.T
    ]
    assert not bounds.any()
    assert [Fraction(v) for v in values[0].tolist()] == [
        a + b for a, b in zip(exact, [Fraction(1, 8), 0, -3], strict=True)
    ]


def test_sums_just_off_the_grid_are_not_called_exact():
    """Terms 2^53 and 1 and 1: a partial sum rounds whatever the order; 2^52 and 1 are fine."""
    ones = np.zeros((1, 2))
    values, bounds = affine([["1"], ["1"]], ["1"]).floats(np.array([[2.0**53, 1.0]]), ones)
    assert abs(Fraction(float(values[0, 0])) - (2**53 + 2)) <= Fraction(float(bounds[0, 0]))
    assert bounds[0, 0] > 0
    assert not affine([["1"], ["1"]], ["1"]).floats(np.array([[2.0**50, 1.0]]), ones)[1].any()


@pytest.mark.parametrize("x", [[math.inf, 1.0], [1e308, 1e308], [1e308, -1e308], [0.0, math.inf]])
def test_what_is_not_finite_decides_nothing(x):
    errors = np.array([[math.inf if v == math.inf else 0.0 for v in x]])
    values, bounds = affine([["2", "1"], ["2", "0"]], ["0", "0"]).floats(np.array([x]), errors)
    assert np.isfinite(values).all()
    assert bounds[0, 0] == math.inf


# -------------------------------------------------------------------- exact and residues


@settings(max_examples=40)
@given(data=st.data())
def test_exact_values_and_residues(slow_features, residue_of, networks, data):
    network, parameters, samples = data.draw(networks())
    layer = network.resolved[0]
    if isinstance(layer, Pooled):
        return
    part = Affine.of(layer, parameters.layer(1))
    expected = slow_features(network, parameters, samples.fractions().tolist(), 1, activate=False)
    assert part.width == layer.width
    assert part.exact(samples).fractions().tolist() == expected
    for p in (8209, 1048343):
        field = Modulus(p)
        image = part.residues(centred(samples, field), field)
        assert np.abs(image).max(initial=0) <= field.bound
        assert [[int(v) % p for v in row] for row in image.tolist()] == [
            [residue_of(v, p) for v in row] for row in expected
        ]


def test_long_inner_products_are_reduced_in_between():
    p = 1048573
    field = Modulus(p)
    size = 2 * field.products + 5
    x, w = np.full((1, size), p // 2), np.full((size, 1), p // 2)
    part = Affine(np.arange(size)[None], ExactArray(w), ExactArray.from_array([3]))
    image = part.residues(centred(ExactArray(x), field), field)
    assert int(image[0, 0]) % p == (size * (p // 2) ** 2 + 3) % p


def test_some_patches_only():
    network = Network((1, 6), [Convolution(2, 3, padding=1, activation="relu")])
    weights, biases = np.arange(6).reshape(3, 2), np.arange(12)
    samples = ExactArray.from_array(np.arange(12).reshape(2, 6))
    parameters = Parameters.from_arrays(network, {"W1": weights, "b1": biases}).layer(1)
    whole = Affine.of(network.layer(1), parameters).exact(samples).fractions()
    chosen = np.array([4, 0])
    some = Affine.of(network.layer(1), parameters, chosen).exact(samples).fractions()
    assert (some == whole[:, [8, 9, 0, 1]]).all()


def test_padding_repeats_the_first_neuron_of_a_window():
    slots = np.array([[-1, 3, 2], [5, -1, -1], [0, 1, 2]])
    assert winners(slots).tolist() == [[3, 3, 2], [5, 5, 5], [0, 1, 2]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_as_floats_stays_in_its_precision_without_warnings(dtype):
    part = affine([["1/3", "1e300"]], ["1e-300", "-1e300"])
    values = part.as_floats(np.array([[3.0]], dtype=dtype))
    assert values.dtype == dtype
    assert values[0, 0] == dtype(3) * dtype(1 / 3)
