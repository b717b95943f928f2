"""Shapes and small constants of single nodes, and the operators of ONNX Runtime."""

import pytest

QUANTISED = "float s = {0.5}, uint8 z = {0}"
ZEROS = "(x, s, z, w, s, z, s, z)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            """
                g (float[N,3,8,8] x) => (y) <float[4,3,3,3] w, float[4] b> { y = com.microsoft.FusedConv
                <activation = "Clip", activation_params = [0.0, 6.0], strides = [2, 2]> (x, w, b) }
            """,
            (4, 3, 3),
        ),
        (
            """
                g (float[N,5] x) => (y) <float[7,5] w, float[7] b> { y = com.microsoft.FusedGemm
                <activation = "Relu", transB = 1> (x, w, b) }
            """,
            (7,),
        ),
        ("g (float[N,4,5] x) => (y) <float[7,5] w> { y = com.microsoft.FusedMatMul <transB = 1> (x, w) }", (4, 7)),
        ("g (float[N,5,4] x) => (y) <float[5,7] w> { y = com.microsoft.FusedMatMul <transA = 1> (x, w) }", (4, 7)),
        (
            """
                g (float[N,5] x) => (y) <float[5,7] w> { y = com.microsoft.FusedMatMul
                <alpha = 0.5, transBatchA = 0, transBatchB = 0> (x, w) }
            """,
            (7,),
        ),
        (
            "g (float[N,5] x) => (y) <int8[5,7] w, float s> { y = com.microsoft.DynamicQuantizeMatMul (x, w, s) }",
            (7,),
        ),
        (
            f"""
                g (uint8[N,5] x) => (y) <uint8[5,7] w, {QUANTISED}> {{ y = com.microsoft.MatMulIntegerToFloat
                (x, w, s, s, z, z) }}
            """,
            (7,),
        ),
        (
            f"""
                g (uint8[N,5] x) => (y) <uint8[5,7] w, int32[7] c, {QUANTISED}>
                {{ y = com.microsoft.QGemm (x, s, z, w, s, z, c, s, z) }}
            """,
            (7,),
        ),
        (f"g (uint8[N,5] x) => (y) <uint8[5,7] w, {QUANTISED}> {{ y = QLinearMatMul {ZEROS} }}", (7,)),
        ("g (uint8[N,5] x) => (y) <uint8[5,7] w> { y = MatMulInteger (x, w) }", (7,)),
        ("g (uint8[N,3,8,8] x) => (y) <uint8[4,3,3,3] w> { y = ConvInteger <pads = [1, 1, 1, 1]> (x, w) }", (4, 8, 8)),
        (
            f"g (uint8[N,3,8,8] x) => (y) <uint8[4,3,3,3] w, {QUANTISED}> {{ y = QLinearConv <strides=[2,2]>{ZEROS} }}",
            (4, 3, 3),
        ),
        (
            f"""
                g (uint8[N,3,8,8] x) => (y) <{QUANTISED}> {{ y = com.microsoft.QLinearAveragePool
                <kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1, channels_last = 0> (x, s, z, s, z) }}
            """,
            (3, 4, 4),
        ),
        (
            f"""
                g (uint8[N,3,8,8] x) => (y) <{QUANTISED}>
                {{ y = com.microsoft.QLinearGlobalAveragePool (x, s, z, s, z) }}
            """,
            (3, 1, 1),
        ),
        (
            f"""
                g (uint8[N,3] x) => (y) <{QUANTISED}>
                {{ y = com.microsoft.QLinearConcat <axis = 1> (s, z, x, s, z, x, s, z) }}
            """,
            (6,),
        ),
        ('g (float[N,4,5] x) => (y) <float[7,5] w> { y = Einsum <equation = "bij,kj->bki"> (x, w) }', (7, 4)),
        ("g (int64[N,4] x) => (y) <float[9,5] w> { y = Gather (w, x) }", (4, 5)),
    ],
)
def test_layers_in_other_forms(shapes, text, expected):
    assert shapes(text) == {"y": expected}


def test_a_deformable_convolution(shapes):
    text = "g (float[N,3,8,8] x, float[N,18,6,6] d) => (y) <float[4,3,3,3] w> { y = DeformConv (x, w, d) }"
    assert shapes(text, version=22) == {"y": (4, 6, 6)}


def test_quantised_operators_that_are_no_layers(shapes):
    text = f"""
        g (uint8[N,3,4] x, uint8[N,3,1] r) => (y) <uint8[4,7] w, float[1] bias, {QUANTISED}> {{
          a = com.microsoft.QLinearAdd (r, s, z, x, s, z, s, z) b = com.microsoft.QLinearMul (r, s, z, a, s, z, s, z)
          c = com.microsoft.QLinearLeakyRelu <alpha = 0.1> (b, s, z, s, z)
          d = com.microsoft.QLinearSigmoid (c, s, z, s, z)
          e = com.microsoft.QLinearSoftmax <axis = 2, opset = 13> (d, s, z, s, z)
          f = com.microsoft.DequantizeLinear (e, s, z) g = com.microsoft.Gelu (f) h = com.microsoft.QuickGelu (g)
          i = com.microsoft.FastGelu (h) j = com.microsoft.BiasGelu (i, bias)
          k = com.microsoft.QuantizeLinear (j, s, z) y = QLinearMatMul (k, s, z, w, s, z, s, z) }}
    """
    assert shapes(text) == {"y": (3, 7)}


def test_what_follows_a_layer_is_computed_from_its_formula(shapes, refusal):
    """ONNX's inference says 3 × 3, but a window from 4 on ends behind the 6 pixels, and VALID has no padding."""
    text = """
        g (float[N,1,6,6] x) => (float[N,C,H,W] y) <float[2,1,1,1] w> { a = MaxPool
          <kernel_shape = [3, 3], strides = [2, 2], auto_pad = "VALID", ceil_mode = 1> (x) y = Conv (a, w) }
    """
    assert shapes(text) == {"a": (1, 2, 2), "y": (2, 2, 2)}
    assert refusal(text.replace("N,C,H,W", "N,2,3,3")).startswith(
        "y is declared as ? × 2 × 3 × 3, but comes out as N ×"
    )


