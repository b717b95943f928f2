"""Statuses, losses and better losses, as the source has them; and the same by plain formulas."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.gallery import nguyen_hein
from exactcnn.gallery.nguyen_hein import CUBIC_STEP, PIECES, RAMP, STAIRS
from exactcnn.gallery.registry import select

NUMBERS = {
    "zero-derivative": ("undecided", "1/2", 0.0183410644),
    "constant-units": ("minimum", "2/3", "0"),
    "convolutional-saddle": ("saddle", "1/4", 0.0439675524),
    "convolutional-regression": ("undecided", "1", "0"),
    "convolutional-one-hot": ("undecided", "2/3", "0"),
    "convolutional-and": ("minimum", "1/4", "0"),
    "convolutional-six": ("minimum", "231/625", 0.0641841356),
}


@pytest.mark.parametrize("piece", nguyen_hein.PIECES, ids=lambda piece: piece.id)
def test_numbers_of_the_source(piece, comes_out):
    comes_out(piece, NUMBERS[piece.id])


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.id)
def test_ranks_of_the_first_features(piece):
    features = piece.objective().in_floats().trace.features[1]
    full = np.linalg.matrix_rank(np.asarray(features)) == len(piece.samples)
    assert full == (piece.inside == 1)


def test_the_step_is_smooth_and_increasing_with_one_flat_place():
    slope = CUBIC_STEP.derivative()
    for kink in (-1, 1):  # the pieces meet with one slope
        near = [CUBIC_STEP.exact(kink + side * Fraction(1, 10**9)) for side in (-1, 1)]
        assert abs(near[1] - near[0] - 2 * Fraction(3, 4) / 10**9) < Fraction(1, 10**15)
    values = [CUBIC_STEP.exact(Fraction(t, 7)) for t in range(-70, 71)]
    assert all(a < b for a, b in itertools.pairwise(values))
    assert 0 < values[0] < values[-1] < 1
    assert slope.exact(0) == 0 < slope.exact(Fraction(1, 2))


def test_ramps_and_stairs():
    halves = [Fraction(t, 2) for t in (-1, 1, 3, 5, 7)]
    assert [RAMP.exact(t) for t in halves] == [0, Fraction(1, 2), 1, 1, 1]
    assert [STAIRS.exact(t) for t in halves] == [0, Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), 1]


def test_outputs_with_six_samples_are_a_product_of_polynomials():
    (piece,) = select(["convolutional-six"])
    product = np.convolve(*([int(row[0]) for row in piece.arrays[name]] for name in ("W2", "W3")))
    outputs = piece.objective().in_floats().trace.features[-1]
    constant = 3 * (2 + 1)  # biases of layer 2 times output weights
    assert np.asarray(outputs).ravel() == pytest.approx(product + constant)


def test_the_target_with_six_samples_can_be_factored():
    (piece,) = select(["convolutional-six"])
    roots = np.roots([float(Fraction(row[0])) for row in reversed(piece.targets)])
    assert sum(abs(roots.imag) > 1e-9) == 4  # two pairs: a real factor of degree 2, and one of degree 3, exist
