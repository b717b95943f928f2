"""Formal derivatives: zero where symmetry makes them so, never where they are not."""

import copy
import random
from fractions import Fraction

import mpmath
import pytest
from flint import fmpq, fmpq_poly

from exactcnn.checker.activations import read_activation
from exactcnn.checker.budget import Budget
from exactcnn.checker.formal_gradients import Symbols, _exponential_layer, plus
from exactcnn.checker.instance import Instance, Layer


def numeric(polynomial, symbols):
    """Value of a polynomial in 60 digits."""
    names = {number: key for key, number in symbols.numbers.items()}
    total = mpmath.mpf(0)
    for (exponent, *own), c in polynomial.items():
        term = mpmath.mpf(int(c.p)) / int(c.q) * mpmath.exp(mpmath.mpf(exponent[0]) / exponent[1])
        for number in own:
            coefficients, (p, q) = names[number]
            power = mpmath.exp(mpmath.mpf(p) / q)
            term /= sum(
                mpmath.mpf(Fraction(x).numerator) / Fraction(x).denominator * power**j
                for j, x in enumerate(coefficients)
            )
        total += term
    return total


NAMES = ["sigmoid", "tanh", "exp", "silu", "swish(2/3)", "elu(2)", "gaussian", "mish"]


@pytest.mark.parametrize("name", NAMES)
def test_values_and_slopes(make, name, tmp_path):
    document = make.activation(name)
    points = [Fraction(0) if name != "elu(2)" else Fraction(1, 3), Fraction(7, 5), Fraction(-7, 5), Fraction(1, 3)]
    samples = [[fmpq(t.numerator, t.denominator)] for t in points]
    activation = read_activation(document, "layer 1")
    layers = [Layer("elementwise", 1, 1), Layer("elementwise", 1, 1, activation=activation)]
    instance = Instance(samples, len(points), None, layers, [], tmp_path, Budget(100))
    symbols = Symbols(instance.budget)
    values, slopes = _exponential_layer(instance, 1, samples, symbols)
    for t, (value,), (slope,) in zip(points, values, slopes, strict=True):
        z = make.real(t)
        assert abs(numeric(value, symbols) - make.numeric_value(document, z)) < 1e-40
        assert abs(numeric(slope, symbols) - mpmath.diff(lambda x: make.numeric_value(document, x), z)) < 1e-15
    product = symbols.times(values[1][0], symbols.times(values[2][0], slopes[1][0]))
    expected = numeric(values[1][0], symbols) * numeric(values[2][0], symbols) * numeric(slopes[1][0], symbols)
    assert abs(numeric(product, symbols) - expected) < 1e-40
    assert plus(product, product, -1) == {}


def test_sigmoid_of_both_signs():
    symbols = Symbols(Budget())
    one = symbols.quotient(*_logistic(), 1, fmpq(-3))
    other = symbols.quotient(*_logistic(), 1, fmpq(3))
    assert plus(one, other) == {((0, 1),): 1}
    assert symbols.quotient(*_logistic(), 2, fmpq(0)) == {((0, 1),): fmpq(1, 4)}


def _logistic():
    return fmpq_poly([1]), fmpq_poly([1, 1])


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


def test_where_nothing_is_decided(make, run):
    document = symmetric(make, "tanh")
    down = DOWN
    for name, message in (("gelu", "these are in balls"), ("softsign", "these are in Q")):
        other = symmetric(make, name)
        assert message in run(other, negative(make, other, down)).message
    pooled = {**document, "layers": [*document["layers"], make.pooling([[0]])]}
    assert "max-pooling" in run(pooled, negative(make, pooled, down)).message
    soft = copy.deepcopy(document)
    soft["layers"][1]["activation"] = make.activation("softsign")
    assert "is not affine" in run(soft, negative(make, soft, down)).message


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
