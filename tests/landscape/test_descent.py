"""T9a, c, d: partial derivatives, negative curvature, curves; against SymPy, closed forms and sampling."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

from exactcnn.domains.balls import working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.descent import curve, entry, negative_curvature, roundings, second_derivative
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.polynomials import along
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


def linear(arrays, samples, targets, *, activation="identity"):
    depth = len(arrays)
    layers = [FullyConnected(len(arrays[f"W{k}"][0]), activation=activation, bias="none") for k in range(1, depth)]
    layers.append(FullyConnected(len(arrays[f"W{depth}"][0]), activation="identity", bias="none"))
    network = Network((len(arrays["W1"]),), layers)
    return Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))


def chain(depth, *, target=1):
    return linear({f"W{k}": [[0]] for k in range(1, depth + 1)}, [[1]], [[target]])


def fell(objective, direction, t):
    theta = objective.theta.fractions() + Fraction(t) * direction.fractions()
    return objective.at(ExactArray.from_fractions(theta)).loss() < objective.loss()


# -------------------------------------------------------------------- a


def test_the_partial_derivative_farthest_from_zero():
    objective = linear({"W1": [[1], [2]]}, [[1, 3], [0, 1]], [[0], [0]])
    found = entry(objective)
    assert (found.type, found.evidence.coordinate, found.evidence.precision) == ("not critical", 1, 128)
    assert found.loss[0] < objective.loss() < found.loss[1] < found.loss[0] + Fraction(1, 2**60)
    critical = linear({"W1": [[1], [2]]}, [[1, 3], [0, 1]], [[7], [2]])
    assert "no partial derivative" in entry(critical)


def test_small_derivatives_take_more_bits():
    """A gradient of 2^-200 times numbers of size 1, of a difference that cancels in 64 bits."""
    tiny = Fraction(1, 2**200)
    objective = linear({"W1": [[1 + tiny]]}, [[1]], [[1]], activation="tanh")
    assert "at 64 bits" in entry(objective, 64)
    assert entry(objective, 512).evidence.precision == 512


# -------------------------------------------------------------------- c


def test_saddle_of_baldi_and_hornik():
    """Rank one for diag(2, 1), at the second eigenvector: eigenvalues −1, 0, 2, 3."""
    objective = linear({"W1": [[0], [1]], "W2": [[0, 1]]}, [[1, 0], [0, 1]], [[2, 0], [0, 1]])
    assert not objective.gradient().fractions().any()
    values = np.linalg.eigvalsh(objective.hessian().floats()[0])
    assert np.allclose(sorted(values), [-1, 0, 2, 3])
    found = negative_curvature(objective, "rational")
    assert found.type == "saddle"
    assert found.evidence.by == "rational"
    hessian = objective.hessian().fractions()
    down, up = (d.fractions() for d in (found.evidence.direction, found.evidence.positive))
    assert down @ hessian @ down < 0 < up @ hessian @ up
    assert fell(objective, found.evidence.direction, Fraction(1, 2**60))


def test_other_eigenvector_is_a_minimum():
    objective = linear({"W1": [[1], [0]], "W2": [[2, 0]]}, [[1, 0], [0, 1]], [[2, 0], [0, 1]])
    assert isinstance(negative_curvature(objective, "rational"), str)
    assert isinstance(curve(objective), str)


def test_a_maximum_is_no_minimum_and_no_saddle():
    """½ (v w² x² ...)²: f = w² with target 1 at w = 0 is a local maximum of the loss."""
    network = Network((1,), [FullyConnected(1, activation="square", bias="none")])
    parameters = Parameters.from_arrays(network, {"W1": [[0]]})
    objective = Objective(Instance(network, parameters, [[1]], [[1]]))
    found = negative_curvature(objective, "rational")
    assert (found.type, found.evidence.positive) == ("not a minimum", None)
    upside_down = Objective(Instance(network, parameters, [[1]], [[-1]]))
    assert isinstance(negative_curvature(upside_down, "rational"), str)
    assert isinstance(curve(upside_down), str)


def test_negative_directions_with_v_fixed_at_zero_curvature():
    """f = v w² x² at w = 0, v = 1: down in w for a target above, and flat in v; not claimed to be a saddle."""
    objective = linear({"W1": [[0]], "W2": [[1]]}, [[1]], [[1]], activation="square")
    found = negative_curvature(objective, "rational")
    assert (found.type, found.evidence.positive) == ("not a minimum", None)
    assert found.evidence.direction.numbers.tolist()[1] == 0


def test_second_derivatives_are_those_of_the_base_two():
    network = Network((1,), [FullyConnected(1, activation="logistic(2)"), FullyConnected(1, activation="identity")])
    parameters = Parameters.from_arrays(network, {"W1": [[1]], "b1": [0], "W2": [[2]], "b2": [1]})
    objective = Objective(Instance(network, parameters, [[1], [3]], [[0], [1]]))
    w, b, v, c, t = sympy.symbols("w b v c t")
    loss = sum((v * 2 ** (w * x + b) / (1 + 2 ** (w * x + b)) + c - y) ** 2 for x, y in ((1, 0), (3, 1))) / 2
    direction = [1, -2, 3, 1]
    start = {w: 1, b: 0, v: 2, c: 1}
    line = loss.subs({s: start[s] + d * t for s, d in zip((w, b, v, c), direction, strict=True)}, simultaneous=True)
    expected = float(sympy.diff(line, t, 2).subs(t, 0))
    with working_precision(128):
        assert float(second_derivative(objective, ExactArray.from_array(direction))) == pytest.approx(expected)


def test_breakpoints_have_no_derivatives_here():
    """At a breakpoint no ball tells the piece, even where the function is smooth: softsign and ELU at 0 have a σ'."""
    for activation in ("softsign", "elu", "relu", "abs"):
        objective = linear({"W1": [[0]], "W2": [[1]]}, [[1]], [[1]], activation=activation)
        assert "breakpoint" in entry(objective)
        assert "breakpoint" in negative_curvature(objective, "rational")
    beside = linear({"W1": [["1/9"]], "W2": [[1]]}, [[1]], [[1]], activation="elu")
    assert entry(beside).type == "not critical"


