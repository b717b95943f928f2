"""Statuses, losses and better losses, as the source has them."""

import pytest

from exactcnn.gallery import auer

NUMBERS = {
    "auer-1": ("strict minimum", 0.222222222067, 0.0486618963),
    "auer-2": ("strict minimum", 2 * 0.222222222067, 2 * 0.0486618963),
}


@pytest.mark.parametrize("piece", auer.PIECES, ids=lambda piece: piece.id)
def test_numbers_of_the_source(piece, comes_out):
    comes_out(piece, NUMBERS[piece.id])
