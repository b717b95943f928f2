"""Statuses, losses and better losses, as the source has them (times 1/2 where theirs is a sum without it)."""

import pytest

from exactcnn.gallery import swirszcz

NUMBERS = {
    "swirszcz-1": ("minimum", "18/2", "14/2"),
    "swirszcz-2": ("minimum", "4/3", "0"),
    "swirszcz-2-smooth": ("minimum", "4/3", "0"),
    "swirszcz-3": ("minimum", "1/3", "1/12"),
    "swirszcz-4": ("minimum", "53/5", "7"),
}


@pytest.mark.parametrize("piece", swirszcz.PIECES, ids=lambda piece: piece.id)
def test_numbers_of_the_source(piece, comes_out):
    comes_out(piece, NUMBERS[piece.id])


def test_the_printed_weights_of_proposition_2_do_not_give_its_losses(by_hand):
    (piece,) = (each for each in swirszcz.PIECES if each.id == "swirszcz-2")
    printed = {"W1": [[-3, -1]], "b1": ["13/3", -10], "W2": [[1], [-1]], "b2": [-3]}
    assert by_hand(piece, printed) * 2 == pytest.approx(23 / 3)
    printed = {"W1": [[-5, -1]], "b1": [1, -8], "W2": [[1], [-1]], "b2": [-1]}
    assert by_hand(piece, printed) * 2 == pytest.approx(29)
