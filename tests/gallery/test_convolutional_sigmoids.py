"""Statuses, losses and better losses, as the source has them."""

import pytest

from exactcnn.gallery import convolutional_sigmoids

NUMBERS = {
    "convolutional-sigmoids": ("strict minimum", 0.189515644669, 0.0686109919),
}


@pytest.mark.parametrize("piece", convolutional_sigmoids.PIECES, ids=lambda piece: piece.id)
def test_numbers_of_the_source(piece, comes_out):
    comes_out(piece, NUMBERS[piece.id])
