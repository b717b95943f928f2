"""python -m exactcnn is the command."""

import subprocess
import sys

import exactcnn


def module(*arguments):
    command = [sys.executable, "-m", "exactcnn", *arguments]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return found.returncode, found.stdout, found.stderr


def test_version_and_bad_usage():
    assert module("--version") == (0, f"exactcnn {exactcnn.__version__}\n", "")
    code, out, err = module("rank")
    assert (code, out) == (2, "")
    assert err.startswith("exactcnn: Missing argument")
    assert err.count("\n") == 1


def test_the_help_without_a_command_is_exit_code_2():
    code, out, _ = module()
    assert code == 2
    assert "verify" in out
