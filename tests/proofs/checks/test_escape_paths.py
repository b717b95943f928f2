"""Paths of the pages: followed by loops, and what the checks say where a hypothesis fails."""

from fractions import Fraction
from random import Random

import pytest

from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.landscape.objective import Objective, replace_parameters
from exactcnn.landscape.path_to_point import path_to_point
from exactcnn.network.instance import Instance
from exactcnn.proofs.checks.escape_paths import (
    all_accepted,
    better_than,
    by_carriers,
    dead,
    few_units,
    loss_of,
    not_connected_at_width_n,
    one_unit_fewer,
    random_points_at_width_2n,
    random_points_at_width_n,
    random_points_with_one_wide_layer,
    relations,
    roomy,
    to_outputs,
    to_point,
    wide,
)
from exactcnn.proofs.checks.recorder import CheckResult
from tests.landscape.wide_networks import follows


@pytest.mark.parametrize(
    "check",
    [
        relations,
        few_units,
        to_outputs,
        random_points_at_width_n,
        one_unit_fewer,
        to_point,
        random_points_at_width_2n,
        not_connected_at_width_n,
        by_carriers,
        random_points_with_one_wide_layer,
    ],
)
def test_all_are_proved_and_certified(check):
    found = check()
    assert (found.status, found.checked) == ("proved", True), found.what


def test_the_roomy_pair_by_loops():
    instance, better = roomy()
    assert loss_of(replace_parameters(instance, better)) < loss_of(instance)
    path = path_to_point(Objective(instance), better)
    assert len(path.kinds) == 7
    assert follows(Objective(instance), path)


def test_your_own_instance():
    random = Random(9)
    instance = wide(random, (3,), 3)
    better = better_than(random, instance)
    assert to_outputs(instance).status == "proved"
    assert to_outputs(instance, better).what.endswith(str(loss_of(replace_parameters(instance, better))))
    narrow = wide(random, (2, 2), 3)
    assert by_carriers(narrow, better_than(random, narrow)).what == (
        "layer 2 has 2 neurons; expected at least 6, 4 more"
    )
    for check in (few_units, to_point, by_carriers):
        assert check(instance).what == "a better point is needed; none is given"


def test_no_unit_fewer():
    """Where both points together have features of rank 3, three units are one too few."""
    random, messages = Random(2), set()
    for _ in range(12):
        instance = wide(random, (3,), 3, activation="leaky-relu")
        better = better_than(random, instance)
        if better is not None:
            messages.add(to_point(instance, better).what)
    assert any("layer 1 has 3 neurons" in message and "expected at least 4, 1 more" in message for message in messages)


def test_the_two_parts_of_the_sublevel_set():
    """Along straight lines between the two points of the page Φ reaches 1/2."""
    found = not_connected_at_width_n()
    (certificate,) = found.certificates
    instance, (other,) = certificate.instance, certificate.points
    here, there = Objective(instance), Objective(replace_parameters(instance, other))
    start, end = (each.theta.fractions() for each in (here, there))
    between = (start + (end - start) * Fraction(i, 20) for i in range(21))
    highest = max(here.at(ExactArray.from_fractions(theta.tolist(), theta.shape)).loss() for theta in between)
    assert highest >= Fraction(1, 2) > max(here.loss(), there.loss())


def test_nothing_is_claimed_of_no_paths():
    assert all_accepted([]).what == "no better point was drawn"
    bad = CheckResult("undecided", "an instance", "no")
    assert all_accepted([bad]).status == "undecided"


def test_nothing_is_better_than_zero_loss():
    instance = dead()
    zero = Instance(instance.network, instance.parameters, instance.samples, exact_array([[0]] * 3, name="targets"))
    assert loss_of(zero) == 0
    assert better_than(Random(0), zero) is None
    assert to_outputs(zero).what == "the loss is the least that any outputs have already"
