"""Ranks of U_l, derivatives by U_l, and the conclusions on Section 4 that stand on them."""

import copy
from fractions import Fraction

import pytest


def weights_rank(layer, lower, upper, below, above):
    own = {"kind": "weights-rank", "layer": layer, "lower": lower, "upper": upper}
    return {**own, "lower_evidence": below, "upper_evidence": above}


def document_of(make, land, weights, *, filters=1, windows=((0, 1), (1, 2))):
    layer = make.convolution([list(w) for w in windows], filters, "identity", weights=weights, bias="none")
    width = len(windows) * filters
    top = land.layer([[1]] * width)
    return land.with_targets(make, [[1, 2, 3], [0, 1, 5]], [[1], [2]], [layer, top])


def test_rank_of_full_weights(make, land, run):
    """U = [[a, 0], [b, a], [0, b]] has rank 2 unless it is 0."""
    document = document_of(make, land, [[1], [2]])
    minor = make.minor(101, None, [0, 1], [0, 1])
    good = weights_rank(1, 2, 2, minor, make.SHAPE)
    outcome = run(document, good)
    assert outcome.exit_code == 0, outcome.message
    assert outcome.accepted == ("2 <= rank U_1 <= 2 at these parameters",)
    assert run(document, {**good, "lower": 1}).exit_code == 1
    assert run(document, {**good, "upper": 1}).exit_code == 1
    assert run(document, weights_rank(1, 2, 2, {**minor, "rows": [0, 3]}, make.SHAPE)).exit_code == 2
    assert run(document, weights_rank(1, 2, 2, {**minor, "columns": [0, 2]}, make.SHAPE)).exit_code == 2
    assert run(document, weights_rank(1, 0, 2, make.NONE, make.SHAPE)).exit_code == 1  # says nothing
    ball = {"kind": "ball-minor", "precision": 53, "rows": [0], "columns": [0]}
    assert run(document, weights_rank(1, 1, 2, ball, make.SHAPE)).exit_code == 2
    zero = document_of(make, land, [[0], [0]])
    assert "vanishes" in run(zero, good).message
    bare = copy.deepcopy(document)
    bare["layers"][0]["weights"] = None
    assert "needs weights" in run(bare, good).message
    # rows of U are the neurons below: row 0 of (1, 0) is half of row 2 of (0, 2)? no relation but one of all three
    relation = {"leading": 1, "coefficients": [[0, "2"], [1, "-1"], [2, "1/2"]]}
    three = {"kind": "relations", "axis": 0, "relations": [relation]}
    assert run(document, weights_rank(1, 2, 2, minor, three)).exit_code == 0
    relation["coefficients"][0][1] = "3"
    assert run(document, weights_rank(1, 2, 2, minor, three)).exit_code == 1


def test_upper_bounds_of_full_weights(make, land, run):
    """The second patch repeats the first one: two equal columns, and a row of zeros."""
    document = document_of(make, land, [[1], [2]], windows=((0, 1), (0, 1)))
    minor = make.minor(101, None, [0], [0])

    def lines(axis, *representatives):
        return {"kind": "distinct-lines", "axis": axis, "representatives": list(representatives)}

    assert run(document, weights_rank(1, 1, 1, minor, lines(1, 0))).exit_code == 0
    assert run(document, weights_rank(1, 1, 1, minor, lines(0, 0))).exit_code == 1  # row 1 is another one
    assert run(document, weights_rank(1, 1, 2, minor, lines(0, 0, 1))).exit_code == 0  # row 2 is zero
    assert run(document, weights_rank(1, 1, 1, minor, lines(1, 3))).exit_code == 2
    vanishing = {"kind": "vanishing-minors", "primes": ["1000003"]}
    assert run(document, weights_rank(1, 1, 1, minor, vanishing)).exit_code == 0
    different = document_of(make, land, [[1], [2]])
    assert run(different, weights_rank(1, 1, 1, minor, lines(1, 0))).exit_code == 1
    assert run(different, weights_rank(1, 1, 1, minor, vanishing)).exit_code == 1
    zero = document_of(make, land, [[0], [0]])
    assert run(zero, weights_rank(1, 0, 0, make.NONE, lines(1))).exit_code == 0
    assert run(different, weights_rank(1, 0, 0, make.NONE, lines(1))).exit_code == 1
    bare = copy.deepcopy(zero)
    bare["layers"][0]["weights"] = None
    assert "needs weights" in run(bare, weights_rank(1, 0, 0, make.NONE, lines(1))).message


