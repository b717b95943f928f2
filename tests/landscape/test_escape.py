"""Paths to zero loss from any point of a wide network: each is verified, and its losses are taken anew by loops."""

from fractions import Fraction
from random import Random

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.landscape.escape import escape_at_width
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.paths import Path
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from tests.constructions.test_zero_loss import outputs
from tests.landscape.test_paths import flat_minimum


def test_the_flat_minimum_escapes():
    path = escape_at_width(flat_minimum())
    assert [segment.kind for segment in path.segments] == ["compensated", "invisible", "last-layer"]
    assert path.segments[-1].after == 0
    assert path.descends


@pytest.mark.parametrize("activation", ["relu", "softsign", "hard-sigmoid", "square", "logistic(2)", "leaky-relu"])
def test_escapes_from_random_points(activation):
    random = Random(activation)
    for trial in range(4):
        count, inputs = 4, 2
        width = 4 if trial % 2 else 3  # N - 1 is enough with output biases
        layers = [FullyConnected(width, activation=activation), FullyConnected(2, activation="identity")]
        network = Network((inputs,), layers)
        samples = [[random.randrange(-3, 4), i] for i in range(count)]
        arrays = {
            "W1": [[random.randrange(-1, 2) for _ in range(width)] for _ in range(inputs)],
            "b1": [random.randrange(-1, 2) for _ in range(width)],
            "W2": [[random.randrange(-3, 4) for _ in range(2)] for _ in range(width)],
            "b2": ["1/3", -1],
        }
        targets = [[random.randrange(-5, 6) for _ in range(2)] for _ in range(count)]
        objective = Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))
        path = escape_at_width(objective, seed=trial)
        assert isinstance(path, Path), path
        assert path.segments[0].before == objective.loss()
        assert path.segments[-1].after == 0


def test_a_dead_convolution_escapes():
    network = Network((1, 4, 4), [Convolution(3, 3, activation="relu"), FullyConnected(2, activation="identity")])
    generator = np.random.default_rng(4)
    arrays = {"W1": np.zeros((9, 3), int), "b1": -np.ones(12, int), "W2": np.ones((12, 2), int), "b2": [0, 0]}
    samples, targets = generator.integers(0, 255, (8, 16)), generator.integers(0, 2, (8, 2))
    objective = Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))
    path = escape_at_width(objective)
    assert isinstance(path, Path)
    assert path.segments[-1].after == 0


def test_reasons():
    def point(layers, samples, targets, inputs=1):
        network = Network((inputs,), layers)
        return Objective(Instance(network, random_parameters(network, seed=2), samples, targets))

    last = FullyConnected(1, activation="identity")
    narrow = point([FullyConnected(1, activation="relu"), last], [[1], [2], [3]], [[1], [0], [1]])
    assert "1 neuron, and 3 samples; expected at least 2" in escape_at_width(narrow)
    deep = point([FullyConnected(3, activation="relu")] * 2 + [last], [[1]], [[1]])
    assert "one hidden layer" in escape_at_width(deep)
    squashed = point([FullyConnected(3, activation="relu"), FullyConnected(1, activation="relu")], [[1]], [[1]])
    assert "without activation" in escape_at_width(squashed)
    assert "expected" in escape_at_width(point([FullyConnected(3, activation="tanh"), last], [[1]], [[1]]))
    twice = point([FullyConnected(4, activation="relu"), last], [[1], [1]], [[1], [0]])  # the same sample, two targets
    assert "rank 1 were found; expected 2" in escape_at_width(twice)
    done = escape_at_width(flat_minimum())
    assert escape_at_width(done.objective.at(done.points[-1])) == "the loss is zero already"


# -------------------------------------------------------------------- by loops


