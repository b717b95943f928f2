"""Can the loss be critical over given features of the last hidden layer? On the digits, where targets are classes.

By the page `FOUND.digits` it cannot where the columns of [F_{L-1}, 1] are independent and U_L has full rank. One point
with independent columns, already for some of the samples, proves it for almost all parameters of the layers below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.certificates.certificate import Certificate
from exactcnn.data.dataset import Dataset
from exactcnn.data.sources import digits
from exactcnn.domains.exact import ExactArray
from exactcnn.network.features import FeatureMatrix, RankClaim
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import LayerParameters, Parameters
from exactcnn.searches.questions import Case, Decision, Question

PROOF = "FOUND.digits"
ACTIVATIONS = ("sigmoid", "softplus")  # tanh(z) = 2 sigmoid(2z) - 1 has the same columns up to the ones
SAMPLES = (100, 300, 1797)
WIDTHS = (10, 20, 50, 99)
POSITIONS = 16  # of patches of 5 × 5 in an image of 8 × 8
MORE = 2  # samples of the certificate for each column: so many are independent enough for floats to prove it
LARGEST = 2**16  # weights of layer 2, so that certificates stay small
SPARSE = 8  # one of so many weights of layer 2 is not 0, for the same reason


def cases() -> Iterator[Case]:
    """Numbers of digits, activations, and widths n_2 of a last hidden layer above a wide convolution."""
    for samples in SAMPLES:
        for activation in ACTIVATIONS:
            for width in WIDTHS:
                if -(-samples // POSITIONS) * POSITIONS * width <= LARGEST:
                    yield {"samples": samples, "activation": activation, "width": width}


def network_of(case: Case) -> Network:
    """Layers 1 and 2: a convolution with n_1 ≥ N, and a fully connected layer of the width of the case.

    Examples
    --------
    >>> network_of({"samples": 100, "activation": "sigmoid", "width": 10}).widths
    (64, 112, 10)
    """
    filters = -(-int(case["samples"]) // POSITIONS)
    below = Convolution(filters, 5, activation=str(case["activation"]))
    return Network((1, 8, 8), [below, FullyConnected(int(case["width"]), activation=str(case["activation"]))])


def decide(case: Case, trials: range, seed: int) -> Decision:
    """Prove independence at a point with small weights; more points are tried where that fails.

    Examples
    --------
    >>> decide({"samples": 100, "activation": "softplus", "width": 10}, range(0), 0).outcome
    'impossible'
    """
    network = network_of(case)
    columns = network.widths[-1] + 1
    chosen = digits().prefix(min(int(case["samples"]), MORE * columns))
    for number in range(trials.start, max(trials.stop, 1)):
        certificate = independent_columns(network, small_parameters(network, seed + number), chosen)
        if certificate is not None:
            reason = f"the {columns} columns of [F_2, 1] are independent, already for the first {len(chosen)} digits"
            return Decision("impossible", reason, certificate, PROOF)
    return Decision("open", f"the columns of [F_2, 1] may be dependent at all of {trials.stop} points")


def independent_columns(network: Network, parameters: Parameters, data: Dataset) -> Certificate | None:
    """Prove that the columns of [F_L, 1] are independent, L the last layer of this network; None where they may not be.

    The ones are the features of one more filter, or unit, with weights 0 and bias 1.

    Parameters
    ----------
    network : Network
        Of all layers below the output; the last is convolutional or fully connected, with a bias for each neuron, and
        its activation is not zero at 1.
    parameters : Parameters
    data : Dataset
    """
    last = len(network.layers)
    top, own = network.layers[-1], parameters.layer(last)
    assert own.biases is not None
    if isinstance(top, FullyConnected):
        wider: Convolution | FullyConnected = replace(top, units=top.units + 1)
    else:
        assert isinstance(top, Convolution)
        wider = replace(top, filters=top.filters + 1)
    positions = len(own.biases.fractions()) // own.weights.shape[1]
    weights = np.concatenate([own.weights.fractions(), np.zeros((own.weights.shape[0], 1), dtype=int)], axis=1)
    biases = np.concatenate([own.biases.fractions(), np.ones(positions, dtype=int)])
    added = LayerParameters(_exact(weights), _exact(biases))
    whole = Network(network.input_shape, [*network.layers[:-1], wider], activation=network.activation)
    instance = Instance(whole, Parameters((*parameters.layers[:-1], added)), data)
    assert instance.parameters is not None
    rank = FeatureMatrix(whole, instance.parameters, data.samples, last).rank()
    if rank.lower < network.widths[-1] + 1:
        return None
    return Certificate(instance, (RankClaim(last, rank),), last)


def small_parameters(network: Network, seed: int) -> Parameters:
    """Weights and biases k/2^s with |k| ≤ 32, s so large that pre-activations are of size one; layer 2 is sparse."""
    draw = np.random.default_rng(seed)
    arrays: dict[str, Any] = {}
    for number, size in ((1, 16 * 5), (2, network.widths[1] // SPARSE)):
        layer = network.convolved(number)
        scale = 2.0 ** -np.ceil(4 + np.log2(size) / 2)
        arrays[f"W{number}"] = draw.integers(-32, 33, size=layer.weights_shape) * scale
        if number == 2:
            arrays["W2"] *= draw.integers(0, SPARSE, size=layer.weights_shape) == 0
        arrays[f"b{number}"] = draw.integers(-32, 33, size=layer.biases_count) / 16
    return Parameters.from_arrays(network, arrays)


def _exact(values: NDArray[Any]) -> ExactArray:
    return ExactArray.from_fractions(values.ravel().tolist(), values.shape)


QUESTION = Question(
    "class-targets",
    "Can the loss be critical in S_1 over almost all features of the digits?",
    PROOF,
    cases,
    decide,
    across="width",
    trials=3,
)
