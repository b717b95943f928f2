"""The formulas: against high-precision values, over Q, over GF(p) and over balls."""

from fractions import Fraction

import mpmath
import pytest
from flint import arb, ctx, fmpq

from exactcnn.checker.activations import (
    ANALYTIC,
    BALL,
    EXPANSIONS,
    EXPONENTIAL,
    RATIONAL,
    ZERO_AT_ZERO,
    read_activation,
)

PARAMETERS = {
    "leaky-relu": "(1/100)",
    "clip": "(-1/2,3)",
    "polynomial": "(1,-2,0,1/3)",
    "swish": "(-3/2)",
    "elu": "(2/3)",
    "softplus": "(3)",
}
NAMES = [name + PARAMETERS.get(name, "") for name in (*RATIONAL, *EXPONENTIAL, *BALL)]
POINTS = ["0", "1", "-1", "1/2", "-1/2", "3", "-3", "6", "7", "-7", "22/7", "-100/33", "1/1000000", "40", "-40"]


def number(value):
    return mpmath.mpf(int(value.p)) / int(value.q)


def rational(text):
    value = Fraction(text)
    return fmpq(value.numerator, value.denominator)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("point", POINTS)
def test_balls_and_exact_values_agree_with_the_definition(make, name, point):
    activation = read_activation(name, "test")
    t = rational(point)
    true = make.numeric_activation(name, number(t))
    if activation.domain == "rational":
        assert abs(number(activation.value(t)) - true) < mpmath.mpf(10) ** -45
    with ctx.workprec(150):
        ball = activation.ball(arb(t))
        middle = mpmath.mpf(ball.mid().str(45, radius=False))
        assert abs(middle - true) <= mpmath.mpf(10) ** -30 * (1 + abs(true))
        assert float(ball.rad()) <= 1e-30 * (1 + abs(float(true)))
        # a wide ball encloses the values at both of its ends
        wide = activation.ball(arb(t, 0.5))
        for end in (t - fmpq(1, 2), t, t + fmpq(1, 2)):
            assert wide.overlaps(activation.ball(arb(end)))
    if point == "0" and activation.domain != "rational":
        assert (activation.name in ZERO_AT_ZERO) == (true == 0)


@pytest.mark.parametrize("name", [name + PARAMETERS.get(name, "") for name in EXPANSIONS])
def test_expansions_are_the_value(make, name):
    activation = read_activation(name, "test")
    logistic = activation.name in ("sigmoid", "tanh", "silu", "swish")
    for point in POINTS:
        t = rational(point)
        total = mpmath.mpf(0)
        for function, coefficient in activation.expansion(t):
            a = number(fmpq(function))
            assert not logistic or a >= 0
            basis = 1 if a == 0 else 1 / (1 + mpmath.exp(a)) if logistic else mpmath.exp(a)
            total += number(fmpq(coefficient)) * basis
        true = make.numeric_activation(name, number(t))
        assert abs(total - true) < mpmath.mpf(10) ** -40 * (1 + abs(true))


def test_every_activation_is_in_one_domain():
    names = [*RATIONAL, *EXPONENTIAL, *BALL]
    assert len(set(names)) == len(names) == 28


def test_analytic_activations_have_no_kink(make):
    """Third differences over h^2: small where the second derivative is continuous; at all kinks here it is not."""
    h = mpmath.mpf(10) ** -12
    for name in NAMES:
        jump = 0
        for k in map(Fraction, (0, 3, -3, 6, 1, -1, "-1/2")):
            f = [make.numeric_activation(name, number(rational(k)) + i * h) for i in (-1, 0, 1, 2)]
            jump = max(jump, abs(f[3] - 3 * f[2] + 3 * f[1] - f[0]) / h**2)
        assert (jump < mpmath.mpf(10) ** -9) == (name.partition("(")[0] in ANALYTIC), name
