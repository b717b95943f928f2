"""Checks of the pages about strict bad minima: at more instances, with hypotheses dropped, and by a second way."""

import math
import random
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.proofs.checks.residuals import a_cell, a_cell_by_proof, both_signs, only_zero


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("weight", [-2, 1, 3])
@pytest.mark.parametrize("bias", [-4, 0, 5])
def test_up_to_four_samples_nothing_is_left(count, weight, bias):
    draw = random.Random(f"{count} {weight} {bias}")
    samples = [[x] for x in draw.sample(range(-4, 5), count)]
    assert only_zero(samples, [[weight]], [bias]).status == "proved"


def test_what_each_hypothesis_is_for():
    assert only_zero([[0], [1], [2], [3], [4]]).status == "undecided"  # one sample more
    assert only_zero(output_bias=False).status == "undecided"
    assert only_zero(biases=None).status == "undecided"
    assert only_zero(weights=[[0]]).status == "undecided"  # a constant unit
    assert only_zero([[0, 0], [0, 1], [1, 0], [1, 1]], [[1, 0]], [0]).status == "undecided"  # equal pre-activations
    assert only_zero(weights=[["1/2"]]).what == "pre-activations are not integers"


def test_two_units_have_twice_the_columns():
    found = only_zero([[x] for x in range(7)], [[1], [-2]], [0, 3])
    assert (found.status, found.details["columns"]) == ("proved", 7)


def test_the_determinant_is_negative_everywhere():
    draw = random.Random(0)
    for _ in range(200):
        values = {Fraction(draw.randrange(-99, 100), 100) for _ in range(3)}
        if len(values) == 3:
            assert both_signs(sorted(values)).status == "proved"
    for wrong in (["1/2", "1/2", 0], [0, "1/3", 1], [0, 1, 2, 3]):
        assert both_signs(wrong).status == "undecided"


@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
def test_step_8_in_floats(name):
    """Samples, z and r that meet all equations: Q has both signs. With N = 3 r is unique for given z."""
    draw = np.random.default_rng(3)
    for _ in range(200):
        z = np.sort(draw.standard_normal(3) * 2)
        p = 1 / (1 + np.exp(-z))
        if name == "sigmoid":
            sigma, slope, curvature = p, p * (1 - p), p * (1 - p) * (1 - 2 * p)
        else:
            sigma, slope, curvature = np.logaddexp(0, z), p, p * (1 - p)
        r = np.cross(np.ones(3), sigma)
        c = r * slope
        x = draw.standard_normal((3, 2))
        x[2] = -(c[0] * x[0] + c[1] * x[1]) / c[2]
        q = (x.T * (r * curvature)) @ x
        assert np.linalg.det(q) < 0


def test_step_4_and_6_in_floats():
    """σ/σ′ of softplus is convex, and divided by z it takes no value twice."""

    def g(z):
        return math.log1p(math.exp(z)) * (1 + math.exp(-z))

    grid = np.linspace(-8, 8, 321)
    values = np.array([g(z) for z in grid])
    assert (np.diff(values, 2) > 0).all()
    quotient = values[grid != 0] / grid[grid != 0]
    assert len(np.unique(np.round(quotient, 12))) == len(quotient)
    assert (np.diff(quotient[:160]) < 0).all()
    assert (np.diff(quotient[160:]) < 0).all()


def test_cells():
    assert a_cell().checked
    assert a_cell_by_proof().scope == "an instance"  # that is what its certificate is about
    open_ = a_cell({"inputs": 1, "biases": "hidden", "activation": "sigmoid", "samples": 4, "width": 3}, trials=5)
    assert (open_.status, open_.what) == ("undecided", "1-hidden-sigmoid-4-3 is open after 5 trials")
