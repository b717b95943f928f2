"""The sign filter: ties, zeros, and values that floats cannot tell apart."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.exact import ExactArray
from exactcnn.network.activations import activation
from exactcnn.network.signs import argmax, largest, pieces

TINY = 2.0**-1074
EXACT = (
    st.sampled_from([Fraction(n, d) for n in (-3, -1, 0, 1, 2) for d in (1, 3, 2**60, 3 * 2**1080)]) | st.fractions()
)


@st.composite
def enclosed(draw, count):
    """Exact numbers, floats near them, and bounds that hold, seldom by much."""
    exact = draw(st.lists(EXACT, min_size=count, max_size=count))
    values, errors = [], []
    for number in exact:
        value = draw(st.sampled_from([float(number), 0.0, math.nextafter(float(number), 9e9), float(number) + 0.25]))
        error = float(abs(Fraction(value) - number))
        while Fraction(error) < abs(Fraction(value) - number):
            error = math.nextafter(error, math.inf)
        values.append(value)
        errors.append(draw(st.sampled_from([error, error + TINY, 2 * error, error + 1.0, math.inf])))
    return exact, np.array(values), np.array(errors)


@settings(max_examples=200)
@given(enclosed(6), st.sampled_from(["relu", "relu6", "hard-sigmoid", "clip(-1/3,1/3)", "leaky-relu"]))
def test_pieces_hold(numbers, name):
    exact, values, errors = numbers
    function = activation(name)
    array = ExactArray.from_fractions(exact, (3, 2))
    found = pieces(function, values.reshape(3, 2), errors.reshape(3, 2), lambda samples: array[samples])
    ends = [-math.inf, *function.kinks, math.inf]
    for piece, number in zip(found.ravel().tolist(), exact, strict=True):
        assert ends[piece] <= number <= ends[piece + 1]


@settings(max_examples=200)
@given(enclosed(8), st.integers(1, 3), st.randoms(use_true_random=False))
def test_winners_are_largest(numbers, size, random):
    exact, values, errors = numbers
    slots = np.array([[random.randrange(4) for _ in range(size)] for _ in range(5)])
    array = ExactArray.from_fractions(exact, (2, 4))
    found = largest(values.reshape(2, 4), errors.reshape(2, 4), slots, lambda samples: array[samples])
    assert found.shape == (2, 5)
    rows = array.fractions()
    for i, p in np.ndindex(2, 5):
        assert found[i, p] in slots[p]
        assert rows[i, found[i, p]] == max(rows[i, j] for j in slots[p])


def test_only_doubtful_samples_are_computed_again():
    asked = []

    def exact(samples):
        asked.append(samples.tolist())
        return ExactArray.from_strings([["-1/3", "1/3"]] * len(samples))

    values, errors = np.array([[1.0, 2.0], [0.0, 2.0], [-3.0, 0.0]]), np.array([[0.4, 0.5], [1.5, 2.5], [0.0, 0.0]])
    assert pieces(activation("relu"), values, errors, exact)[1].tolist() == [0, 1]
    assert largest(values, errors, np.array([[0, 1]]), exact).tolist() == [[1], [1], [1]]
    assert asked == [[1], [1]]


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ([1.7e308, -1e308], [1.2e308, 1.2e308]),  # difference and doubt overflow both
        ([math.inf, 5.0], [math.inf, 0.0]),
        ([math.inf, -math.inf], [math.inf, math.inf]),
        ([0.0, 0.0], [0.0, TINY]),
        ([TINY, 0.0], [TINY, TINY]),
        ([1.0, 1.0 - 2.0**-53], [2.0**-54, 2.0**-54 + 2.0**-100]),
        ([3.0, 0.0], [0.0, math.inf]),
    ],
)
def test_doubt_at_the_ends_of_the_float_range_is_no_certainty(values, errors):
    """The bounds allow that the second number is larger, and it is."""
    exact = ExactArray.from_strings([["1", "2"]])
    found = largest(np.array([values]), np.array([errors]), np.array([[0, 1]]), lambda _: exact)
    assert found.tolist() == [[1]]


def test_clear_winners_and_exact_ties_are_certain():
    def never(samples):
        raise AssertionError

    assert largest(np.array([[2.0, 1.0]]), np.array([[0.25, 0.5]]), np.array([[0, 1]]), never).tolist() == [[0]]
    assert largest(np.array([[1.0, 1.0]]), np.zeros((1, 2)), np.array([[0, 1]]), never)[0, 0] in (0, 1)
    assert pieces(activation("relu"), np.array([[0.0, TINY]]), np.zeros((1, 2)), never)[0, 1] == 1


@given(st.lists(st.lists(st.integers(-(2**70), 2**70) | st.integers(-1, 1), min_size=3, max_size=3), min_size=1))
def test_argmax_of_integers_of_any_size(rows):
    assert argmax(np.array(rows, dtype=object)).tolist() == [row.index(max(row)) for row in rows]
