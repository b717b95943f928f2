"""Statuses, losses and better losses, as the source has them."""

import pytest

from exactcnn.gallery import trained

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
