"""Weights and biases as PyTorch and Keras store them, brought to the paper's shapes and numbering.

W_k has shape (l, T), a row for each slot of a patch in the order channel, row, column; hidden feature maps are numbered
channels last, neuron p T + t. The arrays of the libraries:

=============  =======================  =======================
array          torch                    keras
=============  =======================  =======================
kernel         (T, C, *kernel)          (*kernel, C, T)
dense weights  (out, in)                (in, out)
in, flattened  from (C, *sizes)         from (*sizes, C)
biases         (T,), or (T, *sizes)     (T,), or (*sizes, T)
=============  =======================  =======================

Whose arrays they are is what the user says, never what their sizes suggest; sizes that do not fit are refused.
"""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Convolved, Network
from exactcnn.patches.builders import Layout, per_axis

ArrayLayout: TypeAlias = Literal["paper", "torch", "keras"]
LAYOUTS: tuple[ArrayLayout, ...] = get_args(ArrayLayout)
Shapes: TypeAlias = dict[ArrayLayout, tuple[int, ...]]
"""The shape of one array in every layout."""


def weights_shapes(network: Network, layer: Convolved) -> Shapes:
    """Shape of a layer's weights in every layout; a layer of listed patches has the paper's in all of them.

    Examples
    --------
    >>> network = Network((3, 8, 8), [Convolution(16, (5, 4))], activation="relu")
    >>> weights_shapes(network, network.layer(1))
    {'paper': (60, 16), 'torch': (16, 3, 5, 4), 'keras': (5, 4, 3, 16)}
    """
    size, filters = layer.weights_shape
    if isinstance(layer.description, FullyConnected):
        return {"paper": (size, filters), "torch": (filters, size), "keras": (size, filters)}
    kernel = _kernel(network, layer)
    if kernel is None:
        return dict.fromkeys(LAYOUTS, (size, filters))
    channels = size // math.prod(kernel)
    return {"paper": (size, filters), "torch": (filters, channels, *kernel), "keras": (*kernel, channels, filters)}


def biases_shapes(network: Network, layer: Convolved) -> Shapes:
    """Shape of a layer's biases in every layout: one for each filter, or one for each neuron of its feature maps.

    Examples
    --------
    >>> network = Network((3, 8, 8), [Convolution(16, (5, 4))], activation="relu")
    >>> biases_shapes(network, network.layer(1))
    {'paper': (320,), 'torch': (16, 4, 5), 'keras': (4, 5, 16)}
    """
    if layer.biases_count == layer.filters or _kernel(network, layer) is None:
        return dict.fromkeys(LAYOUTS, (layer.biases_count,))
    filters, *sizes = layer.shape
    return {"paper": (layer.biases_count,), "torch": (filters, *sizes), "keras": (*sizes, filters)}


def paper_weights(array: ExactArray, network: Network, layer: Convolved, layout: ArrayLayout) -> ExactArray:
    """W_k (l, T) from the array of a library.

    Raises
    ------
    InputError
        For another shape than the layout's, and for dense weights on listed patches, for which PyTorch has no order.

    Examples
    --------
    >>> network = Network((2, 3), [Convolution(1, 2)], activation="relu")
    >>> kernel = ExactArray.from_array([[[1], [2]], [[3], [4]]])  # of Keras: position, channel, filter
    >>> paper_weights(kernel, network, network.layer(1), "keras").numbers.tolist()
    [[1], [3], [2], [4]]
    """
    name, shapes = f"W{layer.number}", weights_shapes(network, layer)
    dense, kernel = isinstance(layer.description, FullyConnected), _kernel(network, layer)
    listed = "; a layer of listed patches has the paper's shape in every layout" * (kernel is None and not dense)
    _check_shape(name, array.shape, shapes, layout, listed)
    if layout == "paper" or listed:
        return array
    places = np.arange(math.prod(array.shape)).reshape(array.shape)
    if dense:
        flattened = _flattened(network, layer, layout)
        return array.reshape(-1)[(places.T if layout == "torch" else places)[flattened]]
    filters_first = places if layout == "torch" else np.moveaxis(places, (-1, -2), (0, 1))  # (T, C, *kernel)
    return array.reshape(-1)[filters_first.reshape(layer.filters, -1).T]


