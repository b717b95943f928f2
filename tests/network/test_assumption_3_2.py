"""Assumption 3.2: the table, and every constant and limit checked with balls."""

from fractions import Fraction

import flint
import pytest
import sympy

from exactcnn.domains.balls import ball, working_precision
from exactcnn.domains.curves import Curve
from exactcnn.domains.formulas import ONE, Formula, polynomial
from exactcnn.network.activations import Growth, activation, activation_names, named
from exactcnn.network.assumption_3_2 import assumption_3_2

LIMITS = {  # condition (i)
    "relu6": ("0", "6"), "hard-sigmoid": ("0", "1"), "sigmoid": ("0", "1"), "gaussian": ("0", "0"),
    "logistic(2)": ("0", "1"),
    "clip(0,2)": ("0", "2"), "clip(-1/2,0)": ("-1/2", "0"),
}  # fmt: skip
NO_ZERO_LIMIT = {
    "hard-tanh": ("-1", "1"), "softsign": ("-1", "1"), "tanh": ("-1", "1"), "erf": ("-1", "1"),
    "arctan": ("-pi/2", "pi/2"), "clip(-1,2)": ("-1", "2"), "clip(1,2)": ("1", "2"),
}  # fmt: skip
GROWTH = [
    "relu", "leaky-relu(0)", "hard-swish", "silu", "swish(1/10)", "swish(1)", "swish(7)", "mish",
    "softplus(1/9)", "softplus(1)", "softplus(20)", "gelu",
]  # fmt: skip
UNBOUNDED_LEFT = [
    "leaky-relu(1/100)", "leaky-relu(-1)", "leaky-relu(1)", "abs", "identity", "square", "polynomial(0,0,0,1)",
    "polynomial(3,-1/2)", "swish(0)", "swish(-1)", "log-sigmoid",
]  # fmt: skip
OTHER_FAILURES = ["exp", "squared-relu", "sin", "cos", "elu(1)", "elu(3/2)", "polynomial(5)", "polynomial(0,0)"]


def test_the_table_covers_every_name() -> None:
    texts = [*LIMITS, *NO_ZERO_LIMIT, *GROWTH, *UNBOUNDED_LEFT, *OTHER_FAILURES, "elu-plus-one"]
    assert {text.partition("(")[0] for text in texts} == set(activation_names())


@pytest.mark.parametrize("text", [*LIMITS, *NO_ZERO_LIMIT])
def test_limits(text: str) -> None:
    built, limits = activation(text), {**LIMITS, **NO_ZERO_LIMIT}[text]
    witness = assumption_3_2(built)
    assert (witness.holds, witness.condition) == ((True, "i") if text in LIMITS else (False, None))
    assert witness.limits == limits
    assert witness.mirror_holds == witness.holds == (sympy.sympify(limits[0]) * sympy.sympify(limits[1]) == 0)
    for sign, limit in zip((-1, 1), limits, strict=True):
        distances = [
            abs(float(built.ball(flint.arb(sign * 10**k)).mid()) - float(sympy.sympify(limit))) for k in (2, 4, 6)
        ]
        assert distances[2] <= 2e-6
        assert distances[0] >= distances[1] >= distances[2]


@pytest.mark.parametrize("text", GROWTH)
def test_growth_constants(text: str) -> None:
    built = activation(text)
    witness = assumption_3_2(built)
    assert (witness.holds, witness.condition, witness.limits) == (True, "ii", None)
    assert witness.constants is not None
    assert min(witness.constants) > 0
    with working_precision(2500):  # softplus(20) comes within a factor of 1 - e^(20 t) of its bound
        rho = [ball(c) for c in witness.constants]
        for k in range(1, 400):
            t = -ball(Fraction(k, 10))
            assert built.ball(t).abs_upper() <= (rho[0] * (rho[1] * t).exp()).abs_lower()
        for k in [*range(300), 10**6, 10**12]:
            t = ball(Fraction(k, 10))
            assert built.ball(t).abs_upper() <= (rho[2] * t + rho[3]).abs_lower()


