"""Neurons of one sample: a batch that is folded, moved, fixed, or not there."""

import pytest

BATCHES = ["N", "?", "1", "7", "1009"]


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ("y = MatMul (x, w)", {"y": (4, 5)}),  # tokens
        ("r = Reshape (x, minus) y = Gemm (r, w)", {"y": (4, 5)}),  # tokens folded into the batch
        ("t = Transpose <perm = [1, 0, 2]> (x) y = MatMul (t, w)", {"y": (4, 5)}),
        ("f = Flatten (x) y = MatMul (f, v)", {"y": (5,)}),
        ("f = Flatten <axis = 2> (x) y = MatMul (f, w)", {"y": (4, 5)}),
        ("y = MatMul (x, u)", {"y": (4,)}),
        ("s = ReduceSum <keepdims = 0> (x, one) y = MatMul (s, u)", {"y": (1,)}),
        ("y = Concat <axis = 1> (x, x)", {"y": (8, 3)}),
        ("t = Transpose <perm = [2, 1, 0]> (x) s = Slice (t, zero, one) y = Concat <axis = 0> (s, s)", {"y": (2, 4)}),
    ],
)
def test_the_batch_is_found_wherever_it_is(shapes, batch, nodes, expected):
    text = f"""
        g (float[{batch},4,3] x) => (y) <float[3,5] w, float[12,5] v, float[3] u, int64[2] minus = {{-1, 3}},
        int64[1] zero = {{0}}, int64[1] one = {{1}}> {{ {nodes} }}
    """
    if batch == "1":  # all is one sample's, in the shape that it has
        found = {name: tuple(size for size in shape if size != 1) or (1,) for name, shape in shapes(text).items()}
        assert found == {name: tuple(size for size in shape if size != 1) or (1,) for name, shape in expected.items()}
    else:
        assert shapes(text) == expected


def test_a_shape_with_the_batch_in_it(shapes):
    text = """
        g (float[N,4,3] x) => (y) <float[12,5] w, int64 i = {0}, int64[1] a = {0}, int64[1] rest = {-1}>
        { s = Shape (x) n = Gather (s, i) u = Unsqueeze (n, a) t = Concat <axis = 0> (u, rest) r = Reshape (x, t)
          y = MatMul (r, w) }
    """
    assert shapes(text) == {"y": (5,)}


FOLDED = "g (float[B,6,3] x) => (y) <float[18,5] w, float[3,5] v, int64[2] s = {SHAPE}> { r = Reshape (x, s) NODE }"


@pytest.mark.parametrize(
    ("batch", "shape", "node", "reason"),
    [
        # a size of the batch in a constant
        (
            "N",
            "7, 18",
            "y = MatMul (r, w)",
            "the sizes of r do not follow from the model: 18N elements do not fill 7 × 18",
        ),
        ("7", "7, 18", "y = MatMul (r, w)", "with 1009 samples in place of 7, the sizes of r do not follow"),
        ("7", "7, -1", "y = MatMul (r, w)", "with 1009 samples in place of 7, the sizes of r do not follow"),
        # neurons of a sample in place of the batch: 6 and not N is the first size
        ("N", "6, -1", "t = Transpose (r) z = Reshape (t, three) y = MatMul (z, v)", None),
    ],
)
def test_a_batch_that_is_folded_with_a_fixed_size(refusal, shapes, batch, shape, node, reason):
    text = FOLDED.replace("B", batch).replace("SHAPE", shape).replace("NODE", node)
    text = text.replace("int64[2] s", "int64[2] three = {-1, 3}, int64[2] s")
    if reason is None:
        assert shapes(text) == {"y": (6, 5)}
    else:
        assert refusal(text).startswith(reason)


