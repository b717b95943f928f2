"""Zeros of gradients in Q(t): critical points by symmetry, refuted neighbours, layers above and below, kinks."""

from fractions import Fraction
from random import Random

import pytest
import sympy

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.landscape.formal import formally_zero, in_exponentials
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


def objective(layers, arrays, samples, targets, inputs=1):
    network = Network((inputs,), [FullyConnected(n, activation=a) for n, a in layers])
    return Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))


def symmetric(random, count, units, bits, moved=Fraction(0), name="sigmoid"):
    """Even residuals of mean zero, odd units, no output weights: critical."""
    half = [random.randrange(1, 2**bits) for _ in range(count)]
    targets = [Fraction(random.randrange(-50, 50)) for _ in half]
    targets = [y - sum(targets) / count for y in targets] * 2
    arrays = {
        "W1": [[random.randrange(1, 2**bits) for _ in range(units)]],
        "b1": [0] * units,
        "W2": [[0]] * units,
        "b2": [str(moved)],
    }
    samples = [[x] for x in half + [-x for x in half]]
    layers = [(units, name), (1, "identity")]
    return objective(layers, arrays, samples, ExactArray.from_fractions(targets, (2 * count, 1)))


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
@pytest.mark.parametrize("bits", [3, 60])
def test_critical_by_symmetry(name, bits):
    random = Random(bits)
    assert formally_zero(symmetric(random, 6, 4, bits, name=name)) is True
    assert formally_zero(symmetric(random, 6, 4, bits, Fraction(1, 2**100), name=name), bits=64) is False


def test_a_tiny_change_is_refuted_beyond_the_precision_of_the_ball():
    assert formally_zero(symmetric(Random(3), 4, 2, 4, Fraction(1, 2**400)), bits=64) is False


def test_generic_points_are_refuted():
    random = Random(5)
    for name in ("sigmoid", "tanh", "silu", "mish", "gaussian", "elu-plus-one"):
        arrays = {"W1": [[1, -2]], "b1": ["1/3", 1], "W2": [[random.randrange(1, 5)], [2]], "b2": [0]}
        assert formally_zero(objective([(2, name), (1, "identity")], arrays, [[1], [2]], [[1], [0]])) is False


def test_zero_by_the_addition_formula():
    # (x + y)² - (x - y)² = 4xy: with squares above, sums of tanh give products
    a, b = 1, 2
    layers = [(3, "tanh"), (2, "square"), (1, "identity")]
    arrays = {
        "W1": [[a, b, a + b]],
        "b1": [0, 0, 0],
        "W2": [[1, 1], [1, -1], [0, 0]],
        "b2": [0, 0],
        "W3": [["1/4"], ["-1/4"]],
        "b3": [0],
    }
    found = in_exponentials(objective(layers, arrays, [[1]], [[0]]))
    product = found.trace.features[-1][0, 0]
    x, y, z = found.trace.features[1][0].tolist()
    assert (product + x * y * -1).terms == {}
    identity = z * (product + 1) + x * -1 + y * -1
    assert identity.terms
    assert identity.is_zero() is True


def addition_network(scale, moved="0"):
    """Output xyz + z - x - y with x = tanh(s), y = tanh(2s), z = tanh(3s): zero, but not formally."""
    layers = [(3, "tanh"), (6, "polynomial(0,1,0,1)"), (1, "identity")]
    signs = [(1, 1, 1), (1, 1, -1), (1, -1, 1), (1, -1, -1), (-1, -1, 1), (-2, -2, 2)]
    arrays = {
        "W1": [[1, 2, 3]],
        "b1": [0, 0, 0],
        "W2": [[row[i] for row in signs] for i in range(3)],
        "b2": [0] * 6,
        "W3": [["1/24"], ["-1/24"], ["-1/24"], ["1/24"], ["8/6"], ["-1/6"]],
        "b3": [moved],
    }
    return objective(layers, arrays, [[scale]], [[0]])


