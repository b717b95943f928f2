"""Status, loss and better loss as derived by hand; regression by floats."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.gallery.kawaguchi_huang_kaelbling import PIECES

NUMBERS = {"affine-units": ("minimum", "953419653/11281250", "198143267022953/2374297000000")}


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.id)
def test_numbers_of_the_source(piece, comes_out):
    comes_out(piece, NUMBERS[piece.id])


def test_the_better_point_is_the_least_squares_plane():
    (piece,) = PIECES
    samples = np.array(piece.samples, dtype=float)
    targets = np.array([float(Fraction(row[0])) for row in piece.targets])
    design = np.column_stack([samples, np.ones(len(samples))])
    line = design @ np.linalg.lstsq(design, targets, rcond=None)[0]
    assert ((line - targets) ** 2).sum() / 2 == pytest.approx(float(Fraction(piece.better_loss)))
    assert float(Fraction(piece.loss)) > float(Fraction(piece.better_loss))


def test_the_first_units_are_on_and_the_others_are_not_everywhere():
    (piece,) = PIECES
    inputs = np.array(piece.samples)
    first = np.maximum(inputs @ piece.arrays["W1"] + piece.arrays["b1"], 0)
    second = first @ piece.arrays["W2"] + [float(Fraction(b)) for b in piece.arrays["b2"]]
    for layer in (inputs @ piece.arrays["W1"] + piece.arrays["b1"], second):
        assert (layer != 0).all()
        assert (layer[:, 0] > 0).all()
        assert {True, False} == set((layer[:, 1] > 0).tolist())
