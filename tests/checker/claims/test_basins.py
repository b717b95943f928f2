"""Basins: the box, its faces and its floor, each alone."""

from fractions import Fraction

import pytest


def basin(make, lower, upper, floor, *, depth=(4,), inside=(4,), precision=53):
    own = {"kind": "basin", "point": -1, "lower": make.array(lower), "upper": make.array(upper)}
    return {**own, "depth": list(depth), "inside": list(inside), "precision": precision, "floor": str(floor)}


def well(make, land, w=1, name="square"):
    """1/2 (w^2 - 1)^2: wells at 1 and -1."""
    return land.with_targets(make, [[1]], [[1]], [land.layer([[w]], None, name)])


def message(run, document, claim):
    outcome = run(document, claim)
    return outcome.exit_code, outcome.message


def test_a_well(make, land, run):
    document = well(make, land, Fraction(11, 10))
    good = basin(make, [Fraction(1, 2)], [Fraction(3, 2)], 0)
    outcome = run(document, good)
    assert outcome.exit_code == 0, outcome.message
    assert outcome.accepted == ("a basin around the parameters, loss at least 0 in it",)
    for change, words in (
        ({"lower": make.array([Fraction(11, 10)])}, "not inside the box"),
        ({"upper": make.array([Fraction(11, 10)])}, "not inside the box"),
        ({"lower": make.array([Fraction(9, 10)])}, "a face of coordinate 0 is not certainly above"),
        ({"upper": make.array([Fraction(111, 100)])}, None),
        ({"floor": "1/1000"}, "the floor is not certainly"),
        ({"floor": "-1"}, None),
    ):
        code, words_found = message(run, document, {**good, **change})
        if words is None:
            assert code == 0, words_found
        else:
            assert code == 1
            assert words in words_found
    for change in (
        {"depth": [-1]},
        {"depth": [0, 0]},
        {"inside": [19]},
        {"depth": [21]},
        {"lower": make.array([0, 0])},
        {"point": 0},
    ):
        assert message(run, document, {**good, **change})[0] == 2


def test_the_box_of_two_dimensions(make, land, run):
    """Li, Ding and Sun: around (1, 9/50) every face is above 49/50; the loss is 1/2 far away."""
    document = land.lds()
    lower, upper = [Fraction(1, 3), 0], [Fraction(5, 2), Fraction(2, 5)]
    good = basin(make, lower, upper, Fraction(9, 10), depth=(7, 7), inside=(6, 6))
    outcome = run(document, good)
    assert outcome.exit_code == 0, outcome.message
    assert "floor" in message(run, document, {**good, "floor": "49/50"})[1]
    assert "a face of coordinate" in message(run, document, {**good, "depth": [0, 0]})[1]
    short = basin(make, lower, [Fraction(5, 2), Fraction(181, 1000)], Fraction(9, 10), depth=(7, 7), inside=(6, 6))
    assert "a face of coordinate 1" in message(run, document, short)[1]
    narrow = basin(make, [Fraction(99, 100), 0], upper, Fraction(9, 10), depth=(7, 7), inside=(6, 6))
    assert "a face of coordinate 0" in message(run, document, narrow)[1]


def test_kinks_may_be_met(make, land, run):
    """1/2 (|w| - 1)^2 around 1: the box reaches past the kink at 0 when the loss there is above."""
    document = well(make, land, Fraction(1), "abs")
    good = basin(make, [Fraction(-1, 2)], [Fraction(2)], 0)
    assert message(run, document, good)[0] == 0
    assert "a face of coordinate 0" in message(run, document, {**good, "lower": make.array([-1])})[1]


def test_too_many_dimensions(make, land, run):
    document = land.with_targets(make, [[1, 1, 1, 1]], [[1]], [land.layer([[1], [1], [1], [1]])])
    claim = basin(make, [0] * 4, [2] * 4, 0, depth=[0] * 4, inside=[0] * 4)
    assert message(run, document, claim)[0] == 2


@pytest.mark.parametrize(("floor", "code"), [(Fraction(9, 10), 0), (Fraction(1, 4), 1)])
def test_a_basin_that_is_suboptimal(make, land, run_bytes, floor, code):
    document = land.lds()
    own = basin(make, [Fraction(1, 3), 0], [Fraction(5, 2), Fraction(2, 5)], floor, depth=(7, 7), inside=(6, 6))
    better = [{"weights": make.array([[x]]), "biases": None} for x in (-8, -257)]
    loss = {"kind": "loss", "point": 0, "lower": "0", "upper": "3/5", "precision": None}
    worse = {"kind": "suboptimal", "claim": 0, "loss": 1}
    whole = {**make.HEAD, "points": [better], "instance": document, "claims": [own, loss, worse]}
    outcome = run_bytes(make.seal(whole))
    assert outcome.exit_code == code, outcome.message
