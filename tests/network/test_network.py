"""Networks: shapes, numbering and widths against a direct evaluation on feature maps."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.errors import InputError
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Convolved, Network, Pooled


def by_patches(network, x, weights):
    """Forward pass in the paper's numbering, layer by layer, without nonlinearities."""
    for layer, filters in zip(network.resolved, weights, strict=True):
        if layer.kind == "max-pooling":
            x = np.append(x, -(10**9))[layer.patches.slots].max(axis=1)
        else:
            x = (np.append(x, 0)[layer.patches.slots] @ filters).ravel()
    return x


def on_maps(network, x, weights):
    """The same on arrays (channels, height, width), entry by entry from the definition of the operations."""
    image = x.reshape(network.input_shape)
    for layer, filters in zip(network.layers, weights, strict=True):
        if isinstance(layer, FullyConnected):
            image = (channels_last(image) @ filters).reshape(-1, 1, 1)
            continue
        k, s, p, d = layer.kernel, layer.stride or layer.kernel, layer.padding, layer.dilation
        pooling = isinstance(layer, MaxPooling)
        padded = np.pad(image, ((0, 0), (p, p), (p, p)), constant_values=-(10**9) if pooling else 0)
        reach = d * (k - 1) + 1
        rows, columns = ((size - reach) // s + 1 for size in padded.shape[1:])
        result = np.zeros((image.shape[0] if pooling else layer.filters, rows, columns), dtype=np.int64)
        for t, y, z in np.ndindex(result.shape):
            window = padded[:, y * s : y * s + reach : d, z * s : z * s + reach : d]
            if pooling:
                result[t, y, z] = window[t].max()
            else:
                result[t, y, z] = (window * filters[:, t].reshape(window.shape)).sum()
        image = result
    return image


def channels_last(image):
    """Hidden feature maps in the numbering h = p T + t."""
    return np.moveaxis(image, 0, -1).ravel()


@st.composite
def networks(draw):
    shape = (draw(st.integers(1, 3)), draw(st.integers(2, 7)), draw(st.integers(2, 7)))
    layers, sizes = [], shape[1:]
    for _ in range(draw(st.integers(1, 3))):
        k, d = draw(st.integers(1, min(3, *sizes))), draw(st.integers(1, 2))
        if d * (k - 1) + 1 > min(sizes):
            d = 1
        s, pooling = draw(st.integers(1, 2)), draw(st.booleans())
        p = 0 if pooling else draw(st.integers(0, k - 1))
        if pooling:
            layers.append(MaxPooling(k, stride=s, dilation=d))
        else:
            layers.append(Convolution(draw(st.integers(1, 3)), k, stride=s, padding=p, dilation=d, activation="relu"))
        sizes = tuple((size + 2 * p - d * (k - 1) - 1) // s + 1 for size in sizes)
    return Network(shape, layers, activation="sigmoid")


def random_weights(network, generator):
    """Weights of each layer; of max-pooling, None."""
    return [
        generator.integers(-9, 10, size=layer.weights_shape) if isinstance(layer, Convolved) else None
        for layer in network.resolved
    ]


@settings(max_examples=60)
@given(networks(), st.integers(0, 2**32 - 1))
def test_numbering_agrees_with_feature_maps(network, seed):
    generator = np.random.default_rng(seed)
    x = generator.integers(-9, 10, size=network.widths[0])
    weights = random_weights(network, generator)
    image = on_maps(network, x, weights)
    hidden = any(isinstance(layer, Convolution) for layer in network.layers)
    expected = channels_last(image) if hidden else image.ravel()  # pooling alone keeps the numbering of the input
    assert by_patches(network, x, weights).tolist() == expected.tolist()
    assert network.resolved[-1].shape == image.shape
    assert network.widths[-1] == image.size


def test_fully_connected_layer_takes_neurons_in_their_numbering():
    network = Network(
        (2, 3, 3), [Convolution(3, 2), MaxPooling(2), FullyConnected(2, activation="identity")], activation="sigmoid"
    )
    generator = np.random.default_rng(0)
    x = generator.integers(-9, 10, size=18)
    weights = random_weights(network, generator)
    assert by_patches(network, x, weights).tolist() == on_maps(network, x, weights).ravel().tolist()
    assert network.layer(3).shape == (2,)
    assert (network.layer(3).patches.slots == np.arange(network.widths[2])).all()


def test_widths_and_shapes_of_figure_1():
    relu = {"activation": "relu"}
    figure = Network(
        (1, 28, 28),
        [
            Convolution(100, 3, **relu),
            MaxPooling(2),
            Convolution(80, 3, stride=2, **relu),
            MaxPooling(2),
            FullyConnected(100, **relu),
            FullyConnected(10, activation="identity"),
        ],
        activation="sigmoid",
    )
    assert figure.widths == (784, 67600, 16900, 2880, 720, 100, 10)
    assert [layer.shape for layer in figure.resolved][:4] == [(100, 26, 26), (100, 13, 13), (80, 6, 6), (80, 3, 3)]
    assert figure.wide_layers(67600) == (1,)
    assert figure.wide_layers(67601) == ()
    assert figure.wide_layers(2000) == (1, 2, 3)
    assert [k for k in range(7) if figure.is_pyramidal_from(k)] == [1, 2, 3, 4, 5, 6]


def test_pyramid_allows_equal_widths_and_sees_one_rise():
    def network(*widths):
        return Network((3,), [FullyConnected(width) for width in widths], activation="sigmoid")

    assert network(5, 4, 4, 2).is_pyramidal_from(1)
    assert not network(5, 4, 5, 2).is_pyramidal_from(1)
    assert network(5, 4, 5, 2).is_pyramidal_from(3)


@pytest.mark.parametrize(("shape", "sizes"), [((1, 9), (7,)), ((2, 9, 8), (7, 6)), ((1, 4, 5, 6), (2, 3, 4))])
def test_convolutions_in_one_two_and_three_dimensions(shape, sizes):
    layer = Network(shape, [Convolution(4, 3)], activation="sigmoid").layer(1)
    assert layer.shape == (4, *sizes)
    assert layer.weights_shape == (shape[0] * 3 ** len(sizes), 4)
    assert layer.width == layer.biases_count == 4 * math.prod(sizes)


def test_lists_of_patches_and_a_convolution_on_top():
    network = Network(
        (5,), [Convolution(2, patches=[[0, 1, 2], [1, 2, 3], [2, 3, 4]]), Convolution(1, 2)], activation="sigmoid"
    )
    assert network.layer(1).shape == (2, 3)
    assert network.layer(2).patches.slots.tolist() == [[0, 2, 1, 3], [2, 4, 3, 5]]
    assert Network((4,), [MaxPooling(patches=[[0, 3], [1, 2]])]).layer(1).shape == (2,)


def test_biases_and_activations():
    layers = [Convolution(3, 2, bias=bias) for bias in ("neuron", "filter", "none")]
    counts = [Network((1, 5), [layer], activation="sigmoid").layer(1).biases_count for layer in layers]
    assert counts == [12, 3, 0]
    single = Network((4,), [FullyConnected(3, bias="filter")], activation="tanh").layer(1)
    assert (single.bias, single.activation.name) == ("neuron", "tanh")
    pooling = Network((1, 4), [MaxPooling(2)]).layer(1)
    assert isinstance(pooling, Pooled)
    assert (pooling.kind, pooling.filters, pooling.width) == ("max-pooling", 1, 2)


def test_networks_are_values():
    layers = (Convolution(3, 2), FullyConnected(1))
    network = Network((1, 5), layers, activation="sigmoid")
    assert network == Network([1, 5], list(layers), activation="sigmoid")
    assert hash(network) == hash(Network([1, 5], list(layers), activation="sigmoid"))
    assert network != Network((1, 5), layers, activation="tanh")
    with pytest.raises(AttributeError):
        Network((1, 5), layers, activation="sigmoid").activation = "relu"


BAD = [
    ((1, 4, 4), [Convolution(1, 5)], r"layer 1 \(convolution\): kernel"),
    ((1, 4, 4), [Convolution(1, 3), Convolution(1, 3)], r"layer 2 \(convolution\): kernel"),
    ((1, 4, 4), [FullyConnected(4), MaxPooling(2)], r"layer 2 \(max-pooling\): kernel on 4 neurons"),
    ((4,), [Convolution(1, 2)], r"layer 1 \(convolution\): kernel on 4 neurons"),
    ((4,), [Convolution(1)], "either 'kernel' or 'patches'"),
    ((1, 4), [Convolution(1, 2, patches=[[0]])], "either 'kernel' or 'patches'"),
    ((4,), [Convolution(1, patches=[[0, 1]], stride=2)], "stride = 2 beside 'patches'"),
    ((4,), [MaxPooling(patches=[[0, 1]], stride=1)], "stride = 1 beside 'patches'"),
    ((4,), [Convolution(1, patches=[[0, 1], [2]])], r"patches\[1\] has 1 neuron; expected 2"),
    ((4,), [Convolution(1, patches=[[0, 4]])], r"patches\[0\]\[1\] = 4; expected a neuron from 0 to 3"),
    ((4,), [Convolution(1, patches=[[2, 2]])], "neuron 2 twice"),
    ((4,), [Convolution(1, patches=[])], "patches is empty"),
    ((1, 4), [Convolution(0, 2)], "filters = 0; expected a positive integer"),
    ((1, 4), [Convolution(True, 2)], "filters = True"),
    ((1, 4), [Convolution(2.0, 2)], "filters = 2.0"),
    ((1, 4), [Convolution(1, 2, stride=0)], "stride = 0"),
    ((1, 4), [Convolution(1, (2, 2))], "kernel = "),
    ((1, 4), [Convolution(1, 2, bias="unit")], "bias = 'unit'; expected 'neuron', 'filter' or 'none'"),
    ((1, 4), [Convolution(1, 2, activation="sigmod")], r"layer 1 \(convolution\): .*sigmoid"),
    ((4,), [FullyConnected(-1)], "units = -1"),
    ((1, 1), [MaxPooling(2, dilation=2, padding=1)], "without neurons"),
    ((4,), [MaxPooling(patches=[[0, 1], [-1, -1]])], "without neurons"),
    ((4,), [], "layers is empty"),
    ((), [FullyConnected(1)], r"input = \[\]"),
    ((1, 2, 3, 4, 5), [FullyConnected(1)], r"input = \[1, 2, 3, 4, 5\]"),
    ((1, 0), [FullyConnected(1)], r"input\[1\] = 0"),
    ((4,), [FullyConnected(10**12)], "29802.3 GiB"),
    ((1, 10**6, 10**6), [Convolution(1, 3)], "GiB"),
    ((1, 1000, 1000), [Convolution(1000, 1)], "1000000000 neurons need 7.5 GiB"),
    ((1, 8), [Convolution(1, 3, stride=2**80)], "beyond 64 bits"),
]


@pytest.mark.parametrize(("shape", "layers", "message"), BAD)
def test_impossible_networks_are_refused_in_one_line(shape, layers, message):
    with pytest.raises(InputError, match=message) as caught:
        Network(shape, layers, activation="sigmoid")
    assert "\n" not in str(caught.value)


def test_default_activation_is_checked_even_where_no_layer_takes_it():
    with pytest.raises(InputError, match=r"activation.*sigmoid"):
        Network((1, 4), [MaxPooling(2)], activation="sigmod")


@pytest.mark.parametrize("number", [-1, 0, 3])
def test_layer_numbers_out_of_range(number):
    network = Network((4,), [FullyConnected(3), FullyConnected(2)], activation="sigmoid")
    with pytest.raises(InputError, match=f"layer {number}; expected a layer from 1 to 2"):
        network.layer(number)


def test_every_kind_of_layer_on_every_other():
    kinds = {"c": Convolution(2, 1, activation="relu"), "p": MaxPooling(1), "f": FullyConnected(3)}
    for order in itertools.product("cpf", repeat=3):
        layers = [kinds[letter] for letter in order]
        flattened = "f" in order and set("".join(order).partition("f")[2]) & {"c", "p"}
        if flattened:
            with pytest.raises(InputError, match="without spatial sizes"):
                Network((1, 2, 2), layers, activation="sigmoid")
        else:
            assert len(Network((1, 2, 2), layers, activation="sigmoid").widths) == 4


@pytest.mark.parametrize("layer", [Convolution(2, 2), FullyConnected(3)])
def test_an_activation_is_never_guessed(layer):
    network = Network((1, 4), [layer, FullyConnected(1, activation="identity")])
    assert network.widths[2] == 1  # sizes need none
    with pytest.raises(InputError, match=r"^layer 1 \(\S+\): activation is missing; expected one on the layer or as"):
        _ = network.convolved(1).activation
    assert network.convolved(2).activation.name == "identity"
    assert Network((1, 4), [layer], activation="tanh").convolved(1).activation.name == "tanh"


def test_layers_by_name():
    layers = [FullyConnected(3, name="hidden"), FullyConnected(2), FullyConnected(1, name="out")]
    network = Network((2,), layers, activation="relu")
    assert network.names == ("hidden", "2", "out")
    assert [network.layer(name).number for name in ("hidden", "2", "out", 2)] == [1, 2, 3, 2]
    with pytest.raises(InputError, match="layer 'dense' is not known; expected one of hidden, 2, out"):
        network.layer("dense")
    with pytest.raises(InputError, match="layers 1 and 2 are named '2'; expected two names"):
        Network((2,), [FullyConnected(3, name="2"), FullyConnected(2)], activation="relu")
