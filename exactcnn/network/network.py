"""A network: layers resolved against their inputs, in the paper's numbering.

The input has shape (channels, height, width), (channels, length) or (d,) and is numbered in C order. Neuron p T + t
of a convolutional layer is filter t at patch p, so feature maps of hidden layers are numbered channels last.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from exactcnn.errors import InputError
from exactcnn.network.activations import Activation, activation
from exactcnn.network.layers import Bias, Convolution, FullyConnected, Layer, MaxPooling
from exactcnn.patches import builders
from exactcnn.patches.builders import Layout
from exactcnn.patches.graph import PADDING, PatchGraph

LARGEST_ARRAY = 2**27  # numbers in one array of a layer: 1 GiB at 8 bytes, above every published ImageNet network


@dataclass(frozen=True, eq=False)
class _Resolved:
    """A layer that knows its input: layer k of the paper, with P patches of size l.

    Attributes
    ----------
    number : int
        The index k, 1 for the first layer above the input.
    patches : PatchGraph
        The patches of layer k - 1 that this layer reads.
    shape : tuple of int
        (channels, *sizes), or (n,) for a layer without spatial structure.
    layout : {"channels-first", "channels-last"}
        Numbering of the neurons of `shape`.
    """

    number: int
    patches: PatchGraph
    shape: tuple[int, ...]
    layout: Layout


@dataclass(frozen=True, eq=False)
class Convolved(_Resolved):
    """A convolutional or fully connected layer: T filters with weights, biases and an activation.

    Attributes
    ----------
    description : Convolution or FullyConnected
        What the user wrote.
    filters : int
        T.
    bias : {"neuron", "filter", "none"}
        "neuron" also where one bias per filter is the same because there is one patch.
    nonlinearity : Activation or None
        None where neither the layer nor the network names one; see `activation`.
    """

    description: Convolution | FullyConnected
    filters: int
    bias: Bias
    nonlinearity: Activation | None

    @property
    def kind(self) -> str:
        """Either "convolution" or "fully-connected"."""
        return self.description.kind

    @property
    def activation(self) -> Activation:
        """The nonlinearity.

        Raises
        ------
        InputError
            If there is none: what needs it must not guess it.
        """
        if self.nonlinearity is None:
            raise InputError(
                f"layer {self.number} ({self.kind}): activation is missing; expected one on the layer or as the "
                "network's default, such as 'relu', 'sigmoid' or 'identity'"
            )
        return self.nonlinearity

    @property
    def width(self) -> int:
        """n_k = T P."""
        return self.filters * self.patches.patch_count

    @property
    def weights_shape(self) -> tuple[int, int]:
        """(l, T)."""
        return self.patches.patch_size, self.filters

    @property
    def biases_count(self) -> int:
        """Number of biases: n_k, T or 0."""
        return {"neuron": self.width, "filter": self.filters, "none": 0}[self.bias]


@dataclass(frozen=True, eq=False)
class Pooled(_Resolved):
    """A max-pooling layer: one neuron for each patch, no parameters."""

    description: MaxPooling

    @property
    def kind(self) -> str:
        """The kind "max-pooling"."""
        return self.description.kind

    @property
    def activation(self) -> None:
        """None: the largest entry is passed on as it is."""
        return

    @property
    def filters(self) -> int:
        """One neuron for each patch."""
        return 1

    @property
    def width(self) -> int:
        """n_k = P."""
        return self.patches.patch_count


ResolvedLayer: TypeAlias = Convolved | Pooled


@dataclass(frozen=True, init=False)
class Network:
    """A convolutional network, every layer resolved against the one below.

    Parameters
    ----------
    input_shape : tuple of int
        (channels, depth, height, width), (channels, height, width), (channels, length) or (d,).
    layers : sequence of Layer
        Layers 1 to L. A nonlinearity acts on every layer, the last one included, unless it says ``"identity"``;
        layers above the one of interest may be left out.
    activation : str or Activation, optional
        Nonlinearity of the layers that name none. Where it is left out, every layer must name its own before anything
        is evaluated; weights and widths need none.

    Raises
    ------
    InputError
        Naming the layer, for sizes, patches and nonlinearities that cannot be, and for arrays beyond a gibibyte.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Section 2.

    Examples
    --------
    >>> layers = [Convolution(113, 5, activation="sigmoid"), MaxPooling(2), FullyConnected(10, activation="identity")]
    >>> network = Network((1, 8, 8), layers)
    >>> network.widths
    (64, 1808, 452, 10)
    >>> network.layer(2).shape
    (113, 2, 2)
    >>> network.wide_layers(1797)
    (1,)
    >>> network.is_pyramidal_from(1)
    True
    """

    input_shape: tuple[int, ...]
    layers: tuple[Layer, ...]
    activation: str | Activation | None
    resolved: tuple[ResolvedLayer, ...] = field(repr=False, compare=False)

    def __init__(
        self, input_shape: Sequence[int], layers: Sequence[Layer], *, activation: str | Activation | None = None
    ) -> None:
        shape = tuple(positive(f"input[{i}]", size) for i, size in enumerate(input_shape))
        if not 1 <= len(shape) <= 4:
            raise InputError(f"input = {list(shape)}; expected [channels, height, width], [channels, length] or [d]")
        if not layers:
            raise InputError("layers is empty; expected at least one layer")
        object.__setattr__(self, "input_shape", shape)
        object.__setattr__(self, "layers", tuple(layers))
        object.__setattr__(self, "activation", activation)
        object.__setattr__(self, "resolved", tuple(_resolved(shape, self.layers, activation)))

    @property
    def widths(self) -> tuple[int, ...]:
        """Numbers of neurons (n_0, ..., n_L)."""
        return math.prod(self.input_shape), *(layer.width for layer in self.resolved)

    def layer(self, number: int) -> ResolvedLayer:
        """Layer k, counted from 1."""
        if not 1 <= number <= len(self.resolved):
            raise InputError(f"layer {number}; expected a layer from 1 to {len(self.resolved)}")
        return self.resolved[number - 1]

    def convolved(self, number: int) -> Convolved:
        """Layer k, which must be convolutional or fully connected."""
        layer = self.layer(number)
        if isinstance(layer, Pooled):
            raise InputError(f"layer {number} is max-pooling; expected a convolutional or fully connected layer")
        return layer

    def activations(self, upto: int) -> tuple[Activation | None, ...]:
        """Nonlinearities of layers 1 to `upto`; None for max-pooling."""
        return tuple(layer.activation for layer in self.resolved[:upto])

    def wide_layers(self, samples: int) -> tuple[int, ...]:
        """Layers k with n_k >= N, the width condition of Theorems 3.4 and 3.5."""
        return tuple(layer.number for layer in self.resolved if layer.width >= samples)

    def is_pyramidal_from(self, number: int) -> bool:
        """Whether n_k >= n_(k+1) >= ... >= n_L, the condition of Section 4 for layer k = `number`."""
        return all(above <= below for below, above in itertools.pairwise(self.widths[number:]))


def _resolved(
    shape: tuple[int, ...], layers: tuple[Layer, ...], default: str | Activation | None
) -> list[ResolvedLayer]:
    if default is not None:
        _nonlinearity(default)
    layout: Layout = "channels-first"
    result: list[ResolvedLayer] = []
    for number, description in enumerate(layers, 1):
        try:
            layer = _resolve(number, description, shape, layout, default)
        except InputError as error:
            raise InputError(f"layer {number} ({description.kind}): {error}") from None
        except OverflowError:
            raise InputError(f"layer {number} ({description.kind}): a size beyond 64 bits; expected less") from None
        shape, layout = layer.shape, layer.layout
        result.append(layer)
    return result


def _resolve(
    number: int, layer: Layer, below: tuple[int, ...], layout: Layout, default: str | Activation | None
) -> ResolvedLayer:
    """Meet one description with the shape and layout of the layer below."""
    if isinstance(layer, MaxPooling):
        patches = _patches(layer, below, layout)
        shape = patches.spatial if layer.patches is not None else (below[0], *patches.spatial)
        if (patches.graph.slots == PADDING).all(axis=1).any():
            raise InputError(f"padding = {layer.padding} leaves a window without neurons; expected less")
        return Pooled(number, patches.graph, shape, layout, layer)
    if layer.bias not in ("neuron", "filter", "none"):
        raise InputError(f"bias = {layer.bias!r}; expected 'neuron', 'filter' or 'none'")
    name = default if layer.activation is None else layer.activation
    nonlinearity = None if name is None else _nonlinearity(name)
    if isinstance(layer, FullyConnected):
        filters = positive("units", layer.units)
        _refuse_beyond_memory("weights", math.prod(below) * filters)
        patches = builders.fully_connected(math.prod(below))
    else:
        filters = positive("filters", layer.filters)
        patches = _patches(layer, below, layout)
        _refuse_beyond_memory("weights", patches.graph.patch_size * filters)
        _refuse_beyond_memory("neurons", patches.graph.patch_count * filters)
    bias: Bias = "neuron" if layer.bias == "filter" and patches.graph.patch_count == 1 else layer.bias
    shape = (filters, *patches.spatial)
    return Convolved(number, patches.graph, shape, "channels-last", layer, filters, bias, nonlinearity)


def _nonlinearity(given: str | Activation) -> Activation:
    return given if isinstance(given, Activation) else activation(given)


def _patches(layer: Convolution | MaxPooling, below: tuple[int, ...], layout: Layout) -> builders.Patches:
    """The patches of a window or of a list."""
    if layer.patches is not None and layer.kernel is None:
        for name in ("stride", "padding", "dilation"):
            if getattr(layer, name) != getattr(type(layer), name):
                raise InputError(f"{name} = {getattr(layer, name)} beside 'patches'; expected it beside 'kernel' only")
        graph = PatchGraph.from_patches(math.prod(below), layer.patches)
        return builders.Patches(graph, (graph.patch_count,))
    if layer.patches is not None or layer.kernel is None:
        raise InputError("expected either 'kernel' or 'patches'")
    if len(below) == 1:
        raise InputError(f"kernel on {below[0]} neurons without spatial sizes; expected 'patches'")
    window: Any = {"padding": layer.padding, "dilation": layer.dilation, "layout": layout}
    if isinstance(layer, Convolution):
        return builders.convolution(below, layer.kernel, stride=layer.stride, **window)
    return builders.pooling(below, layer.kernel, stride=layer.stride, **window)


def positive(name: str, value: Any) -> int:
    """Take a positive integer, and nothing that only looks like one."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise InputError(f"{name} = {value!r}; expected a positive integer")
    return int(value)


def _refuse_beyond_memory(name: str, count: int) -> None:
    if count > LARGEST_ARRAY:
        raise InputError(f"{count} {name} need {count / 2**27:.1f} GiB; expected at most {LARGEST_ARRAY}, 1 GiB")
