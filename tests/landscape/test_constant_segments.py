"""Segments on which no output changes: against outputs by loops between the ends, and one violation each."""

from fractions import Fraction
from random import Random

import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.constant_segments import changing_layer
from exactcnn.landscape.objective import Objective, replace_parameters
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from tests.landscape.wide_networks import drawn


def changing(here, there):
    return changing_layer(here, there, here.in_rationals().trace.features)


def at(network, arrays, samples):
    width = network.widths[-1]
    return Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, [[0] * width] * len(samples)))


DEEP = Network(
    (1,),
    [
        FullyConnected(2, activation="relu"),
        FullyConnected(2, activation="relu"),
        FullyConnected(1, activation="identity"),
    ],
)
START = {"W1": [[1, 2]], "b1": [0, 0], "W2": [[1, 1], [1, 0]], "b2": [0, 0], "W3": [[1], [0]], "b3": [0]}
ONE = START | {"W2": [[3, 7], [0, 1]], "b2": [0, 5]}  # 3 u for u + 2 u; the second unit moves freely
TWO = ONE | {"W1": [[1, 9]], "b1": [0, -1], "W2": [[3, 4], [0, 2]], "b2": [0, 6]}


@pytest.mark.parametrize(
    ("first", "second", "layer"),
    [
        (START, START, None),
        (START, ONE, None),
        (ONE, TWO, None),
        (TWO, ONE, None),
        (START, ONE | {"W2": [[3, 7], ["1/9", 1]]}, 2),
        (START, ONE | {"W3": [[1], ["1/9"]]}, 2),  # read at the other end
        (ONE | {"W3": [[1], ["1/9"]]}, ONE | {"W2": [[3, 8], [0, 1]]}, 2),  # or at this one
        (ONE, TWO | {"b2": ["1/9", 6]}, 2),
        (START, TWO, 1),
        (START, START | {"b3": [1]}, 3),
    ],
)
def test_layers_together(first, second, layer):
    samples = [[1], [2], [3]]
    assert changing(at(DEEP, first, samples), at(DEEP, second, samples)) == layer


def sparse(seed):
    """A small convolutional network with random zeros and ones, with a pooling layer for every third seed."""
    random = Random(seed)
    layers = [
        Convolution(2, patches=((0, 1), (1, 2)), activation="relu", bias=random.choice(["none", "filter", "neuron"])),
        *([MaxPooling(patches=((0, 2), (1, 3)))] if seed % 3 == 0 else []),
        FullyConnected(2, activation="identity"),
    ]
    network = Network((3,), layers)
    samples = [[random.randint(-2, 2) for _ in range(3)] for _ in range(2)]
    return random, Objective(Instance(network, drawn(random, network, least=0, most=1), samples, [[0, 0]] * 2))


def test_what_is_called_constant_is_constant():
    """Random sparse moves: whenever no layer is named, outputs stay all along."""
    constant, pooled = 0, 0
    for seed in range(24):
        random, here = sparse(seed)
        first = here.in_rationals().trace.features[-1].fractions().tolist()
        for _ in range(40):
            theta = here.theta.fractions()
            for place in random.sample(range(len(theta)), 2):
                theta[place] += random.choice([-1, 1])
            there = here.at(ExactArray.from_fractions(theta.tolist(), theta.shape))
            if changing(here, there) is not None:
                continue
            constant += 1
            pooled += seed % 3 == 0
            for t in (Fraction(1, 3), Fraction(1)):
                between = here.theta.fractions() * (1 - t) + theta * t
                other = here.at(ExactArray.from_fractions(between.tolist(), between.shape))
                assert other.in_rationals().trace.features[-1].fractions().tolist() == first
    assert constant > 60
    assert pooled > 5


def test_padding_reads_nothing():
    network = Network(
        (1, 2, 2), [Convolution(1, 2, padding=1, activation="relu"), FullyConnected(1, activation="identity")]
    )
    random = Random(1)
    start = drawn(random, network, least=1, most=2)
    here = Objective(Instance(network, start, [[1, 2, 3, 4]], [[0]]))
    assert changing(here, here) is None
    other = Objective(replace_parameters(here.instance, drawn(Random(2), network, least=1, most=2)))
    assert changing(here, other) == 1
