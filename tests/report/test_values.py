"""How public values show themselves: a short `repr`, the command's table, and well-formed HTML with a title."""

import dataclasses
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from rich.console import Group
from rich.text import Text

import exactcnn as ec
from exactcnn.display import LONGEST, Picture, Shown
from exactcnn.gallery.registry import select
from exactcnn.linalg.evidence import Evidence
from exactcnn.report.values import blocks, html, layout, text, title
from exactcnn.subjects import read_subject
from tests.test_public_interface import GRAPH, INSTANCE, MODEL, NETWORK, PARAMETERS, RESULTS, SAMPLES
from tests.theorems.test_escape_by_theorem import instance as pyramid

ROOT = Path(__file__).parents[2]
DIGITS = ec.data.digits()


def values() -> dict[str, object]:
    """One of every public kind, and large ones."""
    network = ec.Network(
        (1, 8, 8),
        [
            ec.Convolution(12, 3, activation="sigmoid", name="first <layer>"),
            ec.MaxPooling(2),
            ec.AveragePooling(2, stride=1),
            ec.FullyConnected(10, activation="identity"),
        ],
    )
    parameters = ec.random_parameters(network)
    samples, features = DIGITS.prefix(40), ec.FeatureMatrix(network, parameters, DIGITS, 1)
    listed = tuple(tuple(range(p, p + 50)) for p in range(200))
    many = ec.matrix_rank(np.random.default_rng(0).integers(-9, 9, (60, 80)), singular_values=True)
    network_at_k = ec.Network((2,), [ec.FullyConnected(5, activation="relu")])
    point = ec.critical(INSTANCE, layer=1)
    dead = {"W1": [[0, 0, 0], [0, 0, 0]], "b1": [-1, -1, -1], "W2": [[1], [1], [1]], "b2": [1]}
    return {
        "Network": network,
        "Convolution": network.layers[0],
        "Convolution, large": ec.Convolution(3, patches=listed),
        "FullyConnected": network.layers[3],
        "MaxPooling": network.layers[1],
        "AveragePooling": network.layers[2],
        "layer": network.layer(1),
        "pooled": network.layer(2),
        "averaged": network.layer(3),
        "Activation": ec.activation("mish"),
        "Activation, special": ec.activation("gelu"),
        "Activation, defined": ec.define_activation("bent", ["0", "t"], [0]),
        "Parameters": parameters,
        "LayerParameters": parameters.layer(1),
        "Model": ec.Model(network, parameters, ("a <note>", "b")),
        "Dataset": DIGITS,
        "Dataset, huge": ec.Dataset.from_array([[10**4000, 1]], name="x" * 3000),
        "ExactArray": DIGITS.samples,
        "ExactArray, cube": ec.ExactArray.from_array(np.zeros((2, 3, 4), dtype=int)),
        "ExactArray, number": ec.ExactArray.from_array(3),
        "ExactArray, none": ec.ExactArray.from_array(np.zeros((0, 3))),
        "Instance": ec.Instance(network, parameters, DIGITS),
        "Instance, bare": ec.Instance(network),
        "FeatureMatrix": features,
        "SymbolicFeatures": ec.FeatureMatrix(NETWORK, PARAMETERS, SAMPLES, 1).symbols(),
        "PatchGraph": network.layer(1).patches,
        "PatchGraph, padded": ec.PatchGraph(3, [[-1, 0], [1, 2]]),
        "FullWeightMatrix": ec.FullWeightMatrix(GRAPH, 2),
        "Picture": ec.FullWeightMatrix(GRAPH, 2).picture(),
        "GenericRank": ec.generic_rank(ec.PatchGraph.from_patches(4, [[0, 2], [0, 3], [1, 2], [1, 3]]), 1),
        "RankBounds": many.rank,
        "RankBounds, open": ec.RankBounds(1, 2, reason="because"),
        "MatrixRank": many,
        "LayerRank": ec.verify(network, parameters, samples, layer=1).ranks[0],
        "Verification": ec.verify(network, parameters, samples, layer="all", tolerance="1e-5"),
        "Verification, bare": ec.verify(network),
        "Verdict": ec.verify(network).verdicts[0],
        "Summary": ec.summary(network, parameters, samples, check=False),
        "Summary, bare": ec.summary(network),
        "Crosscheck": ec.crosscheck(INSTANCE),
        "Evaluation": ec.evaluate(MODEL, SAMPLES),
        "Objective": ec.Objective(INSTANCE),
        "CriticalPoint": point.point,
        "CriticalReport": point,
        "Membership": ec.membership(INSTANCE, 1),
        "CurvedEscape": ec.escape(pyramid()),
        "Escape": ec.escape(ec.Instance(NETWORK, dead, SAMPLES, [[0], [3], [0]])),
        "LeastLoss": ec.escape(ec.Instance(NETWORK, dead, SAMPLES, [[1], [1], [1]])),
        "BlockTerms": ec.block_terms(select(["swirszcz-2-smooth"])[0].instance(), "unit"),
        "Engine": ec.Engine(),
        "NormBounds": ec.NormBounds(Fraction(1, 2)),
        "Construction": ec.construct(network_at_k, SAMPLES, 1),
        "ParameterCounts": ec.parameter_counts(network),
        "Certificate": many.certificate,
        "Outcome": many.certificate.outcome,
        "Outcome, unreadable": ec.check("no such file"),
        "PageResult": ec.prove("NH18.D2.1")[0],
        "PageResults": ec.prove("NH18.D2.1", "Lemma 2.5"),
        "PatchCollisions": ec.data.patch_collisions(DIGITS, network.layer(1).patches.slots),
    }