def gradient(layer, zero, entry=None, precision=None):
    return {"kind": "gradient", "layer": layer, "zero": zero, "entry": entry, "precision": precision}


def test_derivatives_by_full_weights(make, land, run):
    """A shared filter may be critical where the entries of U are not: their derivatives cancel."""
    document = land.linear_cnn()
    step = {"kind": "scaling", "layer": 1, "unit": 0, "coordinate": 0}
    critical = land.critical("minimum", land.on_slice(document, [1, 2, 3], steps=[step]), Fraction(9, 8))
    assert run(document, critical).exit_code == 0
    entries = [gradient(1, False, [row, column], 53) for row in range(3) for column in range(2)]
    outcomes = [run(document, claim) for claim in entries]
    assert any(outcome.exit_code == 0 for outcome in outcomes)
    assert any("does not exclude 0" in outcome.message for outcome in outcomes)
    assert "is not 0" in run(document, gradient(1, True)).message
    top = run(document, gradient(2, True))
    assert top.exit_code == 0, top.message
    assert top.accepted == ("the gradient by U_2 is 0",)
    for wrong in (
        gradient(1, True, [0, 0]),
        gradient(1, True, None, 53),
        gradient(1, False),
        gradient(1, False, [3, 0], 53),
        gradient(1, False, [0, 2], 53),
        gradient(1, False, [0, 0]),
        gradient(3, True),
    ):
        assert run(document, wrong).exit_code == 2
    elementwise = {**document, "layers": [make.elementwise("identity"), *document["layers"]]}
    assert run(elementwise, gradient(1, True)).exit_code == 2


# ---------------------------------------------------------------- conclusions


def conclusion(statement, by, status, layer=1):
    own = {"kind": "conclusion", "statement": statement, "layer": layer, "status": status}
    return {**own, "scope": "this point", "by": by}


def deep(make, land, *, targets=((1,), (2,)), w2=((1, 0), (0, 1)), w3=((1,), (1,))):
    layers = [
        land.layer([[1, 1]], [0, Fraction(-3, 2)], "relu"),
        land.layer([list(row) for row in w2], [0, 0], "softsign"),
        land.layer([list(row) for row in w3], [0]),
    ]
    return land.with_targets(make, [[1], [2]], [list(row) for row in targets], layers)


LOSS = {"kind": "loss", "point": -1, "lower": "0", "upper": "100", "precision": None}


def test_conclusions_at_a_point(make, land, run):
    full = make.rank(1, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)
    top = weights_rank(3, 1, 1, make.minor(101, None, [0], [0]), make.SHAPE)
    # F_1 = [[1, 0], [2, 1/2]], at which the pre-activations of unit 1 of layer 2 are 0 on sample 0: a breakpoint
    document = deep(make, land, w2=((1, 1), (1, 2)))
    not_zero = gradient(2, False, [0, 0], 53)
    good = conclusion("NH18.T4.4", "gradient", "proved")
    outcome = run(document, full, top, not_zero, good)
    assert outcome.exit_code == 0, outcome.message
    assert "no claim rank F_1" in run(document, top, not_zero, good).message
    assert "U_3 has full rank" in run(document, full, not_zero, good).message
    assert "no claim that the gradient" in run(document, full, top, good, not_zero).message
    assert "no claim that the gradient" in run(document, full, top, gradient(3, False, [0, 0], 53), good).message
    other = make.rank(1, 1, 2, make.minor(101, None, [0], [0]), make.SHAPE)
    assert "no claim rank F_1" in run(document, other, top, not_zero, good).message
    assert "makes a statement proved" in run(document, full, top, not_zero, {**good, "status": "refuted"}).message
    assert "the scope is" in run(document, full, top, not_zero, {**good, "scope": "architecture"}).message
    assert "is not hidden" in run(document, full, top, not_zero, {**good, "layer": 3}).message
    curved = copy.deepcopy(document)
    curved["layers"][2]["activation"] = make.activation("softsign")
    assert "is not the identity" in run(curved, full, top, not_zero, good).message


