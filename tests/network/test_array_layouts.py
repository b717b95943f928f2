"""Arrays of PyTorch and Keras against forward passes in the conventions of the two, written out as loops."""

import itertools
import re

import numpy as np
import pytest

from exactcnn.data.dataset import Dataset
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.array_layouts import LAYOUTS, biases_shapes, weights_shapes
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters

ACTIVATIONS = {"identity": lambda z: z, "relu": lambda z: np.maximum(z, 0), "square": lambda z: z * z}


# -------------------------------------------------------------------- the two conventions, in integers


def positions(sizes, layer):
    """Output sizes, and for every output position the input position of every entry of the kernel; None is padding."""
    window = zip(sizes, layer.kernel, layer.stride, layer.padding, layer.dilation, strict=True)
    after = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in window]

    def read(place):
        for entry in itertools.product(*map(range, layer.kernel)):
            at = tuple(
                y * s - p + i * d
                for y, i, s, p, d in zip(place, entry, layer.stride, layer.padding, layer.dilation, strict=True)
            )
            yield entry, at if all(0 <= a < n for a, n in zip(at, sizes, strict=True)) else None

    return after, read


def torch_forward(layers, arrays, x):
    """Feature maps (N, C, *sizes): out[n, t, y] = b[t] + sum of w[t, c, i] x[n, c, y + i]."""
    for k, layer in enumerate(layers, 1):
        if isinstance(layer, FullyConnected):
            x = x.reshape(len(x), -1)
            weights = arrays[f"W{k}"]
            out = np.zeros((len(x), layer.units), dtype=object)
            for n, unit, j in np.ndindex(len(x), *weights.shape):
                out[n, unit] += weights[unit, j] * x[n, j]
        else:
            after, read = positions(x.shape[2:], layer)
            pool = isinstance(layer, MaxPooling)
            out = np.zeros((len(x), x.shape[1] if pool else layer.filters, *after), dtype=object)
            for n, t, *y in np.ndindex(*out.shape):
                if pool:
                    out[(n, t, *y)] = max(x[(n, t, *at)] for _, at in read(y) if at is not None)
                    continue
                for c in range(x.shape[1]):
                    for i, at in read(y):
                        out[(n, t, *y)] += 0 if at is None else arrays[f"W{k}"][(t, c, *i)] * x[(n, c, *at)]
        if not isinstance(layer, MaxPooling):
            if f"b{k}" in arrays:
                bias = arrays[f"b{k}"]
                out = out + (bias.reshape(-1, *[1] * (out.ndim - 2)) if bias.ndim == 1 else bias)
            out = ACTIVATIONS[layer.activation](out)
        x = out
    return x


def keras_forward(layers, arrays, x):
    """Feature maps (N, *sizes, C): out[n, y, t] = b[t] + sum of w[i, c, t] x[n, y + i, c]."""
    for k, layer in enumerate(layers, 1):
        if isinstance(layer, FullyConnected):
            x = x.reshape(len(x), -1)
            weights = arrays[f"W{k}"]
            out = np.zeros((len(x), layer.units), dtype=object)
            for n, j, unit in np.ndindex(len(x), *weights.shape):
                out[n, unit] += x[n, j] * weights[j, unit]
        else:
            after, read = positions(x.shape[1:-1], layer)
            pool = isinstance(layer, MaxPooling)
            out = np.zeros((len(x), *after, x.shape[-1] if pool else layer.filters), dtype=object)
            for n, *y, t in np.ndindex(*out.shape):
                if pool:
                    out[(n, *y, t)] = max(x[(n, *at, t)] for _, at in read(y) if at is not None)
                    continue
                for i, at in read(y):
                    if at is not None:
                        for c in range(x.shape[-1]):
                            out[(n, *y, t)] += arrays[f"W{k}"][(*i, c, t)] * x[(n, *at, c)]
        if not isinstance(layer, MaxPooling):
            out = ACTIVATIONS[layer.activation](out + arrays.get(f"b{k}", 0))
        x = out
    return x


