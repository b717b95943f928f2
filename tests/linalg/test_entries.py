"""Matrices as floats with errors and as balls: inclusion of the exact entries, whatever their size."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq

from exactcnn.domains.balls import working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.linalg.entries import Entries


def rational(rows):
    return Entries.rational(ExactArray.from_fractions(np.array([[Fraction(x) for x in row] for row in rows])))


@pytest.mark.parametrize(
    "rows",
    [
        [["3", "1/3"], ["-5/7", "0"]],
        [["1", "1e-400"]],
        [["1e-320", "3e-320"]],
        [["1e-500", "-7e-510"]],
        [["1e500", "1/3", "-7e499"]],
        [[str(2**70 + 1), "1"]],
        [["0", "0"]],
    ],
)
def test_scaled_floats_contain_the_entries(rows):
    found = rational(rows).scaled()
    for i, row in enumerate(rows):
        for j, text in enumerate(row):
            exact = Fraction(text) / Fraction(2) ** found.exponent
            assert abs(Fraction(float(found.values[i, j])) - exact) <= Fraction(float(found.errors[i, j]))
    largest = np.abs(found.values).max()
    assert largest == 0 or 0.5 <= largest < 1
    assert found.errors.max() <= 2.0**-50


def test_floats_are_exact_as_far_as_they_go():
    values = np.array([[3.0, 2.0**-1070], [-0.1, 1e300]])
    found = Entries.rational(ExactArray.from_array(values)).scaled()
    assert found.errors[0, 0] == found.errors[1, 1] == 0
    assert np.ldexp(found.values[1, 1], found.exponent) == 1e300
    exact = Fraction(values[0, 1]) / Fraction(2) ** found.exponent  # below all floats, once it is scaled
    assert abs(Fraction(float(found.values[0, 1])) - exact) <= Fraction(float(found.errors[0, 1]))
    assert not rational([["0"]]).scaled().errors.any()


def test_balls_are_asked_for_more_bits_until_floats_are_exact_enough():
    asked = []

    def enclosures(precision):
        asked.append(precision)
        return [[arb(3, arb(2) ** (60 - precision)), arb(0), arb(-1) / 3]]

    found = Entries((1, 3), None, enclosures).scaled()
    assert asked == [128]
    assert found.precision == 256
    assert found.values[0].tolist() == [0.75, 0.0, pytest.approx(-1 / 12)]
    assert found.errors[0, 1] == 0
    assert found.errors[0, 0] >= 2.0 ** (60 - 128 - 2)

    def wide(precision):
        asked.append(precision)
        return [[arb(1, arb(2) ** (200 - precision))]]

    asked.clear()
    assert Entries((1, 1), None, wide).scaled().errors.max() <= 2.0**-50
    assert asked == [128, 256]


def test_an_unbounded_ball_has_an_infinite_error():
    found = Entries((1, 2), None, lambda _: [[arb(1), arb("nan")]]).scaled()
    assert found.errors[0, 1] == np.inf
    assert np.isfinite(found.errors[0, 0])


def test_balls_enclose_rational_entries():
    [[x, y]] = rational([["1/3", "-2"]]).balls(100)
    with working_precision(200):
        assert x.contains(arb(fmpq(1, 3)))
    assert x.rad() < arb(2) ** -95
    assert y == -2


def test_floats_that_are_near_save_the_balls():
    def enclosures(precision):
        asked.append(precision)
        return [[arb(3), arb(1) / 3]]

    def near(error):
        return lambda: (np.array([[3.0, 1 / 3]]), np.array([[0.0, error]]))

    asked = []
    found = Entries((1, 2), None, enclosures, near(2.0**-50)).scaled()
    assert (asked, found.exponent, found.values[0, 0], found.errors[0, 0]) == ([], 2, 0.75, 0.0)
    assert 2.0**-52 <= found.errors[0, 1] < 2.0**-51
    for far in (2.0**-44, np.inf, np.nan):
        asked.clear()
        assert Entries((1, 2), None, enclosures, near(far)).scaled().errors[0, 1] <= 2.0**-50
        assert asked == [128]
    asked.clear()  # scales that floats do not reach
    Entries((1, 2), None, enclosures, lambda: (np.array([[2.0**-1000, 0.0]]), np.zeros((1, 2)))).scaled()
    assert asked
