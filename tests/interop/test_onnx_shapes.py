"""Shapes of layers against the definition of sliding windows, and against ONNX's reference implementation."""

import math
import random
import warnings

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.interop.onnx_shapes import layer_shape


def windows(size, kernel, stride=1, dilation=1, pads=(0, 0), auto_pad="NOTSET", ceil=False):
    """Number of windows that are slid over an axis, one by one; None where there is none."""
    reach = (kernel - 1) * dilation + 1
    if auto_pad.startswith("SAME"):
        return len(range(0, size, stride))  # a window for every stride begun
    end = size + sum(pads)
    count = start = 0
    while start + reach <= end:
        count, start = count + 1, start + stride
    # with ceil_mode, one more for what is left, unless it starts behind the input
    left = start + reach - stride < end if count else reach < end + stride
    if ceil and auto_pad == "NOTSET" and left and start < size + pads[0]:
        count += 1
    return count or None


def touched(size, kernel, stride=1, dilation=1, pads=(0, 0), extra=0):
    """Size of the places that a transposed convolution writes to, one by one."""
    places = {place * stride + step * dilation for place in range(size) for step in range(kernel)}
    return max(places) + 1 + extra - sum(pads)


def random_windows(rng, operator, axes):
    """Sizes of an input and attributes, with padding below the kernel."""
    kernel = [rng.randint(1, 4) for _ in range(axes)]
    found = {"kernel_shape": kernel, "strides": [rng.randint(1, 3) for _ in range(axes)]}
    if operator != "LpPool":
        found["dilations"] = [rng.choice([1, 1, 2]) for _ in range(axes)]
    mode = rng.choice(["pads", "pads", "VALID", "SAME_UPPER", "SAME_LOWER", "NOTSET"])
    if mode == "pads":
        found["pads"] = [rng.randint(0, size - 1) for size in kernel * 2]
    else:
        found["auto_pad"] = mode
    if operator.endswith("Pool") and rng.random() < 0.5:
        found["ceil_mode"] = 1
    return [rng.randint(1, 9) for _ in range(axes)], found


def as_read(attributes):
    """Attributes as ONNX gives them: text is bytes."""
    return {name: value.encode() if isinstance(value, str) else value for name, value in attributes.items()}


def per_axis(attributes, axis):
    axes = len(attributes["kernel_shape"])
    pads = attributes.get("pads", [0] * 2 * axes)
    return {
        "kernel": attributes["kernel_shape"][axis],
        "stride": attributes["strides"][axis],
        "dilation": attributes.get("dilations", [1] * axes)[axis],
        "pads": (pads[axis], pads[axes + axis]),
    }


@pytest.mark.parametrize("operator", ["Conv", "MaxPool", "AveragePool", "LpPool"])
def test_windows_slid_one_by_one(operator):
    rng, seen = random.Random(7), {"shape": 0, "no window": 0, "behind": 0}
    for _ in range(1500):
        sizes, attributes = random_windows(rng, operator, axes=rng.choice([1, 2, 3]))
        inputs = [(None, 6, *sizes), (8, 3, *attributes["kernel_shape"])]
        extra = {"group": 2} if operator == "Conv" else {}
        expected = [
            windows(
                size,
                **per_axis(attributes, axis),
                auto_pad=attributes.get("auto_pad", "NOTSET"),
                ceil=attributes.get("ceil_mode", 0),
            )
            for axis, size in enumerate(sizes)
        ]
        try:
            found = layer_shape(operator, inputs, as_read(attributes) | extra)
        except InputError as error:
            behind = "starts behind an input" in str(error)
            seen["behind" if behind else "no window"] += 1
            assert behind or None in expected
            continue
        assert found == (None, 8 if operator == "Conv" else 6, *expected)
        seen["shape"] += 1
    assert seen["shape"] > 900
    assert seen["no window"] > 50
    assert (seen["behind"] > 0) == (operator == "LpPool")  # of the others the standard says that it is ignored


def test_places_of_transposed_convolutions_one_by_one():
    rng, count = random.Random(8), 0
    for _ in range(800):
        sizes, attributes = random_windows(rng, "ConvTranspose", axes=rng.choice([1, 2, 3]))
        if attributes.get("auto_pad", "").startswith("SAME"):
            continue
        extra = [
            rng.randint(0, max(pair) - 1) for pair in zip(attributes["strides"], attributes["dilations"], strict=True)
        ]
        expected = [touched(size, **per_axis(attributes, axis), extra=extra[axis]) for axis, size in enumerate(sizes)]
        inputs = [(5, 6, *sizes), (6, 4, *attributes["kernel_shape"])]
        given = as_read(attributes) | {"output_padding": extra, "group": 3}
        if min(expected) < 1:
            with pytest.raises(InputError, match="leaves nothing of"):
                layer_shape("ConvTranspose", inputs, given)
            continue
        assert layer_shape("ConvTranspose", inputs, given) == (5, 12, *expected)
        count += 1
    assert count > 400


