"""Loss 0 at the point, or at a point of a box around it: each obligation alone."""

import copy
import math
from fractions import Fraction

import numpy as np
import pytest

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


def perfect(make, land, *, off=None):
    """Two outputs, three samples, all targets met by a piecewise linear network, up to one entry."""
    layers = [land.layer([[1, -1]], [0, 2], "relu"), land.layer([[1, 2], [1, 0]], [1, 0])]
    samples = [[-1], [1], [5]]
    targets = [[max(x, 0) + max(2 - x, 0) + 1, 2 * max(x, 0)] for (x,) in samples]
    if off is not None:
        i, c, by = off
        targets[i][c] += by
    return land.with_targets(make, samples, targets, layers)


@pytest.mark.parametrize("sample", range(3))
@pytest.mark.parametrize("output", range(2))
def test_every_entry_of_the_residual(make, land, run, sample, output):
    good = land.critical("global minimum", {"kind": "zero"}, (-1, 1))
    accepted(run, perfect(make, land), good)
    tiny = Fraction(1, 10**40)
    for by in (tiny, -tiny):
        document = perfect(make, land, off=(sample, output, by))
        rejected(run, f"the outputs of sample {sample} are not its targets", document, good)


def test_zero_at_breakpoints(make, land, run):
    """Values are all that is asked for: the unit is at its kink on a sample."""
    document = land.with_targets(make, [[0], [1]], [[0], [1]], [land.layer([[1]], None, "relu")])
    accepted(run, document, land.critical("global minimum", {"kind": "zero"}, 0))
    strict = land.critical("global minimum", {"kind": "zero"}, 0, strict=True)
    rejected(run, "strict is true", document, strict, code=2)
    rejected(
        run, "does not give the index", document, land.critical("global minimum", {"kind": "zero"}, 0, index=[1, 0, 0])
    )


def test_zero_is_decided_in_q_only(make, land, run):
    """tanh(0) = 0, and not rational by construction."""
    document = land.with_targets(make, [[0]], [[0]], [land.layer([[1]], None, "tanh")])
    rejected(run, "not rational by construction", document, land.critical("global minimum", {"kind": "zero"}, 0))
    powers = land.with_targets(make, [[0]], [["1/2"]], [land.layer([[1]], None, land.logistic_2(make))])
    accepted(run, powers, land.critical("global minimum", {"kind": "zero"}, 0))


def line(make, land, *, w=0, target=1, columns=(0,), radius=2, inverse=1, precision=64):
    document = land.with_targets(make, [[1]], [[target]], [land.layer([[w]])])
    evidence = {"kind": "zero-box", "precision": precision, "columns": list(columns)}
    evidence |= {"radii": make.array([radius]), "inverse": make.array([[inverse]])}
    return document, land.critical("global minimum", evidence, 0)


def test_the_box_of_a_line(make, land, run):
    """w = 1 from w = 0: the step is 1, so a radius of 1 is not enough, and anything above it is."""
    accepted(run, *line(make, land))
    accepted(run, *line(make, land, radius=1 + Fraction(1, 10**9)))
    accepted(run, *line(make, land, inverse=Fraction(9, 10)))
    for changes, message in (
        ({"radius": 1}, "leaves the box"),
        ({"radius": Fraction(1, 2)}, "leaves the box"),
        ({"radius": 0}, "not positive"),
        ({"inverse": 0}, "leaves the box"),
        ({"inverse": -1}, "leaves the box"),
        ({"inverse": 2}, "leaves the box"),
    ):
        rejected(run, message, *line(make, land, **changes))
    for changes in ({"columns": []}, {"columns": [1]}, {"columns": [-1]}, {"precision": 1}, {"precision": None}):
        rejected(run, "", *line(make, land, **changes), code=2)
    document, claim = line(make, land)
    rejected(run, "at least the stated", document, altered(claim, loss=["1/10", "1"]))
    accepted(run, document, altered(claim, loss=["-1", "1"]))
    rejected(run, "needs targets", {**document, "targets": None}, claim)
    rejected(run, "evidence for global minimum", document, altered(claim, type="minimum"), code=2)


def test_the_outputs_are_as_many_as_the_columns(make, land, run):
    """Two samples with two outputs are four equations, in any choice of four coordinates that is regular."""
    layers = [land.layer([[1, 0], [0, 1]], [0, 0])]
    document = land.with_targets(make, [[1, 0], [0, 1]], [[1, 0], ["1/100", 1]], layers)
    eye = [[int(i == j) for j in range(4)] for i in range(4)]

    def claim(columns, inverse):
        evidence = {"kind": "zero-box", "precision": 64, "columns": columns}
        evidence |= {"radii": make.array(["1/10"] * len(columns)), "inverse": make.array(inverse)}
        return land.critical("global minimum", evidence, 0)

    accepted(run, document, claim([0, 1, 2, 3], eye))
    rejected(run, "leaves the box", document, claim([1, 0, 2, 3], eye))
    rejected(run, "3 columns for 4 outputs", document, claim([0, 1, 2], [row[:3] for row in eye[:3]]))
    # the biases instead of the weights of the first input: c and W_1 + c are as regular
    other = [[1, 0, 0, 0], [0, 1, 0, 0], [-1, 0, 1, 0], [0, -1, 0, 1]]
    accepted(run, document, claim([4, 5, 2, 3], other))
    rejected(run, "leaves the box", document, claim([4, 5, 2, 3], eye))
    rejected(run, "leaves the box", document, claim([0, 1, 4, 4 + 1], eye))


def test_the_limit_of_columns(make, land, run):
    """More than 2000 columns are not read."""
    layer = make.convolution([[0]], 2001, "identity", bias="none")
    document = land.with_targets(make, [[1]], [[0] * 2001], [layer])
    evidence = {"kind": "zero-box", "precision": 64, "radii": make.array([1]), "inverse": make.array([[1]])}
    many = land.critical("global minimum", evidence | {"columns": list(range(2001))}, 0)
    rejected(run, "2001 columns; at most 2000 are read", document, many, code=2)
    rejected(run, "needs weights", document, altered(many, __columns=list(range(2000))))
