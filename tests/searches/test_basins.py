"""Strict bad minima: cells decided again, certificates read as JSON, and proofs against trials."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from exactcnn.searches.answers import kept_answers
from exactcnn.searches.basin_trials import trial
from exactcnn.searches.basins import QUESTION, cases, certified, decide, impossible, shape_of
from exactcnn.searches.questions import label

RESULTS = Path(__file__).parents[2] / "docs" / "results" / "basins"


def case(inputs, biases, activation, samples, width):
    return {"inputs": inputs, "biases": biases, "activation": activation, "samples": samples, "width": width}


@pytest.fixture(scope="module")
def kept():
    return {label(line["case"]): line for line in kept_answers(QUESTION, RESULTS).lines}


def test_every_certificate_is_about_its_cell(kept):
    """A strict minimum of the network that the cell names, and a point with a smaller loss."""
    read = 0
    for line in kept.values():
        if line["outcome"] != "possible":
            continue
        read += 1
        own, document = line["case"], json.loads((RESULTS / line["certificate"]).read_text())
        instance = document["instance"]
        assert instance["input_width"] == own["inputs"]
        assert instance["samples"]["shape"] == [own["samples"], own["inputs"]]
        hidden, last = instance["layers"]
        assert (hidden["bias"] == "neuron") == (own["biases"] in ("hidden", "both"))
        assert (last["bias"] == "neuron") == (own["biases"] in ("output", "both"))
        assert hidden["weights"]["shape"] == [own["inputs"], own["width"]]
        assert last["weights"]["shape"] == [own["width"], 1]
        minimum, loss, bad = document["claims"]
        assert (minimum["kind"], minimum["type"], minimum["strict"]) == ("critical-point", "minimum", True)
        assert (loss["kind"], bad["kind"]) == ("loss", "suboptimal")
        assert Fraction(loss["upper"]) < Fraction(minimum["loss"][0])
    assert read == 93


def test_activations_of_the_certificates(kept):
    """By value at −1: each of the three, as the cell says."""
    formulas = {}
    for line in kept.values():
        if line["outcome"] == "possible":
            layers = json.loads((RESULTS / line["certificate"]).read_text())["instance"]["layers"]
            assert layers[1]["activation"] != layers[0]["activation"]
            formulas.setdefault(line["case"]["activation"], set()).add(json.dumps(layers[0]["activation"]))
    assert {name: len(found) for name, found in formulas.items()} == {"sigmoid": 1, "tanh": 1, "softplus": 1}
    assert len(set.union(*formulas.values())) == 3


def test_largest_widths_without_biases(kept):
    """d = 1, logistic: the border is exactly N."""
    for samples in range(2, 6):
        for width in range(1, samples):
            assert kept[label(case(1, "none", "sigmoid", samples, width))]["outcome"] == "possible"
        assert impossible(case(1, "none", "sigmoid", samples, samples))


@pytest.mark.parametrize(
    "cell",
    [
        case(1, "none", "sigmoid", 2, 1),
        case(1, "none", "sigmoid", 5, 4),
        case(1, "none", "softplus", 3, 1),
        case(1, "hidden", "tanh", 3, 1),
        case(1, "output", "sigmoid", 3, 1),
        case(2, "output", "tanh", 4, 1),
        case(2, "hidden", "sigmoid", 4, 1),
        case(1, "both", "tanh", 5, 1),
    ],
    ids=label,
)
def test_cheap_cells_are_decided_again(kept, cell):
    found = decide(cell, range(20), 0)
    assert found.outcome == kept[label(cell)]["outcome"] == "possible"
    assert found.reason == kept[label(cell)]["reason"]
    assert found.certificate.checked(True)


def test_impossible_cells_are_those_of_the_page(kept):
    for own in cases():
        line, reason = kept[label(own)], impossible(own)
        assert (line["outcome"] == "impossible") == bool(reason)
        if reason:
            assert (line["reason"], line["proof"]) == (reason, "FOUND.residual")


@pytest.mark.parametrize("cell", [own for own in cases() if impossible(own)], ids=label)
def test_nothing_is_found_where_it_is_impossible(cell):
    """The theorem against the search: no trial leads to a certificate."""
    shape = shape_of(cell)
    found = (trial(shape, 1, number) for number in range(25))
    assert not any(certified(cell, shape, each) for each in found if each is not None)


def test_more_trials_do_not_depend_on_how_they_are_divided():
    cell = case(1, "none", "sigmoid", 4, 2)
    whole = decide(cell, range(20), 0)
    parts = [decide(cell, range(start, start + 4), 0) for start in range(0, 20, 4)]
    assert whole.reason == next(part.reason for part in parts if part.outcome == "possible")


def test_an_open_cell():
    found = decide(case(1, "none", "tanh", 4, 3), range(10), 0)
    assert (found.outcome, found.certificate, found.proof) == ("open", None, "")
