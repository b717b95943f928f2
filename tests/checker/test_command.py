"""`exactcnn check`: its limit, its progress on a terminal, and interrupts."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import exactcnn
from exactcnn.checker import check
from exactcnn.checker.__main__ import main

ROOT = str(Path(exactcnn.__file__).parents[1])
COMMAND = [sys.executable, "-m", "exactcnn", "check"]
RUN = f"""
import runpy, sys
sys.path.insert(0, {ROOT!r})  # where another checkout is installed
runpy.run_module('exactcnn.checker', run_name='__main__', alter_sys=True)
"""
ALONE = [sys.executable, "-I", "-c", RUN]


@pytest.fixture
def long(make, tmp_path):
    """A certificate of many claims, each of which takes a tenth of a second: more than a minute, and the limit."""
    layer = make.elementwise("erf")
    evidence = {"kind": "ball-minor", "precision": 2**16, "rows": [0], "columns": [0]}
    claims = [make.rank(1, 1, 1, evidence, make.SHAPE)] * 1500
    path = tmp_path / "long.json"
    path.write_bytes(make.seal({**make.HEAD, "instance": make.instance([["1/3"]], [layer]), "claims": claims}))
    return path


def started(command, **streams):
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": ROOT, "TERM": "xterm"}, **streams)


@pytest.mark.parametrize("command", [COMMAND, ALONE], ids=["command", "alone"])
def test_the_limit_is_an_option(long, command):
    process = started(
        [*command, str(long), "--limit", "0.02"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    out, err = process.communicate()
    assert (process.returncode, out.count("\n")) == (2, 1)
    assert out.startswith("instance ")
    assert err.startswith("refused: claim ")
    assert "--limit FACTOR" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "inf", "many"])
def test_a_limit_that_is_none(long, limit):
    process = started(
        [*COMMAND, str(long), "--limit", limit], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    out, err = process.communicate()
    assert (process.returncode, out, err.count("\n")) == (2, "", 1)
    assert "limit" in err


@pytest.fixture
def terminal():
    """A terminal, as the end to read from and the one to give to a process."""
    own, theirs = pty.openpty()
    yield own, theirs
    os.close(own)


def shown(own, enough=None):
    """Return what is shown on a terminal until these bytes occur, or the process has ended."""
    found = b""
    while enough is None or enough not in found:
        try:
            chunk = os.read(own, 4096)
        except OSError:  # the end, on Linux
            return found
        if not chunk:
            return found
        found += chunk
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_a_long_check(long, terminal, number):
    own, theirs = terminal
    process = started([*COMMAND, str(long), "--limit", "1e6"], stdout=subprocess.PIPE, stderr=theirs, text=True)
    os.close(theirs)
    assert b"claims" in shown(own, b"claims")
    process.send_signal(number)
    rest = shown(own)
    out, _ = process.communicate()
    assert (process.returncode, out) == (128 + number, "")
    assert b"interrupted" in rest
    assert b"Traceback" not in rest


def test_progress_is_shown_on_a_terminal(long, terminal):
    own, theirs = terminal
    process = started([*COMMAND, str(long), "--limit", "0.1"], stdout=subprocess.PIPE, stderr=theirs, text=True)
    os.close(theirs)
    found = shown(own)
    out, _ = process.communicate()
    assert process.returncode == 2
    assert b"claims" in found
    assert b"/1500" in found
    assert out.startswith("instance ")
    assert "claims" not in out


def test_the_checker_swallows_no_interrupt(long, monkeypatch, capsys):
    def interrupt(what, done, total):
        assert (what, done, total) == ("claims", 0, 1500)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(long, limit=1e6, progress=interrupt)
    monkeypatch.setattr("exactcnn.checker.__main__.check", lambda path, **_: check(path, limit=1e6, progress=interrupt))
    assert main([str(long)]) == 130
    assert capsys.readouterr().err == "exactcnn.checker: interrupted\n"
