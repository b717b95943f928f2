"""Minima on a curve of critical points: each obligation violated alone, and points nearby in floats."""

from fractions import Fraction

import numpy as np
import pytest

from tests.checker.claims.outcomes import accepted, altered, rejected


def product(make, land, *, w=1, v=1, name="identity"):
    """1/2 (v w - 1)^2 on one sample: zero on the hyperbola (1 + s, 1/(1 + s)), with curvature 2 across it at (1, 1)."""
    return land.with_targets(make, [[1]], [[1]], [land.layer([[w]], None, name), land.layer([[v]])])


def valley(make, *, congruence=((1,), (1,)), numerators=((1, 1), (2, 0), (1, 0)), denominator=(1, 1), at=range(7)):
    own = {"kind": "valley", "slice": [], "precision": 64}
    columns, curve = ([list(row) for row in rows] for rows in (congruence, numerators))
    numbers = {"denominator": list(map(str, denominator)), "at": list(map(str, at))}
    return {**own, "congruence": make.array(columns), "numerators": make.array(curve), **numbers}


def test_a_hyperbola(make, land, run):
    document = product(make, land)
    good = land.critical("minimum", valley(make), 0, index=[1, 0, 1])
    outcome = accepted(run, document, good)
    assert outcome.accepted == ("the parameters: minimum, index [1, 0, 1], loss 0, by valley",)
    accepted(run, product(make, land, name="relu"), good)
    for message, changes in (
        ("looked at in 6 points; expected at least 7", {"at": range(6)}),
        ("the curve does not start at the point", {"numerators": ((2, 1), (2, 0), (1, 0))}),
        ("the curve does not start at the point", {"denominator": (2, 1)}),
        ("no direction at the point", {"numerators": ((1, 1), (0, 0)), "denominator": (1,)}),
        ("no direction at the point", {"numerators": ((1, 1), (1, 1))}),
        ("not critical at s = ", {"numerators": ((1, 1), (2, 0), (2, 0))}),
        ("not critical at s = ", {"numerators": ((1, 1), (1, -1)), "denominator": (1,)}),
        ("the denominator is 0 at s = 0", {"denominator": (0, 1)}),
        ("the denominator is 0 at s = -1", {"at": range(-1, 6)}),
        ("the curve has 1 entries; 2 are free", {"numerators": ((1,), (2,), (1,))}),
        ("2 columns; expected 1", {"congruence": ((1, 0), (0, 1))}),
        ("has 1 rows", {"congruence": ((1,),)}),
        ("not strictly diagonally dominant", {"congruence": ((1,), (-1,))}),
    ):
        rejected(run, message, document, land.critical("minimum", valley(make, **changes), 0))
    rejected(run, "not proved to be strict", document, altered(good, strict=True))
    rejected(run, "the index is [1, 0, 1]", document, altered(good, index=[2, 0, 0]))
    rejected(run, "at most the stated", document, altered(good, loss=["-1", "-1"]))
    rejected(run, "derivative by coordinate 0 is not 0", product(make, land, v=2), good)


@pytest.mark.parametrize(
    "changes",
    [
        {"at": (0, 0, *range(2, 8))},
        {"at": (0, "2/4", "1/2", *range(2, 8))},
        {"denominator": ()},
        {"numerators": [(1, 1)] * 22},
        {"denominator": [1] * 22},
    ],
)
def test_unreadable(make, land, run, changes):
    rejected(run, "", product(make, land), land.critical("minimum", valley(make, **changes), 0), code=2)


def test_other_types_and_keys(make, land, run):
    document = product(make, land)
    rejected(run, "evidence for minimum", document, land.critical("saddle", valley(make), 0), code=2)
    rejected(run, "unknown key", document, land.critical("minimum", {**valley(make), "radius": "1"}, 0), code=2)


def test_all_pieces_are_lines(make, land, run):
    """(v w^2 - 1)^2 / 2: critical on (1 + s, 1/(1 + s)^2), but of another degree than is counted."""
    document = product(make, land, name="square")
    curve = ((1, 1), (3, 0), (3, 0), (1, 0))  # over (1 + s)^2
    evidence = valley(make, numerators=curve, denominator=(1, 2, 1), at=range(20), congruence=((2,), (1,)))
    rejected(run, "layer 1 meets a piece that is no line", document, land.critical("minimum", evidence, 0))


@pytest.fixture
def five(make, land):
    """Five samples, widths 2, 1, 2, 1: loss 1, where linear regression has less."""
    layers = [
        land.layer([[1], [0]], [1], "relu"),
        land.layer([[1, 1]], [0, Fraction(-3, 2)], "relu"),
        land.layer([[2], [-2]], [-2]),
    ]
    samples = [[0, 1], [0, -1], [1, 1], [1, -1], [2, 0]]
    return land.with_targets(make, samples, [[0], [0], [0], [2], [1]], layers)


def five_claim(make, land, document):
    """Free are W1[1,0] = 0, b2[1] = -(3 + s)/(2 + s), W3 = (2 + s, -2 - s) and b3 = -2 - s."""
    scaling, shift = {"kind": "scaling"}, {"kind": "shift", "neuron": 0}
    steps = [
        {**scaling, "layer": 1, "unit": 0, "coordinate": 0},
        {**shift, "layer": 1},
        {**scaling, "layer": 2, "unit": 0, "coordinate": 3},
        {**shift, "layer": 2},
        {**scaling, "layer": 2, "unit": 1, "coordinate": 4},
    ]
    free = [1, 6, 7, 8, 9]
    _, matrix = land.numeric(document)
    white = land.whitening(matrix[np.ix_(free, free)])
    curve = ((0, -3, 4, -4, -4), (0, -1, 4, -4, -4), (0, 0, 1, -1, -1))
    evidence = valley(make, congruence=white, numerators=curve, denominator=(2, 1), at=range(11))
    return land.critical("minimum", {**evidence, "slice": steps}, 1, index=[4, 0, 6])


def test_five_samples(make, land, run, five):
    good = five_claim(make, land, five)
    accepted(run, five, good)
    rejected(run, "expected at least 11", five, altered(good, __at=list(map(str, range(10)))))
    rejected(run, "the curve has 5 entries; 6 are free", five, altered(good, __slice=good["evidence"]["slice"][:-1]))
    # for s < -1 the kink of the second unit is past two samples, and for s = -3/2 at one more
    for place, message in (("-5/4", "other pieces are met at s = -5/4"), ("-3/2", "at a breakpoint")):
        rejected(run, message, five, altered(good, __at=[place, *map(str, range(10))]))


def test_points_near_it_in_floats():
    generator = np.random.default_rng(0)
    x = np.array([[0, 1], [0, -1], [1, 1], [1, -1], [2, 0]], dtype=float)
    y = np.array([0, 0, 0, 2, 1], dtype=float)
    start = np.array([1, 0, 1, 1, 1, 0, -1.5, 2, -2, -2])
    for _ in range(3000):
        t = start + generator.normal(size=10) * 10 ** generator.uniform(-4, -1.5)
        a = np.maximum(x @ t[:2] + t[2], 0)
        p, q = np.maximum(a * t[3] + t[5], 0), np.maximum(a * t[4] + t[6], 0)
        assert ((p * t[7] + q * t[8] + t[9] - y) ** 2).sum() / 2 >= 1 - 1e-12
