"""Functions without formula: floats, balls and symbols of all derivatives agree with one another and with mpmath."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

from exactcnn.domains.balls import ball, working_precision
from exactcnn.domains.curves import Curve
from exactcnn.domains.special_functions import BALLS, FLOATS, Special, erf, normal_density, normal_distribution, sigmoid

FUNCTIONS = [
    *(Special("softplus", (Fraction(1),)), Special("softplus", (Fraction(5, 2),)), Special("gelu"), Special("erf")),
    *(Special("arctan"), Special("sin"), Special("cos"), Special("log-sigmoid")),
]
POINTS = [Fraction(k, 4) for k in (-30, -9, -4, -1, 0, 1, 2, 7, 25)]


def test_the_tables_name_the_same_functions():
    assert set(BALLS) == set(FLOATS) == {function.name for function in FUNCTIONS}


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_reflections(function):
    """f(t) = s f(-t) + c t, as SymPy's digits show."""
    sign, slope = function.reflection
    for point in POINTS:
        z = sympy.Rational(point.numerator, point.denominator)
        difference = function.sympy(z) - sign * function.sympy(-z) - slope * z
        assert abs(sympy.N(difference, 40)) < 1e-30


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_four_derivatives(function, sixty_digits):
    """Balls from power series against SymPy's symbolic derivatives; floats of both precisions against balls."""
    t, mp = sympy.Symbol("t", real=True), sixty_digits
    expression = function.sympy(t)
    for order in range(5):
        curve = Curve(special=function)
        for _ in range(order):
            curve = curve.derivative()
        assert curve.special.order == order
        assert sympy.simplify(curve.special.sympy(t) - sympy.diff(expression, t, order)) == 0
        for z in POINTS[:: 1 if order < 3 else 4]:
            point = sympy.Rational(z.numerator, z.denominator)
            expected = mp.mpf(str(sympy.N(sympy.diff(expression, t, order).subs(t, point), 40)))
            with working_precision(200):
                enclosure = curve.ball(ball(z))
            middle = mp.mpf(enclosure.mid().str(50, radius=False))
            assert abs(middle - expected) < 1e-30 * (1 + abs(expected))
            assert enclosure.rad() < 1e-40
            for dtype, tolerance in ((np.float64, 1e-13), (np.float32, 1e-5)):
                [found] = curve.floats(np.array([float(z)], dtype=dtype))
                assert type(found) is dtype
                assert abs(float(found) - float(expected)) < tolerance * (1 + abs(float(expected)))


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_ends_without_warnings(function):
    for order in range(3):
        for dtype in (np.float32, np.float64):
            values = Curve(special=Special(function.name, function.parameters, order)).floats(
                np.array([-1e30, -800.0, 800.0, 1e30], dtype=dtype)
            )
            assert values.dtype == dtype
            assert not np.isnan(values).any()


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_a_ball_across_a_pole_of_the_series_is_the_whole_line(function):
    """Very wide balls: whatever is returned encloses the values inside."""
    curve = Curve(special=function).derivative()
    for middle, radius in ((0, 100), (50, 1000), (-3, 20)):
        enclosure = curve.ball(ball(middle) + ball(0).union(ball(radius)).union(ball(-radius)))
        for z in (middle, middle + radius, middle - radius):
            assert enclosure.overlaps(curve.ball(ball(z)))


def test_floats_keep_digits_in_the_tails():
    assert sigmoid(np.array([-700.0]))[0] == pytest.approx(np.exp(-700.0), rel=1e-14, abs=0)
    softplus = Special("softplus", (Fraction(1),))
    assert softplus.floats(np.array([-700.0]))[0] == pytest.approx(np.exp(-700.0), rel=1e-14, abs=0)
    assert softplus.floats(np.array([710.0]))[0] == 710.0
    assert erf(np.array([[0.5]], dtype=np.float32)).dtype == np.float32
    assert normal_distribution(np.zeros(1))[0] == 0.5
    assert normal_density(np.zeros(1))[0] == pytest.approx(0.3989422804014327)
