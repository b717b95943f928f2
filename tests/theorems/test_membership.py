"""Membership in S_k: the ranks of F_k and of the full weight matrices above, and where it is not defined."""

import pytest

from exactcnn.errors import InputError
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.theorems.membership import WeightsRankClaim, membership
from tests.theorems.test_landscape import flat as flat
from tests.theorems.test_landscape import instance


def test_membership(flat):
    found = membership(flat, 1)
    assert found.holds is True
    assert found.features.exact == 2
    assert [(number, bounds.exact, full) for number, bounds, full in found.weights] == [(3, 2, 2)]
    assert membership(flat, 2).holds is False  # both rows of F_2 are equal
    assert membership(flat, 2).document()["in"] is False


def test_weights_without_full_rank(flat):
    weights = flat.parameters
    arrays = {f"W{k}": weights.layer(k).weights for k in (1, 2)} | {f"b{k}": weights.layer(k).biases for k in (1, 2, 3)}
    lower = instance(flat.network, [[1], [2]], [[1, 0], [0, 1]], **arrays, W3=[[1, 1], [1, 1]])
    found = membership(lower, 1)
    assert found.holds is False
    assert "rank U_3 is 1, full rank is 2" in found.reason


def test_claims_are_those_of_the_ranks(flat):
    found = membership(flat, 1)
    assert [claim.document()["kind"] for claim in found.claims] == ["rank", "weights-rank"]
    assert found.claims[1] == WeightsRankClaim(3, found.weights[0][1])


def test_where_it_is_not_defined(flat):
    with pytest.raises(InputError, match="expected a layer k below the output"):
        membership(flat, 3)
    with pytest.raises(InputError, match="missing"):
        membership(Instance(flat.network, flat.parameters), 1)
    pooled = Network((1, 2), [FullyConnected(2), MaxPooling(patches=((0, 1),))], activation="relu")
    with pytest.raises(InputError, match="max-pooling"):
        membership(Instance(pooled, random_parameters(pooled), [[1, 2]]), 1)
