"""Curves: every activation and its derivatives in every domain, against mpmath, fractions and SymPy."""

import math
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.balls import ball, working_precision
from exactcnn.domains.curves import LARGEST_BINARY_EXPONENT, Curve
from exactcnn.domains.formulas import ONE, Formula, polynomial, rational_residue
from exactcnn.domains.residues import EvaluationPoint
from exactcnn.domains.special_functions import FLOATS, Special
from exactcnn.errors import InputError, UnluckyModulus
from exactcnn.network.activations import activation, activation_names

POINTS = [Fraction(k, 7) for k in (-150, -45, -22, -20, -10, -3, -1, 1, 2, 6, 11, 16, 20, 22, 40, 45, 180)]
KINKS = [Fraction(k, 6) for k in (-18, -6, -2, 0, 6, 15, 18, 36)]
RATIONAL = [
    *("identity", "relu", "leaky-relu(1/100)", "leaky-relu(-3/7)", "leaky-relu(1)", "abs", "relu6", "clip(-1/3,5/2)"),
    *("hard-sigmoid", "hard-tanh", "hard-swish", "softsign", "square", "squared-relu", "polynomial(1/3,0,-2,1/7)"),
    *("polynomial(5)", "swish(0)"),
]
EXPONENTIAL = ["sigmoid", "tanh", "exp", "silu", "swish(3/2)", "swish(-2)", "elu(1)", "elu(2/3)", "gaussian", "mish"]
E = ((0, 1, Fraction(1)),)
# functions of a formula in E alone, with kinks or in another base
LAPLACE = Curve((Formula(E), Formula(ONE, E)), (Fraction(0),), (Fraction(0), Fraction(1)))  # e^-|t|
POWER = Curve((Formula(E),), (), (Fraction(0), Fraction(1)), "2")  # 2^t
LOGISTIC = Curve((Formula(ONE, ONE + E),), (), (Fraction(0), Fraction(-1)), "2")  # 1 / (1 + 2^-t)
BINARY_ELU = Curve(
    (Formula(((0, 0, Fraction(-1)), *E)), Formula(polynomial(0, 1))), (Fraction(0),), (Fraction(0), Fraction(1)), "2"
)
BINARY_TENT = Curve((Formula(E), Formula(ONE, E)), (Fraction(0),), (Fraction(0), Fraction(1)), "2")  # 2^-|t|


def encloses(enclosure: flint.arb, value: Any, mp: Any, slack: float = 1e-50) -> bool:
    """Inclusion up to the error of the oracle; a ball that is not finite encloses everything."""
    if not enclosure.is_finite():
        return True
    parts = (x.man_exp() for x in (enclosure.mid(), enclosure.rad()))
    middle, radius = (mp.mpf(int(m)) * mp.mpf(2) ** int(e) for m, e in parts)
    return bool(abs(middle - value) <= radius + slack * (1 + abs(value)))


@pytest.fixture
def real(sixty_digits):
    """A fraction as a number of mpmath."""
    return lambda value: sixty_digits.mpf(value.numerator) / value.denominator


@pytest.fixture
def oracle(oracles, text):
    return oracles[text]


# -------------------------------------------------------------------- what a curve is


def test_the_oracles_cover_every_name(oracles) -> None:
    assert {text.partition("(")[0] for text in oracles} == set(activation_names())
    assert set(RATIONAL) == {text for text in oracles if activation(text).domain == "rational"}


