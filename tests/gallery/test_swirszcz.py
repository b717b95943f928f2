"""Numbers of the source (times 1/2 where theirs is a sum without it), and the same by plain formulas."""

from fractions import Fraction

import pytest

from exactcnn.gallery import swirszcz
from exactcnn.gallery.registry import select
from exactcnn.gallery.swirszcz import PIECES, X1, X2, Y1, Y2, Y3

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


def squares(units, constant, xs, ys):
    """Σ (f − y)² for f = constant + Σ v relu(w x + b), units (w, b, v)."""
    total = Fraction(0)
    for (x,), (y,) in zip(xs, ys, strict=True):
        total += (constant + sum(v * max(Fraction(0), w * x + b) for w, b, v in units) - y) ** 2
    return total


def test_the_losses_of_the_paper():
    assert squares([(1, -3, 1)], 0, X1, Y1) == 18
    assert squares([(-3, Fraction(13, 3), 1), (1, -10, -1)], -3, X2, Y2) == Fraction(8, 3)
    assert squares([(-3, Fraction(23, 6), 1), (1, Fraction(-19, 2), -1)], Fraction(-5, 2), X2, Y2) == Fraction(8, 3)
    assert squares([(-2, Fraction(11, 3), 1), (1, -10, -1), (1, -11, -1)], -3, X2, Y3) == Fraction(2, 3)


@pytest.mark.parametrize(("name", "kinks"), [("swirszcz-1", 1), ("swirszcz-2", 1), ("swirszcz-2-smooth", 0)])
def test_kinks(name, kinks):
    (piece,) = select([name])
    assert len(piece.objective().kinks()) == kinks


def test_the_dead_layer_is_dead():
    objective = PIECES[-1].objective()
    assert not objective.in_rationals().trace.features[2].fractions().any()
