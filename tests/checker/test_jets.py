"""Derivatives of activations against numeric ones, and breakpoints."""

from fractions import Fraction

import mpmath
import pytest
from flint import arb, ctx, fmpq

from exactcnn.checker.activations import SPECIAL, read_activation
from exactcnn.checker.document import ObligationError
from exactcnn.checker.jets import DERIVATIVES, BreakpointError, ball_jet, certain_piece, rational_jet

RATIONAL = ["identity", "relu", "leaky-relu(1/3)", "hard-swish", "softsign", "square", "polynomial(1,-2,0,3)"]
OTHER = ["sigmoid", "tanh", "exp", "silu", "swish(2/3)", "elu(2)", "gaussian", "mish"]
FUNCTIONS = ["softplus(3/2)", "gelu", "erf", "arctan", "sin", "cos", "log-sigmoid"]
POINTS = [Fraction(7, 5), Fraction(-7, 5), Fraction(-1, 9), Fraction(31, 4), Fraction(-31, 4)]
BASE_TWO = ({(0, 1): 3}, {(0, 0): 1, (0, 1): 2})


def numeric(make, document, t, order):
    if order == 0:
        return make.numeric_value(document, t)
    return mpmath.diff(lambda z: make.numeric_value(document, z), t, order)


def contains(ball, value):
    return abs(mpmath.mpf(ball.mid().str(40, radius=False)) - value) <= mpmath.mpf(10) ** -18 * (1 + abs(value))


@pytest.mark.parametrize("text", [*RATIONAL, *OTHER, *FUNCTIONS, "2^t", "2^(t^2)"])
def test_balls_against_numeric_derivatives(make, text):
    base_two = {"2^t": ["0", "1/3"], "2^(t^2)": ["0", "0", "-1/2"]}
    if text in base_two:
        document = make.formula(({(1, 0): 1, (0, 1): 3}, BASE_TWO[1]), exponent=base_two[text], base="2")
    else:
        document = make.activation(text)
    activation = read_activation(document, "layer 1")
    with ctx.workprec(150):
        jet, kinks = ball_jet(activation), [arb(kink) for kink in getattr(activation, "kinks", ())]
        for t in POINTS:
            z = arb(fmpq(t.numerator, t.denominator))
            for order, ball in enumerate(jet(certain_piece(kinks, z), z)):
                assert ball.rad() < 1e-30
                assert contains(ball, numeric(make, document, make.real(t), order)), (t, order)


@pytest.mark.parametrize("text", RATIONAL)
def test_rational_against_balls(make, text):
    activation = read_activation(make.activation(text), "layer 1")
    with ctx.workprec(150):
        for t in POINTS:
            z = fmpq(t.numerator, t.denominator)
            number = certain_piece(list(activation.kinks), z)
            for exact, ball in zip(
                rational_jet(activation)(number, z), ball_jet(activation)(number, arb(z)), strict=True
            ):
                assert ball.overlaps(arb(exact))


def test_powers_of_two_have_the_derivation_that_is_rational(make):
    activation = read_activation(make.formula(BASE_TWO, exponent=[1, 2], base="2"), "layer 1")
    with ctx.workprec(150):
        exact, balls = rational_jet(activation)(0, fmpq(-1)), ball_jet(activation)(0, arb(-1))
        for order, (number, ball) in enumerate(zip(exact, balls, strict=True)):
            assert (arb(2).log() ** order * number).overlaps(ball)


@pytest.mark.parametrize(
    ("piece", "exponent"), [(({(1, 1): 1}, {(0, 0): 1, (0, 1): 1}), [0, 1]), (({(0, 1): 1}, {(0, 0): 1}), [0, 0, 1])]
)
def test_powers_of_two_without_rational_derivatives(make, piece, exponent):
    activation = read_activation(make.formula(piece, exponent=exponent, base="2"), "layer 1")
    with pytest.raises(ObligationError, match="no rational derivatives"):
        rational_jet(activation)


def test_an_irrational_power_of_two(make):
    activation = read_activation(make.formula(BASE_TWO, exponent=[0, 1], base="2"), "layer 1")
    with pytest.raises(ObligationError, match="not a rational number"):
        rational_jet(activation)(0, fmpq(1, 2))


@pytest.mark.parametrize("text", ["sigmoid", "gelu"])
def test_no_rational_derivatives(make, text):
    with pytest.raises(ObligationError, match="not rational by construction"):
        rational_jet(read_activation(make.activation(text), "layer 1"))


def test_every_special_function_has_derivatives():
    assert set(DERIVATIVES) == set(SPECIAL)


def test_breakpoints():
    kinks = [arb(-1), arb(2)]
    assert [certain_piece(kinks, arb(t)) for t in (-2, 0, 3)] == [0, 1, 2]
    for ball in (arb(-1), arb(2), arb(2, 0.1), arb(0, 3)):
        with pytest.raises(BreakpointError):
            certain_piece(kinks, ball)


@pytest.mark.parametrize("text", [*OTHER, *FUNCTIONS])
def test_wide_balls_and_large_numbers(make, text):
    """A ball of a jet contains the jets of the numbers in it; far out nothing overflows to a wrong number."""
    activation = read_activation(make.activation(text), "layer 1")
    with ctx.workprec(80):
        jet = ball_jet(activation)
        for centre in (Fraction(3, 2), Fraction(-3, 2), Fraction(10**4), Fraction(-(10**4))):
            number = certain_piece([arb(kink) for kink in getattr(activation, "kinks", ())], arb(centre.numerator))
            z = arb(fmpq(centre.numerator, centre.denominator))
            wide, narrow = jet(number, arb(z.mid(), 0.25)), jet(number, z + arb(1) / 8)
            assert all(a.overlaps(b) for a, b in zip(wide, narrow, strict=True))
            assert all(ball.is_finite() for ball in narrow)
