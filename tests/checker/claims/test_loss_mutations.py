"""Altered certificates about losses: one digit, or anything, anywhere; never an exception, never a false claim."""

import copy
import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.checker.claims.test_valleys import valley
from tests.checker.test_mutations import VALUES, places

SCALING = {"kind": "scaling", "layer": 1, "unit": 0, "coordinate": 0}


def documents(make, land):
    """Accepted documents, one claim each; no digit of these instances can change without changing the claim's truth."""
    lds = land.lds()
    yield lds, land.critical("minimum", land.on_slice(lds, [0, 1]), Fraction(49, 50), strict=True, index=[2, 0, 0])
    cnn = land.linear_cnn()
    evidence = land.on_slice(cnn, [1, 2, 3], steps=[SCALING])
    yield cnn, land.critical("minimum", evidence, Fraction(9, 8), index=[3, 0, 1])
    saddle = land.bottleneck()
    signs = land.whitening(land.numeric(saddle)[1])
    yield saddle, land.critical("saddle", land.hessian(signs, [[0], [1], [0], [-1]]), 2, index=[2, 1, 1])
    directions = {"direction": make.array([1, 0, 1, 0]), "positive": make.array([0, 1, 0, 1])}
    evidence = {"kind": "negative-direction", "by": "rational", "precision": 53, **directions}
    yield saddle, land.critical("saddle", evidence, 2)
    ramp = land.ramp()
    evidence = {
        "kind": "kinks",
        "slice": [SCALING],
        "precision": 64,
        "kinks": [[2, 0]],
        "radius": None,
        "surplus": None,
    }
    evidence |= {"basis": make.array([[0, 0], [1, 0], [0, 1]])}
    evidence |= {"congruence": make.array(land.whitening(np.array([[5, 3], [3, 5]])))}
    yield ramp, land.critical("minimum", evidence, 11)
    chain = land.chain(3)
    yield (
        chain,
        land.critical("not a minimum", {"kind": "curve", "directions": make.array([[1, 1, 1]])}, Fraction(1, 2)),
    )
    steep = land.with_targets(make, [[1]], [[2]], [land.layer([[1]], [0], "relu"), land.layer([[0]])])
    falling = {"kind": "curve", "directions": make.array([[1, 0, 0], [0, 1, 1]])}
    yield steep, land.critical("not a minimum", falling, 2)
    product = land.with_targets(make, [[1]], [[1]], [land.layer([[1]]), land.layer([[1]])])
    yield product, land.critical("minimum", valley(make), 0, index=[1, 0, 1])
    layers = [land.layer([[0, 0]], [1, 2], "relu"), land.layer([[0], [0]], [1])]
    constant = land.with_targets(make, [[0], [1]], [[0], [2]], layers)
    evidence = {"kind": "equal-outputs", "by": "rational", "combination": make.array([1, 0]), "output": 0}
    yield constant, land.critical("not a minimum", {**evidence, "coordinate": 0, "precision": 53}, 1)
    slope, offset = 1, Fraction(8, 3)
    layers = [land.layer([[slope]], [offset])]
    reachable = land.with_targets(make, [[1], [2], [3]], [[2], [8], [4]], layers)
    residuals = [slope * x + offset - y for x, y in ((1, 2), (2, 8), (3, 4))]
    yield reachable, land.critical("minimum", {"kind": "reachable"}, sum(r * r for r in residuals) / 2)


def test_all_are_accepted(make, land, run):
    for document, claim in documents(make, land):
        outcome = run(document, claim)
        assert outcome.exit_code == 0, outcome.message


def digits_changed(data):
    for position, sign in enumerate(data):
        if sign.isdigit():
            for digit in "0123456789":
                if digit != sign:
                    yield data[:position] + digit + data[position + 1 :]


def numbers_of(document):
    """Every list of numbers of an instance: samples, targets, parameters."""
    yield document["samples"]["values"]
    yield document["targets"]["values"]
    for layer in document["layers"]:
        yield layer["weights"]["values"]
        if layer["biases"]:
            yield layer["biases"]["values"]


