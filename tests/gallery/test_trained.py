"""Statuses, losses and better losses, as the source has them; and the same by plain formulas."""

import numpy as np
import pytest

from exactcnn.gallery import trained
from exactcnn.gallery.registry import select

NUMBERS = {
    "trained-tanh": ("strict minimum", 0.0806254544, 0.0691839594),
    "trained-relu": ("minimum", 4.90545656, 3.18221889),
    "xor-solved": ("global minimum", "0", None),
    "xor-stuck": ("undecided", 0.333333333, 0.0),
    "kink": ("minimum", "11", "9"),
}


@pytest.mark.parametrize("piece", trained.PIECES, ids=lambda piece: piece.id)
def test_numbers_of_the_source(piece, comes_out):
    comes_out(piece, NUMBERS[piece.id])


@pytest.mark.parametrize(
    ("name", "loss"), [("trained-tanh", 0.08062545442748), ("xor-solved", 0.0), ("xor-stuck", 1 / 3)]
)
def test_floats_are_where_training_came_to_rest(name, loss):
    (piece,) = select([name])
    here = piece.objective().in_floats()
    assert float(here.twice_the_loss) / 2 == pytest.approx(loss, abs=1e-10)
    assert float(np.linalg.norm(here.gradient)) < 1e-5


def test_the_trained_relus_stand_beside_a_kink():
    (piece,) = select(["trained-relu"])
    weights, biases = np.array(piece.arrays["W1"]), np.array(piece.arrays["b1"])
    sums = np.abs(np.array(piece.samples) @ weights + biases)
    assert 0 < sums.min() < 1e-6


def test_xor_is_xor():
    for name in ("xor-solved", "xor-stuck"):
        (piece,) = select([name])
        assert [(a ^ b,) for a, b in piece.samples] == [tuple(row) for row in piece.targets]
