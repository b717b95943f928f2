"""One-sided derivatives against difference quotients, and by hand."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.one_sided import directional
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from tests.landscape.examples import KINK, KINK_DATA, dense, moved


@pytest.mark.parametrize("seed", range(3))
def test_one_sided_derivatives_are_limits_of_quotients(seed):
    """Deep networks with pooling, at points full of kinks and ties; rational, so that quotients are exact."""
    rng = np.random.default_rng(seed)
    kinks = 0
    for _ in range(25):
        hidden = str(rng.choice(["relu", "abs", "clip(-1,1)", "leaky-relu(1/2)", "softsign"]))
        layers = [
            Convolution(2, 2, activation=hidden, padding=1),
            MaxPooling(2, stride=1),
            FullyConnected(2, activation=hidden),
            FullyConnected(1, activation="identity"),
        ]
        network = Network((1, 3), layers)
        arrays = {}
        for layer in network.resolved:
            if layer.kind != "max-pooling":
                arrays[f"W{layer.number}"] = rng.integers(-1, 2, layer.weights_shape).tolist()
                arrays[f"b{layer.number}"] = rng.integers(-1, 2, layer.biases_count).tolist()
        samples, targets = rng.integers(-1, 2, (3, 3)).tolist(), rng.integers(-2, 3, (3, 1)).tolist()
        objective = Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))
        kinks += len(objective.kinks())
        direction = rng.integers(-3, 4, objective.coordinates.count).tolist()
        slope, here = directional(objective, direction), objective.loss()
        quotients = [
            (moved(objective, direction, t).loss() - here) / t for t in (Fraction(1, 2**30), Fraction(1, 2**60))
        ]
        assert abs(quotients[1] - slope) < Fraction(1, 2**40)
        assert abs(quotients[0] - slope) < Fraction(1, 2**12)
    assert kinks > 100


def test_a_direction_of_the_wrong_shape():
    with pytest.raises(InputError, match=r"direction has shape \(2,\); expected \(4,\)"):
        directional(dense(KINK, *KINK_DATA), [1, 2])


def test_kinks_by_hand():
    """½ (|w| − 1)² at 0 falls both ways; ½ (relu(w) + 1)² only grows, or stays."""
    falls = dense({"W1": [[0]], "W2": [[1]]}, [[1]], [[1]], activations=("abs",))
    assert [directional(falls, [t, 0]) for t in (1, -1, 2)] == [-1, -1, -2]
    grows = dense({"W1": [[0]], "W2": [[1]]}, [[1]], [[-1]])
    assert [directional(grows, [t, 0]) for t in (1, -1)] == [1, 0]
    assert directional(grows, [0, 0]) == 0


def test_nested_kinks_by_hand():
    """relu(relu(w) − relu(−w)) at 0: the upper kink follows what the lower ones do."""
    arrays = {"W1": [[0, 0]], "W2": [[1], [-1]], "W3": [[1]]}
    objective = dense(arrays, [[1]], [[-1]], activations=("relu", "relu"))
    assert directional(objective, [1, 0, 0, 0, 0]) == 1
    assert directional(objective, [0, 1, 0, 0, 0]) == 0
    assert directional(objective, [3, 1, 0, 0, 0]) == 2
    assert directional(objective, [1, 3, 0, 0, 0]) == 0
