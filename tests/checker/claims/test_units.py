"""Constant units and copies of units: each obligation alone."""

import copy
from fractions import Fraction

import numpy as np
import pytest

from tests.checker.claims.outcomes import accepted, altered, rejected

LOOSE = (0, 100)


# ---------------------------------------------------------------- constant units


def constant(make, land, *, samples=((0,), (1,), (2,)), residual=(1, -2, 1), w=(0, 0), v=(-1, -2), b=(1, 2)):
    """Two units with W_1 = 0; the residual is given, the targets follow."""
    value = sum(Fraction(x) * Fraction(y) / (1 + abs(y)) for x, y in zip(v, b, strict=True))
    first = land.layer([list(w)] + [[0, 0]] * (len(samples[0]) - 1), list(b), "softsign")
    layers = [first, land.layer([[x] for x in v], [0])]
    return land.with_targets(make, samples, [[value - Fraction(r)] for r in residual], layers)


def test_constant_units(make, land, run):
    evidence = {"kind": "constant-units", "by": "rational", "precision": 53, "congruences": [make.array([[1]])] * 2}
    good = land.critical("minimum", evidence, 3)
    accepted(run, constant(make, land), good)
    loose = altered(good, loss=["0", "100"])
    rejected(run, "do not add up to 0", constant(make, land, residual=(1, -2, 2)), loose)
    rejected(run, "not orthogonal to input 0", constant(make, land, residual=(1, -1, 0)), loose)
    rejected(run, "the form of unit 0 is not positive", constant(make, land, v=(1, -2)), loose)
    rejected(run, "the form of unit 1 is not positive", constant(make, land, v=(-1, 2)), loose)
    rejected(run, "not strictly diagonally dominant", constant(make, land, v=(-1, 0)), loose)
    rejected(run, "the form of unit 0 is not positive", constant(make, land, residual=(-1, 2, -1)), loose)
    rejected(run, "at a breakpoint", constant(make, land, b=(0, 2)), loose)
    rejected(run, "a weight of layer 1 is not 0", constant(make, land, w=(Fraction(1, 10**9), 0)), loose)
    one = make.array([[1]])
    rejected(run, "1 congruences for 2", constant(make, land), altered(good, __congruences=[one]))
    rejected(
        run, "2 columns; expected 1", constant(make, land), altered(good, __congruences=[make.array([[1, 1]]), one])
    )
    rejected(run, "derivation", constant(make, land), altered(good, __by="formal"), code=2)
    rejected(run, "not proved to be strict", constant(make, land), altered(good, strict=True))
    soft = constant(make, land)
    soft["layers"][1]["activation"] = make.activation("softsign")
    rejected(run, "the activation of layer 2", soft, loose)
    deep = constant(make, land)
    deep["layers"].append(land.layer([[1]]))
    rejected(run, "there are 3 layers", deep, loose)
    windows = constant(make, land)
    windows["layers"][0] = make.convolution([[0], [0]], 1, "softsign", weights=[[0]], biases=[1, 2])
    rejected(run, "layer 1 is not fully connected", windows, loose)


@pytest.mark.parametrize("third", [0, 1])
def test_constant_units_see_no_more_than_the_samples(make, land, run, third):
    """Inputs (x, x) have rank 1: a form of order 1 suffices; with another input the form is indefinite."""
    samples = [[x, x] for x in (0, 1, 2)]
    document = constant(make, land, samples=samples)
    forms = [make.array([[1], [third]])] * 2
    evidence = {"kind": "constant-units", "by": "rational", "precision": 53, "congruences": forms}
    accepted(run, document, land.critical("minimum", evidence, 3))
    other = constant(make, land, samples=[[0, 0], [1, 1], [2, 2], [5, -3]], residual=(1, -2, 1, 0))
    rejected(run, "columns; expected 2", other, land.critical("minimum", evidence, 3))


# ---------------------------------------------------------------- copies


def copies(make, land, shares, *, w=1, v=Fraction(9, 50), activation=None, weights=None):
    """Li, Ding and Sun at larger width: copies of the unit, one output weight each."""
    first = land.layer([weights or [w] * len(shares)], None, activation or land.logistic_2(make))
    return land.with_targets(make, [[1], [3]], [[-1], [1]], [first, land.layer([[v * s] for s in shares])])