def test_domains_kinks_and_facts(oracles) -> None:
    exponential = {"sigmoid", "tanh", "exp", "silu", "swish", "elu", "elu-plus-one", "gaussian", "mish"}
    balls_only = {"softplus", "gelu", "erf", "arctan", "sin", "cos", "log-sigmoid"}
    kinked = {"relu": (0,), "relu6": (0, 6), "clip(-1/3,5/2)": (Fraction(-1, 3), Fraction(5, 2)), "elu(1)": (0,)}
    for text in oracles:
        built = activation(text)
        expected = "rational"
        if built.name in exponential and text != "swish(0)":
            expected = "exponential"
        elif built.name in balls_only:
            expected = "transcendental"
        elif built.name == "logistic":
            expected = "binary"
        assert built.domain == expected
        assert built.constant == (text == "polynomial(5)") != built.separates
        if text in kinked:
            assert built.kinks == kinked[text]
            assert not built.analytic
    assert {text for text in oracles if activation(text).domain != "rational" and activation(text).kinks} == {
        "elu(1)",
        "elu(2/3)",
        "elu-plus-one",
    }
    assert all(
        activation(text).analytic for text in ("identity", "square", "sigmoid", "gelu", "polynomial(1/3,0,-2,1/7)")
    )
    assert not any(activation(text).analytic for text in ("abs", "softsign", "squared-relu", "hard-swish"))
    assert [curve.domain for curve in (LAPLACE, POWER, LOGISTIC, BINARY_ELU)] == ["exponential"] + 3 * ["binary"]


def test_affine_functions(oracles) -> None:
    assert activation("identity").affine == (0, 1)
    assert activation("polynomial(3,-1/2)").affine == (3, Fraction(-1, 2))
    assert activation("polynomial(5)").affine == (5, 0)
    assert activation("swish(0)").affine == (0, Fraction(1, 2))
    assert {text for text in oracles if activation(text).affine} == {"identity", "polynomial(5)", "swish(0)"}


def test_degree_and_denominator_of_polynomials() -> None:
    assert activation("hard-swish").integral == (2, 6)
    assert activation("polynomial(1,0,-1/3,1/2)").integral == (3, 6)
    assert activation("polynomial(0)").integral == (0, 1)
    assert activation("relu").integral == (1, 1)
    assert [activation(text).integral for text in ("softsign", "tanh", "gelu", "elu")] == [None] * 4
    assert BINARY_TENT.integral is None


def test_zero_at_zero(text, oracle, sixty_digits) -> None:
    assert activation(text).zero_at_zero == (abs(oracle(sixty_digits.mpf(0))) < 1e-50)
    slope = activation(text).derivative()
    if slope.zero_at_zero and not slope.kinks:
        assert abs(sixty_digits.diff(oracle, 0)) < 1e-20


def test_parity_is_that_of_the_values(text, oracle, real) -> None:
    signs = {
        sign
        for sign in (1, -1)
        if all(abs(oracle(real(-z)) - sign * oracle(real(z))) < 1e-45 * (1 + abs(oracle(real(z)))) for z in POINTS)
    }
    assert activation(text).parity == {(): None, (1,): "even", (-1,): "odd"}[tuple(signs)]


@pytest.mark.parametrize("curve", [LAPLACE, BINARY_TENT, activation("cos"), activation("gaussian")])
def test_the_derivative_of_an_even_function_is_odd(curve) -> None:
    assert (curve.parity, curve.derivative().derivative().parity) == ("even", "even")
    assert curve.derivative().parity == "odd"


def test_mirror_images(text, oracle, real) -> None:
    curve = activation(text)
    if curve.special is not None:
        with pytest.raises(InputError, match="has no formula"):
            curve.mirrored()
        return
    mirror = curve.mirrored()
    assert mirror.mirrored().pieces == curve.pieces
    for z in POINTS:
        assert flint.arb(mirror.ball(ball(z)) - curve.ball(ball(-z))).abs_upper() < 1e-9 * (
            1 + curve.ball(ball(-z)).abs_upper()
        )


# -------------------------------------------------------------------- exact values


@pytest.mark.parametrize("text", RATIONAL)
def test_exact_values(text, oracles) -> None:
    built = activation(text)
    for z in POINTS + KINKS:
        assert built.exact(z) == oracles[text](z)
        pieces = {built.exact_on(i, z) for i in ({built.piece(z), built.piece(z) + 1} if z in built.kinks else ())}
        assert pieces <= {oracles[text](z)}
    assert isinstance(built.exact(1), Fraction)


