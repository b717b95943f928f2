"""Points of loss surfaces with known answers."""

from fractions import Fraction

import numpy as np

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.objective import Objective
from exactcnn.network.definitions import define_activation
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


def objective_of(network, arrays, samples, targets):
    """An objective from plain arrays."""
    return Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))


def fully_connected(widths, activations, *, bias="neuron"):
    """A network of fully connected layers."""
    pairs = zip(widths[1:], activations, strict=True)
    return Network((widths[0],), [FullyConnected(n, activation=name, bias=bias) for n, name in pairs])


def dense(arrays, samples, targets, *, activations=("relu",)):
    """A fully connected network with these arrays; the identity where no activation is given."""
    depth = sum(name.startswith("W") for name in arrays)
    names = [*activations, *["identity"] * (depth - len(activations))]
    layers = [
        FullyConnected(len(arrays[f"W{k}"][0]), activation=names[k - 1], bias="neuron" if f"b{k}" in arrays else "none")
        for k in range(1, depth + 1)
    ]
    return objective_of(Network((len(arrays["W1"]),), layers), arrays, samples, targets)


def shallow(arrays, samples, targets, *, activation="logistic(2)", output="identity"):
    """Two fully connected layers."""
    return dense(arrays, samples, targets, activations=(activation, output))


def moved(objective, direction, t):
    """The loss at theta + t direction."""
    theta = objective.theta.fractions() + Fraction(t) * np.array([Fraction(v) for v in direction], dtype=object)
    return objective.at(ExactArray.from_fractions(theta))


KINK = {"W1": [[-1]], "b1": [-2], "W2": [[1]], "b2": [0]}
KINK_DATA = [[x] for x in (-4, -3, -2, -1, 3)], [[y] for y in (1, 3, -2, -2, 3)]
CONJECTURE = {"W1": [[0, 0, 0]], "b1": [1, 1, 1], "W2": [[1, 0]] * 3, "b2": ["-4/3", "1/3"]}  # constant units
ONE_HOT = [[1, 0], [0, 1], [1, 0]]


def linear_cnn(inputs):
    """A linear CNN with patches of two neurons: a minimum that is not global, loss 9/8 or 1/32."""
    patches = tuple((i, i + 1) for i in range(inputs - 1))
    layers = [
        Convolution(1, patches=patches, bias="none", activation="identity"),
        FullyConnected(1, bias="none", activation="identity"),
    ]
    network = Network((inputs,), layers)
    samples = np.eye(inputs, dtype=int)
    if inputs == 3:
        return objective_of(network, {"W1": [[1], [0]], "W2": [[1], [0]]}, samples, [[1], [0], ["3/2"]])
    return objective_of(network, {"W1": [[0], [1]], "W2": [[0], [1], [0]]}, samples, [["1/4"], [0], [1], [0]])


CLIP = define_activation("clip01", ["0", "t", "1"], [0, 1])
LINE_PLUS_ONE = define_activation("line-plus-one", ["1/(1 - t)", "t + 1"], [0])  # as ELU + 1, but rational
LINE_FROM_ONE = define_activation("line-from-one", ["1/(2 - t)", "t"], [1])


def spurious_minimum():
    """A minimum inside S_1 with 54 parameters that is not global: loss 231/625."""
    layers = [
        FullyConnected(6, activation=CLIP),
        Convolution(1, patches=((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5)), activation=LINE_FROM_ONE),
        FullyConnected(1, activation="identity"),
    ]
    arrays = {
        "W1": 3 * np.eye(6, dtype=int),
        "b1": [-1] * 6,
        "W2": [[0], [2], [1]],
        "b2": [3] * 4,
        "W3": [[0], [2], [1], [0]],
        "b3": [0],
    }
    targets = [[Fraction(v, 25)] for v in (236, 224, 327, 321, 258, 209)]
    return objective_of(Network((6,), layers), arrays, np.eye(6, dtype=int), np.array(targets, dtype=object))


def one_hot_and():
    """AND with one-hot targets: a minimum that is not global, loss 1/4."""
    layers = [
        FullyConnected(6, activation=CLIP),
        Convolution(1, patches=((0, 1), (2, 3), (4, 5)), activation=LINE_PLUS_ONE),
        FullyConnected(2, activation="identity"),
    ]
    arrays = {
        "W1": [[3, 3, 0, 3, 0, 0], [0, 3, 3, -3, 0, 0]],
        "b1": [-1, -4, -1, -1, 2, -1],
        "W2": [[1], [0]],
        "b2": [1, 1, 1],
        "W3": [["1/2", "-1/2"], ["1/2", "-1/2"], [0, 1]],
        "b3": ["-9/4", "1/4"],
    }
    samples = [[a, b] for a in (0, 1) for b in (0, 1)]
    return objective_of(Network((2,), layers), arrays, samples, [[a * b, 1 - a * b] for a, b in samples])


def kink_instance():
    """The smallest minimum on a kink: f = relu(-x - 2), loss 11, multiplier 1/2."""
    network = fully_connected((1, 1, 1), ("relu", "identity"))
    arrays = {"W1": [[-1]], "b1": [-2], "W2": [[1]], "b2": [0]}
    return objective_of(network, arrays, [[-4], [-3], [-2], [-1], [3]], [[1], [3], [-2], [-2], [3]])


def dead_units(units, samples):
    """Units whose parameters are all zero: each is at its kink on every sample, and no direction goes down."""
    rng = np.random.default_rng(0)
    inputs, targets = rng.integers(-9, 10, (samples, 2)).tolist(), rng.integers(-9, 10, samples).tolist()
    targets[-1] = -sum(targets[:-1])
    arrays = {"W1": np.zeros((2, units), int), "b1": [0] * units, "W2": np.zeros((units, 1), int), "b2": [0]}
    network = fully_connected((2, units, 1), ("relu", "identity"))
    return objective_of(network, arrays, inputs, [[y] for y in targets])


def assert_progress(reports, what):
    """Several reports of what is done, growing, of one total that is never reached before the end."""
    done = [report[1] for report in reports if report[0] == what]
    (total,) = {report[2] for report in reports if report[0] == what}
    assert len(done) > 2
    assert done[0] == 0
    assert done == sorted(set(done))
    assert done[-1] < total
