"""Descriptions of layers: values without sizes of the layer below."""

import dataclasses

import pytest

from exactcnn.network.layers import KINDS, AveragePooling, Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network

LAYERS = {
    "convolution": Convolution(2, 2, stride=2, activation="relu"),
    "max-pooling": MaxPooling(2),
    "average-pooling": AveragePooling(1),
    "fully-connected": FullyConnected(3, activation="relu"),
}


def test_the_table_names_every_kind():
    assert list(KINDS.items()) == [(kind, type(layer)) for kind, layer in LAYERS.items()]


@pytest.mark.parametrize("kind", LAYERS)
def test_a_description_is_a_value(kind):
    layer = LAYERS[kind]
    assert layer.kind == kind
    assert layer == dataclasses.replace(layer)
    assert hash(layer) == hash(dataclasses.replace(layer))
    with pytest.raises(dataclasses.FrozenInstanceError):
        layer.bias = "none"


@pytest.mark.parametrize(
    ("make", "positional"),
    [(Convolution, (1, 2)), (MaxPooling, (2,)), (AveragePooling, (2,)), (FullyConnected, (1,))],
    ids=str,
)
def test_options_are_given_by_name(make, positional):
    make(*positional)
    with pytest.raises(TypeError, match="positional"):
        make(*positional, 1)


def test_one_description_serves_inputs_of_different_sizes():
    for side in (4, 6, 10):
        network = Network((1, side, side), list(LAYERS.values()))
        assert network.widths == (side**2, 2 * (side // 2) ** 2, *2 * (2 * (side // 4) ** 2,), 3)


def test_windows_and_lists_of_patches_describe_the_same_layer():
    window = Network((1, 4), [Convolution(1, 2, stride=2)]).layer(1)
    listed = Network((4,), [Convolution(1, patches=((0, 1), (2, 3)))]).layer(1)
    assert window.patches.slots.tolist() == listed.patches.slots.tolist()
    pooled = Network((1, 4), [MaxPooling(2)]).layer(1)
    assert pooled.patches.slots.tolist() == window.patches.slots.tolist()  # its stride is its kernel
