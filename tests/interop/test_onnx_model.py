"""ONNX models with weights: layers, names, notes, and what is refused, with the node."""

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.interop.onnx_model import Node, curve_of, from_onnx, given_by_onnx
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance

onnx = pytest.importorskip("onnx")
reference = pytest.importorskip("onnx.reference")


@pytest.fixture
def save(tmp_path):
    """Return a function from the text of a graph, and weights by name, to the path of a model."""

    def make(text, version=17, **weights):
        model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : {version}]> {text}')
        for name, value in weights.items():
            model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(value), name))
        for node in model.graph.node:
            node.name = node.name or node.output[0]
        onnx.save(model, tmp_path / "model.onnx")
        return tmp_path / "model.onnx"

    return make


GENERATOR = np.random.default_rng(0)
KERNEL = GENERATOR.normal(size=(2, 1, 3, 3)).astype(np.float32)
DENSE = GENERATOR.normal(size=(3, 8)).astype(np.float32)
BIAS = GENERATOR.normal(size=3).astype(np.float32)
CHAIN = (
    """g (float[N, 1, 4, 4] x) => (float[N, 3] y) {
    c = Conv <pads = [1, 1, 1, 1]> (x, conv1.weight)
    r = LeakyRelu <alpha = 0.1> (c)
    p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (r)
    d = Dropout (p)
    f = Flatten (d)
    e = Gemm <transB = 1> (f, fc.weight, fc.bias)
    y = Softmax (e)
}""".replace("conv1.weight", "w1")
    .replace("fc.weight", "w2")
    .replace("fc.bias", "b2")
)


def test_a_network_as_it_comes(save):
    model = from_onnx(save(CHAIN, w1=KERNEL, w2=DENSE, b2=BIAS))
    assert model.network.names == ("c", "p", "e")
    assert model.notes == (
        "Dropout (d): Dropout is the identity in inference",
        "Softmax (y): the last Softmax is cut off; the outputs are those before it",
    )
    slope = model.network.layer(1).activation.parameters[0]
    assert slope == float(np.float32(0.1))  # the float that it is
    samples = np.random.default_rng(1).integers(-4, 5, (3, 1, 4, 4)).astype(np.float32)
    exact = FeatureMatrix(model.network, model.parameters, Instance(model, samples).samples, 3).exact().floats()[0]
    session = reference.ReferenceEvaluator(onnx.load(save(CHAIN, w1=KERNEL, w2=DENSE, b2=BIAS)))
    stored = session.run(None, {"x": samples})[0]
    soft = np.exp(exact - exact.max(axis=1, keepdims=True))
    assert np.allclose(soft / soft.sum(axis=1, keepdims=True), stored, rtol=1e-5, atol=1e-7)


def test_names_of_weights_are_names_of_layers(save, tmp_path):
    path = save(CHAIN, w1=KERNEL, w2=DENSE, b2=BIAS)
    model = onnx.load(path)
    for old, new in (("w1", "conv1.weight"), ("w2", "fc.weight")):
        for each in model.graph.initializer:
            each.name = new if each.name == old else each.name
        for node in model.graph.node:
            for place, name in enumerate(node.input):
                node.input[place] = new if name == old else name
    onnx.save(model, path)
    assert from_onnx(path).network.names == ("conv1", "p", "fc")


def test_sizes_from_the_user(save):
    text = CHAIN.replace("[N, 1, 4, 4]", "[N, 1, H, W]")
    path = save(text, w1=KERNEL, w2=DENSE, b2=BIAS)
    with pytest.raises(InputError, match=r"the input x has open sizes, \(1, \?, \?\); expected samples, or input"):
        from_onnx(path)
    assert from_onnx(path, input_shape=(1, 4, 4)).network.input_shape == (1, 4, 4)
    with pytest.raises(InputError, match=r"a sample of shape \(3, 4, 4\); expected \(1, \?, \?\).* has it$"):
        from_onnx(path, input_shape=(3, 4, 4))
    with pytest.raises(InputError, match=r"a sample of shape \(4, 5, 1\); expected \(1, \?, \?\).*: channels last\?"):
        from_onnx(path, input_shape=(4, 5, 1))


SHORT = "g (float[1, 1, 4, 4] x) => (float[1, 2, 2, 2] y) {{ {} }}"


