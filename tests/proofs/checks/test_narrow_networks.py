"""Narrow networks: planted strict minima against sympy, random points around them, and one unit with biases."""

import random
from fractions import Fraction

import numpy as np
import pytest
import sympy

from exactcnn.domains.exact import exact_array
from exactcnn.landscape.classify import classify
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.narrow_networks import (
    a_constant_unit,
    a_unit_that_does_not,
    a_unit_that_moves,
    an_exact_fit,
    any_three_inputs,
    below_width_n,
    from_width_n_on,
    one_unit,
    planted,
    three_samples,
    three_samples_two_units,
    two_samples,
    with_an_output_bias,
    with_output_biases,
)
from exactcnn.proofs.checks.wide_layers import one_hidden_layer


@pytest.mark.parametrize(
    "check",
    [two_samples, three_samples, three_samples_two_units, with_an_output_bias, below_width_n, with_output_biases],
)
def test_strict_minima(check):
    found = check()
    assert (found.status, found.scope, found.checked) == ("proved", "an instance", True), found.what


def test_none_from_width_n_on():
    found = from_width_n_on()
    assert (found.status, found.scope, found.checked) == ("proved", "architecture", True)
    assert len(found.certificates) == 4


@pytest.mark.parametrize("inputs", [(-1, 1, 4), (-2, 1, 3, 5), (-3, -1, 2)])
def test_planted_minima_by_sympy(inputs):
    """Second implementation: the loss as a formula in v and w, differentiated."""
    samples = exact_array([[x] for x in inputs], name="samples")
    instance, _ = planted(samples, Fraction(1, 10))
    v, w = sympy.symbols("v w")
    targets = [sympy.Rational(str(y)) for y in instance.targets.fractions().ravel().tolist()]
    loss = sum((v / (1 + 2 ** (-w * x)) - y) ** 2 for x, y in zip(inputs, targets, strict=True)) / 2
    at = {v: sympy.Rational(1, 10), w: 1}
    assert [sympy.simplify(loss.diff(each).subs(at)) for each in (v, w)] == [0, 0]
    hessian = sympy.hessian(loss, (v, w)).subs(at).evalf(40)
    assert hessian[0, 0] > 0
    assert hessian.det() > 0
    found = any_three_inputs(samples)
    assert (found.status, found.checked) == ("proved", True)


def test_inputs_that_do_not_suffice():
    for inputs in ((1, 2), (1, 1, 2), (0, 0, 5)):
        found = any_three_inputs(exact_array([[x] for x in inputs], name="x"))
        assert found.status == "undecided"
        assert "three different inputs" in found.what
    assert any_three_inputs(exact_array([["1/2"], [1], [2]], name="x")).what == "inputs are not single integers"
    assert any_three_inputs(exact_array([[1, 2]], name="x")).what == "inputs are not single integers"


def test_a_large_size_leaves_the_minimum_strict():
    """ε need not be small for one unit; where no better unit is found the check says nothing."""
    instance, _ = planted(exact_array([[-1], [1], [4]], name="x"), Fraction(50))
    assert classify(Objective(instance)).status == "strict minimum"


# ---------------------------------------------------------------- one unit with biases


@pytest.mark.parametrize("check", [a_unit_that_moves, an_exact_fit, a_unit_that_does_not, a_constant_unit])
def test_one_unit(check):
    found = check()
    assert (found.status, found.checked) == ("proved", True), found.what


@pytest.mark.parametrize("seed", range(30))
def test_no_point_is_a_strict_minimum(seed):
    """Drawn points, with weights 0 among them, and exact fits: exactly one of the cases applies."""
    draw = random.Random(seed)
    w, b, v, c = (draw.randint(-2, 2) for _ in range(4))
    instance = one_unit(w, b, v, c, fitted=seed % 3 == 0)
    found = [check(instance).status for check in (a_unit_that_moves, an_exact_fit, a_unit_that_does_not)]
    expected = "a_unit_that_does_not" if v * w == 0 else "an_exact_fit" if seed % 3 == 0 else "a_unit_that_moves"
    places = {"a_unit_that_moves": 0, "an_exact_fit": 1, "a_unit_that_does_not": 2}
    assert found[places[expected]] == "proved"
    assert classify(Objective(instance)).status != "strict minimum"


def test_tanh_and_two_samples():
    start = one_unit(1, 0, 2, -1)
    layers = start.network.layers
    network = Network((1,), [FullyConnected(1, activation="tanh"), layers[1]])
    instance = Instance(network, start.parameters, [[0], [1]], [[1], [3]])
    assert a_unit_that_moves(instance).status == "proved"


def test_what_the_statement_is_not_about():
    start = one_unit(1, 0, 2, -1)
    four = Instance(start.network, start.parameters, [[0], [1], [2], [3]], [[0], [1], [0], [1]])
    assert a_unit_that_moves(four).what == "expected up to three different samples"
    equal = Instance(start.network, start.parameters, [[0], [0]], [[0], [1]])
    assert a_unit_that_moves(equal).what == "expected up to three different samples"
    bare = one_hidden_layer(1)
    parameters = Parameters.from_arrays(bare, {"W1": [[1]], "W2": [[1]]})
    assert "expected one input" in a_unit_that_moves(Instance(bare, parameters, [[1]], [[1]])).what
    assert an_exact_fit(start).what == "the loss is not 0"
    assert a_unit_that_does_not(start).what == "neither w nor v is 0"


def test_ranks_at_an_exact_fit_by_floats():
    """Second implementation: the Jacobian of the three outputs by c, v, w and b, by difference quotients."""
    objective = Objective(one_unit(1, 0, 2, -1, fitted=True))
    theta, step = objective.theta.fractions().astype(float), 1e-6
    columns = []
    for place in range(4):
        ends = []
        for sign in (1, -1):
            moved = theta.copy()
            moved[place] += sign * step
            ends.append(np.asarray(objective.in_floats(moved).trace.features[-1], dtype=float).ravel())
        columns.append((ends[0] - ends[1]) / (2 * step))
    assert np.linalg.matrix_rank(np.array(columns), tol=1e-4) == 3
