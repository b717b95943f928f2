"""Flat activations of 2017: derivatives by difference quotients, and controls at which they do not vanish."""

from fractions import Fraction

import pytest
import sympy

from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.proofs.checks.flat_points import (
    critical_below_a_flat_output,
    critical_with_independent_inputs,
    flat_hidden_layer,
    flat_output,
)


def test_every_derivative_vanishes_by_sympy():
    """Second implementation of the analytic instance: the loss as a formula in all seven parameters."""
    w, v, a, b, p, q, c = variables = sympy.symbols("w v a b p q c")

    def sigma(t):
        return 1 / (1 + sympy.exp(-(t**3)))

    loss = sum((p * sigma(w * x + a) + q * sigma(v * x + b) + c - x) ** 2 for x in (0, 1)) / 2
    point = dict(zip(variables, (0, 0, 0, 1, 1, 0, 0), strict=True))
    assert all(sympy.simplify(loss.diff(each).subs(point)) == 0 for each in variables)
    assert loss.subs(point) == sympy.Rational(1, 4)
    found = critical_with_independent_inputs()
    assert (found.status, found.checked) == ("refuted", True)
    assert found.details == {"analytic": True, "strictly monotone": True, "loss": 0.25}


def test_flat_on_both_layers_by_difference_quotients():
    objective = Objective(flat_output())
    theta, base = objective.theta.fractions(), objective.loss()
    assert base == Fraction(1, 16)
    for index in range(len(theta)):
        moved = theta.copy()
        moved[index] += Fraction(1, 10**6)
        assert abs(objective.at(moved).loss() - base) * 10**6 < Fraction(1, 10**4)
    assert Objective(flat_output(W2=[[32], [-32]], b2=[0])).loss() == 0


def test_the_analytic_example_by_hand():
    """Step 3 of the page, in 50 digits: G_2 = 0 at one point, outputs 1/4 and 3/4 at the other."""

    def sigma(t):
        return 1 / (1 + sympy.exp(-(t**3)))

    s = sigma(sympy.Rational(1, 2))
    features = sympy.Matrix([[sympy.Rational(1, 2), s], [s, sympy.Rational(1, 2)]])
    assert sympy.simplify(
        features * sympy.Matrix([1, 1]) - (sympy.Rational(1, 2) + s) * sympy.ones(2, 1)
    ).is_zero_matrix
    a = sympy.log(3) ** sympy.Rational(1, 3) / (s - sympy.Rational(1, 2))
    outputs = [float(sympy.N(sigma(z), 50)) for z in features * sympy.Matrix([a, -a])]
    assert outputs == pytest.approx([0.25, 0.75], abs=1e-15)


def test_a_point_that_is_not_flat_is_seen():
    """Positive control: with another bias of the output some derivative is not zero."""
    assert Objective(flat_output(b2=["-65/2"])).gradient().numbers.any()
    hidden = flat_hidden_layer()
    other = Objective(Instance(hidden.network, hidden.parameters, [[0], [1]], [[0], [2]]))
    assert any(not value.contains(0) for value in other.gradient().tolist())


def test_the_certificate_states_ranks_gradient_and_losses():
    found = critical_below_a_flat_output()
    assert (found.status, found.checked) == ("refuted", True)
    kinds = [claim.document()["kind"] for claim in found.certificates[0].claims]
    assert kinds == ["rank", "weights-rank", "gradient", "loss", "loss"]
    assert found.details["lemma"] == "the slope of the activation of layer 2 may vanish"
