"""The whole verification: which layer, which verdicts, what is refused; JSON forms."""

import json

import numpy as np
import pytest

from exactcnn.data.dataset import Dataset
from exactcnn.errors import InputError
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.theorems import verify as module
from exactcnn.theorems.verify import chosen_layer, float_rank, verify

NETWORK = Network(
    (1, 4), [Convolution(2, 2), MaxPooling(2, stride=1), FullyConnected(5), FullyConnected(2)], activation="sigmoid"
)
ROWS = [[0, 1, 2, 3], [4, 6, 8, 9], [10, 13, 17, 19]]


@pytest.mark.parametrize(
    ("layer", "count", "expected"),
    [(None, 3, 1), (None, 6, 1), (None, 7, 1), (None, None, 1), (3, 9, 3), (4, None, 4), (1, 3, 1)],
)
def test_the_chosen_layer(layer, count, expected):
    assert chosen_layer(NETWORK, layer, count) == expected


def test_the_first_wide_layer_else_the_widest_that_is_no_pooling():
    growing = Network(
        (1, 4), [Convolution(1, 2), MaxPooling(1), FullyConnected(5), FullyConnected(9)], activation="sigmoid"
    )
    assert [chosen_layer(growing, None, count) for count in (1, 3, 4, 5, 6, 9, 10, None)] == [1, 1, 3, 3, 4, 4, 4, 4]


@pytest.mark.parametrize("layer", [-1, 0, 2, 5, 10**9])
def test_layers_that_there_are_not(layer):
    for dataset in (None, Dataset.from_array(ROWS)):
        with pytest.raises(InputError, match=f"layer {layer}"):
            verify(NETWORK, None, dataset, layer=layer)


def test_verdicts_of_the_layers_up_to_k():
    def listed(found):
        return [(v.statement.removeprefix("NH18."), v.layer) for v in found.verdicts]

    conclusions = [("T3.4", 3), ("T3.5", 3)]
    structure = [*(("D2.1", k) for k in (1, 2, 3)), *((a, k) for a in ("A2.4", "A3.2") for k in (1, 3))]
    data = Dataset.from_array(ROWS)
    assert listed(verify(NETWORK, None, None, layer=3)) == structure
    assert listed(verify(NETWORK, None, data, layer=3)) == [*structure, ("A3.1", 1), ("T3.4.2", 3), *conclusions]
    full = verify(NETWORK, random_parameters(NETWORK), data, layer=3)
    assert listed(full) == [*structure, ("A3.1", 1), ("T3.4.2", 3), ("RANK", 3), *conclusions]
    assert len(listed(verify(NETWORK))) == 4 + 3 + 3


def test_without_data_there_is_no_rank():
    found = verify(NETWORK, random_parameters(NETWORK), None, layer=1)
    assert (found.rank, found.instance.parameters, found.layer, found.document()["samples"]) == (None, None, None, None)


def test_documents_are_json():
    found = verify(NETWORK, random_parameters(NETWORK), Dataset.from_array(ROWS))
    document = json.loads(json.dumps(found.document(), allow_nan=False))
    assert document["rank"] | {"seconds": 0} == {
        "layer": 1,
        "rows": 3,
        "columns": 6,
        "domain": "Q(t)",
        "lower": 3,
        "upper": 3,
        "float64": 3,
        "float32": 3,
        "seconds": 0,
    }
    assert (document["samples"], document["widths"]) == (3, [4, 6, 4, 5, 2])


def test_claims_are_stated_once():
    shared = Network((1, 4), [Convolution(1, 1, bias="filter")], activation="sigmoid")
    claims = [claim.document() for claim in verify(shared, None, Dataset.from_array([[1] * 4, [2] * 4])).claims]
    assert all(claims.count(claim) == 1 for claim in claims)
    assert sum(claim["kind"] == "rank-for-all-parameters" for claim in claims) == 1
    assert [claim["statement"] for claim in claims if claim["kind"] == "conclusion"] == ["NH18.T3.4", "NH18.T3.5"]


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="5 entries; expected 4"):
        verify(NETWORK, None, Dataset.from_array([[1] * 5]))
    channels = Network((2, 2), [Convolution(1, 1)], activation="sigmoid")
    with pytest.raises(
        InputError, match=r"shape \[1, 2, 2\], the input \[2, 2\]; expected the same shape, channels first"
    ):
        verify(channels, None, Dataset.from_array(np.arange(8).reshape(2, 1, 2, 2)))
    first = Parameters.from_arrays(NETWORK, {"W1": np.ones((2, 2)), "b1": np.ones(6)}, upto=1)
    with pytest.raises(InputError, match=r"parameters: W3 is missing; expected \(4, 5\) in layer 3"):
        verify(NETWORK, first, Dataset.from_array(ROWS), layer=3)


def test_memory_is_estimated_before_the_features(monkeypatch):
    def refuse(needed, *, what):
        raise InputError(f"{what}: {needed}")

    monkeypatch.setattr(module, "check_memory", refuse)
    with pytest.raises(InputError, match="the features of layer 1: 432"):
        verify(NETWORK, random_parameters(NETWORK), Dataset.from_array(ROWS))


def test_float_ranks_as_wished(monkeypatch):
    data, parameters = Dataset.from_array(ROWS), random_parameters(NETWORK)
    calls = []
    found = verify(NETWORK, parameters, data, float_ranks=False)
    assert found.float_ranks == {"float64": None, "float32": None}
    monkeypatch.setattr(module, "FLOAT_RANK_LIMIT", 2)
    assert verify(NETWORK, parameters, data).float_ranks == found.float_ranks
    found = verify(NETWORK, parameters, data, float_ranks=True, progress=lambda *call: calls.append(call))
    assert found.float_ranks == {"float64": 3, "float32": 3}
    assert ("NumPy's ranks", 1, 2) in calls
    assert float_rank(np.array([[np.inf, 1.0], [0.0, 1.0]])) is None
    overflowing = Network((1,), [FullyConnected(1, activation="exp")])
    given = Parameters.from_arrays(overflowing, {"W1": [[1000]], "b1": [0]})
    found = verify(overflowing, given, Dataset.from_array([[1]]))
    assert (found.rank.exact, found.float_ranks) == (1, {"float64": None, "float32": None})
