"""The table of the kinds of layers: what the user may write down, before it meets an input.

A description holds no sizes that follow from the layer below; `exactcnn.network.network.Network` resolves it.
"""

from __future__ import annotations

from typing import TypeAlias, get_args

from exactcnn.network.kinds.average_pooling import AveragePooling
from exactcnn.network.kinds.convolution import Bias, Convolution, FullyConnected
from exactcnn.network.kinds.max_pooling import MaxPooling

__all__ = ["KINDS", "AveragePooling", "Bias", "Convolution", "FullyConnected", "Layer", "MaxPooling"]

Layer: TypeAlias = Convolution | MaxPooling | AveragePooling | FullyConnected
"""The description of any layer."""

KINDS: dict[str, type[Layer]] = {description.kind: description for description in get_args(Layer)}
"""The descriptions by the names of their kinds."""
