"""Statuses, losses and better losses, as the source has them."""

import pytest

from exactcnn.gallery import li_ding_sun

NUMBERS = {
    "li-ding-sun-2": ("strict minimum", "49/50", "4/5"),
    "li-ding-sun-3": ("strict minimum", "374625/21632", "1246996437/72467200"),
    "li-ding-sun-3-wide": ("strict minimum", 0.503873056137, 0.0243516792),
    "fukumizu-amari-minimum": ("minimum", "49/50", "0"),
    "fukumizu-amari-saddle": ("saddle", "49/50", "0"),
}


@pytest.mark.parametrize("piece", li_ding_sun.PIECES, ids=lambda piece: piece.id)
def test_numbers_of_the_source(piece, comes_out):
    comes_out(piece, NUMBERS[piece.id])
