import random
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from exactcnn.errors import InputError
from exactcnn.interop.onnx import widths_from_onnx
from exactcnn.network.shapes import layer_widths
from exactcnn.theorems.architectures import architectures


def test_a_hint_without_the_package(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match=r"needs the package onnx; try: pip install 'exactcnn\[onnx\]'"):
        widths_from_onnx(tmp_path / "model.onnx")


@pytest.fixture
def save(tmp_path):
    """Write a model with input x of this shape and weights of these shapes; return its path."""
    onnx = pytest.importorskip("onnx")
    numpy = pytest.importorskip("numpy")

    def write(nodes, shape, weights=(), output="y", constants=()):
        tensor = onnx.helper.make_tensor_value_info
        initial = [onnx.numpy_helper.from_array(numpy.zeros(size, dtype=numpy.float32), name) for name, size in weights]
        initial += [onnx.numpy_helper.from_array(numpy.array(value), name) for name, value in constants]
        graph = onnx.helper.make_graph(
            nodes, "g", [tensor("x", 1, shape)], [tensor(output, 1, None)], initializer=initial
        )
        path = tmp_path / "model.onnx"
        onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)]), path)
        return path

    return write


def node(kind, inputs, output, name="", **attributes):
    import onnx

    return onnx.helper.make_node(kind, inputs, [output], name=name, **attributes)


@pytest.mark.parametrize("batch", [1, 7, "N", None])
def test_a_network_with_branches(save, batch):
    path = save(
        [
            node("Conv", ["x", "w1"], "a", "stem", strides=[2, 2]),
            node("Relu", ["a"], "b"),
            node("MaxPool", ["b"], "c", "left", kernel_shape=[3, 3], strides=[2, 2]),
            node("Conv", ["b", "w2"], "d", "right", strides=[2, 2], pads=[0, 0, 0, 0]),
            node("Conv", ["d", "w3"], "e", "deeper"),
            node("Concat", ["c", "e"], "f", "joined", axis=1),
            node("GlobalAveragePool", ["f"], "g", "average"),
            node("Flatten", ["g"], "h"),
            node("Gemm", ["h", "w4"], "y", "scores", transB=1),
        ],
        [batch, 3, 31, 31],
        [("w1", (8, 3, 3, 3)), ("w2", (6, 8, 3, 3)), ("w3", (5, 6, 1, 1)), ("w4", (10, 13))],
    )
    assert [(each.number, each.name, each.shape) for each in widths_from_onnx(path)] == [
        (1, "stem", (8, 15, 15)),
        (2, "left", (8, 7, 7)),
        (2, "right", (6, 7, 7)),
        (3, "deeper", (5, 7, 7)),
        (3, "joined", (13, 7, 7)),
        (4, "average", (13, 1, 1)),
        (5, "scores", (10,)),
    ]


def test_matrix_products_with_weights_only(save):
    path = save(
        [
            node("MatMul", ["x", "w"], "a"),
            node("Transpose", ["a"], "t", perm=[0, 2, 1]),
            node("MatMul", ["a", "t"], "y"),
        ],
        [None, 4, 3],
        [("w", (3, 5))],
    )
    assert [(each.number, each.name, each.width) for each in widths_from_onnx(path)] == [
        (1, "fully connected (node 0)", 20)
    ]


def test_concatenations_of_sizes_are_no_layers(save):
    path = save(
        [
            node("Conv", ["x", "w"], "a", "only"),
            node("Shape", ["a"], "s"),
            node("Gather", ["s", "zero"], "n", axis=0),
            node("Concat", ["n", "rest"], "shape", axis=0),
            node("Reshape", ["a", "shape"], "y"),
        ],
        [2, 1, 4, 4],
        [("w", (3, 1, 2, 2))],
        constants=[("zero", [0]), ("rest", [27])],
    )
    assert [(each.name, each.width) for each in widths_from_onnx(path)] == [("only", 27)]


def test_same_widths_as_the_recomputed_table(save):
    path = save(
        [
            node("Conv", ["x", "w1"], "a", "conv1", strides=[2, 2]),
            node("Conv", ["a", "w2"], "b", "conv2"),
            node("Conv", ["b", "w3"], "c", "depthwise", group=64, pads=[1, 1, 1, 1]),
            node("Conv", ["c", "w4"], "y", "pointwise"),
        ],
        ["N", 3, 299, 299],
        [("w1", (32, 3, 3, 3)), ("w2", (64, 32, 3, 3)), ("w3", (64, 1, 3, 3)), ("w4", (128, 64, 1, 1))],
    )
    assert [each.width for each in widths_from_onnx(path)] == [710_432, 1_382_976, 1_382_976, 2_765_952]


