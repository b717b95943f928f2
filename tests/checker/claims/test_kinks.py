"""Minima at kinks: the smallest exact instance, boxes around irrational ones, and each obligation alone."""

import copy
from fractions import Fraction

import numpy as np
import pytest

from tests.checker.claims.outcomes import accepted, altered, rejected

LOOSE = ["0", "100"]
SCALING = {"kind": "scaling", "layer": 1, "unit": 0, "coordinate": 0}


def evidence(make, kinks, basis, congruence, *, radius=None, surplus=None, steps=(SCALING,), precision=128):
    return {
        "kind": "kinks",
        "slice": list(steps),
        "precision": precision,
        "kinks": kinks,
        "basis": None if basis is None else make.array(basis),
        "congruence": None if congruence is None else make.array(congruence),
        "radius": None if radius is None else str(radius),
        "surplus": None if surplus is None else make.array(surplus),
    }


def exact(make, land):
    """The ramp of loss 11 with its kink at the third sample. Free are b, v, c; the stratum is b = -2."""
    hessian = np.array([[5, 3], [3, 5]])  # of v and c: features 2, 1, 0, 0, 0
    own = evidence(make, [[2, 0]], [[0, 0], [1, 0], [0, 1]], land.whitening(hessian))
    return land.critical("minimum", own, 11)


def test_the_exact_instance(make, land, run):
    document, good = land.ramp(), exact(make, land)
    outcome = accepted(run, document, good)
    assert outcome.accepted == ("the parameters: minimum, loss 11, by kinks",)
    accepted(run, document, altered(good, __precision=30))
    rejected(run, "not proved to be strict", document, altered(good, strict=True))
    rejected(run, "does not give the index", document, altered(good, index=[2, 0, 2]))
    rejected(run, "at least", document, altered(good, loss=["100000000000001/9090909090909", "12"]))
    rejected(run, "at most", document, altered(good, loss=["0", "10"]))


def test_which_pairs_are_at_a_kink(make, land, run):
    document, good = land.ramp(), exact(make, land)
    rejected(run, "is not at a kink on sample 1", document, altered(good, __kinks=[[2, 0], [1, 0]]))
    rejected(run, "is not at a kink on sample 1", document, altered(good, __kinks=[[1, 0]]))
    rejected(run, "expected from 1", document, altered(good, __kinks=[]), code=2)
    rejected(run, "repeated", document, altered(good, __kinks=[[2, 0], [2, 0]]), code=2)
    rejected(run, "to 4", document, altered(good, __kinks=[[5, 0]]), code=2)
    rejected(run, "to 0", document, altered(good, __kinks=[[2, 1]]), code=2)
    rejected(run, "1 entry", document, altered(good, __kinks=[[2]]), code=2)
    # two samples at the kink, one of them listed
    twice = land.ramp(x=(-4, -3, -2, -1, 3, -2), y=(1, 3, -2, -2, 3, -2))
    rejected(run, "on sample 5, which is not listed", twice, altered(good, loss=LOOSE))
    # the kink is exact: a tiny step off it
    rejected(run, "is not at a kink", land.ramp(b=-2 + Fraction(1, 10**30)), altered(good, loss=LOOSE))


def test_the_stratum(make, land, run):
    document, good = land.ramp(), exact(make, land)
    array = make.array
    rejected(run, "moves a listed pair", document, altered(good, __basis=array([["1/1000000", 0], [1, 0], [0, 1]])))
    rejected(run, "are dependent", document, altered(good, __basis=array([[0, 0], [1, 2], [1, 2]])))
    short = altered(good, __basis=array([[0], [1], [0]]), __congruence=array([["1/3"]]))
    rejected(run, "the basis has shape", document, short)
    rejected(run, "no square matrix of order 2", document, altered(good, __congruence=array([["1/3"], [0]])))
    rejected(run, "not strictly diagonally", document, altered(good, __congruence=array([[1, 1], [1, 1]])))
    rejected(run, "one of basis", document, altered(good, __congruence=None), code=2)
    rejected(run, "the stratum has dimension 2", document, altered(good, __basis=None, __congruence=None))
    rejected(run, "the basis has shape", document, altered(good, __slice=[]))
    other = altered(good, __basis=array([[0, 0], [1, 1], [0, 1]]))
    other["evidence"]["congruence"] = array(land.whitening([[5, 8], [8, 16]]))
    accepted(run, document, other)


