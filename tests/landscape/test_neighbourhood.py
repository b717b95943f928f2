"""Pieces near a point against what happens when parameters move a little, in fractions."""

import random
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.neighbourhood import lines, neighbourhood
from exactcnn.network.activations import activation
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from tests.landscape.examples import CLIP, fully_connected, objective_of
from tests.landscape.test_gauge import NETWORKS, random_arrays


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("seed", range(4))
def test_constants_and_levels_are_what_does_not_move(name, seed):
    network, rng = NETWORKS[name], random.Random(f"{name} {seed}")
    samples = [[rng.choice([0, 0, 1, 2, -1]) for _ in range(network.widths[0])] for _ in range(3)]
    objective = objective_of(network, random_arrays(network, rng, 2), samples, [[0] * network.widths[-1]] * 3)
    near = neighbourhood(objective)
    for _ in range(5):
        theta = [x + Fraction(rng.randint(-999, 999), 2**40) for x in objective.theta.fractions().tolist()]
        trace = objective.at(ExactArray.from_fractions(theta)).in_rationals().trace
        for k, features in enumerate(trace.features):
            values, known = features.fractions(), near.constants[k]
            fixed = ~near.varying(k)
            assert (values[fixed] == known[fixed]).all()
            assert all((values[:, h] == values[0, h]).all() for h in np.flatnonzero(near.level[k]))
            if near.first[k] is not None and trace.pattern[k - 1] is not None:
                chosen = trace.pattern[k - 1].chosen
                assert (near.first[k] <= chosen).all()
                assert (chosen <= near.last[k]).all()


def test_lines():
    assert lines(CLIP) == [(0, 0), (1, 0), (0, 1)]
    assert lines(activation("gelu")) == [None]
    assert lines(activation("elu-plus-one"))[1] == (1, 1)


def test_unsure_maxima_are_not_constant():
    layers = [
        FullyConnected(2, activation=CLIP),
        MaxPooling(patches=((0, 1),)),
        FullyConnected(1, activation="identity"),
    ]
    arrays = {"W1": [[1, 1]], "b1": [2, -5], "W3": [[1]], "b3": [0]}
    sure = objective_of(Network((1,), layers), arrays, [[0], [1]], [[0], [0]])
    assert neighbourhood(sure).constants[2].ravel().tolist() == [1, 1]
    tied = objective_of(Network((1,), layers), arrays | {"b1": [-5, -5]}, [[0], [1]], [[0], [0]])
    assert neighbourhood(tied).constants[2].ravel().tolist() == [None, None]
    assert neighbourhood(tied).level[2].tolist() == [True]


def test_padding_reads_a_level_column():
    network = Network((1, 2), [Convolution(1, 3, padding=1, activation="tanh"), FullyConnected(1, activation="tanh")])
    arrays = {"W1": [[1], [1], [1]], "b1": [0, 0], "W2": [[1], [1]], "b2": [0]}
    near = neighbourhood(objective_of(network, arrays, [[1, 2], [1, 2]], [[0], [0]]))
    assert near.level[1].tolist() == [True, True]
    near = neighbourhood(objective_of(network, arrays, [[1, 2], [1, 3]], [[0], [0]]))
    assert near.level[1].tolist() == [False, False]


def test_lines_of_one_sample():
    network = fully_connected((1, 1, 1), ("relu", "identity"))
    arrays = {"W1": [[1]], "b1": [0], "W2": [[1]], "b2": [0]}
    near = neighbourhood(objective_of(network, arrays, [[1], [-1], [0]], [[0]] * 3))
    assert [len(near.lines(1, [0], i)) for i in range(3)] == [1, 1, 2]
    assert near.lines(1, [0], 1) == {(0, 0)}