@pytest.mark.parametrize(
    ("curve", "kind"),
    [
        (activation("sigmoid"), "activation sigmoid is exponential"),
        (activation("gelu"), "activation gelu is transcendental"),
        (LAPLACE, "the function is exponential"),
        (Curve(special=activation("erf").special), "erf is transcendental"),
        (POWER.derivative(), "the function is binary"),  # ln 2 times
    ],
)
def test_exact_needs_rational_values(curve, kind) -> None:
    with pytest.raises(InputError, match=f"{kind}; expected a rational one"):
        curve.exact(Fraction(1))


def test_powers_of_two_are_exact_at_integers() -> None:
    for k in (-70, -3, 0, 1, 64, LARGEST_BINARY_EXPONENT):
        assert POWER.exact(k) == Fraction(2) ** k
        assert LOGISTIC.exact(k) == 1 / (1 + Fraction(2) ** -k)
    assert BINARY_ELU.exact(-2) == Fraction(-3, 4)
    assert BINARY_ELU.exact(5) == 5
    for z in (Fraction(1, 2), Fraction(LARGEST_BINARY_EXPONENT + 1), Fraction(-LARGEST_BINARY_EXPONENT - 1)):
        assert POWER.binary_exponent(z) is None
        with pytest.raises(InputError, match="expected an integer exponent of 2, of moderate size"):
            POWER.exact(z)
    half = Curve((Formula(E),), (), (Fraction(1, 2), Fraction(1, 2)), "2")
    assert half.exact(3) == 4
    assert half.binary_exponent(Fraction(2)) is None


def test_derivatives_in_the_base_two(sixty_digits, real) -> None:
    for curve, function in (
        (POWER, lambda t: sixty_digits.power(2, t)),
        (LOGISTIC, lambda t: 1 / (1 + sixty_digits.power(2, -t))),
    ):
        for z in (Fraction(-7, 3), Fraction(0), Fraction(5, 2)):
            with working_precision(150):
                for order, tolerance in ((1, 1e-25), (2, 1e-15)):
                    slope = curve.derivative() if order == 1 else curve.derivative().derivative()
                    expected = sixty_digits.diff(function, real(z), order, h=sixty_digits.mpf(10) ** -18)
                    assert encloses(slope.ball(ball(z)), expected, sixty_digits, slack=tolerance)
                    assert abs(slope.floats(np.array([float(z)]))[0] - float(expected)) < 1e-13
    assert POWER.derivative().logarithms == 1
    assert POWER.derivative().derivative().logarithms == 2
    with pytest.raises(InputError, match="a derivative in the base 2 of a formula in t and E"):
        BINARY_ELU.derivative()


# -------------------------------------------------------------------- kinks


def test_slopes_at_kinks() -> None:
    relu, smooth = activation("relu"), activation("squared-relu")
    assert (relu.slopes(0), relu.slopes(-1), relu.slopes(1)) == ((0, 1), (0, 0), (1, 1))
    assert (smooth.slopes(0), smooth.derivative().slopes(0)) == ((0, 0), (0, 2))
    assert activation("softsign").slopes(0) == (1, 1)
    assert activation("relu6").slopes(6) == (1, 0)
    assert activation("leaky-relu(1)").slopes(0) == (1, 1)  # a kink that is none
    assert relu.derivative().floats(np.array([-1.0, 0.0, 1.0])).tolist() == [0, 0, 1]
    both = relu.derivative().ball(flint.arb(0))
    assert both.contains(0)
    assert both.contains(1)
    with pytest.raises(InputError, match="activation sigmoid is exponential"):
        activation("sigmoid").slopes(0)


