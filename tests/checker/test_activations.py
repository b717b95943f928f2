"""Activations: values over all rings, and what is derived from the formulas, against numbers from their names."""

import copy
from fractions import Fraction

import mpmath
import pytest
from flint import arb, ctx, fmpq

from exactcnn.checker.activations import SPECIAL, read_activation
from exactcnn.checker.budget import Budget
from exactcnn.checker.document import FormatError, ObligationError

NAMES = ["identity", "relu", "leaky-relu(1/100)", "abs", "relu6", "clip(-1/2,3)", "hard-sigmoid", "hard-tanh"]
NAMES += ["hard-swish", "softsign", "square", "squared-relu", "polynomial(1,-2,0,1/3)"]
EXPONENTIAL = ["sigmoid", "tanh", "exp", "gaussian", "silu", "swish(-3/2)", "elu(2/3)", "mish"]
BALLS = ["softplus(3)", "gelu", "erf", "arctan", "sin", "cos", "log-sigmoid"]
POINTS = ["0", "1", "-1", "1/2", "-1/2", "3", "-3", "6", "7", "-7", "22/7", "-100/33", "1/1000000", "40", "-40"]


def number(value):
    return mpmath.mpf(int(value.p)) / int(value.q)


def rational(text):
    value = Fraction(text)
    return fmpq(value.numerator, value.denominator)


@pytest.mark.parametrize("name", NAMES + EXPONENTIAL + BALLS)
@pytest.mark.parametrize("point", POINTS)
def test_balls_and_exact_values_agree_with_the_definition(make, name, point):
    activation = read_activation(make.activation(name), "test")
    t = rational(point)
    true = make.numeric_activation(name, number(t))
    assert activation.domain == ("rational" if name in NAMES else "special" if name in BALLS else "exponential")
    if activation.domain == "rational":
        assert abs(number(activation.values(Budget())(t)) - true) < mpmath.mpf(10) ** -45
    with ctx.workprec(150):
        ball = activation.ball(arb(t))
        middle = mpmath.mpf(ball.mid().str(45, radius=False))
        assert abs(middle - true) <= mpmath.mpf(10) ** -30 * (1 + abs(true))
        assert float(ball.rad()) <= 1e-30 * (1 + abs(float(true)))
        # a wide ball encloses the values at both of its ends
        wide = activation.ball(arb(t, 0.5))
        for end in (t - fmpq(1, 2), t, t + fmpq(1, 2)):
            assert wide.overlaps(activation.ball(arb(end)))
    assert activation.zero_at_zero == (make.numeric_activation(name, mpmath.mpf(0)) == 0)
    if activation.domain != "special":
        assert activation.nonzero(t) == (true != 0)


# ---------------------------------------------------------------- what is derived

MORE = ["leaky-relu(0)", "leaky-relu(1)", "leaky-relu(-1)", "swish(0)", "swish(1/10)", "clip(0,1)", "clip(-1,0)"]
MORE += ["clip(1,2)", "polynomial(0)", "polynomial(2)", "polynomial(0,1)", "polynomial(1,0,1)", "clip(3,3)"]


@pytest.mark.parametrize("name", NAMES + EXPONENTIAL + MORE)
def test_assumption_3_2_against_values_far_out(make, name):
    document = make.activation(name)
    assert read_activation(document, "test").assumption_3_2 == make.numeric_assumption_3_2(document)


E, T = {(0, 1): 1}, {(1, 0): 1}
ONE = {(0, 0): 1}


