"""Published networks: sizes that their papers print at the ends of stages, and their depths."""

import pytest

from exactcnn.network.shapes import layer_widths
from exactcnn.theorems.architectures import architectures

# Sizes printed in the networks' own papers, at the ends of their stages.
STAGES = {
    "VGG-A": [(64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (512, 7, 7), (4096,)],
    "VGG-E": [(64, 224, 224), (512, 28, 28), (512, 7, 7)],
    "Inception v3": [(64, 73, 73), (192, 35, 35), (288, 35, 35), (768, 17, 17), (1280, 8, 8), (2048, 8, 8)],
    "Inception v4": [(160, 73, 73), (192, 71, 71), (384, 35, 35), (1024, 17, 17), (1536, 8, 8), (1536, 1, 1)],
    "SqueezeNet 1.0": [(96, 55, 55), (128, 55, 55), (256, 27, 27), (512, 13, 13)],
    "ENet": [(16, 256, 256), (64, 128, 128), (128, 64, 64)],
    "GoogLeNet": [(192, 56, 56), (256, 28, 28), (480, 28, 28), (512, 14, 14), (528, 14, 14), (832, 7, 7), (1024, 7, 7)],
    "ResNet-18": [(64, 56, 56), (128, 28, 28), (256, 14, 14), (512, 7, 7)],
    "ResNet-152": [(256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7), (2048, 1, 1)],
    "Xception": [(32, 149, 149), (128, 74, 74), (728, 19, 19), (1024, 10, 10), (2048, 10, 10)],
}


DEPTHS = {  # layers with weights; the authors' names count them
    "VGG-A": 11,
    "VGG-B": 13,
    "VGG-C": 16,
    "VGG-D": 16,
    "VGG-E": 19,
    "ResNet-18": 18,
    "ResNet-34": 34,
    "ResNet-50": 50,
    "ResNet-101": 101,
    "ResNet-152": 152,
    "GoogLeNet": 22,
}


@pytest.mark.parametrize("name", STAGES)
def test_stages(name):
    network = architectures()[name]
    shapes = [each.shape for each in layer_widths(network.input_shape, network.layers)]
    assert [shape for shape in STAGES[name] if shape not in shapes] == []


@pytest.mark.parametrize("name", DEPTHS)
def test_depths(name):
    network = architectures()[name]
    layers = layer_widths(network.input_shape, network.layers)
    pooling = {each.number for each in layers if each.name.endswith("pooling")} - {
        each.number for each in layers if not each.name.endswith("pooling")
    }
    assert layers[-1].number - len(pooling) == DEPTHS[name]
