"""Statuses, losses and better losses, as the source has them."""

import pytest

from exactcnn.gallery import he_wang_tao

NUMBERS = {
    "he-wang-tao": ("minimum", "1/12", "0"),
}


@pytest.mark.parametrize("piece", he_wang_tao.PIECES, ids=lambda piece: piece.id)
def test_numbers_of_the_source(piece, comes_out):
    comes_out(piece, NUMBERS[piece.id])
