"""Formal derivatives: zero where symmetry makes them so, never where they are not."""

import copy
import random
from fractions import Fraction

import mpmath
import pytest

from exactcnn.checker.budget import Budget
from exactcnn.checker.document import Document
from exactcnn.checker.formal_gradients import _exponential_layer
from exactcnn.checker.instance import read_instance
from exactcnn.checker.symbols import Symbols, plus
from tests.checker.test_symbols import numeric

NAMES = ["sigmoid", "tanh", "exp", "silu", "swish(2/3)", "elu(2)", "gaussian", "mish"]


@pytest.mark.parametrize("name", NAMES)
def test_values_and_slopes(make, name, tmp_path):
    document = make.activation(name)
    points = [Fraction(0) if name != "elu(2)" else Fraction(1, 3), Fraction(7, 5), Fraction(-7, 5), Fraction(1, 3)]
    whole = Document(make.instance([[t] for t in points], [make.elementwise(name)]), [], [], "")
    instance = read_instance(whole, tmp_path, Budget(100))
    symbols = Symbols(instance.budget)
    values, slopes = _exponential_layer(instance, 1, instance.known_samples(), symbols)
    for t, (value,), (slope,) in zip(points, values, slopes, strict=True):
        z = make.real(t)
        assert abs(numeric(value, symbols) - make.numeric_value(document, z)) < 1e-40
        assert abs(numeric(slope, symbols) - mpmath.diff(lambda x: make.numeric_value(document, x), z)) < 1e-15
    product = symbols.times(values[1][0], symbols.times(values[2][0], slopes[1][0]))
    expected = numeric(values[1][0], symbols) * numeric(values[2][0], symbols) * numeric(slopes[1][0], symbols)
    assert abs(numeric(product, symbols) - expected) < 1e-40
    assert plus(product, product, -1) == {}


def symmetric(make, name, *, shift=0, deep=False, w=Fraction(1, 2)):
    """u s(w x + b) + c on x = 1, -1, 2, -2 at u = b = 0, targets c + 1, c + 1, c - 1, c - 1: critical for odd s."""
    layers = [
        make.convolution([[0]], 1, name, weights=[[w]], biases=[0]),
        make.convolution([[0]], 1, "identity", weights=[[0]], biases=[Fraction(1, 7)]),
    ]
    if deep:
        line = make.formula({(0, 0): 3, (1, 0): 2})
        layers.append(make.convolution([[0]], 1, line, weights=[[Fraction(1, 2)]], bias="none"))
    constant = Fraction(1, 7) + 3 if deep else Fraction(1, 7)
    targets = [[constant + 1 + shift], [constant + 1], [constant - 1], [constant - 1]]
    return {**make.instance([[1], [-1], [2], [-2]], layers), "targets": make.array(targets)}


DOWN = [0, 1, Fraction(1, 10), 0]


def negative(make, document, direction, *, by="formal"):
    evidence = {"kind": "negative-direction", "by": by, "precision": 64, "positive": None}
    evidence |= {"direction": make.array(direction)}
    claim = {"kind": "critical-point", "point": -1, "type": "not a minimum", "strict": False, "index": None}
    return {**claim, "loss": ["1", "3"], "evidence": evidence}


@pytest.mark.parametrize("deep", [False, True])
def test_a_symmetric_critical_point(make, run, deep):
    """The derivative by u is 0 by s(-z) = 1 - s(z), and the others are."""
    down = [*DOWN, *[0] * deep]
    document = symmetric(make, "tanh", deep=deep)
    outcome = run(document, negative(make, document, down))
    assert outcome.exit_code == 0, outcome.message
    tiny = symmetric(make, "tanh", deep=deep, shift=Fraction(1, 10**30))
    assert "is not 0 formally" in run(tiny, negative(make, tiny, down)).message
    assert "not rational by construction" in run(document, negative(make, document, down, by="rational")).message
    moved = copy.deepcopy(document)
    moved["samples"]["values"][1] = "-1000000001/1000000000"
    assert "the derivative by W_2[0, 0] is not 0 formally" in run(moved, negative(make, moved, down)).message
    assert "curvature" in run(document, negative(make, document, [0, -1, *down[2:]])).message