def value(document):
    """The loss of a small document in fractions, from the definition; None where that is no rational number."""
    flat, width = document["samples"]["values"], document["input_width"]
    table = [[Fraction(x) for x in flat[i : i + width]] for i in range(0, len(flat), width)]
    for layer in document["layers"]:
        weights = [Fraction(x) for x in layer["weights"]["values"]]
        filters = layer["filters"]
        biases = [Fraction(x) for x in layer["biases"]["values"]] if layer["biases"] else None
        new = []
        for row in table:
            units = []
            for p, patch in enumerate(layer["patches"]):
                for t in range(filters):
                    place = p * filters + t if layer["bias"] == "neuron" else t
                    z = biases[place] if biases else Fraction(0)
                    z += sum(row[j] * weights[s * filters + t] for s, j in enumerate(patch) if j >= 0)
                    units.append(function(layer["activation"], z))
            new.append(units)
        table = new
        if any(x is None for row in table for x in row):
            return None
    aims = [Fraction(x) for x in document["targets"]["values"]]
    return sum((a - b) ** 2 for a, b in zip((x for row in table for x in row), aims, strict=True)) / 2


def function(activation, z):
    if activation["base"] == "2":
        return None if z.denominator != 1 else Fraction(2) ** z / (1 + Fraction(2) ** z)
    return max(z, Fraction(0)) if activation["kinks"] else z


def test_a_digit_of_the_instance(make, land, run):
    """What is accepted after a change of one digit has the stated loss, and is critical where it is smooth."""
    accepted = tried = 0
    for document, claim in documents(make, land):
        stated = [Fraction(x) for x in claim["loss"]]
        assert value(document) == stated[0] == stated[1]
        for number, values in enumerate(list(numbers_of(document))):
            for index, old in enumerate(list(values)):
                for text in digits_changed(old):
                    altered = copy.deepcopy(document)
                    list(numbers_of(altered))[number][index] = text
                    tried += 1
                    if run(altered, claim).exit_code == 0:
                        accepted += 1
                        assert value(altered) == stated[0], (altered, claim)
                        if not any(layer["activation"]["kinks"] for layer in altered["layers"]):
                            assert abs(land.numeric(altered)[0]).max() < 1e-12
    assert tried > 300
    assert accepted < tried / 4


def test_a_digit_of_the_claim(make, land, run):
    """The type, the index and the loss: no other number is accepted for the same instance."""
    for document, claim in documents(make, land):
        head = {key: claim[key] for key in ("index", "loss", "point")}
        for altered in digits_changed(json.dumps(head)):
            try:
                other = json.loads(altered)
            except ValueError:
                continue
            if run(document, {**claim, **other}).exit_code == 0:
                low, high = map(Fraction, other["loss"])
                assert low <= value(document) <= high
                assert other["index"] in (None, claim["index"])
                assert other["point"] == -1
        for kind in ("minimum", "global minimum", "saddle", "not critical", "not a minimum"):
            if kind != claim["type"] and not (claim["type"] == "saddle" and kind == "not a minimum"):
                assert run(document, {**claim, "type": kind, "strict": False}).exit_code != 0


@pytest.fixture(scope="module")
def known(make, land):
    return list(documents(make, land))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_changes_never_raise(run, known, data):
    document, claim = copy.deepcopy(data.draw(st.sampled_from(known)))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([path for path in places(claim) if path]))
        parent = claim
        for key in path[:-1]:
            parent = parent[key]
        change = data.draw(st.sampled_from(["replace", "remove", "repeat"]))
        if change == "replace":
            parent[path[-1]] = data.draw(VALUES)
        elif change == "remove":
            del parent[path[-1]]
        elif isinstance(parent, list):
            parent.insert(path[-1], copy.deepcopy(parent[path[-1]]))
    outcome = run(document, claim)
    assert outcome.exit_code in (0, 1, 2)
    if outcome.exit_code == 0:
        low, high = map(Fraction, claim["loss"])
        assert low <= value(document) <= high
