"""A second, slow implementation: Definition 2.1 by loops over samples, patches and filters, in numbers of any kind."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import reject
from hypothesis import strategies as st

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Convolved, Network, Pooled
from exactcnn.network.parameters import Parameters

RATIONAL = {
    "identity": lambda z: z,
    "relu": lambda z: max(z, Fraction(0)),
    "abs": abs,
    "leaky-relu(1/3)": lambda z: z if z > 0 else z / 3,
    "relu6": lambda z: min(max(z, Fraction(0)), Fraction(6)),
    "clip(-1/3,1/7)": lambda z: min(max(z, Fraction(-1, 3)), Fraction(1, 7)),
    "hard-sigmoid": lambda z: min(max(z / 6 + Fraction(1, 2), Fraction(0)), Fraction(1)),
    "hard-tanh": lambda z: min(max(z, Fraction(-1)), Fraction(1)),
    "square": lambda z: z * z,
    "softsign": lambda z: z / (1 + abs(z)),
}


def by_loops(network, weights, biases, samples, functions, *, winners=None):
    """F_1, ..., F_k of samples given as rows of numbers of any kind.

    `weights` and `biases` hold, by layer, nested lists of such numbers; `functions`, layer by layer, what is applied
    to every pre-activation (nothing of max-pooling). `winners` (layer, sample, patch) names the largest neuron, for
    numbers without order.
    """
    features, found = samples, []
    for resolved, function in zip(network.resolved, functions, strict=False):
        patches, number = resolved.patches.slots.tolist(), resolved.number
        rows = []
        for i, x in enumerate(features):
            row = []
            for p, patch in enumerate(patches):
                if isinstance(resolved, Pooled):
                    inside = [x[j] for j in patch if j >= 0]
                    row.append(max(inside) if winners is None else x[winners(number, i, p)])
                    continue
                for t in range(resolved.filters):
                    z = 0
                    for s, j in enumerate(patch):
                        if j >= 0:
                            z = z + x[j] * weights[number][s][t]
                    if number in biases:
                        z = z + biases[number][p * resolved.filters + t if resolved.bias == "neuron" else t]
                    row.append(function(z))
            rows.append(row)
        features = rows
        found.append(features)
    return found


def by_definition(network, parameters, samples, layer, *, activate=True, functions=None):
    """F_layer (or G_layer) of samples given as rows of fractions."""
    own = {k: parameters.layer(k) for k, each in enumerate(network.resolved[:layer], 1) if isinstance(each, Convolved)}
    weights = {k: each.weights.fractions().tolist() for k, each in own.items()}
    biases = {k: each.biases.fractions().tolist() for k, each in own.items() if each.biases is not None}
    table = RATIONAL | (functions or {})
    applied = [
        table[each.activation.text] if isinstance(each, Convolved) and (activate or each.number < layer) else Fraction
        for each in network.resolved[:layer]
    ]
    return by_loops(network, weights, biases, samples, applied)[-1]


def residue(value, modulus):
    return value.numerator * pow(value.denominator, -1, modulus) % modulus


# Small integers make ties and exact zeros, thirds leave the dyadics, the last ones cancel up to a rounding error.
NUMBERS = st.sampled_from(["0", "1", "-1", "2", "1/2", "-1/2", "1/3", "-1/3", "-2/3", "0.1"]) | st.sampled_from(
    [str(Fraction(x)) for x in (1 + 2.0**-52, -1 - 2.0**-52, 1 - 2.0**-53, 2.0**-60, -(2.0**-60), 0.1, -0.1, 1e-320)]
)


@st.composite
def small_networks(draw, activations=tuple(RATIONAL), last=tuple(RATIONAL)):
    """Network, parameters and samples: one to three layers, padding, pooling, every kind of bias."""
    size = draw(st.integers(3, 5))
    shape, layers = draw(st.sampled_from([(1, size), (2, size), (1, size, 3)])), []
    count = draw(st.integers(1, 3))
    for number in range(count):
        name = draw(st.sampled_from(last if number == count - 1 else activations))
        bias = draw(st.sampled_from(["neuron", "filter", "none"]))
        kind = draw(st.sampled_from(["convolution", "convolution", "max-pooling", "fully-connected"]))
        if kind == "max-pooling":
            layers.append(MaxPooling(2, stride=1, padding=draw(st.integers(0, 1))))
        elif kind == "convolution":
            kernel = draw(st.integers(1, 2))
            padding = draw(st.integers(0, kernel - 1))
            filters = draw(st.integers(1, 2))
            layers.append(Convolution(filters, kernel, padding=padding, bias=bias, activation=name))
        else:
            layers.append(FullyConnected(draw(st.integers(1, 4)), bias=bias, activation=name))
            break
        if len(shape) == 3 and number == 1:
            break
    try:
        network = Network(shape, layers, activation="sigmoid")
    except InputError:  # a window larger than what is left of the image
        reject()
    arrays = {}
    for layer in network.resolved:
        if isinstance(layer, Convolved):
            arrays[f"W{layer.number}"] = drawn(draw, layer.weights_shape)
            if layer.bias != "none":
                arrays[f"b{layer.number}"] = drawn(draw, (layer.biases_count,))
    samples = ExactArray.from_strings(drawn(draw, (draw(st.integers(1, 3)), network.widths[0])))
    return network, Parameters.from_arrays(network, arrays), samples


def drawn(draw, shape):
    """An array of strings: a few numbers are drawn and repeated, which keeps the search for failures short."""
    pool = draw(st.lists(NUMBERS, min_size=1, max_size=5))
    order = np.random.default_rng(draw(st.integers(0, 99))).integers(0, len(pool), shape)
    return np.array(pool, dtype=object)[order]


@pytest.fixture(scope="session")
def slow_features():
    return by_definition


@pytest.fixture(scope="session", name="by_loops")
def _by_loops():
    return by_loops


@pytest.fixture(scope="session")
def residue_of():
    return residue


@pytest.fixture(scope="session")
def networks():
    return small_networks
