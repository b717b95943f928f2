"""Widths from layer shapes alone: kernels, strides, padding and channels, without patches or parameters.

`Network` builds the patches of every layer; the widths of a network of ImageNet size need only this arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, TypeAlias

from exactcnn.display import times
from exactcnn.errors import InputError


@dataclass(frozen=True)
class LayerWidth:
    """One layer of a network, as far as its width goes.

    Parameters
    ----------
    number : int
        The index k: convolutions, pooling and fully connected layers on the longest way from the input, itself
        included. A concatenation has the number of its deepest branch.
    name : str
    shape : tuple of int
        (channels, *sizes), or (n,).
    """

    number: int
    name: str
    shape: tuple[int, ...]

    @property
    def width(self) -> int:
        """n_k."""
        return math.prod(self.shape)

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form."""
        return {"number": self.number, "name": self.name, "shape": list(self.shape), "width": self.width}

    def __str__(self) -> str:
        return f"k = {self.number}, {self.name}: {times(self.shape)} = {self.width}"


@dataclass(frozen=True)
class Window:
    """A convolution, or pooling where `filters` is None; a separable convolution counts as one layer.

    Parameters
    ----------
    kernel : int or (int, int)
    filters : int or None
        Of separable convolutions, the pointwise ones.
    stride : int
    padding : int or None
        On every side; None is half of the kernel, rounded down.
    transposed : bool
        A transposed convolution, which multiplies the sizes by its stride (kernel = stride).
    name : str
        By default the size and the kind.
    """

    kernel: int | tuple[int, int]
    filters: int | None
    _: KW_ONLY
    stride: int = 1
    padding: int | None = 0
    transposed: bool = False
    name: str = ""


@dataclass(frozen=True)
class Dense:
    """A fully connected layer."""

    units: int


@dataclass(frozen=True)
class Parallel:
    """Branches with a common input, concatenated along the channels, or added where `add` says so.

    An empty branch is the identity.
    """

    branches: tuple[tuple[LayerShape, ...], ...]
    _: KW_ONLY
    add: bool = False
    name: str = "concatenation"


LayerShape: TypeAlias = Window | Dense | Parallel
"""A layer, or layers side by side."""


def layer_widths(input_shape: Sequence[int], layers: Sequence[LayerShape]) -> tuple[LayerWidth, ...]:
    """List all layers with their widths, the output layer last.

    Parameters
    ----------
    input_shape : sequence of int
        (channels, height, width).
    layers : sequence of LayerShape

    Raises
    ------
    InputError
        For a window larger than its input, and for branches whose outputs do not fit together.

    Examples
    --------
    >>> stem = [Window(3, 32, stride=2), Window(3, 32), Window(3, 64, padding=1)]
    >>> print(layer_widths((3, 299, 299), stem)[-1])
    k = 3, 3×3 convolution: 64 × 147 × 147 = 1382976
    """
    return tuple(_walk(LayerWidth(0, "input", tuple(input_shape)), layers)[1])


def _walk(below: LayerWidth, layers: Sequence[LayerShape]) -> tuple[LayerWidth, list[LayerWidth]]:
    """Return the last layer of a sequence, and all of them."""
    found: list[LayerWidth] = []
    for layer in layers:
        if isinstance(layer, Dense):
            below = LayerWidth(below.number + 1, "fully connected", (layer.units,))
            found.append(below)
        elif isinstance(layer, Window):
            below = _window(below, layer)
            found.append(below)
        else:
            ends = []
            for branch in layer.branches:
                end, inside = _walk(below, branch)
                ends.append(end)
                found += inside
            below = _joined(layer, ends)
            if not layer.add:
                found.append(below)
    return below, found


def _window(below: LayerWidth, layer: Window) -> LayerWidth:
    channels, *sizes = below.shape
    kernel = (layer.kernel, layer.kernel) if isinstance(layer.kernel, int) else layer.kernel
    if layer.transposed:
        after = [size * layer.stride for size in sizes]
    else:
        pads = [k // 2 if layer.padding is None else layer.padding for k in kernel]
        after = [(n + 2 * p - k) // layer.stride + 1 for n, p, k in zip(sizes, pads, kernel, strict=True)]
    kind = "pooling" if layer.filters is None else "transposed convolution" if layer.transposed else "convolution"
    name = layer.name or f"{kernel[0]}×{kernel[1]} {kind}"
    if min(after) < 1:
        raise InputError(f"{name} on {below.shape}; expected a window within its input")
    return LayerWidth(below.number + 1, name, (channels if layer.filters is None else layer.filters, *after))


def _joined(layer: Parallel, ends: Sequence[LayerWidth]) -> LayerWidth:
    shapes = {end.shape if layer.add else end.shape[1:] for end in ends}
    if len(shapes) != 1:
        raise InputError(f"{layer.name} of {', '.join(str(end.shape) for end in ends)}; expected shapes that fit")
    channels = ends[0].shape[0] if layer.add else sum(end.shape[0] for end in ends)
    return LayerWidth(max(end.number for end in ends), layer.name, (channels, *ends[0].shape[1:]))