@pytest.mark.parametrize(
    ("text", "index", "smallest"),
    [
        ("hard-swish", 0, "t*(-3-t)/6*exp(-t)"),
        ("mish", 0, "2/e"),
        ("silu", 0, "2/e"),
        ("gelu", 0, "sqrt(e/2/pi)"),
        ("softplus(1)", 3, "log(2)"),
    ],
)
def test_constants_are_rounded_up_from_the_analytic_ones(text: str, index: int, smallest: str) -> None:
    names = {"t": -(1 + sympy.sqrt(13)) / 2, "e": sympy.E}
    constants = assumption_3_2(activation(text)).constants
    assert constants is not None
    analytic = sympy.sympify(smallest, locals=names)
    assert 1 <= sympy.Rational(str(constants[index])) / analytic < 1.03


@pytest.mark.parametrize("text", UNBOUNDED_LEFT)
def test_unbounded_on_the_left(text: str) -> None:
    witness = assumption_3_2(activation(text))
    assert (witness.holds, witness.condition, witness.constants) == (False, None, None)
    assert "t → −∞" in witness.reason
    assert activation(text).ball(flint.arb(-(10**6))).abs_lower() >= 9999


@pytest.mark.parametrize("text", OTHER_FAILURES)
def test_other_failures(text: str) -> None:
    witness = assumption_3_2(activation(text))
    assert (witness.holds, witness.mirror_holds) == (False, False)
    assert witness.reason
    if text.startswith("polynomial"):
        assert "constant" in witness.reason
    if text in ("exp", "squared-relu"):
        ratios = [activation(text).ball(flint.arb(t)) / t for t in (10, 100)]
        assert ratios[1] > 9 * ratios[0]
    if text.startswith("elu"):
        assert float(activation(text).ball(flint.arb(-50)).mid()) == pytest.approx(-activation(text).parameters[0])


def test_mirror_images() -> None:
    """σ(−t) satisfies (ii) for log-sigmoid and for Swish with b < 0: −softplus(t) and −t S(|b| t)."""
    mirrored = {text for text in UNBOUNDED_LEFT + GROWTH if assumption_3_2(activation(text)).mirror_holds}
    assert mirrored == {"swish(-1)", "log-sigmoid"}
    for left, right in (("log-sigmoid", "softplus(1)"), ("swish(-1)", "swish(1)")):
        for k in range(-30, 31):
            t = ball(Fraction(k, 3))
            assert activation(left).ball(-t).overlaps(-activation(right).ball(t))


def test_bounds_that_are_attained() -> None:
    """1 + ELU is e^t for t < 0 and t + 1 for t ≥ 0: all constants are 1, and no ball can tell the two sides apart."""
    built = named(
        "elu-plus-one",
        Curve((Formula(((0, 1, Fraction(1)),)), Formula(polynomial(1, 1))), (Fraction(0),), (Fraction(0), Fraction(1))),
        growth=Growth("its definition"),
    )
    witness = assumption_3_2(built)
    assert (witness.holds, witness.condition, witness.constants) == (True, "ii", (1, 1, 1, 1))
    t = sympy.Symbol("t")
    assert built.sympy(t).args == ((sympy.exp(t), t <= 0), (t + 1, True))


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        ((polynomial(1), polynomial(1, -1)), (polynomial(0, 1),), "tends to zero for t → −∞, but not exponentially"),
        ((polynomial(2),), (polynomial(2, 1),), "the limit for t → −∞ is 2, not zero"),
        ((polynomial(),), (polynomial(0, 0, 1),), "grows faster than linearly"),
        ((polynomial(0, 1),), (polynomial(),), "tends to infinity for t → −∞"),
    ],
)
def test_failures_by_leading_terms(left, right, reason) -> None:
    built = named("mine", Curve((Formula(*left), Formula(*right)), (Fraction(0),)))
    witness = assumption_3_2(built)
    assert not witness.holds
    assert reason in witness.reason


def test_conditions_by_leading_terms() -> None:
    cubed = named(
        "mine",
        Curve((Formula(ONE, (*ONE, (0, 1, Fraction(1)))),), (), (Fraction(0), Fraction(0), Fraction(0), Fraction(-1))),
    )
    assert assumption_3_2(cubed).limits == ("0", "1")  # 1/(1 + e^(-t^3))
    linear = named(
        "mine",
        Curve(
            (Formula(((1, 1, Fraction(-1)),)), Formula(polynomial(0, 3))), (Fraction(0),), (Fraction(0), Fraction(1, 9))
        ),
    )
    witness = assumption_3_2(linear)
    assert (witness.condition, witness.constants) == ("ii", None)
    assert "leading terms" in witness.reason
