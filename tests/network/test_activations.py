"""The table of activations: names, parameters, spelling, and what the checker says of the same text."""

from fractions import Fraction

import pytest

from exactcnn.checker.activations import read_activation
from exactcnn.domains.balls import ball, working_precision
from exactcnn.domains.curves import Curve
from exactcnn.domains.formulas import Formula, polynomial
from exactcnn.errors import InputError
from exactcnn.network.activations import activation, named


def test_text_is_canonical(text: str) -> None:
    built = activation(text)
    assert built.text == text
    assert activation(built.text) == built
    assert hash(activation(built.text)) == hash(built)
    assert built.label == f"activation {text}"


PLACES = [Fraction(k, 7) for k in (-150, -21, -20, -7, -3, -2, 0, 1, 3, 7, 18, 21, 42, 43, 150)]


def test_values_are_those_of_the_textbooks(text: str, oracles, sixty_digits) -> None:
    built, mp = activation(text), sixty_digits
    for z in PLACES:
        expected = oracles[text](mp.mpf(z.numerator) / z.denominator)
        with working_precision(200):
            found = mp.mpf(built.ball(ball(z)).mid().str(55, radius=False))
        assert abs(found - expected) < mp.mpf(10) ** -50 * (1 + abs(expected))


def test_constants_of_growth_bound_the_values(oracles, sixty_digits) -> None:
    """|σ(t)| ≤ ρ1 e^(ρ2 t) for t < 0 and |σ(t)| ≤ ρ3 t + ρ4 for t ≥ 0, densely and far out."""
    mp = sixty_digits
    stated = {text: growth for text in oracles if (growth := activation(text).growth) is not None}
    assert {"relu", "hard-swish", "silu", "swish(3/2)", "elu-plus-one", "mish", "softplus(5/2)", "gelu"} <= set(stated)
    assert stated["elu-plus-one"].constants == (1, 1, 1, 1)  # none of them can be smaller
    for text, growth in stated.items():
        assert min(growth.constants) > 0
        rho_1, rho_2, rho_3, rho_4 = (mp.mpf(c.numerator) / c.denominator for c in growth.constants)
        for k in [*range(-400, 400), -9000, 9000, 10**6]:
            t = mp.mpf(k) / 40
            assert abs(oracles[text](t)) <= (rho_1 * mp.exp(rho_2 * t) if t < 0 else rho_3 * t + rho_4)


@pytest.mark.parametrize(
    ("given_text", "canonical"),
    [
        ("leaky-relu", "leaky-relu(1/100)"),
        (" elu( 0.5 ) ", "elu(1/2)"),
        ("softplus", "softplus(1)"),
        ("swish", "swish(1)"),
        ("clip(-1e-1,2/4)", "clip(-1/10,1/2)"),
        ("ReLU", "relu"),
        ("Sigmoid", "sigmoid"),
        ("GELU", "gelu"),
        ("Leaky-ReLU(1/5)", "leaky-relu(1/5)"),
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


def test_a_name_is_part_of_the_activation_and_not_of_the_curve() -> None:
    curve = Curve((Formula(polynomial(0, 1)),))
    mine = named("mine", curve, (), None)
    assert mine.text == "mine"
    assert mine != activation("identity")
    assert (mine.pieces, mine.kinks) == (activation("identity").pieces, ())
    assert type(mine.derivative()) is Curve


@pytest.mark.parametrize(
    "text",
    [
        *("relu", "leaky-relu(0)", "leaky-relu(-1)", "abs", "relu6", "clip(0,1)", "clip(-1,0)", "clip(-1,1)"),
        *("hard-sigmoid", "hard-tanh", "hard-swish", "softsign", "squared-relu", "polynomial(0)", "identity"),
        *("elu(1)", "sigmoid", "gelu"),
    ],
)
def test_zero_on_a_half_line_as_the_checker_says(text):
    document = activation(text).document()
    assert activation(text).zero_on_a_half_line == read_activation(document, "test").zero_on_a_half_line