def test_a_gradient_that_vanishes_only_with_cleared_denominators():
    point = addition_network(1)
    assert any(value.terms for value in in_exponentials(point).gradient.tolist())
    assert formally_zero(point) is True
    assert formally_zero(point, checkable=True) is None
    assert formally_zero(symmetric(Random(1), 3, 2, 80), checkable=True) is True
    assert formally_zero(symmetric(Random(1), 3, 2, 80, Fraction(1)), checkable=True) is False
    assert formally_zero(addition_network(1, "1/" + str(10**60))) is False
    assert formally_zero(addition_network("1/7")) is True
    assert formally_zero(addition_network(10**30)) is True  # a common factor of all exponents does not count


def test_the_gradient_agrees_with_sympy():
    point = objective(
        [(2, "tanh"), (1, "identity")],
        {"W1": [["1/2", -1]], "b1": [0, "1/3"], "W2": [[2], ["-1/5"]], "b2": [1]},
        [[1], [-2]],
        [[0], ["1/7"]],
    )
    w, b, v, c = sympy.symbols("w0:2"), sympy.symbols("b0:2"), sympy.symbols("v0:2"), sympy.Symbol("c")
    loss = (
        sum(
            (sum(v[j] * sympy.tanh(w[j] * x + b[j]) for j in range(2)) + c - y) ** 2
            for x, y in ((1, 0), (-2, sympy.Rational(1, 7)))
        )
        / 2
    )
    R = sympy.Rational
    at = dict(zip((*w, *b, *v, c), (R(1, 2), -1, 0, R(1, 3), 2, R(-1, 5), 1), strict=True))
    gradient = in_exponentials(point).gradient.tolist()
    for entry, symbol in zip(gradient, (*w, *b, *v, c), strict=True):
        # exponents are multiples of 2/6: the scale is the least common denominator of g = -2z
        scale = 3
        total = 0
        for (power, symbols), factor in entry.terms.items():
            term = R(int(factor.p), int(factor.q)) * sympy.exp(R(power, scale))
            for d, a in symbols:
                term /= sum(coefficient * sympy.exp(R(a * j, scale)) for j, coefficient in enumerate(d))
            total += term
        assert abs(sympy.N(total - loss.diff(symbol).subs(at), 40)) < 1e-30


def test_dead_layers_above_and_rational_layers_below():
    layers = [(2, "relu"), (2, "sigmoid"), (1, "identity")]
    arrays = {
        "W1": [[1, -1]],
        "b1": [0, 0],
        "W2": [[1, 1], [1, 1]],
        "b2": [0, 1],
        "W3": [[0], [0]],
        "b3": ["1/2"],
    }
    samples, targets = [[1], [-1]], [[1], [0]]  # |x| is seen: features agree on both samples
    assert formally_zero(objective(layers, arrays, samples, targets)) is True
    assert formally_zero(objective(layers, arrays | {"b3": ["1/3"]}, samples, targets)) is False


def test_what_is_not_decided_or_not_offered():
    shallow = {"W1": [[1]], "b1": [1], "W2": [[1]], "b2": [0]}
    rational = objective([(1, "softsign"), (1, "identity")], shallow, [[1]], [[0]])
    with pytest.raises(InputError, match=r"expected Q\(t\)"):
        formally_zero(rational)
    layers = [(1, "sigmoid"), (1, "softsign"), (1, "identity")]  # softsign above exponentials, residual exactly zero
    arrays = {"W1": [[1]], "b1": [1], "W2": [[1]], "b2": [1], "W3": [[0]], "b3": [0]}
    assert formally_zero(objective(layers, arrays, [[1]], [[0]])) is None
    layers = [(1, "relu"), (1, "sigmoid"), (1, "identity")]
    arrays = {"W1": [[1]], "b1": [0], "W2": [[1]], "b2": [1], "W3": [[1]], "b3": [0]}
    with pytest.raises(InputError, match="kink"):
        formally_zero(objective(layers, arrays, [[0]], [[0]]))
