"""Statuses, losses and better losses, as the source has them; and the same by plain formulas."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.gallery import convolutional_sigmoids
from exactcnn.gallery.convolutional_sigmoids import COUNT, INPUTS, PIECES

NUMBERS = {
    "convolutional-sigmoids": ("strict minimum", 0.189515644669, 0.0686109919),
}


@pytest.mark.parametrize("piece", convolutional_sigmoids.PIECES, ids=lambda piece: piece.id)
def test_numbers_of_the_source(piece, comes_out):
    comes_out(piece, NUMBERS[piece.id])


def test_no_two_entries_of_samples_are_equal():
    entries = [Fraction(value) for row in PIECES[0].samples for value in row]
    assert len(set(entries)) == len(entries) == COUNT * INPUTS


def test_sizes_and_rank():
    objective = PIECES[0].objective()
    assert objective.coordinates.count == 32
    assert np.linalg.matrix_rank(np.asarray(objective.in_floats().trace.features[1]), tol=1e-9) == COUNT < INPUTS
