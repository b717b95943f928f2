"""Statuses, losses and better losses, as the source has them; and the same by plain formulas."""

import numpy as np
import pytest

from exactcnn.gallery import yun
from exactcnn.gallery.yun import PIECES

NUMBERS = {
    "yun-1": ("minimum", "1/12", "0"),
    "yun-2": ("minimum", "1/3", "0"),
}


@pytest.mark.parametrize("piece", yun.PIECES, ids=lambda piece: piece.id)
def test_numbers_of_the_source(piece, comes_out):
    comes_out(piece, NUMBERS[piece.id])


def test_the_first_is_the_least_squares_line():
    x, y = (np.array(part, dtype=float).ravel() for part in (PIECES[0].samples, PIECES[0].targets))
    line = np.polyval(np.polyfit(x, y, 1), x)
    outputs = np.array(PIECES[0].objective().outputs().fractions(), dtype=float).ravel()
    assert outputs == pytest.approx(line)


def test_the_second_is_the_mean_and_its_data_are_those_of_the_theorem():
    outputs = PIECES[1].objective().outputs().fractions().ravel().tolist()
    assert all(3 * value == sum(row[0] for row in PIECES[1].targets) for value in outputs)
    theorem = [(1, 0), (0, 1), ("1/2", "1/2")]
    assert [row[0] for row in PIECES[1].samples] == [first for first, _ in theorem]
