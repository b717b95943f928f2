"""Checks of Assumption 3.1 and of the perturbation remark."""

from fractions import Fraction

import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.network.layers import Convolution
from exactcnn.network.network import Network
from exactcnn.proofs.checks import teaching
from exactcnn.proofs.checks.data import patches_differ_between_samples, perturbation_repairs

NETWORK = Network((1, 3), [Convolution(1, 2)], activation="sigmoid")


def test_shared_patch_is_named_and_certified():
    found = patches_differ_between_samples(NETWORK, ExactArray.from_array([[1, 2, 3], [9, 9, 9], [2, 3, 1]]))
    assert (found.status, found.checked, found.details["first_pair"]) == ("refuted", True, [0, 1, 2, 0])


def test_uncovered_neurons_refute_with_their_own_reason():
    network = Network((1, 4), [Convolution(1, 1, stride=2)], activation="sigmoid")
    found = patches_differ_between_samples(network, teaching.samples(3, 4))
    assert (found.status, found.what) == ("refuted", "neurons 1, 3 are in no patch")


@pytest.mark.parametrize("count", [1, 2, 30])
def test_teaching_samples_share_no_patch(count):
    assert patches_differ_between_samples(NETWORK, teaching.samples(count, 3)).status == "proved"


def test_equal_samples_are_told_apart_by_a_perturbation():
    equal = ExactArray.from_array([[1, 1, 1]] * 5)
    found = perturbation_repairs(NETWORK, equal, size=Fraction(1, 10**12), seed=3)
    assert (found.status, found.scope, found.checked) == ("proved", "almost all parameters", True)
    assert found.details["samples_involved"] == 5


def test_samples_that_are_fine_stay_so():
    found = perturbation_repairs(NETWORK, teaching.samples(3, 3))
    assert (found.status, found.details["before"]) == ("proved", "proved")
