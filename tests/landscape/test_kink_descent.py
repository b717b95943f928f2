"""T9b: one-sided derivatives against difference quotients, descent at kinks, and minima there that must stay."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.arithmetic import Undecided
from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.descent import entry
from exactcnn.landscape.finding import dyadic
from exactcnn.landscape.kink_descent import at_kinks
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.one_sided import directional
from exactcnn.landscape.reachable import find as reachable
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from tests.landscape.examples import KINK, KINK_DATA, assert_progress, dead_units, dense, moved


def test_the_minimum_on_a_kink_is_left_alone():
    """The gradient with the left piece is not zero there, and it is a strict minimum all the same (T5)."""
    objective = dense(KINK, *KINK_DATA)
    assert objective.loss() == 11
    assert "no direction of descent" in at_kinks(objective)
    assert "gradient is not known" in entry(objective)
    rng = np.random.default_rng(0)
    assert all(directional(objective, rng.integers(-9, 10, 4)) >= 0 for _ in range(300))


def test_progress_beside_the_kinks_and_over_directions():
    reports = []
    objective = replace(dead_units(3, 4), progress=lambda *report: reports.append(report))
    assert "no direction of descent" in at_kinks(objective)
    assert_progress(reports, "gradients beside the kinks")
    assert_progress(reports, "directions from the kinks")


def test_a_kink_that_is_no_minimum():
    samples, targets = KINK_DATA
    objective = dense(KINK, samples, [*targets[:2], [2], *targets[3:]])
    found = at_kinks(objective)
    assert (found.type, found.evidence.precision) == ("not a minimum", None)
    assert directional(objective, found.evidence.direction) < 0
    assert moved(objective, found.evidence.direction.fractions(), Fraction(1, 2**30)).loss() < objective.loss()
    assert found.loss == (objective.loss(), objective.loss())


@pytest.mark.parametrize("seed", range(2))
def test_descent_at_random_kinks(seed):
    """Where random directions find a descent, the search does; what it claims holds."""
    rng = np.random.default_rng(seed)
    found, left = 0, 0
    for _ in range(60):
        units = int(rng.integers(1, 3))
        arrays = {
            "W1": rng.integers(-1, 2, (1, units)).tolist(),
            "b1": rng.integers(-2, 3, units).tolist(),
            "W2": rng.integers(-2, 3, (units, 1)).tolist(),
            "b2": [0],
        }
        samples = [[x] for x in range(-2, 3)]
        outputs = dense(arrays, samples, [[0]] * 5).outputs().fractions()
        noise = rng.integers(-1, 2, 5)
        objective = dense(arrays, samples, ExactArray.from_fractions(outputs[:, 0] + noise, (5, 1)))
        answer = at_kinks(objective)
        directions = rng.integers(-3, 4, (60, objective.coordinates.count))
        slopes = [directional(objective, d) for d in directions]
        if isinstance(answer, str):
            left += 1
            assert min(slopes) >= 0
        else:
            found += 1
            assert directional(objective, answer.evidence.direction) < 0
            assert isinstance(reachable(objective), str)
    assert found > 10
    assert left > 0


def test_tied_maxima():
    """Two equal neurons under a maximum: up by either, down by both together only."""
    layers = [
        Convolution(1, 1, activation="identity", bias="neuron"),
        MaxPooling(2),
        FullyConnected(1, activation="identity", bias="none"),
    ]
    network = Network((1, 2), layers)
    parameters = Parameters.from_arrays(network, {"W1": [[1]], "b1": [0, 0], "W3": [[1]]})
    objective = Objective(Instance(network, parameters, [[1, 1]], [[0]]))
    names = [objective.coordinates.index(f"b1[{i}]") for i in range(2)]
    slopes = [directional(objective, np.isin(np.arange(4), chosen) * -1) for chosen in (names[:1], names[1:], names)]
    assert slopes == [0, 0, -1]
    assert at_kinks(objective).type == "not a minimum"


def test_balls_above_exact_kinks():
    """ReLU below tanh: the kink of layer 1 is decided in Q, its one-sided derivative is a ball."""
    arrays = {"W1": [[1]], "b1": [-1], "W2": [[1]], "b2": [0], "W3": [[1]], "b3": [0]}
    objective = dense(arrays, [[1], [2]], [[1], [0]], activations=("relu", "tanh"))
    up = directional(objective, [0, 1, 0, 0, 0, 0])
    down = directional(objective, [0, -1, 0, 0, 0, 0])
    # F = tanh(relu(x + b)): R = (−1, tanh 1); x = 1 moves only upwards
    bend = np.tanh(1) * (1 - np.tanh(1) ** 2)
    assert float(up) == pytest.approx(-1 + bend)
    assert float(down) == pytest.approx(-bend)
    found = at_kinks(objective)
    assert found.evidence.precision == 128
    assert directional(objective, found.evidence.direction) < 0
    assert found.loss[0] < dyadic(objective.loss()) < found.loss[1] < found.loss[0] + Fraction(1, 2**80)


def test_kinks_that_balls_do_not_decide():
    """ReLU above tanh, exactly at zero: nobody says so but the symmetry."""
    arrays = {"W1": [[1, 1]], "b1": [1, 1], "W2": [[1], [-1]], "b2": [0], "W3": [[1]], "b3": [0]}
    objective = dense(arrays, [[1]], [[1]], activations=("tanh", "relu"))
    with pytest.raises(Undecided):
        directional(objective, [1] * objective.coordinates.count)
    assert "as far as balls decide" in at_kinks(objective)


def test_smooth_breakpoints():
    """A function that is C¹ and not C² at 0: derivatives exist, and no ball can tell the piece."""
    arrays = {"W1": [[1]], "b1": [-1], "W2": [[1]], "b2": [0]}
    objective = dense(arrays, [[1], [2]], [[1], [0]], activations=("elu",))
    slopes = [directional(objective, [0, t, 0, 0]) for t in (1, -1)]
    assert (slopes[0] + slopes[1]).contains(0)
    assert at_kinks(objective).type == "not a minimum"


def test_powers_of_two_in_balls():
    """The loss is rational, its derivative is not: bounds of both are those of balls."""
    arrays = {"W1": [[1]], "b1": [0], "W2": [[1]], "b2": [0]}
    objective = dense(arrays, [[1]], [[1]], activations=("logistic(2)",))
    found = at_kinks(objective)
    assert found.evidence.precision == 128
    assert found.loss[0] < objective.loss() == Fraction(1, 18) < found.loss[1]
    slope = directional(objective, [1, 0, 0, 0])  # −1/3 · ln 2 · 2/9
    assert float(slope) == pytest.approx(-np.log(2) * 2 / 27)