@pytest.mark.parametrize(
    ("pieces", "exponent", "holds"),
    [
        ([(ONE, ONE | E)], [0, -1], True),
        ([(ONE, ONE | E)], [5, 0, 0, -1], True),
        ([(ONE, ONE | E)], [0, 0, 1], True),  # 1/(1 + e^(t^2)): limits 0 and 0
        ([(E, ONE | E)], [0, 0, 1], False),  # limits 1 and 1
        ([({(3, 1): 1}, ONE)], [0, 0, -1], True),  # t^3 e^(-t^2)
        ([({(3, 1): 1}, ONE | E)], [0, 1], False),  # t^3: too much on the right
        ([({(3, 1): 1}, ONE | {(2, 1): 1})], [0, 1], True),  # like t
        ([({(3, 1): 1}, ONE | {(0, 1): 1, (2, 1): 1})], [0, 1], True),
        ([({(0, 2): 1}, ONE | {(0, 1): 1})], [0, 1], False),  # grows like e^t
        ([({(0, 1): 1}, ONE | {(0, 2): 1})], [0, 1], True),
        ([(T, ONE | {(2, 0): 1})], [], True),  # t/(1 + t^2): limits 0 and 0
        ([({(2, 0): 1}, ONE | {(2, 0): 1})], [], False),  # limits 1 and 1
        ([({(3, 0): 1}, ONE | {(2, 0): 1})], [], False),
        ([(T, {(0, 0): 1, (2, 0): 1}), (ONE, {(0, 0): 2})], [], True),  # limits 0 and 1/2; kink at 1
        ([({(0, 0): 1, (1, 0): -1}, ONE), ({}, ONE)], [], False),  # 1 - t, then 0: grows on the left
        ([({}, ONE), ({(0, 0): -1, (1, 0): 1}, ONE)], [], True),
        ([({}, ONE), ({(0, 0): -1, (2, 0): 1}, ONE)], [], False),
        ([({}, ONE), ({(0, 0): -1, (3, 0): 1}, {(0, 0): 1, (2, 0): 1})], [], True),
        ([({(0, 2): 3}, {(0, 2): 1})], [0, 1], False),  # constant
        ([({(1, 0): 1, (1, 1): 1}, ONE | E)], [0, 1], False),  # t
    ],
)
def test_assumption_3_2_by_asymptotics(make, pieces, exponent, holds):
    document = make.formula(*pieces, exponent=exponent, kinks=[1] * (len(pieces) - 1))
    assert make.numeric_assumption_3_2(document, far=10**4) == holds
    assert read_activation(document, "test").assumption_3_2 == holds


@pytest.mark.parametrize("name", NAMES + EXPONENTIAL + MORE)
def test_analytic_activations_have_no_kink(make, name):
    """Third differences over h^2: small where the second derivative is continuous; at all kinks here it is not."""
    h, jump = mpmath.mpf(10) ** -12, 0
    activation = read_activation(make.activation(name), "test")
    for k in map(Fraction, (0, 3, -3, 6, 1, -1, 2, "-1/2")):
        f = [make.numeric_activation(name, number(rational(k)) + i * h) for i in (-1, 0, 1, 2)]
        jump = max(jump, abs(f[3] - 3 * f[2] + 3 * f[1] - f[0]) / h**2)
    assert (jump < mpmath.mpf(10) ** -9) == activation.analytic
    affine = all(
        abs(
            make.numeric_activation(name, mpmath.mpf(a + 1))
            + make.numeric_activation(name, mpmath.mpf(a - 1))
            - 2 * make.numeric_activation(name, mpmath.mpf(a))
        )
        < mpmath.mpf(10) ** -40
        for a in range(-9, 10)
    )
    assert activation.affine == (affine and activation.analytic)
    ends = [
        make.numeric_activation(name, mpmath.mpf(t)) == make.numeric_activation(name, mpmath.mpf(2 * t)) == 0
        for t in (-50, 50)
    ]
    assert activation.zero_on_a_half_line == (any(ends) and not activation.analytic)


def test_special_functions(make):
    assert {name.partition("(")[0] for name in BALLS} == set(SPECIAL)
    for name in BALLS:
        activation = read_activation(make.activation(name), "test")
        assert (activation.text, activation.analytic, activation.affine) == (name, True, False)
        assert activation.assumption_3_2 == (name in ("softplus(3)", "gelu"))
        assert activation.assumption_3_2 == make.numeric_assumption_3_2(make.activation(name), far=1500) or name in (
            "sin",
            "cos",
        )
        assert not activation.zero_on_a_half_line
        assert SPECIAL[activation.name].source


@pytest.mark.parametrize("name", BALLS)
def test_reflections(make, name):
    """f(t) = s f(-t) + c t, by sixty digits."""
    activation = read_activation(make.activation(name), "test")
    sign, slope = activation.reflection
    for t in ("1/3", "2", "-5/7"):
        z = mpmath.mpf(int(rational(t).p)) / int(rational(t).q)
        difference = make.numeric_activation(name, z) - sign * make.numeric_activation(name, -z) - slope * z
        assert abs(difference) < mpmath.mpf(10) ** -50


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sigmoid", "1/(1 + exp(-t))"),
        ("relu", "0 | t (kink 0)"),
        ("hard-sigmoid", "0 | 1/2 + 1/6*t | 1 (kinks -3, 3)"),
        ("softplus(1/2)", "softplus(1/2)"),
        ("gelu", "gelu"),
    ],
)
def test_text(make, name, text):
    assert read_activation(make.activation(name), "test").text == text


def test_long_text_is_cut(make):
    text = read_activation(make.formula({(0, 0): 10**4000, (1, 0): 1}), "test").text
    assert len(text) == 100
    assert text.endswith("...")


# ---------------------------------------------------------------- base 2


