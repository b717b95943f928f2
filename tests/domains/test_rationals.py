"""Exact arithmetic against Python fractions: values of curves, every sign, every winner, every tie."""

import math
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.formulas import ONE, Formula
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.network.activations import activation

Q = Rationals()
NAMES = ["relu", "identity", "abs", "leaky-relu(1/3)", "relu6", "clip(-1/3,1/7)", "hard-sigmoid", "hard-tanh", "square"]
NAMES += ["leaky-relu(1e-400)", "leaky-relu(-0.1)", "softsign", "clip(0.1,1e320)", "squared-relu", "hard-swish"]
NAMES += ["polynomial(1/3,-1/7)", "polynomial(0,1e59)", "polynomial(1/2,0,0,-3/5)", "polynomial(5)", "polynomial(0)"]
NUMBERS = st.fractions() | st.sampled_from([Fraction(k, 6) for k in (-18, -6, -2, 0, 1, 6, 18, 36)])


def exact(values, shape):
    return Q.lift(ExactArray.from_fractions(values, shape))


@settings(max_examples=150)
@given(st.sampled_from(NAMES), st.lists(NUMBERS, min_size=4, max_size=4))
def test_values_pieces_and_ties(name, numbers):
    curve = activation(name)
    z = exact(numbers, (2, 2))
    choice = Q.pieces(curve, z)
    assert choice.chosen.ravel().tolist() == [curve.piece(z) for z in numbers]
    assert choice.ties.ravel().tolist() == [z in curve.kinks for z in numbers]
    assert choice.open is None
    found = Q.apply(curve, z, choice if curve.kinks else None)
    assert found.fractions().ravel().tolist() == [curve.exact(z) for z in numbers]
    assert found.numbers.dtype == object
    slopes = Q.apply(curve.derivative(), z, choice if curve.kinks else None)
    assert slopes.fractions().ravel().tolist() == [curve.derivative().exact(z) for z in numbers]


@settings(max_examples=100)
@given(st.data(), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_operations(data, m, n, k):
    """Any denominators, and shapes with no entries."""
    numbers = st.fractions(max_denominator=50) | st.integers(-(2**80), 2**80).map(Fraction)

    def drawn(*shape):
        size = math.prod(shape)
        values = np.empty(size, dtype=object)
        values[:] = data.draw(st.lists(numbers, min_size=size, max_size=size))
        return values.reshape(shape), exact(values.tolist(), shape)

    (x, X), (y, Y), (z, Z) = drawn(m, n), drawn(m, n), drawn(n, k)
    assert Q.add(X, Y).fractions().tolist() == (x + y).tolist()
    assert Q.multiply(X, Y).fractions().tolist() == (x * y).tolist()
    product = [[sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0)) for column in z.T] for row in x]
    assert Q.matmul(X, Z).fractions().tolist() == product
    assert Q.total(X).fractions().tolist() == [sum(column, Fraction(0)) for column in x.T]
    assert Q.transpose(X).fractions().tolist() == x.T.tolist()


@pytest.mark.parametrize("dtype", [np.int64, np.float64, object])
def test_every_storage_is_taken_as_integers_over_one_denominator(dtype):
    array = ExactArray(np.array([[3, -5], [0, 7]]).astype(dtype), np.array([[2, 3], [5, 7]]))
    lifted = Q.lift(array)
    assert isinstance(lifted.denominators, int)
    assert all(type(number) is int for number in lifted.numbers.flat)
    assert lifted.fractions().tolist() == array.fractions().tolist()
    assert Q.add(array, array).fractions().tolist() == (array.fractions() * 2).tolist()  # and without lifting
    assert Q.matmul(array, array).fractions().tolist() == (array.fractions() @ array.fractions()).tolist()


def test_products_beyond_64_bits():
    """Integers are Python's: (2^62)^2, and sums beyond 2^63."""
    big = Q.lift(ExactArray.from_array([[2**62, -(2**62)], [2**62, 2**62]]))
    assert Q.multiply(big, big).numbers.tolist() == [[2**124] * 2] * 2
    assert Q.matmul(big, big).numbers.tolist() == [[0, -(2**125)], [2**125, 0]]
    assert Q.total(big).numbers.tolist() == [2**63, 0]
    assert Q.add(big, big).numbers.tolist() == [[2**63, -(2**63)], [2**63, 2**63]]
    scattered = Q.scatter(Q.reshape(big, 1, 2, 2), np.array([[0, 1], [0, 0]]), 2)
    assert scattered.numbers.tolist() == [[2**62 + 2**63, -(2**62)]]


