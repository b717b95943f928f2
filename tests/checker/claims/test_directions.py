"""Points that are no minima: a derivative, a direction of descent, of negative curvature, or a line."""

import collections
import copy
import itertools
import random
from fractions import Fraction

import pytest

from tests.checker.claims.outcomes import accepted, altered, rejected
from tests.checker.slow import drawn, loss, moved, parameters
from tests.checker.test_slices import documents

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
    good = land.critical("not a minimum", {"kind": "curve", "directions": make.array([[1, 1, 1]])}, Fraction(1, 2))
    accepted(run, document, good)
    rejected(run, "constant on the curve", document, altered(good, __directions=make.array([[1, 1, 0]])))
    rejected(run, "rises at first", document, altered(good, __directions=make.array([[1, 1, -1]])))
    rejected(run, "rises at first", land.chain(3, 1), altered(good, loss=["0", "1"]))
    tanh = copy.deepcopy(document)
    tanh["layers"][0] = land.layer([[0]], None, "tanh")
    rejected(run, "layer 1 is not a polynomial", tanh, good)
    square = copy.deepcopy(document)
    square["layers"][0] = land.layer([[0]], None, "square")
    accepted(run, square, good)


def test_no_maxima_on_a_curve(make, land, run):
    document = land.chain(3)
    evidence = {"kind": "curve", "directions": make.array([[1, 1, 1]])}
    pooled = {**document, "layers": [*document["layers"], make.pooling([[0]])]}
    rejected(run, "layer 4 is max-pooling", pooled, land.critical("not a minimum", evidence, LOOSE))


# ---------------------------------------------------------------- against loops


def test_entries_against_quotients(make, land, run):
    """A derivative is accepted as one that is not 0 where a difference quotient says so, and only there."""
    decided = 0
    for document, _ in itertools.islice(documents(make, 12, seed=2), 12):
        count = len(parameters(document))
        for e in range(count):
            unit = [Fraction(int(f == e)) for f in range(count)]
            up, down = (loss(moved(document, unit, s * Fraction(1, 10**9))) for s in (1, -1))
            slope = (up - down) / (2 * Fraction(1, 10**9))
            claim = land.critical("not critical", {"kind": "entry", "coordinate": e, "precision": 64}, (0, 10**9))
            if abs(slope) > Fraction(1, 10**4):
                accepted(run, document, claim)
                decided += 1
            elif slope == 0:
                rejected(run, f"the ball of the derivative by coordinate {e} does not exclude 0", document, claim)
                decided += 1
            if decided > 60:
                break
    assert decided > 60


@pytest.mark.parametrize("pooled", [True, False])
def test_descent_against_quotients(make, land, run, pooled):
    """At kinks and ties, too: accepted if and only if the one-sided quotient is below 0."""
    seen = collections.Counter()
    for seed in range(6):
        document = drawn(make, seed, pooled=pooled)
        generator = random.Random(seed)
        for _ in range(5):
            direction = [Fraction(generator.randrange(-2, 3)) for _ in parameters(document)]
            step = Fraction(1, 10**12)
            falls = (loss(moved(document, direction, step)) - loss(document)) / step < -Fraction(1, 10**6)
            for precision in (None, 64):
                evidence = {"kind": "descent", "direction": make.array(direction), "precision": precision}
                outcome = run(document, land.critical("not a minimum", evidence, (0, 10**9)))
                assert outcome.exit_code == (0 if falls else 1), outcome.message
            seen[falls] += 1
    assert min(seen[True], seen[False]) >= 8


def test_curves_against_values(make, land, run):
    """Accepted if and only if the loss is smaller a little further on the line."""
    seen = collections.Counter()
    for seed in range(10):
        document = drawn(make, seed, names=("identity", "square"), pooled=False)
        generator = random.Random(seed)
        direction = [Fraction(generator.randrange(-2, 3)) for _ in parameters(document)]
        falls = loss(moved(document, direction, Fraction(1, 10**9))) < loss(document)
        evidence = {"kind": "curve", "directions": make.array([direction])}
        outcome = run(document, land.critical("not a minimum", evidence, (0, 10**9)))
        assert outcome.exit_code == (0 if falls else 1), outcome.message
        seen[falls] += 1
    assert min(seen[True], seen[False]) >= 2


def test_the_length_of_a_direction(make, land, run):
    """A direction has an entry for each parameter, in each kind of evidence."""
    document = land.bottleneck()
    for evidence in (
        {"kind": "descent", "precision": None},
        {"kind": "negative-direction", "by": "rational", "precision": 53, "positive": None},
    ):
        for count in (3, 5):
            claim = land.critical("not a minimum", evidence | {"direction": make.array([1] * count)}, LOOSE)
            rejected(run, f"direction has {count} entries; expected 4", document, claim, code=2)
    evidence = {"kind": "negative-direction", "by": "rational", "precision": 53, "direction": make.array([1, 0, 1, 0])}
    claim = land.critical("saddle", evidence | {"positive": make.array([1])}, LOOSE)
    rejected(run, "positive has 1 entries; expected 4", document, claim, code=2)
    for by in ("floats", None):
        unknown = evidence | {"positive": None, "by": by}
        rejected(run, "unknown derivation", document, land.critical("not a minimum", unknown, LOOSE), code=2)


def test_curvature_zero_is_not_negative(make, land, run):
    """The kernel of the Hessian of a saddle: a direction of curvature 0, and one that is barely below."""
    document = land.bottleneck()
    evidence = {"kind": "negative-direction", "by": "rational", "precision": 64, "positive": None}
    flat = land.critical("not a minimum", evidence | {"direction": make.array([0, 1, 0, -1])}, LOOSE)
    rejected(run, "not certainly negative", document, flat)
    tiny = Fraction(1, 10**6)
    accepted(run, document, altered(flat, __direction=make.array([tiny, 1, tiny, -1])))
    both = altered(flat, type="saddle", __direction=make.array([1, 0, 1, 0]), __positive=make.array([0, 1, 0, -1]))
    rejected(run, "'positive' is not certainly positive", document, both)


@pytest.mark.parametrize("place", ["samples", "targets", "weights", "curve"])
def test_sums_of_fractions_on_a_curve_are_paid_for(make, land, run, place):
    """300 denominators of 3000 bits that have nothing in common: that of their sum is 300 times as long."""
    odd = [[Fraction(1, 3**1900 + 2**i)] for i in range(300)]
    ones = [[1]] * 300
    table = odd if place in ("samples", "targets") else ones
    if place in ("samples", "targets"):
        document = land.with_targets(
            make, table if place == "samples" else ones, table if place == "targets" else ones, [land.layer([[1]])]
        )
        curve = [[1]]
    else:
        document = land.with_targets(make, [[1] * 300], [[1]], [land.layer(odd if place == "weights" else ones)])
        curve = [[x for (x,) in (odd if place == "curve" else ones)]]
    evidence = {"kind": "curve", "directions": make.array(curve)}
    outcome = run(document, land.critical("not a minimum", evidence, (0, 100)))
    assert outcome.message.startswith("refused"), outcome.message