def test_a_fused_sum_counts_for_the_depth(read):
    text = """
        g (float[N,3,8,8] x) => (y) <float[3,3,1,1] w> { a = Conv (x, w) b = Conv (a, w) c = Conv (b, w)
          d = com.microsoft.FusedConv (a, w, , c) y = Conv (d, w) }
    """
    assert [(layer.number, layer.name) for layer in read(text)] == [(1, "a"), (2, "b"), (3, "c"), (2, "d"), (4, "y")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "g (float[N,8,8,3] x) => (y) <float[4,3,3,3] w> { y = com.microsoft.NhwcFusedConv (x, w) }",
            "y: com.microsoft.NhwcFusedConv is no operator whose layers are known",
        ),
        (
            f"""
                g (uint8[N,8,8,3] x) => (y) <{QUANTISED}>
                {{ y = com.microsoft.QLinearGlobalAveragePool <channels_last = 1>
                (x, s, z, s, z) }}
            """,
            "y: Unrecognized attribute: channels_last",
        ),
        (
            "g (float[N,5] x) => (y) <float[5,7] w> { y = com.microsoft.FusedMatMul <transBatchB = 1> (x, w) }",
            "y: Unrecognized attribute: transBatchB",
        ),
        (
            "g (float[N,5] x) => (y) <float[5,7] w> { y = com.microsoft.FusedConv <layout = 3> (x, w) }",
            "y: Unrecognized attribute: layout",
        ),
        (
            "g (float[N,5,3] x) => (y) <float[3,9] w> { y = com.microsoft.Attention <num_heads = 1> (x, w) }",
            "y: com.microsoft.Attention is no operator whose layers are known",
        ),
        ("g (float[N,5] x) => (y) { y = com.microsoft.QGemm (x) }", "y: Node(y) with schema"),
        ("g (float[N,5] x) => (y) { y = com.microsoft.QLinearConcat (x) }", "y: Node(y) with schema"),
        (
            "g (float[N,5] x) => (y) <float[6,7] w> { y = MatMul (x, w) }",
            "the sizes of y do not follow from the model: Incompatible dimensions for matrix multiplication",
        ),
        (
            "g (float[N,5] x) => (y) <float[6,7] w> { y = Gemm (x, w) }",
            "the sizes of y do not follow from the model: ",
        ),
        (
            "g (float[N,4] x) => (y) <float[6,7] w, int64[2] s = {-2, 2}> { r = Reshape (x, s) y = MatMul (r, w) }",
            "the sizes of r do not follow from the model: ",
        ),
        (
            "g (float[N,5] x) => (y) <double[5,7] w> { y = MatMul (x, w) }",
            "the sizes of y do not follow from the model: B has inconsistent type tensor(double)",
        ),
        (
            "g (float[N,5] x) => (y) <float[5,7] w, int64[2] s> { r = Reshape (x, s) y = MatMul (r, w) }",
            "the sizes of y do not follow from the model: ? × 7",
        ),
        (
            "g (float[N,C] x) => (y) <float[5,7] w> { z = Concat <axis = 1> (x, x) y = MatMul (z, w) }",
            "the sizes of z do not follow from the model: N × ?; expected fixed ones",
        ),
    ],
)
def test_forms_that_are_refused(refusal, text, reason):
    assert refusal(text).startswith(reason)


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ("h = Gather (s, two) p = Mul (h, three)", 6 * 3),
        ("h = Shape <start = -1> (x) p = Squeeze (h, zero)", 8),
        ("h = Shape <start = -9, end = -1> (x) p = Gather (h, two)", 6),
        ("h = Size (x) n = Gather (s, none) p = Div (h, n)", 3 * 6 * 8),
        ("h = Slice (s, ones, threes) p = ReduceProd <keepdims = 0> (h)", 3 * 6),
        ("h = Gather (s, two) f = Cast <to = 1> (h) g = Mul (f, part) c = Ceil (g) p = Cast <to = 7> (c)", 3),
        ("h = Gather (s, two) c = Equal (h, three) p = Where (c, three, two)", 2),
    ],
)
def test_sizes_computed_from_shapes(shapes, nodes, expected):
    text = f"""
        g (float[N,3,6,8] x) => (y) <int64 none = {{0}}, int64[1] zero = {{0}}, int64 two = {{2}}, int64 three = {{3}},
        int64[1] ones = {{1}}, int64[1] threes = {{3}}, float part = {{0.4}}, int64[1] rows = {{144}}, float[144,1] w>
        {{ s = Shape (x) {nodes} u = Unsqueeze (p, zero) t = Concat <axis = 0> (rows, u) e = Expand (w, t)
          flat = Flatten (x) y = MatMul (flat, e) }}
    """
    assert shapes(text) == {"y": (expected,)}
