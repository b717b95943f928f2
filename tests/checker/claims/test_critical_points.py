"""Critical points: each obligation is violated alone, beside the same document with that one thing repaired."""

import copy
import math
from fractions import Fraction

import numpy as np
import pytest

LOOSE = (0, 100)
SCALING = {"kind": "scaling", "layer": 1, "unit": 0, "coordinate": 0}


def accepted(run, document, *claims):
    outcome = run(document, *claims)
    assert outcome.exit_code == 0, outcome.message
    return outcome


def rejected(run, message, document, *claims, code=1):
    outcome = run(document, *claims)
    assert outcome.exit_code == code, outcome.message
    assert message in outcome.message, outcome.message


def altered(claim, **changes):
    """Return a claim with other entries; those of its evidence have two underscores in front."""
    result = copy.deepcopy(claim)
    for key, value in changes.items():
        if key.startswith("__"):
            result["evidence"][key[2:]] = value
        else:
            result[key] = value
    return result


# ---------------------------------------------------------------- hessian


def test_strict_minimum_to_the_base_two(make, land, run):
    """Li, Ding and Sun: every number is rational, under a derivation."""
    document = land.lds()
    good = land.critical("minimum", land.on_slice(document, [0, 1]), Fraction(49, 50), strict=True, index=[2, 0, 0])
    outcome = accepted(run, document, good)
    assert outcome.accepted == ("the parameters: strict minimum, index [2, 0, 0], loss 49/50, by hessian",)
    accepted(run, document, altered(good, strict=False, index=None))
    one_column = make.array([[1], [0]])
    rejected(run, "1 columns; 2 are free", document, altered(good, __congruence=one_column))
    rejected(run, "not strictly diagonally", document, altered(good, __congruence=make.array([[1, 1], [1, 1]])))
    rejected(run, "has 3 rows", document, altered(good, __congruence=make.array([[1, 0], [0, 1], [0, 0]])))
    rejected(run, "the index is [2, 0, 0]", document, altered(good, index=[2, 0, 1]))
    rejected(run, "at least the stated", document, altered(good, loss=["50/51", "1"]))
    rejected(run, "at most the stated", document, altered(good, loss=["0", "48/50"]))
    rejected(run, "no negative direction", document, altered(good, type="saddle", strict=False))
    rejected(run, "derivation", document, altered(good, __by="sympy"), code=2)
    rejected(run, "evidence for", document, altered(good, type="global minimum", strict=False), code=2)
    rejected(run, "strict is true", document, altered(good, type="saddle"), code=2)
    rejected(run, "empty interval", document, altered(good, loss=["1", "0"]), code=2)
    rejected(run, "point", document, altered(good, point=0), code=2)
    rejected(run, "unknown evidence", document, altered(good, __kind="eigenvalues"), code=2)
    rejected(run, "unknown type", document, altered(good, type="maximum"), code=2)
    rejected(run, "unknown key", document, altered(good, __radius="1"), code=2)
    away = land.critical("minimum", good["evidence"], LOOSE)
    rejected(run, "coordinate 0 is not 0", land.lds(v=Fraction(9, 50) + Fraction(1, 10**9)), away)
    rejected(run, "coordinate", land.lds(targets=[[-1], [Fraction(11, 10)]]), away)
    rejected(run, "not rational by construction", land.lds(activation="sigmoid"), away)


def test_targets_and_parameters_are_needed(make, land, run):
    document = land.lds()
    good = land.critical("minimum", land.on_slice(document, [0, 1]), Fraction(49, 50))
    rejected(run, "needs targets", {**document, "targets": None}, good)
    rejected(run, "targets have width 2", {**document, "targets": make.array([[1, 0], [0, 0]])}, good)
    bare = copy.deepcopy(document)
    bare["layers"][1]["weights"] = None
    rejected(run, "needs weights", bare, good)


def test_the_point_is_one_of_the_points(make, land, run_bytes):
    """Evidence is about the point that is named, with the parameters of that point alone."""
    good = land.lds()
    own = [{"weights": layer["weights"], "biases": None} for layer in good["layers"]]
    elsewhere = land.lds(w=2)
    claim = land.critical("minimum", land.on_slice(good, [0, 1]), Fraction(49, 50), point=0)

    def code(points, claim):
        document = {**make.HEAD, "points": points, "instance": elsewhere, "claims": [claim]}
        return run_bytes(make.seal(document)).exit_code

    assert code([own], claim) == 0
    assert code([own], {**claim, "point": -1}) == 1
    assert code([[own[0], None]], claim) == 1
    assert code([own], {**claim, "point": 1}) == 2
    assert code([[own[0], {**own[1], "weights": make.array([[Fraction(19, 100)]])}]], claim) == 1


