"""Points on kinks: the smallest instance, descent by fractions, multipliers that are not unique, sharp minima."""

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.finding import Finding
from exactcnn.landscape.kinks import decide_on_kinks, stratum_at
from exactcnn.network.definitions import define_activation
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from tests.landscape.examples import assert_progress, dead_units, fully_connected, kink_instance, objective_of


def along(objective, direction, t):
    """Φ(θ + t d)."""
    theta = objective.theta.fractions() + t * np.array(direction, dtype=object)
    return objective.at(ExactArray.from_fractions(theta.tolist())).loss()


def assert_descends(objective, finding):
    assert finding.type == "not a minimum"
    direction = finding.evidence.direction.fractions()
    assert along(objective, direction, Fraction(1, 2**40)) < objective.loss()


def assert_no_lower_point_is_near(objective, trials=60, seed=0):
    """A necessary condition, in fractions: random points nearby are no better."""
    rng, value = random.Random(seed), objective.loss()
    for _ in range(trials):
        direction = [Fraction(rng.randint(-9, 9)) for _ in range(objective.coordinates.count)]
        assert along(objective, direction, Fraction(1, 2**30)) >= value


# -------------------------------------------------------------------- exactly


def test_smallest_instance():
    objective = kink_instance()
    found = decide_on_kinks(objective)
    assert isinstance(found, Finding)
    assert found.type == "minimum"
    assert found.loss == (11, 11)
    assert found.evidence.kinks == ((2, 0),)
    assert found.evidence.radius is found.evidence.surplus is None
    stratum = stratum_at(objective)
    here = objective.in_rationals(pattern=stratum.pattern)
    (kappa,) = stratum.kappa(here)
    (value,) = stratum.multipliers(here.gradient[stratum.slice.free].fractions().tolist(), {})
    assert value / kappa == Fraction(1, 2)
    assert found.slice.frozen == {0}
    assert not found.strict
    assert_no_lower_point_is_near(objective)
    better = objective.at([1, 1, "3/4", 0])
    assert better.loss() == 9


@pytest.mark.parametrize(
    ("theta", "expected"),
    [
        ([-1, -2, 1, "1/2"], "gradient along the stratum"),
        ([-1, -3, 1, 0], "not balanced"),
    ],
)
def test_other_points_on_kinks_descend(theta, expected):
    objective = kink_instance().at(theta)
    found = decide_on_kinks(objective)
    assert isinstance(found, Finding), (found, expected)
    assert_descends(objective, found)


def random_unit(rng):
    """One ReLU unit with its kink on a sample, fitted exactly otherwise: κ and λ of all signs occur."""
    while True:
        samples = rng.sample(range(-6, 7), 5)
        targets = [rng.randint(-3, 3) for _ in samples]
        w, at = rng.choice([-1, 1]), samples[rng.randrange(5)]
        features = [max(0, w * (x - at)) for x in samples]
        mean, other = Fraction(sum(features), 5), Fraction(sum(targets), 5)
        spread = sum((f - mean) ** 2 for f in features)
        if not spread:
            continue
        v = sum((f - mean) * y for f, y in zip(features, targets, strict=True)) / spread
        if v:
            arrays = {"W1": [[w]], "b1": [-w * at], "W2": np.array([[v]]), "b2": np.array([other - v * mean])}
            network = fully_connected((1, 1, 1), ("relu", "identity"))
            return objective_of(network, arrays, [[x] for x in samples], [[y] for y in targets])


def test_random_units_are_decided_and_agree_with_points_nearby():
    rng, seen = random.Random(1), set()
    for trial in range(150):
        objective = random_unit(rng)
        found = decide_on_kinks(objective)
        if isinstance(found, str):
            assert "on its bound" in found
            seen.add("bound")
        elif found.type == "minimum":
            seen.add("minimum")
            assert found.loss[0] == objective.loss()
            assert_no_lower_point_is_near(objective, 25, trial)
        else:
            seen.add("descent")
            assert_descends(objective, found)
    assert seen >= {"minimum", "descent"}


def test_many_kinks_report_progress_and_are_decided_once_for_all_precisions():
    objective, reports = dead_units(8, 9), []
    objective = replace(objective, progress=lambda *report: reports.append(report))
    assert "not decided" in decide_on_kinks(objective, bits=(64, 128, 256))
    assert_progress(reports, "relations between kinks")


def test_precisions_are_tried_in_their_order():
    reports = []
    objective = replace(kink_instance(), progress=lambda *report: reports.append(report))
    assert "2 bits" in decide_on_kinks(objective, bits=(2,))
    assert decide_on_kinks(objective, bits=(2, 128, 256)).evidence.precision == 128
    assert [report[1:] for report in reports if "curvatures" in report[0]] == [(0, 1), (0, 3), (1, 3)]


def absolute_values(samples, targets, theta, bias="neuron"):
    network = Network((len(samples[0]),), [FullyConnected(1, activation="abs", bias=bias)])
    arrays = {"W1": [[x] for x in theta[: len(samples[0])]]}
    if bias == "neuron":
        arrays["b1"] = theta[len(samples[0]) :]
    return objective_of(network, arrays, samples, [[y] for y in targets])


