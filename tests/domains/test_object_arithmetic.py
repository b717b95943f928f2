"""Balls enclose the exact numbers through every operation and in doubt; symbols are SymPy's own expressions."""

from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.arithmetic import Choice
from exactcnn.domains.balls import ball, working_precision
from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.formulas import Formula
from exactcnn.domains.object_arithmetic import Balls, Symbols
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.network.activations import activation

B, Q, S = Balls(), Rationals(), Symbols()
RATIONAL = ["relu", "abs", "relu6", "clip(-1/3,1/7)", "hard-swish", "softsign", "squared-relu", "polynomial(1,0,-1/3)"]


def wide(exact, radii):
    """Balls around exact numbers that need not lie in the middle."""
    result = np.empty(exact.shape, dtype=object)
    result.ravel()[:] = [ball(x + r / 2) + flint.arb(0, float(r)) for x, r in zip(exact.flat, radii, strict=True)]
    return result


@settings(max_examples=60)
@given(st.data(), st.integers(1, 3), st.integers(1, 3), st.integers(0, 3), st.sampled_from([2, 20, 64]))
def test_operations_enclose(agrees, data, m, n, k, bits):
    """At any precision, and with wide balls: at a precision of 2 bits, too."""
    numbers = st.fractions(-9, 9, max_denominator=9)

    def drawn(*shape):
        size = int(np.prod(shape))
        values = np.empty(shape, dtype=object)
        values.ravel()[:] = data.draw(st.lists(numbers, min_size=size, max_size=size))
        radii = data.draw(st.lists(st.sampled_from([Fraction(0), Fraction(1, 8)]), min_size=size, max_size=size))
        return values, wide(values, radii)

    with working_precision(bits):
        (x, X), (y, Y), (z, Z), (row, Row) = drawn(m, n), drawn(m, n), drawn(n, k), drawn(n)
        assert agrees(B, B.add(X, Y), x + y)
        assert agrees(B, B.add(X, Row), x + row)
        assert agrees(B, B.multiply(X, Y), x * y)
        product = np.array([[sum(x[i] * z[:, j], Fraction(0)) for j in range(k)] for i in range(m)], dtype=object)
        assert agrees(B, B.matmul(X, Z), product.reshape(m, k))
        assert agrees(B, B.total(X), x.sum(axis=0))


@settings(max_examples=80)
@given(
    st.sampled_from(RATIONAL),
    st.lists(st.fractions(-7, 7, max_denominator=6), min_size=3, max_size=3),
    st.lists(st.sampled_from([Fraction(0), Fraction(1, 50), Fraction(9)]), min_size=3, max_size=3),
)
def test_values_enclose_whatever_is_known_of_the_pieces(agrees, name, numbers, radii):
    curve = activation(name)
    exact = np.array([numbers], dtype=object)
    z = wide(exact, radii)
    expected = np.array([[curve.exact(x) for x in numbers]], dtype=object)
    choice = B.pieces(curve, z) if curve.kinks else None
    assert agrees(B, B.apply(curve, z, choice), expected)
    if choice is None:
        return
    last = choice.chosen if choice.last is None else choice.last
    for x, first, final in zip(numbers, choice.chosen[0].tolist(), last[0].tolist(), strict=True):
        assert first <= curve.piece(x) <= final
        assert (first == final) <= (x not in curve.kinks)  # at a kink no ball is certain, so no tie is overlooked
    exactly = Q.pieces(curve, Q.lift(ExactArray.from_fractions(numbers, (1, 3))))
    assert agrees(B, B.apply(curve, z, exactly), expected)  # decided elsewhere


@pytest.mark.parametrize(
    "name", ["relu6", "hard-swish", "softsign", "elu(3/7)", "mish", "gelu", "tanh", "polynomial(5)"]
)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_many_balls_are_those_one_by_one(name, order):
    """Certain and open pieces side by side; where all pieces are constant, too."""
    curve = activation(name)
    for _ in range(order):
        curve = curve.derivative()
    z = np.array([[ball(Fraction(n, 7)) + flint.arb(0, float(n % 2)) for n in range(-30, 50)]] * 2, dtype=object)
    expected = [curve.ball(value) for value in z.ravel()]
    for choice in (None, B.pieces(curve, z)):
        found = B.apply(curve, z, choice)
        assert found.shape == z.shape
        assert [value.str(30) for value in found.ravel()] == [value.str(30) for value in expected]
    assert B.apply(curve, z[:, :0], None).shape == (2, 0)


