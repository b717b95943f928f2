"""The checker alone: its command, and the isolation from files that come with a certificate."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import exactcnn
from exactcnn.checker.__main__ import main

ROOT = Path(exactcnn.__file__).parents[1]
HOSTILE = ("flint", "ast", "json", "dataclasses", "hashlib", "zipfile", "exactcnn", "re")
SAID = {"kind": "width", "layer": 1, "holds": True}


@pytest.fixture
def download(make, tmp_path, monkeypatch):
    """A folder with a certificate that is to be rejected, and modules that would say otherwise, to be run in it."""
    monkeypatch.chdir(tmp_path)
    document = make.instance(None, [make.convolution([[0]], 1, "relu")], count=2, width=1)
    path = tmp_path / "c.json"
    path.write_bytes(make.seal({**make.HEAD, "instance": document, "claims": [SAID]}))
    for name in HOSTILE:
        (tmp_path / f"{name}.py").write_text("print('accepted: hostile', flush=True)\nimport os\nos._exit(0)\n")
    return path


def python(*arguments):
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONSAFEPATH"}
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, env=kept)
    return done.returncode, done.stdout, done.stderr


def isolated(*arguments):
    """The documented call; where another checkout is installed, the same with this one put before it."""
    where = python("-I", "-c", "import exactcnn; print(exactcnn.__file__)")[1].strip()
    if where and Path(where).parents[1] == ROOT:
        return python("-I", "-m", "exactcnn.checker", *arguments)
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "import runpy; runpy.run_module('exactcnn.checker', run_name='__main__', alter_sys=True)"
    )
    return python("-I", "-c", code, *arguments)


def test_modules_beside_a_certificate_are_not_run(download):
    code, out, err = isolated("c.json")
    assert (code, "accepted" in out + err) == (1, False)
    assert out.startswith("instance ")
    assert err == "rejected: claim 0, n_1 >= N: the opposite is true\n"


def test_the_trap_is_one(download):
    """Without isolation these modules are run, whatever the checker does: why -I is not optional."""
    code, out, _ = python("-m", "exactcnn.checker", "c.json")
    assert (code, out) == (0, "accepted: hostile\n")


def test_the_call_without_isolation_is_refused(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    code, out, err = python("-m", "exactcnn.checker", "c.json")
    assert (code, out) == (2, "")
    assert "python -I -m" in err
    assert python("-P", "-m", "exactcnn.checker", "c.json")[2].startswith("unreadable: 'c.json'")


def test_arguments(make, download, capsys):
    other = download.with_name("other.json")
    document = make.instance(None, [make.convolution([[0]], 1, "relu")], count=1, width=1)
    other.write_bytes(make.seal({**make.HEAD, "instance": document, "claims": [SAID]}))
    assert main([str(other)]) == 0
    assert main([str(other), "--against", str(other)]) == 0
    out = capsys.readouterr().out
    assert out.count("accepted: 1 claim\n") == 2
    assert main([str(other), "--against", str(download)]) == 1
    captured = capsys.readouterr()
    assert "sample_count is 1, expected 2" in captured.err
    assert captured.out.startswith("instance ")
    assert main([str(other), "--limit", "2"]) == 0
    assert main([str(other), "--limit", "1e3", "--against", str(other)]) == 0
    assert main([str(other), "--limit", "1e-12"]) == 2
    assert capsys.readouterr().err.startswith("refused: ")
    wrong = [[], ["a", "b"], ["a", "--with", "b"], ["a", "--against"], ["a", "--against", "b", "c"]]
    wrong += [["a", "--limit"], *(["a", "--limit", factor] for factor in ("0", "-1", "nan", "inf", "two", "1e999"))]
    for arguments in [*wrong, ["a", "--limit", "1", "--limit", "1"], ["a", "--limit", "1", "--against"]]:
        assert main(arguments) == 2
        assert capsys.readouterr().err.startswith("usage: python -I -m exactcnn.checker FILE")
