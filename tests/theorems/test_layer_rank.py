"""The rank of one layer with what floats say beside it: memory, float ranks as wished, what is never claimed."""

import numpy as np
import pytest

from exactcnn.data.dataset import Dataset
from exactcnn.errors import InputError
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.theorems import layer_rank as module
from exactcnn.theorems.layer_rank import Asked, float_rank, rank_of_features
from exactcnn.theorems.verify import verify

NETWORK = Network((1, 4), [Convolution(2, 2), MaxPooling(2, stride=1), FullyConnected(5)], activation="sigmoid")
ROWS = [[0, 1, 2, 3], [4, 6, 8, 9], [10, 13, 17, 19]]


def test_memory_is_estimated_before_the_features(monkeypatch):
    def refuse(needed, *, what):
        raise InputError(f"{what}: {needed}")

    monkeypatch.setattr(module, "check_memory", refuse)
    with pytest.raises(InputError, match="the features of layer 1: 36"):
        verify(NETWORK, random_parameters(NETWORK), Dataset.from_array(ROWS))


def test_float_ranks_as_wished(monkeypatch):
    data, parameters = Dataset.from_array(ROWS), random_parameters(NETWORK)
    calls = []
    found = verify(NETWORK, parameters, data, float_ranks=False)
    assert found.float_ranks == {"float64": None, "float32": None}
    assert found.ranks[0].skipped == {"float64": "not asked for", "float32": "not asked for"}
    monkeypatch.setattr(module, "FLOAT_RANK_LIMIT", 2)
    left_out = verify(NETWORK, parameters, data)
    assert left_out.float_ranks == found.float_ranks
    assert left_out.ranks[0].skipped["float32"] == "of order 3, above 2; --float-ranks computes it"
    found = verify(NETWORK, parameters, data, float_ranks=True, progress=lambda *call: calls.append(call))
    assert found.float_ranks == {"float64": 3, "float32": 3}
    assert ("NumPy's ranks", 1, 2) in calls
    assert float_rank(np.array([[np.inf, 1.0], [0.0, 1.0]])) == (None, "not all entries are finite in float64")
    assert float_rank(np.eye(2)) == (2, "")
    overflowing = Network((1,), [FullyConnected(1, activation="exp")])
    given = Parameters.from_arrays(overflowing, {"W1": [[1000]], "b1": [0]})
    found = verify(overflowing, given, Dataset.from_array([[1]]))
    assert (found.rank.exact, found.float_ranks) == (1, {"float64": None, "float32": None})
    assert found.ranks[0].skipped["float64"] == "not all entries are finite in float64"


def test_a_decomposition_that_fails_says_so(monkeypatch):
    def fails(*_):
        raise np.linalg.LinAlgError("SVD did not converge")

    monkeypatch.setattr(np.linalg, "matrix_rank", fails)
    assert float_rank(np.eye(2)) == (None, "NumPy fails (SVD did not converge)")


def test_nothing_is_claimed_after_a_rejection():
    features = FeatureMatrix(NETWORK, random_parameters(NETWORK), Dataset.from_array(ROWS).samples, 1)
    found = rank_of_features(features, Asked(singular_values=True))
    nothing = found.nothing("rejected")
    assert (found.rank.exact, len(found.claims), len(found.numerical.bounds)) == (3, 2, 3)
    assert (nothing.rank.lower, nothing.rank.upper, nothing.rank.reason) == (0, 3, "rejected")
    assert (nothing.numerical.bounds, nothing.float_ranks) == (None, found.float_ranks)
