"""Points that are no minima: a derivative, a direction of descent, of negative curvature, or a line."""

import copy
from fractions import Fraction

from tests.checker.claims.outcomes import accepted, altered, rejected

LOOSE = (0, 100)


def test_not_critical(make, land, run):
    document = land.lds(v=1)
    good = land.critical("not critical", {"kind": "entry", "coordinate": 1, "precision": 53}, LOOSE)
    accepted(run, document, good)
    rejected(run, "does not exclude 0", land.lds(), good)
    rejected(run, "coordinate", document, altered(good, __coordinate=2), code=2)
    # the derivative from the left is not 0 at a minimum with a kink
    entry = land.critical("not critical", {"kind": "entry", "coordinate": 1, "precision": 53}, LOOSE)
    rejected(run, "is at a breakpoint", land.ramp(), entry)
    accepted(run, land.ramp(b=Fraction(-19, 10)), entry)


def test_a_direction_of_negative_curvature(make, land, run):
    document = land.bottleneck()
    down, up = [1, 0, 1, 0], [0, 1, 0, 1]
    evidence = {"kind": "negative-direction", "by": "rational", "precision": 53}
    evidence |= {"direction": make.array(down), "positive": make.array(up)}
    good = land.critical("saddle", evidence, 2)
    accepted(run, document, good)
    accepted(run, document, altered(good, type="not a minimum", __positive=None))
    rejected(run, "evidence for not a minimum", document, altered(good, __positive=None), code=2)
    rejected(run, "not certainly negative", document, altered(good, __direction=make.array(up)))
    rejected(run, "'positive' is not certainly positive", document, altered(good, __positive=make.array(down)))
    rejected(run, "3 entries; expected 4", document, altered(good, __direction=make.array(down[:3])), code=2)
    loose = altered(good, loss=["0", "9"])
    rejected(run, "is not 0", land.bottleneck(a=(0, Fraction(99, 100))), loose)


def test_a_maximum_is_no_saddle(make, land, run):
    """v w^2 x^2, (v, w) = (1, 0): the Hessian is diag(0, -26)."""
    layers = [land.layer([[0]], None, "square"), land.layer([[1]])]
    document = land.with_targets(make, [[1], [2]], [[1], [3]], layers)
    evidence = {"kind": "negative-direction", "by": "rational", "precision": 53}
    evidence |= {"direction": make.array([1, 0]), "positive": None}
    accepted(run, document, land.critical("not a minimum", evidence, 5))
    evidence |= {"positive": make.array([0, 1])}
    rejected(run, "'positive' is not certainly", document, land.critical("saddle", evidence, 5))


def test_descent_at_a_kink(make, land, run):
    """At the kink of the ramp with a target that pulls the unit on: one side falls, the other does not."""
    document = land.ramp(y=(1, 3, 5, -2, 3))
    evidence = {"kind": "descent", "direction": make.array([0, 1, 0, 0]), "precision": None}
    good = land.critical("not a minimum", evidence, LOOSE)
    accepted(run, document, good)
    accepted(run, document, altered(good, __precision=53))
    rejected(run, "not certainly negative", document, altered(good, __direction=make.array([0, 0, 0, 0])))
    # a minimum has no direction of descent: no direction of a small grid is accepted
    steps = (-1, 0, 1)
    for d in [[a, b, c, e] for a in steps for b in steps for c in steps for e in steps]:
        rejected(run, "not certainly negative", land.ramp(), altered(good, __direction=make.array(d)))


def test_descent_with_maxima_and_exponentials(make, land, run):
    first = make.convolution([[0], [1]], 1, "identity", weights=[[1]], bias="neuron", biases=[0, 0])
    for last, precision, message in (("identity", None, None), ("tanh", 53, None), ("tanh", None, "not rational")):
        layers = [first, make.pooling([[0, 1]]), land.layer([[1]], None, last)]
        document = land.with_targets(make, [[1, 1]], [[0]], layers)
        evidence = {"kind": "descent", "direction": make.array([0, -1, -1, 0]), "precision": precision}
        good = land.critical("not a minimum", evidence, LOOSE)
        if message:
            rejected(run, message, document, good)
            continue
        accepted(run, document, good)
        # one of two that are tied may fall alone: the maximum stays
        rejected(run, "not certainly negative", document, altered(good, __direction=make.array([0, -1, 0, 0])))


def test_a_breakpoint_above_exponentials_is_not_decided(make, land, run):
    """relu of v (tanh(w) - tanh(w)): 0 to any precision, but not in Q."""
    layers = [land.layer([[1, 1]], None, "tanh"), land.layer([[1], [-1]], None, "relu"), land.layer([[1]], [1])]
    document = land.with_targets(make, [[1]], [[0]], layers)
    evidence = {"kind": "descent", "direction": make.array([0, 0, 0, 0, 0, -1]), "precision": 64}
    rejected(run, "not certainly off", document, land.critical("not a minimum", evidence, LOOSE))
    layers[1] = land.layer([[1], [-2]], None, "relu")
    accepted(run, {**document, "layers": layers}, land.critical("not a minimum", evidence, LOOSE))


def test_curve(make, land, run):
    """Kawaguchi's chain at 0: no negative curvature for three factors, and yet no minimum."""
    document = land.chain(3)
    good = land.critical("not a minimum", {"kind": "curve", "direction": make.array([1, 1, 1])}, Fraction(1, 2))
    accepted(run, document, good)
    rejected(run, "constant on the line", document, altered(good, __direction=make.array([1, 1, 0])))
    rejected(run, "rises at first", document, altered(good, __direction=make.array([1, 1, -1])))
    rejected(run, "rises at first", land.chain(3, 1), altered(good, loss=["0", "1"]))
    tanh = copy.deepcopy(document)
    tanh["layers"][0] = land.layer([[0]], None, "tanh")
    rejected(run, "layer 1 is not a polynomial", tanh, good)
    square = copy.deepcopy(document)
    square["layers"][0] = land.layer([[0]], None, "square")
    accepted(run, square, good)


def test_no_maxima_on_a_curve(make, land, run):
    document = land.chain(3)
    evidence = {"kind": "curve", "direction": make.array([1, 1, 1])}
    pooled = {**document, "layers": [*document["layers"], make.pooling([[0]])]}
    rejected(run, "layer 4 is max-pooling", pooled, land.critical("not a minimum", evidence, LOOSE))