def with_residual(land, r1, r3, r4=2, *, second=0, rest=0):
    """The ramp; the equations of v and c hold up to `second` and `rest`, and lambda = r1, kappa = r3."""
    r2 = -2 * Fraction(r1) + second
    r5 = -(Fraction(r1) + r2 + r3 + r4) + rest
    outputs, residual = (2, 1, 0, 0, 0), (r1, r2, r3, r4, r5)
    return land.ramp(y=[a - Fraction(r) for a, r in zip(outputs, residual, strict=True)])


def test_the_multipliers(make, land, run):
    good = altered(exact(make, land), loss=LOOSE)
    accepted(run, with_residual(land, 1, 2), good)
    accepted(run, with_residual(land, 1, Fraction(1000001, 1000000)), good)
    rejected(run, "not certainly below kappa", with_residual(land, 1, 1), good)
    rejected(run, "not certainly below kappa", with_residual(land, 1, Fraction(1, 2)), good)
    rejected(run, "the multiplier of neuron 0 on sample 2 is not certainly positive", with_residual(land, 0, 2), good)
    rejected(run, "the multiplier of neuron 0 on sample 2 is not certainly positive", with_residual(land, -1, 2), good)
    rejected(run, "kappa of neuron 0 on sample 2 is not certainly positive", with_residual(land, 1, -2), good)
    rejected(run, "kappa of neuron 0 on sample 2 is not certainly positive", with_residual(land, 1, 0), good)
    tiny = Fraction(1, 10**9)
    rejected(run, "the gradient on the stratum is not 0", with_residual(land, 1, 2, second=tiny), good)
    rejected(run, "the gradient on the stratum is not 0", with_residual(land, 1, 2, rest=tiny), good)
    rejected(run, "surplus is given", land.ramp(), altered(good, __surplus=make.array([0])))


def test_layer_1_is_piecewise_linear(make, land, run):
    document = land.ramp()
    good = exact(make, land)
    soft = copy.deepcopy(document)
    soft["layers"][0]["activation"] = make.formula({}, {(1, 0): 1, (2, 0): 1}, kinks=[0])
    rejected(run, "not piecewise linear", soft, altered(good, loss=LOOSE))
    smooth = copy.deepcopy(document)
    smooth["layers"][0]["activation"] = make.activation("gelu")
    rejected(run, "not piecewise linear", smooth, altered(good, loss=LOOSE))
    same = copy.deepcopy(document)  # a kink where nothing jumps, at the same place
    same["layers"][0]["activation"] = make.formula({(1, 0): 1}, {(1, 0): 1}, kinks=[0])
    rejected(run, "", same, altered(good, loss=LOOSE))


def test_breakpoints_above(make, land, run):
    """A second layer with a breakpoint that is met, and one that is not."""
    good = exact(make, land)
    kinked = make.formula({(1, 0): 1}, {(1, 0): 1}, kinks=[0])
    for kink, fails in (("0", True), ("1/2", False)):
        document = land.ramp()
        document["layers"][1]["activation"] = {**kinked, "kinks": [kink]}
        if fails:
            rejected(run, "neuron 0 of layer 2 is at a breakpoint on sample 2", document, good)
        else:
            accepted(run, document, good)


# ---------------------------------------------------------------- on a box


def boxed(make, land, document, *, radius=Fraction(1, 1000), steps=(SCALING,), surplus=None, kinks=((2, 0),)):
    own = exact(make, land)["evidence"]
    own |= {"radius": str(radius), "slice": list(steps), "kinks": [list(pair) for pair in kinks]}
    own |= {"surplus": None if surplus is None else make.array(surplus)}
    return land.critical("minimum", own, (Fraction(109, 10), Fraction(111, 10)))


