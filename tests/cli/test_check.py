"""Check: exit codes, JSON, and the same instance or the first difference."""

import json
import subprocess
from pathlib import Path

import numpy as np

from tests.cli.given import DATA, FILE, NETWORK, SEED, spec


def test_check_exit_codes(run, folder):
    run("rank", "samples.csv", "--certificate", "c.json")
    code, out, err = run("check", "c.json")
    assert (code, err) == (0, "")
    instance_hash = json.loads(Path("c.json").read_text())["instance_sha256"]
    assert out.splitlines() == [f"instance {instance_hash}: N = 4, widths 9", "4 <= rank F_0 <= 4", "accepted: 1 claim"]
    text = Path("c.json").read_text()
    Path("c.json").write_text(text.replace('"version":2', '"version":1'))
    code, out, err = run("check", "c.json")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert run("check", "none.json") == (2, "", "unreadable: 'none.json': No such file or directory\n")
    assert run("check", folder)[0] == 2


def test_check_against_a_model(run, folder):
    run("rank", "samples.csv", "--certificate", "c.json")
    code, out, err = run("check", "c.json", "--against", "model.onnx")
    assert (code, out) == (2, "")
    assert err == (
        "exactcnn: --against model.onnx is a model; expected a certificate of it, "
        "as `verify MODEL.onnx --data FILE --certificate OTHER` writes, or a SPEC.toml\n"
    )


def test_check_json(run, folder):
    run("rank", "samples.csv", "--certificate", "c.json")
    code, out, err = run("check", "c.json", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found.pop("instance").endswith(": N = 4, widths 9")
    assert found == {"accepted": True, "message": "accepted: 1 claim", "claims": ["4 <= rank F_0 <= 4"]}
    # another instance, a file that is none
    Path("m.csv").write_text("1 2\n")
    run("rank", "m.csv", "--certificate", "other.json")
    code, out, err = run("check", "c.json", "--against", "other.json", "--json")
    found = json.loads(out)
    assert (code, found["accepted"], found["claims"]) == (1, False, [])
    assert found["instance"].startswith("instance ")
    assert err == found["message"] + "\n"
    assert err.startswith("rejected: ")
    code, out, err = run("check", "none.json", "--json")
    assert (code, json.loads(out)["instance"], err.startswith("unreadable: ")) == (2, None, True)


def test_check_twice(run, folder, monkeypatch):
    run("rank", "samples.csv", "--certificate", "c.json")
    code, out, err = run("check", "c.json", "--twice")
    assert (code, err) == (0, "")
    assert out.splitlines()[2:] == [
        "accepted: 1 claim",
        "second checker: claim 0 (rank): accepted",
        "accepted by both: 1 of 1 claims",
    ]
    found = json.loads(run("check", "c.json", "--twice", "--json")[1])
    assert found["second"] == {"lines": ["claim 0 (rank): accepted"], "agreed": 1, "disagreements": []}
    Path("m.csv").write_text("1 2\n")
    run("rank", "m.csv", "--certificate", "other.json")
    code, out, err = run("check", "c.json", "--twice", "--against", "other.json")  # a difference, no disagreement
    assert (code, out.splitlines()[-1]) == (1, "accepted by both: 1 of 1 claims")
    assert run("check", "none.json", "--twice")[0] == 2
    said = subprocess.CompletedProcess([], 1, "claim 0 (rank): rejected: why\n", "")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: said)
    code, out, _ = run("check", "c.json", "--twice")
    assert (code, out.splitlines()[-2]) == (3, "accepted by both: 0 of 1 claims")
    assert out.splitlines()[-1].startswith("the checkers disagree: first checker: claim accepted; second: claim 0")
    assert run("check", "c.json", "--twice", "--json")[0] == 3


def test_check_against(run, folder):
    """Against a specification and another certificate: the same instance, or the first difference."""
    path = spec(folder, DATA, NETWORK, FILE)
    assert run("verify", path, "--layer", "1", "--certificate", "c.json")[0] == 0
    assert run("verify", path, "--layer", "1", "--certificate", "same.json", "--seed", "5")[0] == 0
    for other in ("spec.toml", "same.json", "c.json"):
        code, out, err = run("check", "c.json", "--against", other)
        assert (code, err) == (0, "")
        assert out.splitlines()[-1].startswith("accepted: ")
    samples = np.loadtxt("samples.csv", dtype=int, delimiter=",")
    samples[2, 3] += 1
    np.savetxt("samples.csv", samples, fmt="%d", delimiter=",")
    code, out, err = run("check", "c.json", "--against", "spec.toml")
    assert code == 1
    assert out.startswith("instance ")
    assert err == (
        "rejected: the instance is not that of 'spec.toml': "
        f"samples[2, 3] is {samples[2, 3] - 1}, expected {samples[2, 3]}\n"
    )
    # a drawn one, of more layers, of a file that is none
    drawn = spec(folder, DATA, NETWORK, SEED)
    assert run("verify", drawn, "--layer", "3", "--certificate", "drawn.json")[0] == 0
    assert run("check", "drawn.json", "--against", drawn)[0] == 0
    assert run("verify", drawn, "--layer", "1", "--certificate", "one.json")[0] == 0
    assert "number of layers is 3, expected 1" in run("check", "drawn.json", "--against", "one.json")[2]
    spec(folder, DATA, NETWORK, SEED, old="seed = 0", new="seed = 1")
    assert "layer 1: weights[0, 0] is" in run("check", "drawn.json", "--against", "spec.toml")[2]
    assert run("check", "none.json", "--against", "spec.toml")[0] == 2
    assert run("check", "c.json", "--against", "none.toml")[0] == 2
    assert run("check", "c.json", "--against", "none.json")[0] == 2
    Path("text.json").write_text("[]\n")
    assert run("check", "text.json", "--against", "spec.toml")[0] == 2


def test_check_against_a_specification_without_weights(run, folder):
    """Claims about all parameters are no claims about other ones, whether or not the specification draws some."""
    for parts in ((DATA, NETWORK), (NETWORK,)):
        path = spec(folder, *parts)
        assert run("verify", path, "--certificate", "c.json")[0] == 0
        assert run("check", "c.json", "--against", path)[0] == 0
        assert run("check", "c.json", "--against", spec(folder, *parts, SEED))[0] == 0
        other = spec(folder, *parts, old="filters = 2", new="filters = 3")
        code, _, err = run("check", "c.json", "--against", other)
        assert (code, "layer 1: filters is 2, expected 3" in err) == (1, True)
