"""What onnxruntime and torch compute, where they are installed: near what is exact, in the order of the model."""

import sys

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.interop.onnx_model import given_by_onnx
from exactcnn.interop.runtimes import onnxruntime_outputs, torch_outputs
from exactcnn.network.as_given import AsGiven, Normalization
from exactcnn.network.layers import AveragePooling, Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.theorems.enclosed_outputs import Outputs

SAMPLES = ExactArray.from_array(np.random.default_rng(0).integers(-9, 10, (2, 72)) / 8)
NORMAL = Normalization(
    1,
    *(
        ExactArray.from_strings(each)
        for each in (["1", "2", "1/2"], ["0", "1/3", "1"], ["1/2", "1/7", "0"], ["2", "3/2", "5"])
    ),
)
ACTIVATIONS = (
    *("identity", "relu", "relu6", "sigmoid", "tanh", "silu", "mish", "gelu", "erf", "arctan", "sin", "cos", "exp"),
    *("log-sigmoid", "softsign", "hard-sigmoid", "hard-swish", "hard-tanh", "abs", "square", "leaky-relu(1/8)"),
    *("elu(1/2)", "softplus(2)", "clip(-1/2,1)"),
)


def given(activation, head=None, normal=()):
    layers = [
        Convolution(3, 3, padding=1, bias="filter", activation=activation),
        MaxPooling(2, padding=1),
        AveragePooling(2),
        Convolution(2, (2, 3), padding=1, stride=2, bias="none", activation=activation),
        Convolution(2, 2, padding="same", bias="neuron", activation="identity"),
    ]
    network = Network((2, 6, 6), layers)
    return AsGiven(network, random_parameters(network, seed=2), normal, head)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_torch_is_near_numpy(activation):
    pytest.importorskip("torch")
    for head, normal in ((None, ()), ("softmax", (NORMAL,)), ("log-softmax", ())):
        own = given(activation, head, normal)
        found = torch_outputs(own, SAMPLES)
        expected = Outputs(own, SAMPLES, None, 17).floats("float64")[:, own.order]
        assert found.dtype == np.float32
        assert np.allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_torch_on_other_shapes():
    """Sequences, patches that are listed, and functions that torch has not."""
    pytest.importorskip("torch")
    layers = [Convolution(2, 3, padding=1, activation="tanh", bias="filter"), FullyConnected(2, activation="identity")]
    network = Network((2, 5), layers)
    listed = Network((4,), [Convolution(2, patches=((0, 1), (2, 3)), bias="filter", activation="relu")])
    for each in (network, listed):
        own = AsGiven(each, random_parameters(each))
        samples = ExactArray.from_array(np.arange(each.widths[0])[None] / 4 - 1)
        expected = Outputs(own, samples, None, 17).floats("float64")[:, own.order]
        assert np.allclose(torch_outputs(own, samples), expected, rtol=1e-4, atol=1e-5)
    strange = Network((1,), [FullyConnected(1, activation="gaussian")])
    assert torch_outputs(AsGiven(strange, random_parameters(strange)), ExactArray.from_array([[1]])) is None


def test_nothing_is_installed(monkeypatch, tmp_path):
    network = Network((1,), [FullyConnected(1, activation="relu")])
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    own = AsGiven(network, Parameters.from_arrays(network, {"W1": [[1]], "b1": [0]}))
    assert torch_outputs(own, ExactArray.from_array([[1]])) is None
    assert onnxruntime_outputs(tmp_path / "model.onnx", ExactArray.from_array([[1]]), (1,)) is None


@pytest.mark.parametrize("sizes", ["N, 2, 4, 4", "1, 2, 4, 4", "3, 2, 4, 4", "N, 2, H, W"])
def test_onnxruntime_runs_the_model(tmp_path, sizes):
    """A free batch, a fixed one, and open sizes."""
    pytest.importorskip("onnxruntime")
    onnx = pytest.importorskip("onnx")
    batch = sizes.split(", ")[0]
    text = f"""g (float[{sizes}] x) => (float[{batch}, M] y) {{
        a = Conv <pads = [1, 1, 1, 1]> (x, k)
        b = Sigmoid (a)
        c = GlobalAveragePool (b)
        d = Flatten (c)
        y = Softmax (d)
    }}"""
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]> {text}')
    kernel = np.random.default_rng(1).normal(size=(3, 2, 3, 3)).astype(np.float32)
    model.graph.initializer.append(onnx.numpy_helper.from_array(kernel, "k"))
    onnx.save(model, tmp_path / "model.onnx")
    samples = ExactArray.from_array(np.random.default_rng(2).integers(-9, 10, (3, 32)) / 4)
    own = given_by_onnx(tmp_path / "model.onnx", input_shape=(2, 4, 4))
    found = onnxruntime_outputs(tmp_path / "model.onnx", samples, (2, 4, 4))
    assert np.allclose(found, Outputs(own, samples, None, 17).floats("float64"), rtol=1e-4, atol=1e-6)


def test_a_model_that_onnxruntime_cannot_run(tmp_path):
    pytest.importorskip("onnxruntime")
    (tmp_path / "model.onnx").write_bytes(b"no model")
    assert onnxruntime_outputs(tmp_path / "model.onnx", SAMPLES, (2, 6, 6)) is None