@pytest.mark.parametrize(
    ("curve", "smooth"),
    [
        (activation("relu"), [False]),
        (activation("abs"), [False]),
        (activation("squared-relu"), [True]),
        (activation("squared-relu").derivative(), [False]),
        (activation("softsign"), [True]),
        (activation("softsign").derivative(), [False]),
        (activation("leaky-relu(1)"), [True]),
        (activation("relu6"), [False, False]),
        (activation("hard-swish"), [False, False]),
        (activation("elu(1)"), [True]),
        (activation("elu(1)").derivative(), [False]),
        (activation("elu(2)"), [False]),
        (LAPLACE, [False]),
        (BINARY_ELU, [False]),  # slopes ln 2 and 1, though the formula in E has 1 and 1
        (BINARY_TENT, [False]),
        (
            Curve((Formula(E), Formula(E)), (Fraction(1),), (Fraction(0), Fraction(1))),
            [False],
        ),  # e is not told from itself: not known
        (Curve((Formula(E), Formula(E)), (Fraction(0),), (Fraction(0), Fraction(1)), "2"), [True]),
        (activation("gelu"), []),
    ],
)
def test_smooth_kinks(curve, smooth) -> None:
    assert [curve.smooth_at(i) for i in range(len(curve.kinks))] == smooth


def test_pieces_agree_at_the_kinks(text) -> None:
    built = activation(text)
    for i, kink in enumerate(built.kinks):
        left, right = (built.ball_on(k, ball(kink)) for k in (i, i + 1))
        assert flint.arb(left).overlaps(flint.arb(right))
        assert flint.arb(left - right).abs_upper() < 1e-12


# -------------------------------------------------------------------- balls


@pytest.mark.parametrize("bits", [30, 128])
def test_balls_enclose_and_are_narrow(text, oracle, bits, sixty_digits, real) -> None:
    built = activation(text)
    for z in POINTS + KINKS:
        value = oracle(real(z))
        with working_precision(bits):
            enclosure = built.ball(ball(z))
        assert encloses(enclosure, value, sixty_digits), z
        assert float(enclosure.rad()) <= 2.0 ** (12 - bits) * (1 + abs(float(value))), z


@settings(max_examples=150, deadline=None)
@given(
    data=st.data(),
    middle=st.fractions(-8, 8, max_denominator=50),
    radius=st.fractions(0, 4, max_denominator=50),
    where=st.fractions(-1, 1, max_denominator=20),
)
def test_wide_balls_enclose_values_and_derivatives(oracles, sixty_digits, data, middle, radius, where) -> None:
    text = data.draw(st.sampled_from(list(oracles)))
    mp, oracle = sixty_digits, oracles[text]
    built, z = activation(text), middle + where * radius
    at = mp.mpf(z.numerator) / z.denominator
    with working_precision(64):
        wide = ball(middle) + flint.arb(0, float(radius) * 1.001)
        enclosure, slopes = built.ball(wide), built.derivative().ball(wide)
    assert encloses(enclosure, oracle(at), mp)
    if z not in built.kinks:
        assert encloses(slopes, mp.diff(oracle, at, h=mp.mpf(10) ** -25), mp, slack=1e-15)


@pytest.mark.parametrize("text", [text for text in RATIONAL if not text.startswith("poly") and text != "square"])
def test_wide_balls_stay_on_their_piece(text) -> None:
    """A ball across all pieces gives finite bounds, no pole of a neighbouring formula."""
    assert activation(text).ball(flint.arb(0, 5)).abs_upper() <= 26


def test_pieces_that_a_ball_meets() -> None:
    relu6 = activation("relu6")
    for middle, radius, met in ((-1, 0.5, [0]), (0, 0, [0, 1]), (3, 1, [1]), (6, 0, [1, 2]), (3, 9, [0, 1, 2])):
        found = relu6.met(flint.arb(middle, radius))
        assert [i for i, _ in found] == met
        for i, part in found:  # parts reach their kinks and go no further
            assert i == 0 or part.lower() >= relu6.kinks[i - 1] - 1e-6
            assert i == 2 or part.upper() <= relu6.kinks[i] + 1e-6
    assert [i for i, _ in relu6.met(flint.arb("nan"))] == [0, 1, 2]


