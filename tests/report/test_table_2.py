"""Table 2 on the terminal and as a picture: what is shown is what the cells say."""

import io
import json
import re
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from exactcnn.report.table_2 import ANSWERS, BOTTOM, RIGHT, TOP, ranks_picture, table_2_table
from exactcnn.searches.figure_1 import Experiment
from exactcnn.searches.table_2 import Table2, table_2

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def found():
    return table_2(Experiment(samples=40, filters=(1, 2, 4)))


def changed(found, change):
    """A copy whose first layer is changed."""
    cells = json.loads(json.dumps(found.cells))
    change(cells[0]["layers"][0])
    return Table2(found.experiment, tuple(cells))


def shown(found, width=180):
    console = Console(width=width, file=io.StringIO())
    console.print(table_2_table(found))
    return console.file.getvalue()


def test_the_table(found):
    text = shown(found)
    assert re.search(r"random +1 +F_1 40×36 +36 +36 ", text)
    assert re.search(r"F_3 40×80 +40 +40 ", text)
    assert re.search(r"random +4 +F_1 40×144 +40 +40 ", text)
    assert text.count(" yes ") == 6
    assert f" {found.cells[0]['test_errors']}\n" in text
    assert "how many of 40 and 1757 samples are in a wrong class" in text
    assert max(map(len, text.splitlines())) <= 180


def test_bounds_and_what_is_missing(found):
    def change(layer):
        layer |= {"upper": 40, "sigma_min": ["0", "1.2e-9"], "floats": [], "checked": None}

    assert re.search(r"F_1 40×36 +36 to 40 +< 1.20e-09 +no ", shown(changed(found, change)))
    assert re.search(r"F_1 40×36 +36 +36 .* yes ", shown(changed(found, lambda layer: layer.update(sigma_min=None))))


def test_the_picture(found):
    root = ET.fromstring(ranks_picture(found))
    panels = root.findall(f"{SVG}g")
    assert len(panels) == 2
    for panel, layer in zip(panels, (0, 1), strict=True):
        curves = [
            [tuple(map(float, point.split(","))) for point in each.get("points").split()]
            for each in panel.findall(f"{SVG}polyline")
        ]
        assert len(curves) == 1 + len(ANSWERS)
        ranks = [cell["layers"][layer]["lower"] for cell in found.cells]
        for (x, y), rank, filters in zip(curves[0], ranks, (1, 2, 4), strict=True):
            assert (BOTTOM - y) / (BOTTOM - TOP) == pytest.approx(rank / 40, abs=1e-3)
            assert x == pytest.approx(62 + (RIGHT - 62) * filters / 4, abs=0.1)
        said = [cell["layers"][layer]["floats"][2]["rank"] for cell in found.cells]  # float32, NumPy's rule
        assert [round((BOTTOM - y) / (BOTTOM - TOP) * 40) for _, y in curves[2]] == said


def test_bounds_are_two_curves_and_missing_answers_none(found):
    root = ET.fromstring(ranks_picture(changed(found, lambda layer: layer.update(upper=40, floats=[]))))
    curves = root.find(f"{SVG}g").findall(f"{SVG}polyline")
    assert [len(each.get("points").split()) for each in curves] == [3, 3, 2, 2, 2, 2]


def test_trained_cells_have_panels_of_their_own(found):
    cells = (*found.cells, *({**cell, "weights": "trained"} for cell in found.cells))
    root = ET.fromstring(ranks_picture(Table2(found.experiment, cells)))
    titles = [panel.findall(f"{SVG}text")[-2].text for panel in root.findall(f"{SVG}g")]
    assert titles == [f"rank of F_{k}, {weights} weights" for weights in ("random", "trained") for k in (1, 3)]
    assert [panel.get("transform") for panel in root.findall(f"{SVG}g")][2] == "translate(0 300)"
