"""Minima on kinks near float points: known ones, analytic layers above, rates on trained networks."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import minimize

from exactcnn.landscape.finding import Finding
from exactcnn.landscape.near_kinks import guessed, minimum_near_kinks
from exactcnn.network.definitions import define_activation
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from tests.landscape.examples import fully_connected, kink_instance, objective_of
from tests.landscape.test_kinks import assert_no_lower_point_is_near


def test_a_float_point_near_a_sharp_minimum():
    zigzag = define_activation("zigzag", ["-t - 1", "t + 1", "3 - t"], [-1, 1])
    network = Network((1,), [FullyConnected(1, activation=zigzag)])
    start = objective_of(network, {"W1": [[1 + 1e-6]], "b1": [3e-6]}, [[-1], [1]], [[-1], [3]])
    found = minimum_near_kinks(start)
    assert isinstance(found, Finding)
    assert found.centre.fractions().tolist() == [1, 0]
    assert found.strict
    assert found.loss == (1, 1)
    assert_no_lower_point_is_near(start.at(found.centre))
    one_sided = objective_of(network, {"W1": [[1 + 1e-6]], "b1": [3e-6]}, [[-1], [1]], [[-1], [1]])
    assert "no direction is left" in minimum_near_kinks(one_sided)


def test_a_float_point_near_the_smallest_instance():
    start = kink_instance().at([-1.0, -2.0 + 3e-7, 1 + 2e-6, 1e-6])
    found = minimum_near_kinks(start)
    assert isinstance(found, Finding)
    assert found.evidence.kinks == ((2, 0),)
    assert found.loss[0] <= 11 <= found.loss[1]
    assert found.loss[1] - found.loss[0] < Fraction(1, 2**60)
    theta = found.centre.fractions()
    assert theta[0] * -2 + theta[1] == 0  # exactly on its kink
    assert float(abs(theta - kink_instance().theta.fractions()).max()) < 1e-6  # up to the scale


def test_layers_above_may_be_analytic():
    samples = [[i / 2] for i in range(-8, 8)]
    targets = [
        -2.125,
        -1.875,
        -1.875,
        -1.25,
        -2.5,
        -1.125,
        -1.625,
        -0.25,
        0.125,
        0.75,
        0.75,
        0.625,
        1.5,
        2.125,
        1.125,
        2,
    ]
    network = fully_connected((1, 1, 1, 1), ("relu", "tanh", "identity"))
    arrays = {
        "W1": [[0.422616]],
        "b1": [0.845232],
        "W2": [[0.892518]],
        "b2": [-0.479867],
        "W3": [[2.707885]],
        "b3": [-0.708639],
    }
    objective = objective_of(network, arrays, samples, [[y] for y in targets])
    found = minimum_near_kinks(objective)
    assert isinstance(found, Finding)
    assert found.evidence.kinks == ((4, 0),)
    assert abs(float(found.loss[0]) - 1.2444266322916386) < 1e-12
    at = objective.at(found.centre)
    rng = np.random.default_rng(0)
    for _ in range(40):
        moved = at.theta.floats()[0] + 1e-3 * rng.standard_normal(6)
        assert float(at.in_floats(moved).twice_the_loss) / 2 > float(found.loss[0]) - 1e-9


def test_near_points_that_are_none_say_why():
    smooth = kink_instance().at([-1, -1.5, 1, 0])
    assert "no pre-activation of layer 1 is near a kink" in minimum_near_kinks(smooth)
    concave = kink_instance().at([-1.0, -3.0 + 1e-8, 1, 0])
    assert isinstance(minimum_near_kinks(concave), str)


def test_kinks_that_cannot_be_met_together():
    network = Network((1,), [FullyConnected(1, activation="hard-tanh", bias="none")])
    impossible = objective_of(network, {"W1": [[1.0]]}, [[1], [1.0001]], [[0], [0]])
    assert "cannot be met together" in minimum_near_kinks(impossible)


def test_guesses_grow_with_the_tolerance():
    start = kink_instance().at([-1.0, -2.0 + 3e-7, 1, 0])
    assert guessed(start, 1e-12) == {}
    assert guessed(start, 1e-5) == {(2, 0): 0}
    assert len(guessed(start, 2)) == 5
    tanh = objective_of(fully_connected((1, 1), ("tanh",)), {"W1": [[1]], "b1": [0]}, [[0]], [[0]])
    assert guessed(tanh, 1) == {}


@pytest.mark.parametrize("seed", range(3))
def test_trained_networks(seed):
    """Plain BFGS stops on kinks; what is certified there is a minimum on random directions, too."""
    rng = np.random.default_rng(seed)
    n, count = 3, 30
    samples = np.round(rng.standard_normal((count, 2)) * 16) / 16
    teacher = np.maximum(samples @ rng.standard_normal((2, n)) + 0.3, 0) @ rng.standard_normal((n, 1))
    targets = np.round((teacher + 0.2 * rng.standard_normal((count, 1))) * 32) / 32
    network = fully_connected((2, n, 1), ("relu", "identity"))

    def loss(t):
        features = np.maximum(samples @ t[: 2 * n].reshape(2, n) + t[2 * n : 3 * n], 0)
        residual = features @ t[3 * n : 4 * n, None] + t[4 * n] - targets
        by_sums = (residual @ t[None, 3 * n : 4 * n]) * (features > 0)
        gradient = [(samples.T @ by_sums).ravel(), by_sums.sum(0), (features.T @ residual).ravel(), residual.sum(0)]
        return 0.5 * float((residual**2).sum()), np.concatenate(gradient)

    certified = 0
    for start in range(8):
        x = np.random.default_rng(start).standard_normal(4 * n + 1)
        for _ in range(10):
            x = minimize(loss, x, jac=True, method="BFGS", options={"gtol": 1e-10, "maxiter": 3000}).x
        arrays = {
            "W1": x[: 2 * n].reshape(2, n),
            "b1": x[2 * n : 3 * n],
            "W2": x[3 * n : 4 * n, None],
            "b2": x[4 * n :],
        }
        found = minimum_near_kinks(objective_of(network, arrays, samples, targets))
        if isinstance(found, str):
            continue
        certified += 1
        centre = found.centre.floats()[0]
        value = loss(centre)[0]
        assert float(found.loss[0]) - 1e-12 <= value <= float(found.loss[1]) + 1e-12
        for _ in range(200):
            moved = centre + 1e-6 * rng.standard_normal(len(centre))
            assert loss(moved)[0] >= value - 1e-13
    assert certified >= 1