def test_the_exponential_layer_reads_the_features_below_it(make, run):
    """A leaky ReLU makes 1, -2, 2, -4 symmetric: neither these samples nor those below two such layers are."""
    document = symmetric(make, "tanh")
    half = make.convolution([[0]], 1, "leaky-relu(1/2)", weights=[[1]], bias="none")
    below = {**document, "layers": [half, *document["layers"]], "samples": make.array([[1], [-2], [2], [-4]])}
    outcome = run(below, negative(make, below, [0, *DOWN]))
    assert outcome.exit_code == 0, outcome.message
    other = {**below, "samples": document["samples"]}
    assert "the derivative by W_3[0, 0]" in run(other, negative(make, other, [0, *DOWN])).message
    twice = {**below, "layers": [half, *below["layers"]]}
    assert "the derivative by W_4[0, 0]" in run(twice, negative(make, twice, [0, 0, *DOWN])).message


def test_the_derivative_by_a_bias(make, run):
    """All targets moved alike: the derivative by u is still 0, the one by c is not."""
    document = symmetric(make, "tanh")
    moved = [Fraction(x) + Fraction(1, 10**9) for x in document["targets"]["values"]]
    other = {**document, "targets": make.array([[x] for x in moved])}
    assert "the derivative by bias 0 of layer 2 is not 0 formally" in run(other, negative(make, other, DOWN)).message


def test_where_nothing_is_decided(make, run):
    document = symmetric(make, "tanh")
    for name, message in (("gelu", "these are in balls"), ("softsign", "these are in Q")):
        other = symmetric(make, name)
        assert message in run(other, negative(make, other, DOWN)).message
    soft = copy.deepcopy(document)
    soft["layers"][1]["activation"] = make.activation("softsign")
    assert "a piece of layer 2 is not a polynomial" in run(soft, negative(make, soft, DOWN)).message
    first = make.convolution([[0]], 1, "leaky-relu(1/2)", weights=[[1]], biases=[0])
    pooled = {**document, "layers": [first, make.pooling([[0]]), *document["layers"]]}
    assert "layer 2 is max-pooling" in run(pooled, negative(make, pooled, [0, 0, *DOWN])).message


def test_maxima_and_kinks_above_are_decided_in_balls(make, run):
    """Two outputs c and c - 1 and their maximum; a leaky unit above, away from its kink: all as without them."""
    document = symmetric(make, "tanh")
    low = document["layers"][0]
    for top in (make.pooling([[0, 1]]), make.elementwise("relu")):
        width = 2 if top["kind"] == "max-pooling" else 1
        second = make.convolution([[0]], width, "identity", weights=[[0] * width], biases=[3, 2][:width])
        layers = [low, second, top]
        aims = [[4], [4], [2], [2]]
        other = {**document, "layers": layers, "targets": make.array(aims)}
        direction = [0, 1, *[Fraction(1, 10), 0][:width], *[0] * width]
        outcome = run(other, negative(make, other, direction))
        assert outcome.exit_code == 0, outcome.message
        aims[0] = ["4000000001/1000000000"]
        other = {**other, "targets": make.array(aims)}
        assert "is not 0 formally" in run(other, negative(make, other, direction)).message


def test_a_polynomial_above(make, run):
    """(u tanh(w x + b) + c)^2 with u = b = 0."""
    document = symmetric(make, "tanh")
    square = copy.deepcopy(document)
    square["layers"][1]["activation"] = make.activation("square")
    square["layers"][1]["biases"] = make.array([1])
    square["targets"] = make.array([[2], [2], [0], [0]])
    outcome = run(square, negative(make, square, DOWN))
    assert outcome.exit_code == 0, outcome.message
    square["targets"] = make.array([[2], [2], [0], ["1/1000000000"]])
    assert "is not 0 formally" in run(square, negative(make, square, DOWN)).message


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "silu", "exp", "mish"])
def test_generic_points_are_not_zero(make, run, name):
    """Random parameters: some derivative is not 0, and never accepted as 0; equal samples of opposite residual are."""
    generator = random.Random(name)
    for _ in range(5):
        weights = [[Fraction(generator.randrange(-9, 10), 4) for _ in range(2)] for _ in range(2)]
        layers = [
            make.elementwise("leaky-relu(1/2)"),
            make.convolution([[0, 1]], 2, name, weights=weights, biases=[Fraction(1, 3), Fraction(2, 5)]),
            make.convolution([[0, 1]], 1, "identity", weights=[[0], [0]], biases=[0]),
        ]
        samples = [[generator.randrange(1, 5), generator.randrange(-5, 0)] for _ in range(2)]
        document = make.instance([*samples, *samples], layers)
        direction = [0, 0, 0, 0, 0, 0, 1, 0, 0]
        zero = {**document, "targets": make.array([[1], [-2], [-1], [2]])}
        assert "curvature" in run(zero, negative(make, zero, direction)).message
        other = {**document, "targets": make.array([[1], [-2], [-1], [3]])}
        assert "is not 0 formally" in run(other, negative(make, other, direction)).message
