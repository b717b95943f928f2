"""Paths to a better point at width 2n: accepted, followed by loops, and refused one unit below."""

from random import Random

import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.errors import InputError
from exactcnn.landscape.evidence import OWN
from exactcnn.landscape.path_to_point import path_to_point
from exactcnn.landscape.wide_path import WidePath
from tests.landscape.wide_networks import follows, wide, with_less_loss


def accepted(objective, path):
    claim = path.claim((OWN, *range(len(path.points))))
    layers = len(objective.instance.network.layers)
    return Certificate(objective.instance, (claim,), layers, path.points).outcome


@pytest.mark.parametrize("activation", ["relu", "square", "hard-tanh", "softsign"])
@pytest.mark.parametrize("seed", range(4))
def test_random_points_at_the_width_2n(activation, seed):
    random = Random(f"{activation} {seed}")
    count, depth, outputs = random.choice([2, 3]), random.choice([1, 2, 3]), random.choice([1, 2])
    bias = random.choice(["none", "neuron"])
    objective = wide(random, [2 * count] * depth, count=count, outputs=outputs, activation=activation, bias=bias)
    better = with_less_loss(random, objective)
    path = path_to_point(objective, better)
    assert isinstance(path, WidePath), path
    assert path.points[-1] is better
    assert path.kinds in (
        ("constant",) * 2 + ("last-layer",) + ("constant",) * 2,
        ("constant",) * 4 + ("last-layer",) + ("constant",) * 2,
    )
    assert follows(objective, path)
    outcome = accepted(objective, path)
    assert outcome.exit_code == 0, outcome.message


@pytest.mark.parametrize("seed", range(6))
def test_equal_samples_count_once(seed):
    random = Random(seed)
    objective = wide(random, [4, 5], count=4, equal=(2, 3))
    path = path_to_point(objective, with_less_loss(random, objective))
    assert isinstance(path, WidePath), path
    assert follows(objective, path)
    assert accepted(objective, path).exit_code == 0


@pytest.mark.parametrize("layer", [1, 2])
def test_one_unit_less_takes_the_way_by_exchange(layer):
    """Where both points have features of rank n in the layer, 2n - 1 units are too few to hold both."""
    random = Random(layer)
    widths = [6, 6]
    widths[layer - 1] = 5
    lengths = set()
    for _ in range(20):
        objective = wide(random, widths, count=3, activation="leaky-relu")
        found = path_to_point(objective, with_less_loss(random, objective))
        assert isinstance(found, WidePath), found
        assert follows(objective, found)
        lengths.add(len(found.kinds))
    assert max(lengths) > 7


def test_what_is_no_better_point_or_no_such_network():
    random = Random(5)
    objective = wide(random, [4], count=2)
    with pytest.raises(InputError, match=r"the point to go to has the loss .* expected a smaller one"):
        path_to_point(objective, objective.instance.parameters)