# -------------------------------------------------------------------- derivatives and floats


def test_derivatives_agree_with_differences(text, oracle, sixty_digits, real) -> None:
    built, mp = activation(text), sixty_digits
    for z in POINTS:
        slope = mp.diff(oracle, real(z), h=mp.mpf(10) ** -25)
        curvature = mp.diff(oracle, real(z), 2, h=mp.mpf(10) ** -15)
        with working_precision(100):
            enclosure = built.derivative().ball(ball(z))
            assert encloses(enclosure, slope, mp, slack=1e-20)
            assert float(enclosure.rad()) <= 1e-24 * (1 + abs(float(slope)))
            assert encloses(built.derivative().derivative().ball(ball(z)), curvature, mp, slack=1e-10)
        for dtype, tolerance in ((np.float64, 1e-13), (np.float32, 3e-5)):
            found = built.derivative().floats(np.array([float(z)], dtype=dtype))
            assert found.dtype == dtype
            assert abs(float(found[0]) - float(slope)) <= tolerance * (1 + abs(float(slope))) * (1 + abs(float(z)))
        if built.domain == "rational":
            exact = built.derivative().exact(z)
            assert abs(real(exact) - slope) < 1e-20 * (1 + abs(slope))


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-14), (np.float32, 1e-5)])
def test_floats_are_close_keep_the_precision_and_do_not_warn(text, oracle, dtype, tolerance, sixty_digits) -> None:
    built = activation(text)
    x = np.array([[float(z) for z in POINTS + KINKS]], dtype=dtype)
    with np.errstate(all="raise"):
        found = built.floats(x)
        extreme = built.floats(np.array([-1e30, -200.0, 200.0, 1e30], dtype=dtype))
        built.derivative().floats(np.array([-1e30, 1e30], dtype=dtype))
    assert (found.dtype, found.shape) == (dtype, x.shape)
    assert extreme.dtype == dtype
    if text not in ("gaussian", "exp", "square") and not text.startswith("polynomial"):
        assert not np.isnan(extreme).any()
    for value, result in zip(x[0], found[0], strict=True):
        expected = float(oracle(sixty_digits.mpf(float(value))))
        assert abs(float(result) - expected) <= tolerance * (1 + abs(expected)) * (1 + abs(float(value)))


@pytest.mark.parametrize("name", sorted(FLOATS))
def test_derivatives_without_a_formula_in_floats_come_from_balls(name) -> None:
    """Orders inside the table of formulas, the first one outside it, and the next."""
    curve, x = Curve(special=Special(name, (Fraction(1),) if name == "softplus" else ())), np.array([[-0.5, 0.25]])
    for _ in range(len(FLOATS[name]) + 2):
        expected = [[float(curve.ball(ball(value)).mid()) for value in x.ravel().tolist()]]
        assert curve.floats(x) == pytest.approx(np.array(expected), rel=1e-12)
        curve = curve.derivative()


def test_floats_at_the_far_ends() -> None:
    ends = np.array([-1000.0, 1000.0])
    assert activation("sigmoid").floats(ends).tolist() == [0, 1]
    assert activation("softplus").floats(ends).tolist() == [0, 1000]
    assert activation("exp").floats(ends).tolist() == [0, np.inf]
    assert activation("sigmoid").floats(np.array([-700.0]))[0] == pytest.approx(np.exp(-700.0), rel=1e-14, abs=0)
    assert activation("clip(-1e400,1e400)").floats(ends).tolist() == [-1000, 1000]
    assert POWER.floats(ends) == pytest.approx([2.0**-1000, 2.0**1000], rel=1e-12, abs=0)
    with pytest.raises(InputError, match="int64"):
        activation("relu").floats(np.array([1]))


