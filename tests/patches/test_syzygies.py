import itertools
import math
import random

import numpy as np
import pytest

from exactcnn.patches.builders import conv2d
from exactcnn.patches.graph import PatchGraph
from exactcnn.patches.syzygies import Limits, evaluate, relations, syzygies

PRIME = 1048573


def as_terms(vector):
    return {h: dict(terms) for h, terms in vector}


def test_every_relation_is_an_identity(kills):
    draw = random.Random(4)
    seen = 0
    for _ in range(40):
        neurons = draw.randrange(2, 6)
        size = draw.randrange(1, min(3, neurons) + 1)
        patches = [draw.sample([*range(neurons), -1], size) for _ in range(draw.randrange(1, 5))]
        filters = draw.randrange(1, 4)
        for group in relations(PatchGraph.from_patches(neurons, patches), filters, 3):
            for vector in group:
                assert vector
                assert kills(patches, filters, as_terms(vector))
                seen += 1
    assert seen > 100


def test_a_relation_of_each_degree_on_a_ladder(kills):
    """Two paths of length d with the same ends: the kernel vector of one filter of size 2 has degree d - 1."""
    for length in range(1, 6):
        upper = [0, *range(2, length + 1), 1]
        lower = [0, *range(length + 1, 2 * length), 1]
        patches = [pair for path in (upper, lower) for pair in itertools.pairwise(path)]
        graph = PatchGraph.from_patches(None, patches)
        (vector,) = syzygies(graph, np.array([[2], [3]]), PRIME, 1).vectors
        assert kills(patches, 1, as_terms(vector))
        assert {len(monomial) for _, terms in vector for monomial, _ in terms} == {length - 1}


def test_koszul_relations_of_two_filters():
    found = syzygies(conv2d((1, 3, 3), 2).graph, np.arange(8).reshape(4, 2), PRIME, 1)
    (vector,) = found.vectors
    sign = vector[0][1][0][1]
    assert as_terms(vector) == {2 * p + t: {(2 * p + 1 - t,): sign * (-1) ** t} for p in range(4) for t in range(2)}


def test_as_many_as_wanted_and_independent():
    graph = conv2d((1, 5, 5), 2).graph
    weights = np.random.default_rng(0).integers(1, PRIME, (4, 2))
    found = syzygies(graph, weights, PRIME, 9)
    assert len(found.vectors) == 9
    assert syzygies(PatchGraph.from_patches(3, [[0, 1], [1, 2]]), weights[:2, :1], PRIME, 1) is None


def test_limits_stop_the_search():
    graph = conv2d((1, 3, 3), 2).graph
    weights = np.arange(8).reshape(4, 2)
    assert syzygies(graph, weights, PRIME, 1, Limits(entries=100)) is None
    assert syzygies(graph, weights, PRIME, 1, Limits(unknowns=5)) is None


@pytest.mark.parametrize("modulus", [PRIME, 2**31 - 1])
def test_evaluation(modulus):
    vectors = [((0, (((0, 0, 1), 5), ((), -1))), (2, (((1,), 7),)))]
    weights = [modulus - 1, 123456]
    expected = [5 * math.prod([-1, -1, 123456]) - 1, 0, 7 * 123456]
    assert evaluate(vectors, 3, weights, modulus).tolist() == [[x % modulus for x in expected]]
