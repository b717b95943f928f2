"""The command as a whole: usage, width, encoding, version."""

import os
import re
import subprocess
import sys

import pytest

import exactcnn
from tests.cli.given import DATA, EXAMPLES, NETWORK, SEED, spec

TABLES = [
    ("verify", "hidden-relation.toml"),
    ("summary", "dead-relus.toml"),
    ("crosscheck", "hidden-relation.toml"),
    ("critical", "bad-minimum.toml"),
    ("evaluate", "hidden-relation.toml"),
    ("rank", "hidden-relation-samples.csv", "--minor", "--null-space"),
    ("prove", "L2.5", "NH18.G.polynomials"),
    ("prove", "L2.5", "--steps"),
    ("prove", "L2.5", "C3.6", "--spec", "four-neurons.toml"),
    ("gallery", "kawaguchi-3", "swirszcz-2-smooth"),
    ("widths",),
    ("activations",),
    ("activations", "softplus"),
    ("search", "--neurons", "4"),
]


@pytest.mark.parametrize("arguments", TABLES, ids=" ".join)
def test_sixty_columns_are_enough_and_piped_lines_end_without_blanks(run, monkeypatch, arguments):
    monkeypatch.chdir(EXAMPLES)
    code, wide, _ = run(*arguments)
    assert code == 0
    assert [line for line in wide.splitlines() if line != line.rstrip()] == []
    for name, value in (("FORCE_COLOR", "1"), ("NO_COLOR", "1"), ("TERM", "xterm"), ("COLUMNS", "60")):
        monkeypatch.setenv(name, value)
    narrow = re.sub(r"\x1b\[[0-9;]*m", "", run(*arguments)[1])
    assert max(map(len, narrow.splitlines())) <= 60
    # no word is broken; headers of columns that are left out, or empty, may be missing
    words = {word for word in re.findall(r"[^\W\d_]+", wide) if len(word) > 3}
    assert {word for word in words if word not in narrow} <= {"parameters", "tolerance", "scope", "samples"}


def process(*arguments, **options):
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"} | options.pop("environment", {})
    command = [sys.executable, "-m", "exactcnn", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen(command, env=environment, **pipes)


def test_usage_errors_exit_with_2(run, folder):
    for arguments in ((), ("verify",), ("nonsense",), ("verify", "a", "b"), ("rank", "m", "--seed", "-1")):
        code, out, err = run(*arguments)
        assert code == 2
        assert "Traceback" not in out + err
        assert not arguments or err.count("\n") == 1
    assert run("--help")[0] == 0


def test_hints_name_the_help_of_the_command(run, folder):
    assert run("rank", "--nothing")[2].endswith("see `exactcnn rank --help`\n")
    assert run("verify")[2].endswith("see `exactcnn verify --help`\n")
    assert run("--nothing")[2].endswith("see `exactcnn --help`\n")


def test_version(run):
    assert run("--version") == (0, f"exactcnn {exactcnn.__version__}\n", "")


def test_output_in_an_encoding_without_the_signs(folder):
    path = spec(folder, DATA, NETWORK, SEED)
    ascii_only = process("verify", path, environment={"PYTHONIOENCODING": "ascii"})
    out, err = ascii_only.communicate(timeout=60)
    assert (ascii_only.returncode, err) == (0, b"")
    assert b"n_1 = 8 \\u2265 N = 4" in out
