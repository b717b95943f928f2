"""The notebooks for a lecture: what they store is what their cells show when they are run."""

import json
import re
import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
executed = runpy.run_path(str(FOLDER / "execute.py"))["executed"]


def comparable(notebook):
    """Everything but times, and floats that libraries compute."""
    return json.loads(re.sub(r"\d+\.\d\d s", "? s", json.dumps(notebook)))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_stored_is_what_is_shown(path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert comparable(executed(stored)) == comparable(stored)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_outputs_are_of_each_kind(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    shown = [form for cell in cells for output in cell.get("outputs", ()) for form in output.get("data", ())]
    assert shown.count("text/html") >= 5
    assert "text/latex" in shown
    assert len({cell["id"] for cell in cells}) == len(cells)


def test_an_output_that_differs_is_noticed():
    stored = json.loads(NOTEBOOKS[0].read_text(encoding="utf-8"))
    for cell in stored["cells"]:
        if cell.get("outputs"):
            cell["outputs"][0]["data"]["text/plain"] = ["nothing"]
            break
    assert comparable(executed(stored)) != comparable(stored)


def test_both_are_there():
    assert [path.stem for path in NOTEBOOKS] == ["theorem-3-4", "wrong-float-rank"]
