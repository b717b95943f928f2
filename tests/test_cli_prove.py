"""The command `prove`: exit codes, one line for bad input, and its JSON."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from exactcnn.cli import app
from exactcnn.errors import InputError
from exactcnn.proofs import registry
from exactcnn.proofs.checks import structure


def prove(*arguments):
    return CliRunner().invoke(app, ["prove", *arguments])


def test_statements_that_hold():
    found = prove("NH18.L2.5", "NH18.G.polynomials")
    assert found.exit_code == 0
    assert "certified for almost all parameters" in found.stdout
    assert "2 of 2 statements as their pages promise" in found.stdout


def test_identifiers_in_short():
    found = prove("l2.5", "nh18.d2.3")
    assert found.exit_code == 0
    assert "NH18.L2.5" in found.stdout
    assert "NH18.D2.3" in found.stdout


def test_json_is_one_object():
    found = prove("NH18.D2.3", "--json")
    assert found.exit_code == 0
    (only,) = json.loads(found.stdout)["statements"]
    assert (only["statement"], only["status"], only["scope"]) == ("NH18.D2.3", "proved on its instances", "an instance")
    assert only["seconds"] >= 0
    assert only["checks"][0]["what"]


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_broken_statement_is_exit_code_1(monkeypatch, form):
    monkeypatch.setattr(structure, "_pooled", lambda below, *_: below[:, :6] - 10**9)
    found = prove("NH18.D2.3", *form)
    assert found.exit_code == 1
    assert "structure.pooling_by_definition is refuted; expected proved" in " ".join(found.stdout.split())


def test_unknown_statement_is_one_line_and_exit_code_2():
    command = [sys.executable, "-c", "from exactcnn.cli import main; main()", "prove", "NH18.T3.55"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == "exactcnn: statement 'NH18.T3.55' is not known; the nearest is 'NH18.T3.5'\n"


def test_gaps_are_what_differs_from_the_papers():
    found = prove("NH17", "--gaps", "--json")
    assert found.exit_code == 0
    shown = json.loads(found.stdout)["statements"]
    assert [each["statement"] for each in shown] == ["NH17.G.regular", "NH17.G.derivative"]
    assert "shown by" in prove("NH18.G.xception", "NH18.L2.5", "--gaps").stdout


def test_gaps_of_statements_that_have_none_are_one_line():
    found = prove("NH18.L2.5", "--gaps")
    assert isinstance(found.exception, InputError)
    assert str(found.exception).startswith("--gaps: none of these is known to differ")


def test_no_statement_runs_when_one_is_unknown(monkeypatch):
    seen = []
    monkeypatch.setattr(registry, "run", seen.append)
    assert prove("NH18.D2.1", "nothing").exit_code != 0
    assert seen == []


def test_all_statements_are_chosen_without_arguments(monkeypatch):
    seen = []
    monkeypatch.setattr(registry, "run", lambda statement: seen.append(statement.id) or one_result(statement))
    assert prove().exit_code == 0
    assert seen == [statement.id for statement in registry.statements()]


def one_result(statement):
    return registry.PageResult(statement, "sketch only", "", {}, (), 0.0)