def test_linear_network_on_a_slice(make, land, run):
    document = land.linear_cnn()
    good = land.critical(
        "minimum", land.on_slice(document, [1, 2, 3], steps=[SCALING]), Fraction(9, 8), index=[3, 0, 1]
    )
    accepted(run, document, good)
    rejected(run, "not proved to be strict", document, altered(good, strict=True))
    rejected(run, "the Hessian has order 4", document, altered(good, __slice=[]))
    rejected(run, "has order 3", document, altered(good, __congruence=make.array(np.eye(4, dtype=int).tolist())))
    zero = {**SCALING, "coordinate": 1}
    rejected(run, "coordinate 1 is 0", document, altered(good, __slice=[zero]))
    rejected(run, "not an incoming weight", document, altered(good, __slice=[{**SCALING, "coordinate": 2}]))
    rejected(run, "is frozen before", document, altered(good, __slice=[SCALING, SCALING]))
    rejected(run, "unknown step", document, altered(good, __slice=[{**SCALING, "kind": "rotation"}]), code=2)
    saddle = land.linear_cnn(p=(0, 0), q=(0, 0))
    rejected(run, "coordinate 0 is 0", saddle, altered(good, loss=["0", "9"]))


def test_affine_unit_needs_scaling_and_shift(make, land, run):
    """v (w x + b) + c on one line: two of four coordinates are free."""
    x, y = [1, 2, 3, 4], [1, 0, 2, 3]
    slope, offset = (Fraction(float(c)).limit_denominator(1000) for c in np.polyfit(x, y, 1))
    layers = [land.layer([[2]], [1], "relu"), land.layer([[slope / 2]], [offset - slope / 2])]
    document = land.with_targets(make, [[t] for t in x], [[t] for t in y], layers)
    shift = {"kind": "shift", "layer": 1, "neuron": 0}
    evidence = land.on_slice(document, [2, 3], steps=[shift, SCALING])
    loss = sum((slope * a + offset - b) ** 2 for a, b in zip(x, y, strict=True)) / 2
    good = land.critical("minimum", evidence, loss, index=[2, 0, 2])
    # scaling moves the bias b that a shift froze: only the other order is one
    rejected(run, "changes a coordinate that is frozen before", document, good)
    accepted(run, document, altered(good, __slice=[SCALING, shift]))


def test_a_saddle_with_its_kernel(make, land, run):
    document = land.bottleneck()
    _, matrix = land.numeric(document)
    signs = land.whitening(matrix)
    kernel = [[0], [1], [0], [-1]]
    good = land.critical("saddle", land.hessian(signs, kernel), 2, index=[2, 1, 1])
    accepted(run, document, good)
    rejected(run, "does not give the index", document, altered(good, __kernel=None))
    accepted(run, document, altered(good, __kernel=None, index=None))
    rejected(
        run, "not mapped to 0", document, altered(good, __kernel=make.array([[0], [1], [0], ["-1000001/1000000"]]))
    )
    rejected(run, "dependent", document, altered(good, __kernel=make.array([[0, 0], [1, 2], [0, 0], [-1, -2]])))
    rejected(run, "dependent", document, altered(good, __kernel=make.array([[0], [0], [0], [0]])))
    rejected(run, "has 3 rows", document, altered(good, __kernel=make.array([[0], [1], [-1]])))
    rejected(run, "by 'rational' only", document, altered(good, __by="formal"), code=2)
    rejected(run, "3 columns; 4 are free", document, altered(good, type="minimum", index=None))
    up = [[row[j] for j in (1, 2)] for row in signs]
    rejected(run, "no negative direction", document, altered(good, index=None, __congruence=make.array(up)))
    down = [[row[0]] for row in signs]
    rejected(run, "no positive direction", document, altered(good, index=None, __congruence=make.array(down)))


@pytest.mark.parametrize("last", [0, 1])
def test_no_breakpoint_at_the_point(make, land, run, last):
    """Softsign has no second derivative at 0; here that sample changes neither gradient nor loss."""
    layers = [land.layer([[1]], None, "softsign"), land.layer([[1]])]
    target = {0: 0, 1: Fraction(1, 2)}[last]
    document = land.with_targets(make, [[1], [2], [last]], [[Fraction(1, 2)], [Fraction(2, 3)], [target]], layers)
    good = land.critical("minimum", land.on_slice(document, [0, 1]) if last else land.hessian([[1, 0], [0, 1]]), 0)
    if last:
        accepted(run, document, good)
    else:
        rejected(run, "neuron 0 of layer 1 is at a breakpoint on sample 2", document, good)


@pytest.mark.parametrize("second", [1, 2])
def test_no_tie_at_the_point(make, land, run, second):
    """Maxima of (w x_1, w x_2): with x_1 = x_2 = 1 both are the maximum, and the loss is smooth all the same."""
    first = make.convolution([[0], [1]], 1, "identity", weights=[[1]], bias="none")
    document = land.with_targets(make, [[1, second]], [[second]], [first, make.pooling([[0, 1]])])
    good = land.critical("minimum", land.hessian([[1]]), 0, strict=True, index=[1, 0, 0])
    if second == 2:
        accepted(run, document, good)
    else:
        rejected(run, "not certainly attained once", document, good)


def test_too_many_parameters(make, land, run):
    layers = [
        make.convolution([[0]], 1001, "identity", bias="none"),
        make.convolution([list(range(1001))], 1, "identity", bias="none"),
    ]
    document = land.with_targets(make, [[1]], [[1]], layers)
    rejected(run, "2002 parameters", document, land.critical("minimum", land.hessian([[1]]), 0), code=2)


# ---------------------------------------------------------------- box

LOG_2 = Fraction("0.69314718055994530941723212145817656807550013436")  # of the same function to the base e


def test_box_around_a_minimum(make, land, run):
    document = land.lds(w=LOG_2, activation="sigmoid")
    _, matrix = land.numeric(document)
    tight = (Fraction(49, 50) - Fraction(1, 10**35), Fraction(49, 50) + Fraction(1, 10**35))
    white = land.whitening(matrix)
    good = land.critical("minimum", land.box(white, Fraction(1, 2**12)), tight, strict=True, index=[2, 0, 0])
    assert "a point of a box around the parameters: strict minimum" in accepted(run, document, good).accepted[0]
    rejected(run, "at least", document, altered(good, loss=[str(Fraction(49, 50) + Fraction(1, 10**35)), "1"]))
    rejected(run, "at most", document, altered(good, loss=["0", str(Fraction(49, 50) - Fraction(1, 10**35))]))
    rejected(run, "Hessian", document, altered(good, __radius="4"))
    rejected(run, "too large for the box", document, altered(good, __radius=str(Fraction(1, 2**200))))
    rejected(run, "the radius is not positive", document, altered(good, __radius="0"))
    rejected(run, "no square matrix of order 2", document, altered(good, __congruence=make.array([[1], [0]])))
    equal = [[row[0], row[0]] for row in white]
    rejected(run, "not strictly diagonally dominant", document, altered(good, __congruence=make.array(equal)))
    rejected(run, "the index is", document, altered(good, index=[1, 0, 1]))
    moved = altered(good, loss=["0", "100"])
    accepted(run, document, moved)
    rejected(run, "too large for the box", land.lds(w=LOG_2 + Fraction(1, 2**8), activation="sigmoid"), moved)
    rejected(
        run, "too large for the box", land.lds(w=LOG_2, activation="sigmoid", targets=[[-1], [Fraction(5, 4)]]), moved
    )
    saddle = land.critical("saddle", good["evidence"], LOOSE)
    rejected(run, "evidence for minimum", document, saddle, code=2)


def test_no_breakpoint_on_the_box(make, land, run):
    """The sigmoid with a kink where both pieces are the same: one more place where nothing is known of derivatives."""
    sigmoid = ({(0, 0): 1}, {(0, 0): 1, (0, 1): 1})
    kinked = make.formula(sigmoid, sigmoid, kinks=[0], exponent=[0, -1])
    white = land.whitening(land.numeric(land.lds(w=LOG_2, activation="sigmoid"))[1])
    for kink, message in (
        (Fraction(0), None),
        (Fraction(694, 1000), "neuron 0 of layer 1 is at a breakpoint on sample 0"),
    ):
        # both pieces are 1/(1 + e^-t): they agree everywhere
        document = land.lds(w=LOG_2, activation={**kinked, "kinks": [str(kink)]})
        claim = land.critical("minimum", land.box(white, Fraction(1, 2**9)), LOOSE, strict=True)
        if message is None:
            accepted(run, document, claim)
        else:
            rejected(run, message, document, claim)
            accepted(run, document, altered(claim, __radius=str(Fraction(1, 2**14))))


def test_box_on_a_slice(make, land, run):
    """The linear network away from its minimum by a little, frozen where the scale is."""
    document = land.linear_cnn(q=(1, Fraction(1, 10**6)), p=(1 - Fraction(1, 10**6), Fraction(1, 10**7)))
    _, matrix = land.numeric(document)
    white = land.whitening(matrix[np.ix_([1, 2, 3], [1, 2, 3])])
    tight = (Fraction(9, 8) - Fraction(1, 10**9), Fraction(9, 8) + Fraction(1, 10**9))
    good = land.critical("minimum", land.box(white, Fraction(1, 1000), steps=[SCALING]), tight, index=[3, 0, 1])
    accepted(run, document, good)
    rejected(run, "not proved to be strict", document, altered(good, strict=True))
    rejected(run, "no square matrix of order 4", document, altered(good, __slice=[]))


# ---------------------------------------------------------------- krawczyk


def test_a_saddle_in_a_box(make, land, run):
    """The product w v = 1 at 0, from a point nearby."""
    document = land.with_targets(
        make, [[1]], [[1]], [land.layer([[Fraction(1, 1000)]]), land.layer([[Fraction(-1, 2000)]])]
    )
    evidence = {
        "kind": "krawczyk",
        "slice": [],
        "precision": 64,
        "radii": make.array([Fraction(1, 50)] * 2),
        "inverse": make.array([[0, -1], [-1, 0]]),
        "congruence": make.array([[1, 1], [1, -1]]),
    }
    good = land.critical("saddle", evidence, (Fraction(49, 100), Fraction(51, 100)), index=[1, 1, 0])
    accepted(run, document, good)
    rejected(run, "leaves the box", document, altered(good, __radii=make.array([Fraction(1, 2500)] * 2)))
    rejected(run, "leaves the box", document, altered(good, __radii=make.array([1, 1])))
    rejected(run, "a radius is not positive", document, altered(good, __radii=make.array([Fraction(1, 50), 0])))
    rejected(run, "1 radii for 2 free", document, altered(good, __radii=make.array([Fraction(1, 50)])))
    rejected(run, "leaves the box", document, altered(good, __inverse=make.array([[0, 1], [-1, 0]])))
    rejected(run, "inverse of another order", document, altered(good, __inverse=make.array([[-1]])))
    rejected(run, "no negative", document, altered(good, __congruence=make.array([[1], [-1]])))
    rejected(run, "no positive", document, altered(good, __congruence=make.array([[1], [1]])))
    rejected(run, "the index is", document, altered(good, index=[1, 0, 1]))
    rejected(run, "at most", document, altered(good, loss=["49/100", "1/2"]))
    rejected(run, "evidence for saddle", document, altered(good, type="minimum"), code=2)


def test_a_saddle_on_a_slice(make, land, run):
    small = Fraction(1, 1000)
    document = land.bottleneck(a=(small, 1), b=(small, 1 - small))
    scaling = {**SCALING, "coordinate": 1}
    free = [0, 2, 3]
    matrix = land.numeric(land.bottleneck())[1][np.ix_(free, free)]
    evidence = {
        "kind": "krawczyk",
        "slice": [scaling],
        "precision": 64,
        "radii": make.array([Fraction(1, 50)] * 3),
        "inverse": make.array([land.dyadic(row, 30) for row in np.linalg.inv(matrix)]),
        "congruence": make.array(land.whitening(matrix)),
    }
    good = land.critical("saddle", evidence, (1, 3), index=[2, 1, 1])
    accepted(run, document, good)
    rejected(run, "3 radii for 4 free", document, altered(good, __slice=[]))


# ---------------------------------------------------------------- loss 0


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


# ---------------------------------------------------------------- directions


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


# ---------------------------------------------------------------- one is not the best


def test_loss_and_a_minimum_that_is_not_global(make, land, run_bytes):
    minimum = land.lds()
    claim = land.critical("minimum", land.on_slice(minimum, [0, 1]), Fraction(49, 50), strict=True)
    better = [{"weights": make.array([[x]]), "biases": None} for x in (-8, -257)]  # outputs -1, and nearly 0
    exact = (1 + Fraction(257, 1 + 2**24)) ** 2 / 2
    tiny = Fraction(1, 10**9)

    def check(*claims):
        document = {**make.HEAD, "points": [better], "instance": minimum, "claims": list(claims)}
        return run_bytes(make.seal(document))

    def loss(lower, upper, precision=None):
        return {"kind": "loss", "point": 0, "lower": str(lower), "upper": str(upper), "precision": precision}

    outcome = check(loss(exact, exact))
    assert outcome.exit_code == 0, outcome.message
    assert outcome.accepted[0].startswith("loss at points[0]: ")
    assert check(loss(exact, exact + tiny)).exit_code == 0
    assert check(loss(exact + tiny, 1)).exit_code == 1
    assert check(loss(0, exact - tiny)).exit_code == 1
    assert check(loss(1, 0)).exit_code == 2
    assert check({**loss(exact, exact), "point": -1}).exit_code == 1
    assert check(loss(exact - tiny, exact + tiny, 53)).exit_code == 0
    assert check(loss(exact, exact, 53)).exit_code == 1

    worse = {"kind": "suboptimal", "claim": 0, "loss": 1}
    outcome = check(claim, loss(exact, exact), worse)
    assert outcome.exit_code == 0, outcome.message
    assert check(claim, loss(exact, Fraction(49, 50)), worse).exit_code == 1
    assert (
        check({**claim, "loss": ["1/2", "1"]}, loss(exact, exact), worse).exit_code == 1
    )  # it says less than it could
    assert check(claim, worse, loss(exact, exact)).exit_code == 2  # only what stands before it
    assert check(loss(exact, exact), loss(exact, exact), worse).exit_code == 2
    assert check(claim, claim, worse).exit_code == 2
    entry = land.critical("not critical", {"kind": "entry", "coordinate": 0, "precision": 53}, (0, 1))
    entry = {**entry, "point": 0, "loss": ["1/3", "1"]}
    outcome = check(entry, loss(exact, exact), worse)
    assert outcome.exit_code == 1, outcome.message


def test_only_minima_are_not_global(make, land, run_bytes):
    """A point that is not critical has a larger loss than another: that says nothing."""
    better = [{"weights": make.array([[x]]), "biases": None} for x in (-8, -257)]
    entry = land.critical("not critical", {"kind": "entry", "coordinate": 1, "precision": 53}, (1, 2))
    loss = {"kind": "loss", "point": 0, "lower": "0", "upper": "3/5", "precision": None}
    claims = [entry, loss, {"kind": "suboptimal", "claim": 0, "loss": 1}]

    def outcome(claims):
        document = {**make.HEAD, "points": [better], "instance": land.lds(v=1), "claims": claims}
        return run_bytes(make.seal(document))

    assert outcome(claims[:2]).exit_code == 0
    assert "is not about a minimum" in outcome(claims).message


def test_no_maxima_on_a_curve(make, land, run):
    document = land.chain(3)
    evidence = {"kind": "curve", "direction": make.array([1, 1, 1])}
    pooled = {**document, "layers": [*document["layers"], make.pooling([[0]])]}
    rejected(run, "layer 4 is max-pooling", pooled, land.critical("not a minimum", evidence, LOOSE))


# ---------------------------------------------------------------- work is estimated before it is done


def wide(make, land, units, name="tanh"):
    first = land.layer([[Fraction(i + 1, 7) for i in range(units)]], [Fraction(i, 9) for i in range(units)], name)
    return land.with_targets(make, [[1], [2]], [[1], [0]], [first, land.layer([[1]] * units, [0])])


def refused(run, document, claim):
    outcome = run(document, claim)
    assert outcome.exit_code == 2, outcome.message
    assert outcome.message.startswith("refused: claim 0"), outcome.message
    assert "s of work" in outcome.message or "GiB" in outcome.message


def test_what_a_few_bytes_may_ask_for(make, land, run):
    document = wide(make, land, 40)
    eye = [[int(i == j) for j in range(121)] for i in range(121)]
    refused(run, document, land.critical("minimum", land.box(eye, 1, precision=10**6), LOOSE))
    entry = {"kind": "entry", "coordinate": 0, "precision": 10**6}
    refused(run, document, land.critical("not critical", entry, LOOSE))
    accepted(run, document, land.critical("not critical", {**entry, "precision": 64}, (0, 10**9)))
    powers = make.formula({(30, 0): 1})
    chain = [land.layer([[1]], None, powers)] * 6 + [land.layer([[1]])]
    steep = land.with_targets(make, [[3]], [[1]], chain)
    curve = {"kind": "curve", "direction": make.array([1] * 7)}
    outcome = run(steep, land.critical("not a minimum", curve, LOOSE))
    assert outcome.exit_code == 1
    assert "polynomials of degree" in outcome.message
    deep = [land.layer([[Fraction(i + j, 97 + i) for j in range(12)] for i in range(12)], None, "softsign")] * 6
    first, last = land.layer([[Fraction(1, i + 2) for i in range(12)]], None, "softsign"), land.layer([[1]] * 12)
    fractions = land.with_targets(make, [[1], [2]], [[1], [0]], [first, *deep, last])
    direction = make.array([1] * (12 + 6 * 144 + 12))
    refused(
        run,
        fractions,
        land.critical("not a minimum", {"kind": "descent", "direction": direction, "precision": None}, LOOSE),
    )
    refused(run, fractions, land.critical("minimum", land.hessian([[1]]), LOOSE))
