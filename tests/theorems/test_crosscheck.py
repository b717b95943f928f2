"""Float ranks of every layer beside the exact ones: planted wrong answers are found, and explained."""

import json

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.model import Model
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.spec import load
from exactcnn.theorems.crosscheck import crosscheck, crosscheck_matrix


def test_an_example_that_floats_get_wrong_both_ways():
    found = crosscheck(load("docs/examples/hidden-relation.toml", upto=1), check=True)
    layer = found.layers[1]
    ranks = {(each.precision, each.rank, each.off) for each in layer.answers if each.library == "NumPy"}
    assert ("float64", 6, 4) in ranks
    assert ("float32", 1, -1) in ranks
    assert found.checked is True
    assert "singular value 3 is zero, but rounding of the entries has made it" in layer.sentence
    assert layer.sentence.startswith("layer 1: rank exactly 2; NumPy")
    document = json.loads(json.dumps(found.document()))
    assert [each["lower"] for each in document["layers"]] == [2, 2]
    last = document["layers"][1]
    assert last["reason"] == "4 further linear relations"
    assert float(last["sigma_min"][0]) == 0
    assert 0 < float(last["sigma_rank"][0]) <= float(last["sigma_rank"][1]) < float(last["sigma_max"][0])
    assert {*last["floats"][0]} == {"library", "precision", "rule", "rank", "tolerance", "verdict", "off", "why"}


def test_every_layer_pooling_included():
    layers = [
        Convolution(3, 2, activation="relu", name="c"),
        MaxPooling(2, name="p"),
        FullyConnected(2, activation="tanh"),
    ]
    network = Network((1, 5, 5), layers)
    own = Model(network, random_parameters(network), ("a note",))
    rows = np.random.default_rng(0).integers(0, 9, (6, 25))
    found = crosscheck(own, rows, check=True)
    assert [each.layer.name for each in found.layers] == ["input", "c", "p", "3"]
    assert found.document()["notes"] == ["a note"]
    for each in found.layers:
        exact = each.layer.found.rank.exact
        assert all(answer.rank == exact for answer in each.answers if answer.precision == "float64")
        assert len(each.bounds) == min(each.layer.found.shape)
        assert ("NumPy", "float32") in each.curves
    assert "every float rank agrees" in found.layers[0].sentence
    found.certificate  # noqa: B018


def test_a_matrix():
    found = crosscheck_matrix(ExactArray.from_strings([["1", "1/3"], ["3", "1"]]), check=True)
    (only,) = found.layers
    assert (only.layer.kind, only.layer.found.rank.exact, found.checked) == ("matrix", 1, True)
    assert only.sentence.startswith("the matrix: rank exactly 1")
    hilbert = [[f"1/{i + j + 1}" for j in range(14)] for i in range(14)]
    (only,) = crosscheck_matrix(ExactArray.from_strings(hilbert)).layers
    assert only.layer.found.rank.exact == 14
    assert all(answer.off < 0 for answer in only.answers if answer.rule == "default")
    assert "below the tolerance" in only.sentence


def test_what_is_missing():
    network = Network((2,), [FullyConnected(2, activation="relu")])
    with pytest.raises(InputError, match="crosscheck needs samples and the parameters"):
        crosscheck(Instance(network, random_parameters(network)))
    with pytest.raises(InputError, match="crosscheck needs samples and the parameters"):
        crosscheck(Instance(network, samples=[[1, 2]]))


def test_layers_too_large_for_singular_values_keep_their_ranks(monkeypatch):
    from exactcnn.theorems import numerical_rank

    def refuse(needed, *, what):
        raise InputError(f"{what}: too large")

    monkeypatch.setattr(numerical_rank, "check_memory", refuse)
    network = Network((2,), [FullyConnected(2, activation="relu")])
    parameters = Parameters.from_arrays(network, {"W1": [[1, 2], [3, 4]], "b1": [0, 0]})
    found = crosscheck(network, parameters, [[1, 2], [3, 5]])
    assert [(each.bounds, each.layer.found.rank.exact) for each in found.layers] == [(None, 2), (None, 2)]
    assert [answer.opinion for answer in found.layers[1].answers] == ["right"] * len(found.layers[1].answers)
    assert found.document()["layers"][1]["sigma_max"] is None


def test_torch_beside_numpy():
    pytest.importorskip("torch")
    found = crosscheck(load("docs/examples/dead-relus.toml", upto=1))
    assert {each.library for each in found.layers[1].answers} >= {"NumPy", "torch CPU"}
    assert all(each.opinion == "right" for each in found.layers[1].answers if each.precision == "float64")
