"""summary: models in ONNX on the command line; what does not fit is one line."""

import json

import numpy as np


def test_summary(given, run):
    model, data = given
    code, out, err = run("summary", model, "--data", data, "--json", "--certificate", model.with_name("c.json"))
    found = json.loads(out)
    assert (code, err, found["samples"], found["checked"]) == (0, "", 8, True)
    assert [layer["name"] for layer in found["layers"]] == ["input", "conv1", "e"]
    assert set(found["layers"][1]) == {
        *("layer", "name", "kind", "shape", "width", "parameters", "wide", "lower", "upper", "domain", "float64"),
        *(
            "float32",
            "skipped",
            "zero_units",
            "zero_filters",
            "equal_units",
            "constant_units",
            "repeated_samples",
            "reason",
        ),
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


def test_models_that_do_not_fit(given, refused):
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
