"""Images in chunks: decisions that are kept, layers that are known exactly, samples that are settled exactly."""

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.residues import evaluation_points
from exactcnn.network import images as module
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters

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


def test_some_patches_of_the_last_layer():
    features = FeatureMatrix(NETWORK, random_parameters(NETWORK), background(6), 3)
    point = next(evaluation_points(0))
    columns = features.sample(1, 9)
    some = features.residues(point, None, columns)
    assert (some == features.residues(point)[:, columns]).all()
    assert not np.array_equal(columns, np.arange(features.shape[1]))
