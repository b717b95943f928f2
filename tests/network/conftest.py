"""A second, slow implementation: Definition 2.1 by loops over samples, patches and filters, in Python fractions."""

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


def by_definition(network, parameters, samples, layer, *, activate=True):
    """F_layer (or G_layer) of samples given as rows of fractions."""
    features = samples
    for resolved in network.resolved[:layer]:
        patches = resolved.patches.slots.tolist()
        if isinstance(resolved, Pooled):
            features = [[max(x[j] for j in patch if j >= 0) for patch in patches] for x in features]
            continue
        own = parameters.layer(resolved.number)
        weights = own.weights.fractions()
        biases = None if own.biases is None else own.biases.fractions()
        function = RATIONAL.get(resolved.activation.text) if activate or resolved.number < layer else None
        rows = []
        for x in features:
            row = []
            for p, patch in enumerate(patches):
                for t in range(resolved.filters):
                    z = sum((x[j] * weights[s, t] for s, j in enumerate(patch) if j >= 0), Fraction(0))
                    if biases is not None:
                        z += biases[p * resolved.filters + t if resolved.bias == "neuron" else t]
                    row.append(function(z) if function else z)
            rows.append(row)
        features = rows
    return features


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


@pytest.fixture(scope="session")
def residue_of():
    return residue


@pytest.fixture(scope="session")
def networks():
    return small_networks
