"""Critical points: each obligation is violated alone, beside the same document with that one thing repaired."""

from fractions import Fraction


def test_strict_minimum_to_the_base_two(make, land, run):
    document = land.lds()
    evidence = land.on_slice(document, [0, 1])
    outcome = run(document, land.critical("minimum", evidence, Fraction(49, 50), strict=True, index=[2, 0, 0]))
    assert outcome.exit_code == 0, outcome.message


def test_linear_cnn_on_a_slice(make, land, run):
    document = land.linear_cnn()
    step = {"kind": "scaling", "layer": 1, "unit": 0, "coordinate": 0}
    evidence = land.on_slice(document, [1, 2, 3], steps=[step])
    outcome = run(document, land.critical("minimum", evidence, Fraction(9, 8), index=[3, 0, 1]))
    assert outcome.exit_code == 0, outcome.message
