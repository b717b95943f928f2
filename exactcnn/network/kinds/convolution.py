"""Convolutional and fully connected layers: filters on patches, biases, an activation."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exactcnn.display import Shown
from exactcnn.domains.arithmetic import A, Arithmetic, Choice, require_slopes
from exactcnn.errors import InputError
from exactcnn.network.activations import Activation, activation
from exactcnn.network.kinds.kind import (
    LayerGradient,
    Padding,
    Patches,
    ResolvedLayer,
    Size,
    Step,
    positive,
    refuse_beyond_memory,
    windows,
)
from exactcnn.patches import builders
from exactcnn.patches.builders import Layout

if TYPE_CHECKING:
    from exactcnn.network.parameters import LayerParameters

Bias: TypeAlias = Literal["neuron", "filter", "none"]


@dataclass(frozen=True)
class Convolution(Shown):
    """A convolutional layer: every filter meets every patch of the layer below.

    Parameters
    ----------
    filters : int
        Number T of filters.
    kernel : int or tuple of int, optional
        Size of the window; one number stands for all spatial dimensions. Either this or `patches`.
    stride, dilation : int or tuple of int
        Of the window.
    padding : int, tuple of int, "same" or "valid"
        Slots that read 0, which Definition 2.1 does not have; verdicts say so. One number for all sides, one for each
        axis, or all beginnings and then all ends: (top, left, bottom, right).
    patches : tuple of tuple of int, optional
        The patches themselves, lists of equally many neurons of the layer below.
    bias : {"neuron", "filter", "none"}
        One bias per neuron (the paper), one per filter (the habit of deep-learning libraries), or none.
    activation : str or Activation, optional
        The nonlinearity, by name or as `define_activation` returns it; the network's default where it is left out.
    name : str, optional
        What the user calls the layer.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Definition 2.1.

    Examples
    --------
    >>> Convolution(16, 3, activation="relu").bias
    'neuron'
    """

    kind: ClassVar = "convolution"

    filters: int
    kernel: Size | None = None
    _: KW_ONLY
    stride: Size = 1
    padding: Padding = 0
    dilation: Size = 1
    patches: Patches | None = None
    bias: Bias = "neuron"
    activation: str | Activation | None = None
    name: str | None = None

    def resolve(self, number: int, below: tuple[int, ...], layout: Layout, default: Activation | None) -> Convolved:
        """Meet the shape and the numbering of the layer below."""
        nonlinearity = _nonlinearity(self.activation, default)
        filters = positive("filters", self.filters)
        patches = windows(self, below, layout, builders.convolution)
        refuse_beyond_memory("weights", patches.graph.patch_size * filters)
        refuse_beyond_memory("neurons", patches.graph.patch_count * filters)
        bias: Bias = "neuron" if self.bias == "filter" and patches.graph.patch_count == 1 else self.bias
        shape = (filters, *patches.spatial)
        return Convolved(number, patches.graph, shape, "channels-last", filters, self, bias, nonlinearity)


@dataclass(frozen=True)
class FullyConnected(Shown):
    """A fully connected layer: a convolution whose only patch is the whole layer below.

    Parameters
    ----------
    units : int
        Number of neurons.
    bias : {"neuron", "filter", "none"}
        With a single patch, one bias per filter is one bias per neuron.
    activation : str or Activation, optional
        The nonlinearity; the network's default where it is left out. An output layer without
        nonlinearity says ``"identity"``.
    name : str, optional
        What the user calls the layer.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Definition 2.2.

    Examples
    --------
    >>> FullyConnected(10, activation="identity").units
    10
    """

    kind: ClassVar = "fully-connected"

    units: int
    _: KW_ONLY
    bias: Bias = "neuron"
    activation: str | Activation | None = None
    name: str | None = None

    def resolve(self, number: int, below: tuple[int, ...], layout: Layout, default: Activation | None) -> Convolved:
        """Meet the shape of the layer below."""
        nonlinearity = _nonlinearity(self.activation, default)
        units = positive("units", self.units)
        refuse_beyond_memory("weights", math.prod(below) * units)
        graph = builders.fully_connected(math.prod(below)).graph
        bias: Bias = "neuron" if self.bias == "filter" else self.bias
        return Convolved(number, graph, (units,), "channels-last", units, self, bias, nonlinearity)


@dataclass(frozen=True, eq=False)
class Convolved(ResolvedLayer):
    """A convolutional or fully connected layer: T filters with weights, biases and an activation.

    Attributes
    ----------
    description : Convolution or FullyConnected
    bias : {"neuron", "filter", "none"}
        "neuron" also where one bias per filter is the same because there is one patch.
    nonlinearity : Activation or None
        None where neither the layer nor the network names one; see `activation`.
    """

    linear: ClassVar = True

    description: Convolution | FullyConnected
    bias: Bias
    nonlinearity: Activation | None

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
    def weights_shape(self) -> tuple[int, int]:
        """(l, T)."""
        return self.patches.patch_size, self.filters

    @property
    def biases_count(self) -> int:
        """Number of biases: n_k, T or 0."""
        return {"neuron": self.width, "filter": self.filters, "none": 0}[self.bias]

    @property
    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """(l, T) of the weights; (n_k,) or (T,) of the biases, if there are any."""
        shapes: dict[str, tuple[int, ...]] = {"W": self.weights_shape}
        return shapes if self.bias == "none" else shapes | {"b": (self.biases_count,)}

    def document(self) -> dict[str, Any]:
        """A fully connected layer is the convolution whose only patch is the whole layer below."""
        own = {"filters": self.filters, "bias": self.bias, "activation": self.activation.document()}
        return super().document() | {"kind": Convolution.kind, **own}

    def step(self, arithmetic: Arithmetic[A], own: LayerParameters | None, positions: NDArray[np.intp]) -> Step[A]:
        """Lift weights and biases, and give each neuron its bias."""
        assert own is not None
        biases = None
        if own.biases is not None:
            neurons = positions[:, None] * self.filters + np.arange(self.filters)
            index = neurons if self.bias == "neuron" else neurons % self.filters
            biases = arithmetic.lift(own.biases[index.ravel()])
        return Step(self, positions, self.patches.slots[positions], arithmetic.lift(own.weights), biases)

    def forward(
        self, arithmetic: Arithmetic[A], step: Step[A], below: A, choice: Choice | None
    ) -> tuple[A, Choice | None]:
        """Inner products of patches and filters, plus biases."""
        assert step.weights is not None
        return arithmetic.affine(below, step.slots, step.weights, step.biases), choice

    def backward(
        self, arithmetic: Arithmetic[A], step: Step[A], below: A, choice: Choice | None, cotangent: A
    ) -> tuple[LayerGradient[A], A]:
        """Gradients by filters and biases, and by the features below."""
        assert step.weights is not None
        positions, size = step.slots.shape
        by_row = arithmetic.reshape(cotangent, -1, self.filters)  # (N P, T)
        patches = arithmetic.reshape(arithmetic.gather(below, step.slots), -1, size)
        weights = arithmetic.matmul(arithmetic.transpose(patches), by_row)
        biases = None
        if step.biases is not None:
            biases = arithmetic.total(cotangent if self.bias == "neuron" else by_row)
        spread = arithmetic.matmul(by_row, arithmetic.transpose(step.weights))
        down = arithmetic.scatter(arithmetic.reshape(spread, -1, positions, size), step.slots, self.patches.neurons)
        return LayerGradient(cotangent, weights, biases), down

    def require_derivatives(self, choice: Choice | None) -> None:
        """At a kink with two slopes there is none."""
        require_slopes(self.activation, choice)


def _nonlinearity(own: str | Activation | None, default: Activation | None) -> Activation | None:
    if own is None:
        return default
    return own if isinstance(own, Activation) else activation(own)