def test_sympy_expression(text, oracle, sixty_digits, real) -> None:
    t, mp = sympy.Symbol("t", real=True), sixty_digits
    expression = activation(text).sympy(t)
    slope = sympy.diff(expression, t)
    for z in (Fraction(-45, 7), Fraction(-1, 7), Fraction(20, 7), Fraction(45, 7)):
        point = sympy.Rational(z.numerator, z.denominator)
        value = mp.mpf(str(sympy.N(expression.subs(t, point), 40)))
        assert abs(value - oracle(real(z))) < 1e-35 * (1 + abs(value))
        derivative = mp.mpf(str(sympy.N(slope.subs(t, point), 40)))
        assert abs(derivative - mp.diff(oracle, real(z), h=mp.mpf(10) ** -25)) < 1e-20 * (1 + abs(derivative))


def test_sympy_in_the_base_two() -> None:
    t = sympy.Symbol("t")
    assert sympy.simplify(POWER.derivative().sympy(t) - sympy.diff(2**t, t)) == 0
    assert sympy.simplify(LOGISTIC.derivative().sympy(t) - sympy.diff(1 / (1 + 2**-t), t)) == 0


# -------------------------------------------------------------------- residues

SAFE_PRIMES = [(1019, 509), (2039, 1019), (1048343, 524171)]
GRID = [Fraction(k, 16) for k in range(-130, 131, 7)] + [Fraction(0), Fraction(6), Fraction(-3), Fraction(3)]


def residues(points: list[Fraction], modulus: int) -> np.ndarray:
    return np.array([rational_residue(z, modulus) for z in points], dtype=np.int64)


def root_of_order(q: int, p: int) -> int:
    return next(r for r in (pow(g, 2, p) for g in range(2, p)) if r != 1 and pow(r, q, p) == 1)


def image_of(curve: Curve, points: list[Fraction], p: int, q: int, root: int) -> list[int]:
    pieces = np.array([curve.piece(z) for z in points], dtype=np.int8)
    values = residues(points, p) if curve.uses_value else None
    exponents = curve.exponents(residues(points, q), q)
    powers = EvaluationPoint(p, root).powers()
    return curve.residues(values, p, pieces=pieces, exponents=exponents, powers=powers).tolist()


@pytest.mark.parametrize("text", RATIONAL)
@pytest.mark.parametrize("modulus", [1048343, 2**31 - 1, 10007 * 10009])
def test_rational_images_are_those_of_the_exact_values(text, modulus) -> None:
    for built in (activation(text), activation(text).derivative(), activation(text).derivative().derivative()):
        pieces = np.array([built.piece(z) for z in GRID], dtype=np.int8).reshape(2, -1)
        found = built.residues(residues(GRID, modulus).reshape(2, -1), modulus, pieces=pieces)
        assert found.dtype == np.int64
        assert found.ravel().tolist() == [rational_residue(built.exact(z), modulus) for z in GRID]


@pytest.mark.parametrize("text", EXPONENTIAL)
@pytest.mark.parametrize(("p", "q"), SAFE_PRIMES)
def test_exponential_images_follow_the_definition(text, p, q, exponential_images) -> None:
    root = root_of_order(q, p)
    repeats = 1 if q > 2000 else 60  # more entries than powers: by the table, where there is one
    for curve, image in zip((activation(text), activation(text).derivative()), exponential_images[text], strict=True):
        expected = [
            image(z, rational_residue(z, p), lambda s, z=z: pow(root, rational_residue(s * z, q), p), p) % p
            for z in GRID
        ]
        assert image_of(curve, GRID * repeats, p, q, root) == expected * repeats


