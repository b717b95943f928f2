"""Paths to a better point at widths n, ..., n, 2n: accepted, followed by loops, short numbers, one unit below."""

from random import Random

import pytest

from exactcnn.errors import InputError
from exactcnn.landscape.objective import Objective, replace_parameters
from exactcnn.landscape.path_by_carriers import path_by_carriers
from exactcnn.landscape.wide_path import WidePath
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from tests.landscape.test_path_to_outputs import dead
from tests.landscape.test_path_to_point import accepted
from tests.landscape.wide_networks import drawn, follows, wide, with_less_loss


def at_most(depth):
    return 2 * (2 * depth + 1) + 12


@pytest.mark.parametrize("activation", ["relu", "leaky-relu", "hard-tanh", "softsign"])
@pytest.mark.parametrize("seed", range(10))
def test_random_points(activation, seed):
    random = Random(f"{activation} {seed}")
    count, depth, biased = random.choice([2, 3, 4]), random.choice([1, 2, 3, 4]), seed % 2 == 1
    objective = wide(
        random,
        [*[count] * (depth - 1), 2 * count - 2 * biased],
        count=count,
        outputs=random.choice([1, 2]),
        activation=activation,
        last="neuron" if biased else "none",
    )
    better = with_less_loss(random, objective)
    path = path_by_carriers(objective, better, seed=seed)
    assert isinstance(path, WidePath), path
    assert path.kinds.count("last-layer") == 1
    assert len(path.kinds) <= at_most(depth)
    assert path.points[-1] is better
    assert follows(objective, path)
    outcome = accepted(objective, path)
    assert outcome.exit_code == 0, outcome.message


def test_all_ways_of_renaming_units_and_blocks_are_met():
    """Among random pairs: no other names, other units, other blocks, and both; and layers that were flat."""
    lengths = set()
    for seed in range(30):
        random = Random(seed)
        objective = wide(random, [3, 3, 6], count=3, activation="relu", last="none")
        others = (drawn(random, objective.instance.network) for _ in range(40))
        better = next(
            (p for p in others if Objective(replace_parameters(objective.instance, p)).loss() < objective.loss()), None
        )
        path = path_by_carriers(objective, better, seed=seed) if better is not None else ""
        if isinstance(path, WidePath):
            assert follows(objective, path)
            lengths.add(len(path.kinds))
    assert {16, 18, 20, 22} <= lengths, lengths


@pytest.mark.parametrize("count", [1, 2])
def test_few_samples(count):
    objective = wide(Random(count), [2, 2 * count], count=count, activation="leaky-relu", last="none")
    path = path_by_carriers(objective, with_less_loss(Random(1), objective))
    assert isinstance(path, WidePath), path
    assert follows(objective, path)


def test_equal_samples_count_once():
    objective = wide(Random(6), [2, 4], count=4, equal=(2, 3), activation="leaky-relu", last="none")
    path = path_by_carriers(objective, with_less_loss(Random(6), objective))
    assert isinstance(path, WidePath), path
    assert follows(objective, path)
    assert accepted(objective, path).exit_code == 0


def test_one_unit_less_is_not_covered():
    random = Random(1)
    objective = wide(random, [3, 5], count=3, activation="leaky-relu", last="none")
    better = with_less_loss(random, objective)
    assert path_by_carriers(objective, better) == "layer 2 has 5 neurons; expected at least 6, 1 more"
    objective = wide(random, [1, 6], count=3, activation="leaky-relu", last="none")
    found = path_by_carriers(objective, with_less_loss(random, objective))
    assert found == "layer 1 has 1 neuron; expected at least 2, 1 more"


def test_a_flat_layer_with_too_few_units_is_not_covered():
    """relu(x - 1) and relu(x - 2) on 0, 1, 3, 4: both units are needed, and two samples have equal features."""
    layers = [FullyConnected(2, activation="relu"), FullyConnected(8, activation="relu")]
    network = Network((1,), [*layers, FullyConnected(1, activation="identity")])
    arrays = {"W1": [[1, 1]], "b1": [-1, -2], "W2": [[1] * 8] * 2, "b2": [0] * 8, "W3": [[1]] * 8, "b3": [0]}
    start, better = (Parameters.from_arrays(network, {**arrays, "W3": [[w]] * 8}) for w in (1, 0))
    found = path_by_carriers(Objective(Instance(network, start, [[0], [1], [3], [4]], [[1], [0], [5], [2]])), better)
    assert "layer 1 has 2 neurons, all of them needed, and equal features" in found
    assert "expected at least 4, 2 more" in found


def test_reasons():
    random = Random(0)
    bare = wide(random, [4], count=2, bias="none", activation="leaky-relu")
    assert path_by_carriers(bare, with_less_loss(random, bare)) == "layer 1 has no biases"
    square = wide(random, [8], count=4, activation="square", last="none")
    found = path_by_carriers(square, with_less_loss(random, square))
    assert found == "features of t^2 of rank 3 were found; expected 4" or "of rank 3 were found; expected 4" in found
    convolved = wide(random, [4], count=2)
    with pytest.raises(InputError, match="expected a smaller one"):
        path_by_carriers(convolved, convolved.instance.parameters)
    top = Network((1,), [FullyConnected(2, activation="relu"), FullyConnected(1, activation="relu")])
    point = random_parameters(top)
    found = path_by_carriers(Objective(Instance(top, point, [[1]], [[1]])), point)
    assert found == "layer 2, the last, has the activation relu; expected the identity"


def test_dead_layers_are_left_by_the_same_way():
    """The first layer is dead, and the point is left for a better one at widths n, 2n."""
    objective = dead([3, 6])
    better = with_less_loss(Random(3), objective)
    path = path_by_carriers(objective, better)
    assert isinstance(path, WidePath), path
    assert path.kinds[:3] == ("constant",) * 3
    assert follows(objective, path)
    assert accepted(objective, path).exit_code == 0


def test_numbers_stay_short():
    """Float weights: what is solved for has the digits of n features, not of features of features, in every layer."""
    layers = [FullyConnected(16, activation="relu") for _ in range(3)]
    network = Network((4,), [*layers, FullyConnected(1, activation="identity", bias="none")])
    samples = [[i, i * i % 7, i % 3, 1] for i in range(8)]
    start = random_parameters(network, seed=1)
    shrunk = {f"{n}{k}": getattr(start.layer(k), a).fractions() for k in range(1, 5) for n, a in (("W", "weights"),)}
    shrunk |= {f"b{k}": start.layer(k).biases.fractions() for k in range(1, 4)}
    better = Parameters.from_arrays(network, {**shrunk, "W4": shrunk["W4"] / 8})
    objective = Objective(Instance(network, start, samples, [[0]] * 8))
    path = path_by_carriers(objective, better)
    assert isinstance(path, WidePath), path
    for point in path.points:
        for k in range(1, 4):
            entries = [x for row in point.layer(k).weights.fractions().tolist() for x in row]
            assert max(x.denominator.bit_length() for x in entries) < 200
