"""Statuses, losses and better losses, as the source has them."""

import pytest

from exactcnn.gallery import linear_networks

NUMBERS = {
    "baldi-hornik": ("saddle", "2", "1/2"),
    "kawaguchi-2": ("saddle", "1/2", "0"),
    "kawaguchi-3": ("not a minimum", "1/2", "0"),
    "linear-cnn-3": ("minimum", "9/8", "1/2"),
    "linear-cnn-4": ("minimum", "1/32", "0"),
}


@pytest.mark.parametrize("piece", linear_networks.PIECES, ids=lambda piece: piece.id)
def test_numbers_of_the_source(piece, comes_out):
    comes_out(piece, NUMBERS[piece.id])
