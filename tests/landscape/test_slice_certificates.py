"""Slices and minima on kinks, before the independent checker: what the engine finds is accepted, less is not."""

import random
import tempfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from flint import ctx

from exactcnn.certificates.certificate import Certificate
from exactcnn.certificates.write import write
from exactcnn.checker.budget import Budget
from exactcnn.checker.claims.smooth_minima import enclosed_objective, exact_point
from exactcnn.checker.derivatives import BreakpointError
from exactcnn.checker.document import read_document
from exactcnn.checker.instance import read_instance
from exactcnn.checker.pieces import pieces_of
from exactcnn.checker.points import at_point, theta
from exactcnn.checker.slices import free_coordinates, read_slice
from exactcnn.checker.steps import Near
from exactcnn.landscape.gauge import find_slice
from exactcnn.landscape.kinks import decide_on_kinks
from exactcnn.landscape.minimum import minimum_at
from exactcnn.landscape.near_kinks import minimum_near_kinks
from tests.landscape.examples import kink_instance, linear_cnn, objective_of, one_hot_and, spurious_minimum
from tests.landscape.test_gauge import NETWORKS, random_arrays
from tests.landscape.test_kinks import absolute_values, random_unit


def outcome(objective, finding):
    """What the checker says about a finding."""
    points = () if finding.centre is None else (objective.coordinates.parameters(finding.centre),)
    claim = finding.claim(0 if points else -1)
    return Certificate(objective.instance, [claim], len(objective.instance.network.layers), points).outcome


def accepted(objective, finding):
    return outcome(objective, finding).exit_code == 0


@pytest.mark.parametrize("objective", [linear_cnn(3), linear_cnn(4), spurious_minimum(), one_hot_and()])
def test_degenerate_minima(objective):
    found = minimum_at(objective, find_slice(objective), "rational", 128)
    assert accepted(objective, found), outcome(objective, found)
    fewer = replace(found, evidence=replace(found.evidence, slice=found.evidence.slice[1:]))
    assert not accepted(objective, fewer)


def test_minima_on_kinks():
    for objective in (
        kink_instance(),
        absolute_values([[1], [-1]], [-1, -1], [0, 0]),
        absolute_values([[1], [-1], [2]], [-1, -2, -1], [0, 0]),
    ):
        found = decide_on_kinks(objective)
        assert accepted(objective, found), outcome(objective, found)
        evidence = found.evidence
        if len(evidence.kinks) > 1:
            assert not accepted(objective, replace(found, evidence=replace(evidence, kinks=evidence.kinks[1:])))
        if evidence.surplus is not None:
            assert not accepted(objective, replace(found, evidence=replace(evidence, surplus=None)))
        wrong = replace(found, loss=(found.loss[0] + Fraction(1, 2**80), found.loss[1] + 1))
        assert not accepted(objective, wrong)


def test_minima_near_kinks():
    objective = kink_instance().at([-1.0, -2.0 + 3e-7, 1 + 2e-6, 1e-6])
    found = minimum_near_kinks(objective)
    assert accepted(objective, found), outcome(objective, found)
    wide = replace(found, evidence=replace(found.evidence, radius=found.evidence.radius * 2**8))
    assert not accepted(objective, wide)
    assert not accepted(objective, replace(found, centre=objective.theta))  # not on the kink


def test_directions_of_descent():
    rng, count = random.Random(3), 0
    while count < 6:
        objective = random_unit(rng)
        found = decide_on_kinks(objective)
        if not isinstance(found, str) and found.type == "not a minimum":
            count += 1
            assert accepted(objective, found), outcome(objective, found)


def free_for_the_checker(objective, found):
    """The coordinates that the checker leaves free."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "certificate.json"
        steps = [step.document() for step in found.steps]
        write(path, objective.instance, [{"kind": "slice", "steps": steps}], len(objective.instance.network.layers), ())
        document = read_document(path, Budget())
        instance = at_point(read_instance(document, path.parent, Budget()), -1)
    with ctx.workprec(128):
        near = Near(instance, theta(instance), pieces_of(enclosed_objective(instance, exact_point(instance))))
        return free_coordinates(read_slice(instance, document.claims[0]["steps"]), near)


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "pooling"])  # where units that are off tie
def test_both_sides_freeze_the_same_coordinates(name):
    network, rng, compared = NETWORKS[name], random.Random(name), 0
    for trial in range(12):
        samples = [[rng.choice([0, 0, 1, 2, -1, -3]) for _ in range(network.widths[0])] for _ in range(3)]
        if trial % 3 == 0:
            samples = [[1, *row[1:]] for row in samples]
        arrays = random_arrays(network, rng, 2)
        for letter in [key for key in arrays if key[0] == "b"]:
            arrays[letter] = arrays[letter] + Fraction(1, 7)
        objective = objective_of(network, arrays, samples, [[0] * network.widths[-1]] * 3)
        found = find_slice(objective)
        if len(found.free) == 0:
            continue
        try:
            free = free_for_the_checker(objective, found)
        except BreakpointError:
            continue
        assert free == found.free.tolist()
        compared += bool(found.steps)
    assert compared or name in ("softsign", "relu without biases", "without biases", "shared", "abs")
