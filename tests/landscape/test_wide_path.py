"""The slope at the end of the one segment on which the outputs move says which claim is made."""

from random import Random

import pytest

from exactcnn.landscape.neuron_tables import NeuronPoint
from exactcnn.landscape.wide_path import WidePath
from tests.landscape.wide_networks import wide


@pytest.mark.parametrize(("share", "falls", "kind"), [(1, True, "path"), (0, True, "path"), (-1, False, "convex-path")])
def test_the_claim(share, falls, kind):
    """From the residual r to `share` times half of it: past zero the loss grows again."""
    objective = wide(Random(3), [3], count=3)
    point = NeuronPoint.of(objective)
    outputs = point.targets + (point.outputs - point.targets) * share / 2
    path = WidePath.of(point, outputs, [("last-layer", point.tables)])
    (end,) = path.points
    assert all(a is b for a, b in zip(end.layers, objective.instance.parameters.layers, strict=True))  # written once
    assert (path.before, path.after) == (objective.loss(), objective.loss() * share * share / 4)
    assert path.falls == falls
    assert path.claim((-1, 0)).document() == {"kind": kind, "points": [-1, 0]}
