"""Regular patch structures: convolutions in any dimension, pooling, fully connected layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from exactcnn.errors import InputError
from exactcnn.patches.graph import PADDING, PatchGraph

Layout = Literal["channels-first", "channels-last"]
MAX_SLOTS = 2**28  # 2 GiB of int64


@dataclass(frozen=True)
class Patches:
    """A patch graph together with the grid of its positions.

    Parameters
    ----------
    graph : PatchGraph
        The patches; for a convolution in C order of ``spatial``.
    spatial : tuple of int
        Output positions along each axis.
    """

    graph: PatchGraph
    spatial: tuple[int, ...]


def convolution(
    shape: Sequence[int],
    kernel: int | Sequence[int],
    *,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    layout: Layout = "channels-first",
) -> Patches:
    """Patches of a convolution in any dimension.

    Parameters
    ----------
    shape : sequence of int
        ``(channels, *spatial)`` of the layer below.
    kernel, stride, padding, dilation : int or sequence of int
        One number for all axes, or one for each. Padding is zero padding on both sides.
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
    """
    channels, spatial = _shape(shape)
    window, grid = _window(spatial, kernel, stride, padding, dilation, channels)
    neurons = _neurons(window[:, None, :], np.arange(channels)[None, :, None], channels, spatial, layout)
    return Patches(PatchGraph(channels * math.prod(spatial), neurons.reshape(len(window), -1)), grid)


def conv1d(
    shape: Sequence[int],
    kernel: int,
    *,
    stride: int = 1,
    padding: int = 0,
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
    padding: int | Sequence[int] = 0,
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
    padding: int | Sequence[int] = 0,
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
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    layout: Layout = "channels-first",
) -> Patches:
    """Patches of a pooling layer, channel by channel; parameters as for `convolution`, stride = kernel by default.

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
    """
    channels, spatial = _shape(shape)
    stride = kernel if stride is None else stride
    window, grid = _window(spatial, kernel, stride, padding, dilation, channels)
    each = np.arange(channels)
    if layout == "channels-first":
        neurons = _neurons(window[None], each[:, None, None], channels, spatial, layout)
    else:
        neurons = _neurons(window[:, None], each[None, :, None], channels, spatial, layout)
    return Patches(PatchGraph(channels * math.prod(spatial), neurons.reshape(-1, window.shape[1])), grid)


def _window(
    spatial: tuple[int, ...],
    kernel: int | Sequence[int],
    stride: int | Sequence[int],
    padding: int | Sequence[int],
    dilation: int | Sequence[int],
    channels: int,
) -> tuple[NDArray[np.int64], tuple[int, ...]]:
    """Flat spatial index (or padding) of every (position, place in the kernel), and the grid of positions."""
    axes = len(spatial)
    kernels = per_axis("kernel", kernel, axes, 1)
    strides = per_axis("stride", stride, axes, 1)
    paddings = per_axis("padding", padding, axes, 0)
    dilations = per_axis("dilation", dilation, axes, 1)
    grid = []
    for size, width, step, pad, gap in zip(spatial, kernels, strides, paddings, dilations, strict=True):
        reach = gap * (width - 1) + 1
        if pad >= reach:
            raise InputError(f"padding = {pad}; expected less than the dilated kernel, {reach}")
        if reach > size + 2 * pad:
            room = size + 2 * pad
            spans = "" if gap == 1 else f" with dilation = {gap} spans {reach}, which"
            raise InputError(
                f"kernel = {width}{spans} is larger than its {'padded input' if pad else 'input'} of {room}; "
                f"expected at most {(room - 1) // gap + 1}"
            )
        grid.append((size + 2 * pad - reach) // step + 1)
    slots = math.prod(grid) * math.prod(kernels) * channels
    if slots > MAX_SLOTS:
        raise InputError(f"shape gives {slots} slots ({slots * 8 / 2**30:.1f} GiB); expected at most {MAX_SLOTS}")
    flat = np.zeros((1, 1), dtype=np.int64)
    for size, width, step, pad, gap, places in zip(spatial, kernels, strides, paddings, dilations, grid, strict=True):
        along = np.arange(places)[:, None] * step - pad + np.arange(width)[None] * gap
        inside = (along >= 0) & (along < size)
        ok = (flat != PADDING)[:, None, :, None] & inside[None, :, None, :]
        flat = np.where(ok, flat[:, None, :, None] * size + along[None, :, None, :], PADDING)
        flat = flat.reshape(flat.shape[0] * places, -1)
    return flat, tuple(grid)


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