# -------------------------------------------------------------------- generated networks


def drawn_layer(draw, kind, axes):
    """A layer with options of its own along every axis."""

    def sizes(low, high):
        return tuple(draw.integers(low, high + 1, size=axes).tolist())

    activation, bias = draw.choice(list(ACTIVATIONS)), str(draw.choice(["filter", "neuron", "none"]))
    if kind == "dense":
        return FullyConnected(int(draw.integers(1, 5)), bias=bias, activation=str(activation))
    options = {"stride": sizes(1, 2), "padding": sizes(0, 1), "dilation": sizes(1, 2)}
    if kind == "pool":
        return MaxPooling(sizes(1, 2), **options)
    return Convolution(int(draw.integers(1, 4)), sizes(1, 3), bias=bias, activation=str(activation), **options)


def drawn_network(draw, axes, kinds):
    """A network of these kinds of layers, of options and sizes that differ along the axes."""
    for _ in range(1000):
        shape = tuple(draw.integers(*((1, 4), (4, 7), (3, 6), (3, 5))[i], size=None) for i in range(axes + 1))
        layers = [drawn_layer(draw, kind, axes) for kind in kinds]
        try:
            return Network(tuple(map(int, shape)), layers)
        except InputError:  # a window larger than what is left
            continue
    raise AssertionError("no network of these kinds fits")


def drawn_arrays(draw, network, layout):
    """Small integers in the shapes of a library, written down here once more."""
    arrays, shape = {}, network.input_shape
    for layer in network.resolved:
        k, description = layer.number, layer.description
        if isinstance(description, FullyConnected):
            inside, units = int(np.prod(shape)), description.units
            arrays[f"W{k}"] = draw.integers(-3, 4, size=(units, inside) if layout == "torch" else (inside, units))
        elif isinstance(description, Convolution):
            kernel, channels, filters = description.kernel, shape[0], description.filters
            arrays[f"W{k}"] = draw.integers(
                -3, 4, size=(filters, channels, *kernel) if layout == "torch" else (*kernel, channels, filters)
            )
        shape = layer.shape
        if not isinstance(description, MaxPooling) and description.bias != "none":
            maps = description.bias == "neuron" and len(shape) > 1 and np.prod(shape[1:]) > 1
            full = shape if layout == "torch" else (*shape[1:], shape[0])
            arrays[f"b{k}"] = draw.integers(-3, 4, size=full if maps else shape[:1])
    return {name: array.astype(object) for name, array in arrays.items()}  # of Python's integers, of any size


KINDS = [
    ["conv"],
    ["dense"],
    ["conv", "conv"],
    ["pool", "conv"],
    ["conv", "dense"],
    ["pool", "dense"],
    ["dense", "dense"],
    ["conv", "pool", "conv"],
    ["conv", "pool", "dense"],
    ["conv", "conv", "dense", "dense"],
    ["pool", "conv", "pool", "dense"],
]
GENERATED = [(axes, kinds, seed) for axes in (1, 2, 3) for kinds in KINDS for seed in range(3 if axes < 3 else 1)]


@pytest.mark.parametrize(("axes", "kinds", "seed"), GENERATED, ids=[f"{a}d-{'-'.join(k)}-{s}" for a, k, s in GENERATED])
@pytest.mark.parametrize("layout", ["torch", "keras"])
def test_features_are_those_of_the_library(layout, axes, kinds, seed):
    draw = np.random.default_rng([axes, KINDS.index(kinds), seed])
    network = drawn_network(draw, axes, kinds)
    arrays = drawn_arrays(draw, network, layout)
    images = draw.integers(-3, 4, size=(2, *network.input_shape)).astype(object)
    if layout == "torch":
        data = Dataset.from_array(images)
        expected = torch_forward(network.layers, arrays, images)
        maps = np.moveaxis(expected, 1, -1) if network.resolved[-1].layout == "channels-last" else expected
    else:
        stored = np.moveaxis(images, 1, -1)
        data = Dataset.from_array(stored, layout="channels-last")
        maps = keras_forward(network.layers, arrays, stored)
        assert network.resolved[-1].layout == "channels-last"
    parameters = Parameters.from_arrays(network, arrays, layout=layout)
    found = FeatureMatrix(network, parameters, data.samples, len(network.layers)).exact()
    assert found.fractions().tolist() == maps.reshape(2, -1).tolist()


