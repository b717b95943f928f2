"""Statuses, losses and better losses, as the source has them."""

import pytest

from exactcnn.gallery import nguyen_hein

NUMBERS = {
    "zero-derivative": ("undecided", "1/2", 0.0183410644),
    "constant-units": ("minimum", "2/3", "0"),
    "convolutional-saddle": ("saddle", "1/4", 0.0439675524),
    "convolutional-regression": ("undecided", "1", "0"),
    "convolutional-one-hot": ("undecided", "2/3", "0"),
    "convolutional-and": ("minimum", "1/4", "0"),
    "convolutional-six": ("minimum", "231/625", 0.0641841356),
}


@pytest.mark.parametrize("piece", nguyen_hein.PIECES, ids=lambda piece: piece.id)
def test_numbers_of_the_source(piece, comes_out):
    comes_out(piece, NUMBERS[piece.id])
