"""Assumptions 3.1 and 3.2 and the width condition, against definitions spelled out."""

import itertools
import random

import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.network.activations import activation_names
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.theorems.hypotheses import assumption_3_1, assumption_3_2, width_condition

# Table of the literature review: what tends to 0 on one side and is bounded or linear on the other
SATISFY = {
    *("relu", "relu6", "hard-sigmoid", "hard-swish", "sigmoid", "silu", "swish", "gaussian", "mish"),
    *("softplus", "gelu", "leaky-relu(0)", "clip(0,1)", "clip(-1,0)"),
    *("elu-plus-one", "logistic(2)"),
}


def test_assumption_3_1_is_its_definition():
    generator, seen = random.Random(1), set()
    network = Network((1, 4), [Convolution(1, 2, padding=1)], activation="sigmoid")
    patches = [(-1, 0), (0, 1), (1, 2), (2, 3), (3, -1)]
    for _ in range(150):
        rows = [[generator.randrange(generator.choice([2, 9])) for _ in range(4)] for _ in range(3)]

        def pairs(cross, rows=rows):
            read = [[tuple(0 if j < 0 else row[j] for j in patch) for patch in patches] for row in rows]
            return [
                [i, p, j, q]
                for i, j in itertools.permutations(range(3), 2)
                for p, q in itertools.product(range(5), repeat=2)
                if read[i][p] == read[j][q] and (cross or p == q)
            ]

        verdict = assumption_3_1(network, ExactArray.from_array(rows))
        everywhere, same = pairs(True), pairs(False)
        assert verdict.status == ("refuted" if everywhere else "proved")
        assert verdict.details["samples_involved"] == len({i for i, *_ in everywhere})
        assert verdict.details["same_position_holds"] == (not same)
        assert verdict.details["same_position_samples_involved"] == len({i for i, *_ in same})
        assert verdict.details["first_pair"] in (everywhere or [None])
        stated = [claim.document() for claim in verdict.claims]
        assert {claim["kind"] for claim in stated} == {"distinct-patches"}
        claims = {claim["cross_position"]: claim for claim in stated}
        assert claims[True]["holds"] == (not everywhere)
        assert (False in claims) == bool(everywhere)
        if everywhere:
            assert claims[False]["pair"] in (same or [None])
        seen.add((not everywhere, not same))
    assert seen == {(True, True), (False, True), (False, False)}


def test_reasons_count_positions():
    rows = ExactArray.from_array([[1, 2], [3, 4]])
    assert "one position" in assumption_3_1(Network((2,), [FullyConnected(1)], activation="sigmoid"), rows).reason
    assert "2 positions" in assumption_3_1(Network((1, 2), [Convolution(1, 1)], activation="sigmoid"), rows).reason


def test_one_sample_has_no_other():
    verdict = assumption_3_1(
        Network((1, 2), [Convolution(1, 1)], activation="sigmoid"), ExactArray.from_array([[0, 0]])
    )
    assert (verdict.status, verdict.details["maximal_subsample"]) == ("proved", 1)


def test_pooling_first_is_read_as_written():
    network = Network((1, 2), [MaxPooling(1), FullyConnected(1)], activation="sigmoid")
    assert assumption_3_1(network, ExactArray.from_array([[1, 2], [2, 3]])).status == "refuted"


@pytest.mark.parametrize(
    "text",
    [
        *(name for name in activation_names() if name not in ("clip", "polynomial", "logistic")),
        *("leaky-relu(0)", "leaky-relu(1)", "clip(0,1)", "clip(-1,0)", "clip(1,2)", "swish(0)", "swish(-1)"),
        *("polynomial(3)", "polynomial(0)", "logistic(2)"),
    ],
)
def test_assumption_3_2(text):
    layer = Network((1,), [FullyConnected(1, activation=text)]).layer(1)
    verdict = assumption_3_2(layer)
    assert verdict.status == ("proved" if text in SATISFY else "refuted")
    (claim,) = verdict.claims
    assert claim.document() == {"kind": "activation", "layer": 1, "holds": text in SATISFY}
    assert verdict.details["activation"] == layer.activation.text


@pytest.mark.parametrize(("samples", "status"), [(5, "proved"), (6, "proved"), (7, "refuted")])
def test_width_condition(samples, status):
    layer = Network((1, 3), [Convolution(3, 2)], activation="sigmoid").layer(1)
    verdict = width_condition(layer, samples)
    assert (verdict.status, verdict.details) == (status, {"width": 6, "samples": samples})
    (claim,) = verdict.claims
    assert claim.document() == {"kind": "width", "layer": 1, "holds": status == "proved"}
