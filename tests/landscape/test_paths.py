"""Paths: every kind of segment, its violation, exact losses in between, and the escape at width N."""

from fractions import Fraction
from random import Random

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.errors import InputError
from exactcnn.landscape.escape import escape_at_width
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.paths import Path
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters


def flat_minimum():
    """Sigmoid, N = n_1 = 3, one-hot: a spurious minimum of loss 2/3, in the base 2."""
    network = Network((1,), [FullyConnected(3, activation="logistic(2)"), FullyConnected(2, activation="identity")])
    arrays = {"W1": [[0, 0, 0]], "b1": [1, 1, 1], "W2": [[1, 0]] * 3, "b2": ["-4/3", "1/3"]}
    parameters = Parameters.from_arrays(network, arrays)
    return Objective(Instance(network, parameters, [[-1], [0], [1]], [[1, 0], [0, 1], [1, 0]]))


def steps(objective, *changes):
    """Points of a path, each given by what changes by name."""
    theta, points = objective.theta.fractions(), []
    for change in changes:
        theta = theta.copy()
        for name, value in change.items():
            theta[objective.coordinates.index(name)] = Fraction(value)
        points.append(ExactArray.from_fractions(theta.tolist(), theta.shape))
    return Path(objective, tuple(points))


FIRST = {"W2[0,0]": 3, "W2[1,0]": 0, "W2[2,0]": 0}
SECOND = {"W1[0,1]": 2, "b1[1]": 0, "W1[0,2]": 1, "b1[2]": 1}
LAST = {
    "W2[0,0]": "75/2",
    "W2[0,1]": -36,
    "W2[1,0]": 30,
    "W2[1,1]": -30,
    "W2[2,0]": -60,
    "W2[2,1]": 60,
    "b2[0]": 0,
    "b2[1]": 0,
}


def between(objective, first, second, t):
    a, b = first.fractions(), second.fractions()
    theta = a + (b - a) * t
    found = objective.in_rationals(ExactArray.from_fractions(theta.tolist(), theta.shape))  # no derivatives: any base
    return Fraction(found.twice_the_loss.fractions().item()) / 2


def test_the_escape_of_the_theory_in_three_segments():
    objective = flat_minimum()
    path = steps(objective, FIRST, SECOND, LAST)
    assert [segment.kind for segment in path.segments] == ["compensated", "invisible", "last-layer"]
    assert [segment.after for segment in path.segments] == [Fraction(2, 3), Fraction(2, 3), 0]
    assert path.descends
    assert path.claim((-1, 0, 1, 2)).document() == {"kind": "path", "points": [-1, 0, 1, 2]}
    for t in (Fraction(1, 4), Fraction(2, 3)):
        assert between(objective, path.points[1], path.points[2], t) == (1 - t) ** 2 * Fraction(2, 3)
        assert between(objective, objective.theta, path.points[0], t) == Fraction(2, 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([SECOND], r"segment 1 changes W1\[0,1\] .*W2\[1,0\] = 1 reads one"),
        ([FIRST, {**SECOND, "W1[0,0]": 1}], r"segment 2 .*W2\[0,0\] = 3 reads one"),
        ([{"W2[0,0]": 2}], "segment 1: the loss grows towards its end"),
        ([{"W2[0,0]": 2, "b1[1]": 2}], "segment 1 changes"),
        ([FIRST, {**SECOND, "W2[1,0]": "1/9"}], "segment 2 changes .* read"),
        ([FIRST, SECOND, LAST, {"b2[0]": 1}], "segment 4: the loss grows"),
        ([FIRST, {"b1[1]": "1/3"}], "expected an integer exponent"),
    ],
)
def test_each_obligation(changes, message):
    with pytest.raises(InputError, match=message):
        steps(flat_minimum(), *changes).segments  # noqa: B018 - verifies


def test_overshooting_the_minimum_of_the_last_layer():
    network = Network((1,), [FullyConnected(1, activation="identity", bias="none")])
    objective = Objective(Instance(network, Parameters.from_arrays(network, {"W1": [[0]]}), [[1]], [[1]]))
    assert steps(objective, {"W1[0,0]": 1}).segments[0].after == 0
    with pytest.raises(InputError, match="grows"):  # falls first, then grows; the end is still lower than the start
        steps(objective, {"W1[0,0]": "3/2"}).segments  # noqa: B018


