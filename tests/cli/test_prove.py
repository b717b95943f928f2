"""The command `prove`: exit codes, one line for bad input, and its JSON."""

import json
import signal
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from exactcnn.cli import app
from exactcnn.errors import InputError
from exactcnn.proofs import registry
from exactcnn.proofs.checks import structure
from tests.cli.given import EXAMPLES


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


def test_words_and_numbers(run):
    code, out, err = run("prove", "Lemma", "2.5", "Definition 2.3")
    assert (code, err) == (0, "")
    assert "2 of 2 statements" in out
    expected = "exactcnn: statement '2.4' may be one of NH18.A2.4, NH18.R2.4; expected one of these\n"
    assert run("prove", "2.4") == (2, "", expected)


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


def test_steps():
    found = prove("L2.5", "--steps")
    assert found.exit_code == 0
    assert "3. The zeros of a non-zero polynomial" in found.stdout
    assert "structure.almost_all_filters: proved" in " ".join(found.stdout.split())
    (only,) = json.loads(prove("L2.5", "--steps", "--json").stdout)["statements"]
    assert [step["checks"] for step in only["steps"]] == [["structure.almost_all_filters"]] * 3
    assert "steps" not in json.loads(prove("L2.5", "--json").stdout)["statements"][0]


def test_a_specification_of_the_user():
    found = prove("L2.5", "NH18.T3.4", "--spec", str(EXAMPLES / "four-neurons.toml"))
    assert found.exit_code == 0
    assert "Conclusion of Lemma 2.5: refuted here (architecture, accepted by the independent checker)" in found.stdout
    assert "not run: independence.triangular_minor: it needs samples" in found.stdout
    found = prove("L2.5", "--spec", str(EXAMPLES / "four-neurons.toml"), "--steps", "--json")
    document = json.loads(found.stdout)
    (only,) = document["statements"]
    assert (document["checked"], only["subject"], only["layer"]) == (True, "Conclusion of Lemma 2.5", 1)
    assert only["checks"][0]["status"] == "refuted"
    assert len(only["steps"]) == 3


def test_all_statements_but_pieces_on_a_specification():
    found = json.loads(prove("--spec", str(EXAMPLES / "hidden-relation.toml"), "--json").stdout)["statements"]
    assert [each["statement"] for each in found] == [each.id for each in registry.statements() if each.kind != "piece"]


def test_parameters_of_some_layers_are_enough(tmp_path):
    """Parameters of the layers up to k, as `verify` reads them."""
    (tmp_path / "x.csv").write_text("1 2\n2 5\n")
    (tmp_path / "spec.toml").write_text(
        '[network]\ninput = [2]\nactivation = "relu"\n[[network.layers]]\nkind = "fully-connected"\nunits = 2\n'
        '[[network.layers]]\nkind = "fully-connected"\nunits = 1\n[data]\nsource = "x.csv"\n'
        "[parameters]\nvalues = { W1 = [[1, 0], [0, 1]], b1 = [0, 0] }\n"
    )
    (only,) = json.loads(prove("T3.5", "--spec", str(tmp_path / "spec.toml"), "--json").stdout)["statements"]
    assert "parameters" in only["checks"][0]["given"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--layer", "1"), "--layer 1 without --spec; expected both"),
        (("--spec", "none.toml"), "no such file"),
        (("--spec", str(EXAMPLES / "four-neurons.toml"), "--layer", "7"), "layer 7; expected a layer from 1 to 1"),
    ],
)
def test_bad_specifications_are_one_line(run, arguments, says):
    code, out, err = run("prove", "NH18.L2.5", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("form", ["--json", "--steps"])
def test_an_interrupt_keeps_what_is_finished(number, form):
    code = (
        "import sys, time; from exactcnn import cli; from exactcnn.proofs import registry\n"
        "plain = registry.run\n"
        "def slow(statement):\n"
        "    if statement.id == 'NH18.A2.4':\n"
        "        print('second', file=sys.stderr, flush=True); time.sleep(30)\n"
        "    return plain(statement)\n"
        "registry.run = slow\n"
        "sys.argv[:] = ['exactcnn', 'prove', 'NH18.L2.5', 'NH18.A2.4', *sys.argv[1:]]\n"
        "cli.main()"
    )
    child = subprocess.Popen([sys.executable, "-c", code, form], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stderr.readline() == b"second\n"
    child.send_signal(number)
    out, err = child.communicate(timeout=30)
    assert (child.returncode, err) == (128 + number, b"exactcnn: interrupted after 1 of 2 statements\n")
    assert b"NH18.L2.5" in out
    assert form != "--json" or len(json.loads(out)["statements"]) == 1
