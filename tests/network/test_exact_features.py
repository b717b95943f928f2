"""Exact features from images modulo primes, against the walk in long integers."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.rationals import Rationals
from exactcnn.domains.residues import Modulus
from exactcnn.errors import UnluckyModulus
from exactcnn.network import exact_features
from exactcnn.network.exact_features import from_images, size_of_features
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.network.walk import forward, steps


def images_of(matrix):
    def image(point):
        values = matrix.residues(point.modulus).astype(np.float64)
        Modulus(point.modulus).reduce(values)
        return values

    return image


@pytest.mark.parametrize("bits", [1, 18, 19, 20, 38, 39, 59, 60, 61, 64, 200])
def test_numbers_at_both_ends_of_the_bound(bits):
    """The product of the primes must exceed twice the bound: the ends themselves come back."""
    top = 2**bits
    rows = [[top, -top, 0, 1, -1, top - 1, 1 - top]]
    matrix = ExactArray.from_fractions([Fraction(v, 12) for v in rows[0]], (1, 7))
    found = from_images(images_of(matrix), 12, Fraction(top, 12))
    assert found.fractions().tolist() == matrix.fractions().tolist()


@pytest.mark.parametrize("at_a_time", [1, 7, 14, 15])
def test_numbers_that_fit_are_int64_and_others_stay(at_a_time, monkeypatch):
    """Row by row or all at once; one long number makes all of them Python integers."""
    monkeypatch.setattr(exact_features, "AT_A_TIME", at_a_time)
    for top, dtype in ((2**62, np.int64), (2**63 - 1, np.int64), (2**64, object)):
        matrix = ExactArray(np.array([[0, 5, -3, 1, 2, 3, 4], [top, -top, 7, 1, 0, -1, 2], [1] * 7], dtype=object))
        found = from_images(images_of(matrix), 1, Fraction(top))
        assert found.numbers.dtype == dtype
        assert set(map(type, found.numbers.ravel().tolist())) == {int}
        assert found.fractions().tolist() == matrix.fractions().tolist()


def test_a_bound_that_is_too_small_is_not_made_good():
    matrix = ExactArray.from_array([[2**40]])
    assert from_images(images_of(matrix), 1, Fraction(2)).fractions()[0, 0] != 2**40


def test_unlucky_primes_are_passed_over():
    matrix = ExactArray.from_strings([["5/3", "-1"]])
    asked = []

    def image(point):
        asked.append(point.modulus)
        if len(asked) % 2:
            raise UnluckyModulus("divides")
        return images_of(matrix)(point)

    assert from_images(image, 3, Fraction(2)).fractions().tolist() == matrix.fractions().tolist()
    assert len(set(asked)) == len(asked)

    def never(point):
        raise UnluckyModulus("divides")

    assert from_images(never, 3, Fraction(2)) is None


def test_a_bound_of_zero():
    """Weights and biases that are all 0: one prime shows that there is nothing to write out."""
    found = from_images(lambda _: np.zeros((2, 3)), 1, Fraction(0))
    assert found.fractions().tolist() == [[0] * 3] * 2


LAYERS = {
    "relu": [Convolution(4, 3, activation="relu"), MaxPooling(2), Convolution(6, 2, activation="leaky-relu(1/3)")],
    "polynomials": [Convolution(3, 3, activation="polynomial(1/3,0,-2/7)"), FullyConnected(60, activation="square")],
    "clipped": [Convolution(3, 3, activation="hard-sigmoid", bias="filter"), FullyConnected(60, activation="relu6")],
    "no biases": [
        Convolution(3, 2, activation="abs", bias="none"),
        MaxPooling(3),
        FullyConnected(60, activation="relu"),
    ],
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("scale", [Fraction(1), Fraction(1, 7)])
def test_features_are_those_of_the_walk(name, scale, monkeypatch):
    monkeypatch.setattr("exactcnn.network.features.SMALL", 10)
    network = Network((1, 6, 6), LAYERS[name])
    parameters = random_parameters(network, seed=3)
    rows = np.random.default_rng(1).integers(-4, 5, (12, 36))
    rows[:, :12] = 0  # patches that tie
    samples = ExactArray.from_array(rows).scaled(scale)
    arithmetic = Rationals()
    for layer in range(1, len(network.layers) + 1):
        expected = forward(
            arithmetic, steps(arithmetic, network, parameters, layer), arithmetic.lift(samples)
        ).features[-1]
        size = size_of_features(network, parameters, samples, layer)
        assert size is not None
        denominator, bound = size
        values = expected.fractions()
        assert max(abs(v) for v in values.flat) <= bound
        assert all((v * denominator).denominator == 1 for v in values.flat)
        found = FeatureMatrix(network, parameters, samples, layer).exact()
        assert (found.fractions() == values).all()


def test_sizes_that_are_not_known():
    samples = ExactArray.from_array([[1, 2]])
    for activation in ("softsign", "sigmoid", "gelu"):
        network = Network((2,), [FullyConnected(3, activation=activation)])
        assert size_of_features(network, random_parameters(network), samples, 1) is None
    deep = Network((2,), [FullyConnected(2, activation="square")] * 8)
    assert size_of_features(deep, random_parameters(deep), samples, 8) is None  # too long for images to pay


@pytest.mark.parametrize("activation", ["polynomial(0)", "polynomial(1/3)", "relu", "polynomial(1/2,0,-1/3)"])
def test_sizes_of_constants_and_of_polynomials(activation):
    """A constant has degree 0: what lies below leaves no denominator behind."""
    network = Network((2,), [FullyConnected(3, activation=activation), FullyConnected(2, activation="identity")])
    parameters, samples = random_parameters(network), ExactArray.from_strings([["1/3", "-2"], ["0", "5/7"]])
    for layer in (1, 2):
        denominator, bound = size_of_features(network, parameters, samples, layer)
        values = FeatureMatrix(network, parameters, samples, layer).exact().fractions().ravel().tolist()
        assert type(denominator) is int
        assert all((value * denominator).denominator == 1 and abs(value) <= bound for value in values)
    if activation == "polynomial(0)":
        assert size_of_features(network, parameters, samples, 1) == (1, 0)