def test_a_batch_that_does_not_reach_a_layer(refusal):
    one = "int64[1] zero = {0}, int64[1] one = {1}"
    for batch, shown in (
        ("N", "5 neurons for a batch of 1009, 1 × 5 for 2003"),
        ("4", "5 neurons for a batch of 4, 1 × 5"),
    ):
        text = f"g (float[{batch},3] x) => (y) <float[3,5] w, {one}> {{ s = Slice (x, zero, one) y = MatMul (s, w) }}"
        assert shown in refusal(text)
        assert shown in refusal(text.replace("Slice (x, zero, one)", "ReduceSum <keepdims = 1> (x, zero)"))


def test_a_batch_on_two_axes(refusal):
    text = """
        g (float[N,3] x) => (y) <float[3,5] w> { a = MatMul (x, w) t = Transpose (a) g = MatMul (a, t)
          y = Concat <axis = 1> (g, g) }
    """
    assert "y has 1009 × 2018 neurons for a batch of 1009" in refusal(text)


def test_a_batch_that_is_padded(refusal):
    text = "g (float[N,3] x) => (y) <float[3,5] w, int64[4] p = {1, 0, 0, 0}> { q = Pad (x, p) y = MatMul (q, w) }"
    assert "y has 1010 × 5 neurons for a batch of 1009, 2004 × 5 for 2003" in refusal(text)


def test_copies_of_the_batch_count(shapes):
    text = "g (float[N,3] x) => (y) <float[3,5] w, int64[2] r = {2, 1}> { t = Tile (x, r) y = MatMul (t, w) }"
    assert shapes(text) == {"y": (2, 5)}


def test_layers_that_depend_on_the_size_of_the_batch(refusal):
    text = """
        g (float[N,3] x) => (y) <float[3,5] w, int64 i = {0}, int64 many = {2003}>
        { s = Shape (x) n = Gather (s, i) c = Equal (n, many) y = If (c) <
          then_branch = a () => (p) { p = MatMul (x, w) }, else_branch = b () => (q) { q = Relu (x) }> }
    """
    assert refusal(text) == "the layers depend on the size of the batch"


def test_images_without_a_batch_are_refused(refusal, shapes):
    text = "g (float[28,28] x) => (y) <float[4,1,3,3] w, int64[2] a = {0, 1}> { u = Unsqueeze (x, a) y = Conv (u, w) }"
    assert "y has 1 × 4 × 26 × 26 neurons for a batch of 28" in refusal(text)
    assert shapes(text.replace("28,28", "N,28").replace("{0, 1}", "{1, 2}").replace("3,3", "1,3")) == {"y": (4, 1, 26)}


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ("float[N,3] x, float[M,3] z", "the inputs begin with M, N; expected one batch"),
        ("float[2,3] x, float[4,3] z", "the inputs begin with different sizes, x with 2, z with 4; expected one batch"),
        ("float[] x, float[2,3] z", "the input x has no shape; expected a tensor that begins with the batch"),
        ("seq(float[N,3]) x, float[2,3] z", "the input x has no shape"),
        ("float x, float[N,3] z", None),
        ("float[N,3] x, float[1,3] z", None),  # beside a named batch, what begins with a number is as good as weights
        ("float[4,3] x, float[4,3] z", None),
        ("float[4,3] x, float[1] z", None),
        ("float[N,3] x, float[?,3] z", None),
    ],
)
def test_several_inputs(refusal, shapes, inputs, reason):
    text = f"g ({inputs}) => (y) <float[3,5] w> {{ s = Add (x, z) y = MatMul (s, w) }}"
    if reason is None:
        assert shapes(text) == {"y": (5,)}
    else:
        assert refusal(text).startswith(reason)


def test_a_layer_of_an_input_without_the_batch_is_not_skipped(refusal):
    text = "g (float[N,3] x, float[2,3] z) => (y, v) <float[3,5] w> { y = MatMul (x, w) v = MatMul (z, w) }"
    assert "v has 2 × 5 neurons for a batch of 1009, 2 × 5 for 2003" in refusal(text)