def test_constant_paths_and_lengths():
    objective = flat_minimum()
    assert steps(objective, {}).segments[0].kind == "unchanged"
    with pytest.raises(InputError, match="expected less than at its start"):
        steps(objective, FIRST).claim((-1, 0))
    with pytest.raises(InputError, match="expected 2, with the start"):
        steps(objective, FIRST).claim((-1,))
    for points, message in (((), "no points"), ((exact_array([1], name="point"),), r"has shape \(1,\)")):
        with pytest.raises(InputError, match=message):
            Path(objective, points).segments  # noqa: B018


def test_units_below_pooling_and_shared_filters():
    layers = [Convolution(2, (1, 1), activation="relu"), MaxPooling(2), FullyConnected(1, activation="identity")]
    network = Network((1, 2, 2), layers)
    parameters = Parameters.from_arrays(network, {"W1": [[1, 1]], "b1": [0] * 8, "W3": [[0], [0]], "b3": [0]})
    objective = Objective(Instance(network, parameters, [[1, 2, 3, 4]], [[1]]))
    with pytest.raises(InputError, match="layer 2 is max-pooling"):
        steps(objective, {"W1[0,0]": 2}).segments  # noqa: B018
    # without pooling: a filter is read through all its neurons
    network = Network((1, 2, 2), [layers[0], layers[2]])
    weights = [[0], [0], [0], [0], [0], [0], [0], [1]]  # reads the last neuron, of filter 1
    parameters = Parameters.from_arrays(network, {"W1": [[1, 1]], "b1": [0] * 8, "W2": weights, "b2": [0]})
    objective = Objective(Instance(network, parameters, [[1, 2, 3, 4]], [[1]]))
    assert steps(objective, {"W1[0,0]": 2}).segments[0].kind == "invisible"
    assert steps(objective, {"b1[5]": 2}).segments[0].kind == "invisible"
    for name in ("W1[0,1]", "b1[7]"):
        with pytest.raises(InputError, match=r"W2\[7,0\] = 1"):
            steps(objective, {name: 2}).segments  # noqa: B018


def test_two_layers_of_invisible_neurons():
    layers = [FullyConnected(n, activation=a) for n, a in ((2, "relu"), (2, "relu"), (1, "identity"))]
    network = Network((1,), layers)
    arrays = {"W1": [[1, 1]], "b1": [1, 1], "W2": [[1, 0], [0, 0]], "b2": [1, 1], "W3": [[1], [0]], "b3": [0]}
    objective = Objective(Instance(network, Parameters.from_arrays(network, arrays), [[1], [2]], [[0], [0]]))
    assert steps(objective, {"W1[0,1]": 5, "b2[1]": 7}).segments[0].kind == "invisible"
    with pytest.raises(InputError, match="reads one"):  # the weight from the first changed neuron changes as well
        steps(objective, {"W1[0,1]": 5, "W2[1,1]": 7}).segments  # noqa: B018
    with pytest.raises(InputError, match="reads one"):
        steps(objective, {"W1[0,1]": 5, "W2[1,0]": 7}).segments  # noqa: B018


# -------------------------------------------------------------------- escape


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
    assert "1 neurons, and 3 samples; expected at least 2" in escape_at_width(narrow)
    deep = point([FullyConnected(3, activation="relu")] * 2 + [last], [[1]], [[1]])
    assert "one hidden layer" in escape_at_width(deep)
    squashed = point([FullyConnected(3, activation="relu"), FullyConnected(1, activation="relu")], [[1]], [[1]])
    assert "without activation" in escape_at_width(squashed)
    assert "expected" in escape_at_width(point([FullyConnected(3, activation="tanh"), last], [[1]], [[1]]))
    twice = point([FullyConnected(4, activation="relu"), last], [[1], [1]], [[1], [0]])  # the same sample, two targets
    assert "rank 1 were found; expected 2" in escape_at_width(twice)
    done = escape_at_width(flat_minimum())
    assert escape_at_width(done.objective.at(done.points[-1])) == "the loss is zero already"
