"""Lemma 3.5 and Theorem 3.4 of 2017: what they conclude, and each hypothesis taken away alone."""

import re
from fractions import Fraction

import numpy as np
import pytest
import sympy

from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks import teaching
from exactcnn.proofs.checks.features_and_ones import (
    at_its_own_targets,
    critical_at_zero_loss,
    independent_inputs,
    independent_inputs_at_zero_loss,
    narrow_by_one,
    rank_with_ones,
    three_inputs,
    zero_loss_or_a_derivative,
)

ARRAYS = {
    "W1": [[1, -2]],
    "b1": ["1/2", 1],
    "W2": [[1, 2], [-1, 1]],
    "b2": [0, 1],
    "W3": [[1], [2]],
    "b3": [-1],
}


def changed(activation="sigmoid", samples=((0,), (1,), (2,)), **arrays):
    start = narrow_by_one(activation)
    parameters = Parameters.from_arrays(start.network, {**ARRAYS, **arrays})
    return Instance(start.network, parameters, [list(row) for row in samples], start.targets)


def slow_outputs(instance, sigma):
    """Second implementation: sympy, one sample and unit after the other."""
    rows = []
    for sample in instance.samples.fractions().tolist():
        values = [sympy.Rational(x.numerator, x.denominator) for x in sample]
        for layer in instance.parameters.layers:
            weights, biases = layer.weights.fractions(), layer.biases.fractions()
            sums = [
                sum((sympy.Rational(str(w)) * x for w, x in zip(column, values, strict=True)), sympy.Rational(str(b)))
                for column, b in zip(weights.T, biases, strict=True)
            ]
            values = [sigma(z) for z in sums]
        rows.append(values)
    return rows


def test_the_derivative_is_not_zero_by_difference_quotients():
    """Second opinion: the named derivative, from outputs computed by sympy in 60 digits."""
    found, start = zero_loss_or_a_derivative(), narrow_by_one()
    assert (found.status, found.checked) == ("proved", True)
    assert "b2[0]" in found.what

    def loss(bias):
        there = changed(b2=[bias, 1])
        outputs = slow_outputs(there, lambda z: sympy.N(1 / (1 + sympy.exp(-z)), 60))
        wanted = start.targets.fractions().ravel().tolist()
        return sum((row[0] - sympy.Rational(str(y))) ** 2 for row, y in zip(outputs, wanted, strict=True)) / 2

    step = Fraction(1, 10**8)
    quotient = float((loss(str(step)) - loss(str(-step))) / (2 * sympy.Rational(1, 10**8)))
    place = Objective(start).coordinates.index("b2[0]")
    assert quotient == pytest.approx(float(Objective(start).gradient().tolist()[place].mid()), rel=1e-9)
    assert abs(quotient) > 1e-3


def test_zero_loss_and_zero_gradient():
    for found in (critical_at_zero_loss(), independent_inputs_at_zero_loss()):
        assert (found.status, found.checked) == ("proved", True)
        assert found.what.endswith("is critical, and Φ = 0")
    instance = at_its_own_targets(narrow_by_one(teaching.smooth_ramp()))
    assert Objective(instance).loss() == 0


def test_rank_with_ones_by_floats():
    for seed in range(6):
        draw = np.random.default_rng(seed)
        weights, biases = draw.integers(-3, 4, (1, 2)).tolist(), draw.integers(-2, 3, 2).tolist()
        instance = changed(W1=weights, b1=biases)
        sums = np.array([[0.0], [1.0], [2.0]]) @ np.array(weights, dtype=float) + np.array(biases)
        features = np.column_stack([1 / (1 + np.exp(-sums)), np.ones(3)])
        assert rank_with_ones(instance, 1)[0].exact == np.linalg.matrix_rank(features), (weights, biases)


def test_a_unit_of_tanh_has_no_constant_at_zero():
    """tanh(0) = 0: the added unit has to be another constant."""
    assert rank_with_ones(changed("tanh"), 1)[0].exact == 3
    assert rank_with_ones(changed("tanh", W1=[[0, 0]]), 1)[0].exact == 1


def test_the_inputs_with_ones():
    assert rank_with_ones(three_inputs(), 0)[0].exact == 3
    assert rank_with_ones(changed(), 0)[0].exact == 2


@pytest.mark.parametrize(
    ("instance", "layer", "reason"),
    [
        (changed(W1=[[1, 1]], b1=[0, 0]), 1, r"rank \[F_1, 1\] is 2, N = 3"),
        (changed(samples=((0,), (1,), (1,))), 1, r"rank \[F_1, 1\] is 2, N = 3"),
        (changed(W3=[[0], [0]]), 1, "rank W_3 is 0, n_3 = 1"),
        (changed("relu"), 1, "slope of the activation of layer 2 may vanish"),
        (changed(), 3, "layer 3 of a network of 3 layers"),
        (changed(), 0, r"rank \[F_0, 1\] is 2, N = 3"),
    ],
)
def test_one_hypothesis_less_is_undecided(instance, layer, reason):
    found = zero_loss_or_a_derivative(instance, layer=layer)
    assert found.status == "undecided"
    assert re.search(reason, found.what), found.what


def test_layers_without_biases_are_undecided():
    layers = [FullyConnected(2), FullyConnected(1, bias="none")]
    network = Network((1,), layers, activation="sigmoid")
    parameters = Parameters.from_arrays(network, {"W1": [[1, 2]], "b1": [0, 1], "W2": [[1], [1]]})
    found = zero_loss_or_a_derivative(Instance(network, parameters, [[0], [1]], [[0], [1]]))
    assert (found.status, found.what) == ("undecided", "a layer without biases")


def test_theorem_at_other_inputs():
    assert independent_inputs().status == "proved"
    line = three_inputs()
    flat = Instance(line.network, line.parameters, [[0, 0], [1, 1], [2, 2]], line.targets)
    assert independent_inputs(flat).status == "undecided"
