"""Other matrices of a layer as features of another network: pre-activations, and features beside a column of ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np

from exactcnn.domains.exact import ExactArray
from exactcnn.network.layers import Convolution, Layer
from exactcnn.network.network import Convolved, Network
from exactcnn.network.parameters import LayerParameters, Parameters


def with_pre_activations(network: Network, layer: int) -> Network:
    """Layers 1 to k with an identity as the last activation: F_k is G_k of the given network.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> network = with_pre_activations(Network((1,), [FullyConnected(2, activation="relu"), FullyConnected(1)]), 1)
    >>> network.widths, network.layer(1).activation.text
    ((1, 2), 'identity')
    """
    *below, last = network.layers[:layer]
    if isinstance(network.layer(layer), Convolved):  # pooling has no activation: its pre-activations are its features
        last = cast(Layer, replace(cast(Any, last), activation="identity"))
    return Network(network.input_shape, (*below, last), activation=network.activation)


def with_ones(network: Network, parameters: Parameters, layer: int) -> tuple[Network, Parameters]:
    """Layers 1 to k and one that copies F_k and adds a unit F_k[:, 0] + 1.

    Its features have the rank of [F_k, 1]: both span the same columns.

    Examples
    --------
    >>> from exactcnn.network.features import FeatureMatrix
    >>> from exactcnn.network.layers import FullyConnected
    >>> network = Network((1,), [FullyConnected(1, activation="relu")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[1]], "b1": [0]})
    >>> beside = with_ones(network, parameters, 1)
    >>> FeatureMatrix(*beside, ExactArray.from_array([[1], [2]]), 2).exact().fractions().tolist()
    [[Fraction(1, 1), Fraction(2, 1)], [Fraction(2, 1), Fraction(3, 1)]]
    """
    width = network.widths[layer]
    copy = Convolution(1, patches=(*((j,) for j in range(width)), (0,)), activation="identity")
    biases = ExactArray(np.eye(1, width + 1, width, dtype=np.int64)[0])
    own = LayerParameters(ExactArray(np.ones((1, 1), dtype=np.int64)), biases)
    extended = Network(network.input_shape, (*network.layers[:layer], copy), activation=network.activation)
    return extended, Parameters((*parameters.layers[:layer], own))
