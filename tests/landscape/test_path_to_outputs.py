"""Paths to prescribed outputs at width n: accepted, followed by loops, and refused one unit below."""

from random import Random

import pytest

from exactcnn.landscape.objective import Objective
from exactcnn.landscape.path_to_outputs import path_to_outputs
from exactcnn.landscape.wide_path import WidePath
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from tests.landscape.test_path_to_point import accepted
from tests.landscape.wide_networks import follows, wide, with_less_loss


@pytest.mark.parametrize("activation", ["relu", "leaky-relu", "hard-tanh", "hard-sigmoid", "softsign"])
@pytest.mark.parametrize("seed", range(4))
def test_random_points_at_the_width_n(activation, seed):
    random = Random(f"{activation} {seed}")
    count, depth, biased = random.choice([3, 4]), random.choice([1, 2, 3]), random.random() < 0.5
    widths = [*[count] * (depth - 1), count - biased]
    objective = wide(random, widths, count=count, activation=activation, last="neuron" if biased else "none")
    path = path_to_outputs(objective, seed=seed)
    assert isinstance(path, WidePath), path
    assert path.after == 0
    assert path.falls
    assert path.kinds[-1] == "last-layer"
    assert len(path.kinds) in (1, 3)
    assert follows(objective, path)
    outcome = accepted(objective, path)
    assert outcome.exit_code == 0, outcome.message


def dead(widths, *, bias="neuron", activation="relu", last="none", count=3):
    """All hidden units are 0 on all samples."""
    layers = [FullyConnected(width, activation=activation, bias=bias) for width in widths]
    network = Network((1,), [*layers, FullyConnected(1, activation="identity", bias=last)])
    arrays = {}
    for k, (below, width) in enumerate(zip([1, *widths], [*widths, 1], strict=True), start=1):
        arrays[f"W{k}"] = [[1 - (k == 1)] * width for _ in range(below)]
        if k <= len(widths) and bias != "none":
            arrays[f"b{k}"] = [-1 if k == 1 else 0] * width
    if last != "none":
        arrays["b" + str(len(widths) + 1)] = [0]
    samples, targets = [[i] for i in range(count)], [[i * i + 1] for i in range(count)]
    return Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_dead_layers_carry_again(depth):
    objective = dead([3] * depth)
    path = path_to_outputs(objective)
    assert isinstance(path, WidePath), path
    assert path.kinds == ("constant", "constant", "last-layer")
    assert path.after == 0
    assert follows(objective, path)
    assert accepted(objective, path).exit_code == 0


def test_one_unit_less_is_not_covered():
    found = path_to_outputs(dead([3, 2]))
    assert found == "layer 2 has 2 neurons, for 3 different samples; expected at least 3, 1 more"
    assert isinstance(path_to_outputs(dead([3, 2], last="neuron")), WidePath)  # the outputs have biases
    found = path_to_outputs(dead([3, 1], last="neuron"))
    assert found == "layer 2 has 1 neuron, for 3 different samples; expected at least 2, 1 more"


def test_one_unit_less_below_is_not_covered():
    """relu(x - 1) and relu(x - 2) on 0, 1, 3, 4: both units are needed, and two samples have equal features."""
    layers = [FullyConnected(width, activation="relu") for width in (2, 4)]
    network = Network((1,), [*layers, FullyConnected(1, activation="identity")])
    arrays = {"W1": [[1, 1]], "b1": [-1, -2], "W2": [[1] * 4] * 2, "b2": [0] * 4, "W3": [[1]] * 4, "b3": [0]}
    parameters = Parameters.from_arrays(network, arrays)
    found = path_to_outputs(Objective(Instance(network, parameters, [[0], [1], [3], [4]], [[1], [0], [5], [2]])))
    wanted = "layer 1 has 2 neurons, all of them needed, and equal features for two of 4 different samples; "
    assert found == wanted + "expected at least 4, 2 more"
    # without the equal ones any width does below the last hidden layer
    assert isinstance(
        path_to_outputs(Objective(Instance(network, parameters, [[3], [4], [6]], [[1], [0], [5]]))), WidePath
    )


def test_the_outputs_of_a_better_point():
    random = Random(2)
    rose = 0
    for _ in range(8):
        objective = wide(random, [3], count=3)
        better = with_less_loss(random, objective)
        path = path_to_outputs(objective, better)
        assert isinstance(path, WidePath), path
        assert path.after == objective.at(objective.coordinates.flat(better)).loss()
        assert follows(objective, path)
        outcome = accepted(objective, path)
        assert outcome.exit_code == 0, outcome.message
        rose += not path.falls
    assert rose  # a straight line overshoots: that is stated, and accepted as such


def test_equal_samples_get_the_mean_of_their_targets():
    random = Random(4)
    objective = wide(random, [3], count=4, equal=(3,), last="none")
    path = path_to_outputs(objective)
    first, last = objective.instance.targets.fractions()[[0, 3], 0].tolist()
    assert path.after == (first - last) ** 2 / 4
    assert follows(objective, path)
    again = path_to_outputs(objective.at(objective.coordinates.flat(path.points[-1])))
    assert again == "the loss is the least that any outputs have already"


def test_reasons():
    assert "features of activation square of rank 3 were found; expected 4" in path_to_outputs(
        dead([4], activation="square", count=4)
    )
    random = Random(1)
    bare = wide(random, [3], count=3, bias="none")
    zero = {"W1": [[0] * 3] * 2, "W2": [[1]] * 3, "b2": [0]}
    bare = bare.at(bare.coordinates.flat(Parameters.from_arrays(bare.instance.network, zero)))
    assert path_to_outputs(bare) == "layer 1 has no biases, and features of rank 1; expected 3"
    deep = wide(random, [3, 3], count=3, bias="none")
    zero = {"W1": [[0] * 3] * 2, "W2": [[1] * 3] * 3, "W3": [[1]] * 3, "b3": [0]}
    deep = deep.at(deep.coordinates.flat(Parameters.from_arrays(deep.instance.network, zero)))
    assert path_to_outputs(deep) == "layer 1 has no biases, and equal features for different samples"
    network = Network((1, 2, 2), [Convolution(3, 1), FullyConnected(1, activation="identity")], activation="relu")
    point = Objective(Instance(network, random_parameters(network), [[1, 2, 3, 4]], [[1]]))
    assert path_to_outputs(point) == "layer 1 is not fully connected"
    network = Network((1,), [FullyConnected(2, activation="relu")])
    assert path_to_outputs(Objective(Instance(network, random_parameters(network), [[1]], [[1, 2]]))) == (
        "there is no hidden layer"
    )