def test_sharp_minimum_without_directions_along_the_kinks():
    objective = absolute_values([[1], [-1]], [-1, -1], [0, 0])
    found = decide_on_kinks(objective)
    assert isinstance(found, Finding)
    assert found.strict
    assert found.loss == (1, 1)
    assert found.evidence.basis is found.evidence.congruence is None
    assert_no_lower_point_is_near(objective)


def test_dependent_kinks_with_multipliers_inside():
    objective = absolute_values([[1], [-1], [2]], [-1, -2, -1], [0, 0])
    found = decide_on_kinks(objective)
    assert isinstance(found, Finding)
    assert found.type == "minimum"
    surplus = found.evidence.surplus.fractions().tolist()
    assert surplus[:2] == [0, 0]
    assert 0 < surplus[2] < 2
    assert_no_lower_point_is_near(objective)


def test_dependent_kinks_without_multipliers_descend():
    # both samples want z to grow more than the third wants it to stay: κ > 0 for the third one only
    objective = absolute_values([[1], [1], [1]], [3, 2, -1], [0], bias="none")
    assert_descends(objective, decide_on_kinks(objective))
    # positive κ, and a slope that they do not balance
    network = fully_connected((1, 2, 1), ("relu", "identity"))
    arrays = {"W1": [[1, 1]], "b1": [0, 3], "W2": [[-1], [5]], "b2": [0]}
    objective = objective_of(network, arrays, [[0], [0], [1]], [[1], [2], [3]])
    found = decide_on_kinks(objective)
    assert isinstance(found, Finding)
    assert_descends(objective, found)


def test_what_is_not_decided_here_says_why():
    smooth = kink_instance().at([-1, "-3/2", 1, 0])
    assert decide_on_kinks(smooth) == "no pre-activation of layer 1 lies on a kink"
    network = fully_connected((1, 1, 1), ("tanh", "identity"))
    analytic = objective_of(network, {"W1": [[1]], "b1": [0], "W2": [[1]], "b2": [0]}, [[0], [1]], [[1], [2]])
    assert "not rational" in decide_on_kinks(analytic)
    network = fully_connected((1, 1, 1, 1), ("relu", "relu", "identity"))
    arrays = {"W1": [[1]], "b1": [0], "W2": [[1]], "b2": [0], "W3": [[1]], "b3": [0]}
    deep = objective_of(network, arrays, [[0], [1]], [[1], [2]])
    assert "layer 2 is at a kink" in decide_on_kinks(deep)
    layers = [
        Convolution(1, patches=((0,), (1,)), activation="relu"),
        MaxPooling(patches=((0, 1),)),
        FullyConnected(1, activation="identity"),
    ]
    pooled = objective_of(
        Network((2,), layers), {"W1": [[1]], "b1": [0, 0], "W3": [[1]], "b3": [0]}, [[0, -1], [0, 0]], [[1], [2]]
    )
    assert "layer 2 is at a kink or tie" in decide_on_kinks(pooled)
    curved = objective_of(
        fully_connected((1, 1, 1), ("elu-plus-one", "identity")),
        {"W1": [[1]], "b1": [0], "W2": [[1]], "b2": [0]},
        [[0], [1]],
        [[1], [2]],
    )
    assert isinstance(decide_on_kinks(curved), str)


def test_a_slice_without_free_parameters_is_not_decided():
    """The second neuron reads padding only: at its kink, wherever the weight is, which the first one does not see."""
    clip = define_activation("clip01", ["0", "t", "1"], [0, 1])
    network = Network((1,), [Convolution(1, patches=((0,), (-1,)), bias="none", activation=clip)])
    for weight, expected in ((-2, "no parameter is free: the loss is constant nearby"), ("1/2", None)):
        found = decide_on_kinks(objective_of(network, {"W1": [[weight]]}, [[1]], [["1/2", -1]]))
        assert (found if expected else found.type) == (expected or "minimum")


def test_a_breakpoint_without_jump_is_no_minimum_on_kinks():
    trivial = define_activation("trivial-breakpoint", ["t", "t"], [0])
    network = fully_connected((1, 1, 1), (trivial, "identity"))
    arrays = {"W1": [[1]], "b1": [0], "W2": [[1]], "b2": [0]}
    objective = objective_of(network, arrays, [[0], [1], [-1]], [[0], [1], [-1]])
    found = decide_on_kinks(objective)
    assert isinstance(found, str) or found.type != "minimum"


def test_curvature_along_the_kinks_must_be_positive():
    # one sample at the kink, one on: two parameters of the layer above fit a single value
    network = fully_connected((1, 1, 1), ("relu", "identity"))
    arrays = {"W1": [[1]], "b1": [0], "W2": [[1]], "b2": [-1]}
    objective = objective_of(network, arrays, [[0]], [[-2]])
    found = decide_on_kinks(objective)
    assert isinstance(found, str) or found.type != "minimum"


def test_shared_filters_on_kinks():
    network = Network((2,), [Convolution(1, patches=((0,), (1,)), bias="filter", activation="abs")])
    objective = objective_of(network, {"W1": [[0]], "b1": [0]}, [[1, 2], [3, -1]], [[-1, -2], [-1, -1]])
    found = decide_on_kinks(objective)
    assert isinstance(found, Finding)
    assert found.strict
    assert len(found.evidence.kinks) == 4
    assert_no_lower_point_is_near(objective)
