"""Points that are no minima, by a line of equal outputs: every obligation by itself, and minima that must stand."""

import copy
import json
from fractions import Fraction

import numpy as np
import pytest

from tests.checker.claims.outcomes import accepted, altered, rejected
from tests.checker.slow import loss, moved

LOOSE = (0, 100)
TWO = [[0], [1]]


def evidence(make, combination, *, by="rational", output=0, coordinate=0, precision=64):
    own = {"kind": "equal-outputs", "by": by, "combination": make.array(combination), "output": output}
    return {**own, "coordinate": coordinate, "precision": precision}


@pytest.fixture
def network(make, land):
    """Two constant units with weights 0 above them: a saddle at y = 0, 2."""

    def build(*, weights=((0, 0),), biases=(1, 2), out=((0,), (0,)), shift=(1,), activation="softsign", y=((0,), (2,))):
        first = land.layer([list(row) for row in weights], list(biases), activation)
        last = land.layer([list(row) for row in out], None if shift is None else list(shift))
        return land.with_targets(make, TWO, [list(row) for row in y], [first, last])

    return build


def test_a_constant_unit_that_may_be_heard(make, land, run, network):
    good = land.critical("not a minimum", evidence(make, [1, 0]), LOOSE)
    accepted(run, network(), good)
    accepted(run, network(), altered(good, __combination=make.array([0, Fraction(3, 7)]), __coordinate=1))
    accepted(run, network(), altered(good, __combination=make.array([5, -1])))
    # the loss along the line, and where it leads: equal at first, then smaller
    along = [0, 0, 0, 0, 1, 0, Fraction(-1, 2)]
    base = loss(network())
    assert base == 1
    for s in (Fraction(1, 8), Fraction(-1, 8)):
        there = moved(network(), along, s)
        assert loss(there) == base
        assert loss(moved(there, [1, 0, 0, 0, 0, 0, 0], s)) < base


def test_every_obligation(make, land, run, network):
    good = land.critical("not a minimum", evidence(make, [1, 0]), LOOSE)
    rejected(run, "not the same for all samples", network(weights=((1, 0),)), good)
    rejected(run, "does not exclude 0", network(), altered(good, __coordinate=2))  # by a bias: residuals add up to 0
    rejected(run, "does not exclude 0", network(), altered(good, __combination=make.array([0, 1])))
    rejected(run, "no bias takes it over", network(shift=None), good)
    rejected(run, "is at a breakpoint", network(activation="relu", biases=(1, 0)), good)
    rejected(run, "loss", network(), altered(good, loss=["0", "1/2"]))


def test_a_combination_that_is_zero_needs_no_bias(make, land, run, network):
    """F_1 = (1/2, 2/3) on both samples, and 4/2 - 3 * 2/3 = 0."""
    good = land.critical("not a minimum", evidence(make, [4, -3]), LOOSE)
    accepted(run, network(shift=None), good)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"__by": "formal"}, "derivation"),
        ({"__output": 1}, "output"),
        ({"__coordinate": 7}, "coordinate"),
        ({"__precision": 1}, "precision"),
        ({"__combination": [1, 0, 0]}, "3 entries; expected 2"),
        ({"type": "saddle"}, "evidence for not a minimum"),
    ],
)
def test_what_is_no_claim(make, land, run, network, change, message):
    change = {key: make.array(value) if isinstance(value, list) else value for key, value in change.items()}
    claim = altered(land.critical("not a minimum", evidence(make, [1, 0]), LOOSE), **change)
    rejected(run, message, network(), claim, code=2)


def test_the_last_layer_is_fully_connected_above_another_one(make, land, run):
    claim = land.critical("not a minimum", evidence(make, [1]), LOOSE)
    rejected(run, "not fully connected", land.chain(1), claim, code=2)
    first = land.layer([[0, 0]], [1, 2], "softsign")
    last = make.convolution([[0], [1]], 1, "identity", weights=[[0]], biases=[1, 1])
    document = land.with_targets(make, TWO, [[0, 0], [2, 2]], [first, last])
    rejected(run, "not fully connected", document, claim, code=2)


def test_equal_values_of_any_function(make, land, run, network):
    good = land.critical("not a minimum", evidence(make, [1, 0], by="equal-values"), LOOSE)
    accepted(run, network(activation="tanh"), good)
    rejected(run, "not rational by construction", network(activation="tanh"), altered(good, __by="rational"))
    rejected(run, "all features are rational", network(), good)
    rejected(run, "not the same for all samples", network(activation="tanh", weights=((1, 0),)), good)
    # z = (1, 2), (2, 1): the sum of both units has the same two values, whatever the function is
    document = network(activation="tanh", weights=((1, -1),), out=((1,), (-1,)), y=((0,), (1,)))
    swapped = altered(good, __combination=make.array([1, 1]))
    accepted(run, document, swapped)
    rejected(run, "not the same", document, altered(swapped, __combination=make.array([1, 2])))


def test_the_value_0_at_0_needs_no_bias(make, land, run, network):
    good = land.critical("not a minimum", evidence(make, [1, 0], by="equal-values"), LOOSE)
    accepted(run, network(activation="tanh", biases=(0, 1), shift=None), good)
    rejected(run, "no bias takes it over", network(activation="tanh", shift=None), good)
    rejected(run, "no bias takes it over", network(activation="sigmoid", biases=(0, 1), shift=None), good)


def test_a_minimum_stands_whatever_is_claimed(make, land, run, network):
    """At the least squares of constant units the residual is orthogonal to all inputs: x = -1, 1 with y = (1, 1)."""
    first, last = land.layer([[0, 0]], [1, 2], "softsign"), land.layer([[0], [0]], [1])
    document = land.with_targets(make, [[-1], [0], [1]], [[2], [-1], [2]], [first, last])
    for coordinate in range(7):
        claim = land.critical("not a minimum", evidence(make, [1, 0], coordinate=coordinate), LOOSE)
        rejected(run, "does not exclude 0", document, claim)


def test_a_digit_of_the_instance_or_of_the_evidence(make, land, run, network):
    """What is accepted after a change is no minimum: a derivative is not 0, or the Hessian has a negative sign."""
    claim = land.critical("not a minimum", evidence(make, [1, 0]), LOOSE)
    tried, accepted_ones = 0, 0
    for document, other in changed(network(), claim):
        tried += 1
        if run(document, other).exit_code == 0:
            accepted_ones += 1
            gradient, hessian = land.numeric(document)
            assert abs(gradient).max() > 1e-12 or np.linalg.eigvalsh(hessian).min() < -1e-12
    assert tried > 100
    assert tried / 10 < accepted_ones < tried


def changed(document, claim):
    """Other digits: of numbers of the instance, and anywhere in the evidence."""
    arrays = [("samples",), ("targets",), ("layers", 0, "weights"), ("layers", 0, "biases"), ("layers", 1, "weights")]
    for path in [*arrays, ("layers", 1, "biases")]:
        for index, value in enumerate(at(document, path)["values"]):
            for digit in "0123456789":
                altered = copy.deepcopy(document)
                at(altered, path)["values"][index] = digit
                if digit != value:
                    yield altered, claim
    text = json.dumps(claim)
    for position, sign in enumerate(text):
        if sign.isdigit():
            for digit in {*"0123456789"} - {sign}:
                try:
                    yield document, json.loads(text[:position] + digit + text[position + 1 :])
                except ValueError:
                    continue


def at(document, path):
    for key in path:
        document = document[key]
    return document
