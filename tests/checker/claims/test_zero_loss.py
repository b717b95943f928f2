"""Loss 0 at the point, or at a point of a box around it: each obligation alone."""

import copy
import math
from fractions import Fraction

import numpy as np

from tests.checker.claims.outcomes import accepted, altered, rejected


def test_loss_zero_at_the_point(make, land, run):
    layers = [land.layer([[1]], [0], "softsign"), land.layer([[2]], [0])]
    document = land.with_targets(make, [[1], [2]], [[1], [Fraction(4, 3)]], layers)
    good = land.critical("global minimum", {"kind": "zero"}, 0)
    accepted(run, document, good)
    rejected(run, "at least", document, altered(good, loss=["1/1000000000", "1"]))
    other = {**document, "targets": make.array([[1], ["4000000001/3000000000"]])}
    rejected(run, "outputs of sample 1 are not its targets", other, altered(good, loss=["0", "1"]))
    rejected(run, "evidence for global minimum", document, altered(good, type="minimum"), code=2)


def test_loss_zero_in_a_box(make, land, run):
    """v tanh(w x) + c through two points, c as it is: two outputs, two coordinates."""
    layers = [land.layer([[1]], None, "tanh"), land.layer([[1]], [0])]
    document = land.with_targets(make, [[1], [2]], [["76159/100000"], ["96403/100000"]], layers)
    t = [math.tanh(1), math.tanh(2)]
    inverse = np.linalg.inv(np.array([[1 - t[0] ** 2, t[0]], [2 * (1 - t[1] ** 2), t[1]]]))
    evidence = {
        "kind": "zero-box",
        "precision": 64,
        "columns": [0, 1],
        "radii": make.array([Fraction(1, 1000)] * 2),
        "inverse": make.array([land.dyadic(row, 30) for row in inverse]),
    }
    good = land.critical("global minimum", evidence, 0)
    assert "a box around" in accepted(run, document, good).accepted[0]
    rejected(run, "leaves the box", document, altered(good, __radii=make.array([Fraction(1, 10**6)] * 2)))
    rejected(run, "leaves the box", document, altered(good, __radii=make.array([1, 1])))
    rejected(run, "1 columns for 2 outputs", document, altered(good, __columns=[0]))
    rejected(run, "repeated", document, altered(good, __columns=[0, 0]), code=2)
    rejected(run, "to 2", document, altered(good, __columns=[0, 3]), code=2)
    rejected(run, "leaves the box", document, altered(good, __columns=[1, 0]))
    rejected(run, "3 radii", document, altered(good, __radii=make.array([Fraction(1, 1000)] * 3)))
    kinked = copy.deepcopy(document)
    tanh = ({(0, 1): 1, (0, 0): -1}, {(0, 0): 1, (0, 1): 1})
    for kink, fails in (("1", True), ("2001/2000", True), ("101/100", False)):
        kinked["layers"][0]["activation"] = make.formula(tanh, tanh, kinks=[kink], exponent=[0, 2])
        if fails:
            rejected(run, "is at a breakpoint", kinked, good)
        else:
            accepted(run, kinked, good)
