"""Models, properties and counterexamples in files: as they are given, and folders of them."""

import json
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.searches.triples import evaluate_files, evaluate_folder, find_triples

onnx = pytest.importorskip("onnx")

PROPERTY = """(declare-const X_0 Real) (declare-const X_1 Real) (declare-const Y_0 Real) (declare-const Y_1 Real)
(assert (<= X_0 0.5)) (assert (>= X_0 -0.5)) (assert (<= Y_0 Y_1))"""


def save(path, text, **weights):
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]> {text}')
    for name, value in weights.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(value, dtype=np.float32), name))
    onnx.save(model, path)


def linear(path):
    """Outputs x_0 + x_1 and 2 x_1."""
    text = "g (float[1, 2] x) => (float[1, 2] y) { y = Gemm <transB = 1> (x, w) }"
    save(path, text, w=[[1, 1], [0, 2]])


@pytest.fixture
def folder(tmp_path):
    linear(tmp_path / "a.onnx")
    (tmp_path / "a.vnnlib").write_text(PROPERTY)
    (tmp_path / "a.counterexample").write_text("sat\n((X_0 0.25) (X_1 0.5) (Y_0 0.75) (Y_1 1.0))")
    return tmp_path


def test_a_triple(folder):
    found = evaluate_files(folder / "a.onnx", folder / "a.counterexample", folder / "a.vnnlib", check=True)
    (answer,) = found.answers
    assert (answer.exact, answer.counterexample, found.checked) == ((Fraction(3, 4), 1), "confirmed", True)
    assert answer.error("stated", 1) == 0


def test_softmax_and_batch_normalization_as_they_are(tmp_path):
    """No Softmax is cut off, no normalization folded: against a plain calculation in float64."""
    generator = np.random.default_rng(0)
    weights = {name: generator.normal(size=shape) for name, shape in (("k", (2, 1, 2, 2)), ("w", (3, 8)), ("b", 3))}
    weights |= {name: generator.normal(size=2) for name in ("scale", "shift", "mean")} | {"variance": [0.5, 2]}
    text = """g (float[N, 1, 3, 3] x) => (float[N, 3] y) {
        a = Conv (x, k)
        n = BatchNormalization (a, scale, shift, mean, variance)
        r = Relu (n)
        f = Flatten (r)
        e = Gemm <transB = 1> (f, w, b)
        y = Softmax (e)
    }"""
    save(tmp_path / "m.onnx", text, **weights)
    w = {name: np.asarray(value, dtype=np.float32).astype(float) for name, value in weights.items()}
    images = generator.integers(-8, 9, (2, 1, 3, 3)) / 4
    np.save(tmp_path / "x.npy", images.astype(np.float32))
    found = evaluate_files(tmp_path / "m.onnx", tmp_path / "x.npy", check=True)
    assert (found.checked, found.notes) == (True, ())
    for image, answer in zip(images, found.answers, strict=True):
        windows = [[image[0, i : i + 2, j : j + 2] for j in range(2)] for i in range(2)]
        maps = np.array([[[np.sum(k[0] * patch) for patch in row] for row in windows] for k in w["k"]])
        factor = (w["scale"] / np.sqrt(w["variance"] + float(np.float32(1e-5))))[:, None, None]
        maps = np.maximum((maps - w["mean"][:, None, None]) * factor + w["shift"][:, None, None], 0)
        powers = np.exp(w["w"] @ maps.ravel() + w["b"])
        expected = powers / powers.sum()
        bounds = [(float(lower), float(upper)) for lower, upper in answer.bounds]
        assert np.allclose([lower for lower, _ in bounds], expected, rtol=1e-12)
        assert answer.exact is None
        assert answer.argmax == int(np.argmax(expected))
        assert all(upper - lower <= 1e-15 * upper for lower, upper in bounds)
        assert float(answer.error("float32", 0)) < 1e-6


