"""Checks of Theorems 3.4 and 3.5, of the width condition, and of Corollary 3.6."""

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks import independence as checks
from exactcnn.proofs.checks import teaching


def fully_connected(units, activation, bias="neuron"):
    return Network((1,), [FullyConnected(units, bias=bias)], activation=activation)


@pytest.mark.parametrize(("samples", "status"), [(1, "proved"), (6, "proved"), (7, "refuted")])
def test_width_of_a_layer(samples, status):
    network = teaching.deep()
    for given in (samples, teaching.samples(samples, 6)):
        found = checks.width_reaches_the_samples(network, given, layer=3)
        assert found.status == status
        assert found.checked is (None if given is samples else True)


def test_width_is_necessary_only_where_it_is_too_small():
    assert checks.width_is_necessary(teaching.deep(), teaching.samples(8, 6)).status == "undecided"
    found = checks.width_is_necessary(teaching.deep("tanh"), teaching.samples(9, 6))
    assert (found.status, found.checked) == ("proved", True)


@pytest.mark.parametrize("activation", ["relu", "hard-sigmoid", "clip(0,2)"])
def test_triangular_minor_through_max_pooling(activation):
    network, samples = teaching.deep(activation), teaching.samples(6, 6)
    found = checks.triangular_minor(network, samples, layer=3)
    assert (found.status, found.checked) == ("proved", True)
    (certificate,) = found.certificates
    evidence = certificate.claims[0].document()["lower_evidence"]
    features = FeatureMatrix(network, certificate.instance.parameters, samples, 3).exact().fractions()
    minor = features[np.ix_(evidence["rows"], evidence["columns"])]
    assert all(minor[i, i] != 0 for i in range(6))
    assert all(minor[i, j] == 0 for i in range(6) for j in range(i))


def test_equal_samples_are_refuted_or_left_open_never_proved():
    equal = ExactArray.from_array([[1, 2, 3, 4, 5, 6]] * 2)
    for check in (checks.features_are_independent_somewhere, checks.features_are_independent_almost_everywhere):
        assert check(teaching.two_convolutions(), equal, layer=2).status == "refuted"
    assert checks.triangular_minor(teaching.deep(), equal, layer=3).status != "proved"


def test_given_parameters_without_full_rank_leave_the_theorem_open():
    network = fully_connected(2, "sigmoid")
    zero = Parameters.from_arrays(network, {"W1": [[0, 0]], "b1": [0, 1]})
    samples = ExactArray.from_array([[0], [1]])
    found = checks.features_are_independent_somewhere(network, samples, parameters=zero)
    assert found.status == "undecided"
    assert found.what.startswith("no witness: rank F_1 = 1 at these parameters")
    assert checks.features_are_independent_somewhere(network, samples).status == "proved"


@pytest.mark.parametrize("activation", ["tanh", "gaussian", "exp", "softplus"])
def test_almost_all_parameters_beyond_the_construction(activation):
    found = checks.features_are_independent_almost_everywhere(
        fully_connected(3, activation), ExactArray.from_array([[0], [1], [3]])
    )
    assert (found.status, found.scope, found.checked) == ("proved", "almost all parameters", True)


@pytest.mark.parametrize("activation", ["relu", "leaky-relu(1/10)", "elu(1)"])
def test_kinks_never_give_almost_all_parameters(activation):
    found = checks.features_are_independent_almost_everywhere(
        fully_connected(3, activation), ExactArray.from_array([[0], [1], [3]])
    )
    assert found.status != "proved"


def test_pooling_never_gives_almost_all_parameters():
    network = Network((1, 4), [Convolution(4, 2), MaxPooling(2, stride=1), FullyConnected(3)], activation="sigmoid")
    found = checks.features_are_independent_almost_everywhere(network, teaching.samples(3, 4), layer=3)
    assert found.status == "undecided"


def test_hypotheses_are_told_one_by_one():
    network = Network((1, 3), [Convolution(1, 2, activation="tanh")])
    found = checks.features_are_independent_somewhere(network, ExactArray.from_array([[1, 2, 3], [2, 3, 1]]))
    assert found.status == "proved"
    assert found.details["hypotheses"] == {
        "NH18.A3.1": "refuted",
        "NH18.D2.1, layer 1": "proved",
        "NH18.A3.2, layer 1": "refuted",
        "NH18.T3.4.2": "proved",
    }


def test_full_weight_matrices_fail_with_assumption_2_4():
    network = Network((1, 3, 3), [Convolution(2, 2)], activation="relu")
    found = checks.full_weight_matrices_besides(network, teaching.samples(3, 9), layer=1)
    assert (found.status, found.scope, found.checked) == ("refuted", "architecture", True)


# ------------------------------------------------------------------------ Corollary 3.6


# ------------------------------------------------------------------------ ReLU