def test_powers_of_two_are_exact_where_they_are_rational(make):
    """The logistic function to the base 2 at integers, and nowhere else; never a formal variable."""
    logistic = read_activation(make.formula((E, ONE | E), exponent=[0, 1], base="2"), "test")
    assert (logistic.domain, logistic.text) == ("dyadic", "2^(t)/(1 + 2^(t))")
    for t, value in [(0, "1/2"), (1, "2/3"), (-3, "1/9"), (200, f"{2**200}/{2**200 + 1}")]:
        assert logistic.values(Budget())(fmpq(t)) == rational(value)
        with ctx.workprec(300):
            assert logistic.ball(arb(t)).contains(rational(value))
    for t in (fmpq(1, 2), fmpq(-1, 3), fmpq(2**16 + 1), fmpq(-(10**40))):
        with pytest.raises(ObligationError, match="not a rational number"):
            logistic.values(Budget())(t)
        assert logistic.nonzero(t) is False  # not decided
    assert logistic.nonzero(fmpq(3))
    assert logistic.assumption_3_2
    half = read_activation(make.formula(E, exponent=[0, "1/2"], base="2"), "test")
    assert half.values(Budget())(fmpq(6)) == 8
    with pytest.raises(ObligationError):
        half.values(Budget())(fmpq(1))


# ---------------------------------------------------------------- the document


def refused(document, words):
    with pytest.raises(FormatError, match=words):
        read_activation(document, "layer 1")


def test_continuity(make):
    def two(left, right, kink, **more):
        return make.formula(left, right, kinks=[kink], **more)

    minus = {(0, 0): -1}
    read_activation(two({}, minus | T, 1), "test")
    refused(two({}, T, 1), "pieces 0 and 1 cannot be proved equal at their kink")
    # E = 1 where g vanishes
    read_activation(two(minus | E, T, 0, exponent=[0, 1]), "test")
    refused(two(E, T, 0, exponent=[0, 1]), "kink")
    # e^2 is transcendental: only equal polynomials in E are equal
    read_activation(two({(0, 0): 1, (1, 1): 1}, {(0, 0): 1, (0, 1): 2}, 2, exponent=[0, 1]), "test")
    refused(two({(0, 0): 1, (1, 1): 1}, {(0, 0): 1, (0, 1): 3}, 2, exponent=[0, 1]), "kink")
    refused(two({(0, 1): 1}, {(0, 0): "7389/1000"}, 2, exponent=[0, 1]), "kink")
    # 2^2 = 4, and 2^(1/2) is not decided, though 2^(1/2) 2^(1/2) = 2
    read_activation(two({(0, 1): 1}, {(1, 0): 2}, 2, exponent=[0, 1], base="2"), "test")
    refused(two({(0, 1): 1}, {(1, 0): 3}, 2, exponent=[0, 1], base="2"), "kink")
    refused(two({(0, 2): 1}, {(0, 0): 2}, "1/2", exponent=[0, 1], base="2"), "kink")
    read_activation(two({(0, 1): 1}, {(1, 1): 2}, "1/2", exponent=[0, 1], base="2"), "test")


def test_poles_are_looked_for_on_the_piece_only(make):
    left, right = ({(1, 0): 1}, {(0, 0): 1, (1, 0): -1}), ({(1, 0): 1}, {(0, 0): 1, (1, 0): 1})
    read_activation(make.formula(left, right, kinks=[0]), "test")
    refused(make.formula(right, left, kinks=[0]), "denominator of piece 0")
    refused(make.formula(right), "denominator of piece 0")
    read_activation(make.formula(left, {(1, 0): 1}, kinks=[0]), "test")
    refused(make.formula({(1, 0): 1}, left, kinks=[0]), "denominator of piece 1")


SIGMOID = {
    "kinks": [],
    "pieces": [{"numerator": [[0, 0, "1"]], "denominator": [[0, 0, "1"], [0, 1, "1"]]}],
    "exponent": ["0", "-1"],
    "base": "e",
}
RELU = {
    "kinks": ["0"],
    "pieces": [
        {"numerator": [], "denominator": [[0, 0, "1"]]},
        {"numerator": [[1, 0, "1"]], "denominator": [[0, 0, "1"]]},
    ],
    "exponent": [],
    "base": "e",
}


