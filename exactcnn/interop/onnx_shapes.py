"""Shapes of the layers of ONNX, by the formulas of the standard.

ONNX's own inference is right about the other operators, but not about these: it gives a window larger than its input a
place, takes the ceiling where `auto_pad` is VALID, and does not look at the channels.

References
----------
.. [1] ONNX, operator schemas Conv, ConvTranspose, MaxPool, AveragePool, LpPool and Gemm,
   https://onnx.ai/onnx/operators/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from exactcnn.errors import InputError

Sizes: TypeAlias = tuple[int | None, ...]
"""A shape; None where a size is not known."""


def layer_shape(operator: str, inputs: Sequence[Sizes | None], attributes: Mapping[str, Any]) -> Sizes | None:
    """Shape of the outputs of a layer.

    Parameters
    ----------
    operator : str
        One of SHAPES.
    inputs : sequence of shapes
        Those of the node, None where nothing is known.
    attributes : mapping

    Returns
    -------
    tuple of (int or None), or None
        None where the number of axes does not follow.

    Raises
    ------
    InputError
        For shapes and attributes that do not fit together, and where the standard does not say what the size is.

    Examples
    --------
    >>> layer_shape("Conv", [(None, 3, 224, 224), (64, 3, 7, 7)], {"strides": [2, 2], "pads": [3, 3, 3, 3]})
    (None, 64, 112, 112)
    """
    positions, formula = SHAPES[operator]
    operands = [inputs[position] for position in positions]
    if any(shape is None for shape in operands):
        return None
    shape = formula(*operands, attributes)
    _expect(all(size is None or size < 2**63 for size in shape), "a size beyond 64 bits")
    return shape


@dataclass(frozen=True)
class _Axis:
    """The windows along one axis; `reach` is the size of a dilated kernel."""

    reach: int
    stride: int
    dilation: int
    before: int
    after: int


def _convolution(shape: Sizes, weights: Sizes, attributes: Mapping[str, Any]) -> Sizes:
    batch, channels, sizes = _feature_map(shape)
    _expect(len(weights) == len(shape), f"weights with {len(weights)} axes for an input with {len(shape)}")
    filters, group = weights[0], attributes.get("group", 1)
    _fit_channels(channels, weights[1], group)
    _expect(filters is None or filters % group == 0, f"{filters} filters in {group} groups")
    same = _automatic(attributes).startswith("SAME")

    def count(size: int, axis: _Axis) -> int:
        return -(-size // axis.stride) if same else (size + axis.before + axis.after - axis.reach) // axis.stride + 1

    return batch, filters, *_counts(sizes, _axes(attributes, len(sizes), weights[2:]), count)


def _transposed_convolution(shape: Sizes, weights: Sizes, attributes: Mapping[str, Any]) -> Sizes:
    batch, channels, sizes = _feature_map(shape)
    _expect(len(weights) == len(shape), f"weights with {len(weights)} axes for an input with {len(shape)}")
    group, filters = attributes.get("group", 1), weights[1]
    _expect(group > 0, f"{group} groups")
    _expect(channels is None or weights[0] in (None, channels), f"{channels} channels, but weights for {weights[0]}")
    axes = list(_axes(attributes, len(sizes), weights[2:]))
    extra = attributes.get("output_padding", [0] * len(axes))
    given = attributes.get("output_shape", [None] * len(axes))
    _expect(len(extra) == len(given) == len(axes), f"attributes that are not for {len(axes)} axes")
    same = _automatic(attributes).startswith("SAME")
    after = []
    for size, axis, more, wanted in zip(sizes, axes, extra, given, strict=True):
        _expect(0 <= more < max(axis.stride, axis.dilation), f"output_padding = {more}, not below stride or dilation")
        full = None if size is None else axis.stride * (size - 1) + more + axis.reach
        if wanted is None and size is not None and same:
            wanted = size * axis.stride
        if wanted is not None:  # padding takes the rest away; what there is not cannot be taken
            _expect(full is None or 1 <= wanted <= full, f"an output of {wanted} from at most {full}")
            after.append(wanted)
        else:
            after.append(None if full is None else full - axis.before - axis.after)
            _expect(
                full is None or after[-1] >= 1, f"padding of {axis.before} and {axis.after} leaves nothing of {full}"
            )
    return batch, None if filters is None else filters * group, *after


def _pooling(shape: Sizes, attributes: Mapping[str, Any], *, drops: bool = True) -> Sizes:
    """Pooled shape; `drops` where the standard says that a window which starts in the padding at the end is ignored."""
    batch, channels, sizes = _feature_map(shape)
    automatic, ceil = _automatic(attributes), attributes.get("ceil_mode", 0)
    _expect(ceil in (0, 1), f"ceil_mode = {ceil}")

    def count(size: int, axis: _Axis) -> int:
        if automatic.startswith("SAME"):  # ceil(n / s) = floor((n - 1) / s) + 1: the same for either ceil_mode
            return -(-size // axis.stride)
        room = size + axis.before + axis.after - axis.reach
        if automatic == "VALID":  # ceil((room + 1) / s) = floor(room / s) + 1: the same for either ceil_mode
            return room // axis.stride + 1
        windows = (-(-room // axis.stride) if ceil else room // axis.stride) + 1
        end = size + axis.before
        if ceil and drops and (windows - 1) * axis.stride >= end:
            windows -= 1
        # A second one, one without ceil_mode: the standard is not clear, and runtimes refuse such padding or differ.
        _expect((windows - 1) * axis.stride < end, f"a last window that starts behind an input of {size}")
        return windows

    return batch, channels, *_counts(sizes, _axes(attributes, len(sizes), (None,) * len(sizes)), count)


def _matrix_product(left: Sizes, right: Sizes, attributes: Mapping[str, Any]) -> Sizes:
    _expect(len(left) == len(right) == 2, f"factors with {len(left)} and {len(right)} axes instead of 2")
    rows, inner = left[::-1] if attributes.get("transA", 0) else left
    also, columns = right[::-1] if attributes.get("transB", 0) else right
    _expect(None in (inner, also) or inner == also, f"a product of {inner} columns with {also} rows")
    return rows, columns


SHAPES: Mapping[str, tuple[tuple[int, ...], Callable[..., Sizes]]] = {
    "Conv": ((0, 1), _convolution),
    "ConvInteger": ((0, 1), _convolution),
    "QLinearConv": ((0, 3), _convolution),
    "DeformConv": ((0, 1), _convolution),
    "ConvTranspose": ((0, 1), _transposed_convolution),
    "MaxPool": ((0,), _pooling),
    "AveragePool": ((0,), _pooling),
    "LpPool": ((0,), partial(_pooling, drops=False)),
    "Gemm": ((0, 1), _matrix_product),
}
"""The operators with a formula here: positions of the inputs that it takes, and the formula."""


def _feature_map(shape: Sizes) -> tuple[int | None, int | None, Sizes]:
    _expect(len(shape) >= 3, f"an input with {len(shape)} axes; a batch of feature maps has 3 or more")
    return shape[0], shape[1], shape[2:]


def _fit_channels(channels: int | None, weights: int | None, group: int) -> None:
    _expect(group > 0, f"{group} groups")
    fits = None in (channels, weights) or channels == (weights or 0) * group
    _expect(fits, f"{channels} channels, but weights for {weights} in each of {group} groups")


def _automatic(attributes: Mapping[str, Any]) -> str:
    """`auto_pad`, which excludes explicit padding."""
    value: str = attributes.get("auto_pad", b"NOTSET").decode(errors="replace") or "NOTSET"
    _expect(value in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"), f"auto_pad = {value}")
    _expect(value == "NOTSET" or not any(attributes.get("pads", ())), f"auto_pad = {value} beside explicit pads")
    return value


def _axes(attributes: Mapping[str, Any], count: int, kernel: Sizes) -> Iterator[_Axis]:
    """Windows along every axis; `kernel` is that of the weights, None where there are none."""
    sizes = attributes.get("kernel_shape", kernel)
    strides = attributes.get("strides", [1] * count)
    dilations = attributes.get("dilations", [1] * count)
    pads = attributes.get("pads", [0] * (2 * count))
    lengths = (len(sizes), len(strides), len(dilations), len(pads))
    _expect(lengths == (count, count, count, 2 * count), f"attributes that are not for {count} axes")
    _expect(None not in sizes, "a kernel whose size is not known")
    _expect(
        all(known in (None, size) for known, size in zip(kernel, sizes, strict=True)),
        f"kernel_shape = {list(sizes)}, but weights for {list(kernel)}",
    )
    _expect(min((*sizes, *strides, *dilations)) >= 1 and min(pads) >= 0, "a size below 1, or padding below 0")
    for index, (size, stride, dilation) in enumerate(zip(sizes, strides, dilations, strict=True)):
        yield _Axis((size - 1) * dilation + 1, stride, dilation, pads[index], pads[count + index])


def _counts(sizes: Sizes, axes: Iterator[_Axis], count: Callable[[int, _Axis], int]) -> Iterator[int | None]:
    for size, axis in zip(sizes, axes, strict=True):
        windows = None if size is None else count(size, axis)
        padded = f"{size} + {axis.before} + {axis.after}" if axis.before or axis.after else f"{size}"
        _expect(windows is None or windows >= 1, f"a window of {axis.reach} on {padded}")
        yield windows


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise InputError(otherwise)
