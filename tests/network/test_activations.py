"""Every activation against mpmath and against plain fractions, in every domain."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.certificates.write import activation_document
from exactcnn.checker.activations import read_activation
from exactcnn.domains.balls import ball, working_precision
from exactcnn.errors import InputError
from exactcnn.network.activations import activation, activation_names

mp = mpmath.mp.clone()
mp.dps = 60

# written once more from the textbooks, on mpmath numbers or fractions; the parameters are written into the formulas
ORACLES: dict[str, Callable[[Any], Any]] = {
    "identity": lambda t: t,
    "relu": lambda t: max(t, t * 0),
    "leaky-relu(1/100)": lambda t: t if t > 0 else t / 100,
    "leaky-relu(-3/7)": lambda t: t if t > 0 else -3 * t / 7,
    "leaky-relu(1)": lambda t: t,
    "abs": abs,
    "relu6": lambda t: min(max(t, t * 0), t * 0 + 6),
    "clip(-1/3,5/2)": lambda t: -1 / (t * 0 + 3) if 3 * t < -1 else t * 0 + 5 / (t * 0 + 2) if 2 * t > 5 else t,
    "hard-sigmoid": lambda t: min(max(t + 3, t * 0), t * 0 + 6) / 6,
    "hard-tanh": lambda t: max(min(t, t * 0 + 1), t * 0 - 1),
    "hard-swish": lambda t: t * min(max(t + 3, t * 0), t * 0 + 6) / 6,
    "softsign": lambda t: t / (1 + abs(t)),
    "square": lambda t: t * t,
    "squared-relu": lambda t: max(t, t * 0) ** 2,
    "polynomial(1/3,0,-2,1/7)": lambda t: t**3 / 7 - 2 * t**2 + 1 / (t * 0 + 3),
    "polynomial(5)": lambda t: t * 0 + 5,
    "sigmoid": lambda t: 1 / (1 + mp.exp(-t)),
    "tanh": mp.tanh,
    "exp": mp.exp,
    "silu": lambda t: t / (1 + mp.exp(-t)),
    "swish(3/2)": lambda t: t / (1 + mp.exp(-3 * t / 2)),
    "swish(-2)": lambda t: t / (1 + mp.exp(2 * t)),
    "swish(0)": lambda t: t / 2,
    "elu(1)": lambda t: t if t > 0 else mp.expm1(t),
    "elu(2/3)": lambda t: t if t > 0 else 2 * mp.expm1(t) / 3,
    "elu-plus-one": lambda t: 1 + t if t > 0 else mp.exp(t),
    "gaussian": lambda t: mp.exp(-(t**2)),
    "mish": lambda t: t * mp.tanh(mp.log1p(mp.exp(t))),
    "logistic(2)": lambda t: mp.power(2, t) / (1 + mp.power(2, t)),
    "softplus(1)": lambda t: mp.log1p(mp.exp(t)),
    "softplus(5/2)": lambda t: 2 * mp.log1p(mp.exp(5 * t / 2)) / 5,
    "gelu": lambda t: t * mp.ncdf(t),
    "erf": mp.erf,
    "arctan": mp.atan,
    "sin": mp.sin,
    "cos": mp.cos,
    "log-sigmoid": lambda t: -mp.log1p(mp.exp(-t)),
}
RATIONAL = [text for text in ORACLES if activation(text).domain == "rational"]
POINTS = [Fraction(k, 7) for k in (-150, -45, -22, -20, -10, -3, -1, 1, 2, 6, 11, 16, 20, 22, 40, 45, 180)]
KINKS = [Fraction(k, 6) for k in (-18, -6, -2, 0, 6, 15, 18, 36)]


def number(value: Fraction) -> Any:
    return mp.mpf(value.numerator) / value.denominator


def encloses(enclosure: flint.arb, value: Any, slack: float = 1e-50) -> bool:
    """Inclusion up to the error of the oracle; a ball that is not finite encloses everything."""
    if not enclosure.is_finite():
        return True
    parts = (x.man_exp() for x in (enclosure.mid(), enclosure.rad()))
    middle, radius = (mp.mpf(int(m)) * mp.mpf(2) ** int(e) for m, e in parts)
    return bool(abs(middle - value) <= radius + slack * (1 + abs(value)))


def test_the_oracles_cover_every_name() -> None:
    assert {text.partition("(")[0] for text in ORACLES} == set(activation_names())


@pytest.mark.parametrize("text", ORACLES)
def test_text_is_canonical(text: str) -> None:
    built = activation(text)
    assert built.text == text
    assert activation(built.text) == built
    assert hash(activation(built.text)) == hash(built)


@pytest.mark.parametrize(
    ("given_text", "canonical"),
    [
        ("leaky-relu", "leaky-relu(1/100)"),
        (" elu( 0.5 ) ", "elu(1/2)"),
        ("softplus", "softplus(1)"),
        ("swish", "swish(1)"),
        ("clip(-1e-1,2/4)", "clip(-1/10,1/2)"),
    ],
)
def test_defaults_and_spelling(given_text: str, canonical: str) -> None:
    assert activation(given_text).text == canonical


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("rellu", "'relu'"),
        ("Leaky_ReLU(0.1)", "'leaky-relu'"),
        ("softmax", "nearest name is 'soft"),
        ("", "not known"),
        ("relu(1)", "relu without parameters"),
        ("relu()", "relu without parameters"),
        ("softplus(0)", "a > 0"),
        ("softplus(-1)", "a > 0"),
        ("elu(0)", "a > 0"),
        ("softplus(1,2)", "a > 0"),
        ("clip", "a < b"),
        ("clip(1,1)", "a < b"),
        ("clip(2,1)", "a < b"),
        ("polynomial", "at least one"),
        ("polynomial()", "at least one"),
        ("polynomial(1,,2)", "at least one"),
        ("elu(nan)", "elu(a) with a rational a > 0"),
        ("elu(1/0)", "elu(a) with a rational a > 0"),
        ("elu(1", "elu(a) with a rational a > 0"),
        ("elu(1))", "elu(a) with a rational a > 0"),
        ("swish(1e99999999)", "swish(b)"),
    ],
)
def test_bad_text_is_one_line_with_the_remedy(text: str, part: str) -> None:
    with pytest.raises(InputError) as error:
        activation(text)
    assert part in str(error.value)
    assert "\n" not in str(error.value)


def test_domains_kinks_and_facts() -> None:
    exponential = {"sigmoid", "tanh", "exp", "silu", "swish", "elu", "elu-plus-one", "gaussian", "mish"}
    balls_only = {"softplus", "gelu", "erf", "arctan", "sin", "cos", "log-sigmoid"}
    kinked = {"relu": (0,), "relu6": (0, 6), "clip(-1/3,5/2)": (Fraction(-1, 3), Fraction(5, 2)), "elu(1)": (0,)}
    for text in ORACLES:
        built = activation(text)
        expected = "rational"
        if built.name in exponential and text != "swish(0)":
            expected = "exponential"
        elif built.name in balls_only or built.name == "logistic":
            expected = "transcendental" if built.name in balls_only else "binary"
        assert built.domain == expected
        assert built.constant == (text == "polynomial(5)") != built.separates
        if text in kinked:
            assert built.kinks == kinked[text]
            assert not built.analytic
    assert {text for text in ORACLES if activation(text).domain != "rational" and activation(text).kinks} == {
        "elu(1)",
        "elu(2/3)",
        "elu-plus-one",
    }
    assert all(
        activation(text).analytic for text in ("identity", "square", "sigmoid", "gelu", "polynomial(1/3,0,-2,1/7)")
    )
    assert not any(activation(text).analytic for text in ("abs", "softsign", "squared-relu", "hard-swish"))


@pytest.mark.parametrize("text", RATIONAL)
def test_exact_values(text: str) -> None:
    built = activation(text)
    for z in POINTS + KINKS:
        assert built.exact(z) == ORACLES[text](z)
    assert isinstance(built.exact(1), Fraction)


@pytest.mark.parametrize("text", ORACLES)
def test_pieces_agree_at_the_kinks(text: str) -> None:
    built = activation(text)
    for i, kink in enumerate(built.kinks):
        left, right = (built.ball_on(k, ball(kink)) for k in (i, i + 1))
        assert flint.arb(left).overlaps(flint.arb(right))
        assert flint.arb(left - right).abs_upper() < 1e-12


@pytest.mark.parametrize("text", ORACLES)
@pytest.mark.parametrize("bits", [30, 128])
def test_balls_enclose_and_are_narrow(text: str, bits: int) -> None:
    built = activation(text)
    for z in POINTS + KINKS:
        value = ORACLES[text](number(z))
        with working_precision(bits):
            enclosure = built.ball(ball(z))
        assert encloses(enclosure, value), z
        assert float(enclosure.rad()) <= 2.0 ** (12 - bits) * (1 + abs(float(value))), z


@settings(max_examples=150, deadline=None)
@given(
    text=st.sampled_from(list(ORACLES)),
    middle=st.fractions(-8, 8, max_denominator=50),
    radius=st.fractions(0, 4, max_denominator=50),
    where=st.fractions(-1, 1, max_denominator=20),
)
def test_wide_balls_enclose_values_and_derivatives(
    text: str, middle: Fraction, radius: Fraction, where: Fraction
) -> None:
    built, z = activation(text), middle + where * radius
    with working_precision(64):
        wide = ball(middle) + flint.arb(0, float(radius) * 1.001)
        enclosure, slopes = built.ball(wide), built.derivative().ball(wide)
    assert encloses(enclosure, ORACLES[text](number(z)))
    if z not in built.kinks:
        assert encloses(slopes, mp.diff(ORACLES[text], number(z), h=mp.mpf(10) ** -25), slack=1e-15)


@pytest.mark.parametrize("text", [text for text in RATIONAL if not text.startswith("poly") and text != "square"])
def test_wide_balls_stay_on_their_piece(text: str) -> None:
    """A ball across all pieces gives finite bounds, no pole of a neighbouring formula."""
    assert activation(text).ball(flint.arb(0, 5)).abs_upper() <= 26


@pytest.mark.parametrize("text", ORACLES)
def test_derivatives_agree_with_differences(text: str) -> None:
    built = activation(text)
    for z in POINTS:
        slope = mp.diff(ORACLES[text], number(z), h=mp.mpf(10) ** -25)
        curvature = mp.diff(ORACLES[text], number(z), 2, h=mp.mpf(10) ** -15)
        with working_precision(100):
            enclosure = built.derivative().ball(ball(z))
            assert encloses(enclosure, slope, slack=1e-20)
            assert float(enclosure.rad()) <= 1e-24 * (1 + abs(float(slope)))
            assert encloses(built.derivative().derivative().ball(ball(z)), curvature, slack=1e-10)
        for dtype, tolerance in ((np.float64, 1e-13), (np.float32, 3e-5)):
            found = built.derivative().floats(np.array([float(z)], dtype=dtype))
            assert found.dtype == dtype
            assert abs(float(found[0]) - float(slope)) <= tolerance * (1 + abs(float(slope))) * (1 + abs(float(z)))
        if built.domain == "rational":
            exact = built.derivative().exact(z)
            assert abs(number(exact) - slope) < 1e-20 * (1 + abs(slope))


def test_derivative_at_kinks() -> None:
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


@pytest.mark.parametrize("text", ORACLES)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-14), (np.float32, 1e-5)])
def test_floats_are_close_keep_the_precision_and_do_not_warn(text: str, dtype: Any, tolerance: float) -> None:
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
        expected = float(ORACLES[text](mp.mpf(float(value))))
        assert abs(float(result) - expected) <= tolerance * (1 + abs(expected)) * (1 + abs(float(value)))


def test_floats_at_the_far_ends() -> None:
    ends = np.array([-1000.0, 1000.0])
    assert activation("sigmoid").floats(ends).tolist() == [0, 1]
    assert activation("softplus").floats(ends).tolist() == [0, 1000]
    assert activation("exp").floats(ends).tolist() == [0, np.inf]
    assert activation("sigmoid").floats(np.array([-700.0]))[0] == pytest.approx(np.exp(-700.0), rel=1e-14, abs=0)
    with pytest.raises(InputError, match="int64"):
        activation("relu").floats(np.array([1]))


@pytest.mark.parametrize("text", ORACLES)
def test_sympy_expression(text: str) -> None:
    t = sympy.Symbol("t", real=True)
    expression = activation(text).sympy(t)
    slope = sympy.diff(expression, t)
    for z in (Fraction(-45, 7), Fraction(-1, 7), Fraction(20, 7), Fraction(45, 7)):
        point = sympy.Rational(z.numerator, z.denominator)
        value = mp.mpf(str(sympy.N(expression.subs(t, point), 40)))
        assert abs(value - ORACLES[text](number(z))) < 1e-35 * (1 + abs(value))
        derivative = mp.mpf(str(sympy.N(slope.subs(t, point), 40)))
        assert abs(derivative - mp.diff(ORACLES[text], number(z), h=mp.mpf(10) ** -25)) < 1e-20 * (1 + abs(derivative))


def test_exact_needs_rational_values() -> None:
    for text in ("sigmoid", "gelu"):
        with pytest.raises(InputError, match=f"activation {text} is {activation(text).domain}"):
            activation(text).exact(Fraction(1))


def checked(built):
    return read_activation(activation_document(built), "test")


@pytest.mark.parametrize(
    "text",
    [
        *("relu", "leaky-relu(0)", "leaky-relu(-1)", "abs", "relu6", "clip(0,1)", "clip(-1,0)", "clip(-1,1)"),
        *("hard-sigmoid", "hard-tanh", "hard-swish", "softsign", "squared-relu", "polynomial(0)", "identity"),
        *("elu(1)", "sigmoid", "gelu"),
    ],
)
def test_zero_on_a_half_line_as_the_checker_says(text):
    assert activation(text).zero_on_a_half_line == checked(activation(text)).zero_on_a_half_line
