"""Statuses, losses and better losses, as the source has them; and the same by plain formulas."""

import numpy as np
import pytest

from exactcnn.gallery import he_wang_tao
from exactcnn.gallery.he_wang_tao import PIECES

NUMBERS = {
    "he-wang-tao": ("minimum", "1/12", "0"),
}


@pytest.mark.parametrize("piece", he_wang_tao.PIECES, ids=lambda piece: piece.id)
def test_numbers_of_the_source(piece, comes_out):
    comes_out(piece, NUMBERS[piece.id])


def test_all_units_are_on_their_upper_piece_and_the_output_is_the_line():
    (piece,) = PIECES
    here = piece.objective().in_rationals()
    for sums in here.trace.pre_activations[:2]:
        assert min(sums.fractions().ravel().tolist()) > 0
    x, y = (np.array(part, dtype=float).ravel() for part in (piece.samples, piece.targets))
    outputs = np.array(piece.objective().outputs().fractions(), dtype=float).ravel()
    assert outputs == pytest.approx(np.polyval(np.polyfit(x, y, 1), x))
