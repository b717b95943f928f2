"""Numbers of Q(t) as polynomials: values against mpmath, zeros against identities that need cleared denominators."""

from fractions import Fraction
from random import Random

import flint
import mpmath
import pytest

from exactcnn.domains.exponential_sums import ExponentialSum, values_at
from exactcnn.network.activations import activation
from exactcnn.network.definitions import define_activation

NAMES = ["sigmoid", "tanh", "silu", "swish(3/2)", "mish", "gaussian", "exp", "elu(2)", "elu-plus-one"]


def value(number, scale):
    """The slow twin: every monomial by mpmath."""
    t = mpmath.exp(mpmath.mpf(1) / scale)
    total = mpmath.mpf(0)
    for (c, symbols), factor in number.terms.items():
        term = mpmath.mpf(int(factor.p)) / int(factor.q) * t**c
        for d, a in symbols:
            term /= sum(coefficient * t ** (a * j) for j, coefficient in enumerate(d))
        total += term
    return total


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_values_of_activations_and_their_derivatives(name, order):
    mpmath.mp.prec = 120
    curve = activation(name)
    for _ in range(order):
        curve = curve.derivative()
    for z in map(Fraction, ("0", "1", "-1", "7/3", "-5/2")):
        number = values_at(curve, curve.piece(z), z, 36)
        ball = curve.ball_on(curve.piece(z), flint.arb(z.numerator) / z.denominator)
        assert abs(value(number, 36) - mpmath.mpf(float(ball.mid()))) < 1e-10


def test_opposite_arguments_cancel_formally_at_any_size():
    a = Fraction(2**200 + 1, 3)
    sigmoid, tanh = activation("sigmoid"), activation("tanh")
    assert (values_at(sigmoid, 0, a, 3) + values_at(sigmoid, 0, -a, 3) + -1).terms == {}
    assert (values_at(tanh, 0, a, 3) + values_at(tanh, 0, -a, 3)).terms == {}
    slope = sigmoid.derivative()
    assert (values_at(slope, 0, a, 3) + values_at(slope, 0, -a, 3) * -1).terms == {}


def test_a_slope_is_s_times_one_minus_s():
    curve = activation("sigmoid")
    for z in (Fraction(3), Fraction(-2, 7)):
        s, slope = (values_at(c, 0, z, 7) for c in (curve, curve.derivative()))
        assert (slope + s * s + s * -1).terms == {}


def test_the_addition_formula_needs_cleared_denominators():
    random = Random(1)
    tanh = activation("tanh")
    for _ in range(10):
        a, b = Fraction(random.randrange(1, 9), 3), Fraction(random.randrange(1, 9), 2)
        x, y, z = (values_at(tanh, 0, v, 6) for v in (a, b, a + b))
        identity = z * (x * y + 1) + x * -1 + y * -1
        assert identity.terms
        assert identity.is_zero() is True
        assert (identity + ExponentialSum.number(Fraction(1, 10**30))).is_zero() is False


def test_mish_squared_minus_itself_is_cleared():
    mish = activation("mish")
    number = values_at(mish, 0, Fraction(2), 1)
    assert (number * number + number * number * -1).is_zero() is True
    # mish(z) = z (E² + 2E) / (E² + 2E + 2), times the denominator
    e = values_at(activation("exp"), 0, Fraction(2), 1)
    assert (number * (e * e + e * 2 + 2) + (e * e + e * 2) * -2).is_zero() is True


def test_exponents_too_large_to_clear_are_undecided():
    tanh = activation("tanh")
    a, b = Fraction(10**9), Fraction(10**9 + 1)
    x, y, z = (values_at(tanh, 0, v, 1) for v in (a, b, a + b))
    assert (z * (x * y + 1) + x * -1 + y * -1).is_zero() is None


def test_a_common_factor_of_exponents_does_not_count():
    tanh = activation("tanh")
    x, y, z = (values_at(tanh, 0, Fraction(10**40 * k), 1) for k in (1, 2, 3))
    assert (z * (x * y + 1) + x * -1 + y * -1).is_zero() is True


def test_powers_of_t_alone():
    e = activation("exp")
    x, y, z = (values_at(e, 0, Fraction(k, 5), 5) for k in (2, -2, 0))
    assert (x * y + -1).terms == {}
    assert z.rational == 1
    assert (x + -1).is_zero() is False


def test_a_denominator_with_two_factors():
    curve = define_activation("two-factors", ["exp(t)/((1 + exp(t))*(2 + exp(t)))"], [])
    for z in (Fraction(1), Fraction(-3)):
        number = values_at(curve, 0, z, 1)
        e = values_at(activation("exp"), 0, z, 1)
        assert (number * (e + 1) * (e + 2) + e * -1).is_zero() is True
        assert abs(value(number, 1) - mpmath.exp(z) / ((1 + mpmath.exp(z)) * (2 + mpmath.exp(z)))) < 1e-12
