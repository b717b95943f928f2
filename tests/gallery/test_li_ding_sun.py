"""Statuses, losses and better losses, as the source has them; and the same by plain formulas."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.gallery import li_ding_sun
from exactcnn.gallery.registry import select

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


def sigmoid(u):
    return Fraction(2) ** u / (1 + Fraction(2) ** u)


@pytest.mark.parametrize(
    ("name", "determinant"), [("li-ding-sun-2", Fraction(224, 2025)), ("li-ding-sun-3", Fraction(6799, 56250))]
)
def test_the_gradient_is_zero_and_the_hessian_definite(name, determinant):
    (piece,) = select([name])
    v = Fraction(piece.arrays["W2"][0][0])
    x, y = ([Fraction(row[0]) for row in part] for part in (piece.samples, piece.targets))
    s = [sigmoid(int(a)) for a in x]
    r = [v * p - b for p, b in zip(s, y, strict=True)]
    slope = [a * p * (1 - p) for a, p in zip(x, s, strict=True)]
    bend = [a * a * p * (1 - p) * (1 - 2 * p) for a, p in zip(x, s, strict=True)]
    assert np.dot(r, s) == 0 == np.dot(r, slope)
    mixed = v * np.dot(s, slope)
    found = np.dot(s, s) * (v * v * np.dot(slope, slope) + v * np.dot(r, bend)) - mixed**2
    assert found == determinant > 0


def test_both_splits_compute_the_same():
    small, *split = select(["li-ding-sun-2", "fukumizu-amari-minimum", "fukumizu-amari-saddle"])
    for piece in split:
        assert (piece.objective().outputs().fractions() == small.objective().outputs().fractions()).all()
        assert sum(Fraction(row[0]) for row in piece.arrays["W2"]) == Fraction(small.arrays["W2"][0][0])
