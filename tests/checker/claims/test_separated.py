"""Points that sublevel sets separate: each obligation violated alone, and a walk between them that must rise."""

import itertools
from fractions import Fraction

import numpy as np
import pytest


def point(make, first, second, biases=None):
    layers = [{"weights": make.array(first), "biases": None}]
    own = None if biases is None else make.array(biases)
    return [*layers, {"weights": make.array(second), "biases": own}]


def claim(*points, level="49/100"):
    return {"kind": "separated", "points": list(points), "level": level}


ONE, SWAPPED = [[1, 0], [0, 1]], [[0, 1], [1, 0]]


def network(make, land, *, targets=ONE, first=ONE, second=ONE, name="relu", top="identity"):
    """Two ReLUs on the unit vectors, without biases; by default features and outputs are the unit vectors."""
    return land.with_targets(make, ONE, targets, [land.layer(first, None, name), land.layer(second, None, top)])


def outcome(make, run_bytes, document, other, *claims):
    whole = {**make.HEAD, "points": [other], "instance": document, "claims": list(claims)}
    return run_bytes(make.seal(whole))


def test_two_units_that_change_places(make, land, run_bytes):
    other = point(make, SWAPPED, SWAPPED)
    found = outcome(make, run_bytes, network(make, land), other, claim(-1, 0))
    assert found.exit_code == 0, found.message
    assert found.accepted == ("no path joins the parameters to points[0] on which the loss is at most 49/100",)


@pytest.mark.parametrize(
    ("changes", "other", "level", "message"),
    [
        ({}, (SWAPPED, SWAPPED), "1/2", "a determinant of the targets is 0"),  # on {Φ = 1/2} features may be singular
        ({}, (SWAPPED, SWAPPED), "51/100", "the level is too high"),
        ({"targets": [[1, 0], [0, Fraction(1, 2)]]}, (SWAPPED, SWAPPED), "1/4", "the level is too high"),
        ({}, (SWAPPED, ONE), "49/100", "the loss at points[0] is above the level"),
        ({"second": SWAPPED}, (SWAPPED, SWAPPED), "49/100", "the loss at the parameters is above the level"),
        ({}, (ONE, ONE), "49/100", "have the same sign"),
        ({"top": "relu"}, (SWAPPED, SWAPPED), "49/100", "layer 2 is not fully connected without activation"),
    ],
)
def test_each_obligation(make, land, run_bytes, changes, other, level, message):
    found = outcome(make, run_bytes, network(make, land, **changes), point(make, *other), claim(-1, 0, level=level))
    assert found.exit_code == 1
    assert message in found.message


def test_one_unit_more_is_refused(make, land, run_bytes):
    """With three units the two points are joined; nothing square is there to tell them apart."""
    wide = network(make, land, first=[[1, 0, 0], [0, 1, 0]], second=[*ONE, [0, 0]])
    other = point(make, [[0, 1, 0], [1, 0, 0]], [*SWAPPED, [0, 0]])
    found = outcome(make, run_bytes, wide, other, claim(-1, 0))
    assert found.exit_code == 1
    assert "layer 1 has 3 neurons; expected 2" in found.message


def test_a_layer_that_does_not_read_all(make, land, run_bytes):
    """Where each output reads the features through a filter, F_L is not F_(L-1) times a matrix of its own."""
    shared = make.convolution([[0], [1]], 1, "identity", weights=[[1]], bias="none")
    document = land.with_targets(make, ONE, ONE, [land.layer(ONE, None, "relu"), shared])
    other = [{"weights": make.array(ONE), "biases": None}, {"weights": make.array([[1]]), "biases": None}]
    found = outcome(make, run_bytes, document, other, claim(-1, 0))
    assert found.exit_code == 1
    assert "layer 2 is not fully connected" in found.message


def test_output_biases_take_the_place_of_a_unit(make, land, run_bytes):
    """Two units and a bias on three samples; the unit of ones counts, and three units with a bias are too many."""
    eye = np.eye(3, dtype=int).tolist()
    first, second = [[1, 0], [0, 1], [0, 0]], [[1, 0, -1], [0, 1, -1]]
    layers = [land.layer(first, None, "relu"), land.layer(second, [0, 0, 1])]
    document = land.with_targets(make, eye, eye, layers)
    other = point(make, [[0, 1], [1, 0], [0, 0]], [second[1], second[0]], [0, 0, 1])
    found = outcome(make, run_bytes, document, other, claim(-1, 0))
    assert found.exit_code == 0, found.message
    more = land.with_targets(make, eye, eye, [land.layer(eye, None, "relu"), land.layer(eye, [0, 0, 0])])
    swapped = [eye[1], eye[0], eye[2]]
    found = outcome(make, run_bytes, more, point(make, swapped, swapped, [0, 0, 0]), claim(-1, 0))
    assert found.exit_code == 1
    assert "layer 1 has 3 neurons; expected 2" in found.message


@pytest.mark.parametrize("change", [{"points": [-1]}, {"points": [-1, 1]}, {"level": 1}, {"floor": "0"}])
def test_unreadable(make, land, run_bytes, change):
    own = {**claim(-1, 0), **change}
    assert outcome(make, run_bytes, network(make, land), point(make, SWAPPED, SWAPPED), own).exit_code == 2


def test_straight_and_crooked_walks_rise():
    """Second look, in floats: whatever way the units take, somewhere the loss is at least 1/2."""
    generator = np.random.default_rng(0)
    start = np.concatenate([np.eye(2).ravel(), np.eye(2).ravel()])
    end = np.concatenate([np.eye(2)[::-1].ravel(), np.eye(2)[::-1].ravel()])
    for _ in range(50):
        corners = [start, *generator.normal(size=(3, 8)), end]
        walk = [a + (b - a) * t for a, b in itertools.pairwise(corners) for t in np.linspace(0, 1, 400)]
        losses = [((np.maximum(x[:4].reshape(2, 2), 0) @ x[4:].reshape(2, 2) - np.eye(2)) ** 2).sum() / 2 for x in walk]
        assert max(losses) > 0.49
