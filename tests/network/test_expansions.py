"""Values over names: bookkeeping against SymPy and mpmath."""

from fractions import Fraction

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.curves import Curve
from exactcnn.domains.formulas import Formula, polynomial
from exactcnn.network.activations import activation
from exactcnn.network.expansions import Division, expansion, vanishes

SMALL_TERMS = st.lists(st.tuples(st.integers(-2, 2), st.integers(-3, 3)), max_size=5)
NAMES = ["sigmoid", "tanh", "exp", "gaussian"]


def is_zero(name, terms):
    return vanishes(expansion(activation(name)), [(c, Fraction(z)) for c, z in terms])


def rational_function(name, z):
    """The value in Q(t), t = e, at an integer."""
    t = sympy.Symbol("t")
    return {
        "sigmoid": lambda: t**z / (1 + t**z),
        "tanh": lambda: (t ** (2 * z) - 1) / (t ** (2 * z) + 1),
        "exp": lambda: t**z,
        "gaussian": lambda: t ** (-z * z),
    }[name]()


@settings(max_examples=50)
@given(st.sampled_from(NAMES), SMALL_TERMS)
def test_bookkeeping_agrees_with_rational_functions(name, terms):
    total = sympy.together(sum(c * rational_function(name, z) for c, z in terms))
    assert is_zero(name, terms) == (sympy.expand(sympy.fraction(total)[0]) == 0)


FUNCTIONS = {
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
    "exp": mpmath.exp,
    "gaussian": lambda z: mpmath.exp(-z * z),
}


@settings(max_examples=100)
@given(st.sampled_from(NAMES), st.lists(st.tuples(st.integers(-9, 9), st.integers(-5, 5)), max_size=8))
def test_bookkeeping_agrees_with_a_hundred_digits(name, terms):
    with mpmath.workdps(120):
        total = mpmath.fsum(c * FUNCTIONS[name](mpmath.mpf(z) / 3) for c, z in terms)
        assert is_zero(name, [(c, Fraction(z, 3)) for c, z in terms]) == (abs(total) < mpmath.mpf(10) ** -80)


@pytest.mark.parametrize(
    ("name", "terms", "zero"),
    [
        ("sigmoid", [(1, 5), (1, -5), (-2, 0)], True),  # sigma(z) + sigma(-z) = 1 = 2 sigma(0)
        ("sigmoid", [(1, 5), (1, -5)], False),
        ("sigmoid", [(1, 5), (-1, -5)], False),
        ("sigmoid", [(1, 2), (1, -2), (-1, 7), (-1, -7)], True),
        ("sigmoid", [(1, 2**200), (-1, 2**200 + 1)], False),
        ("sigmoid", [(1, 0)], False),
        ("tanh", [(1, 5), (1, -5)], True),
        ("tanh", [(7, 0)], True),
        ("tanh", [(1, 5), (-1, -5)], False),
        ("exp", [(1, 0)], False),
        ("exp", [(1, 5), (1, -5)], False),
        ("exp", [(3, 5), (-3, 5)], True),
        ("gaussian", [(1, 5), (-1, -5)], True),
        ("gaussian", [(1, 0), (-1, 1)], False),
        ("exp", [], True),
    ],
)
def test_known_sums(name, terms, zero):
    assert is_zero(name, terms) is zero


def test_silu_minus_its_mirror_image_is_the_identity():
    """silu(a), silu(-a), silu(2a), silu(-2a): twice the difference of the first two is that of the last two."""
    terms = [(2, 1), (-2, -1), (-1, 2), (1, -2)]
    assert is_zero("silu", terms)
    assert not is_zero("silu", terms[:3])
    assert is_zero("elu(1/2)", [(1, 5), (-5, 1)])  # the identity on positive numbers
    assert not is_zero("elu(1/2)", [(1, -5), (-5, -1)])
    assert is_zero("mish", [(1, 5), (-1, 5), (3, 0)])
    assert not is_zero("mish", [(1, 5), (-1, -5)])


EXPONENTIAL = ["sigmoid", "tanh", "exp", "gaussian", "silu", "elu(2/3)", "mish", "swish(-3/2)"]
SPECIAL = ["gelu", "softplus", "softplus(2/3)", "log-sigmoid", "erf", "arctan", "sin", "cos"]


def real(x):
    return mpmath.mpf(x.numerator) / x.denominator


def value(curve, z):
    return mpmath.mpf(str(curve.sympy(sympy.Rational(z.numerator, z.denominator)).evalf(50)))