def test_padding_in_every_form(save):
    forms = {
        "pads = [1, 0, 1, 2]": (4, 4),
        'auto_pad = "SAME_UPPER"': (4, 4),
        'auto_pad = "SAME_LOWER"': (4, 4),
        'auto_pad = "VALID"': (2, 2),
        "strides = [2, 2], pads = [1, 1, 0, 0]": (2, 2),
        "dilations = [1, 1]": (2, 2),
    }
    samples = np.random.default_rng(1).integers(-4, 5, (2, 1, 4, 4)).astype(np.float32)
    for form, sizes in forms.items():
        path = save(SHORT.format(f"y = Conv <{form}> (x, w)"), w=KERNEL)
        model = from_onnx(path)
        assert model.network.layer(1).shape == (2, *sizes), form
        exact = FeatureMatrix(model.network, model.parameters, Instance(model, samples).samples, 1).exact().floats()[0]
        evaluator = reference.ReferenceEvaluator(onnx.load(path))
        stored = np.concatenate([evaluator.run(None, {"x": sample[None]})[0] for sample in samples])
        assert np.allclose(np.moveaxis(exact.reshape(2, *sizes, 2), -1, 1), stored, atol=1e-5), form


def test_matmul_add_gemm_and_constants(save):
    text = """g (float[1, 4] x) => (float[1, 2] y) {
        t = Constant <value = float[2, 4] {1, 2, 3, 4, 5, 6, 7, 8}> ()
        m = Transpose <perm = [1, 0]> (t)
        a = MatMul (x, m)
        b = Add (a, bias)
        c = Relu (b)
        y = Gemm <alpha = 0.5, beta = 2.0> (c, w, one)
    }"""
    model = from_onnx(save(text, bias=np.float32([1, -1]), w=np.float32([[1, 2], [3, 4]]), one=np.float32([0.25])))
    assert model.network.names == ("a", "y")
    assert model.parameters.layer(1).weights.fractions().tolist() == [[1, 5], [2, 6], [3, 7], [4, 8]]
    assert model.parameters.layer(2).weights.fractions().tolist() == [[0.5, 1], [1.5, 2]]
    assert model.parameters.layer(2).biases.fractions().tolist() == [0.5, 0.5]


def test_a_model_as_it_is(save):
    """What from_onnx folds and cuts off is kept; Dropout is noted by both."""
    text = SHORT.format("c = Conv (x, w) d = Dropout (c) y = BatchNormalization (d, s, b, m, v)")
    vectors = {name: np.float32([1.5, 2]) for name in "sbmv"}
    given = given_by_onnx(save(text, w=KERNEL, **vectors))
    assert [normal.layer for normal in given.normalizations] == [1]
    assert given.normalizations[0].mean.fractions().tolist() == [1.5, 2]
    assert given.notes == ("Dropout (d): Dropout is the identity in inference",)
    path = save(CHAIN, w1=KERNEL, w2=DENSE, b2=BIAS)
    given = given_by_onnx(path)
    assert (given.head, len(given.notes)) == ("softmax", 1)
    assert (
        given_by_onnx(save(CHAIN.replace("Softmax", "LogSoftmax"), w1=KERNEL, w2=DENSE, b2=BIAS)).head == "log-softmax"
    )
    with pytest.raises(InputError, match=r"model.onnx: .*Selu"):
        given_by_onnx(save(SHORT.format("y = Selu (x)")))


