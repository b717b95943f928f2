"""Corollary 3.6: any labels are fitted, with few parameters."""

from fractions import Fraction

import pytest

from exactcnn.network.layers import Convolution
from exactcnn.network.network import Network
from exactcnn.proofs.checks import teaching
from exactcnn.proofs.checks.expressivity import labels_are_fitted, parameters_are_few


@pytest.mark.parametrize("activation", ["relu", "hard-sigmoid"])
@pytest.mark.parametrize("labels", [["1/3"] * 6, ["0"] * 6, ["1", "-1", "10000000000000000000000", "1/7", "2", "3"]])
def test_any_labels_are_fitted(activation, labels):
    found = labels_are_fitted(teaching.two_convolutions(activation), labels=list(map(Fraction, labels)))
    assert (found.status, found.checked) == ("proved", True)


def test_labels_of_another_number_or_network_are_not_fitted():
    assert labels_are_fitted(samples=teaching.samples(4, 6)).status == "undecided"
    assert labels_are_fitted(teaching.deep()).status == "undecided"
    too_many = teaching.samples(7, 6)
    assert labels_are_fitted(samples=too_many, labels=[Fraction(1)] * 7).status == "undecided"


def test_parameters_are_few_exactly_for_small_filters():
    assert parameters_are_few().details == {"samples": 60164, "parameters": 121129, "dense": 47288904}
    large = parameters_are_few(Network((1, 5, 5), [Convolution(3, 4)], activation="sigmoid"))
    assert (large.status, "> 3N" in large.what) == ("proved", True)
    assert (
        parameters_are_few(Network((1, 5, 5), [Convolution(3, 4, bias="filter")], activation="sigmoid")).status
        == "undecided"
    )
