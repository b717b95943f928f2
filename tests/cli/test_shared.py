"""What several commands share: places for results, tolerances, an interrupt."""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest

from exactcnn.checker import check
from exactcnn.errors import Interrupted
from tests.cli.given import DATA, FILE, NETWORK, SEED, spec


@pytest.mark.parametrize(
    ("tolerance", "says"),
    [
        ("0", ["--tolerance is 0", "exact rank"]),
        ("0.0", ["exact rank"]),
        ("-1", ["--tolerance is -1", "positive"]),
        ("nan", ["--tolerance", "nan"]),
        ("inf", ["--tolerance", "inf"]),
        ("1/0", ["--tolerance", "1/0"]),
        ("", ["--tolerance", "empty"]),
        ("1e999999", ["--tolerance", "exponent"]),
    ],
)
def test_bad_tolerances(refused, folder, tolerance, says):
    Path("m.csv").write_text("1 2\n3 4\n")
    refused("rank", "m.csv", "--tolerance", tolerance, "--certificate", "c.json", says=says)
    Path("n.toml").write_text(NETWORK + DATA + FILE)
    refused("verify", "n.toml", "--layer", "1", "--tolerance", tolerance, says=says)


def test_certificates_that_cannot_be_written(refused, folder):
    path = spec(folder, DATA, NETWORK, SEED)
    Path("c").mkdir()
    for place in ("missing/c.json", ".", "", "c", "samples.csv/c.json", "a:b.json", "a\\b.json", "x" * 300):
        refused("verify", path, "--certificate", place)
        refused("rank", "samples.csv", "--certificate", place)
    os.mkfifo("pipe")
    refused("rank", "samples.csv", "--certificate", "pipe", says="is no file")
    refused("rank", "samples.csv", "--certificate", "/dev/null", says="is no file")
    assert Path("/dev/null").is_char_device()