def test_batch_normalization(save):
    text = SHORT.format("c = Conv (x, w) y = BatchNormalization (c, s, b, m, v)")
    vectors = {name: np.float32([1.5, 2]) for name in "sbmv"}
    model = from_onnx(save(text, w=KERNEL, **vectors))
    assert "BatchNormalization (y): BatchNormalization is folded in float64 into c" in model.notes[0]
    before = SHORT.format("n = BatchNormalization (x, s, b, m, v) y = Conv <pads = [1,1,1,1]> (n, w)")
    with pytest.raises(InputError, match=r"BatchNormalization \(n\): expected BatchNormalization directly after"):
        from_onnx(save(before, w=KERNEL, **{name: np.float32([1]) for name in "sbmv"}))


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ("y = Conv <group = 2> (x, w)", r"Conv \(y\): group = 2; expected 1"),
        ("y = Selu (x)", r"Selu \(y\) is no operator that is read; expected a chain of Conv, Gemm"),
        ("y = Relu (x)", r"Relu \(y\): expected an activation directly after"),
        ("c = Conv (x, w) s = Sigmoid (c) y = Mul (c, s)", r"'c' is read 2 times|Mul \(y\) reads 'c', 's'"),
        ("c = Conv (x, w) y = Add (c, c)", r"Add \(y\) reads 'c', 'c'|'c' is read"),
        ("y, i = MaxPool <kernel_shape = [2, 2]> (x)", r"MaxPool \(y\) has 2 outputs"),
        ("y = MaxPool (x)", r"kernel_shape is missing"),
        ("y = MaxPool <kernel_shape = [2]> (x)", r"kernel_shape = \[2\] on \(1, 4, 4\)"),
        ('y = Conv <auto_pad = "SAME"> (x, w)', "auto_pad = SAME; expected NOTSET"),
        ("y = Conv <pads = [1, 1]> (x, w)", r"pads = \[1, 1\]; expected 4 numbers"),
        ("y = Conv <kernel_shape = [2, 2]> (x, w)", r"kernel_shape = \[2, 2\]; expected \[3, 3\]"),
        ("y = Softmax (x)", r"Softmax \(y\) along axis -1 of \(1, 4, 4\)"),
        ("c = Conv (x, w) y = Reshape (c, w)", r"Reshape \(y\) to"),
        ("c = Conv (x, w) y = Flatten <axis = 2> (c)", r"axis = 2; expected 1"),
        ("n = Neg (w) y = Conv (x, n)", r"Neg \(n\) computes weights; expected them as constants"),
        ("y = Conv (w, x)", r"Conv \(y\): its data are not the first input"),
        ("c = Conv (x, w) d = Relu (c) y = Tanh (d)", r"Tanh \(y\): expected an activation directly after"),
        ("c = Conv (x, w) y = Identity (x)", r"'x' is read 2 times"),
    ],
)
def test_what_is_refused_with_its_node(save, nodes, message):
    path = save(SHORT.format("y = Conv (x, w)"), w=KERNEL)
    assert from_onnx(path).network.names == ("y",)
    with pytest.raises(InputError, match=message) as caught:
        from_onnx(save(SHORT.format(nodes), w=KERNEL))
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_weights_with_nan(save):
    kernel = KERNEL.copy()
    kernel[0, 0, 0, 1] = np.nan
    path = save(SHORT.format("y = Conv (x, w)"), w=kernel)
    with pytest.raises(InputError, match=r"Conv \(y\): weights\[0, 0, 0, 1\] is nan"):
        from_onnx(path)


def test_external_data(save, tmp_path):
    path = save(SHORT.format("y = Conv (x, w)"), w=KERNEL)
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert from_onnx(path).network.names == ("y",)
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(InputError) as caught:
        from_onnx(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_files_that_are_no_models(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"no model")
    with pytest.raises(InputError, match="expected an ONNX model"):
        from_onnx(tmp_path / "a.onnx")


def node(operator, *constants, **attributes):
    return Node(f"{operator} (n)", "n", operator, attributes, (None, *map(np.float32, constants)))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (node("Elu", alpha=0.5), "elu(1/2)"),
        (node("PRelu", [0.25]), "leaky-relu(1/4)"),
        (node("Clip", 0.0, 6.0), "clip(0,6)"),
        (node("Clip", 0.0), "relu"),
        (node("Clip", min=-1.0, max=1.0), "clip(-1,1)"),
        (node("Clip", -np.inf, np.inf), "identity"),
        (node("Gelu"), "gelu"),
        (node("Softplus"), "softplus(1)"),
        (node("HardSigmoid", alpha=0.25, beta=0.5), "hard-sigmoid-own"),
    ],
)
def test_activations(given, text):
    assert curve_of(given).text == text


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (node("Elu", alpha=-1.0), "alpha = -1.0; expected a positive number"),
        (node("PRelu", [0.25, 0.5]), "2 slopes; expected one"),
        (node("Clip", [0.0, 1.0]), "min is no number"),
        (node("Gelu", approximate="tanh"), "approximate = 'tanh'; expected 'none'"),
        (node("LeakyRelu", alpha=float("nan")), "alpha = nan"),
    ],
)
def test_activations_that_are_none(given, message):
    with pytest.raises(InputError, match=message):
        curve_of(given)
    assert curve_of(node("Conv")) is None
