"""Section 2 of one layer: the standing conditions and Assumption 2.4, on planted structures."""

import pytest

from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.patches.generic_rank import GenericRank
from exactcnn.theorems import structure
from exactcnn.theorems.structure import assumption_2_4, standing_conditions


@pytest.mark.parametrize(
    ("layer", "violations", "words"),
    [
        (Convolution(1, patches=((0, 1), (2, 3))), [], "every neuron"),
        (Convolution(1, patches=((0, 1), (1, 2))), ["uncovered"], "neuron 3 is in no patch"),
        (Convolution(1, patches=((0, 1), (2, 3), (1, 0))), ["identical"], "patches 0, 2 see"),
        (Convolution(1, patches=((0,), (0,))), ["uncovered", "identical"], "neurons 1, 2, 3"),
        (MaxPooling(patches=((0, 1), (2, 3))), [], "every neuron"),
        (FullyConnected(7), [], "every neuron"),
    ],
)
def test_standing_conditions(layer, violations, words):
    verdict = standing_conditions(Network((4,), [layer], activation="sigmoid").layer(1))
    assert [each["kind"] for each in verdict.details["violations"]] == violations
    assert verdict.status == ("refuted" if violations else "proved")
    assert words in verdict.reason
    (claim,) = verdict.claims
    stated = claim.document()
    assert (stated["holds"], stated["violation"]) == (not violations, (verdict.details["violations"] or [None])[0])


def test_padding_is_named():
    verdict = standing_conditions(Network((1, 3), [Convolution(1, 3, padding=1)], activation="sigmoid").layer(1))
    assert verdict.details["violations"] == [{"kind": "padding", "patches": [0, 2]}]
    assert "2 patches have slots of zero padding" in verdict.reason


def test_long_lists_are_cut():
    verdict = standing_conditions(Network((20,), [Convolution(1, patches=((0,),))], activation="sigmoid").layer(1))
    assert verdict.reason == "neurons 1, 2, 3, 4, 5, 6, … (19 in all) are in no patch"


@pytest.mark.parametrize(
    ("shape", "layer", "rank", "full"),
    [
        ((4,), Convolution(1, patches=((0, 1), (0, 2), (1, 3), (2, 3))), 3, 4),
        ((4,), Convolution(2, patches=((0, 1, 3), (0, 2, 3))), 3, 4),
        ((1, 3, 3), Convolution(2, 2), 7, 8),
        ((1, 4, 4), Convolution(2, 2), 14, 16),
        ((1, 5, 5), Convolution(3, 3), 24, 25),
        ((1, 5, 5), Convolution(3, 3, padding=1, stride=2), 24, 25),
        ((1, 5), Convolution(2, 3), 5, 5),
        ((3,), FullyConnected(2), 2, 2),
        ((3,), Convolution(1, patches=((0,), (0,), (1,))), 2, 3),
    ],
)
def test_assumption_2_4(shape, layer, rank, full):
    verdict = assumption_2_4(Network(shape, [layer], activation="sigmoid").layer(1))
    assert (verdict.details["rank"], verdict.details["full"]) == (rank, full)
    assert verdict.status == ("proved" if rank == full else "refuted")
    (claim,) = verdict.claims
    assert claim.document()["lower"] == claim.document()["upper"] == rank


@pytest.mark.parametrize(
    ("lower", "upper", "status", "words"),
    [
        (2, 4, "undecided", "between 2 and 4; full would be 4"),
        (2, 3, "refuted", "between 2 and 3, below 4"),
        (4, 4, "proved", "is 4, full"),
    ],
)
def test_bounds_that_do_not_meet(monkeypatch, lower, upper, status, words):
    layer = Network((4,), [Convolution(1, patches=((0, 1), (0, 2), (1, 3), (2, 3)))], activation="sigmoid").layer(1)
    found = structure.generic_rank(layer.patches, 1)
    full = True if lower == 4 else False if upper < 4 else None
    between = GenericRank(**{**vars(found), "lower": lower, "upper": upper, "full": full})
    monkeypatch.setattr(structure, "generic_rank", lambda *_, **__: between)
    verdict = assumption_2_4(layer)
    assert verdict.status == status
    assert words in verdict.reason
    assert verdict.details["rank"] == (lower if lower == upper else None)
