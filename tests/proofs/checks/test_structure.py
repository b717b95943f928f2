"""Checks of Section 2 on other instances than the teaching ones, and with a fault planted."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks import structure as checks
from exactcnn.proofs.checks import teaching

PADDED = Network((2, 4, 4), [Convolution(2, 3, stride=2, padding=1, bias="filter"), MaxPooling(2)], activation="relu")


@pytest.mark.parametrize("bias", ["neuron", "filter", "none"])
def test_features_are_as_defined(bias):
    network = Network((2, 4, 4), [Convolution(3, 2, stride=2, bias=bias)], activation="leaky-relu(1/3)")
    found = checks.convolution_by_definition(network)
    assert (found.status, found.details["shape"]) == ("proved", [4, 12])


def test_second_layer_and_padding_are_as_defined():
    assert checks.convolution_by_definition(PADDED).status == "proved"
    assert checks.pooling_by_definition(PADDED, layer=2).status == "proved"
    assert checks.map_is_linear(PADDED).status == "proved"


def test_a_wrong_feature_matrix_is_refuted(monkeypatch):
    right = FeatureMatrix.exact

    def wrong(self):
        entries = right(self).fractions()
        entries[1, 2] += Fraction(1, 10**9)
        return ExactArray.from_fractions(entries.ravel().tolist(), entries.shape)

    monkeypatch.setattr(FeatureMatrix, "exact", wrong)
    assert checks.convolution_by_definition().what == "entry (1, 2) of F_1 is not as defined"
    assert checks.fully_connected_by_definition().status == "refuted"
    assert checks.pre_activations_are_affine().status == "refuted"


@pytest.mark.parametrize("shift", [0, 1, 2])
def test_a_map_with_permuted_entries_is_refuted(monkeypatch, shift):
    right = checks.triplets

    def wrong(graph, filters):
        found = list(right(graph, filters))
        found[shift] = np.roll(found[shift], 1)
        return tuple(found)

    monkeypatch.setattr(checks, "triplets", wrong)
    found = checks.map_is_linear()
    assert (found.status, checks.full_rank_is_attained().status) == ("refuted", "refuted")


def test_wrong_kinds_of_layers_are_named():
    for check in (checks.convolution_by_definition, checks.map_is_linear, checks.full_rank_is_attained):
        with pytest.raises(InputError, match="layer 2 is max-pooling; expected"):
            check(PADDED, layer=2)
    with pytest.raises(InputError, match="layer 1 is a convolution layer; expected max-pooling"):
        checks.pooling_by_definition(PADDED)
    with pytest.raises(InputError, match="layer 1 is a convolution layer; expected a fully connected one"):
        checks.fully_connected_by_definition(PADDED)
    with pytest.raises(InputError, match="layer 3; expected a layer from 1 to 2"):
        checks.patches_cover_and_differ(PADDED, layer=3)
    with pytest.raises(InputError, match="sigmoid is exponential"):
        checks.convolution_by_definition(teaching.one_dimensional("sigmoid"))


def test_uncovered_neurons_and_padding_are_refuted_with_certificate():
    for network in (Network((1, 4), [Convolution(1, 1, stride=2)], activation="sigmoid"), PADDED):
        found = checks.patches_cover_and_differ(network)
        assert (found.status, found.checked) == ("refuted", True)


def test_pre_activations_of_a_deeper_layer():
    network = Network((1, 6), [Convolution(2, 3), FullyConnected(4)], activation="relu")
    assert checks.pre_activations_are_affine(network, layer=2).status == "proved"


def test_given_parameters_are_used():
    network = Network((1,), [FullyConnected(1, activation="relu")])
    parameters = Parameters.from_arrays(network, {"W1": [["1/3"]], "b1": ["-1/3"]})
    assert checks.convolution_by_definition(network, parameters, ExactArray.from_array([[1], [4]])).status == "proved"


@given(st.integers(1, 3), st.integers(1, 4), st.integers(0, 10**6))
def test_generic_rank_is_what_random_filters_reach(filters, size, seed):
    draw = np.random.default_rng(seed)
    neurons = size + int(draw.integers(0, 3))
    patches = {tuple(sorted(draw.permutation(neurons)[:size].tolist())) for _ in range(int(draw.integers(1, 5)))}
    network = Network((neurons,), [Convolution(filters, patches=tuple(sorted(patches)))], activation="sigmoid")
    found = checks.full_rank_is_attained(network)
    assert found.checked
    best = max(rank_modulo(network, filters, draw) for _ in range(3))
    assert found.details["rank"] == best
    almost = checks.almost_all_filters(network)
    assert (found.status == "proved") == (best == min(neurons, network.widths[1]))
    assert (almost.status, almost.scope == "almost all parameters") == (found.status, found.status == "proved")


def rank_modulo(network, filters, draw, prime=2**31 - 1):
    """Rank of U at random filters modulo a prime, by plain elimination: an oracle."""
    slots = network.layer(1).patches.slots
    weights = draw.integers(0, prime, size=(slots.shape[1], filters))
    rows = [[0] * network.widths[1] for _ in range(network.widths[0])]
    for p, patch in enumerate(slots.tolist()):
        for s, j in enumerate(patch):
            for t in range(filters):
                rows[j][p * filters + t] = int(weights[s, t])
    rank = 0
    for column in range(network.widths[1]):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        inverse = pow(rows[rank][column], -1, prime)
        for i in range(rank + 1, len(rows)):
            factor = rows[i][column] * inverse % prime
            rows[i] = [(a - factor * b) % prime for a, b in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank
