"""Hessians at the point, boxes and Krawczyk's operator: each obligation is violated alone, beside what is accepted."""

from fractions import Fraction

import numpy as np
import pytest

from tests.checker.claims.outcomes import accepted, altered, rejected

LOOSE = (0, 100)
SCALING = {"kind": "scaling", "layer": 1, "unit": 0, "coordinate": 0}
LOG_2 = Fraction("0.69314718055994530941723212145817656807550013436")  # of the same function to the base e


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


# ---------------------------------------------------------------- parts


def test_as_many_parameters_as_are_read(make, land, run):
    """2000 parameters are read; what is claimed of them is another matter."""
    for filters, fails in ((1000, False), (1001, True)):
        layers = [
            make.convolution([[0]], filters, "identity", bias="none"),
            make.convolution([list(range(filters))], 1, "identity", bias="none"),
        ]
        document = land.with_targets(make, [[1]], [[1]], layers)
        for evidence in (
            land.hessian([[1]]),
            land.box([[1]], 1),
            {
                "kind": "krawczyk",
                "slice": [],
                "precision": 64,
                "radii": make.array([1]),
                "inverse": make.array([[1]]),
                "congruence": make.array([[1]]),
            },
        ):
            kind = "saddle" if evidence["kind"] == "krawczyk" else "minimum"
            claim = land.critical(kind, evidence, 0)
            if fails:
                rejected(run, "2002 parameters; second derivatives by at most 2000", document, claim, code=2)
            else:
                rejected(run, "needs weights", document, claim)


def test_a_kernel_to_the_base_two(make, land, run):
    """Two samples alike: one direction of the weights of a logistic unit is not seen, and is in the kernel, exactly."""
    layers = [land.layer([[1], [0]], None, land.logistic_2(make)), land.layer([[Fraction(9, 50)]])]
    document = land.with_targets(make, [[1, 1], [3, 3]], [[-1], [1]], layers)
    white = land.whitening(land.numeric(document)[1])
    good = land.critical("saddle", land.hessian(white, [[1], [-1], [0]]), Fraction(49, 50))
    rejected(run, "no negative direction", document, good)  # a minimum along the rest: no claim of a saddle holds
    minimum = altered(good, type="minimum")
    rejected(run, "2 columns; 3 are free", document, minimum)
    # with an output of negative curvature by its scale: v w = 0 at 0 beside the unit
    layers = [land.layer([[0, 0], [0, 0]], None, "identity"), land.layer([[0], [0]])]
    flat = land.with_targets(make, [[1, 1]], [[1]], layers)
    matrix = land.numeric(flat)[1]
    kernel = [[1, 0], [0, 1], [-1, 0], [0, -1], [0, 0], [0, 0]]
    claim = land.critical("saddle", land.hessian(land.whitening(matrix), kernel), Fraction(1, 2), index=[2, 2, 2])
    accepted(run, flat, claim)
    rejected(run, "the index is [2, 2, 2]", flat, altered(claim, index=[2, 2, 1]))
    rejected(run, "does not give the index", flat, altered(claim, __kernel=make.array([row[:1] for row in kernel])))
    twice = [[a, a] for a, _ in kernel]
    rejected(run, "the columns of the kernel are dependent", flat, altered(claim, __kernel=make.array(twice)))


@pytest.mark.parametrize("offset", [Fraction(0), Fraction(1, 1000), Fraction(-1, 50)])
def test_the_floor_of_a_box(make, land, run, offset):
    """A quadratic: its minimum is known exactly, and lies in the interval that the box gives."""
    x, y = [1, 2, 3], [1, 0, 2]
    best = Fraction(sum(a * b for a, b in zip(x, y, strict=True)), sum(a * a for a in x))
    least = sum((best * a - b) ** 2 for a, b in zip(x, y, strict=True)) / 2
    document = land.with_targets(make, [[a] for a in x], [[b] for b in y], [land.layer([[best + offset]])])
    here = least + 7 * offset**2  # the second derivative is 14
    good = land.critical("minimum", land.box([[1]], 1), (least - Fraction(1, 10**12), here), strict=True)
    tight = Fraction(1, 10**30)
    accepted(run, document, altered(good, loss=[str(least - tight), str(here + tight)]))
    if offset:
        # the least value that strong convexity allows is that of the quadratic itself
        rejected(run, "at least", document, altered(good, loss=[str(least + tight), str(here + tight)]))
        rejected(run, "at most", document, altered(good, loss=[str(least - tight), str(here - tight)]))
    # 2 |g| < mu rho with g = 14 offset and mu = 14: rho above 2 |offset|
    if offset:
        rejected(run, "too large for the box", document, altered(good, __radius=str(2 * abs(offset)), loss=["0", "9"]))
        above = 2 * abs(offset) + Fraction(1, 10**9)
        accepted(run, document, altered(good, __radius=str(above), loss=["0", "9"]))
