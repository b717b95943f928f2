"""Paths: every kind of segment, its violation, exact losses in between."""

from fractions import Fraction

import pytest

from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.errors import InputError
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.paths import Path
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


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