HALVES, TURNED = (Fraction(1, 2), Fraction(1, 2)), (Fraction(2), Fraction(-1))


def duplicated(make, small, number=2, *, congruence=((1,),), directions=None):
    return {
        "kind": "duplicated-units",
        "precision": 64,
        "copies": list(range(number)),
        "small": small,
        "congruence": None if congruence is None else make.array([list(row) for row in congruence]),
        "directions": None if directions is None else make.array(directions),
    }


def test_copies_at_a_minimum(make, land, run):
    small = land.on_slice(land.lds(), [0, 1])
    good = land.critical("minimum", duplicated(make, small), Fraction(49, 50))
    document = copies(make, land, HALVES)
    accepted(run, document, good)
    three = [Fraction(1, 3)] * 3
    accepted(run, copies(make, land, three), altered(good, __copies=[0, 1, 2]))
    rejected(run, "not proved to be strict", document, altered(good, strict=True))
    rejected(run, "does not give the index", document, altered(good, index=[4, 0, 0]))
    rejected(run, "different signs", copies(make, land, TURNED), good)
    rejected(run, "unit 1 is no copy", copies(make, land, HALVES, weights=[1, 1 + Fraction(1, 10**9)]), good)
    rejected(run, "weight of a copy is 0", copies(make, land, (1, 0)), good)
    rejected(run, "add up to 0", copies(make, land, (1, -1)), good)
    rejected(run, "coordinate", copies(make, land, HALVES, v=Fraction(1, 5)), altered(good, loss=["0", "9"]))
    rejected(run, "2 columns; expected 1", document, altered(good, __congruence=make.array([[1, 1]])))
    rejected(run, "at most", document, altered(good, loss=["0", "97/100"]))
    # a third unit that is no copy belongs to the small network
    rejected(run, "the Hessian has order 4", copies(make, land, three), good)
    for changes in (
        {"__copies": [0]},
        {"__copies": [1, 0]},
        {"__copies": [0, 2]},
        {"__congruence": None},
        {"__directions": make.array([[1], [-1]])},
        {"__small": {"kind": "zero"}},
        {"type": "saddle"},
    ):
        rejected(run, "", document, altered(good, **changes), code=2)
    # without B > 0: a copy at the minimum of a concave function of its own
    deep = copies(make, land, HALVES)
    deep["layers"].append(land.layer([[1]]))
    rejected(run, "two fully connected layers", deep, good, code=2)
    soft = copies(make, land, HALVES)
    soft["layers"][1]["activation"] = make.activation("softsign")
    rejected(run, "the activation of layer 2", soft, good)


def test_copies_at_a_saddle(make, land, run):
    small = land.on_slice(land.lds(), [0, 1])
    good = land.critical("saddle", duplicated(make, small, congruence=None, directions=[[1], [2]]), Fraction(49, 50))
    document = copies(make, land, TURNED)  # the shares 2, -1: 2 * 1 - 1 * 2 = 0, and 2 - 4 < 0
    accepted(run, document, good)
    rejected(
        run, "move the mean", document, altered(good, __directions=make.array([[1], [Fraction(2000001, 1000000)]]))
    )
    rejected(run, "not certainly negative", document, altered(good, __directions=make.array([[0], [0]])))
    rejected(run, "directions has shape", document, altered(good, __directions=make.array([[1, 1], [2, 2]])))
    rejected(run, "evidence for saddle", document, altered(good, type="minimum"), code=2)
    halves = altered(good, __directions=make.array([[1], [-1]]))
    rejected(run, "not certainly negative", copies(make, land, HALVES), halves)