def test_the_two_passes_agree_with_each_other():
    draw = np.random.default_rng(5)
    network = drawn_network(draw, 2, ["conv", "pool", "conv", "dense"])
    arrays = drawn_arrays(draw, network, "torch")
    images = draw.integers(-3, 4, size=(2, *network.input_shape)).astype(object)
    moved = {}
    for name, array in arrays.items():
        if array.ndim == 4:
            array = array.transpose(2, 3, 1, 0)
        elif array.ndim == 3:
            array = array.transpose(1, 2, 0)
        elif array.ndim == 2:
            array = array.reshape(len(array), *network.layer(3).shape).transpose(2, 3, 1, 0).reshape(-1, len(array))
        moved[name] = array
    theirs = keras_forward(network.layers, moved, np.moveaxis(images, 1, -1))
    assert theirs.tolist() == torch_forward(network.layers, arrays, images).tolist()


def features(network, arrays, layout):
    samples = ExactArray.from_array(np.arange(2 * network.widths[0]).reshape(2, -1) ** 2 % 17)
    parameters = Parameters.from_arrays(network, arrays, layout=layout)
    return FeatureMatrix(network, parameters, samples, len(network.layers)).exact().fractions().tolist()


def test_where_all_sizes_agree_the_layout_decides():
    network = Network((2, 3, 3), [Convolution(2, 2, bias="none", activation="identity")])
    kernel = np.arange(16).reshape(2, 2, 2, 2)
    torch = features(network, {"W1": kernel}, "torch")
    assert torch != features(network, {"W1": kernel}, "keras")
    assert torch == features(network, {"W1": kernel.transpose(2, 3, 1, 0)}, "keras")
    assert torch == features(network, {"W1": kernel.reshape(2, 8).T}, "paper")

    square = Network((2, 2), [FullyConnected(4, bias="none", activation="identity")])
    weights = np.arange(16).reshape(4, 4)
    found = {layout: features(square, {"W1": weights}, layout) for layout in LAYOUTS}
    assert found["torch"] == features(square, {"W1": weights.T}, "paper")
    assert found["keras"] == features(square, {"W1": weights[[0, 2, 1, 3]]}, "paper")
    assert len({str(rows) for rows in found.values()}) == 3


def test_every_kind_of_number_is_moved_exactly():
    network = Network((2, 2), [Convolution(1, 2, bias="none", activation="identity")])
    for kernel in ([[["1/3", "1/5"], ["2/7", "1/2"]]], [[[0.1, 0.5], [-2.0, 1e-9]]], [[[2**70, 1], [3, -(2**80)]]]):
        exact = Parameters.from_arrays(network, {"W1": kernel}, layout="torch").layer(1).weights
        plain = np.array(ExactArray.from_strings(kernel).fractions())
        assert exact.fractions().ravel().tolist() == plain.ravel().tolist()
        keras = np.array(kernel, dtype=object).transpose(2, 1, 0)
        again = Parameters.from_arrays(network, {"W1": keras}, layout="keras").layer(1).weights
        assert again.fractions().tolist() == exact.fractions().tolist()


# -------------------------------------------------------------------- listed patches


LISTED = ((0, 1), (1, 2), (0, 3))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_listed_patches_have_the_paper_s_shape_in_every_layout(layout):
    network = Network((4,), [Convolution(2, patches=LISTED, activation="identity")])
    arrays = {"W1": [[1, 2], [3, 4]], "b1": [0, 1, 2, 3, 4, 5]}
    assert features(network, arrays, layout) == features(network, arrays, "paper")
    assert weights_shapes(network, network.layer(1)) == dict.fromkeys(LAYOUTS, (2, 2))
    assert biases_shapes(network, network.layer(1)) == dict.fromkeys(LAYOUTS, (6,))
    note = "; a layer of listed patches has the paper's shape in every layout" if layout != "paper" else ""
    with pytest.raises(InputError, match=re.escape("W1 has shape (2, 1, 2)") + f".*{note}$"):
        features(network, arrays | {"W1": np.ones((2, 1, 2))}, layout)


