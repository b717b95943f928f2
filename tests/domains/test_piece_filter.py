"""The filter for pieces: certain means right, clear cases are not left open, and a kink that is met is known."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.domains.piece_filter import candidate_pieces, nearest_float

TINY = 5e-324


@given(
    kinks=st.lists(st.fractions(-10, 10, max_denominator=9), max_size=3, unique=True),
    z=st.fractions(-11, 11, max_denominator=30),
    error=st.floats(0, 3),
    where=st.fractions(-1, 1, max_denominator=50),
)
def test_candidates_hold(kinks: list[Fraction], z: Fraction, error: float, where: Fraction) -> None:
    kinks.sort()
    value = float(z + where * Fraction(error))
    bound = max(error, float(abs(Fraction(value) - z)) * 1.0000001)
    (first,), (last,) = candidate_pieces(tuple(kinks), np.array([value]), np.array([bound]))
    true = sum(kink < z for kink in kinks)  # the left one at a kink
    assert first <= true <= last
    if first == last:
        assert z not in kinks or (bound == 0 and Fraction(value) == z)
    elif all(abs(kink - Fraction(value)) > Fraction(bound) * Fraction(1001, 1000) for kink in kinks):
        pytest.fail("a clear case was left open")


@given(
    st.lists(st.sampled_from([0.0, 1.0, 1 / 3, TINY, -TINY, 1e308, -1.0]), min_size=1, max_size=3, unique=True),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, TINY, 2 * TINY, 1e-17, 0.5, 1e308]),
    st.sampled_from([-1, 0, 1]),
)
def test_a_number_anywhere_in_its_enclosure(kinks, value, error, side):
    """At the very ends of the enclosure too, where sums round."""
    places = tuple(sorted(Fraction(kink) for kink in kinks))
    for near in (value, *kinks):
        z = Fraction(near) + side * Fraction(error)
        (first,), (last,) = candidate_pieces(places, np.array([near]), np.array([error]))
        assert first <= sum(kink < z for kink in places) <= last
        if first == last and error:
            assert z not in places


def certain_pieces(kinks, values, errors):
    first, last = candidate_pieces(kinks, values, errors)
    return first, first == last


def test_hard_cases() -> None:
    third = (Fraction(1, 3),)  # lies just above the float 1/3
    below, above = np.array([1 / 3]), np.nextafter(np.array([1 / 3]), 1)
    zero = np.zeros(1)
    assert [a.tolist() for a in certain_pieces(third, below, zero)] == [[0], [True]]
    assert [a.tolist() for a in certain_pieces(third, above, zero)] == [[1], [True]]
    assert certain_pieces(third, above, np.full(1, 1e-300))[1].tolist() == [False]
    assert [a.tolist() for a in certain_pieces((Fraction(0),), np.array([0.0, -0.0, TINY, -TINY]), np.zeros(4))] == [
        [0, 0, 1, 0],
        [True] * 4,
    ]


def test_what_is_not_finite_leaves_all_pieces_open() -> None:
    odd = np.array([np.nan, np.inf, -np.inf, 1.0, 1.0])
    bounds = np.array([0.0, 0.0, 0.0, np.inf, np.nan])
    for kinks in ((Fraction(0),), (Fraction(0), Fraction(1)), (-(Fraction(10) ** 400),)):
        first, last = candidate_pieces(kinks, odd, bounds)
        assert first.tolist() == [0] * 5
        assert last.tolist() == [len(kinks)] * 5


def test_kinks_beyond_the_floats() -> None:
    huge = (-(Fraction(10) ** 400), Fraction(10) ** 400)
    assert [a.tolist() for a in certain_pieces(huge, np.zeros(1), np.zeros(1))] == [[1], [True]]
    top, bound = np.array([1e308]), np.array([1e308])  # the sum is infinite
    assert certain_pieces(huge[:1], top, bound)[1].tolist() == [True]
    assert certain_pieces(huge[1:], top, bound)[1].tolist() == [False]


def test_nearest_float() -> None:
    assert nearest_float(Fraction(1, 3)) == 1 / 3
    assert nearest_float(Fraction(10) ** 400) == math.inf
    assert nearest_float(-(Fraction(10) ** 400)) == -math.inf