# -------------------------------------------------------------------- d


@pytest.mark.parametrize("depth", [2, 3, 4, 5])
def test_chains_of_kawaguchi(depth):
    """½ (w_1 ... w_H − 1)² at zero: −t^H + ½ t^2H along all ones; a saddle whose Hessian is zero for H ≥ 3."""
    objective = chain(depth)
    assert isinstance(negative_curvature(objective, "rational"), str) == (depth > 2)
    found = curve(objective)
    assert (found.type, found.loss) == ("not a minimum", (Fraction(1, 2), Fraction(1, 2)))
    coefficients = along(objective, found.evidence.directions)
    assert next(c for c in coefficients[1:] if c) < 0
    expected = [Fraction(1, 2)] + [Fraction(0)] * (2 * depth)
    expected[depth], expected[2 * depth] = Fraction(-1), Fraction(1, 2)
    assert along(objective, ExactArray.from_array([[1] * depth])) == expected


def test_a_negative_target_needs_a_mixed_sign():
    """½ (uv + 1)²: along all ones it grows."""
    found = curve(chain(2, target=-1))
    u, v = found.evidence.directions.fractions()[0]
    assert u * v < 0
    odd = curve(chain(3, target=-1))
    assert np.prod(odd.evidence.directions.fractions()) < 0


def test_zero_targets_are_a_minimum():
    """All weights zero, targets zero: the global minimum, and nothing is claimed."""
    assert isinstance(curve(chain(3, target=0)), str)


def test_other_networks_have_no_curve():
    assert "polynomials" in curve(linear({"W1": [[0]], "W2": [[0]]}, [[1]], [[1]], activation="relu"))
    assert "polynomials" in curve(linear({"W1": [[0]], "W2": [[0]]}, [[1]], [[1]], activation="tanh"))
    assert "polynomials" in curve(linear({"W1": [[0]], "W2": [[0]]}, [[1]], [[1]], activation="softsign"))
    network = Network((1, 2), [FullyConnected(2, activation="identity"), MaxPooling(patches=((0, 1),))])
    parameters = Parameters.from_arrays(network, {"W1": [[1, 0], [0, 1]], "b1": [0, 0]})
    assert "polynomials" in curve(Objective(Instance(network, parameters, [[1, 0]], [[1]])))
    deep = linear({f"W{k}": [[0]] for k in range(1, 12)}, [[1]], [[1]], activation="square")
    assert "degree" in curve(deep)


def test_roundings_of_nothing():
    assert list(roundings(np.zeros(3))) == []
    assert list(roundings(np.array([np.nan, 1.0]))) == []
