"""Images in chunks: decisions that are kept, layers that are known exactly, samples that are settled exactly."""

from fractions import Fraction
from itertools import islice

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.residues import evaluation_points
from exactcnn.network import images as module
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network, Pooled
from exactcnn.network.parameters import Parameters, random_parameters

NETWORK = Network(
    (1, 8, 8),
    [
        Convolution(3, 3, activation="relu"),
        MaxPooling(2),
        Convolution(4, 2, activation="relu"),
        MaxPooling(2),
        FullyConnected(5, activation="abs"),
    ],
)


def background(count, scale=1):
    """Small pictures on a constant background, so that most windows tie."""
    rows = np.zeros((count, 8, 8), dtype=np.int64)
    rows[:, 2:5, 3:6] = np.random.default_rng(0).integers(0, 9, (count, 3, 3))
    return ExactArray(rows.reshape(count, 64), scale)


@pytest.mark.parametrize("scale", [1, 3])
@pytest.mark.parametrize("layer", range(1, 6))
def test_images_of_every_layer_modulo_several_primes(layer, scale, monkeypatch):
    """With thirds no float is exact: nothing starts above the input; with integers the first layers are known."""
    monkeypatch.setattr(module, "CHUNK", 3000)
    features = FeatureMatrix(NETWORK, random_parameters(NETWORK, seed=layer), background(9, scale), layer)
    exact = features.exact()
    points = evaluation_points(7)
    for _ in range(3):
        point = next(points)
        found = features.residues(point).astype(np.int64) % point.modulus
        assert (found == exact.residues(point.modulus)).all()
    kept = features._images._kept
    assert len(kept) > 1
    assert any(each.start for each in kept.values()) == (scale == 1 and layer > 1)


def test_exact_starts_hold_the_features():
    features = FeatureMatrix(NETWORK, random_parameters(NETWORK), background(6), 5)
    features.residues(next(evaluation_points(0)))
    (decisions,) = features._images._kept.values()
    below = FeatureMatrix(NETWORK, features.parameters, features.samples, decisions.start)
    assert (decisions.inputs.fractions() == below.exact().fractions()).all()


def test_little_is_kept_where_there_is_little_room(monkeypatch):
    monkeypatch.setattr(module, "KEPT", 100)
    features = FeatureMatrix(NETWORK, random_parameters(NETWORK), background(6), 3)
    features.residues(next(evaluation_points(0)))
    assert not features._images._kept


ABOVE = Network((1, 8, 8), [Convolution(2, 3, activation="tanh"), Convolution(4, 2, activation="relu")])
FIRST = Network((1, 8, 8), [Convolution(2, 3, activation="abs"), Convolution(4, 2, activation="sigmoid")])


@pytest.mark.parametrize(("network", "layer"), [(NETWORK, 1), (NETWORK, 3), (ABOVE, 1), (ABOVE, 2), (FIRST, 2)])
def test_some_patches_of_the_last_layer(network, layer):
    features = FeatureMatrix(network, random_parameters(network), background(6), layer)
    point = next(evaluation_points(0))
    own = network.layer(layer)
    columns = (np.arange(0, len(own.patches.slots), 2)[:, None] * own.filters + np.arange(own.filters)).ravel()
    some = features.residues(point, None, columns)
    assert (some == features.residues(point)[:, columns]).all()


def dense(width, activation):
    return FullyConnected(width, bias="none", activation=activation)


@pytest.mark.parametrize(
    "layers",
    [
        [dense(2, "relu")],
        [dense(2, "identity"), dense(2, "relu")],
        [dense(2, "relu"), dense(2, "identity")],
        [dense(2, "abs"), dense(2, "leaky-relu(1/2)")],
        [dense(2, "identity"), MaxPooling(patches=((0, 1),))],
        [dense(2, "relu"), MaxPooling(patches=((1, 0),))],
        [dense(2, "identity"), MaxPooling(patches=((1, 0),)), dense(1, "relu")],
        [dense(2, "identity"), dense(2, "relu"), MaxPooling(patches=((0, 1), (1, 0))), dense(2, "identity")],
    ],
)
@pytest.mark.parametrize("tiny", ["1e-30", "-1e-30", "0"])
def test_what_no_float_decides_is_settled_exactly_in_every_layer(layers, tiny):
    """Pre-activations 10^-30 and 0 of one sample: signs and winners that matter for every image."""
    network = Network((2,), layers)
    weights = {"W1": [["1/3", "1/3"], [str(Fraction(tiny) - Fraction(1, 3)), "-1/3"]]}
    for each in network.resolved[1:]:
        if not isinstance(each, Pooled):
            weights[f"W{each.number}"] = np.eye(network.widths[each.number - 1], dtype=int)
    parameters = Parameters.from_arrays(network, weights)
    samples = ExactArray.from_array([[5, 7], [1, 1], [-2, 3], [2, 2]])
    features = FeatureMatrix(network, parameters, samples, len(layers))
    for point in islice(evaluation_points(3), 2):
        found = features.residues(point).astype(np.int64) % point.modulus
        assert (found == features.exact().residues(point.modulus)).all()


@pytest.mark.parametrize("curves", [("sigmoid", "relu", "abs"), ("relu", "tanh", "relu"), ("abs", "relu", "exp")])
def test_balls_above_the_first_irrational_layer_are_the_features(curves):
    """Every layer is walked, and none twice: balls enclose the floats, up to their rounding."""
    first, second, third = curves
    layers = [Convolution(3, 3, activation=first), MaxPooling(2), Convolution(4, 2, activation=second)]
    network = Network((1, 8, 8), [*layers, FullyConnected(5, activation=third), MaxPooling(patches=((0, 1), (3, 4)))])
    parameters, samples = random_parameters(network, seed=1), background(3, 9)
    for layer in range(1, 6):
        features = FeatureMatrix(network, parameters, samples, layer)
        if features.first_irrational is None:
            continue
        found = features._images.ball_trace(samples, None).features[-1]
        assert found.shape == features.shape
        middles = np.array([[float(value.mid()) for value in row] for row in found.tolist()])
        assert max(float(value.rad()) for value in found.flat) < 1e-9
        assert middles == pytest.approx(features.floats(), rel=1e-7, abs=1e-9)
