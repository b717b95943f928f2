"""Corollary 3.6: weights that fit labels, against other solutions and by substitution; parameter counts by hand."""

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.constructions.independent_features import construct
from exactcnn.constructions.output_weights import ParameterCounts, interpolate, parameter_counts
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import LayerParameters, Parameters


def product(features, weights):
    """F λ entry by entry."""
    return [sum((a * b for a, b in zip(row, weights, strict=True)), Fraction(0)) for row in features]


def fractions(count, seed=0):
    generator = random.Random(seed)
    return [Fraction(generator.randrange(-99, 100), generator.randrange(1, 30)) for _ in range(count)]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 5).flatmap(
        lambda n: st.tuples(
            st.lists(
                st.lists(st.fractions(-9, 9, max_denominator=6), min_size=n + 1, max_size=n + 1), min_size=n, max_size=n
            ),
            st.lists(st.fractions(-9, 9, max_denominator=9), min_size=n, max_size=n),
        )
    )
)
def test_any_features_with_independent_rows(case):
    from sympy import Matrix

    rows, labels = case
    features = ExactArray.from_fractions([x for row in rows for x in row], (len(rows), len(rows[0])))
    y = ExactArray.from_fractions(labels)
    if Matrix(rows).rank() < len(rows):
        with pytest.raises(InputError, match="expected independent rows"):
            interpolate(features, y)
    else:
        assert product(rows, interpolate(features, y).fractions().tolist()) == labels


@pytest.mark.parametrize("activation", ["relu", "hard-sigmoid", "squared-relu", "clip(-2,0)"])
def test_by_substitution_through_the_minor(activation):
    """The same weights as by solving the minor, and they fit."""
    samples = ExactArray.from_array(np.random.default_rng(2).integers(0, 30, (25, 6)))
    network = Network((1, 6), [Convolution(8, 3, activation=activation)])
    found = construct(network, samples, 1)
    features = FeatureMatrix(network, found.parameters, samples, 1).exact()
    labels = fractions(25)
    weights = interpolate(features, ExactArray.from_fractions(labels), minor=(found.rows, found.columns))
    table = features.fractions()
    assert product(table.tolist(), weights.fractions().tolist()) == labels
    part = ExactArray.from_fractions(table[:, found.columns].ravel().tolist(), (25, 25))
    again = interpolate(part, ExactArray.from_fractions(labels))
    assert (weights.fractions()[found.columns] == again.fractions()).all()
    unused = np.setdiff1d(np.arange(32), found.columns)
    assert not weights.fractions()[unused].any()


def test_the_network_reproduces_its_labels():
    """The outputs of the whole network, output layer included, are y: the corollary itself, with two outputs."""
    layers = [Convolution(2, 3, activation="relu"), MaxPooling(2, stride=1), Convolution(6, 2, activation="relu")]
    network = Network((1, 8), [*layers, FullyConnected(2, activation="identity", bias="none")], activation="sigmoid")
    samples = ExactArray.from_array(np.random.default_rng(3).integers(0, 50, (20, 8)))
    found = construct(network, samples, 3)
    features = FeatureMatrix(network, found.parameters, samples, 3).exact()
    labels = ExactArray.from_fractions(fractions(40), (20, 2))
    weights = interpolate(features, labels, minor=(found.rows, found.columns))
    whole = Parameters((*found.parameters.layers, LayerParameters(weights, None)))
    outputs = FeatureMatrix(network, whole, samples, 4).exact()
    assert (outputs.fractions() == labels.fractions()).all()


def test_a_thousand_samples():
    """By substitution; the numbers grow in proportion to N."""
    samples = ExactArray.from_array(np.random.default_rng(4).integers(0, 256, (1000, 16)))
    network = Network((1, 16), [Convolution(100, 7, activation="relu")])
    found = construct(network, samples, 1)
    features = FeatureMatrix(network, found.parameters, samples, 1).exact()
    labels = ExactArray.from_array(np.random.default_rng(5).integers(0, 10, 1000))
    weights = interpolate(features, labels, minor=(found.rows, found.columns))
    p = 1_000_003  # a second look, modulo a prime
    image = (features.residues(p)[:, found.columns] * weights.residues(p)[found.columns]) % p
    assert (image.sum(axis=1) % p == labels.residues(p)).all()
    longest = max(w.numerator.bit_length() for w in weights.fractions().tolist())
    assert 1000 < longest < 100_000


def test_input_that_cannot_be():
    features, labels = ExactArray.from_array([[1, 2], [0, 1]]), ExactArray.from_array([1, 2])
    straight = np.arange(2)
    for build, problem in [
        (lambda: interpolate(features, ExactArray.from_array([1, 2, 3])), "labels of shape"),
        (lambda: interpolate(labels, labels), "features of shape"),
        (lambda: interpolate(features, ExactArray.from_array(np.ones((2, 1, 1)))), "labels of shape"),
        (
            lambda: interpolate(features, labels, minor=(straight[:1], straight[:1])),
            r"minor: rows has shape \(1,\); expected \(N,\) = \(2,\)",
        ),
        (lambda: interpolate(features, labels, minor=(straight[::-1], straight)), "not triangular"),
        (
            lambda: interpolate(ExactArray.from_array([[1, 2], [0, 0]]), labels, minor=(straight, straight)),
            "not triang",
        ),
        (lambda: interpolate(ExactArray.from_array([[1, 2], [2, 4]]), labels), "rank 1"),
        (lambda: interpolate(ExactArray.from_array([[1], [2]]), labels), "rank 1"),
    ]:
        with pytest.raises(InputError, match=problem):
            build()


def test_numbers_beyond_memory_are_refused():
    huge = ExactArray(np.broadcast_to(np.int64(1), (10**6, 10)))
    with pytest.raises(InputError, match="would take"):
        interpolate(huge, ExactArray.from_array(np.zeros(10**6, dtype=np.int64)))


def test_parameter_counts_of_the_paper():
    """2N + T_1 l_0 and (d + 2) N for N = T_1 P_0; at most 3 N exactly if l_0 <= P_0."""
    for side, kernel, filters in [(28, 3, 89), (5, 3, 7), (5, 4, 7), (9, 5, 1), (4, 4, 3)]:
        network = Network((1, side, side), [Convolution(filters, kernel)], activation="sigmoid")
        places, size = (side - kernel + 1) ** 2, kernel**2
        n = filters * places
        counts = parameter_counts(network)
        assert counts == ParameterCounts(n, 2 * n + filters * size, (side * side + 2) * n, size <= places)


def test_parameter_counts_of_other_networks():
    layers = [Convolution(3, 2, bias="filter"), MaxPooling(2, stride=1), FullyConnected(5, bias="none")]
    network = Network((2, 4), layers, activation="sigmoid")  # widths 8, 9, 6, 5
    assert parameter_counts(network).convolutional == 4 * 3 + 3 + 9
    counts = parameter_counts(network, layer=3)
    assert (counts.convolutional, counts.fully_connected) == (4 * 3 + 3 + 6 * 5 + 5, 5 * 8 + 2 * 5)
    with pytest.raises(InputError, match="expected a layer from 1 to 3"):
        parameter_counts(network, layer=4)
