"""What several commands share: places for results, tolerances, an interrupt."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

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
