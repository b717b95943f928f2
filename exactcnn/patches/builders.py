"""Regular patch structures: convolutions in any dimension, pooling, fully connected layers.

Padding is what frameworks write: a number for all sides, one for each axis, all beginnings and then all ends (as ONNX
lists them: top, left, bottom, right), or "same": as many positions as the size divided by the stride, rounded up, the
odd slot at the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exactcnn.errors import InputError
from exactcnn.patches.graph import PADDING, PatchGraph

Layout = Literal["channels-first", "channels-last"]
MAX_SLOTS = 2**28  # 2 GiB of int64

Padding: TypeAlias = int | Sequence[int] | Literal["same", "valid"]
"""How many slots beyond the input a window may reach, see above; "valid" is 0."""


@dataclass(frozen=True)
class Patches:
    """A patch graph together with the grid of its positions.

    Parameters
    ----------
    graph : PatchGraph
        The patches; for a convolution in C order of ``spatial``.
    spatial : tuple of int
        Output positions along each axis.
    counted : ndarray of int64 (P,) or None
        Of pooling: slots of each patch in the input or its padding; `ceil_mode` has slots beyond.
    """

    graph: PatchGraph
    spatial: tuple[int, ...]
    counted: NDArray[np.int64] | None = None


def convolution(
    shape: Sequence[int],
    kernel: int | Sequence[int],
    *,
    stride: int | Sequence[int] = 1,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
    layout: Layout = "channels-first",
) -> Patches:
    """Patches of a convolution in any dimension.

    Parameters
    ----------
    shape : sequence of int
        ``(channels, *spatial)`` of the layer below.
    kernel, stride, dilation : int or sequence of int
        One number for all axes, or one for each.
    padding : int, sequence of int, "same" or "valid"
        Zero padding: one number for all sides, one for each axis, or all beginnings and then all ends.
    layout : {"channels-first", "channels-last"}
        Numbering of the neurons below: C order of ``(channels, *spatial)``, as in an image; or of
        ``(*spatial, channels)``, the paper's order h = p T + t of the neurons of a convolutional layer.

    Returns
    -------
    Patches
        Positions in C order; slots channel-major, as PyTorch flattens its weights.

    Raises
    ------
    InputError
        For numbers out of range, a kernel larger than the padded input, padding as large as the dilated kernel,
        sizes beyond memory.

    References
    ----------
    Nguyen and Hein, ICML 2018, Definition 2.1.

    Examples
    --------
    >>> convolution((1, 3, 3), 2).graph.slots.tolist()
    [[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]]
    >>> convolution((2, 3), 2, layout="channels-last").graph.slots.tolist()
    [[0, 2, 1, 3], [2, 4, 3, 5]]
    >>> convolution((1, 3), 2, padding=(0, 1)).graph.slots.tolist()
    [[0, 1], [1, 2], [2, -1]]
    """
    channels, spatial = _shape(shape)
    window, _, grid = _window(spatial, kernel, stride, padding, dilation, channels)
    neurons = _neurons(window[:, None, :], np.arange(channels)[None, :, None], channels, spatial, layout)
    return Patches(PatchGraph(channels * math.prod(spatial), neurons.reshape(len(window), -1)), grid)


def conv1d(
    shape: Sequence[int],
    kernel: int,
    *,
    stride: int = 1,
    padding: Padding = 0,
    dilation: int = 1,
    layout: Layout = "channels-first",
) -> Patches:
    """Patches of a convolution of a (channels, length) layer; see `convolution`.

    Examples
    --------
    >>> conv1d((1, 5), 3).graph.slots.tolist()
    [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    """
    _dimension("conv1d", shape, 1)
    return convolution(shape, kernel, stride=stride, padding=padding, dilation=dilation, layout=layout)


def conv2d(
    shape: Sequence[int],
    kernel: int | Sequence[int],
    *,
    stride: int | Sequence[int] = 1,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
    layout: Layout = "channels-first",
) -> Patches:
    """Patches of a convolution of a (channels, height, width) layer; see `convolution`.

    Examples
    --------
    >>> conv2d((3, 32, 32), 5, stride=2, padding=2).spatial
    (16, 16)
    """
    _dimension("conv2d", shape, 2)
    return convolution(shape, kernel, stride=stride, padding=padding, dilation=dilation, layout=layout)


def conv3d(
    shape: Sequence[int],
    kernel: int | Sequence[int],
    *,
    stride: int | Sequence[int] = 1,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
    layout: Layout = "channels-first",
) -> Patches:
    """Patches of a convolution of a (channels, depth, height, width) layer; see `convolution`.

    Examples
    --------
    >>> conv3d((1, 4, 4, 4), 2, stride=2).graph.patch_count
    8
    """
    _dimension("conv3d", shape, 3)
    return convolution(shape, kernel, stride=stride, padding=padding, dilation=dilation, layout=layout)


def fully_connected(neurons: int) -> Patches:
    """One patch of all neurons.

    Examples
    --------
    >>> fully_connected(3).graph.slots.tolist()
    [[0, 1, 2]]
    """
    if neurons < 1:
        raise InputError(f"neurons = {neurons}; expected a positive integer")
    return Patches(PatchGraph(neurons, np.arange(neurons, dtype=np.int64)[None]), ())


def pooling(
    shape: Sequence[int],
    kernel: int | Sequence[int],
    *,
    stride: int | Sequence[int] | None = None,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    layout: Layout = "channels-first",
) -> Patches:
    """Patches of a pooling layer, channel by channel; parameters as for `convolution`, stride = kernel by default.

    With `ceil_mode` there is one more position where windows end before the input does, as long as it begins in the
    input or the padding before it; what it reads beyond the padding is padding, too, but is not counted.

    Returns
    -------
    Patches
        One patch for each position and channel, numbered in the same layout as the neurons below.
        A padding slot never wins a maximum.

    References
    ----------
    Nguyen and Hein, ICML 2018, Definition 2.3 (max-pooling).

    Examples
    --------
    >>> pooling((2, 4), 2).graph.slots.tolist()
    [[0, 1], [2, 3], [4, 5], [6, 7]]
    >>> pooling((2, 4), 2, layout="channels-last").graph.slots.tolist()
    [[0, 2], [1, 3], [4, 6], [5, 7]]
    >>> partial = pooling((1, 3), 2, ceil_mode=True)
    >>> partial.graph.slots.tolist(), partial.counted.tolist()
    ([[0, 1], [2, -1]], [2, 1])
    """
    channels, spatial = _shape(shape)
    stride = kernel if stride is None else stride
    window, counted, grid = _window(spatial, kernel, stride, padding, dilation, channels, ceil_mode)
    each = np.arange(channels)
    if layout == "channels-first":
        neurons = _neurons(window[None], each[:, None, None], channels, spatial, layout)
    else:
        neurons = _neurons(window[:, None], each[None, :, None], channels, spatial, layout)
    graph = PatchGraph(channels * math.prod(spatial), neurons.reshape(-1, window.shape[1]))
    each_patch = np.tile(counted, channels) if layout == "channels-first" else np.repeat(counted, channels)
    return Patches(graph, grid, each_patch)


def sides(
    padding: Padding, sizes: Sequence[int], reaches: Sequence[int], strides: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """Padding before and after each axis.

    Parameters
    ----------
    padding : int, sequence of int, "same" or "valid"
    sizes, reaches, strides : sequence of int
        Of the input, of the dilated kernel and of the steps, along each axis.

    Examples
    --------
    >>> sides((1, 2), (8, 8), (3, 5), (1, 1)), sides((0, 1, 2, 3), (8, 8), (5, 5), (1, 1))
    (((1, 1), (2, 2)), ((0, 2), (1, 3)))
    >>> sides("same", (8, 7), (3, 2), (2, 1))
    ((0, 1), (0, 1))
    """
    axes = len(sizes)
    if padding == "valid":
        return ((0, 0),) * axes
    if padding == "same":
        totals = [
            max((math.ceil(size / step) - 1) * step + reach - size, 0)
            for size, reach, step in zip(sizes, reaches, strides, strict=True)
        ]
        return tuple((total // 2, total - total // 2) for total in totals)
    given: Any = padding
    numbers: tuple[Any, ...] = (given,) * axes if isinstance(given, int | np.integer) else tuple(given)
    if len(numbers) == axes:
        numbers += numbers
    valid = all(isinstance(v, int | np.integer) and not isinstance(v, bool) and v >= 0 for v in numbers)
    if isinstance(given, str) or len(numbers) != 2 * axes or not valid:
        each = f"one integer, {axes} or {2 * axes} (beginnings, then ends)"
        raise InputError(f"padding = {padding!r}; expected {each}, at least 0, or 'same' or 'valid'")
    pairs = tuple((int(v), int(w)) for v, w in zip(numbers[:axes], numbers[axes:], strict=True))
    for pair, reach in zip(pairs, reaches, strict=True):
        if max(pair) >= reach:
            raise InputError(f"padding = {max(pair)}; expected less than the dilated kernel, {reach}")
    return pairs


def _window(
    spatial: tuple[int, ...],
    kernel: int | Sequence[int],
    stride: int | Sequence[int],
    padding: Padding,
    dilation: int | Sequence[int],
    channels: int,
    ceil_mode: bool = False,
) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[int, ...]]:
    """Flat spatial index (or padding) of every (position, place in the kernel), places counted, and the grid."""
    axes = len(spatial)
    kernels = per_axis("kernel", kernel, axes, 1)
    strides = per_axis("stride", stride, axes, 1)
    dilations = per_axis("dilation", dilation, axes, 1)
    reaches = tuple(gap * (width - 1) + 1 for width, gap in zip(kernels, dilations, strict=True))
    pads = sides(padding, spatial, reaches, strides)
    grid = []
    for size, width, step, (before, after), gap, reach in zip(
        spatial, kernels, strides, pads, dilations, reaches, strict=True
    ):
        room = size + before + after
        partial = ceil_mode and padding != "same"
        places = (-((reach - room) // step) if partial else (room - reach) // step) + 1
        if partial and (places - 1) * step >= size + before:  # it would begin in the padding behind, or beyond
            places -= 1
        if places < 1:
            spans = "" if gap == 1 else f" with dilation = {gap} spans {reach}, which"
            raise InputError(
                f"kernel = {width}{spans} is larger than its {'padded input' if room > size else 'input'} of {room}; "
                f"expected at most {(room - 1) // gap + 1}"
            )
        grid.append(places)
    slots = math.prod(grid) * math.prod(kernels) * channels
    if slots > MAX_SLOTS:
        raise InputError(f"shape gives {slots} slots ({slots * 8 / 2**30:.1f} GiB); expected at most {MAX_SLOTS}")
    flat, counted = np.zeros((1, 1), dtype=np.int64), np.ones(1, dtype=np.int64)
    for size, width, step, (before, after), gap, places in zip(
        spatial, kernels, strides, pads, dilations, grid, strict=True
    ):
        along = np.arange(places)[:, None] * step - before + np.arange(width)[None] * gap
        inside = (along >= 0) & (along < size)
        ok = (flat != PADDING)[:, None, :, None] & inside[None, :, None, :]
        flat = np.where(ok, flat[:, None, :, None] * size + along[None, :, None, :], PADDING)
        flat = flat.reshape(flat.shape[0] * places, -1)
        counted = (counted[:, None] * (along < size + after).sum(axis=1)).ravel()
    return flat, counted, tuple(grid)


def _neurons(
    window: NDArray[np.int64], channel: NDArray[np.int64], channels: int, spatial: tuple[int, ...], layout: Layout
) -> NDArray[np.int64]:
    """Neuron of every (place, channel), padding kept."""
    check_layout(layout)
    numbers = channel * math.prod(spatial) + window if layout == "channels-first" else window * channels + channel
    return np.where(window == PADDING, PADDING, numbers)


def check_layout(layout: object) -> None:
    """Refuse what is no layout."""
    if layout not in ("channels-first", "channels-last"):
        raise InputError(f"layout = {layout!r}; expected 'channels-first' or 'channels-last'")


def _dimension(name: str, shape: Sequence[int], axes: int) -> None:
    if len(shape) != axes + 1:
        raise InputError(f"shape = {tuple(shape)}; expected channels and {axes} spatial sizes for {name}")


def _shape(shape: Sequence[int]) -> tuple[int, tuple[int, ...]]:
    if len(shape) < 2 or any(not isinstance(size, (int, np.integer)) or size < 1 for size in shape):
        raise InputError(f"shape = {tuple(shape)}; expected channels and spatial sizes, positive integers")
    return int(shape[0]), tuple(int(size) for size in shape[1:])


def per_axis(name: str, value: int | Sequence[int], axes: int, least: int) -> tuple[int, ...]:
    """Take one integer for every axis, from one for all or one for each."""
    values: tuple[Any, ...] = tuple(value) if isinstance(value, Sequence) else (value,) * axes
    if len(values) != axes or any(not isinstance(v, (int, np.integer)) or v < least for v in values):
        raise InputError(f"{name} = {value}; expected one integer or {axes}, at least {least}")
    return tuple(int(v) for v in values)
