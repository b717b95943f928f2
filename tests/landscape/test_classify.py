"""The two ladders on instances whose answer is known; whatever they say, the checker accepts."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.landscape.classify import classify, refine
from exactcnn.landscape.objective import Objective
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


def accepted(point):
    instance = point.objective.instance
    outcome = Certificate(instance, point.claims, len(instance.network.layers), point.points).outcome
    return outcome.exit_code == 0 or outcome.message


def test_a_strict_bad_minimum(li_ding_sun):
    point = classify(li_ding_sun)
    assert (point.status, point.loss, point.index) == ("strict minimum", (Fraction(49, 50),) * 2, (2, 0, 0))
    assert point.suboptimal is True
    assert point.better.loss[1] < Fraction(4, 5)
    assert accepted(point) is True


def test_a_perturbed_point_is_not_critical_and_comes_back(li_ding_sun, objective, dense):
    network = dense((1, 1, 1), "sigmoid", bias="none")
    sigmoid = objective(network, [[1], [3]], [[-1], [1]], [np.log(2), Fraction(9, 50)])
    moved = sigmoid.theta.fractions()
    moved[1] += Fraction(1, 2**20)
    there = sigmoid.at(ExactArray.from_fractions(moved))
    point = classify(there, search=False)
    assert point.status == "not critical"
    assert accepted(point) is True
    back = refine(there, search=False)
    assert back.status == "strict minimum"
    assert back.loss[0] < Fraction(49, 50) < back.loss[1]
    assert back.loss[1] - back.loss[0] < Fraction(1, 10**15)
    assert accepted(back) is True


@pytest.mark.parametrize("bits", [32, 40, 64])
@pytest.mark.parametrize("name", ["exp", "sigmoid", "silu", "gelu"])
def test_the_checker_agrees_at_low_precision(drawn, dense, name, bits):
    """Its formulas are other ones, and its balls may be wider: what is claimed leaves room for that."""
    for seed in range(3):
        point = classify(drawn(dense((3, 3, 2, 2), name), 3, seed=seed), bits=(bits,), search=False)
        assert point.status == "not critical"
        assert accepted(point) is True


def test_gradients_that_overflow_in_floats(objective, dense):
    """Their squares do; warnings are errors here."""
    point = classify(objective(dense((1, 1, 1), "identity", bias="none"), [[10**100]], [[1]], [10**50, 10**60]))
    assert (point.status, point.gradient_norm) == ("not critical", float("inf"))


def test_a_minimum_on_a_kink(kink):
    point = classify(kink)
    assert (point.status, point.loss) == ("minimum", (Fraction(11), Fraction(11)))
    assert point.frozen
    assert point.suboptimal is True
    assert point.gradient_norm != point.gradient_norm
    assert accepted(point) is True


def test_descent_at_a_kink(objective, dense):
    """½ (|w| − 1)² at w = 0: a maximum on a kink."""
    network = dense((1, 1, 1), "abs", bias="none")
    point = classify(objective(network, [[1]], [[1]], [0, 1]), search=False)
    assert point.status == "not a minimum"
    assert accepted(point) is True


def test_a_saddle(objective, dense):
    point = classify(objective(dense((1, 1, 1), "identity", bias="none"), [[1]], [[1]], [0, 0]))
    assert point.status == "saddle"
    assert point.suboptimal is True
    assert accepted(point) is True


def test_a_saddle_of_exact_index_nearby(objective, dense):
    start = ["1/1000000", "-1/500000"]
    loss = objective(dense((1, 1, 1), "identity", bias="none"), [[1]], [[1]], start)
    point = refine(loss)
    assert (point.status, point.index) == ("saddle", (1, 1, 0))
    assert accepted(point) is True


def test_zero_loss_exactly_and_nearby(objective, dense):
    exact = objective(dense((1, 1, 1), "identity", bias="none"), [[1]], [[1]], [2, "1/2"])
    assert classify(exact).status == "global minimum"
    near = refine(objective(dense((1, 1, 1), "tanh", bias="none"), [[1]], [["1/2"]], [1, 0.6565]))
    assert near.status == "global minimum"
    assert near.loss == (0, 0)
    assert near.suboptimal is False
    assert accepted(near) is True


def test_a_linear_convolutional_network(objective):
    """A bad minimum with a scaling symmetry: loss 9/8, the best is 1/2."""
    layers = [Convolution(1, patches=((0, 1), (1, 2)), bias="none"), FullyConnected(1, bias="none")]
    network = Network((3,), layers, activation="identity")
    loss = objective(network, np.eye(3, dtype=int), [[1], [0], ["3/2"]], [1, 0, 1, 0])
    best = Parameters.from_arrays(network, {"W1": [[0], ["3/2"]], "W2": [[0], [1]]})
    point = classify(loss, better=[best])
    assert (point.status, point.loss[0]) == ("minimum", Fraction(9, 8))
    assert point.index == (3, 0, 1)
    assert len(point.frozen) == 1
    assert point.better.loss == (Fraction(1, 2), Fraction(1, 2))
    assert accepted(point) is True
    assert point.frozen == ("W1[0,0]",)
    with pytest.raises(InputError, match=r"no symmetry of the loss freezes W2\[0,0\]; here W1\[0,0\]"):
        classify(loss, freeze=["W2[0,0]"], search=False)
    other = loss.at([2, 0, "1/2", 0])
    assert classify(other, search=False).frozen == ("W1[0,0]",)


def test_dead_units(objective, dense):
    loss = objective(dense((1, 2, 1), "relu"), [[1], [2], [3]], [[0], [0], [3]], [1, 1, -9, -9, 1, 1, 1])
    point = classify(loss)
    assert point.status == "minimum"
    assert point.suboptimal is True
    assert accepted(point) is True


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu", "softplus", "elu", "square"])
def test_random_points_are_not_critical(drawn, dense, name):
    point = classify(drawn(dense((2, 3, 1), name), 5, seed=3), search=False)
    assert point.status == "not critical"
    assert accepted(point) is True


def test_an_irrational_zero_is_formal(objective, dense):
    """Two samples that mirror each other, an odd function: gradient 0 by symmetry, for all sizes of exponents."""
    loss = objective(dense((1, 1, 1), "tanh"), [[1], [-1]], [[3], [3]], ["1/3", 0, 0, 3])
    assert loss.domain == "Q(t)"
    assert classify(loss, search=False).status == "global minimum" or loss.loss() == 0
    flat = objective(dense((1, 1, 1), "tanh"), [[1], [-1], [2], [-2]], [[1], [1], [-1], [-1]], ["1/3", 0, 0, 0])
    point = classify(flat, search=False)
    assert point.status in ("saddle", "not a minimum", "minimum", "undecided")
    if point.finding is not None:
        assert accepted(point) is True


def test_what_is_claimed_to_be_better(li_ding_sun):
    worse = li_ding_sun.coordinates.parameters(ExactArray.from_array([1, 5]))
    with pytest.raises(InputError, match=r"better\[0\]: its loss is larger by"):
        classify(li_ding_sun, better=[worse])
    with pytest.raises(InputError, match=r"better\[0\]: its loss is not smaller for certain"):
        classify(li_ding_sun, better=[li_ding_sun.instance.parameters])
    with pytest.raises(InputError, match="layer 9 has no parameters"):
        classify(li_ding_sun, freeze=["W9[0,0]"])


def test_a_start_far_from_everything(objective, dense, monkeypatch):
    loss = objective(dense((1, 1, 1), "gaussian"), [[1], [2], [4]], [[9], [-9], [5]], [0.3, 0.1, 3, 7])
    point = refine(loss, search=False)  # which runs to infinity
    assert point.status == "undecided"
    assert "the largest parameter is" in point.reason
    monkeypatch.setattr("exactcnn.landscape.classify.NEWTON_STEPS", 1)
    with pytest.raises(InputError, match=r"\|∇Φ\| = .* after 1 Newton steps; expected a start near a critical point"):
        refine(loss, search=False)


def test_both_ladders_say_how_far_they_are(li_ding_sun):
    seen = []
    point = Objective(li_ding_sun.instance, lambda *report: seen.append(report))
    classify(point, search=False)
    assert ("gradient by balls", 0, 3) in seen
    assert ("curvatures by balls", 0, 3) in seen
    assert all(0 <= done < total for _, done, total in seen)
    seen.clear()
    theta = point.theta.fractions()
    theta[1] += Fraction(1, 2**20)
    refine(point.at(ExactArray.from_fractions(theta)), search=False)
    assert ("Newton's method", 0, 50) in seen
    assert ("a box by balls", 0, 3) in seen
