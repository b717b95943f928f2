"""The command `sweep`: files, JSON, pictures, going on, one line for bad input."""

import json
import sys

import pytest

from exactcnn.checker import Outcome, check
from tests.cli.given import EXAMPLES

DIGITS = EXAMPLES / "sweeps" / "digits.toml"


def test_results_and_picture(run, tmp_path):
    options = ["--output", tmp_path / "out", "--workers", 1]
    code, out, err = run("sweep", DIGITS, *options, "--plot", tmp_path / "ranks.svg")
    assert (code, err) == (0, "")
    assert "12 of 12 cases finished" in out
    assert (tmp_path / "ranks.svg").read_text().startswith("<svg")
    found = json.loads(run("sweep", DIGITS, *options, "--json")[1])
    assert (found["cases"], len(found["lines"]), found["checked"], found["failed"]) == (12, 12, True, {})
    assert all(
        check(tmp_path / "out" / name).exit_code == 0 for line in found["lines"] for name in line["certificates"]
    )


def test_processes_by_default(run, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("exactcnn.searches.engine.processors", lambda: 1)
    monkeypatch.setattr("exactcnn.searches.engine.HERE", None)
    monkeypatch.setattr(
        "exactcnn.sweeps.sweep.sweep_in_steps", lambda *_, **options: asked.append(options["place"]) or 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        run("sweep", DIGITS, "--output", tmp_path)
    monkeypatch.setattr("exactcnn.searches.engine.processors", lambda: 5)
    with pytest.raises(ZeroDivisionError):
        run("sweep", DIGITS, "--output", tmp_path)
    assert [getattr(place, "count", None) for place in asked] == [None, 5]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--limit", "11"], "digits.toml: 12 cases; expected at most 11: --limit 12 allows them"),
        (["--workers", "0"], "workers = 0; expected a positive integer"),
        (["--plot", "/nowhere/ranks.svg"], "picture /nowhere/ranks.svg: no such folder /nowhere"),
        (["--plot", DIGITS], f"picture {DIGITS}: {DIGITS} is an input; expected another name"),
        (["--output", "/dev/null"], "/dev/null: File exists; expected a folder for the results"),
    ],
)
def test_bad_options(run, tmp_path, arguments, message):
    code, out, err = run("sweep", DIGITS, "--output", tmp_path / "out", "--workers", 1, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"exactcnn: {message}")
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_scheduler_without_dask(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, _, err = run("sweep", DIGITS, "--output", tmp_path, "--scheduler", "tcp://host:8786")
    assert code == 2
    assert err == "exactcnn: the scheduler tcp://host:8786 needs Dask; expected `pip install 'exactcnn[dask]'`\n"


def test_cases_that_cannot_be_are_said_last(run, tmp_path):
    (tmp_path / "s.toml").write_text(DIGITS.read_text().replace("[1, 8, 8]", "[[1, 8, 8], [1, 9, 9]]"))
    code, out, err = run("sweep", tmp_path / "s.toml", "--output", tmp_path / "out", "--workers", 1)
    assert code == 2
    assert "12 of 24 cases finished, 12 failed" in out
    assert err.startswith("exactcnn: 12 cases could not be carried out; the first, ")
    assert err.endswith("s.toml: data: samples of digits have 64 entries; expected 81, as in the input\n")


def test_a_defect_is_said(run, tmp_path, monkeypatch):
    monkeypatch.setattr("exactcnn.certificates.certificate.check", lambda _, **_options: Outcome(1, "no"))
    code, _, err = run("sweep", DIGITS, "--output", tmp_path / "out", "--workers", 1)
    assert code == 3
    assert "a defect" in err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["results.jsonl"]