@pytest.mark.parametrize("pooling", [[], [MaxPooling(2, stride=1)]])
def test_torch_has_no_order_above_listed_patches(pooling):
    layers = [Convolution(2, patches=LISTED, bias="none", activation="identity"), *pooling]
    network = Network((4,), [*layers, FullyConnected(1, bias="none", activation="identity")])
    last, width = len(network.layers), network.widths[-2]
    arrays = {"W1": [[1, 2], [3, 4]], f"W{last}": np.arange(width)[:, None]}
    with pytest.raises(InputError, match=rf"^W{last}: the layer below has listed patches.*expected layout = 'paper'$"):
        features(network, arrays | {f"W{last}": np.arange(width)[None]}, "torch")
    assert features(network, arrays, "keras") == features(network, arrays, "paper")  # (positions, filters) is p T + t


def test_above_one_filter_or_pooled_lists_there_is_one_order():
    one = Network(
        (4,), [Convolution(1, patches=LISTED, bias="none"), FullyConnected(2, bias="none")], activation="relu"
    )
    pooled = Network(
        (2, 2), [MaxPooling(patches=LISTED), FullyConnected(2, bias="none")], activation="relu"
    )  # neurons in the order of the list
    weights = np.arange(6).reshape(3, 2)
    for network, arrays in ((one, {"W1": [[1], [2]], "W2": weights}), (pooled, {"W2": weights})):
        expected = features(network, arrays, "paper")
        assert features(network, arrays | {"W2": weights.T}, "torch") == expected
        assert features(network, arrays, "keras") == expected


def test_a_kernel_above_listed_patches_is_a_kernel():
    layers = [
        Convolution(2, patches=LISTED, bias="none", activation="relu"),
        Convolution(1, 2, bias="none", activation="relu"),
    ]
    network = Network((4,), layers)
    kernel = np.arange(4).reshape(1, 2, 2)
    assert features(network, {"W1": [[1, 2], [3, 4]], "W2": kernel}, "torch") == features(
        network, {"W1": [[1, 2], [3, 4]], "W2": kernel.reshape(1, 4).T}, "paper"
    )


# -------------------------------------------------------------------- refusals


