"""The command `table2`: files, JSON, going on, one line for bad input."""

import json
import sys

import pytest

from exactcnn.checker import Outcome


def test_results_and_picture(run, tmp_path):
    options = ["--output", tmp_path / "new", "--samples", 12, "--filters", "1, 2"]
    code, out, err = run("table2", *options)
    assert (code, err) == (0, "")
    assert "F_1 12×36" in out
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"results.jsonl", "ranks.svg"}
    lines = [json.loads(line) for line in (tmp_path / "new" / "results.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["experiment", "cell", "cell"]
    again = json.loads(run("table2", *options, "--json")[1])
    assert again["checked"] is True
    assert [{"kind": "cell", **cell} for cell in again["cells"]] == lines[1:]
    assert {"kind": "experiment", **again["experiment"]} == lines[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "mnist"], "data = 'mnist'; expected one of digits, fashion-mnist"),
        (["--samples", "0"], "samples = 0; expected a positive integer"),
        (["--samples", "2000"], "samples = 2000; expected an integer from 1 to 1797 (digits)"),
        (["--filters", "10,x"], "--filters is '10,x'; expected numbers such as 10,20,40"),
        (["--filters", "0"], "layer 1 (convolution): filters = 0; expected a positive integer"),
        (["--filters", "2,2"], "filters = [2, 2]; expected different numbers, at least one"),
        (["--output", "/dev/null"], "/dev/null: File exists; expected a folder for the results"),
    ],
)
def test_bad_options(run, tmp_path, arguments, message):
    code, out, err = run("table2", "--output", tmp_path / "new", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"exactcnn: {message}")
    assert err.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_training_without_torch(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    code, out, err = run("table2", "--output", tmp_path / "new", "--trained")
    assert (code, out) == (2, "")
    assert err == "exactcnn: training needs the package torch; try: pip install 'exactcnn[torch]'\n"
    assert not (tmp_path / "new").exists()


def test_a_rejection_is_a_defect(run, tmp_path, monkeypatch):
    monkeypatch.setattr("exactcnn.certificates.certificate.check", lambda _, **_options: Outcome(1, "no"))
    code, _, err = run("table2", "--output", tmp_path, "--samples", 12, "--filters", 1)
    assert code == 3
    assert "a defect" in err
