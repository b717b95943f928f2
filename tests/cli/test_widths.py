"""widths: Table 1, a model, and one line for what is none."""

import json

import pytest


def test_widths_of_table_1(run):
    rows = json.loads(run("widths", "--json")[1])["rows"]
    assert [row["name"] for row in rows if not row["confirmed"]] == ["Xception"]
    assert "block2_sepconv1" in run("widths")[1]


def test_widths_of_a_model(run, tmp_path):
    onnx = pytest.importorskip("onnx")
    numpy = pytest.importorskip("numpy")
    value = onnx.helper.make_tensor_value_info
    weights = onnx.numpy_helper.from_array(numpy.zeros((3, 1, 2, 2), dtype=numpy.float32), "w")
    nodes = [onnx.helper.make_node("Conv", ["x", "w"], ["y"], name="first")]
    graph = onnx.helper.make_graph(nodes, "g", [value("x", 1, [1, 1, 5, 5])], [value("y", 1, None)], [weights])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "model.onnx")
    code, out, _ = run("widths", tmp_path / "model.onnx", "--samples", 48, "--json")
    layer = {"number": 1, "name": "first", "shape": [3, 4, 4], "width": 48, "wide": True}
    assert (code, json.loads(out)) == (0, {"samples": 48, "layers": [layer]})
    assert "first" in run("widths", tmp_path / "model.onnx")[1]


def test_bad_input_of_widths(run, tmp_path):
    code, _, err = run("widths", tmp_path / "none.onnx")
    assert code == 2
    assert err.count("\n") == 1
    assert run("widths", "--samples", 3)[2] == "exactcnn: samples = 3 without a model; expected MODEL.onnx before it\n"