@settings(max_examples=80)
@given(
    st.lists(st.sampled_from([Fraction(n, d) for n in range(-2, 3) for d in (2, 3)]), min_size=4, max_size=4),
    st.lists(st.sampled_from([Fraction(0), Fraction(1, 100), Fraction(1)]), min_size=4, max_size=4),
    st.lists(st.integers(0, 3), min_size=6, max_size=6),
)
def test_maxima(agrees, numbers, radii, slots):
    exact, slots = np.array([numbers], dtype=object), np.array(slots).reshape(2, 3)
    x = wide(exact, radii)
    choice = B.winners(x, slots)
    tops = [max(numbers[j] for j in patch) for patch in slots.tolist()]
    assert agrees(B, B.take(x, choice, slots), np.array([tops], dtype=object))
    open_ = np.zeros((1, 2), dtype=bool) if choice.open is None else choice.open
    for p, patch in enumerate(slots.tolist()):
        best = {j for j in patch if numbers[j] == tops[p]}
        if open_[0, p]:
            assert best <= set(slots[p][choice.contenders[0, p]].tolist())
        else:  # certain, so no tie is overlooked
            assert best == {choice.chosen[0, p]}


def test_equal_numbers_that_are_known_exactly_are_a_doubt():
    """A ball of no width is no proof of a tie that any other arithmetic could use: all stay contenders."""
    choice = B.winners(B.lift(ExactArray.from_array([[3, 3, 2]])), np.array([[0, 1, 2]]))
    assert choice.contenders.tolist() == [[[True, True, False]]]
    clear = B.winners(B.lift(ExactArray.from_array([[1, 3, 2], [4, 1, 0]])), np.array([[0, 1, 2], [2, 1, 1]]))
    assert (clear.chosen.tolist(), clear.contenders) == ([[1, 1], [0, 1]], None)
    assert B.pieces(activation("relu"), B.lift(ExactArray.from_array([[0]]))).open.all()


def test_balls_that_are_no_numbers_decide_nothing():
    odd = np.array([[flint.arb("nan"), flint.arb(1), flint.arb("inf")]], dtype=object)
    assert B.winners(odd, np.array([[0, 1]])).open.all()
    assert B.pieces(activation("relu"), odd[:, :1]).open.all()


@pytest.mark.parametrize("shape", [(0, 2, 3), (2, 0, 3), (2, 3, 0)])
def test_products_without_entries(shape):
    m, n, k = shape
    found = B.matmul(np.empty((m, n), dtype=object), np.empty((n, k), dtype=object))
    assert found.shape == (m, k)
    assert all(value == 0 for value in found.flat)


def test_the_precision_is_that_of_the_block():
    third = ExactArray.from_strings([["1/3"]])
    with working_precision(200):
        assert B.lift(third)[0, 0].rel_accuracy_bits() >= 190
    assert B.lift(third)[0, 0].rel_accuracy_bits() < 60


# -------------------------------------------------------------------- symbols


def test_symbols_take_the_values_of_every_curve(text):
    curve, x = activation(text), sympy.Symbol("x", real=True)
    z = np.array([[x, x]], dtype=object)
    for index in range(max(len(curve.pieces), 1)):
        choice = Choice(np.full((1, 2), index, dtype=np.int8)) if curve.kinks else None
        found = S.apply(curve, z, choice)
        assert found.shape == (1, 2)
        whole = curve.sympy(x)
        piece = whole.args[index][0] if isinstance(whole, sympy.Piecewise) else whole
        assert sympy.simplify(found[0, 0] - piece) == 0
        slope = S.apply(curve.derivative(), z, choice)[0, 1]
        difference = slope - sympy.diff(piece, x)  # powers of 2 are simplified as those of e
        assert sympy.simplify(difference.subs(sympy.Integer(2) ** x, sympy.exp(x * sympy.log(2)))) == 0


def test_symbols_in_the_base_two():
    x = sympy.Symbol("x", real=True)
    power = Curve((Formula(((0, 1, Fraction(1)),)),), (), (Fraction(0), Fraction(1)), "2")
    curve, expected = power, 2**x
    for _ in range(3):
        assert sympy.simplify(S.apply(curve, np.array([[x]], dtype=object), None)[0, 0] - expected) == 0
        curve, expected = curve.derivative(), sympy.diff(expected, x)


def test_symbols_have_neither_sign_nor_order():
    z = np.array([[sympy.Symbol("x")]], dtype=object)
    with pytest.raises(InputError, match="a symbol has no sign; expected a pattern from exact values"):
        S.pieces(activation("relu"), z)
    with pytest.raises(InputError, match="symbols have no order; expected a pattern from exact values"):
        S.winners(z, np.array([[0]]))
