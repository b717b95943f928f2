"""Paths that are given: kinds, losses and slopes of segments, and the first one that is refused."""

from fractions import Fraction
from random import Random

import pytest

from exactcnn.errors import InputError
from exactcnn.landscape.given_path import given_path
from exactcnn.landscape.norm_bounds import NormBounds
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.path_by_carriers import path_by_carriers
from exactcnn.landscape.path_to_outputs import path_to_outputs
from exactcnn.landscape.path_under_norms import path_under_norms
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from tests.landscape.test_path_to_outputs import dead
from tests.landscape.test_path_to_point import accepted
from tests.landscape.test_path_under_norms import point
from tests.landscape.wide_networks import follows, wide, with_less_loss


def same(path, found):
    return (path.kinds, path.losses, path.slopes) == (found.kinds, found.losses, found.slopes)


def test_the_paths_that_are_constructed():
    objective = dead([3, 3])
    path = path_to_outputs(objective)
    assert same(given_path(objective, path.points), path)
    random = Random(3)
    objective = wide(random, [3, 6], count=3, activation="leaky-relu")
    path = path_by_carriers(objective, with_less_loss(random, objective))
    found = given_path(objective, path.points)
    assert same(found, path)
    assert accepted(objective, found).exit_code == 0


def line(*slopes):
    """1/2 sum (a x - y)^2 from a = 1, with its least value at a = 2; through points with these a."""
    network = Network(
        (1,), [FullyConnected(1, activation="relu", bias="none"), FullyConnected(1, activation="identity", bias="none")]
    )
    start, *points = (Parameters.from_arrays(network, {"W1": [[1]], "W2": [[a]]}) for a in (1, *slopes))
    return Objective(Instance(network, start, [[1], [2]], [[2], [4]])), points


def test_several_segments_of_the_last_layer():
    objective, points = line("3/2", "29/10", 2)
    path = given_path(objective, points)
    assert path.kinds == ("last-layer",) * 3
    assert not path.falls  # it grows on the second segment, below its start
    assert path.reaches == "end"
    assert follows(objective, path)
    assert accepted(objective, path).accepted[0].startswith("a path of 3 segments, convex on each")
    for segment, (a, b) in enumerate([(1, "3/2"), ("3/2", "29/10"), ("29/10", 2)]):
        for t in (Fraction(0), Fraction(1, 4), Fraction(1)):
            at = Fraction(a) * (1 - t) + Fraction(b) * t
            assert path.loss_on(segment, t) == Fraction(5, 2) * (at - 2) ** 2


@pytest.mark.parametrize(
    ("slopes", "message"),
    [
        (["31/10"], r"segment 1: the loss grows to 3.025; expected at most 2.5, the loss of the start"),
        ([2, "31/10", 2], r"segment 2: the loss grows to 3.025"),
        ([3], r"the path ends at the loss 2.5; expected less than that of its start, 2.5"),
        ([1], r"the path ends at the loss 2.5"),
    ],
)
def test_losses_that_are_too_large(slopes, message):
    objective, points = line(*slopes)
    with pytest.raises(InputError, match=message):
        given_path(objective, points)


def test_a_segment_of_no_kind():
    objective, points = line(2)
    moved = Parameters.from_arrays(objective.instance.network, {"W1": [[2]], "W2": [[1]]})
    with pytest.raises(InputError, match=r"segment 1: outputs may change with layer 1; expected segments on which no"):
        given_path(objective, [moved, *points])
    curved = Network((1,), [FullyConnected(1, activation="softsign", bias="none")])
    start, end = (Parameters.from_arrays(curved, {"W1": [[w]]}) for w in (0, 1))
    with pytest.raises(InputError, match=r"segment 1: outputs may change with layer 1"):
        given_path(Objective(Instance(curved, start, [[1]], [[1]])), [end])


def test_under_bounds():
    bounds = NormBounds(Fraction(1))
    objective = point(Random(5), count=2, outputs=1, width=3, activation="hard-tanh", bounds=bounds)
    path = path_under_norms(objective, bounds)
    found = given_path(objective, path.points, bounds)
    assert same(found, path)
    assert found.norms == (None, 1)
    assert accepted(objective, found).exit_code == 0
    with pytest.raises(
        InputError, match=r"the start: the weights into output 0 have the l1 norm 1; expected at most 9/10"
    ):
        given_path(objective, path.points, NormBounds(Fraction(9, 10)))
    objective, points = line("29/10")
    with pytest.raises(InputError, match=r"point 0: the weights into output 0 have the l1 norm 29/10"):
        given_path(objective, points, NormBounds(Fraction(2)))
    with pytest.raises(InputError, match=r"segment 1: the loss grows to 2.025; expected no growth"):
        given_path(objective, points, NormBounds(Fraction(3)))
