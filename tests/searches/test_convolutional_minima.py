"""Bad minima of three samples: the criterion by a second implementation, the instances by their loss nearby."""

import itertools
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.objective import Objective
from exactcnn.searches.answers import kept_answers
from exactcnn.searches.convolutional_minima import (
    QUESTION,
    cases,
    decide,
    example,
    find_tangent,
    patches_of,
)

RESULTS = Path(__file__).parents[2] / "docs" / "results" / "convolutional-minima"
STRUCTURES = [patches_of(case) for case in cases() if case["filters"] == 1]
POSSIBLE = [patches for patches in STRUCTURES if find_tangent(patches)]


def in_v(matrix, patches):
    """Whether entries are equal wherever two patches see the same neuron."""
    seen = {}
    return all(
        seen.setdefault(neuron, matrix[p][s]) == matrix[p][s]
        for p, patch in enumerate(patches)
        for s, neuron in enumerate(patch)
    )


def test_tangents_are_what_the_criterion_asks_for():
    for patches in POSSIBLE:
        found = find_tangent(patches)
        rank_one = np.outer(found.alpha, found.lam)
        assert rank_one.any()
        assert in_v(rank_one, patches)
        tangent = np.outer(found.alpha, found.a) + np.outer(found.b, found.lam)
        assert in_v(tangent, patches)
        assert sympy.Matrix([found.lam, found.a]).rank() == sympy.Matrix([found.alpha, found.b]).rank() == 2


def slow(patches):
    """Second implementation, over small integers: α and λ not only of zeros and ones, a and b by sympy's null space."""
    rows, slots = len(patches), len(patches[0])
    for alpha, lam in itertools.product(
        itertools.product((-1, 0, 1, 2), repeat=rows), itertools.product((-1, 0, 1, 2), repeat=slots)
    ):
        if not any(alpha) or not any(lam) or not in_v(np.outer(alpha, lam), patches):
            continue
        a, b = sympy.symbols(f"a:{slots}"), sympy.symbols(f"b:{rows}")
        seen, equations = {}, []
        for p, patch in enumerate(patches):
            for s, neuron in enumerate(patch):
                value = alpha[p] * a[s] + b[p] * lam[s]
                equations.append(seen.setdefault(neuron, value) - value)
        kernel = sympy.linear_eq_to_matrix(equations, [*a, *b])[0].nullspace()
        first = any(sympy.Matrix([list(v[:slots]), lam]).rank() == 2 for v in kernel)
        second = any(sympy.Matrix([list(v[slots:]), alpha]).rank() == 2 for v in kernel)
        if first and second:
            return True
    return False


@pytest.mark.parametrize("patches", [p for p in STRUCTURES if max(map(max, p)) == 2 or len(p) == 2], ids=str)
def test_the_criterion_with_more_vectors(patches):
    assert slow(patches) == (find_tangent(patches) is not None)


def test_two_structures_of_three_neurons():
    assert [p for p in POSSIBLE if max(map(max, p)) == 2] == [((0, 1), (0, 2)), ((0, 1), (1, 2))]
    assert len(POSSIBLE) == 16


@pytest.mark.parametrize("patches", POSSIBLE[:6], ids=str)
def test_the_loss_is_not_smaller_nearby(patches):
    """Exactly, at points on all sides; and far away it is zero."""
    instance, better = example(patches, find_tangent(patches))
    objective = Objective(instance)
    here, theta = objective.loss(), objective.theta.fractions()
    assert here == 1
    assert objective.at(objective.coordinates.flat(better)).loss() == 0
    draw = np.random.default_rng(0)
    smallest = None
    for size in (10, 100, 1000):
        for _ in range(40):
            moved = theta + np.array([Fraction(int(k), 16 * size) for k in draw.integers(-16, 17, size=len(theta))])
            there = objective.at(ExactArray.from_fractions(moved.tolist(), moved.shape)).loss()
            smallest = there if smallest is None else min(smallest, there)
    assert smallest >= here


def test_certificates_are_about_their_cells():
    found = kept_answers(QUESTION, RESULTS)
    assert found.counts == {"possible": 16, "impossible": 112, "open": 0}
    for line in found.lines:
        again = decide(line["case"], range(0), 0)
        assert (again.outcome, again.reason, again.proof) == (line["outcome"], line["reason"], line["proof"])
        if line["outcome"] == "possible":
            document = json.loads((RESULTS / line["certificate"]).read_text())
            assert document["instance"]["layers"][1]["patches"] == [list(p) for p in patches_of(line["case"])]
            assert document["instance"]["samples"]["shape"][0] == 3
            losses = [(c["lower"], c["upper"]) for c in document["claims"] if c["kind"] == "loss"]
            assert losses == [("1", "1"), ("0", "0")]
            (rank,) = [c for c in document["claims"] if c["kind"] == "rank"]
            assert (rank["layer"], rank["lower"]) == (1, 3)


def test_two_filters_have_a_direction_down():
    """The Hessian of the bilinear loss at two copies of a filter of a minimum, in floats: a negative eigenvalue."""
    patches = POSSIBLE[0]
    instance, _ = example(patches, find_tangent(patches))
    features = np.array(Objective(instance).in_rationals().trace.features[1].fractions(), dtype=float)
    weights = [np.array(instance.parameters.layer(k).weights.fractions()[:, 0], dtype=float) for k in (2, 3)]
    residual = np.array([0.0, 1.0, -1.0])
    q, p = weights[0], weights[1] / 2  # two equal filters with half of the output weights each
    seen = features[:, np.array(patches)]
    target = seen @ q @ weights[1] + residual

    def loss(theta):
        parts = theta.reshape(2, -1)
        out = sum(seen @ own[: len(q)] @ own[len(q) :] for own in parts)
        rest = target - out
        return ((rest - rest.mean()) ** 2).sum() / 2

    start, h = np.concatenate([q, p, q, p]), 1e-3
    steps = np.eye(len(start)) * h
    signs = list(itertools.product((1, -1), repeat=2))
    hessian = [[sum(a * b * loss(start + a * s + b * t) for a, b in signs) / (4 * h * h) for t in steps] for s in steps]
    assert np.linalg.eigvalsh(np.array(hessian))[0] < -0.01