@pytest.mark.parametrize(
    ("good", "change"),
    [
        *((RELU, {"kinks": kinks}) for kinks in ([], ["0", "0"], ["0", "1"], [0], None, ["x"], {})),
        *(
            (RELU, {"pieces": pieces})
            for pieces in (RELU["pieces"][:1], [*RELU["pieces"], RELU["pieces"][1]], [], None)
        ),
        *((RELU, {"exponent": exponent}) for exponent in (["0", "1"], ["0"], None, [0])),
        *((RELU, {"base": base}) for base in ("2", "E", None, 2)),
        *((SIGMOID, {"exponent": exponent}) for exponent in ([], ["1"], ["0", "-1", "0"], ["0", "0"], "0", [0, -1])),
        *((SIGMOID, {"base": base}) for base in ("10", "e ", None)),
        (SIGMOID, {"name": "sigmoid"}),
        (SIGMOID, {"special": "erf"}),
        (SIGMOID, {"pieces": [{**SIGMOID["pieces"][0], "denominator": [[0, 0, "1"], [0, 1, "-1"]]}]}),
    ],
)
def test_misshapen_activations(good, change):
    read_activation(good, "test")
    refused(copy.deepcopy(good) | change, "layer 1: activation")


@pytest.mark.parametrize("value", ["relu", "sigmoid", "", None, 3, [], ["relu"], {}, {"kinks": []}])
def test_names_are_no_activations(value):
    refused(value, "layer 1: activation")


@pytest.mark.parametrize(
    ("name", "parameters", "good"),
    [
        ("softplus", ["1"], True),
        ("softplus", ["1/3"], True),
        ("gelu", [], True),
        ("softplus", [], False),
        ("softplus", ["0"], False),
        ("softplus", ["-1"], False),
        ("softplus", ["1", "1"], False),
        ("softplus", [1], False),
        ("softplus", "1", False),
        ("gelu", ["1"], False),
        ("relu", [], False),
        ("Gelu", [], False),
        (["gelu"], [], False),
        (None, [], False),
    ],
)
def test_special_documents(name, parameters, good):
    document = {"special": name, "parameters": parameters}
    if good:
        read_activation(document, "test")
        refused({**document, "more": 1}, "activation")
    else:
        refused(document, "activation")


def test_kinks_ascend(make):
    document = make.formula({}, {(1, 0): 1}, {(0, 0): 1}, kinks=[0, 1])
    read_activation(document, "test")
    refused({**document, "kinks": ["1", "0"]}, "ascending")


# ---------------------------------------------------------------- what is derived, where the pieces differ


@pytest.mark.parametrize("shift", [Fraction(-1), Fraction(-1, 2), Fraction(0), Fraction(1, 2), Fraction(1)])
@pytest.mark.parametrize("height", [Fraction(n, 2) for n in range(-2, 3)])
def test_zero_at_zero_is_about_the_value_at_zero(make, shift, height):
    """|t - shift| + height: the piece at 0 is not the first one, nor the only one."""
    left, right = {(0, 0): shift + height, (1, 0): -1}, {(0, 0): height - shift, (1, 0): 1}
    clean = [{key: c for key, c in piece.items() if c} for piece in (left, right)]
    found = read_activation(make.formula(*clean, kinks=[shift]), "test")
    assert found.zero_at_zero == (abs(shift) + height == 0)
    power = read_activation(make.formula({(0, 0): -1, (0, 1): 1}, exponent=[shift, 1]), "test")
    assert power.zero_at_zero == (shift == 0)


def test_the_largest_power_of_two(make):
    wave = read_activation(make.formula(E, exponent=[0, 1], base="2"), "test")
    for t in (2**16, -(2**16)):
        assert wave.values(Budget())(fmpq(t)) == fmpq(2) ** t
        assert wave.nonzero(fmpq(t))
        with pytest.raises(ObligationError):
            wave.values(Budget())(fmpq(t + (1 if t > 0 else -1)))


def test_equal_functions_in_other_words(make):
    def read(*pieces, **more):
        return read_activation(make.formula(*pieces, **more), "test")

    doubled = read(({(1, 0): 2}, {(0, 0): 2}))
    assert doubled.same(read(T))
    assert not doubled.same(read({(1, 0): 2}))
    relu, special = read({}, T, kinks=[0]), read_activation(make.activation("erf"), "test")
    assert relu.same(read({}, T, kinks=[0]))
    assert not relu.same(read({}, {(0, 0): -1, (1, 0): 1}, kinks=[1]))
    assert not relu.same(read(T))
    assert not relu.same(special)
    assert not special.same(relu)
    assert special.same(read_activation(make.activation("erf"), "test"))
    assert not special.same(read_activation(make.activation("sin"), "test"))
    wave = read(E, exponent=[0, 1])
    assert wave.same(read(({(0, 2): 1}, E), exponent=[0, 1]))
    assert not wave.same(read(E, exponent=[0, 2]))
    assert not wave.same(read(E, exponent=[0, 1], base="2"))
