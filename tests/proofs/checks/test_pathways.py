"""Affine units and linear regression: what each check says of its own instance, of others, and where it is silent."""

import numpy as np
import pytest

from exactcnn.gallery.registry import select
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.pathways import (
    dead_units,
    factors_at_a_minimum,
    factors_go_down,
    line_by_two_layers,
    line_that_feeds_a_dead_unit,
    narrow_factors,
    network_of,
    no_worse_than_regression,
    pathway_goes_down,
    spanning_units,
    worse_than_regression,
)


def at(widths, arrays, samples, targets, activation="relu"):
    network = network_of(widths, activation)
    return Instance(network, Parameters.from_arrays(network, arrays), samples, targets)


@pytest.mark.parametrize(
    ("check", "status"),
    [
        (factors_go_down, "proved"),
        (factors_at_a_minimum, "proved"),
        (narrow_factors, "proved"),
        (no_worse_than_regression, "proved"),
        (pathway_goes_down, "proved"),
        (dead_units, "proved"),
        (spanning_units, "proved"),
        (worse_than_regression, "refuted"),
    ],
)
def test_on_their_own_instances(check, status):
    found = check()
    assert (found.status, found.checked) == (status, True)


def least_squares(features, targets):
    design = np.column_stack([features, np.ones(len(features))])
    rest = targets - design @ np.linalg.lstsq(design, targets, rcond=None)[0]
    return (rest**2).sum() / 2


@pytest.mark.parametrize("instance", [line_by_two_layers(), line_that_feeds_a_dead_unit()])
def test_the_line_is_that_of_least_squares(instance):
    x, y = (np.array(part.fractions(), dtype=float) for part in (instance.samples, instance.targets))
    assert float(Objective(instance).loss()) == pytest.approx(least_squares(x, y))


def test_regression_on_all_features_above():
    """The piece's pathway begins at layer 1; regression there by floats."""
    instance = select(["affine-units"])[0].instance()
    found = no_worse_than_regression(instance)
    assert found.what == "Φ = 953419653/11281250, that of linear regression on F_1, F_2"
    features = Objective(instance).in_rationals().trace.features
    joined = np.concatenate([np.array(features[k].fractions(), dtype=float) for k in (1, 2)], axis=1)
    expected = least_squares(joined, np.array(instance.targets.fractions(), dtype=float))
    assert expected == pytest.approx(953419653 / 11281250)


def test_spanning_needs_the_weights_to_span():
    """Two inputs, one affine unit in layer 1: its weights do not span, and only layer 1 on is reached."""
    found = spanning_units(select(["affine-units"])[0].instance())
    assert found.status == "proved"
    assert found.what.endswith("regression on F_1, F_2")
    assert spanning_units(line_that_feeds_a_dead_unit()).what.endswith("regression on F_0, F_1, F_2")
    assert no_worse_than_regression(line_that_feeds_a_dead_unit()).what.endswith("regression on F_1, F_2")


def test_a_way_down_is_no_regression():
    arrays = {"W1": [[0]], "b1": [1], "W2": [[0]], "b2": [1], "W3": [[0]], "b3": [0]}
    instance = at((1, 1, 1, 1), arrays, [[-1], [1]], [[-1], [1]])
    for check in (no_worse_than_regression, spanning_units):
        found = check(instance)
        assert (found.status, found.details, found.checked) == ("proved", {"curve": True}, True)
        assert "no local minimum" in found.what


def test_where_they_are_silent():
    arrays = {"W1": [[1]], "b1": [9], "W2": [[1]], "b2": [0]}
    moving = at((1, 1, 1), arrays, [[0], [1]], [[0], [0]])
    for check in (no_worse_than_regression, spanning_units):
        assert check(moving).what == "the point is not critical, or at a breakpoint"
        off = at((1, 1, 1), {**arrays, "b1": [-9], "b2": ["1/2"]}, [[0], [1]], [[0], [1]])
        assert "no layer below the outputs has m units" in check(off).what
        tanh = at((1, 1, 1), arrays, [[0], [1]], [[0], [1]], activation="tanh")
        assert check(tanh).status == "undecided"
    assert factors_go_down(moving).what == "not all layers are linear"
    narrow = select(["baldi-hornik"])[0]
    assert factors_go_down(narrow.instance()).what == "layer 1 has fewer units than outputs"