@pytest.mark.parametrize("number", [0, 5, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**40])
def test_numbers_without_axes(number):
    """Sums of all entries stay Python integers: NumPy would take 2^63 as an unsigned one."""
    total = Q.total(exact([Fraction(number, 3), Fraction(0)], (2,)))
    one = Q.total(exact([Fraction(1)], (1,)))
    for value in (total, Q.add(total, exact([Fraction(0)], ())), Q.multiply(total, one)):
        assert value.shape == ()
        assert value.numbers.dtype == object
        assert value.fractions().item() == Fraction(number, 3)
    assert Q.multiply(total, total).fractions().item() == Fraction(number, 3) ** 2
    assert Q.add(total, total).fractions().item() == Fraction(2 * number, 3)


def test_winners_of_integers_beyond_int64():
    features = Q.lift(ExactArray(np.array([[2**80, 2**80 + 1, -1]], dtype=object), 3))
    slots = np.array([[0, 1], [2, 2]])
    choice = Q.winners(features, slots)
    assert choice.chosen.tolist() == [[1, 2]]
    assert not choice.ties.any()
    assert Q.take(features, choice, slots).fractions().tolist() == [[Fraction(2**80 + 1, 3), Fraction(-1, 3)]]


@settings(max_examples=100)
@given(st.data())
def test_winners_and_ties_by_comparing_all_pairs(data):
    numbers = st.sampled_from([Fraction(-1, 3), Fraction(1, 3), Fraction(1, 2), Fraction(2**70)])
    x = data.draw(st.lists(numbers, min_size=5, max_size=5))
    slots = np.array(data.draw(st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=1, max_size=3)))
    choice = Q.winners(exact(x, (1, 5)), slots)
    for p, patch in enumerate(slots.tolist()):
        top = max(x[j] for j in patch)
        best = [j for j in dict.fromkeys(patch) if x[j] == top]
        assert choice.chosen[0, p] == best[0]  # the first of them
        assert choice.ties[0, p] == (len(best) > 1)  # a neuron that is read twice is no tie


def test_padding_that_repeats_a_neuron_is_no_tie():
    assert not Q.winners(exact([Fraction(5), Fraction(1)], (1, 2)), np.array([[0, 0, 1]])).ties.any()
    assert Q.winners(exact([Fraction(5), Fraction(5)], (1, 2)), np.array([[0, 0, 1]])).ties.all()


@given(st.lists(st.lists(st.integers(-(2**70), 2**70) | st.integers(-1, 1), min_size=3, max_size=3), min_size=1))
def test_the_first_winner_among_integers_of_any_size(rows):
    winners = Q.winners(exact([Fraction(x) for row in rows for x in row], (len(rows), 3)), np.array([[0, 1, 2]]))
    assert winners.chosen[:, 0].tolist() == [row.index(max(row)) for row in rows]


def test_powers_of_two_at_integers():
    one_plus = (*ONE, (0, 1, Fraction(1)))
    logistic = Curve((Formula(ONE, one_plus),), (), (Fraction(0), Fraction(-1)), "2")
    z = exact([Fraction(-2), Fraction(0), Fraction(3)], (1, 3))
    assert Q.apply(logistic, z, None).fractions().tolist() == [[Fraction(1, 5), Fraction(1, 2), Fraction(8, 9)]]
    with pytest.raises(InputError, match="at 1/2: expected an integer exponent of 2"):
        Q.apply(logistic, exact([Fraction(1, 2)], (1, 1)), None)


@pytest.mark.parametrize("name", ["sigmoid", "gelu", "elu"])
def test_other_values_are_refused(name):
    curve = activation(name)
    z = exact([Fraction(-1)], (1, 1))
    with pytest.raises(InputError, match=re.escape(f"activation {curve.text} is {curve.domain}; expected")):
        Q.apply(curve, z, Q.pieces(curve, z))
