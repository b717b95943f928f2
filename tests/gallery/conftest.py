"""What all pieces are held against: numbers of their sources, and an independent forward pass by loops, in floats."""

import functools
import math
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.gallery.examine import examine
from exactcnn.gallery.piece import promised
from exactcnn.network.network import Convolved

examined = functools.cache(examine)


@pytest.fixture(scope="session")
def comes_out():
    """Assert that a piece comes out as promised, with the numbers (status, loss, better loss) of its source."""

    def check(piece, numbers):
        found = examined(piece)
        assert found.failures == ()
        assert found.checked is True
        status, loss, better = numbers
        assert found.point.status == status
        close(found.point.loss, loss)
        if better is None:
            assert found.point.better is None
        else:
            close(found.point.better.loss, better)
        assert bool(found.point.suboptimal) == (status not in ("undecided", "global minimum"))
        objective = piece.surface()
        assert float(objective.in_floats().twice_the_loss) / 2 == pytest.approx(by_hand(piece, piece.arrays), abs=1e-12)
        if piece.better is not None:
            expected = promised(piece.better_loss)[0]
            assert by_hand(piece, piece.better) == pytest.approx(float(expected), rel=1e-4, abs=1e-12)

    return check


@pytest.fixture(scope="session", name="by_hand")
def _by_hand():
    return by_hand


def close(bounds, expected):
    if isinstance(expected, str):
        assert bounds[0] <= Fraction(expected) <= bounds[1]
        assert bounds[1] - bounds[0] < Fraction(1, 10**25)
    else:
        assert float(bounds[0]) == pytest.approx(expected, rel=1e-8, abs=1e-18)


def curve(name, t):
    functions = {
        "identity": lambda t: t,
        "relu": lambda t: max(t, 0.0),
        "leaky-relu(1/10)": lambda t: max(t, t / 10),
        "logistic(2)": lambda t: 1 / (1 + 2.0**-t),
        "sigmoid": lambda t: 1 / (1 + math.exp(-t)),
        "tanh": math.tanh,
        "elu-plus-one": lambda t: t + 1 if t > 0 else math.exp(t),
        "ramp": lambda t: min(max(t, 0.0), 1.0),
        "stairs": lambda t: (min(max(t, 0.0), 1.0) + min(max(t - 2, 0.0), 1.0)) / 2,
        "line-from-one": lambda t: t if t > 1 else math.exp(t - 1),
        "cubic-step": lambda t: 1 - 1 / (4 * t**3) if t > 1 else -1 / (4 * t**3) if t < -1 else 0.5 + t**3 / 4,
    }
    return functions[name](t)


def gaussian(arrays):
    """½ E (Σ relu(w_i·x) − Σ relu(x_j))² by angles: E relu(w·x) relu(v·x) = |w||v|(sin θ + (π − θ) cos θ)/2π."""
    weights = np.array([[float(Fraction(x)) for x in row] for row in arrays["W1"]])
    vectors = np.concatenate([weights.T, np.eye(len(weights))])
    signs = np.repeat([1.0, -1.0], len(weights))
    lengths = np.linalg.norm(vectors, axis=1)
    angles = np.arccos(np.clip(vectors @ vectors.T / np.outer(lengths, lengths), -1, 1))
    kernel = np.outer(lengths, lengths) * (np.sin(angles) + (np.pi - angles) * np.cos(angles)) / (2 * np.pi)
    return float(signs @ kernel @ signs) / 2


def by_hand(piece, arrays):
    """The loss by loops over samples, patches and filters, of Python floats."""
    if piece.samples is None:
        return gaussian(arrays)
    total = 0.0
    for row, aims in zip(piece.samples, piece.targets, strict=True):
        values = [float(Fraction(x)) for x in row]
        for layer in piece.network.resolved:
            assert isinstance(layer, Convolved)
            weights, biases = arrays[f"W{layer.number}"], arrays.get(f"b{layer.number}")
            sums = []
            for patch in layer.patches.slots.tolist():
                for t in range(layer.filters):
                    read = sum(float(Fraction(weights[s][t])) * values[neuron] for s, neuron in enumerate(patch))
                    sums.append(read + (float(Fraction(biases[len(sums)])) if biases else 0.0))
            values = [
                curve(layer.activation.name if "(" not in layer.activation.text else layer.activation.text, z)
                for z in sums
            ]
        total += sum((value - float(Fraction(aim))) ** 2 for value, aim in zip(values, aims, strict=True)) / 2
    return total