def test_external_weights_are_not_needed(save, tmp_path):
    import onnx

    path = save([node("Conv", ["x", "w"], "y", "only")], [1, 1, 40, 40], [("w", (2, 1, 30, 30))])
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    (tmp_path / "weights.bin").unlink()
    assert [each.width for each in widths_from_onnx(path)] == [2 * 11 * 11]


def test_unreadable_models(save, tmp_path):
    with pytest.raises(InputError, match="No such file or directory; expected an ONNX model"):
        widths_from_onnx(tmp_path / "none.onnx")
    with pytest.raises(InputError, match="expected an ONNX model"):
        widths_from_onnx(tmp_path)
    path = save([node("Conv", ["x", "w"], "y")], [1, 1, 4, 4], [("w", (1, 1, 2, 2))])
    for name, data in {"cut": path.read_bytes()[:-3], "text": b"layers = 3\n", "empty": b"", "nul": bytes(50)}.items():
        broken = tmp_path / f"{name}.onnx"
        broken.write_bytes(data)
        with pytest.raises(InputError, match="expected an ONNX model") as error:
            widths_from_onnx(broken)
        assert "\n" not in str(error.value)


def test_sizes_that_do_not_follow(save):
    path = save([node("Conv", ["x", "w"], "y", "only")], [1, 1, "height", 4], [("w", (1, 1, 2, 2))])
    with pytest.raises(InputError, match="the sizes of only do not follow from the model"):
        widths_from_onnx(path)
    path = save([node("Conv", ["x", "w"], "y", "only")], [1, 1, 4, 4], [("w", (1, 1, 9, 9))])
    with pytest.raises(InputError, match="the sizes of only do not follow from the model"):
        widths_from_onnx(path)
    path = save([node("Relu", ["x"], "y")], [1, 1, 4, 4])
    with pytest.raises(InputError, match="no convolutional, pooling or fully connected layer"):
        widths_from_onnx(path)


def exported(input_shape, layers):
    """The same network as an ONNX graph; weights are inputs, so that only their shapes exist."""
    import onnx

    nodes, inputs = [], [onnx.helper.make_tensor_value_info("x", 1, ["N", *input_shape])]

    def weights(*shape):
        inputs.append(onnx.helper.make_tensor_value_info(f"w{len(inputs)}", 1, shape))
        return inputs[-1].name

    def put(kind, below, **attributes):
        nodes.append(node(kind, below, f"v{len(nodes)}", **attributes))
        return nodes[-1].output[0]

    def window(value, channels, layer):
        kernel = (layer.kernel, layer.kernel) if isinstance(layer.kernel, int) else layer.kernel
        pads = [k // 2 if layer.padding is None else layer.padding for k in kernel]
        sizes = {"strides": [layer.stride] * 2, "pads": [*pads, *pads], "kernel_shape": list(kernel)}
        if layer.filters is None:
            return put("MaxPool", [value], **sizes), channels
        if layer.transposed:
            return put("ConvTranspose", [value, weights(channels, layer.filters, *kernel)], **sizes), layer.filters
        return put("Conv", [value, weights(layer.filters, channels, *kernel)], **sizes), layer.filters

    def sequence(value, channels, layers):
        for layer in layers:
            if hasattr(layer, "units"):
                size = [] if channels < 0 else [put("Flatten", [value])]
                value = put("Gemm", [*(size or [value]), weights(abs(channels), layer.units)])
                channels = -layer.units  # negative where there is nothing to flatten
            elif hasattr(layer, "kernel"):
                value, channels = window(value, channels, layer)
            else:
                ends = [sequence(value, channels, branch) for branch in layer.branches]
                values, counts = [end[0] for end in ends], [end[1] for end in ends]
                value = put("Add", values) if layer.add else put("Concat", values, axis=1)
                channels = counts[0] if layer.add else sum(counts)
        return value, channels

    last, _ = sequence("x", input_shape[0], layers)
    graph = onnx.helper.make_graph(nodes, "g", inputs, [onnx.helper.make_tensor_value_info(last, 1, None)])
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])