def test_inputs_are_not_overwritten(refused, folder):
    os.link("samples.csv", "same.csv")
    Path("link.npz").symlink_to("weights.npz")
    refused("rank", "samples.csv", "--certificate", "samples.csv", says="is an input")
    refused("rank", "samples.csv", "--certificate", "same.csv", says="is an input")
    path = spec(folder, DATA, NETWORK, FILE)
    for place in ("spec.toml", "samples.csv", "./weights.npz", "same.csv", "link.npz"):
        refused("verify", path, "--certificate", place, says="is an input")
    Path("c.json.npz").write_bytes(Path("weights.npz").read_bytes())
    path = spec(folder, DATA, NETWORK, FILE, old="weights.npz", new="c.json.npz")
    refused("verify", path, "--certificate", "c.json", says=["c.json.npz", "is an input"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("check", ["--check", "--no-check"])
def test_an_interrupt_leaves_nothing_behind(folder, tmp_path_factory, number, check):
    """While the certificate is written: for the checker at first, in the temporary folder, else at its place."""
    temporary = tmp_path_factory.mktemp("temporary")
    code = (
        "import signal, sys, time; from exactcnn import cli; from exactcnn.certificates import write;"
        # the certificate is half-written when the signal comes
        "plain = write.canonical\n"
        "def slow(value):\n"
        "    if 'claims' in value and 'sha256' in value:\n"
        "        print('writing', flush=True); time.sleep(30)\n"
        "    return plain(value)\n"
        "write.canonical, write.INLINE = slow, 0\n"
        "sys.argv[:] = ['exactcnn', 'rank', 'samples.csv', '--certificate', 'c.json', *sys.argv[1:]]\n"
        "cli.main()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, check],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    assert child.stdout.readline() == b"writing\n"
    half = len(list(folder.glob(".exactcnn.*"))), len(list(temporary.glob("*/.exactcnn.*")))
    assert half == ((0, 2) if check == "--check" else (2, 0))
    time.sleep(0.05)
    child.send_signal(number)
    out, err = child.communicate(timeout=30)
    assert (child.returncode, out, err) == (128 + number, b"", b"exactcnn: interrupted\n")
    assert list(temporary.iterdir()) == []
    assert sorted(path.name for path in folder.iterdir()) == ["samples.csv", "weights.npz"]


# ---------------------------------------------------------------- what is finished when a signal comes


@pytest.fixture
def interrupt(monkeypatch):
    """Let a function be interrupted, as by Ctrl-C, when it is called the n-th time."""

    def interrupt(module, name, call):
        plain, count = getattr(import_module(module), name), itertools.count(1)

        def interrupted(*arguments, **options):
            if next(count) == call:
                raise Interrupted(130)
            return plain(*arguments, **options)

        monkeypatch.setattr(f"{module}.{name}", interrupted)

    return interrupt


@pytest.mark.parametrize(
    ("command", "module", "name"),
    [
        (("verify", "--layer", "all"), "exactcnn.theorems.verify", "rank_or_reason"),
        (("summary",), "exactcnn.theorems.summary", "rank_or_reason"),
        (("crosscheck",), "exactcnn.theorems.crosscheck", "_compared"),
    ],
)
def test_an_interrupt_keeps_the_layers_that_are_finished(run, folder, interrupt, command, module, name):
    path = spec(folder, DATA, NETWORK, SEED)
    whole = json.loads(run(command[0], path, *command[1:], "--no-check", "--json")[1])
    count = 1 if command[0] == "verify" else 2
    interrupt(module, name, count + 1)
    code, out, err = run(command[0], path, *command[1:], "--json", "--certificate", "c.json")
    assert (code, err) == (130, f"exactcnn: interrupted after {count} layer{'s' * (count > 1)}\n")
    found = json.loads(out)
    part = "rank" if command[0] == "verify" else "layers"
    assert without_seconds(found[part]) == without_seconds(whole[part][:count])
    assert found["checked"] is None
    assert check("c.json").exit_code == 0
    if command[0] == "verify":
        about = [each for each in whole["verdicts"] if each["layer"] in (None, *range(1, 4))]
        assert all(each in about for each in found["verdicts"])
        assert len(found["verdicts"]) < len(whole["verdicts"])


def without_seconds(layers):
    return [{key: value for key, value in layer.items() if key != "seconds"} for layer in layers]


def test_an_interrupt_of_the_checker_keeps_what_it_has_accepted(run, folder, interrupt):
    path = spec(folder, DATA, NETWORK, SEED)
    interrupt("exactcnn.certificates.certificate", "check", 3)
    code, out, _ = run("summary", path, "--json")
    assert code == 130
    assert [layer["checked"] for layer in json.loads(out)["layers"]] == [True, True, None, None]


def test_an_interrupt_before_the_first_layer_keeps_the_conditions(run, folder, interrupt):
    path = spec(folder, DATA, NETWORK, SEED)
    interrupt("exactcnn.theorems.verify", "rank_of_features", 1)
    code, out, err = run("verify", path)
    assert (code, err) == (130, "exactcnn: interrupted after 0 layers\n")
    assert "Assumption 3.1" in out


def test_an_interrupt_keeps_the_cases_of_a_search(run, interrupt):
    whole = json.loads(run("search", "--json")[1])
    interrupt("exactcnn.searches.runs", "settle", 60)
    code, out, err = run("search", "--json")
    found = json.loads(out)
    assert (code, err) == (130, "exactcnn: interrupted after 3 of 4 numbers of neurons\n")
    assert found["summaries"] == whole["summaries"][:3]
    assert found["nothing_fails_up_to"] == 3
    assert found["found"] == whole["found"][: len(found["found"])]
    assert 0 < len(found["found"]) < len(whole["found"])
    assert "up to isomorphism so far)" in found["claim"]


def test_an_interrupt_keeps_the_cases_of_a_question(run, interrupt):
    interrupt("exactcnn.searches.answers", "settled", 3)
    code, out, err = run("search", "affine-units", "--trials", "0", "--json")
    (total,) = re.findall(r"interrupted after 2 of (\d+) cases", err)
    cases = json.loads(out)["cases"]
    assert (code, len(cases)) == (130, int(total))
    assert [case["reason"] == "not tried yet" for case in cases] == [False] * 2 + [True] * (len(cases) - 2)


def test_an_interrupt_keeps_the_cells_of_table_2(run, folder, interrupt):
    interrupt("exactcnn.searches.table_2", "examined", 2)
    code, out, err = run("table2", "--output", "new", "--samples", 12, "--filters", "1,2", "--json")
    assert (code, err) == (130, "exactcnn: interrupted after 1 cell\n")
    assert [cell["filters"] for cell in json.loads(out)["cells"]] == [1]


def test_an_interrupt_before_anything_is_finished(run, folder, interrupt):
    interrupt("exactcnn.theorems.summary", "rank_or_reason", 1)
    assert run("summary", spec(folder, DATA, NETWORK, SEED)) == (130, "", "exactcnn: interrupted\n")