NETWORK = Network(
    (1, 8, 8), [Convolution(12, 3, bias="filter"), MaxPooling(2), FullyConnected(10)], activation="identity"
)
GOOD = {
    "paper": {"W1": (9, 12), "b1": (12,), "W3": (108, 10), "b3": (10,)},
    "torch": {"W1": (12, 1, 3, 3), "b1": (12,), "W3": (10, 108), "b3": (10,)},
    "keras": {"W1": (3, 3, 1, 12), "b1": (12,), "W3": (108, 10), "b3": (10,)},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_shapes_that_are_right(layout):
    arrays = {name: np.ones(shape) for name, shape in GOOD[layout].items()}
    assert len(Parameters.from_arrays(NETWORK, arrays, layout=layout).layers) == 3


@pytest.mark.parametrize(
    ("layout", "name", "shape", "message"),
    [
        ("paper", "W1", (12, 1, 3, 3), "W1 has shape (12, 1, 3, 3), that of layout = 'torch'; expected (9, 12)"),
        ("paper", "W1", (3, 3, 1, 12), "W1 has shape (3, 3, 1, 12), that of layout = 'keras'; expected (9, 12)"),
        (
            "paper",
            "W1",
            (12, 3, 3),
            "expected (9, 12), or (12, 1, 3, 3) with layout = 'torch', or (3, 3, 1, 12) with layout = 'keras'",
        ),
        ("paper", "W1", (12, 9), "W1 has shape (12, 9); expected (9, 12)"),
        ("paper", "W3", (10, 108), "W3 has shape (10, 108), that of layout = 'torch'; expected (108, 10)"),
        ("paper", "W3", (10, 12, 3, 3), "W3 has shape (10, 12, 3, 3); expected (108, 10), or (10, 108) with layout"),
        ("torch", "W1", (9, 12), "W1 has shape (9, 12), that of layout = 'paper'; expected (12, 1, 3, 3) for layout"),
        ("torch", "W1", (12, 9), "W1 has shape (12, 9); expected (12, 1, 3, 3) for layout = 'torch'"),
        ("torch", "W1", (3, 3, 1, 12), "that of layout = 'keras'; expected (12, 1, 3, 3) for layout = 'torch'"),
        ("torch", "W1", (1, 12, 3, 3), "W1 has shape (1, 12, 3, 3); expected (12, 1, 3, 3) for layout = 'torch', or"),
        ("torch", "W3", (108, 10), "that of layout = 'paper' or 'keras'; expected (10, 108) for layout = 'torch'"),
        ("keras", "W1", (12, 1, 3, 3), "that of layout = 'torch'; expected (3, 3, 1, 12) for layout = 'keras'"),
        ("keras", "W1", (9, 12), "that of layout = 'paper'; expected (3, 3, 1, 12) for layout = 'keras'"),
        ("keras", "W3", (10, 108), "that of layout = 'torch'; expected (108, 10) for layout = 'keras'"),
        ("torch", "b1", (12, 6, 6), "b1 has shape (12, 6, 6); expected (12,) for layout = 'torch'"),
        ("keras", "b3", (1, 10), "b3 has shape (1, 10); expected (10,) for layout = 'keras'"),
    ],
)
def test_shapes_of_another_layout(layout, name, shape, message):
    arrays = {each: np.ones(shape if each == name else right) for each, right in GOOD[layout].items()}
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        Parameters.from_arrays(NETWORK, arrays, layout=layout)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("layout", "shape", "message"),
    [
        ("paper", (2, 3), "b1 has shape (2, 3), that of layout = 'torch'; expected (6,)"),
        ("paper", (3, 2), "b1 has shape (3, 2), that of layout = 'keras'; expected (6,)"),
        ("torch", (6,), "b1 has shape (6,), that of layout = 'paper'; expected (2, 3) for layout = 'torch'"),
        ("keras", (6,), "b1 has shape (6,), that of layout = 'paper'; expected (3, 2) for layout = 'keras'"),
        ("torch", (3, 2), "that of layout = 'keras'; expected (2, 3) for layout = 'torch'"),
        ("torch", (2,), "expected (2, 3) for layout = 'torch'; one bias for each filter is bias = 'filter'"),
        ("paper", (2,), "b1 has shape (2,); expected (6,); one bias for each filter is bias = 'filter'"),
    ],
)
def test_biases_of_every_neuron(layout, shape, message):
    network = Network((1, 4), [Convolution(2, 2, bias="neuron", activation="identity")])
    weights = {"paper": (2, 2), "torch": (2, 1, 2), "keras": (2, 1, 2)}[layout]
    with pytest.raises(InputError, match=re.escape(message)):
        Parameters.from_arrays(network, {"W1": np.ones(weights), "b1": np.zeros(shape)}, layout=layout)


@pytest.mark.parametrize("layout", ["Torch", "pytorch", None, 3])
def test_layouts_that_are_none(layout):
    with pytest.raises(InputError, match=r"^layout = .*; expected 'paper', 'torch' or 'keras'$"):
        Parameters.from_arrays(NETWORK, {}, layout=layout)


def test_what_is_missing_is_named_in_the_layout_s_shape():
    with pytest.raises(InputError, match=r"W1 is missing; expected an array of shape \(12, 1, 3, 3\)"):
        Parameters.from_arrays(NETWORK, {"b1": np.zeros(12)}, layout="torch")
