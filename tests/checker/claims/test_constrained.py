"""Strict minima under bounds of norms: each obligation violated alone, and random points nearby."""

from fractions import Fraction

import numpy as np
import pytest

HALF = Fraction(1, 2)
BETTER = ([[0, 0]], [1, 0], [[1], [0]])


def point(make, first, biases, second):
    return [
        {"weights": make.array(first), "biases": make.array(biases)},
        {"weights": make.array(second), "biases": None},
    ]


def network(make, land, *, first=((-1, 1),), biases=(0, 0), second=((HALF,), (HALF,)), x=Fraction(3, 2), name="relu"):
    """Features 3/2 on one sample each, outputs 3/4 on both, targets 1: loss 1/16; a constant unit has 0."""
    layers = [land.layer(list(map(list, first)), list(biases), name), land.layer(list(map(list, second)))]
    return land.with_targets(make, [[-x], [x]], [[1], [1]], layers)


def claim(make, *, norms=("1", "1"), columns=((0, 0, 0, 0, 1, -1),), better=0, **others):
    """θ is W_1, b_1, W_2: the one critical direction moves an output weight up and the other down."""
    matrix = None if columns is None else make.array([list(row) for row in zip(*columns, strict=True)])
    own = {"kind": "constrained-minimum", "point": -1, "norms": list(norms), "precision": 64}
    return {**own, "congruence": matrix, "better": better, **others}


def outcome(make, run_bytes, document, *claims, better=BETTER):
    whole = {**make.HEAD, "points": [point(make, *better)], "instance": document, "claims": list(claims)}
    return run_bytes(make.seal(whole))


def test_a_confined_point(make, land, run_bytes):
    found = outcome(make, run_bytes, network(make, land), claim(make))
    assert found.exit_code == 0, found.message
    assert found.accepted == (
        (
            "the parameters: strict minimum among rows of l1 norm at most: layer 1 1, layer 2 1; "
            "points[0] is one of smaller loss"
        ),
    )
    alone = outcome(make, run_bytes, network(make, land), claim(make, better=None))
    assert alone.accepted[0].endswith("layer 2 1")


@pytest.mark.parametrize(
    ("changes", "claimed", "message"),
    [
        ({}, {"norms": ("1/2", "1")}, "the parameters: the l1 norm of unit 0 of layer 1 is above its bound"),
        ({}, {"norms": ("1", "2")}, "unit 0 of layer 2 is not on its bound; the derivative by coordinate 4 is not 0"),
        ({}, {"norms": ("1", None)}, "layer 2 is not on its bound"),
        ({"x": Fraction(1)}, {}, "the derivative by coordinate 2 is not below the multiplier"),  # a bias as good
        ({"second": [[Fraction(1, 4)], [Fraction(3, 4)]]}, {}, "the multiplier of unit 1 of layer 1 is not positive"),
        ({"x": Fraction(3)}, {}, "the multiplier of unit 0 of layer 1 is not positive"),  # past the targets
        ({"second": [[Fraction(9, 20)], [Fraction(11, 20)]]}, {}, "unit 0 of layer 2 has no one multiplier"),
        ({}, {"columns": None}, "there is no congruence; the critical directions have dimension 1"),
        ({}, {"columns": ((0, 0, 0, 0, 1, -1), (0, 0, 0, 0, 1, 1))}, "the congruence has 2 columns; expected 1"),
        ({}, {"columns": ((0, 0, 0, 0, 1),)}, "the congruence has 5 rows; there are 6 coordinates"),
        ({}, {"columns": ((0, 0, 0, 0, 1, 0),)}, "leaves the bounds by first order"),
        ({}, {"columns": ((0, 0, 1, 0, 1, -1),)}, "leaves the bounds by first order"),
        ({}, {"columns": ((0, 0, 0, 0, 0, 0),)}, "not strictly diagonally dominant"),
        ({"x": Fraction(0)}, {}, "at a breakpoint"),
    ],
)
def test_each_obligation(make, land, run_bytes, changes, claimed, message):
    found = outcome(make, run_bytes, network(make, land, **changes), claim(make, **claimed))
    assert found.exit_code == 1
    assert message in found.message


@pytest.mark.parametrize(
    ("better", "message"),
    [
        (([[0, 0]], [1, 0], [[2], [0]]), "points[0]: the l1 norm of unit 0 of layer 2 is above its bound"),
        (([[0, 0]], [0, 0], [[1], [0]]), "the loss at points[0] is not smaller"),
    ],
)
def test_the_better_point(make, land, run_bytes, better, message):
    found = outcome(make, run_bytes, network(make, land), claim(make), better=better)
    assert found.exit_code == 1
    assert message in found.message


def test_a_saddle_on_the_critical_directions(make, land, run_bytes):
    """Two inputs that are equal: a line of equal losses is no strict minimum; a corner is one without curvature."""
    layers = [land.layer([[HALF], [HALF]])]
    flat = land.with_targets(make, [[1, 1]], [[2]], layers)
    own = {"kind": "constrained-minimum", "point": -1, "norms": ["1"], "precision": 64, "better": None}
    whole = {**make.HEAD, "instance": flat, "claims": [{**own, "congruence": make.array([[1], [-1]])}]}
    found = run_bytes(make.seal(whole))
    assert found.exit_code == 1
    assert "not strictly diagonally dominant" in found.message
    free = land.with_targets(make, [[1, 0]], [[2]], [land.layer([[1], [0]])])
    whole = {**make.HEAD, "instance": free, "claims": [{**own, "congruence": None}]}
    found = run_bytes(make.seal(whole))
    assert found.exit_code == 0, found.message


@pytest.mark.parametrize(
    "change",
    [
        {"norms": ["1"]},
        {"norms": ["0", "1"]},
        {"norms": ["-1", "1"]},
        {"precision": 1},
        {"better": 1},
        {"point": 1},
        {"radius": "1"},
    ],
)
def test_unreadable(make, land, run_bytes, change):
    assert outcome(make, run_bytes, network(make, land), {**claim(make), **change}).exit_code == 2


def test_bounds_of_layers_of_several_patches(make, land, run_bytes):
    shared = make.convolution([[0], [1]], 1, "identity", weights=[[1]], bias="none")
    document = land.with_targets(make, [[1, 1]], [[2, 2]], [shared])
    own = {
        "kind": "constrained-minimum",
        "point": -1,
        "norms": ["1"],
        "precision": 64,
        "congruence": None,
        "better": None,
    }
    found = run_bytes(make.seal({**make.HEAD, "instance": document, "claims": [own]}))
    assert found.exit_code == 2
    assert "expected null" in found.message


def test_points_nearby_have_a_larger_loss():
    """Second look, in floats: random points within the bounds near the confined one."""
    generator = np.random.default_rng(0)
    x, start = np.array([-1.5, 1.5]), np.array([-1, 1, 0, 0, 0.5, 0.5])
    for _ in range(2000):
        moved = start + generator.normal(size=6) * 10 ** generator.uniform(-4, -1)
        (w, b, v) = moved.reshape(3, 2)
        scale = np.maximum(abs(w) + abs(b), 1)
        w, b, v = w / scale, b / scale, v / max(abs(v).sum(), 1)
        outputs = np.maximum(np.outer(x, w) + b, 0) @ v
        assert ((outputs - 1) ** 2).sum() / 2 >= 1 / 16 - 1e-15
