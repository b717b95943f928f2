"""Descriptions of layers: what the user writes down, before it meets an input.

A description holds no sizes that follow from the layer below; `exactcnn.network.network.Network` resolves it.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar, Literal, TypeAlias

from exactcnn.network.activations import Activation

Size: TypeAlias = int | tuple[int, ...]
"""One number for every spatial dimension, or one number for each."""

Patches: TypeAlias = tuple[tuple[int, ...], ...]
"""The neurons of each patch, numbered from 0, in the order of the filter's entries."""

Bias: TypeAlias = Literal["neuron", "filter", "none"]


@dataclass(frozen=True)
class Convolution:
    """A convolutional layer: every filter meets every patch of the layer below.

    Parameters
    ----------
    filters : int
        Number T of filters.
    kernel : int or tuple of int, optional
        Size of the window; one number stands for all spatial dimensions. Either this or `patches`.
    stride, padding, dilation : int or tuple of int
        Of the window. Padding adds slots that read 0, which Definition 2.1 does not have; verdicts say so.
    patches : tuple of tuple of int, optional
        The patches themselves, lists of equally many neurons of the layer below.
    bias : {"neuron", "filter", "none"}
        One bias per neuron (the paper), one per filter (the habit of deep-learning libraries), or none.
    activation : str or Activation, optional
        The nonlinearity, by name or as `define_activation` returns it; the network's default where it is left out.

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
    padding: Size = 0
    dilation: Size = 1
    patches: Patches | None = None
    bias: Bias = "neuron"
    activation: str | Activation | None = None


@dataclass(frozen=True)
class MaxPooling:
    """A max-pooling layer: the largest entry of each patch.

    Windows act on each channel by itself. A slot of padding never wins.

    Parameters
    ----------
    kernel : int or tuple of int, optional
        Size of the window; either this or `patches`.
    stride : int or tuple of int, optional
        The kernel where it is left out.
    padding, dilation : int or tuple of int
        Of the window.
    patches : tuple of tuple of int, optional
        The patches themselves, lists of equally many neurons of the layer below.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Definition 2.3.

    Examples
    --------
    >>> MaxPooling(2).stride is None
    True
    """

    kind: ClassVar = "max-pooling"

    kernel: Size | None = None
    _: KW_ONLY
    stride: Size | None = None
    padding: Size = 0
    dilation: Size = 1
    patches: Patches | None = None


@dataclass(frozen=True)
class FullyConnected:
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


Layer: TypeAlias = Convolution | MaxPooling | FullyConnected
"""The description of any layer."""