@pytest.mark.parametrize("name", architectures())
def test_layer_shapes_of_table_1_by_the_shape_inference_of_onnx(name, tmp_path):
    onnx = pytest.importorskip("onnx")
    network = architectures()[name]
    layers = network.layers
    if name.startswith("VGG"):  # 25088 = 512 · 7 · 7 inputs of the first fully connected layer
        layers = layers[:-3]
    onnx.save(exported(network.input_shape, layers), tmp_path / "model.onnx")
    found = [(each.number, each.shape) for each in widths_from_onnx(tmp_path / "model.onnx")]
    assert found == [(each.number, each.shape) for each in layer_widths(network.input_shape, layers)]


def published():
    """Models without data that come with the package onnx."""
    try:
        import onnx
    except ImportError:
        return []
    return sorted((Path(onnx.__file__).parent / "backend/test/data/light").glob("*.onnx"))


@pytest.mark.parametrize("path", published(), ids=lambda path: path.stem)
def test_published_models_against_the_inference_of_onnx(path):
    import onnx

    model = onnx.shape_inference.infer_shapes(onnx.load(path), strict_mode=True, data_prop=True)
    shapes = {
        value.name: tuple(size.dim_value for size in value.type.tensor_type.shape.dim)
        for value in (*model.graph.value_info, *model.graph.output)
    }
    expected = [shapes[each.output[0]] for each in model.graph.node if each.op_type in KINDS]
    found = widths_from_onnx(path)
    assert [(1, *layer.shape) for layer in found] == expected
    assert len(found) > 10


KINDS = ("Conv", "Gemm", "MaxPool", "AveragePool", "GlobalAveragePool", "Concat")


def test_the_widest_layer_of_published_models():
    widest = {path.stem: max(layer.width for layer in widths_from_onnx(path)) for path in published()}
    if not widest:
        pytest.skip("the package onnx has no models here")
    assert widest["light_vgg19"] == 64 * 224 * 224
    assert widest["light_resnet50"] == widest["light_densenet121"] == 64 * 112 * 112


def test_mistakes_anywhere_are_found_or_harmless(parse, tmp_path):
    """Numbers, names and operators of a model changed one by one: layers, or one line."""
    import onnx

    if onnx.defs.onnx_opset_version() < 28:
        pytest.skip("the inference of an older package does not return from sizes near 2^63")
    text = """
        g (float[N,3,8,8] x) => (y) <float[4,3,3,3] w, float[36,5] v, int64[2] s = {0, -1}, float[N,36] f> {
          a = Conv <strides = [2, 2], auto_pad = "SAME_UPPER"> (x, w) b = MaxPool <kernel_shape = [2, 2]> (a)
          f = Reshape (b, s) c = com.microsoft.FusedGemm <activation = "Relu", transB = 0> (f, v)
          y = local.f (c) }
        <domain: "local", opset_import: ["" : 17]> f (a) => (b) { b = Softmax <axis = 1> (a) }
    """
    rng, outcomes, original = random.Random(4), {"listed": 0, "refused": 0}, parse(text)
    for _ in range(400):
        model = onnx.ModelProto()
        model.CopyFrom(original)
        message, field, position = rng.choice(list(fields(model)))
        value = getattr(message, field) if position is None else getattr(message, field)[position]
        other = {
            int: [0, -1, 1, 3, 1009, 2**31, 2**63 - 1, -(2**63)],
            str: ["", "x", "w", "y", "Conv", "LSTM", "ai.onnx", "com.microsoft"],
            bytes: [b"", b"VALID", b"\xff"],
        }[type(value)]
        with suppress(ValueError):  # enumerations take few numbers
            if position is None:
                setattr(message, field, rng.choice(other))
            else:
                getattr(message, field)[position] = rng.choice(other)
        (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
        outcomes[outcome(tmp_path / "model.onnx")] += 1
    assert min(outcomes.values()) > 40


def outcome(path):
    try:
        widths_from_onnx(path)
    except InputError as error:
        return "refused" if "\n" not in str(error) else "in several lines"
    return "listed"


def fields(message):
    """Numbers and text of a protobuf at any depth, with their positions in lists."""
    for field, value in message.ListFields():
        many = not isinstance(value, (int, str, bytes, float)) and hasattr(value, "__len__")
        for position, each in enumerate(value) if many else [(None, value)]:
            if hasattr(each, "ListFields"):
                yield from fields(each)
            elif isinstance(each, (int, str, bytes)):
                yield message, field.name, position
