"""Models in ONNX on the command line: `summary`, `verify --layer all`, `critical`; what does not fit is one line."""

import json

import numpy as np
import pytest

from tests.interop.test_model_files import files as files
from tests.test_cli import folder as folder
from tests.test_cli import refused as refused

pytest.importorskip("onnx")


@pytest.fixture
def given(files):
    """A model, its samples, and labels beside them."""
    model, data = files()
    np.save(model.with_name("labels.npy"), np.arange(8) % 2)
    np.save(model.with_name("targets.npy"), np.ones((8, 2), dtype=int))
    return model, data


def test_summary(given, run):
    model, data = given
    code, out, err = run("summary", model, "--data", data, "--json", "--certificate", model.with_name("c.json"))
    found = json.loads(out)
    assert (code, err, found["samples"], found["checked"]) == (0, "", 8, True)
    assert [layer["name"] for layer in found["layers"]] == ["input", "conv1", "e"]
    assert set(found["layers"][1]) == {
        *("layer", "name", "kind", "shape", "width", "parameters", "wide", "lower", "upper", "domain", "float64"),
        *("float32", "zero_units", "zero_filters", "equal_units", "constant_units", "repeated_samples", "reason"),
        *("checked", "activations"),
    }
    assert found["notes"] == ["Softmax (node 4): the last Softmax is cut off; the outputs are those before it"]
    assert run("check", model.with_name("c.json"))[0] == 0
    code, out, _ = run("summary", model, "--data", data)
    assert code == 0
    assert "1 conv1" in out
    assert run("summary", model)[0] == 0


def test_summary_of_other_matrices_and_activations(given, run):
    model, data = given
    for options in (("--pre-activations",), ("--ones",), ("--pre-activations", "--ones")):
        code, out, _ = run("summary", model, "--data", data, "--json", *options)
        assert (code, json.loads(out)["checked"]) == (0, True)
    np.savez(model.with_name("own.npz"), conv1=np.zeros((2, 4, 4, 4)))
    code, out, _ = run("summary", model, "--data", data, "--activations", model.with_name("own.npz"))
    assert code == 0
    assert "MORE than float32 explains" in out


def test_bad_input(given, refused):
    model, data = given
    refused("summary", model, "--data", data, "--ones", "--certificate", "c.json", says="--certificate beside")
    refused("summary", model, "--data", data, "--activations", data, says="expected a .npz file")
    np.savez(model.with_name("own.npz"), conv2=np.zeros((2, 4, 4, 4)))
    own = model.with_name("own.npz")
    refused("summary", model, "--data", data, "--activations", own, says="layer 'conv2' is not known; did you mean")
    refused("summary", model, "--activations", own, says="activations were given; expected data")
    np.savez(own)
    refused("summary", model, "--data", data, "--activations", own, says="own.npz holds no array; expected one a layer")
    refused("summary", data, says="no network; expected MODEL.onnx or SPEC.toml")
    refused("summary", model, "--labels", data, says="No such option: --labels; see `exactcnn summary --help`")
    refused("critical", model, "--data", data, says="targets")
    refused("critical", model, "--data", data, "--labels", data, says="expected one class for each sample")
    refused("critical", "docs/examples/digits.toml", "--data", data, says="beside a specification")


def test_verify_all_layers(given, run):
    model, data = given
    code, out, _ = run("verify", model, "--data", data, "--layer", "all", "--json")
    found = json.loads(out)
    assert (code, found["layer"], found["checked"]) == (0, "all", True)
    assert [(each["layer"], each["lower"]) for each in found["rank"]] == [(1, 8), (2, 2)]
    code, out, _ = run("verify", model, "--data", data, "--layer", "all")
    assert "rank F_1" in out
    assert "rank F_2" in out


def test_critical(given, run):
    model, data = given
    for option, file in (("--labels", "labels.npy"), ("--targets", "targets.npy")):
        code, out, _ = run("critical", model, "--data", data, option, model.with_name(file), "--json")
        found = json.loads(out)
        assert (code, found["status"], found["checked"]) == (0, "not critical", True)
        assert found["notes"]


def test_crosscheck(given, run, refused, folder):
    model, data = given
    page, certificate = model.with_name("page.html"), model.with_name("x.json")
    code, out, err = run(
        *("crosscheck", model, "--data", data, "--json", "--html", page, "--certificate", certificate, "--check")
    )
    found = json.loads(out)
    assert (code, err, found["checked"], len(found["layers"])) == (0, "", True, 3)
    assert {*found["layers"][0]} == {
        *("layer", "name", "shape", "domain", "lower", "upper", "sigma_max", "sigma_min", "sigma_rank", "floats"),
        *("reason", "sentence", "checked"),
    }
    assert "<svg" in page.read_text()
    assert run("check", certificate)[0] == 0
    code, out, _ = run("crosscheck", model, "--data", data)
    assert code == 0
    assert "every float rank agrees" in out
    (folder / "m.csv").write_text("1,1/3\n3,1\n")
    code, out, _ = run("crosscheck", folder / "m.csv")
    assert code == 0
    assert "the matrix: rank exactly 1" in out
    refused("crosscheck", folder / "m.csv", "--data", data, says="beside a matrix")
    refused("crosscheck", model, says="expected data (for a model --data FILE)")
    refused("crosscheck", model, "--data", data, "--html", "no/where.html", says="no such folder")
    refused("crosscheck", model, "--data", data, "--html", data, says=f"page {data}: {data} is an input")
    refused("crosscheck", model, "--data", data, "--html", ".", says="page '.' is a folder")
    both = folder / "both"
    refused("crosscheck", model, "--data", data, "--html", both, "--certificate", both, says="are the same file")
    assert not both.exists()
    (folder / "tiny.pth").write_bytes(b"")
    refused("crosscheck", folder / "tiny.pth", says="tiny.pth: weights without layers; expected a specification")