def follows(operator, attributes):
    """Whether ONNX's reference implementation follows the standard; elsewhere it raises or has another size."""
    if operator == "MaxPool":
        padded = any(attributes.get("pads", ())) or attributes.get("auto_pad", "").startswith("SAME")
        return max(attributes["dilations"]) == 1 and (
            not padded or ("pads" in attributes and max(attributes["strides"]) > 1)
        )
    return operator == "Conv" or "auto_pad" not in attributes


@pytest.mark.parametrize("operator", ["Conv", "ConvTranspose", "AveragePool", "LpPool", "MaxPool"])
def test_output_of_the_reference_implementation(operator):
    onnx = pytest.importorskip("onnx")
    if onnx.defs.onnx_opset_version() < 28:
        pytest.skip("the reference implementation of an older package follows the standard in fewer cases")
    from onnx.reference import ReferenceEvaluator

    rng, count = random.Random(9), 0
    for _ in range(150):
        sizes, attributes = random_windows(rng, operator, axes=2)
        if not follows(operator, attributes):
            continue
        shapes = {"x": (2, 2, *sizes)}
        if operator == "Conv":
            shapes["w"] = (3, 2, *attributes["kernel_shape"])
        if operator == "ConvTranspose":
            shapes["w"] = (2, 3, *attributes["kernel_shape"])
        try:
            expected = layer_shape(operator, list(shapes.values()), as_read(attributes))
        except InputError:
            continue
        node = onnx.helper.make_node(operator, list(shapes), ["y"], **attributes)
        feeds = {name: np.ones(shape, dtype=np.float32) for name, shape in shapes.items()}
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = ReferenceEvaluator(node, opsets={"": 19}).run(None, feeds)[0]
        assert found.shape == expected, (attributes, sizes)
        count += 1
    assert count > 30


def test_the_last_window_of_ceil_mode():
    def pooled(size, **attributes):
        return layer_shape("MaxPool", [(1, 1, size)], as_read(attributes))[2]

    assert pooled(6, kernel_shape=[3], strides=[2]) == 2
    assert pooled(6, kernel_shape=[3], strides=[2], ceil_mode=1) == 3
    assert pooled(5, kernel_shape=[3], strides=[2], ceil_mode=1) == 2
    assert pooled(2, kernel_shape=[3], strides=[2], ceil_mode=1) == 1
    # 9 + 2 + 2 - 4 = 9 in strides of 4: a fourth window starts at 12, in the padding behind 2 + 9
    assert pooled(9, kernel_shape=[4], strides=[4], pads=[2, 2], ceil_mode=1) == 3
    # VALID: ceil((6 - 3 + 1) / 2), whatever ceil_mode; ONNX's inference says 3
    assert pooled(6, kernel_shape=[3], strides=[2], auto_pad="VALID", ceil_mode=1) == 2
    assert pooled(6, kernel_shape=[3], strides=[2], auto_pad="SAME_UPPER", ceil_mode=1) == 3
    assert pooled(6, kernel_shape=[3], strides=[2], auto_pad="SAME_LOWER") == 3


def test_sizes_that_are_given_or_doubled():
    def shape(**attributes):
        return layer_shape("ConvTranspose", [(1, 2, 5, 7), (2, 3, 4, 4)], as_read({"strides": [2, 2]} | attributes))

    assert shape() == (1, 3, 12, 16)
    assert shape(auto_pad="SAME_UPPER") == (1, 3, 10, 14)
    assert shape(output_shape=[11, 16]) == (1, 3, 11, 16)
    assert layer_shape("ConvTranspose", [(1, 2, None), (2, 3, 4)], {"output_shape": [9]}) == (1, 3, 9)
    with pytest.raises(InputError, match="an output of 13 from at most 12"):
        shape(output_shape=[13, 16])
    with pytest.raises(InputError, match="attributes that are not for 2 axes"):
        shape(output_shape=[1, 3, 11, 16])
    with pytest.raises(InputError, match="output_padding = 2, not below stride or dilation"):
        shape(output_padding=[1, 2])
    with pytest.raises(InputError, match="an output of 15 from at most 13"):
        layer_shape("ConvTranspose", [(1, 2, 5), (2, 3, 1)], {"strides": [3], "auto_pad": b"SAME_UPPER"})