def test_instances_have_their_own_samples(tmp_path):
    network = Network((2,), [FullyConnected(1, activation="relu")])
    instance = Instance(network, random_parameters(network), [[1, 2], [3, 4]])
    assert len(evaluate_files(instance).answers) == 2
    (tmp_path / "x.csv").write_text("5, 6\n")
    assert len(evaluate_files(instance, tmp_path / "x.csv").answers) == 1
    for missing, says in (
        (Instance(network, None, [[1, 2]]), "no parameters"),
        (Instance(network, instance.parameters), "no data"),
    ):
        with pytest.raises(InputError, match=says):
            evaluate_files(missing)


def test_a_folder_by_stems(folder):
    linear(folder / "b.onnx")
    (folder / "b.vnnlib").write_text(PROPERTY)
    (folder / "b.csv").write_text("0.75, 1\n0.25, 0.125\n")
    linear(folder / "alone.onnx")
    found = list(evaluate_folder(folder))
    assert [line["model"] for line in found] == ["a.onnx", "b.onnx"]
    assert [line["file"] for line in found] == ["a.counterexample", "b.csv"]
    assert [[each["counterexample"] for each in line["inputs"]] for line in found] == [["confirmed"], ["refuted"] * 2]
    second = found[1]["inputs"]
    assert [(each["in_region"], each["holds"]) for each in second] == [(False, True), (True, False)]
    assert all(line["checked"] for line in found)
    json.dumps(found, allow_nan=False)


def test_one_bad_triple_is_one_line(folder):
    for name, content in (("b", "((X_0 1))"), ("c", "((X_0 1) (X_1 nan))"), ("d", None)):
        linear(folder / f"{name}.onnx")
        (folder / f"{name}.vnnlib").write_text(PROPERTY)
        if content is not None:
            (folder / f"{name}.counterexample").write_text(content)
    (folder / "e.onnx").write_bytes(b"no model")
    (folder / "e.vnnlib").write_text(PROPERTY)
    (folder / "e.counterexample").write_text("((X_0 0) (X_1 0))")
    linear(folder / "f.onnx")
    (folder / "f.vnnlib").write_text("(assert")
    (folder / "f.counterexample").write_text("((X_0 0) (X_1 0))")
    found = {line["model"]: line for line in evaluate_folder(folder)}
    assert found["a.onnx"]["inputs"][0]["counterexample"] == "confirmed"
    for name, says in (
        ("b", "a sample of shape (1,)"),
        ("c", "nan"),
        ("d", "no such file"),
        ("e", "ONNX"),
        ("f", "does not end"),
    ):
        line = found[f"{name}.onnx"]
        assert "inputs" not in line
        assert says in line["error"]
        assert "\n" not in line["error"]


def test_a_table_of_instances(folder):
    (folder / "onnx").mkdir()
    linear(folder / "onnx/net.onnx")
    (folder / "net_a.counterexample").write_text("((X_0 0.25) (X_1 0.125))")
    (folder / "instances.csv").write_text("onnx/net.onnx, a.vnnlib, 120\n\na.onnx,a.vnnlib,a.counterexample\n")
    found = list(evaluate_folder(folder))
    assert [(line["model"], line["file"]) for line in found] == [
        ("onnx/net.onnx", "net_a.counterexample"),
        ("a.onnx", "a.counterexample"),
    ]
    assert [line["inputs"][0]["counterexample"] for line in found] == ["refuted", "confirmed"]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("a.onnx,a.vnnlib\n", "line 1: 2 entries; expected model, property, inputs"),
        ("a.onnx,a.vnnlib,x,y\n", "line 1: 4 entries"),
        ("a.onnx,,120\n", "line 1"),
        ("a.onnx,a.vnnlib,120\n../b.onnx,a.vnnlib,120\n", "line 2: a place outside the folder"),
        ("/b.onnx,a.vnnlib,120\n", "line 1: a place outside the folder"),
        (b"\xff", "expected lines of model"),
    ],
)
def test_tables_that_are_wrong(folder, table, says):
    (folder / "instances.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    with pytest.raises(InputError, match="instances") as error:
        find_triples(folder)
    assert says in str(error.value)


def test_an_empty_folder(tmp_path):
    with pytest.raises(InputError, match="expected triples"):
        find_triples(tmp_path)
