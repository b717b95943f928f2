"""Statuses, losses and better losses, as the source has them; and the same by plain formulas."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.gallery import auer
from exactcnn.gallery.auer import AXIS, PIECES, TARGETS

NUMBERS = {
    "auer-1": ("strict minimum", 0.222222222067, 0.0486618963),
    "auer-2": ("strict minimum", 2 * 0.222222222067, 2 * 0.0486618963),
}


@pytest.mark.parametrize("piece", auer.PIECES, ids=lambda piece: piece.id)
def test_numbers_of_the_source(piece, comes_out):
    comes_out(piece, NUMBERS[piece.id])


def loss(w):
    """The loss of one weight, by the formula."""
    values = [1 / (1 + np.exp(-x * w)) - float(Fraction(y)) for x, y in zip(AXIS, TARGETS, strict=True)]
    return sum(value**2 for value in values) / 2


def test_one_axis_has_two_minima():
    w = np.linspace(-10, 10, 20001)
    e = loss(w)
    lowest = w[1:-1][(e[1:-1] < e[:-2]) & (e[1:-1] < e[2:])]
    assert len(lowest) == 2
    for low, basin in zip(sorted(lowest), reversed(PIECES[0].basins), strict=True):
        arrays = basin.arrays or PIECES[0].arrays
        (centre,), (radius,) = map(float, map(Fraction, arrays["W1"][0])), map(float, map(Fraction, basin.radii))
        assert abs(low - centre) < radius


def test_boxes_are_disjoint_and_as_many_as_minima():
    for inputs, piece in enumerate(PIECES, start=1):
        assert len(piece.basins) == 2**inputs
        boxes = []
        for basin in piece.basins:
            rows = (basin.arrays or piece.arrays)["W1"]
            pairs = zip(rows, basin.radii, strict=True)
            boxes.append([(Fraction(c) - Fraction(r), Fraction(c) + Fraction(r)) for (c,), r in pairs])
        for i, one in enumerate(boxes):
            for other in boxes[:i]:
                assert any(a[1] < b[0] or b[1] < a[0] for a, b in zip(one, other, strict=True))
