"""The identity and the shallow formula: on their instances, on others, and where they say nothing."""

import numpy as np
import pytest

from exactcnn.gallery.registry import select
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.block_terms import (
    all_heard,
    formula_at_a_minimum,
    not_critical,
    saddle_without_formula,
    terms_at_a_critical_point,
    terms_elsewhere,
    terms_of_units,
    unheard_saddle,
    unheard_units,
)


@pytest.mark.parametrize(
    "check",
    [
        terms_at_a_critical_point,
        terms_of_units,
        terms_elsewhere,
        formula_at_a_minimum,
        unheard_units,
        saddle_without_formula,
    ],
)
def test_on_their_own_instances(check):
    found = check()
    assert (found.status, found.checked) == ("proved", True)


@pytest.mark.parametrize("name", ["affine-units", "li-ding-sun-3", "baldi-hornik", "linear-cnn-4", "convolutional-and"])
def test_the_identity_at_critical_points_of_the_gallery(name):
    for blocks in ("layer", "unit"):
        found = terms_at_a_critical_point(select([name])[0].instance(), blocks=blocks)
        assert (found.status, found.checked) == ("proved", True)


def test_where_the_identity_is_silent():
    assert "not critical" in terms_at_a_critical_point(not_critical()).what
    assert "too large" in terms_at_a_critical_point(select(["xor-stuck"])[0].instance()).what
    assert "not rational" in terms_elsewhere(select(["convolutional-and"])[0].instance()).what
    assert "kink" in terms_elsewhere(select(["swirszcz-1"])[0].instance()).what


def test_without_a_linear_last_layer_the_identity_fails():
    """w² + 1 at w = 0 against the target -1: the hypothesis is not met, and the check says so."""
    network = Network((1,), [FullyConnected(1, activation="polynomial(1,0,1)", bias="none")])
    instance = Instance(network, Parameters.from_arrays(network, {"W1": [[0]]}), [[1]], [[-1]])
    found = terms_at_a_critical_point(instance)
    assert found.status == "undecided"
    assert "the outputs are no combination of their derivatives" in found.what


def test_the_excess_away_from_critical_points():
    """Against floats: the part of the residual in the column space."""
    instance = not_critical()
    objective = Objective(instance)
    jacobian = np.array(objective.jacobian().fractions(), dtype=float)
    residual = np.array(objective.residual().fractions(), dtype=float).ravel()
    part = jacobian @ np.linalg.lstsq(jacobian, residual, rcond=None)[0]
    assert (part**2).sum() / 2 == pytest.approx(497 / 12)
    assert "17/12 + 497/12" in terms_elsewhere(instance).what


def test_where_the_formula_is_silent():
    assert "expected one hidden layer" in formula_at_a_minimum(select(["affine-units"])[0].instance()).what
    assert "pieces a t" in formula_at_a_minimum(select(["li-ding-sun-2"])[0].instance()).what
    assert "the point is saddle" in formula_at_a_minimum(unheard_saddle()).what
    assert formula_at_a_minimum(select(["swirszcz-1"])[0].instance()).status == "undecided"  # at a kink


def test_units_that_are_heard():
    heard = all_heard(select(["yun-1"])[0].instance())
    assert heard.parameters.layer(2).weights.fractions().ravel().tolist() == [1, 1]
    assert heard.parameters.layer(1).weights.fractions().ravel().tolist()[1] == 0
