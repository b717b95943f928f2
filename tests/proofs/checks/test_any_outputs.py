"""Straight paths and local minima: users' instances, sampled neighbours, and each hypothesis dropped."""

import numpy as np
import pytest

from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.proofs.checks.any_outputs import (
    best_outputs,
    convolutions_above_have_minima,
    equal_samples,
    low_ranks_have_critical_points,
    no_local_minimum,
    outputs_along_the_path,
    plateaus_have_minima,
    ranks_are_enough,
    saturated,
    small,
    without_biases,
)
from exactcnn.proofs.checks.points import piece_of


@pytest.mark.parametrize(
    "check",
    [
        *(ranks_are_enough, outputs_along_the_path, equal_samples, without_biases, no_local_minimum, best_outputs),
        *(plateaus_have_minima, low_ranks_have_critical_points, convolutions_above_have_minima),
    ],
)
def test_checks_prove(check):
    found = check()
    assert (found.status, found.checked) == ("proved", True), found.what


def losses_nearby(instance, size, count, seed=0):
    """Losses at drawn points around the instance's own, in floats, and the loss there."""
    objective, draw = Objective(instance), np.random.default_rng(seed)
    theta = objective.theta.fractions().astype(float)
    drawn = [theta + size * draw.standard_normal(len(theta)) for _ in range(count)]
    return [float(objective.in_floats(point).twice_the_loss) / 2 for point in drawn], float(objective.loss())


def test_minima_and_others_by_samples_nearby():
    """Second opinion: around the plateau no drawn point is lower; around the flat point some are."""
    nearby, here = losses_nearby(saturated(), 1e-2, 400)
    assert min(nearby) >= here
    nearby, here = losses_nearby(piece_of("zero-derivative").instance(), 1e-1, 4000)
    assert min(nearby) < here


def test_what_is_missing():
    assert "strictly monotone" in ranks_are_enough(saturated()).what
    assert no_local_minimum(saturated()).status == "undecided"
    assert ranks_are_enough(small([1, 2], "sigmoid", biases=False)).what.endswith("when its weights are scaled")
    assert ranks_are_enough(small([1, 2, 5])).what == "rank F_1 is 2, below the number 3 of different samples"
    assert outputs_along_the_path(small([1, 2], biases=False)).status == "undecided"


def test_equal_samples_with_different_targets():
    start = small([1, 2, 1])
    other = Instance(start.network, start.parameters, start.data, [[1], [4], [2]])
    assert ranks_are_enough(other).status == "proved"  # it is about outputs
    assert no_local_minimum(other).status == "undecided"
    assert no_local_minimum(start).status == "proved"
