"""Statuses, losses and better losses, as the source has them."""

import pytest

from exactcnn.gallery import yun

NUMBERS = {
    "yun-1": ("minimum", "1/12", "0"),
    "yun-2": ("minimum", "1/3", "0"),
}


@pytest.mark.parametrize("piece", yun.PIECES, ids=lambda piece: piece.id)
def test_numbers_of_the_source(piece, comes_out):
    comes_out(piece, NUMBERS[piece.id])
