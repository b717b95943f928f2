"""The command `evaluate`: what it says, what it writes, and one line for everything that cannot be."""

import json
from fractions import Fraction

import numpy as np
import pytest

SPEC = """
[network]
input = [2]
activation = "identity"
layers = [{ kind = "fully-connected", units = 2, bias = "none" }]
[parameters]
values = { W1 = [[1, 0], [1, 2]] }
"""
PROPERTY = """(declare-const X_0 Real) (declare-const X_1 Real) (declare-const Y_0 Real) (declare-const Y_1 Real)
(assert (<= X_0 0.1)) (assert (<= Y_0 Y_1))"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.toml").write_text(SPEC)
    (tmp_path / "p.vnnlib").write_text(PROPERTY)
    (tmp_path / "found.txt").write_text("((X_0 0.1) (X_1 0.2))")
    return tmp_path


def test_a_counterexample(run, folder):
    arguments = ("evaluate", "spec.toml", "--inputs", "found.txt", "--property", "p.vnnlib")
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    assert "counterexample confirmed" in out
    assert "rounded to float32: refuted" in out
    code, out, _ = run(*arguments, "--json", "--certificate", "c.json")
    assert code == 0
    found = json.loads(out)
    assert set(found) == {"inputs", "checked", "notes"}
    (own,) = found["inputs"]
    assert [each["exact"] for each in own["outputs"]] == ["3/10", "2/5"]
    assert (own["argmax"], own["ties"], own["margin"], own["counterexample"]) == (1, [], "1/10", "confirmed")
    assert found["checked"] is True
    code, out, _ = run("check", "c.json")
    assert code == 0
    assert "outputs at 2 samples" in out


def test_digits(run, folder):
    (folder / "spec.toml").write_text(SPEC.replace('"identity"', '"sigmoid"'))
    code, out, _ = run("evaluate", "spec.toml", "--inputs", "found.txt", "--digits", "40", "--json")
    assert code == 0
    first = json.loads(out)["inputs"][0]["outputs"][0]
    assert first["exact"] is None
    width = Fraction(first["upper"]) - Fraction(first["lower"])
    assert 0 < width < Fraction(1, 10**38)


def test_the_data_of_a_specification(run, folder):
    (folder / "x.csv").write_text("1, 2\n3, 4\n")
    (folder / "spec.toml").write_text(SPEC + '[data]\nsource = "x.csv"\n')
    code, out, _ = run("evaluate", "spec.toml", "--json")
    assert (code, len(json.loads(out)["inputs"])) == (0, 2)


def test_a_folder(run, folder):
    onnx = pytest.importorskip("onnx")
    text = "g (float[1, 2] x) => (float[1, 2] y) { y = Gemm (x, w) }"
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]> {text}')
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([[1, 0], [1, 2]], dtype=np.float32), "w"))
    for name, inputs in (("a", "((X_0 0.1) (X_1 0.2))"), ("b", "nothing")):
        onnx.save(model, f"{name}.onnx")
        (folder / f"{name}.vnnlib").write_text(PROPERTY)
        (folder / f"{name}.counterexample").write_text(inputs)
    code, out, err = run("evaluate", ".")
    assert (code, err) == (0, "")
    first, second = map(json.loads, out.splitlines())
    assert (first["model"], first["inputs"][0]["counterexample"]) == ("a.onnx", "confirmed")
    assert second["model"] == "b.onnx"
    assert "error" in second
    assert run("evaluate", ".", "--inputs", "found.txt")[0] == 2


@pytest.mark.parametrize(
    ("change", "arguments", "says"),
    [
        ({}, ["spec.toml"], "the specification has no data"),
        ({}, ["model.onnx"], "model.onnx without inputs"),
        ({}, ["none.toml", "--inputs", "found.txt"], "none.toml: no such file"),
        ({}, ["spec.toml", "--inputs", "none.csv"], "none.csv: no such file"),
        ({}, ["spec.toml", "--inputs", "found.txt", "--property", "none.vnnlib"], "none.vnnlib: no such file"),
        ({}, ["spec.toml", "--inputs", "found.txt", "--digits", "0"], "--digits"),
        (
            {},
            ["spec.toml", "--inputs", "found.txt", "--certificate", "p.vnnlib", "--property", "p.vnnlib"],
            "is an input",
        ),
        ({"found.txt": "((X_0 1))"}, ["spec.toml", "--inputs", "found.txt"], "1 entry"),
        ({"found.txt": "((X_0 1) (X_1 nan))"}, ["spec.toml", "--inputs", "found.txt"], "'nan' is no decimal"),
        ({"found.txt": "((X_0 1) (X_1 2) (Y_7 3))"}, ["spec.toml", "--inputs", "found.txt"], "Y_7 is stated"),
        ({"x.csv": "1, nan\n"}, ["spec.toml", "--inputs", "x.csv"], "nan"),
        (
            {"p.vnnlib": "(assert (<= (sin X_0) 1))"},
            ["spec.toml", "--inputs", "found.txt", "--property", "p.vnnlib"],
            "sin",
        ),
        (
            {"p.vnnlib": PROPERTY.replace("(declare-const Y_1 Real)", "").replace("Y_1", "1")},
            ["spec.toml", "--inputs", "found.txt", "--property", "p.vnnlib"],
            "a property of 2 inputs and 1 outputs",
        ),
        ({"spec.toml": SPEC.partition("[parameters]")[0]}, ["spec.toml", "--inputs", "found.txt"], "parameters"),
    ],
)
def test_bad_input_is_one_line(run, folder, change, arguments, says):
    for name, content in change.items():
        (folder / name).write_text(content)
    code, out, err = run("evaluate", *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
    assert "Traceback" not in err