def test_a_curve_with_kinks_in_the_exponential_alone_is_not_read_from_one_table() -> None:
    """More entries than powers, and both pieces use E only: e^-|t|, and the derivative of ELU."""
    p, q = 1019, 509
    points, root = GRID * 60, root_of_order(q, p)
    assert len(points) > q

    def e(z: Fraction) -> int:
        return pow(root, rational_residue(z, q), p)

    assert not LAPLACE.uses_value
    assert image_of(LAPLACE, points, p, q, root) == [e(-abs(z)) for z in points]
    slope = activation("elu(1)").derivative()
    assert not slope.uses_value
    assert image_of(slope, points, p, q, root) == [1 if z > 0 else e(z) for z in points]


@pytest.mark.parametrize("text", ["sigmoid", "tanh", "silu", "mish"])
@pytest.mark.parametrize(("p", "q"), [(7, 3), (11, 5), (23, 11), (47, 23), (1019, 509)])
def test_no_power_of_the_root_is_a_pole(text, p, q) -> None:
    built, root = activation(text), root_of_order(q, p)
    powers = np.array([pow(root, k, p) for k in range(q)], dtype=np.int64)
    exponents = np.arange(q, dtype=np.int64)
    found = built.residues(np.ones(q, dtype=np.int64), p, exponents=exponents, powers=powers)
    assert found.min() >= 0
    assert found.max() < p


def test_a_root_of_even_order_has_a_pole() -> None:
    powers = np.array([pow(5, k, 7) for k in range(6)], dtype=np.int64)  # 5 is primitive modulo 7: 5^3 = -1
    with pytest.raises(UnluckyModulus):
        activation("sigmoid").residues(None, 7, exponents=np.arange(6), powers=powers)


def test_zero_denominators_are_unlucky() -> None:
    softsign, minus_one = activation("softsign"), np.array([[10, 3]])
    assert softsign.residues(minus_one, 11, pieces=np.array([[0, 1]], dtype=np.int8)).shape == (1, 2)
    with pytest.raises(UnluckyModulus):
        softsign.residues(minus_one, 11, pieces=np.array([[1, 1]], dtype=np.int8))  # 1 + 10 = 0 modulo 11
    with pytest.raises(UnluckyModulus):
        activation("leaky-relu(1/100)").residues(np.array([1]), 5, pieces=np.zeros(1, dtype=np.int8))
    with pytest.raises(UnluckyModulus):
        activation("swish(1/3)").exponents(np.array([1]), 3)


def test_missing_arrays_are_named() -> None:
    one = np.ones(1, dtype=np.int64)
    with pytest.raises(InputError, match="pieces"):
        activation("relu").residues(one, 7)
    with pytest.raises(InputError, match="exponents, powers"):
        activation("sigmoid").residues(one, 7, exponents=one)
    with pytest.raises(InputError, match="values"):
        activation("silu").residues(None, 7, exponents=one, powers=one)
    for curve in (activation("gelu"), POWER):
        with pytest.raises(InputError, match="has no residues; expected a rational or exponential one"):
            curve.residues(one, 7)
    with pytest.raises(InputError, match="exponential"):
        activation("relu").exponents(one, 7)
    with pytest.raises(AssertionError):
        activation("relu").residues(one, 2**31, pieces=np.zeros(1, dtype=np.int8))


def test_largest_residues_do_not_overflow() -> None:
    """Modulo 2^31 - 1, all operands as large as they get: products below 2^62."""
    p = 2**31 - 1
    cubic = activation(f"polynomial({p - 1},{p - 1},{p - 1},{p - 1})")
    values = np.array([p - 1, p - 2, 1, 0, p // 2])
    expected = [sum((p - 1) * int(v) ** i for i in range(4)) % p for v in values]
    assert cubic.residues(values, p).tolist() == expected
    assert math.isqrt(2**62) >= p
    gaussian = activation("gaussian")
    assert gaussian.exponents(values, p).tolist() == [-int(v) * int(v) % p for v in values]
