"""Strict monotonicity in the checker: planted answers, the engine's twin, and values on a grid."""

import itertools
import random

import numpy as np
import pytest
from flint import fmpq, fmpq_poly

from exactcnn.checker.activations import Piecewise, Special, read_activation
from exactcnn.checker.budget import Budget, BudgetError
from exactcnn.checker.document import FormatError
from exactcnn.checker.monotone import definite, direction, numerator_of_slope
from exactcnn.network.activations import activation
from exactcnn.network.definitions import define_activation
from exactcnn.network.layers import FullyConnected
from exactcnn.network.monotone import monotone
from exactcnn.network.network import Network

NAMES = (
    *("identity", "relu", "leaky-relu(1/2)", "hard-sigmoid", "softsign", "sigmoid", "logistic(2)", "tanh", "softplus"),
    *("log-sigmoid", "erf", "arctan", "gelu", "sin", "cos", "elu", "silu", "mish", "square", "exp", "gaussian"),
    *("relu6", "hard-swish", "abs", "hard-tanh"),
)
MONOTONE = {
    *("identity", "leaky-relu(1/2)", "softsign", "sigmoid", "logistic(2)", "tanh", "softplus", "log-sigmoid", "erf"),
    *("arctan", "elu", "exp"),
}


def as_read(own):
    """The checker's image of an activation of the package."""
    layer = Network((1,), [FullyConnected(1, activation=own)]).layer(1)
    return read_activation(layer.document()["activation"], "here")


def of(own):
    return direction(as_read(own), Budget())


@pytest.mark.parametrize("name", NAMES)
def test_named_activations(name):
    """The engine claims nothing that the checker would refuse, and nothing is accepted that is not planted."""
    found = of(activation(name))
    assert (found == 1) == (name in MONOTONE)
    assert monotone(activation(name)).strictly is not True or found


@pytest.mark.parametrize(
    ("pieces", "kinks", "expected"),
    [
        (["t^3"], [], 1),  # a slope that vanishes
        (["-t^3"], [], -1),
        (["(t - 1)^3 - t^2/1000000"], [], 0),
        (["(t - 1)^3"], [], 1),  # mixed signs of terms, and a double zero of the slope
        (["(t - 1)^2"], [], 0),
        (["1/(1 + exp(-t^3))"], [], 1),  # flat at 0
        (["t + exp(t)"], [], 1),
        (["t - exp(t)"], [], 0),
        (["exp(t) - 1", "t"], [0], 1),
        (["1 - exp(t)", "t"], [0], 0),  # falls, then rises
        (["t", "0"], [0], 0),
        (["0", "t"], [0], 0),
        (["t^2", "0 - t^2"], [0], -1),  # slope 0 at the kink
        (["exp(t) - exp(2*t)/2", "1/2 + t"], [0], 1),  # E (1 - E) > 0 below 0: the end E = 1 counts
        (["exp(t) - 2*exp(2*t)/3", "1/3 + t"], [0], 0),  # E (1 - 4E/3) changes its sign below 0
        (["exp(-t)"], [], -1),
    ],
)
def test_planted(pieces, kinks, expected):
    own = define_activation("planted", pieces, kinks)
    assert of(own) == expected
    assert monotone(own).strictly is not True or expected


def test_base_two_with_t_is_not_decided():
    document = {"numerator": [[0, 1, "1"], [1, 0, "1"]], "denominator": [[0, 0, "1"]]}
    mixed = {"kinks": [], "pieces": [document], "exponent": ["0", "1"], "base": "2"}
    assert direction(read_activation(mixed, "here"), Budget()) == 0
    assert direction(read_activation({**mixed, "base": "e"}, "here"), Budget()) == 1


def test_special_functions():
    assert [
        direction(Special(name, ()), Budget()) for name in ("erf", "arctan", "log-sigmoid", "gelu", "sin", "cos")
    ] == [*(1, 1, 1, 0, 0, 0)]


@pytest.mark.parametrize("seed", range(60))
def test_random_quotients_against_values_and_the_engine(seed):
    """Where a sign is proved, values on a grid move in this direction; where the engine proves, so does the checker."""
    draw = random.Random(seed)

    def side(degree):
        return " + ".join(f"({draw.randint(-4, 4)})*t^{i}" for i in range(degree + 1))

    power = draw.choice(["", "*exp(t)", "*exp(-t)"])
    text = f"({side(draw.randint(1, 4))}){power if draw.random() < 0.5 else ''}"
    if draw.random() < 0.5:
        text = f"({text})/(1 + t^2)" if "exp" not in text else f"({text})/(2 + exp(t))" if "-t" not in power else text
    try:
        own = define_activation("random", [text], [])
        formula = as_read(own)
    except (FormatError, ValueError):
        return
    found = direction(formula, Budget())
    assert monotone(own).strictly is not True or found
    values = own.floats(np.linspace(-3, 3, 41))
    if found:
        assert all((b - a) * found > 0 for a, b in itertools.pairwise(values))


@pytest.mark.parametrize("seed", range(40))
def test_signs_of_products_of_lines(seed):
    """A polynomial of planted zeros: the sign between two ends is one if no zero of odd multiplicity lies inside."""
    draw = random.Random(seed)
    low, high = sorted(draw.sample(range(-6, 7), 2))
    roots = [(draw.randint(-7, 7), draw.randint(1, 3)) for _ in range(draw.randint(0, 4))]
    whole, orders = fmpq_poly([draw.choice((-2, 3))]), {}
    for root, order in roots:
        whole *= fmpq_poly([-root, 1]) ** order
        orders[root] = orders.get(root, 0) + order
    for a, b in ((low, high), (None, high), (low, None), (None, None)):
        inside = [r for r, m in orders.items() if m % 2 and (a is None or r > a) and (b is None or r < b)]
        left = (-20 if b is None else b - 20) if a is None else a
        right = left + 60 if b is None else b
        at = whole(fmpq(left) + fmpq(right - left) * fmpq(1, 3) + fmpq(1, 1000))
        ends = [None if end is None else fmpq(end) for end in (a, b)]
        assert definite(whole, *ends, Budget()) == (0 if inside else 1 if at > 0 else -1)


def test_the_numerator_of_a_slope():
    """s = 1/(1 + E) with E = e^-t: E/(1 + E)^2."""
    sigmoid = as_read(activation("sigmoid"))
    assert isinstance(sigmoid, Piecewise)
    zero, one = fmpq_poly(), fmpq_poly([1])
    assert numerator_of_slope(sigmoid.pieces[0], sigmoid.exponent) == (zero, one)
    line = as_read(activation("identity"))
    assert numerator_of_slope(line.pieces[0], line.exponent) == (one,)


def test_work_is_paid_for_first():
    terms = [[i, j, "1"] for i in range(100) for j in range(200)]
    piece = {"numerator": terms, "denominator": [[0, j, "1"] for j in range(200)]}
    hostile = read_activation(
        {"kinks": [], "pieces": [piece], "exponent": ["0", "1"], "base": "e"}, "here", Budget(1e9)
    )
    with pytest.raises(BudgetError, match="the slope of an activation"):
        direction(hostile, Budget())
    long = read_activation(
        {"kinks": [], "pieces": [{"numerator": [[i, 0, "7/3"] for i in range(900)], "denominator": [[0, 0, "1"]]}]}
        | {"exponent": [], "base": "e"},
        "here",
        Budget(1e9),
    )
    with pytest.raises(BudgetError, match="a sign on an interval"):
        direction(long, Budget())
