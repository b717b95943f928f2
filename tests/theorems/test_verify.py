"""The whole verification: which layer, which verdicts, what is refused; JSON forms."""

import json

import numpy as np
import pytest

from exactcnn.data.dataset import Dataset
from exactcnn.errors import InputError
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.theorems.verify import chosen_layer, verify

NETWORK = Network(
    (1, 4), [Convolution(2, 2), MaxPooling(2, stride=1), FullyConnected(5), FullyConnected(2)], activation="sigmoid"
)
ROWS = [[0, 1, 2, 3], [4, 6, 8, 9], [10, 13, 17, 19]]


@pytest.mark.parametrize(
    ("layer", "count", "expected"),
    [(None, 3, 1), (None, 6, 1), (None, 7, 1), (None, None, 1), (3, 9, 3), (4, None, 4), (1, 3, 1), (2, 3, 2)],
)
def test_the_chosen_layer(layer, count, expected):
    assert chosen_layer(NETWORK, layer, count) == expected


def test_the_first_wide_layer_else_the_widest_that_is_no_pooling():
    growing = Network(
        (1, 4), [Convolution(1, 2), MaxPooling(1), FullyConnected(5), FullyConnected(9)], activation="sigmoid"
    )
    assert [chosen_layer(growing, None, count) for count in (1, 3, 4, 5, 6, 9, 10, None)] == [1, 1, 3, 3, 4, 4, 4, 4]


@pytest.mark.parametrize("layer", [-1, 0, 5, 10**9])
def test_layers_that_there_are_not(layer):
    for dataset in (None, Dataset.from_array(ROWS)):
        with pytest.raises(InputError, match=f"layer {layer}"):
            verify(NETWORK, None, dataset, layer=layer)


def test_verdicts_of_the_layers_up_to_k():
    def listed(found):
        return [(v.statement.removeprefix("NH18."), v.layer) for v in found.verdicts]

    conclusions = [("T3.4", 3), ("T3.5", 3), ("LDS18.wide", 2)]
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
        "skipped": {},
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


def test_all_layers_at_once():
    """The same verdicts and ranks as layer by layer, one certificate; a layer that floats need not name stands too."""
    data, parameters = Dataset.from_array(ROWS), random_parameters(NETWORK)
    every = verify(NETWORK, parameters, data, layer="all", check=True)
    assert (every.layers, every.layer, every.rank, every.checked) == ((1, 2, 3, 4), None, None, True)
    for k, rank in enumerate(every.ranks, 1):
        alone = verify(NETWORK, parameters, data, layer=k)
        assert (rank.layer, rank.rank, rank.domain, rank.float_ranks) == (
            k,
            alone.rank,
            alone.domain,
            alone.float_ranks,
        )
        own = [(v.statement, v.status) for v in every.verdicts if v.layer == k and v.statement != "NH18.A3.1"]
        assert own == [(v.statement, v.status) for v in alone.verdicts if v.layer == k and v.statement != "NH18.A3.1"]
    document = json.loads(json.dumps(every.document()))
    assert (document["layer"], [each["layer"] for each in document["rank"]]) == ("all", [1, 2, 3, 4])
    with pytest.raises(InputError, match="layer 'all' was asked for; expected data"):
        verify(NETWORK, layer="all")


def test_conclusions_at_a_max_pooling_layer():
    """By a witness, or by width; never by the theorem, which speaks of convolutional layers k."""
    narrow = Network((1, 6), [Convolution(2, 2), MaxPooling(2, stride=1)], activation="sigmoid")
    rows = Dataset.from_array([[1, 2, 4, 8, 16, 32], [3, 5, 7, 11, 13, 17], [2, 9, 1, 0, 5, 6]])
    found = verify(narrow, random_parameters(narrow), rows, layer=2, check=True)
    by = {v.statement: (v.status, v.details.get("by")) for v in found.verdicts if v.layer == 2}
    assert (found.rank.exact, found.checked, by["NH18.T3.4"]) == (3, True, ("proved", "witness"))
    assert by["NH18.T3.5"][0] == "undecided"
    blind = verify(narrow, None, rows, layer=2)
    open_ = {v.statement: v for v in blind.verdicts if v.layer == 2}
    assert open_["NH18.T3.4"].status == "undecided"
    assert "layer 2 is max-pooling" in open_["NH18.T3.4"].reason
    assert verify(narrow, None, rows, layer=1).verdicts[-2].status == "proved"


def test_layers_that_cannot_be_computed_do_not_stop_the_others(monkeypatch):
    from exactcnn.theorems import layer_rank

    monkeypatch.setattr(layer_rank, "check_memory", lambda needed, *, what: refuse(needed, what))

    def refuse(needed, what):
        if "layer 2" in what:
            raise InputError(f"{what}: too large")

    found = verify(NETWORK, random_parameters(NETWORK), Dataset.from_array(ROWS), layer="all", check=True)
    assert [each.rank.exact for each in found.ranks] == [3, None, 3, 2]
    assert (found.ranks[1].rank.reason, found.checked) == ("the features of layer 2: too large", True)
    assert [v.status for v in found.verdicts if v.layer == 2 and v.statement == "RANK"] == ["undecided"]