def loss(objective, theta):
    """Half of the squares, neuron by neuron, at any point."""
    instance = objective.instance
    parameters = objective.coordinates.parameters(ExactArray.from_fractions(theta.tolist(), theta.shape))
    found = outputs(instance.network, parameters, instance.samples.fractions().tolist())
    aims = instance.targets.fractions().tolist()
    return sum((a - b) ** 2 for own, row in zip(found, aims, strict=True) for a, b in zip(own, row, strict=True)) / 2


def follows(path):
    """Constant until the last segment, and there (1 - t)^2 times the loss at its start, down to 0."""
    ends = [path.objective.theta, *path.points]
    for number, (first, second) in enumerate(zip(ends, path.points, strict=False), start=1):
        a, b = first.fractions(), second.fractions()
        start = loss(path.objective, a)
        for t in (Fraction(1, 3), Fraction(1, 2), Fraction(1)):
            factor = (1 - t) ** 2 if number == len(path.points) else 1
            if loss(path.objective, a + (b - a) * t) != factor * start:
                return False
    return True


def wide(last, *, width=3, hidden="relu", bias="neuron", seed=0, targets=((1, 2), (3, 4), (-1, 1))):
    network = Network((2,), [FullyConnected(width, activation=hidden, bias=bias), last])
    samples = [[1, 0], [0, 2], [-1, 1]]
    return Objective(Instance(network, random_parameters(network, seed=seed), samples, [list(row) for row in targets]))


LINEAR = FullyConnected(2, activation="identity")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("bias", ["neuron", "none"])
def test_the_losses_on_the_way(seed, bias):
    path = escape_at_width(wide(LINEAR, bias=bias, seed=seed), seed=seed)
    assert isinstance(path, Path), path
    assert follows(path)


def test_width_n_is_needed_without_output_biases():
    bare = FullyConnected(2, activation="identity", bias="none")
    assert "2 neurons, and 3 samples; expected at least 3" in escape_at_width(wide(bare, width=2))
    assert follows(escape_at_width(wide(bare, width=3)))
    assert follows(escape_at_width(wide(LINEAR, width=2)))
    assert "1 neuron, and 3 samples; expected at least 2" in escape_at_width(wide(LINEAR, width=1))


def test_a_last_layer_that_reads_in_another_order():
    """The slots of its one patch are permuted: weights belong to slots, not to neurons."""
    turned = Convolution(2, patches=((2, 0, 3, 1),), activation="identity")
    for seed in range(4):
        path = escape_at_width(wide(turned, width=4, seed=seed))
        assert isinstance(path, Path), path
        assert follows(path)
    part = Convolution(2, patches=((2, 0, 3),), activation="identity")  # reads three of four neurons
    assert "not fully connected" in escape_at_width(wide(part, width=4))


@pytest.mark.parametrize("bias", ["neuron", "filter", "none"])
def test_convolutions_of_dead_filters(bias):
    """A filter is one unit, whatever it shares; those that are dead are given features."""
    hidden = Convolution(3, patches=((0, 1), (2, 3)), activation="softsign", bias=bias)
    network = Network((4,), [hidden, FullyConnected(1, activation="identity")])
    arrays = {"W1": np.zeros((2, 3), int), "W2": np.ones((6, 1), int), "b2": [0]}
    if bias != "none":
        arrays["b1"] = np.zeros(6 if bias == "neuron" else 3, int)
    samples = [[1, 2, 3, 4], [0, 1, -1, 2], [5, 0, 0, 1], [2, 2, 1, -3]]
    objective = Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, [[1], [0], [3], [-2]]))
    path = escape_at_width(objective)
    assert isinstance(path, Path), path
    assert follows(path)
    assert loss(objective, path.points[-1].fractions()) == 0


def test_the_seed():
    with pytest.raises(InputError, match="seed"):
        escape_at_width(flat_minimum(), seed="zero")
    one, other = (escape_at_width(flat_minimum(), seed=5) for _ in range(2))
    for a, b in zip(one.points, other.points, strict=True):
        assert (a.fractions() == b.fractions()).all()
