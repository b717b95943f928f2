"""What notebooks show: well-formed, escaped, cut where it is large."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest

import exactcnn as ec
from exactcnn.theorems.statements import STATEMENTS
from exactcnn.theorems.verdict import Verdict


@pytest.fixture(scope="module")
def found() -> ec.Verification:
    network = ec.Network((1, 5), [ec.Convolution(2, 3)], activation="sigmoid")
    data = ec.Dataset.from_array(np.arange(20).reshape(4, 1, 5), name="<script>")
    return ec.verify(network, ec.random_parameters(network), data)


def rows(table: ET.Element) -> list[list[str]]:
    return [[cell.text or "" for cell in row] for row in table.find("tbody")]


def test_verification_shows_every_verdict_and_the_ranks(found):
    verdicts, ranks = ET.fromstring(found._repr_html_()).iter("table")
    titles = [STATEMENTS[each.statement].title for each in found.verdicts]
    assert [row[0] for row in rows(verdicts)] == titles
    assert [row[2] for row in rows(verdicts)] == [f"{each.status} here" for each in found.verdicts]
    assert [row[0] for row in rows(ranks)] == ["rank F_1", "NumPy float64", "NumPy float32"]
    assert rows(ranks)[0][1].startswith("exactly 4 ")


def test_verification_of_an_architecture_has_no_ranks():
    shown = ec.verify(ec.Network((1, 5), [ec.Convolution(2, 3)], activation="sigmoid"))._repr_html_()
    assert len(list(ET.fromstring(shown).iter("table"))) == 1


@pytest.mark.parametrize("layer", [None, 3])
def test_verdict_escapes_what_users_wrote(layer):
    verdict = Verdict("NH18.<A>", "proved", "this point", "1 < 2 & <script>alert(1)</script>", layer)
    (table,) = ET.fromstring(verdict._repr_html_()).iter("table")
    shown = dict(rows(table))
    assert shown["statement"] == "NH18.<A>"
    assert shown.get("layer") == (None if layer is None else "3")
    assert shown["reason"] == "1 < 2 & <script>alert(1)</script>"


def test_features_show_a_corner_of_the_matrix(found):
    data = ec.data.digits()
    network = ec.Network((1, 8, 8), [ec.Convolution(3, 3), ec.FullyConnected(7)], activation="sigmoid")
    features = ec.FeatureMatrix(network, ec.random_parameters(network), data.samples, 1)
    title, caption, table = ET.fromstring(features._repr_html_())
    assert "".join(title.itertext()) == "Features: F_1 over Q(t), 1797 × 108"
    caption = caption.text
    assert caption == "F_1 over Q(t): first 6 of 1797 rows, first 8 of 108 columns; entries rounded for display"
    shown = np.array([[float(cell) for cell in row[1:]] for row in rows(table)])
    assert shown == pytest.approx(features.floats()[:6, :8], rel=1e-3)
    small = ec.FeatureMatrix(network, ec.random_parameters(network), data.samples[:2], 2)
    assert "2 rows, 7 columns" in small._repr_html_()


def test_patch_graph_is_a_picture():
    svg = ec.PatchGraph.from_patches(None, [[0, 1], [1, 2]])._repr_svg_()
    assert ET.fromstring(svg).get("aria-label") == "Patch graph: 3 neurons, 2 patches"


def test_bounds_are_a_formula():
    assert ec.RankBounds(3, 3)._repr_latex_() == r"$\operatorname{rank} = 3$"
    assert ec.RankBounds(2, 4)._repr_latex_() == r"$2 \le \operatorname{rank} \le 4$"
