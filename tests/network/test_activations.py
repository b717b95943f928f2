"""The table of activations: names, parameters, spelling, and what the checker says of the same text."""

import pytest

from exactcnn.checker.activations import read_activation
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
