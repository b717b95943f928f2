"""Activations defined by pieces: what is read is what was meant, poles and jumps are refused."""

from fractions import Fraction

import flint
import mpmath
import pytest
import sympy

from exactcnn.domains.balls import ball
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.activations import activation
from exactcnn.network.assumption_3_2 import assumption_3_2
from exactcnn.network.definitions import define_activation
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters

# pieces, kinks, the same function on mpmath numbers
ACCEPTED = {
    "cubed": (["1/(1 + exp(-t^3))"], [], lambda t: 1 / (1 + mpmath.exp(-(t**3)))),
    "smooth-step": (
        ["1/2 + t^3/(2*(1 - t^3))", "1/2 + t^3/(2*(1 + t^3))"],
        [0],
        lambda t: mpmath.mpf(1) / 2 + t**3 / (2 * (1 + abs(t) ** 3)),
    ),
    "elu-like": (["exp(t)", "1 + t"], [0], lambda t: 1 + t if t > 0 else mpmath.exp(t)),
    "half-square": (["0", "t**2/(1 + t)"], ["0"], lambda t: t * t / (1 + t) if t > 0 else 0 * t),
    "decimal": (["0.1*t - .5e-1"], [], lambda t: t / 10 - mpmath.mpf(1) / 20),
    "two-exponentials": (
        ["exp(2*t)/(1 + exp(3*t))"],
        [],
        lambda t: mpmath.exp(2 * t) / (1 + mpmath.exp(3 * t)),
    ),
    "negative-powers": (["(exp(t) - exp(-t))/(exp(t) + exp(-t))"], [], mpmath.tanh),
    "binary": (["2^t/(1 + 2^t)"], [], lambda t: mpmath.power(2, t) / (1 + mpmath.power(2, t))),
    "mixed-denominator": (["1/(1 + t^2*exp(t))"], [], lambda t: 1 / (1 + t * t * mpmath.exp(t))),
    "double-root-in-e": (["1/(exp(2*t) - exp(t) + 1)"], [], lambda t: 1 / (mpmath.exp(2 * t) - mpmath.exp(t) + 1)),
}
POINTS = [Fraction(n, 4) for n in range(-20, 21)]


@pytest.mark.parametrize("name", ACCEPTED)
def test_values_are_those_of_the_text(name):
    pieces, kinks, function = ACCEPTED[name]
    built = define_activation(name, pieces, kinks)
    assert (built.name, built.text, built.label) == (name, name, f"activation {name}")
    for z in POINTS:
        expected = function(mpmath.mpf(z.numerator) / z.denominator)
        assert abs(mpmath.mpf(float(built.ball(ball(z)).mid())) - expected) < 1e-13 * (1 + abs(expected))
        if built.domain == "rational" or (built.domain == "binary" and z.denominator == 1):
            assert abs(mpmath.mpf(built.exact(z).numerator) / built.exact(z).denominator - expected) < 1e-13


REFUSED = {
    ("1/t",): "the denominator t is not proved to be without zero on [-∞, ∞]",
    ("1/(1 - t)", "t", 2): "the denominator 1 - t is not proved to be without zero on [-∞, 2]",
    ("t/(1 - exp(t))",): "the denominator 1 - E is not proved",
    ("1/(t + exp(t))",): "the denominator E + t is not proved",
    ("1/(exp(2*t) - 3*exp(t) + 2)",): "is not proved to be without zero",
    ("1/(t^2*exp(t))",): "is not proved to be without zero",
    ("exp(t)", "2 + t", 0): "the pieces E and 2 + t are not proved to agree at 0; expected a continuous function",
    ("t", "t^2", 2): "are not proved to agree at 2",
    ("exp(t)", "3", 1): "are not proved to agree at 1",
    ("exp(exp(t))",): "an exponential stands inside an exponent",
    ("exp(1/t)",): "an exponent is no polynomial in t",
    ("exp(2)*t",): "an exponent is constant",
    ("exp(t) + exp(t^2)",): "the exponentials are not powers of one another",
    ("exp(t) + 2^t",): "the exponentials are not powers of one another",
    ("t**t",): "a power that is no integer",
    ("t^(1/2)",): "a power that is no integer",
    ("t^51",): "a power that is no integer",
    ("(t^50)^50",): "a degree above 50",
    ("t/0",): "it divides by zero",
    ("t/(t - t)",): "it divides by zero",
    ("x",): "'x' is not understood",
    ("max(0, t)",): "'max(0, t)' is not understood",
    ("__import__('os').system('true')",): "is not understood",
    ("t if t else 0",): "is not understood",
    ("t +",): "it is no expression",
    ("",): "it is no expression",
    ("1e99999*t",): "exponent beyond",
    ("True*t",): "'True' is not understood",
    ("1j*t",): "'1j' is not understood",
    ("t // 2",): "FloorDiv is not understood",
    ("(" * 500 + "t" + ")" * 500,): "no expression",
    ("t+" * 1500 + "t",): "expected at most 2000",
}


@pytest.mark.parametrize("given", REFUSED, ids=lambda given: str(given[0])[:20])
def test_what_is_refused_and_why(given):
    pieces = [each for each in given if isinstance(each, str)]
    kinks = [each for each in given if not isinstance(each, str)]
    with pytest.raises(InputError) as error:
        define_activation("mine", pieces, kinks)
    assert str(error.value).startswith("activation mine: ")
    assert REFUSED[given] in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "pieces", "kinks", "says"),
    [
        ("relu", ["t"], [], "'relu' exists"),
        ("Mine", ["t"], [], "expected lower-case letters"),
        ("mine", ["t"], [0], "1 pieces and 1 kinks"),
        ("mine", ["t", "t", "t"], [1, 1], "expected them ascending"),
        ("mine", ["t", "t"], ["one"], "kink 0: 'one' is not a number"),
        ("mine", ["t"] * 21, list(range(20)), "at most 20"),
    ],
)
def test_names_and_kinks(name, pieces, kinks, says):
    with pytest.raises(InputError, match=says):
        define_activation(name, pieces, kinks)


def test_a_sigmoid_of_ones_own_is_sigmoid():
    own, table = define_activation("mine", ["1/(1 + exp(-t))"]), activation("sigmoid")
    assert (own.pieces, own.exponent, own.domain) == (table.pieces, table.exponent, "exponential")
    assert assumption_3_2(own).limits == ("0", "1")


def test_features_and_derivatives_of_ones_own():
    own = define_activation("mine", ["0", "t^2/(1 + t)"], [0])
    network = Network((1,), [FullyConnected(2, activation=own)])
    parameters = Parameters.from_arrays(network, {"W1": [["1", "-1"]], "b1": ["0", "1/2"]})
    features = FeatureMatrix(network, parameters, ExactArray.from_array([[1], [2], [-3]]), 1)
    expected = [[Fraction(1, 2), 0], [Fraction(4, 3), 0], [0, Fraction(49, 18)]]
    assert (features.domain, features.exact().fractions().tolist()) == ("Q", expected)
    assert features.rank().exact == 2
    t = sympy.Symbol("t")
    assert own.derivative().exact(3) == Fraction(str(sympy.diff(t**2 / (1 + t), t).subs(t, 3)))
    assert own.slopes(0) == (0, 0)
    assert own.zero_on_a_half_line
    assert assumption_3_2(own).condition == "ii"
    assert flint.arb(own.ball(flint.arb(-5))).is_zero()
