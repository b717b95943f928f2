"""Preimages of rational values: found, they are preimages; the values around them have some, too."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.constructions.preimages import SMALLEST, interior_values, preimage
from exactcnn.network.activations import activation
from exactcnn.network.definitions import define_activation

HALF = define_activation("half-softsign", ["1/2 + t/(2*(1 - t))", "1/2 + t/(2*(1 + t))"], [0])  # range (0, 1)


@pytest.mark.parametrize(
    "name", ["softsign", "leaky-relu", "hard-sigmoid", "identity", "logistic(2)", "relu6", "abs", HALF]
)
def test_preimages_are_preimages(name):
    curve = activation(name) if isinstance(name, str) else name
    for t in (Fraction(n, 1 if name == "logistic(2)" else 3) for n in range(-20, 21)):
        found = preimage(curve, curve.exact(t))
        constant = any(piece.constant == curve.exact(t) for piece in curve.pieces)
        assert curve.exact(found) == curve.exact(t) if found is not None else constant
    for value in interior_values(curve):
        assert preimage(curve, value) is not None


def test_values_without_a_rational_preimage():
    assert preimage(activation("softsign"), Fraction(1)) is None
    assert preimage(activation("square"), Fraction(4)) is None  # of degree two: not looked for
    assert preimage(activation("sigmoid"), Fraction(1, 2)) is None
    assert preimage(activation("logistic(2)"), Fraction(1, 4)) is None
    assert list(interior_values(activation("gelu"))) == []
    assert np.all([0 < value < 1 for value in interior_values(HALF)])


def twin(curve, value, places):
    """The slow twin: all of some arguments at which the curve has the value."""
    return [t for t in places if curve.exact(t) == value]


PLACES = [Fraction(n, 6) for n in range(-60, 61)]


@pytest.mark.parametrize("name", ["softsign", "leaky-relu", "hard-sigmoid", "relu6", "abs", "hard-tanh", HALF])
def test_whatever_is_attained_by_a_slope_is_found(name):
    """On pieces of degree one: no value that some argument attains is missed, but for values of constant pieces."""
    curve = activation(name) if isinstance(name, str) else name
    flat = {piece.constant for piece in curve.pieces} - {None}
    for value in [Fraction(n, 7) for n in range(-50, 51)]:
        found, known = preimage(curve, value), twin(curve, value, PLACES)
        if found is not None:
            assert curve.exact(found) == value
        elif known:
            assert value in flat


@pytest.mark.parametrize("value", [0, 3, 6])
def test_values_at_kinks_belong_to_either_piece(value):
    """A preimage on a kink is one: both ends of a piece count; beyond them its formula does not hold."""
    curve = activation("relu6")
    assert preimage(curve, Fraction(value)) == value
    for beyond in (Fraction(-1, 10**9), 6 + Fraction(1, 10**9)):
        assert preimage(curve, beyond) is None


def test_poles_and_open_ends():
    softsign = activation("softsign")  # below 1: at 1 the equation has no solution, beyond it one on the wrong side
    near = 1 - Fraction(1, 10**9)
    assert softsign.exact(preimage(softsign, near)) == near
    for value in (1, -1, 2, -2, 1 + Fraction(1, 10**9)):
        assert preimage(softsign, Fraction(value)) is None


def test_powers_of_two():
    """E = 2^g: the value of E must be a power of two with an integer exponent, and positive."""
    scaled = define_activation("scaled", ["1/(1 + 2^(3 - 2*t))"])
    for n in range(-6, 7):
        t = Fraction(n, 2)
        if (3 - 2 * t).denominator == 1:
            assert preimage(scaled, scaled.exact(t)) == t
    for value in (Fraction(1, 4), Fraction(3), Fraction(0), Fraction(1), Fraction(-1)):  # E = 3, below 0, or none
        assert preimage(scaled, value) is None


@pytest.mark.parametrize("name", ["softsign", "leaky-relu", "hard-sigmoid", "logistic(2)", "relu", "abs", HALF])
def test_interior_values_have_neighbours(name):
    """On both sides of each there is an attained value, by arguments that are substituted."""
    curve = activation(name) if isinstance(name, str) else name
    values = list(interior_values(curve))
    if name == "logistic(2)":  # its values near another one are no powers of two over rational numbers
        assert values == []
        return
    assert values
    assert len(set(values)) == len(values)
    for value in values:
        for step in (-SMALLEST, Fraction(0), SMALLEST):
            assert curve.exact(preimage(curve, value + step)) == value + step
    assert (Fraction(0) in values) == (name in ("softsign", "leaky-relu"))  # an end of the range is not inside
    if Fraction(0) in values:
        assert values[0] == 0
