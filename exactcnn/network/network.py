"""A network: layers resolved against their inputs, in the paper's numbering.

The input has shape (channels, height, width), (channels, length) or (d,) and is numbered in C order. Neuron p T + t
of a convolutional layer is filter t at patch p, so feature maps of hidden layers are numbered channels last.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from exactcnn.display import Shown, did_you_mean
from exactcnn.domains.arguments import fields_taken, typed
from exactcnn.errors import InputError
from exactcnn.network.activations import Activation, activation
from exactcnn.network.kinds.convolution import Convolved as Convolved
from exactcnn.network.kinds.kind import Description, positive
from exactcnn.network.kinds.kind import ResolvedLayer as ResolvedLayer
from exactcnn.network.kinds.max_pooling import Pooled as Pooled
from exactcnn.network.layers import Layer
from exactcnn.patches.builders import Layout


@typed
@dataclass(frozen=True, init=False)
class Network(Shown):
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
    >>> from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
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
        self,
        input_shape: Sequence[int],
        layers: Sequence[Layer | Description],
        *,
        activation: str | Activation | None = None,
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
        _refuse_equal_names(self.names)

    @property
    def widths(self) -> tuple[int, ...]:
        """Numbers of neurons (n_0, ..., n_L)."""
        return math.prod(self.input_shape), *(layer.width for layer in self.resolved)

    @property
    def names(self) -> tuple[str, ...]:
        """What the user calls layers 1 to L; numbers where there is no name."""
        return tuple(layer.name for layer in self.resolved)

    @typed
    def layer(self, number: int | str) -> ResolvedLayer:
        """Layer k, counted from 1, or the layer of that name.

        Raises
        ------
        InputError
            If there is none.

        Examples
        --------
        >>> from exactcnn.network.layers import FullyConnected
        >>> network = Network((2,), [FullyConnected(3, name="fc1"), FullyConnected(1, name="fc2")])
        >>> network.layer("fc2").number
        2
        >>> network.layer("dense")
        Traceback (most recent call last):
        ...
        exactcnn.errors.InputError: layer 'dense' is not known; expected one of fc1, fc2
        """
        if isinstance(number, str):
            if number not in self.names:
                hint = did_you_mean(number, self.names) or f"; expected one of {', '.join(self.names)}"
                raise InputError(f"layer {number!r} is not known{hint}")
            return self.resolved[self.names.index(number)]
        if not 1 <= number <= len(self.resolved):
            raise InputError(f"layer {number}; expected a layer from 1 to {len(self.resolved)}")
        return self.resolved[number - 1]

    def convolved(self, number: int) -> Convolved:
        """Layer k, which must be convolutional or fully connected."""
        layer = self.layer(number)
        if not isinstance(layer, Convolved):
            raise InputError(f"layer {number} is {layer.kind}; expected a convolutional or fully connected layer")
        return layer

    def activations(self, upto: int) -> tuple[Activation | None, ...]:
        """Nonlinearities of layers 1 to `upto`; None for layers without one, such as max-pooling."""
        return tuple(layer.activation for layer in self.resolved[:upto])

    @typed
    def wide_layers(self, samples: int) -> tuple[int, ...]:
        """Layers k with n_k >= N, the width condition of Theorems 3.4 and 3.5."""
        return tuple(layer.number for layer in self.resolved if layer.width >= samples)

    @typed
    def is_pyramidal_from(self, number: int) -> bool:
        """Whether n_k >= n_(k+1) >= ... >= n_L, the condition of Section 4 for layer k = `number`."""
        return all(above <= below for below, above in itertools.pairwise(self.widths[number:]))


def _refuse_equal_names(names: Sequence[str]) -> None:
    for number, name in enumerate(names, 1):
        if name in names[: number - 1]:
            raise InputError(f"layers {names.index(name) + 1} and {number} are named {name!r}; expected two names")


def _resolved(shape: tuple[int, ...], layers: tuple[Any, ...], default: str | Activation | None) -> list[ResolvedLayer]:
    if default is not None and not isinstance(default, Activation):
        default = activation(default)
    layout: Layout = "channels-first"
    result: list[ResolvedLayer] = []
    for number, description in enumerate(layers, 1):
        try:
            layer = fields_taken(description).resolve(number, shape, layout, default)
        except InputError as error:
            raise InputError(f"layer {number} ({description.kind}): {error}") from None
        except OverflowError:
            raise InputError(f"layer {number} ({description.kind}): a size beyond 64 bits; expected less") from None
        shape, layout = layer.shape, layer.layout
        result.append(layer)
    return result
