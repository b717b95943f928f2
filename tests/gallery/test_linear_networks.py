"""Statuses, losses and better losses, as the source has them; and the same by plain formulas."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.gallery import linear_networks
from exactcnn.gallery.registry import select

NUMBERS = {
    "baldi-hornik": ("saddle", "2", "1/2"),
    "kawaguchi-2": ("saddle", "1/2", "0"),
    "kawaguchi-3": ("not a minimum", "1/2", "0"),
    "linear-cnn-3": ("minimum", "9/8", "1/2"),
    "linear-cnn-4": ("minimum", "1/32", "0"),
}


@pytest.mark.parametrize("piece", linear_networks.PIECES, ids=lambda piece: piece.id)
def test_numbers_of_the_source(piece, comes_out):
    comes_out(piece, NUMBERS[piece.id])


def numbers(rows):
    return [Fraction(value) for row in rows for value in row]


@pytest.mark.parametrize("name", ["linear-cnn-3", "linear-cnn-4"])
@pytest.mark.parametrize("which", ["arrays", "better"])
def test_outputs_of_linear_cnns_are_products_of_polynomials(name, which):
    (piece,) = select([name])
    arrays = getattr(piece, which)
    product = np.convolve(numbers(arrays["W1"]), numbers(arrays["W2"]))
    expected = sum((a - b) ** 2 for a, b in zip(product, numbers(piece.targets), strict=True)) / 2
    objective = piece.objective()
    assert objective.at(objective.coordinates.flat(piece.parameters(arrays))).loss() == expected


def test_eigenvalues_of_baldi_and_hornik():
    (piece,) = select(["baldi-hornik"])
    hessian = np.array(piece.objective().hessian().fractions(), dtype=float)
    assert np.linalg.eigvalsh(hessian) == pytest.approx([-1, 0, 2, 3])


def test_chains_at_zero():
    two, three = (piece.objective().hessian().fractions() for piece in select(["kawaguchi-2", "kawaguchi-3"]))
    assert two.tolist() == [[0, -1], [-1, 0]]
    assert not three.any()