def named(curve, number, j, a):
    """The number that a name stands for."""
    if number == -1:
        return mpmath.exp(real(a))
    if number == -2:
        assert a >= 0
        return value(curve, Fraction(a))
    below = curve.pieces[number].denominator
    leading = max(below, key=lambda term: term[1])[2]
    power = mpmath.exp(real(a))
    return power**j / sum(real(c) * power**m for _, m, c in below) * real(leading)


@pytest.mark.parametrize("text", EXPONENTIAL + SPECIAL)
@pytest.mark.parametrize("z", [Fraction(-7, 3), Fraction(0), Fraction(1, 2), Fraction(5)])
def test_expansions_have_the_value(text, z):
    curve = activation(text)
    with mpmath.workdps(50):
        total = sum((real(c) * named(curve, *name) for name, c in expansion(curve)(z)), mpmath.mpf(0))
        assert abs(total - value(curve, z)) < 1e-45


@pytest.mark.parametrize(
    ("name", "terms", "constant", "zero"),
    [
        ("gelu", [(1, 3), (-1, -3)], -3, True),  # f(x) - f(-x) = x
        ("gelu", [(1, 3), (-1, -3)], 3, False),
        ("gelu", [(1, 3), (1, -3)], -3, False),
        ("gelu", [(5, 0)], 0, True),
        ("softplus(2/3)", [(1, 3), (-1, -3)], -3, True),
        ("softplus(2/3)", [(1, 0)], 0, False),  # 3 ln(2) / 2
        ("softplus", [(1, 3), (-1, -3), (2, 1), (-2, -1)], -5, True),
        ("log-sigmoid", [(1, 3), (-1, -3)], -3, True),
        ("log-sigmoid", [(1, 3), (1, -3)], -3, False),
        *(row for odd in ("erf", "arctan", "sin") for row in [(odd, [(1, 3), (1, -3), (7, 0)], 0, True)]),
        *((odd, [(1, 3), (-1, -3)], 0, False) for odd in ("erf", "arctan", "sin")),
        ("cos", [(1, 3), (-1, -3)], 0, True),
        ("cos", [(1, 3), (1, -3)], 0, False),
        ("cos", [(1, 0)], 0, False),
        ("sin", [(1, 3), (-1, 4)], 0, False),
    ],
)
def test_sums_of_special_functions(name, terms, constant, zero):
    assert vanishes(expansion(activation(name)), [(c, Fraction(z)) for c, z in terms], constant) is zero
    with mpmath.workdps(50):
        total = constant + sum(c * value(activation(name), Fraction(z)) for c, z in terms)
        assert (abs(total) < 1e-40) is zero


@pytest.mark.parametrize("text", ["relu", "softsign", "logistic(2)", "square"])
def test_functions_without_names(text):
    assert expansion(activation(text)) is None


def test_derivatives_of_special_functions_have_no_names():
    assert expansion(activation("arctan").derivative()) is None


def test_denominators_are_part_of_a_name():
    """1/(1 + E^2) below 0 and 1/(2 E^2) above: with E = e^(t^2) not the same function at the same power."""
    one = Fraction(1)
    left, right = Formula(polynomial(1), ((0, 0, one), (0, 2, one))), Formula(polynomial(1), ((0, 2, one * 2),))
    curve = Curve((left, right), (Fraction(0),), (Fraction(0), Fraction(0), one))
    expand = expansion(curve)
    assert not vanishes(expand, [(1, one), (-1, -one)])
    assert vanishes(expand, [(1, one), (-1, one)])
    same = Curve((left, left), (Fraction(0),), (Fraction(0), Fraction(0), one))
    assert vanishes(expansion(same), [(1, one), (-1, -one)])


def test_powers_of_one_exponential_meet():
    """E^2 at t = 1 is E at t = 2: both are e^2."""
    one = Fraction(1)
    curve = Curve((Formula(((0, 2, one),)), Formula(((0, 1, one),))), (Fraction(3, 2),), (Fraction(0), one))
    assert vanishes(expansion(curve), [(1, one), (-1, 2 * one)])
    assert not vanishes(expansion(curve), [(1, one), (-1, 3 * one)])


def test_division():
    one = Fraction(1)
    mish = Division.of(activation("mish").pieces[0])  # (t E^2 + 2 t E) / (E^2 + 2 E + 2) = t - 2 t / (...)
    assert (mish.quotient, mish.denominator, mish.logistic) == ((polynomial(0, 1),), (2, 2, 1), False)
    assert [{i: c for i, _, c in part if c} for part in mish.remainder] == [{1: -2}, {}]
    assert Division.of(Formula(polynomial(1), ((1, 0, one), (0, 1, one)))) is None  # t occurs below
    assert Division.of(Formula(polynomial(1), ((0, 0, one * 3), (0, 1, one * 3)))).logistic
