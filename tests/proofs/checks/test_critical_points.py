"""Section 4 on other instances than those of its pages, and where its hypotheses fail."""

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.proofs.checks import teaching
from exactcnn.proofs.checks.critical_points import (
    almost_all_parameters,
    architecture,
    critical_point_has_zero_loss,
    gradient_at_positive_loss,
    gradient_between_multiples_of_the_residual,
    instance_at,
    point_in_s,
    zero_gradient_at_zero_loss,
    zero_loss_instance,
    zero_loss_is_attained,
    zero_loss_with_sigmoids,
)

CHECKS = (point_in_s, gradient_between_multiples_of_the_residual, gradient_at_positive_loss)


@pytest.mark.parametrize("check", CHECKS)
def test_a_sigmoid_network_with_two_convolutions(check):
    network = teaching.two_convolutions("sigmoid")
    targets = ExactArray(np.arange(6)[:, None])
    found = check(Instance(network, random_parameters(network), teaching.samples(6, 6), targets))
    assert found.status == "proved"
    assert found.checked in (True, None)


def test_theorems_say_nothing_where_the_assumption_fails():
    """Max-pooling above layer k, and a width that grows."""
    pooled = Network(
        (1, 6), [Convolution(2, 2), MaxPooling(2), FullyConnected(1, activation="identity")], activation="relu"
    )
    grown = Network((2,), [FullyConnected(n) for n in (4, 2, 3)], activation="sigmoid")
    assert architecture(pooled, 4).status == "refuted"
    assert architecture(grown, 4).status == "refuted"
    data, wanted = teaching.samples(4, 2), ExactArray(np.zeros((4, 3), dtype=np.int64))
    given = Instance(grown, random_parameters(grown), data, wanted)
    for check in (gradient_between_multiples_of_the_residual, zero_gradient_at_zero_loss, critical_point_has_zero_loss):
        assert check(given).status == "undecided"


def test_lemma_4_2_with_assumption_2_4():
    """A convolution above layer k + 1 needs Assumption 2.4; this one does not satisfy it."""
    patches = ((0, 1), (0, 2), (1, 3), (2, 3))
    layers = [
        FullyConnected(6),
        FullyConnected(4),
        Convolution(1, patches=patches),
        FullyConnected(1, activation="identity"),
    ]
    network = Network((3,), layers, activation="sigmoid")
    found = almost_all_parameters(network, teaching.samples(5, 3))
    assert found.status == "undecided"
    assert "U_3" in found.what
    fine = Network(
        (3,), [*layers[:2], Convolution(1, patches=((0, 1), (1, 2), (2, 3))), layers[3]], activation="sigmoid"
    )
    assert almost_all_parameters(fine, teaching.samples(5, 3)).status == "proved"


def test_lemma_4_2_needs_analytic_activations():
    network = Network((3,), [FullyConnected(6, activation="relu"), FullyConnected(1, activation="identity")])
    assert almost_all_parameters(network, teaching.samples(5, 3)).status == "undecided"


def test_a_point_with_positive_loss_is_not_called_one_with_zero_loss():
    assert critical_point_has_zero_loss(instance_at()).status == "undecided"


def test_zero_loss_for_any_targets():
    targets = exact_array([["1/3", -8], [0, 0], [100, "2/7"], [5, 5]], name="targets")
    assert zero_loss_is_attained(targets.fractions().tolist(), scales=(1, 5)).status == "proved"
    instance = zero_loss_instance(targets, scale=4)
    assert Objective(instance).loss() == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_zero_loss_with_sigmoids_from_other_features(seed):
    found = zero_loss_with_sigmoids(seed=seed)
    assert (found.status, found.checked) == ("proved", True)
