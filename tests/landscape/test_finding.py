"""Findings, slices and enclosures."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.evidence import OWN, Box, Constant, Reachable, Zero
from exactcnn.landscape.finding import Finding, Slice, dyadic, enclosure, midpoints

LOSS = Fraction(1), Fraction(1)


def box(steps=()):
    return Box(steps, 64, ExactArray.from_array([[1]]), Fraction(1, 8))


def test_strict_minima():
    """Only where nothing is frozen, and never by evidence that shows a minimum alone."""
    free = Slice((), frozenset(), 1)
    frozen = Slice((Constant(1, 0),), frozenset({0}), 2)
    assert Finding("minimum", box(), LOSS, slice=free).strict
    assert not Finding("minimum", box(), LOSS, slice=frozen).strict
    assert not Finding("minimum", Reachable(), LOSS).strict
    assert not Finding("global minimum", Zero(), LOSS, slice=free).strict
    assert not Finding("saddle", box(), LOSS, slice=free).strict


def test_the_claim_of_a_finding():
    found = Finding("minimum", box(), (Fraction(1, 3), Fraction(1, 2)), (1, 0, 0), Slice((), frozenset(), 1))
    claim = found.claim(4).document()
    assert (claim["kind"], claim["point"], claim["type"], claim["strict"]) == ("critical-point", 4, "minimum", True)
    assert (claim["index"], claim["loss"]) == ([1, 0, 0], ["1/3", "1/2"])
    assert claim["evidence"]["radius"] == "1/8"
    assert found.claim().point == OWN


def test_free_coordinates():
    assert Slice((), frozenset({2, 0}), 4).free.tolist() == [1, 3]


@pytest.mark.parametrize("value", [Fraction(0), Fraction(-7, 3), Fraction(10**30), Fraction(1, 10**30)])
def test_enclosures_are_a_little_wider(value):
    from flint import fmpq

    inside = arb(fmpq(value.numerator, value.denominator))
    low, high = enclosure(inside)
    assert low <= value <= high
    assert high - low <= abs(value) * Fraction(1, 2**45)
    assert enclosure(arb(1), arb(2))[0] < 1 < 2 < enclosure(arb(1), arb(2))[1]


def test_midpoints_are_exact():
    balls = np.array([arb(3) / 8, arb(-5) * 2**100, arb(0)], dtype=object)
    assert [dyadic(value) for value in balls] == [Fraction(3, 8), -5 * 2**100, 0]
    assert midpoints(balls).fractions().tolist() == [Fraction(3, 8), -5 * 2**100, 0]
    assert dyadic(arb(1, 0.5)) == 1