def test_conclusions_at_loss_zero(make, land, run):
    full = make.rank(1, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)
    top = weights_rank(3, 1, 1, make.minor(101, None, [0], [0]), make.SHAPE)
    outputs = [Fraction(1, 2) + Fraction(1, 2), Fraction(5, 7) + Fraction(3, 4)]
    document = deep(make, land, w2=((1, 1), (1, 2)), targets=[[x] for x in outputs])
    zero = {**LOSS, "upper": "0"}
    for statement in ("NH18.T4.4", "NH18.T4.5"):
        good = conclusion(statement, "zero-loss", "proved")
        outcome = run(document, full, top, zero, good)
        assert outcome.exit_code == 0, outcome.message
        assert run(document, full, top, land.critical("global minimum", {"kind": "zero"}, 0), good).exit_code == 0
        assert "no claim that the loss is 0" in run(document, full, top, LOSS, good).message
        assert "no claim that the loss is 0" in run(document, full, top, good).message
    windows = copy.deepcopy(document)
    windows["layers"][1] = make.convolution([[0], [1]], 1, "softsign", weights=[[1]], biases=[0], bias="filter")
    windows["targets"] = make.array([[Fraction(1, 2)], [1]])
    good = conclusion("NH18.T4.5", "zero-loss", "proved")
    message = run(windows, full, top, {**LOSS, "upper": "100"}, good).message
    assert "layer 2 is not fully connected" in message


def test_a_counterexample_where_a_slope_vanishes(make, land, run):
    """A function with slope 0 at 0, W_2 = 0: the gradient is 0, the rank full, and the loss is not 0."""
    bend = make.formula({(3, 0): 1})
    layers = [
        land.layer([[1, 1]], [0, Fraction(-3, 2)], "leaky-relu(1/2)"),
        land.layer([[0, 0], [0, 0]], [0, 0], bend),
        land.layer([[1, 0], [0, 1]], [Fraction(1, 2), Fraction(1, 2)]),
    ]
    document = land.with_targets(make, [[1], [2]], [[1, 0], [0, 1]], layers)
    full = make.rank(1, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)
    top = weights_rank(3, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)
    zero, loss = gradient(2, True), {**LOSS, "lower": "1/2", "upper": "1/2"}
    good = conclusion("NH18.T4.4", "zero-gradient", "refuted")
    outcome = run(document, full, top, zero, loss, good)
    assert outcome.exit_code == 0, outcome.message
    assert "no claim that the loss is positive" in run(document, full, top, zero, {**loss, "lower": "0"}, good).message
    elsewhere = {**loss, "point": 0}
    assert run(document, full, top, zero, elsewhere, good).exit_code == 2
    negative = {"kind": "negative-direction", "by": "rational", "precision": 53, "positive": None}
    negative["direction"] = make.array([0] * len(range(4 + 6 + 6)))
    critical = conclusion("NH18.T4.5", "critical", "refuted")
    assert "no claim that the point is critical" in run(document, full, top, zero, loss, critical).message


@pytest.mark.parametrize("slope", [1, 0])
def test_refuted_at_a_critical_point(make, land, run, slope):
    """W_2 = 0 below a fully connected layer of a square: critical, a saddle or not, of positive loss."""
    square = make.formula({(2, 0): 1, (1, 0): slope} if slope else {(2, 0): 1})
    layers = [
        land.layer([[1, 1]], [0, Fraction(-3, 2)], "leaky-relu(1/2)"),
        land.layer([[0], [0]], [0], square),
        land.layer([[1]], [0]),
    ]
    document = land.with_targets(make, [[1], [2]], [[1], [-1]], layers)
    full = make.rank(1, 2, 2, make.minor(101, None, [0, 1], [0, 1]), make.SHAPE)
    top = weights_rank(3, 1, 1, make.minor(101, None, [0], [0]), make.SHAPE)
    evidence = {"kind": "negative-direction", "by": "rational", "precision": 53, "positive": None}
    evidence["direction"] = make.array([0, 0, 0, 0, 1, 4, -1, 0, 0])
    claim = land.critical("not a minimum", evidence, 1)
    loss = {**LOSS, "lower": "1", "upper": "1"}
    outcome = run(document, full, top, claim, loss, conclusion("NH18.T4.5", "critical", "refuted"))
    if slope:
        assert "is not 0" in outcome.message
    else:
        assert outcome.exit_code == 0 or "curvature" in outcome.message, outcome.message
