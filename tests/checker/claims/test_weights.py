"""Ranks of U_l and derivatives by U_l."""

import copy
from fractions import Fraction


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