VALUES = values()
TITLES = {
    "Network": "Network: 4 layers on 1 × 8 × 8",
    "Model": "Model: 4 layers on 1 × 8 × 8",
    "Dataset": "Dataset: digits, 1797 samples of 1 × 8 × 8",
    "ExactArray": "Exact array: 1797 × 64 rational numbers",
    "Instance": "Instance: 4 layers on 1 × 8 × 8, 1797 samples",
    "FeatureMatrix": "Features: F_1 over Q(t), 1797 × 432",
    "RankBounds": "Rank bounds",
    "MatrixRank": "Matrix rank",
    "Verdict": "Verdict: Section 2: patches cover and differ",
    "Outcome": "Answer of the independent checker",
    "Certificate": "Certificate: 2 claims",
    "PageResults": "Page results: 2 statements",
}


def test_every_public_class_is_shown_here():
    classes = {name for name in ec.__all__ if isinstance(getattr(ec, name), type)} - {"ExactCNNError", "InputError"}
    assert classes >= RESULTS
    assert classes == {type(value).__name__ for value in VALUES.values()} & classes
    assert all(issubclass(getattr(ec, name), Shown) for name in classes)


def inside(value: object, depth: int = 4) -> list[Shown]:
    """All values that show themselves in the fields and properties of a value."""
    if isinstance(value, list | tuple | frozenset):
        return [each for entry in value for each in inside(entry, depth)]
    if isinstance(value, dict):
        return inside(list(value.values()), depth)
    if not isinstance(value, Shown) or not depth:
        return []
    names = [each.name for each in dataclasses.fields(value)]
    names += [name for name in ("rank", "certificate", "claims", "finding", "evidence") if hasattr(type(value), name)]
    found = [getattr(value, name) for name in names if not callable(getattr(type(value), name, None))]
    return [value, *inside(found, depth - 1)]


@pytest.mark.parametrize("name", VALUES)
def test_a_repr_is_one_short_line(name):
    nested = [VALUES[name], *inside(VALUES[name])]
    for each in nested:
        assert len(repr(each)) <= LONGEST == 400, type(each)
        assert "\n" not in repr(each)
        assert type(each).__name__ in repr(each) or name == "Picture"