def test_copies_in_a_box(make, land, run):
    """To the base e the unit stands at w = ln 2; the copies are about a point that is only enclosed."""
    log_2 = Fraction("0.69314718055994530941723212145817656807550013436")
    small_document = land.lds(w=log_2, activation="sigmoid")
    white = land.whitening(land.numeric(small_document)[1])
    small = land.box(white, Fraction(1, 2**12))
    tight = (Fraction(49, 50) - Fraction(1, 10**30), Fraction(49, 50) + Fraction(1, 10**30))
    good = land.critical("minimum", duplicated(make, small), tight)
    document = copies(make, land, HALVES, w=log_2, activation="sigmoid")
    assert "a box around" in accepted(run, document, good).accepted[0]
    rejected(run, "different signs", copies(make, land, TURNED, w=log_2, activation="sigmoid"), good)
    saddle = land.critical("saddle", duplicated(make, small, congruence=None, directions=[[1], [2]]), tight)
    accepted(run, copies(make, land, TURNED, w=log_2, activation="sigmoid"), saddle)
    wide = copy.deepcopy(good)
    wide["evidence"]["small"]["radius"] = "4"
    rejected(run, "Hessian", document, wide)


def test_what_is_accepted_at_a_copy_is_a_minimum(make, land):
    """The oracle: the Hessian of the large network at the copies, in floats: no negative eigenvalue, or one."""
    for shares, negative in ((HALVES, 0), (TURNED, 1)):
        gradient, matrix = land.numeric(copies(make, land, shares))
        values = np.linalg.eigvalsh(matrix)
        assert abs(gradient).max() < 1e-12
        assert (values < -1e-9).sum() == negative


def test_copies_below_two_outputs(make, land, run):
    """The same output twice: the small network has a minimum of twice the loss, which the theorem is not about."""
    document = copies(make, land, HALVES)
    half = str(Fraction(9, 100))
    document["layers"][1] = land.layer([[half, half], [half, half]])
    document["targets"] = make.array([[-1, -1], [1, 1]])
    small = land.lds()
    small["layers"][1] = land.layer([[Fraction(9, 50), Fraction(9, 50)]])
    small["targets"] = document["targets"]
    evidence = duplicated(make, land.on_slice(small, [0, 1, 2]))
    accepted(run, small, land.critical("minimum", land.on_slice(small, [0, 1, 2]), Fraction(49, 25)))
    rejected(run, "there are 2 outputs", document, land.critical("minimum", evidence, Fraction(49, 25)))


# ---------------------------------------------------------------- the outgoing weight on a box


def test_the_outgoing_weight_is_not_zero_on_the_box(make, land, run):
    """A linear unit of w = 1 at v = 1/10, strictly convex in v on a box of any size: it may hold v = 0 as well.

    Where it does not, all goes well until the curvature of a linear unit, which is 0.
    """
    scaling = {"kind": "scaling", "layer": 1, "unit": 0, "coordinate": 0}
    v = Fraction(1, 10)
    document = copies(make, land, HALVES, v=v, activation=make.activation("identity"))
    document["targets"] = make.array([[v], [3 * v]])
    one = copies(make, land, (1,), v=v, activation=make.activation("identity"))
    one["targets"] = document["targets"]
    for radius, message in (
        ("1/11", "C^T H C of the form of the copies is not strictly diagonally dominant"),
        ("1/9", "the outgoing weight of the unit is not certainly other than 0"),
        ("5", "the outgoing weight of the unit is not certainly other than 0"),
    ):
        small = land.box([[1]], radius, steps=[scaling])  # the Hessian by v is 1 + 9
        accepted(run, one, land.critical("minimum", small, (-1, 1)))
        rejected(run, message, document, land.critical("minimum", duplicated(make, small), (-1, 1)))


def test_copies_with_biases(make, land, run):
    """Copies share the bias, too; where they do, what is asked next is that the small network is at a minimum."""
    first = land.layer([[1, 1]], [1, 1], land.logistic_2(make))
    samples = [[1], [3], [-2]]
    document = land.with_targets(make, samples, [[0]] * 3, [first, land.layer([[1], [1]], [0])])
    small = land.hessian([[1]])
    claim = land.critical("minimum", duplicated(make, small), LOOSE)
    rejected(run, "the derivative by coordinate 0 is not 0", document, claim)
    for biases in ([1, 1 + Fraction(1, 10**12)], [1, -1]):
        document["layers"][0] = land.layer([[1, 1]], biases, land.logistic_2(make))
        rejected(run, "unit 1 is no copy of unit 0", document, claim)
