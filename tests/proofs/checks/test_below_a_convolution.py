"""Local minima below a convolution: relations, two samples and counts, on the pages' points and on others."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.landscape.classify import classify
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.proofs.checks import below_a_convolution
from exactcnn.proofs.checks.below_a_convolution import (
    dead_units,
    hypotheses_are_needed,
    jacobian_rank,
    minima_stay_minima,
    moved_along,
    not_covered,
    parameters_against_equations,
    parameters_of_the_kind,
    relations_must_stay_critical,
    smallest_count,
    strict_with_dependent_derivatives,
    two_samples,
)
from exactcnn.proofs.checks.points import piece_of

CERTIFIED = (
    relations_must_stay_critical,
    minima_stay_minima,
    two_samples,
    hypotheses_are_needed,
    strict_with_dependent_derivatives,
)


@pytest.mark.parametrize("check", CERTIFIED)
def test_accepted_by_the_checker(check):
    found = check()
    assert (found.status, found.checked) == ("proved", True)


@pytest.mark.parametrize("name", ["convolutional-and", "convolutional-six", "constant-units"])
def test_nothing_is_shown_of_a_minimum(name):
    assert relations_must_stay_critical(piece_of(name).instance()).status == "undecided"


@pytest.mark.parametrize("step", [Fraction(1, 10**6), Fraction(-3)])
def test_the_moved_point_has_the_same_outputs(step):
    piece = piece_of("convolutional-and")
    before, after = piece.objective().outputs().ravel(), moved_along(piece, step).objective().outputs().ravel()
    assert all(left.overlaps(right) for left, right in zip(before, after, strict=True))


def test_a_point_that_does_not_stay_a_minimum(monkeypatch):
    saddle = piece_of("convolutional-saddle")
    monkeypatch.setattr(below_a_convolution, "moved_along", lambda *_: saddle)
    assert minima_stay_minima().status == "undecided"


# -------------------------------------------------------------------- two samples


def convolutional(
    parameters=None, *, activation="softplus", samples=((0, 1, 2), (1, 0, 2)), targets=((0,), (1,)), **own
):
    layers = [Convolution(1, 2, activation=activation), FullyConnected(1, activation="identity", **own)]
    network = Network((1, 3), layers)
    given = random_parameters(network, seed=0) if parameters is None else Parameters.from_arrays(network, parameters)
    return Instance(network, given, [list(row) for row in samples], [list(row) for row in targets])


@given(st.integers(0, 200))
def test_every_point_with_two_samples_is_decided(seed):
    rng = np.random.default_rng(seed)
    arrays = {"W1": rng.integers(-1, 2, (2, 1)), "b1": rng.integers(-1, 2, 2)}
    arrays |= {"W2": rng.integers(-1, 2, (2, 1)), "b2": rng.integers(-1, 2, 1)}
    instance = convolutional({name: array.tolist() for name, array in arrays.items()})
    found = two_samples(instance)
    if not Objective(instance).loss().contains(0):  # softplus(1) - softplus(-1) = 1: a loss of zero that no check sees
        assert (found.status, found.checked) == ("proved", True)


def test_a_critical_point_of_positive_loss_and_one_of_zero_loss():
    constant = {"W1": [[0], [0]], "b1": [1, 1], "W2": [[0], [0]], "b2": ["1/2"]}
    assert "along u" in two_samples(convolutional(constant)).what
    exact = convolutional({"W1": [[1], [0]], "b1": [0, 0], "W2": [[1], [0]], "b2": [0]}, activation="identity")
    assert two_samples(exact).what == "two samples, and the loss is zero"
    assert "derivative by" in two_samples(convolutional()).what


@pytest.mark.parametrize(
    ("instance", "reason"),
    [
        (convolutional(samples=((0, 1, 2),), targets=((0,),)), "1 samples; expected 2"),
        (convolutional(samples=((0, 1, 2),) * 2), "may have the same features in layer 0"),
        (convolutional(activation="relu"), "slope of the activation of layer 1 may vanish"),
        (convolutional(bias="none"), "not fully connected with biases"),
        (dead_units(), "slope of the activation of layer 1 may vanish"),
    ],
)
def test_what_the_hypotheses_exclude(instance, reason):
    assert reason in not_covered(instance)
    assert two_samples(instance).status == "undecided"


def test_patches_that_do_not_cover():
    layers = [Convolution(1, 2, stride=2, activation="softplus"), FullyConnected(1, activation="identity")]
    network = Network((1, 3), layers)
    instance = Instance(network, random_parameters(network, seed=0), [[0, 1, 2], [0, 1, 3]], [[0], [1]])
    assert "do not cover" in not_covered(instance)
    # and there a local minimum with positive loss exists: both samples look alike
    parameters = Parameters.from_arrays(network, {"W1": [[0], [0]], "b1": [0], "W2": [[0]], "b2": ["1/2"]})
    point = classify(Objective(Instance(network, parameters, instance.samples, instance.targets)), search=False)
    assert point.loss[0] > 0
    assert point.status not in ("saddle", "not a minimum", "not critical")


# -------------------------------------------------------------------- counts


def test_counts_by_going_through_all_parameters():
    network = Network((1, 4), [Convolution(2, 2, activation="tanh"), FullyConnected(3, activation="identity")])
    found = parameters_against_equations(network, 9)
    sizes = [
        array.numbers.size
        for layer in random_parameters(network, seed=0).layers
        for array in (layer.weights, layer.biases)
    ]
    assert found.details == {"parameters": sum(sizes), "equations": 27, "features": 6}
    assert "leaves room" not in found.what
    assert "leaves room" in parameters_against_equations(network, 12).what
    assert "no minimum is strict" in parameters_against_equations(network, 6).what


def test_the_smallest_count_is_that_of_the_networks_themselves():
    """The same by building the networks: layer 1 in 1-D, patches of l units side by side."""
    room = set()
    for count in range(2, 13):
        for patches in range(1, count + 1):
            size = -(-count // patches)
            width = size * patches
            layers = [
                Convolution(1, 1, activation="sigmoid"),
                Convolution(1, size, stride=size, activation="sigmoid"),
                FullyConnected(patches, activation="identity"),
            ]
            network = Network((1, width), layers)
            found = parameters_against_equations(network, count)
            assert found.details["parameters"] - (width - count) == parameters_of_the_kind(count, patches)
            if parameters_of_the_kind(count, patches) <= count * patches:
                room.add(count)
    assert min(room) == 10
    assert smallest_count().details["P"] == [3, 4, 5]


def test_the_rank_of_the_derivatives():
    assert jacobian_rank(piece_of("li-ding-sun-2"))[0].exact == 1
    moved = replace(piece_of("li-ding-sun-2"), arrays={"W1": [[2]], "W2": [["9/50"]]})
    assert jacobian_rank(moved)[0].exact == 2
