"""Relations between exponentials: bookkeeping against SymPy and mpmath, and what is returned."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.exact import ExactArray
from exactcnn.network.activations import activation
from exactcnn.network.expansions import expansion, vanishes
from exactcnn.network.exponential_relations import exponential_relations

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


P = 1048343


@pytest.mark.parametrize("axis", [0, 1])
def test_only_verified_relations_are_returned(axis):
    """The image may suggest anything: here equal residues for all, which is false over the reals."""
    values = ExactArray.from_array(np.array([[1, 2], [3, 4]]))
    lying = np.ones((2, 2), dtype=np.int64)
    one = np.array([0])
    assert exponential_relations(activation("sigmoid"), values, lying, P, axis, one, one) == ()
    true = ExactArray.from_array(np.array([[1, 1], [1, 1]]))
    [found] = exponential_relations(activation("sigmoid"), true, lying, P, axis, one, one)
    assert found.leading == 1
    assert dict(found.coefficients)[0] == -dict(found.coefficients)[1] != 0


@pytest.mark.parametrize("axis", [0, 1])
def test_lines_that_are_zero(axis):
    """Without any minor each line may be zero by itself: exactly those that are."""
    values, none = ExactArray.from_array(np.array([[0, 0], [0, 0]])), np.empty(0, dtype=np.intp)
    zero = np.zeros((2, 2), dtype=np.int64)
    found = exponential_relations(activation("tanh"), values, zero, P, axis, none, none)
    assert [(r.leading, r.coefficients) for r in found] == [(0, ((0, -1),)), (1, ((1, -1),))]
    assert exponential_relations(activation("sigmoid"), values, zero, P, axis, none, none) == ()
    mixing = ExactArray.from_array(np.array([[1, 0], [1, 0], [-1, 0]]))  # sigmoid + sigmoid - 1 at 0, and 0
    found = exponential_relations(activation("sigmoid"), values, zero, P, 1, none, none, mixing)
    assert [r.leading for r in found] == [0, 1]


def test_silu_minus_its_mirror_image_is_the_identity():
    """silu(a), silu(-a), silu(2a), silu(-2a): twice the difference of the first two is that of the last two."""
    terms = [(2, 1), (-2, -1), (-1, 2), (1, -2)]
    assert is_zero("silu", terms)
    assert not is_zero("silu", terms[:3])
    assert is_zero("elu(1/2)", [(1, 5), (-5, 1)])  # the identity on positive numbers
    assert not is_zero("elu(1/2)", [(1, -5), (-5, -1)])
    assert is_zero("mish", [(1, 5), (-1, 5), (3, 0)])
    assert not is_zero("mish", [(1, 5), (-1, -5)])


@pytest.mark.parametrize("text", ["sigmoid", "tanh", "exp", "gaussian", "silu", "elu(2/3)", "mish", "swish(-3/2)"])
@pytest.mark.parametrize("z", [Fraction(-7, 3), Fraction(0), Fraction(1, 2), Fraction(5)])
def test_expansions_have_the_value(text, z):
    curve = activation(text)
    below = curve.pieces[curve.piece(z)].denominator
    with mpmath.workdps(50):

        def real(x):
            return mpmath.mpf(x.numerator) / x.denominator

        total = mpmath.mpf(0)
        for (j, a), c in expansion(curve)(z):
            power = mpmath.exp(real(a))
            value = power if j < 0 else power**j / sum(real(d) * power**m for _, m, d in below)
            total += real(c) * value
        assert abs(total - mpmath.mpf(str(curve.sympy(sympy.Rational(z.numerator, z.denominator)).evalf(50)))) < 1e-45


@pytest.mark.parametrize("text", ["relu", "gelu"])
def test_functions_without_expansion(text):
    one = np.array([0])
    ones = np.ones((2, 2), dtype=np.int64)
    assert expansion(activation(text)) is None
    assert exponential_relations(activation(text), ExactArray(ones), ones, P, 0, one, one) == ()


@pytest.mark.parametrize("below", [1, 7])
def test_denominators_of_every_kind(below):
    """z and -z over different denominators: 2/6 and -1/3."""
    values = ExactArray(np.array([[1, 2], [0, 0], [-2, -4]]), np.array([[3], [1], [6]]) * below)
    assert values.fractions()[0, 0] == Fraction(1, 3 * below) == -values.fractions()[2, 0]
    image = np.array([[5, 9], [1, 1], [P - 3, P - 7]])  # row 0 + row 2 = 2 row 1
    rows, columns = np.array([0, 1]), np.array([0, 1])
    [found] = exponential_relations(activation("sigmoid"), values, image, P, 0, rows, columns)
    assert sorted(found.coefficients) == [(0, -1), (1, 2), (2, -1)]
    [transposed] = exponential_relations(
        activation("sigmoid"), ExactArray(values.numerators.T, values.denominators.T), image.T, P, 1, columns, rows
    )
    assert transposed == found
