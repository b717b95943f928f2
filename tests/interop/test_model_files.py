"""Models in files with samples, in Python and on the command line."""

import json

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.interop.model_files import read_model

onnx = pytest.importorskip("onnx")
TEXT = """<ir_version: 8, opset_import: ["" : 17]> g (float[N, 1, SIZES] x) => (float[N, 2] y) {
    c = Conv (x, kernel)
    r = Relu (c)
    f = Flatten (r)
    e = Gemm <transB = 1> (f, dense)
    y = Softmax (e)
}"""


def write_model(folder, sizes="6, 6", samples=(8, 1, 6, 6)):
    """Write a model with these sizes, and samples; return both paths."""
    generator = np.random.default_rng(0)
    model = onnx.parser.parse_model(TEXT.replace("SIZES", sizes))
    for name, shape in (("kernel", (4, 1, 3, 3)), ("dense", (2, 64))):
        values = generator.normal(size=shape).astype(np.float32)
        model.graph.initializer.append(onnx.numpy_helper.from_array(values, name))
    model.graph.node[0].name = "conv1"
    onnx.save(model, folder / "model.onnx")
    np.save(folder / "images.npy", generator.integers(0, 9, samples))
    return folder / "model.onnx", folder / "images.npy"


@pytest.mark.parametrize("sizes", ["6, 6", "H, W"])
@pytest.mark.parametrize("samples", [(8, 1, 6, 6), (8, 6, 6)])
def test_sizes_of_the_model_or_of_the_samples(tmp_path, sizes, samples):
    model, data = read_model(*write_model(tmp_path, sizes, samples))
    assert (model.network.input_shape, len(data)) == ((1, 6, 6), 8)


def test_flat_samples_fit_where_sizes_are_known(tmp_path):
    model, _ = read_model(*write_model(tmp_path, "6, 6", (8, 36)))
    assert model.network.input_shape == (1, 6, 6)
    with pytest.raises(InputError, match=r"a sample of shape \(36,\); expected \(1, \?, \?\)"):
        read_model(*write_model(tmp_path, "H, W", (8, 36)))


def test_what_does_not_fit(tmp_path):
    for samples in ((8, 3, 6, 6), (8, 1, 5, 6)):
        with pytest.raises(InputError, match="a sample of shape"):
            read_model(*write_model(tmp_path, "6, 6", samples))
    with pytest.raises(InputError, match="channels last"):
        read_model(*write_model(tmp_path, "6, 6", (8, 6, 6, 1)))
    with pytest.raises(InputError, match="is no model"):
        read_model("model.pth")


def test_the_command(tmp_path, run):
    model, data = write_model(tmp_path)
    code, output, _ = run("verify", model, "--data", data, "--layer", "conv1", "--json")
    found = json.loads(output)
    assert (code, found["layer"], found["rank"]["lower"], found["checked"]) == (0, 1, 8, True)
    assert found["notes"] == ["Softmax (node 4): the last Softmax is cut off; the outputs are those before it"]
    assert "note: Softmax (node 4)" in run("verify", model, "--data", data)[1]
    code, output, error = run("verify", model, "--data", data, "--layer", "conv2")
    assert (code, output) == (2, "")
    assert error.strip().endswith("layer 'conv2' is not known; did you mean 'conv1'?")