def test_a_box_on_the_stratum(make, land, run):
    tiny = Fraction(1, 10**5)
    document = land.ramp(v=1 + tiny, c=-tiny)
    good = boxed(make, land, document)
    assert "a box around" in accepted(run, document, good).accepted[0]
    near = [str(11 - Fraction(1, 10**8)), str(11 + Fraction(1, 10**8))]
    accepted(run, document, altered(good, loss=near))
    rejected(run, "at most", document, altered(good, loss=["10", "11"]))
    rejected(run, "too large for the box", document, altered(good, __radius=str(Fraction(1, 10**6))))
    rejected(run, "the radius is not positive", document, altered(good, __radius="-1"))
    rejected(run, "the radius is not positive", document, altered(good, __radius="0"))
    rejected(run, "not at a kink", land.ramp(v=1 + tiny, b=-2 + tiny), good)
    rejected(run, "", document, altered(good, __radius="4"))
    rejected(run, "moves a listed pair", document, altered(good, __basis=make.array([[tiny, 0], [1, 0], [0, 1]])))
    rejected(run, "basis is null", document, altered(good, __basis=None, __congruence=None), code=2)
    # lambda = 1 at the centre and kappa just above it: on a small box only
    close = with_residual(land, 1, Fraction(1001, 1000))
    accepted(run, close, altered(good, __radius=str(Fraction(1, 10**5)), loss=LOOSE))
    rejected(run, "not certainly below kappa", close, altered(good, __radius=str(Fraction(1, 100)), loss=LOOSE))
    small = with_residual(land, Fraction(1, 1000), 2)
    accepted(run, small, altered(good, __radius=str(Fraction(1, 10**5)), loss=LOOSE))
    rejected(run, "not certainly positive", small, altered(good, __radius=str(Fraction(1, 100)), loss=LOOSE))


def test_no_breakpoint_on_the_box(make, land, run):
    tiny = Fraction(1, 10**5)
    document = land.ramp(v=1 + tiny, c=-tiny)
    kinked = make.formula({(1, 0): 1}, {(1, 0): 1}, kinks=["1/2000"])
    for radius, fails in ((Fraction(1, 400), True), (Fraction(1, 2000), False)):
        document["layers"][1]["activation"] = kinked
        claim = altered(boxed(make, land, document), __radius=str(radius))
        if fails:
            rejected(run, "neuron 0 of layer 2 is at a breakpoint", document, claim)
        else:
            accepted(run, document, claim)


# ---------------------------------------------------------------- dependent pairs


def twice(land, **options):
    """The third sample twice, with half of its residual each."""
    return land.ramp(x=(-4, -3, -2, -1, 3, -2), y=(1, 3, -1, -2, 3, -1), **options)


@pytest.mark.parametrize("box", [False, True])
def test_dependent_pairs(make, land, run, box):
    """Two equal samples at the kink: kappa = 1 each, and lambda_1 + lambda_2 = 1."""
    document = twice(land)
    own = exact(make, land)["evidence"]
    hessian = np.array([[5, 3], [3, 6]])
    own |= {"kinks": [[2, 0], [5, 0]], "surplus": make.array([0, "1/2"])}
    own |= {"congruence": make.array(land.whitening(hessian)), "radius": "1/1000" if box else None}
    good = land.critical("minimum", own, LOOSE)
    accepted(run, document, good)
    accepted(run, document, altered(good, __surplus=make.array([0, "9/10"])))
    rejected(run, "surplus is null", document, altered(good, __surplus=None))
    rejected(run, "on sample 2 is not certainly below", document, altered(good, __surplus=make.array([0, 0])))
    rejected(run, "is not certainly positive", document, altered(good, __surplus=make.array([0, "1000001/1000000"])))
    rejected(run, "is not certainly", document, altered(good, __surplus=make.array([0, 1])))
    rejected(run, "not certainly", document, altered(good, __surplus=make.array([0, "-1/10"])))
    rejected(run, "where the multiplier is determined", document, altered(good, __surplus=make.array(["1/2", "1/2"])))
    rejected(run, "1 entries for 2 pairs", document, altered(good, __surplus=make.array([0])))


# ---------------------------------------------------------------- a stratum that is a point


@pytest.mark.parametrize("slope", [Fraction(1, 2), Fraction(-1, 2), Fraction(3, 2), 0])
def test_a_point_of_dimension_0(make, land, run, slope):
    """One coordinate, at the kink of a function of slopes s and 2; the target is -1, so it is to fall."""
    activation = make.formula({(1, 0): slope} if slope else {}, {(1, 0): 2}, kinks=[0])
    document = land.with_targets(make, [[1]], [[-1]], [land.layer([[0]], None, activation)])
    own = evidence(make, [[0, 0]], None, None, steps=[])
    claim = land.critical("minimum", own, Fraction(1, 2), strict=True)
    # Phi = 1/2 (s w + 1)^2 on the left: a minimum if its slope s there is negative
    if slope < 0:
        accepted(run, document, claim)
        rejected(run, "kappa", {**document, "targets": make.array([[1]])}, claim)
    else:
        rejected(run, "the multiplier of neuron 0 on sample 0 is not certainly positive", document, claim)
