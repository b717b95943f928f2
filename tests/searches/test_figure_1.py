"""The network, the data and the weights of the experiment."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.data.sources import digits
from exactcnn.errors import InputError
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.parameters import random_parameters
from exactcnn.searches.figure_1 import PERTURBATION, Experiment

SMALL = Experiment(samples=12, filters=(1, 2))


def test_the_network_is_that_of_figure_1():
    images = Experiment("fashion-mnist")
    assert images.network(100).widths == (784, 67600, 16900, 2880, 720, 100, 10)
    assert [layer.kind for layer in images.network(2).resolved] == [
        *("convolution", "max-pooling", "convolution", "max-pooling", "fully-connected", "fully-connected")
    ]
    assert images.filters == (1, 2, 3, 4)
    assert Experiment("digits").network(40).widths == (64, 1440, 360, 80, 100, 10)
    assert Experiment(samples=1).filters == (1,)
    biases = [layer.biases_count for layer in images.network(7).resolved if layer.parameter_shapes]
    assert biases == [7, 80, 100, 10]


def test_samples_are_perturbed_and_the_others_are_not():
    training, test = SMALL.sets
    clean = digits().scaled(Fraction(1, 16))
    moved = training.samples.floats()[0] - clean.samples.floats()[0][:12]
    assert 0 < np.abs(moved).max() <= float(PERTURBATION)
    assert len(np.unique(moved)) == moved.size
    assert (test.samples.floats()[0] == clean.samples.floats()[0][12:]).all()
    assert (test.labels == clean.labels[12:]).all()
    assert Experiment(samples=1797).sets[1] is None


def test_drawn_weights_with_the_best_output_layer():
    """Hidden layers are as drawn, and no output layer has a smaller loss, but for rounding."""
    experiment = Experiment(samples=300, filters=(2,))
    instance = experiment.instance("random", 2)
    drawn = random_parameters(instance.network)
    for own, plain in zip(instance.parameters.layers[:-1], drawn.layers[:-1], strict=True):
        assert (own is None) == (plain is None)
        assert own is None or (own.weights.fractions() == plain.weights.fractions()).all()
    hidden, outputs = (
        FeatureMatrix(instance.network, instance.parameters, instance.samples, k).floats() for k in (4, 5)
    )
    targets = np.eye(10)[instance.data.labels]
    with_ones = np.hstack([hidden, np.ones((300, 1))])
    left, _, _ = np.linalg.svd(with_ones, full_matrices=False)
    best = ((targets - left @ (left.T @ targets)) ** 2).sum()  # what is orthogonal to all columns
    assert best <= ((outputs - targets) ** 2).sum() < 1.05 * best  # rounded to float32


def test_bad_input():
    for given, message in (
        ({"data": "mnist"}, "data = 'mnist'; expected one of digits, fashion-mnist"),
        ({"samples": 0}, "samples = 0; expected a positive integer"),
        ({"filters": (3, 0)}, "filters = 0; expected a positive integer"),
        ({"filters": (3, 3)}, r"filters = \[3, 3\]; expected different numbers"),
        ({"filters": ()}, r"filters = \[\]; expected different numbers"),
        ({"filters": (10**12,)}, "layer 1"),
        ({"seed": -1}, "seed = -1; expected an integer of at least 0"),
        ({"epochs": 0}, "epochs = 0; expected a positive integer"),
    ):
        with pytest.raises(InputError, match=message):
            Experiment(**given)