def paper_biases(array: ExactArray, network: Network, layer: Convolved, layout: ArrayLayout) -> ExactArray:
    """b_k, one entry for each filter or for each neuron p T + t, from the array of a library.

    Raises
    ------
    InputError
        For another shape than the layout's.

    Examples
    --------
    >>> network = Network((1, 3), [Convolution(2, 2)], activation="relu")
    >>> maps = ExactArray.from_array([[1, 2], [3, 4]])  # of PyTorch: filter, position
    >>> paper_biases(maps, network, network.layer(1), "torch").numbers.tolist()
    [1, 3, 2, 4]
    """
    shared = array.shape == (layer.filters,) and layer.bias == "neuron"
    note = "; one bias for each filter is bias = 'filter'" * shared
    _check_shape(f"b{layer.number}", array.shape, biases_shapes(network, layer), layout, note)
    places = np.arange(math.prod(array.shape)).reshape(array.shape)
    return array.reshape(-1)[(np.moveaxis(places, 0, -1) if layout == "torch" else places).ravel()]


def _check_shape(name: str, found: tuple[int, ...], shapes: Shapes, layout: ArrayLayout, note: str) -> None:
    """Refuse an array of another shape than this layout's, and say whose shape it has."""
    expected = shapes[layout]
    if found == expected:
        return
    held, wanted = f"{name} has shape {found}", f"expected {expected}"
    if layout != "paper":
        wanted += f" for layout = {layout!r}"
    others = {other: shape for other, shape in shapes.items() if shape != expected}
    same = [repr(other) for other, shape in others.items() if shape == found]
    if same:
        held += f", that of layout = {' or '.join(same)}"
    elif len(found) > 2:  # a kernel, but of another convolution
        wanted += "".join(f", or {shape} with layout = {other!r}" for other, shape in others.items())
    raise InputError(f"{held}; {wanted}{note}")


def _kernel(network: Network, layer: Convolved) -> tuple[int, ...] | None:
    """Sizes of a convolution's window along every spatial dimension; None for other layers and for listed patches."""
    description = layer.description
    if not isinstance(description, Convolution) or description.kernel is None:
        return None
    return per_axis("kernel", description.kernel, len(_below(network, layer)[0]) - 1, 1)


def _below(network: Network, layer: Convolved) -> tuple[tuple[int, ...], Layout]:
    """Shape of what a layer reads, (channels, *sizes) or (n,), and how its neurons are numbered."""
    if layer.number == 1:
        return network.input_shape, "channels-first"
    below = network.layer(layer.number - 1)
    return below.shape, below.layout


def _flattened(network: Network, layer: Convolved, layout: ArrayLayout) -> NDArray[np.int64]:
    """For every neuron below, in the paper's numbering, its place in the library's flattened feature maps."""
    (channels, *_), numbering = _below(network, layer)
    places = np.arange(layer.patches.neurons)
    maps = places.reshape(channels, -1) if layout == "torch" else places.reshape(-1, channels).T  # channel, position
    order = (maps if numbering == "channels-first" else maps.T).ravel()
    if _listed_below(network, layer) and not np.array_equal(order, places):
        raise InputError(
            f"W{layer.number}: the layer below has listed patches, which PyTorch does not have, nor an order of their"
            " neurons; expected layout = 'paper'"
        )
    return order


def _listed_below(network: Network, layer: Convolved) -> bool:
    """Whether the positions that a layer reads are listed patches, seen through pooling by a window."""
    for below in reversed(network.resolved[: layer.number - 1]):
        listed = getattr(below.description, "patches", None) is not None
        if listed or isinstance(below, Convolved):
            return listed and isinstance(below, Convolved)
    return False
