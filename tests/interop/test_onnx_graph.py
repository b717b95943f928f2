"""What a walk through a graph finds: weights behind anything constant, bodies, functions, stale shapes."""

import pytest

from exactcnn.errors import InputError
from exactcnn.interop.onnx import widths_from_onnx

CONV = "g (float[N,3,8,8] x) => (y)"

# Every way to hide the weights of y: shapes by hand. Initializers w, v have shapes only; their data are not there.
LISTED = {
    "Conv": (f"{CONV} <float[4,3,3,3] w> {{ y = Conv (x, w) }}", {"y": (4, 6, 6)}),
    "Transpose": (
        f"{CONV} <float[3,3,3,4] w> {{ t = Transpose <perm = [3, 2, 0, 1]> (w) y = Conv (x, t) }}",
        {"y": (4, 6, 6)},
    ),
    "Identity, Cast": (
        "g (float[N,5] x) => (y) <float16[5,7] w> { i = Identity (w) c = Cast <to = 1> (i) y = MatMul (x, c) }",
        {"y": (7,)},
    ),
    "Reshape": (
        "g (float[N,5] x) => (y) <float[35] w, int64[2] s = {5, -1}> { r = Reshape (w, s) y = MatMul (x, r) }",
        {"y": (7,)},
    ),
    "Squeeze, Unsqueeze": (
        """
            g (float[N,5] x) => (y) <float[1,5,7] w, int64[1] a = {0}>
            { s = Squeeze (w, a) u = Unsqueeze (s, a) v = Squeeze (u, a) y = MatMul (x, v) }
        """,
        {"y": (7,)},
    ),
    "DequantizeLinear": (
        """
            g (float[N,5] x) => (y) <int8[5,7] w, float s = {0.5}, int8 z = {0}>
            { d = DequantizeLinear (w, s, z) y = MatMul (x, d) }
        """,
        {"y": (7,)},
    ),
    "quantised and dequantised": (
        """
            g (float[N,5] x) => (y) <float[5,7] w, float s = {0.5}, int8 z = {0}>
            { q = QuantizeLinear (w, s, z) d = DequantizeLinear (q, s, z) y = MatMul (x, d) }
        """,
        {"y": (7,)},
    ),
    "computed from two": (
        "g (float[N,5] x) => (y) <float[5,3] w, float[3,7] v> { p = MatMul (w, v) y = MatMul (x, p) }",
        {"y": (7,)},
    ),
    "ConstantOfShape": (
        "g (float[N,5] x) => (y) <int64[2] s = {5, 7}> { w = ConstantOfShape (s) y = MatMul (x, w) }",
        {"y": (7,)},
    ),
    "Constant": (
        "g (float[N,2] x) => (y) { w = Constant <value = float[2,3] {1, 2, 3, 4, 5, 6}> () y = MatMul (x, w) }",
        {"y": (3,)},
    ),
    "random": ("g (float[N,5] x) => (y) { w = RandomNormal <shape = [5, 7]> () y = MatMul (x, w) }", {"y": (7,)}),
    "shaped by the data": (
        """
            g (float[N,5] x) => (y) <float[1,7] w>
            { s = Shape <start = 1> (x) o = Constant <value_ints = [1]> () t = Concat <axis = 0> (s, o)
            e = Expand (w, t) y = MatMul (x, e) }
        """,
        {"y": (7,)},
    ),
    "on the left": (
        "g (float[N,5] x) => (y) <float[7,5] w> { t = Transpose (x) z = MatMul (w, t) y = Transpose (z) }",
        {"z": (7,)},
    ),
    "on both sides of attention": (
        """
            g (float[N,4,3] x) => (y) <float[3,5] w, float[3,5] v> { q = MatMul (x, w) k = MatMul (x, v)
            t = Transpose <perm = [0, 2, 1]> (k) s = MatMul (q, t) p = Softmax (s) y = MatMul (p, q) }
        """,
        {"q": (4, 5), "k": (4, 5)},
    ),
    "Gemm": ("g (float[N,5] x) => (y) <float[7,5] w> { y = Gemm <transB = 1> (x, w) }", {"y": (7,)}),
    "fixed condition": (
        """
            g (float[N,5] x) => (y) <float[5,7] w, bool c = {1}> { y = If (c) <
            then_branch = a () => (p) { p = MatMul (x, w) }, else_branch = b () => (q) { q = Identity (x) }> }
        """,
        {"fully connected (node 0)": (7,)},
    ),
    "condition on a shape": (
        """
            g (float[N,5,1] x) => (y) <float[5,7] w, int64 i = {2}, int64 one = {1}> { s = Shape (x) d = Gather (s, i)
            c = Equal (d, one) z = If (c) <then_branch = a () => (p) { m = Constant <value_ints = [2]> ()
            p = Squeeze (x, m) }, else_branch = b () => (q) { q = Identity (x) }> y = MatMul (z, w) }
        """,
        {"y": (7,)},
    ),
    "body without layers": (
        """
            g (float[N,5] x, bool c) => (z, y) <float[5,7] w> { z = If (c) <then_branch = a () => (p) { p = Relu (x) },
            else_branch = b () => (q) { q = Identity (x) }> y = MatMul (x, w) }
        """,
        {"y": (7,)},
    ),
    "loop without layers": (
        """
            g (float[N,5] x) => (z, y) <float[5,7] w, int64 n = {3}, bool c = {1}> { z = Loop (n, c, x) <
            body = b (int64 i, bool d, float[N,5] u) => (d1, v) { d1 = Identity (d) v = Relu (u) }> y = MatMul (x, w) }
        """,
        {"y": (7,)},
    ),
    "function": (
        """
            g (float[N,5] x) => (y) <float[5,7] w> { y = local.f <k = 1.5> (x, w) }
            <domain: "local", opset_import: ["" : 17]> f <k> (a, b) => (d)
            { c = MatMul (a, b) e = Constant <value_float: float = @k> () d = Mul (c, e) }
        """,
        {"fully connected (node 0)": (7,)},
    ),
    "function in a function": (
        """
            g (float[N,5] x) => (y) <float[5,7] w> { y = local.f (x, w) }
            <domain: "local", opset_import: ["" : 17, "local" : 1]> f (a, b) => (d) { d = local.h (a, b) }
            <domain: "local", opset_import: ["" : 17]> h (a, b) => (d) { d = MatMul (a, b) }
        """,
        {"fully connected (node 0)": (7,)},
    ),
    "not needed": (
        """
            g (float[N,5] x) => (y) <float[5,7] w, float[5,900] v>
            { z = MatMul (x, v) u = other.Op (x) y = MatMul (x, w) }
        """,
        {"y": (7,)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTED)
def test_layers_are_found(shapes, name):
    text, expected = LISTED[name]
    assert shapes(text) == expected


REFUSED = {
    "unknown operator": (
        "g (float[N,5] x) => (z) <float[5,900] v> { z = other.Dense (x, v) }",
        "z is of the domain other, which the model does not import",
    ),
    "unknown operator of a known domain": (
        "g (float[N,5] x) => (z) <float[5,900] v> { z = local.Dense (x, v) }",
        "z: local.Dense is no operator whose layers are known; expected a model without it",
    ),
    "unknown operator without weights": (
        "g (float[N,5] x) => (z) { z = local.Dense (x) }",
        "z: local.Dense is no operator whose layers are known",
    ),
    "no operator of the standard": (
        "g (float[N,5] x) => (z) <float[5,900] v> { z = Dense (x, v) }",
        "z: Dense is no operator of version 17 of ai.onnx",
    ),
    "weights that cannot be computed": (
        "g (float[N,5] x) => (y) <int8[40] w> { u = local.Unpack (w) y = MatMul (x, u) }",
        "the sizes of y do not follow from the model; expected fixed ones",
    ),
    "LSTM": (
        "g (float[N,5,3] x) => (y) <float[1,28,3] w, float[1,28,7] r> { y = LSTM <hidden_size = 7> (x, w, r) }",
        "y: LSTM is no operator whose layers are known",
    ),
    "GRU": (
        "g (float[N,5,3] x) => (y) <float[1,21,3] w, float[1,21,7] r> { y = GRU <hidden_size = 7> (x, w, r) }",
        "y: GRU is no operator whose layers are known",
    ),
    "RNN": (
        "g (float[N,5,3] x) => (y) <float[1,7,3] w, float[1,7,7] r> { y = RNN <hidden_size = 7> (x, w, r) }",
        "y: RNN is no operator whose layers are known",
    ),
    "undecided condition": (
        """
            g (float[N,5] x, bool c) => (y) <float[5,7] w> { y = If (c) <
            then_branch = a () => (p) { p = MatMul (x, w) },
            else_branch = b () => (q) { q = MatMul (x, w) }> }
        """,
        "fully connected (node 0): a layer within y; expected layers that are passed exactly once",
    ),
    "condition in a file": (
        """
            g (float[N,5] x) => (y) <float[5,7] w, bool c> { y = If (c) <
            then_branch = a () => (p) { p = MatMul (x, w) }, else_branch = b () => (q) { q = MatMul (x, w) }> }
        """,
        "fully connected (node 0): a layer within y",
    ),
    "loop": (
        """
            g (float[N,5] x) => (y) <float[5,5] w, int64 n = {3}, bool c = {1}> { y = Loop (n, c, x) <body =
            b (int64 i, bool d, float[N,5] u) => (d1, v) { d1 = Identity (d) v = MatMul (u, w) }> }
        """,
        "fully connected (node 1): a layer within y",
    ),
    "loop in a branch": (
        """
            g (float[N,5] x, bool e) => (y) <float[5,5] w, int64 n = {3}, bool c = {1}> { y = If (e) <
            then_branch = t () => (p) { p = Loop (n, c, x) <body = b (int64 i, bool d, float[N,5] u) => (d1, v)
            { d1 = Identity (d) v = MatMul (u, w) }> }, else_branch = f () => (q) { q = Identity (x) }> }
        """,
        "fully connected (node 1): a layer within Loop (node 0)",
    ),
    "scan": (
        """
            g (float[N,5] x) => (y) <float[5,7] w> { y = Scan <num_scan_inputs = 1, body = b (float[5] u) => (v)
            { v = MatMul (u, w) }> (x) }
        """,
        "fully connected (node 0): a layer within y",
    ),
    "unknown operator in a loop": (
        """
            g (float[N,5] x) => (y) <int64 n = {3}, bool c = {1}> { y = Loop (n, c, x) <body =
            b (int64 i, bool d, float[N,5] u) => (d1, v) { d1 = Identity (d) v = local.Step (u) }> }
        """,
        "Step (node 1): local.Step is no operator whose layers are known",
    ),
    "behind a loop": (
        """
            g (float[N,5] x) => (y) <float[5,7] w, int64 n = {3}, bool c = {1}> { z = Loop (n, c, x) <body =
            b (int64 i, bool d, float[N,5] u) => (d1, v) { d1 = Identity (d) v = Relu (u) }> y = MatMul (z, w) }
        """,
        "the sizes of y do not follow from the model; expected fixed ones",
    ),
    "function of another version": (
        """
            g (float[N,5] x) => (y) <float[5,7] w> { y = local.f (x, w) }
            <domain: "local", opset_import: ["" : 11]> f (a, b) => (d) { d = MatMul (a, b) }
        """,
        "y calls the function f, which could not be inlined",
    ),
    "function in place of an operator": (
        """
            g (float[N,5] x) => (y) <float[5,7] w> { y = Relu (x) z = MatMul (x, w) }
            <domain: "", opset_import: ["" : 11]> Relu (a) => (d) { d = Neg (a) }
        """,
        "y calls the function Relu, which could not be inlined",
    ),
    "recursive function": (
        """
            g (float[N,5] x) => (y) { y = local.f (x) }
            <domain: "local", opset_import: ["" : 17, "local" : 1]> f (a) => (b) { c = local.h (a) b = Relu (c) }
            <domain: "local", opset_import: ["" : 17, "local" : 1]> h (a) => (b) { c = local.f (a) b = Relu (c) }
        """,
        "the function f calls itself; expected functions that can be inlined",
    ),
    "a wide outer product": (
        """
            g (float[N,5,1] x) => (y) <float[5,7] w, int64[1] a = {1}>
            { p = Mul (x, w) y = ReduceSum <keepdims = 0> (p, a) }
        """,
        "p is a product wider than all layers, and may hold weights",
    ),
    "weights with something of the input": (
        """
            g (float[N,9,5] x) => (y)
            <float[5,7] w, float z = {0}, int64[1] s = {0}, int64[1] e = {1}, int64[1] m = {1}>
            { a = Slice (x, s, e, m) b = Mul (a, z) t = Transpose <perm = [0, 2, 1]> (b) v = Add (w, t)
            y = MatMul (x, v) }
        """,
        "y is a product wider than all layers",
    ),
    "no order": (
        "g (float[N,5] x) => (y) <float[5,7] w> { y = MatMul (z, w) z = Relu (x) }",
        "y reads z, which is not known before it",
    ),
    "twice": (
        "g (float[N,5] x) => (y) <float[5,7] w> { z = Relu (x) z = MatMul (x, w) y = Relu (z) }",
        "z is computed twice",
    ),
    "unknown attribute": (
        f"{CONV} <float[4,3,3,3] w> {{ y = Conv <stride = [2, 2]> (x, w) }}",
        "y: Unrecognized attribute: stride for operator Conv",
    ),
    "too few inputs": (f"{CONV} {{ y = Conv (x) }}", "y: Node(y) with schema"),
    "no attribute": (
        "g (float[N,5] x) => (y) <float[5,7] w> { y = Einsum (x, w) }",
        "y: Required attribute 'equation'",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_judged_is_refused_by_name(refusal, name):
    text, reason = REFUSED[name]
    assert refusal(text).startswith(reason)


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        ("float[N,4,3,3] a", None),
        ("float[N,4,4,3] a", "a is declared as ? × 4 × 4 × 3, but comes out as N × 4 × 3 × 3"),
        ("float[N,8,3,3] a", "a is declared as ? × 8 × 3 × 3, but comes out as N × 4 × 3 × 3"),
        ("float[N,36] a", "a is declared as ? × 36, but comes out as N × 4 × 3 × 3"),
        ("float[1,4,3,3] a", "a is declared as 1 × 4 × 3 × 3, but comes out as N × 4 × 3 × 3"),
        ("float[N,C,H,W] a", None),
        ("float[N,4,3,3] a, float[N,4,2,2] y", "y is declared as ? × 4 × 2 × 2, but comes out as N × 4 × 3 × 3"),
    ],
)
def test_stale_shapes(read, refusal, declared, shown):
    text = f"{CONV} <float[4,3,3,3] w, {declared}> {{ a = Conv <strides = [2, 2]> (x, w) y = Relu (a) }}"
    if shown is None:
        assert [layer.shape for layer in read(text)] == [(4, 3, 3)]
    else:
        assert refusal(text) == f"{shown}; expected a model without stale shapes"


def test_stale_output(read, refusal):
    text = "g (float[N,3,8,8] x) => (float[N,4,SIZE,6] y) <float[4,3,3,3] w> { y = Conv (x, w) }"
    assert [layer.shape for layer in read(text.replace("SIZE", "6"))] == [(4, 6, 6)]
    assert refusal(text.replace("SIZE", "7")).startswith(
        "y is declared as ? × 4 × 7 × 6, but comes out as N × 4 × 6 × 6"
    )


def test_stale_shape_in_a_branch(refusal):
    text = """
            g (float[N,5] x) => (y) <float[5,7] w, bool c = {1}> { y = If (c) <then_branch = a () => (float[N,9] p)
            { p = MatMul (x, w) }, else_branch = b () => (q) { q = Identity (x) }> }
        """
    assert refusal(text).startswith("p is declared as ? × 9, but comes out as N × 7")


def test_weights_that_are_inputs_too(parse, read, refusal):
    import onnx

    text = "g (float[N,5] x) => (y) <float[5,7] w> { y = MatMul (x, w) }"
    model = parse(text)
    model.ir_version = 3
    model.graph.input.append(onnx.helper.make_tensor_value_info("w", 1, [5, 7]))
    assert [layer.shape for layer in read(model)] == [(7,)]
    model.graph.input[1].type.tensor_type.shape.dim[1].dim_value = 8
    assert refusal(model).startswith("w is declared as 5 × 8, but comes out as 5 × 7")


def test_sparse_weights(parse, read):
    import onnx

    model = parse("g (float[N,5] x) => (y) { t = Transpose (w) y = MatMul (x, t) }")
    values = onnx.helper.make_tensor("w", 1, [1], [2.0])
    indices = onnx.helper.make_tensor("", onnx.TensorProto.INT64, [1], [3])
    model.graph.sparse_initializer.append(onnx.helper.make_sparse_tensor(values, indices, [7, 5]))
    assert [layer.shape for layer in read(model)] == [(7,)]


def test_numbers_on_the_longest_way(read):
    text = """
            g (float[N,5] x) => (y) <float[5,7] w, float[7,7] v, float[14,2] u> { a = MatMul (x, w) b = MatMul (a, v)
            c = Add (a, b) d = Concat <axis = 1> (a, c) e = Relu (d) y = Gemm (e, u) }
        """
    assert [(layer.number, layer.name) for layer in read(text)] == [(1, "a"), (2, "b"), (2, "d"), (3, "y")]


def test_a_version_that_is_not_known(parse, refusal):
    model = parse("g (float[N,5] x) => (y) <float[5,7] w> { y = MatMul (x, w) }")
    model.opset_import[0].version = 1000
    assert refusal(model).startswith("operators of version 1000; expected one up to")
    model.opset_import[0].version = -1
    assert refusal(model).startswith("format 8 with operators of {'': -1,")
    model.opset_import[0].version = 17
    model.opset_import.add(domain="ai.onnx", version=11)
    assert refusal(model).startswith("format 8 with operators of {'': 11,")


def test_the_long_name_of_the_standard(parse, read):
    model = parse("g (float[N,5] x) => (y) <float[5,7] w> { y = MatMul (x, w) }")
    model.opset_import[0].domain = model.graph.node[0].domain = "ai.onnx"
    assert [layer.shape for layer in read(model)] == [(7,)]


def test_names_that_are_no_text(parse, tmp_path):
    import onnx

    data = parse("g (float[N,5] x) => (y) <float[5,7] weights> { y = MatMul (x, weights) }").SerializeToString()
    onnx.ModelProto.FromString(data)
    (tmp_path / "model.onnx").write_bytes(data.replace(b"weights", b"weight\xff"))
    with pytest.raises(InputError, match="node 0 has a name that is no text"):
        widths_from_onnx(tmp_path / "model.onnx")


def test_weights_of_a_negative_size(parse, refusal):
    model = parse("g (float[N,5] x) => (y) <float[5,7] w> { y = MatMul (x, w) }")
    model.graph.initializer[0].dims[1] = -7
    assert refusal(model).startswith("the weights w have the shape [5, -7]")
