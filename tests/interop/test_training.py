"""Training: the first step of Adam against differences of the loss, and what the whole of it leaves."""

import sys

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.interop.training import RATE, require_torch, trained
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters

LAYERS = [
    Convolution(2, 3, bias="filter"),
    MaxPooling(2),
    Convolution(2, 2, bias="filter", stride=2),
    FullyConnected(3),
    FullyConnected(2, activation="identity"),
]
NETWORK = Network((1, 6, 6), LAYERS, activation="sigmoid")
SAMPLES = ExactArray.from_array(np.random.default_rng(1).integers(-8, 9, (5, 36)) / 8)
TARGETS = ExactArray.from_array(np.random.default_rng(2).integers(-1, 2, (5, 2)))
START = random_parameters(NETWORK, seed=3)


def arrays(parameters):
    found = {}
    for number, own in enumerate(parameters.layers, 1):
        if own is not None:
            found |= {f"W{number}": own.weights.floats()[0], f"b{number}": own.biases.floats()[0]}
    return found


def loss(held):
    own = Parameters.from_arrays(NETWORK, held)
    outputs = FeatureMatrix(NETWORK, own, SAMPLES, len(LAYERS)).floats()
    return ((outputs - TARGETS.floats()[0]) ** 2).sum() / 2


def test_the_first_step_is_against_the_gradient():
    """Adam's first step moves every weight by the rate, against the sign of its derivative."""
    pytest.importorskip("torch")
    before = arrays(START)
    after = arrays(trained(NETWORK, START, SAMPLES, TARGETS, epochs=1))
    certain = 0
    for name, values in before.items():
        for index in np.ndindex(values.shape):
            sides = []
            for step in (2.0**-14, -(2.0**-14)):
                moved = values.copy()
                moved[index] += step
                sides.append(loss(before | {name: moved}))
            slope = (sides[0] - sides[1]) * 2.0**13
            if abs(slope) > 1e-3:
                certain += 1
                assert after[name][index] - values[index] == pytest.approx(-RATE * np.sign(slope), rel=1e-2)
    assert certain > 30


def test_the_loss_falls_and_weights_are_float32():
    pytest.importorskip("torch")
    seen = []
    found = trained(NETWORK, START, SAMPLES, TARGETS, epochs=400, seed=1, progress=lambda *report: seen.append(report))
    assert loss(arrays(found)) < loss(arrays(START)) / 2
    assert all((values == values.astype(np.float32)).all() for values in arrays(found).values())
    assert seen[0] == ("training, epochs", 0, 400)
    again = trained(NETWORK, START, SAMPLES, TARGETS, epochs=400, seed=1)
    assert all(np.allclose(values, arrays(again)[name]) for name, values in arrays(found).items())


def test_what_cannot_be_trained():
    pytest.importorskip("torch")
    odd = Network((3,), [FullyConnected(2, activation="swish(2)")])
    with pytest.raises(InputError, match="torch has no activation as one of this network"):
        trained(odd, random_parameters(odd), ExactArray.from_array([[1, 2, 3]]), TARGETS[:1], epochs=1)
    steep = Network((3,), [FullyConnected(2, activation="exp")])
    with pytest.raises(InputError, match="training has diverged"):
        trained(steep, random_parameters(steep), ExactArray.from_array([[900, 900, 900]]), TARGETS[:1], epochs=2)


def test_without_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match="training needs the package torch; try: pip install"):
        require_torch()
    with pytest.raises(InputError, match="training needs the package torch"):
        trained(NETWORK, START, SAMPLES, TARGETS, epochs=1)