def test_unknown_sizes_stay_unknown():
    assert layer_shape("Conv", [None, (8, 3, 2, 2)], {}) is None
    assert layer_shape("Conv", [(None, None, None, 9), (8, 3, 2, 2)], {}) == (None, 8, None, 8)
    assert layer_shape("ConvTranspose", [(None, 3, None), (3, None, 2)], {}) == (None, None, None)
    assert layer_shape("MaxPool", [(None, None, None)], {"kernel_shape": [2]}) == (None, None, None)
    assert layer_shape("Gemm", [(None, 3), (None, None)], {"transA": 1}) == (3, None)


@pytest.mark.parametrize(
    ("operator", "inputs", "attributes", "reason"),
    [
        ("Conv", [(1, 4, 5, 5), (8, 3, 2, 2)], {}, "4 channels, but weights for 3 in each of 1 groups"),
        ("Conv", [(1, 6, 5, 5), (8, 3, 2, 2)], {"group": 3}, "6 channels, but weights for 3 in each of 3 groups"),
        ("Conv", [(1, 6, 5, 5), (8, 2, 2, 2)], {"group": 3}, "8 filters in 3 groups"),
        ("Conv", [(1, 3, 5, 5), (8, 3, 2, 2)], {"group": 0}, "0 groups"),
        (
            "Conv",
            [(1, 3, 5, 5), (8, 3, 2, 2)],
            {"kernel_shape": [3, 2]},
            r"kernel_shape = \[3, 2\], but weights for \[2, 2\]",
        ),
        ("Conv", [(1, 3, 5, 5), (8, 3, 2)], {}, "weights with 3 axes for an input with 4"),
        ("Conv", [(1, 3, 5, 5), (8, 3, 2, None)], {}, "a kernel whose size is not known"),
        ("Conv", [(1, 3), (8, 3)], {}, "an input with 2 axes"),
        ("Conv", [(1, 3, 4, 5), (8, 3, 5, 5)], {}, "a window of 5 on 4"),
        ("Conv", [(1, 3, 4), (8, 3, 5)], {"dilations": [2], "pads": [1, 2]}, r"a window of 9 on 4 \+ 1 \+ 2"),
        ("Conv", [(1, 3, 4), (8, 3, 2)], {"pads": [1, -1]}, "padding below 0"),
        ("Conv", [(1, 3, 4), (8, 3, 2)], {"strides": [0]}, "a size below 1"),
        ("Conv", [(1, 3, 4), (8, 3, 2)], {"strides": [1, 1]}, "attributes that are not for 1 axes"),
        ("Conv", [(1, 3, 4), (8, 3, 2)], {"auto_pad": b"SAME"}, "auto_pad = SAME"),
        (
            "Conv",
            [(1, 3, 4), (8, 3, 2)],
            {"auto_pad": b"VALID", "pads": [0, 1]},
            "auto_pad = VALID beside explicit pads",
        ),
        ("ConvTranspose", [(1, 4, 5), (3, 8, 2)], {}, "4 channels, but weights for 3"),
        ("ConvTranspose", [(1, 3, 2**62), (3, 8, 2)], {"strides": [9]}, "a size beyond 64 bits"),
        ("MaxPool", [(1, 4, 5)], {"kernel_shape": [2], "ceil_mode": 2}, "ceil_mode = 2"),
        ("MaxPool", [(1, 4, 5)], {}, "a kernel whose size is not known"),
        (
            "MaxPool",
            [(1, 4, 5)],
            {"kernel_shape": [1], "pads": [0, 1]},
            "a last window that starts behind an input of 5",
        ),
        (
            "LpPool",
            [(1, 4, 3)],
            {"kernel_shape": [1], "strides": [3], "ceil_mode": 1},
            "a last window that starts behind",
        ),
        ("Gemm", [(2, 3), (4, 5)], {}, "a product of 3 columns with 4 rows"),
        ("Gemm", [(2, 3), (3, 5)], {"transB": 1}, "a product of 3 columns with 5 rows"),
        ("Gemm", [(2, 3, 4), (4, 5)], {}, "factors with 3 and 2 axes instead of 2"),
    ],
)
def test_what_does_not_fit(operator, inputs, attributes, reason):
    with pytest.raises(InputError, match=reason):
        layer_shape(operator, inputs, attributes)


def test_same_as_the_width_of_a_network():
    shape = layer_shape("Conv", [(None, 3, 299, 299), (32, 3, 3, 3)], {"strides": [2, 2]})
    assert math.prod(shape[1:]) == 710_432
