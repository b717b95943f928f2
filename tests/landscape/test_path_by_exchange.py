"""Paths to a better point at width n + 1: followed by loops, accepted by the checker, refused one unit below."""

from random import Random

import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.landscape.evidence import OWN
from exactcnn.landscape.neuron_tables import NeuronPoint
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.path_by_exchange import path_by_exchange
from exactcnn.landscape.wide_path import WidePath
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from tests.landscape.wide_networks import follows, wide, with_less_loss


def exchanged(objective, better):
    here = NeuronPoint.of(objective)
    return path_by_exchange(here, here.at(better))


def accepted(objective, path):
    claim = path.claim((OWN, *range(len(path.points))))
    layers = len(objective.instance.network.layers)
    return Certificate(objective.instance, (claim,), layers, path.points).outcome


@pytest.mark.parametrize("activation", ["relu", "square", "hard-tanh", "softsign"])
@pytest.mark.parametrize("seed", range(5))
def test_random_points_at_the_width_n_plus_1(activation, seed):
    random = Random(f"{activation} {seed}")
    count, depth, outputs = random.choice([2, 3, 4]), random.choice([1, 2, 3]), random.choice([1, 2])
    more = random.choice([1, 1, 2])
    bias = random.choice(["none", "neuron"])
    objective = wide(random, [count + more] * depth, count=count, outputs=outputs, activation=activation, bias=bias)
    better = with_less_loss(random, objective)
    path = exchanged(objective, better)
    assert isinstance(path, WidePath), path
    assert path.points[-1] is better
    assert len(path.kinds) <= 4 * count * depth + 4
    assert path.kinds.count("last-layer") == 1
    assert follows(objective, path)
    outcome = accepted(objective, path)
    assert outcome.exit_code == 0, outcome.message


def one_hot(width, first, second):
    """The loss at units `first` with half the right outputs, and `second` with the right ones; samples 1 and -1."""
    pairs = ((width, "relu"), (2, "identity"))
    network = Network((1,), [FullyConnected(n, activation=name, bias="none") for n, name in pairs])

    def at(units, scale):
        signs = [[scale * (w > 0), scale * (w < 0)] for w in units]
        return Parameters.from_arrays(network, {"W1": [units], "W2": signs})

    instance = Instance(network, at(first, 0.5), [[1], [-1]], [[1, 0], [0, 1]])
    return Objective(instance), at(second, 1)


def test_two_units_change_places_with_a_third_one():
    objective, better = one_hot(3, [1, -1, 0], [-1, 1, 0])
    path = exchanged(objective, better)
    assert isinstance(path, WidePath), path
    assert path.points[-1] is better
    assert follows(objective, path)
    assert accepted(objective, path).exit_code == 0


def test_two_units_alone_cannot():
    """On the whole sublevel set below 1/2 the features are regular, and their determinant changes its sign."""
    objective, better = one_hot(2, [1, -1], [-1, 1])
    reason = "layer 1 has 2 neurons, and the features of both points together have rank 2; expected at least 3, 1 more"
    assert exchanged(objective, better) == reason


def test_the_blocks_may_overlap_in_part():
    """Units that are wanted in places that are taken, by others of the same block."""
    random = Random(7)
    lengths = set()
    for _ in range(15):
        objective = wide(random, [4], count=3, activation="relu")
        start = NeuronPoint.of(objective)
        better = with_less_loss(random, objective)
        there = start.at(better)
        path = path_by_exchange(start, there)
        assert isinstance(path, WidePath), path
        assert follows(objective, path)
        lengths.add(len(path.kinds))
    assert len(lengths) > 1


def test_what_makes_room_does_not_go_where_a_unit_of_the_same_batch_comes():
    """Two units come at a time. The place 0 is taken; of the free ones, 1 and 2, 1 is the other one of the batch."""
    network = Network(
        (3,), [FullyConnected(n, activation=name, bias="none") for n, name in ((5, "relu"), (1, "identity"))]
    )

    def at(units, outer):
        columns = [[int(unit == k) for unit in units] for k in (1, 2, 3)]
        return Parameters.from_arrays(network, {"W1": columns, "W2": [[each] for each in outer]})

    start, better = at([1, 0, 0, 2, 3], [1, 0, 0, 1, 1]), at([2, 3, 1, 0, 0], [2, 2, 2, 0, 0])
    objective = Objective(Instance(network, start, [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[2], [2], [2]]))
    path = exchanged(objective, better)
    assert isinstance(path, WidePath), path
    assert follows(objective, path)
    assert accepted(objective, path).exit_code == 0