@pytest.mark.parametrize("name", sorted(set(VALUES) - {"Picture"}))
def test_html_is_well_formed_and_has_a_title(name):
    for each in [VALUES[name], *inside(VALUES[name], 2)]:
        found = ET.fromstring(each._repr_html_())
        first = found[0][0]
        assert first.tag == "strong"
        assert first.text == title(each)
        assert len(found) > 1 or isinstance(each, Evidence), name
        assert len(each._repr_html_()) < 60_000
    if name in TITLES:
        assert title(VALUES[name]) == TITLES[name]


@pytest.mark.parametrize("name", sorted(set(VALUES) - {"Picture"}))
def test_print_gives_lines_that_fit(name):
    lines = text(VALUES[name]).split("\n")
    assert all(line == line.rstrip() for line in lines)
    assert max(map(len, lines)) <= 160
    assert len(lines) < 100 or name == "MatrixRank"  # which lists the singular values that were asked for
    if type(VALUES[name]).__str__ is Shown.__str__:
        assert str(VALUES[name]) == text(VALUES[name])


def command(*arguments: str) -> str:
    line = [sys.executable, "-m", "exactcnn", *arguments]
    return subprocess.run(line, cwd=ROOT / "docs" / "examples", capture_output=True, text=True, check=True).stdout


def without_times(shown: str) -> str:
    return re.sub(r"\d+\.\d\d s", "? s", "\n".join(line.rstrip() for line in shown.rstrip().split("\n")))


@pytest.mark.parametrize("name", ["verify", "critical"])
def test_print_gives_the_table_of_the_command(name, monkeypatch):
    monkeypatch.chdir(ROOT / "docs" / "examples")
    spec = {"verify": "hidden-relation.toml", "critical": "bad-minimum.toml"}[name]
    found = getattr(ec, name)(read_subject(Path(spec)).everything())
    assert without_times(str(found)) == without_times(command(name, spec))


def test_a_picture_is_an_object_that_a_notebook_draws():
    picture = ec.FullWeightMatrix(GRAPH, 2).picture()
    assert isinstance(picture, Picture)
    assert repr(picture) == "<picture: U: 3 rows, 4 columns; 4 weights, each in its colour>"
    assert (
        ET.fromstring(picture._repr_svg_()).get("aria-label") == "U: 3 rows, 4 columns; 4 weights, each in its colour"
    )
    assert "background: Canvas" in picture._repr_svg_()
    assert "background: Canvas" not in picture


def test_values_of_one_kind_share_one_layout():
    assert blocks(layout(MODEL)) is not None
    shown = ET.fromstring(html(MODEL))
    cells = [cell.text for cell in shown.iter("td")]
    assert cells[7:14] == ["1", None, "fully-connected", "3", "3", "9", "relu"]
    assert [line.split() for line in text(MODEL).split("\n")][2] == ["1", "fully-connected", "3", "3", "9", "relu"]


def test_texts_are_escaped():
    shown = VALUES["Model"]._repr_html_()
    assert "first &lt;layer&gt;" in shown
    assert "a &lt;note&gt;" in shown


def test_what_is_empty_gives_no_paragraph():
    assert list(blocks(Group(Text("\n"), Text(" a "), Group()))) == ["<p>a</p>"]


def test_numbers_are_exact_where_they_fit():
    assert text(ec.ExactArray.from_strings([["1/3", "-2.5"]])).split("\n")[2].split() == ["0", "1/3", "-5/2"]
    assert "numerators" not in text(ec.ExactArray.from_array([0.5]))
    assert "0.5" not in text(ec.ExactArray.from_array([0.5]))
    assert repr(ec.RankBounds(1, 2, reason="a")) == "RankBounds(lower=1, upper=2, reason='a')"
    assert "loss=(1/3, 2/3)" in repr(
        ec.CriticalPoint(ec.Objective(INSTANCE), None, "a", (Fraction(1, 3), Fraction(2, 3)), 0.0)
    )


def test_arrays_that_no_matrix_is():
    assert "first 6 of 24 columns" not in text(VALUES["ExactArray, cube"])
    assert "2 rows, first 8 of 12 columns" in text(VALUES["ExactArray, cube"])
    assert text(PARAMETERS).split("\n")[1].split() == ["W1", "2", "×", "3", "1,", "0,", "1,", "0,", "1,", "1"]
