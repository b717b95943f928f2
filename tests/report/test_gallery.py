"""The table of the gallery: a line a piece, and in red what is not as promised."""

import io
from dataclasses import replace
from fractions import Fraction

import pytest
from rich.console import Console

from exactcnn.gallery.examine import examine
from exactcnn.gallery.registry import select
from exactcnn.report.gallery import gallery_table, short


def shown(found, width=160):
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(gallery_table(found))
    return console.export_text()


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        ((Fraction(0), Fraction(0)), "0"),
        ((Fraction(1, 3), Fraction(1, 3)), "1/3"),
        ((Fraction(3**60, 2**90), Fraction(3**60, 2**90)), f"≈ {3**60 / 2**90:.9g}"),
        ((Fraction(1, 4), Fraction(1, 4) + Fraction(1, 10**30)), "≈ 0.25"),
    ],
)
def test_losses_for_a_narrow_column(loss, text):
    assert short(loss) == text


def test_pieces_as_promised():
    found = [examine(piece) for piece in select(["kink", "xor-stuck"])]
    text = shown(found)
    for words in ("kink", "minimum", "11", "kinks", "yes", "undecided", "none", "2 of 2 pieces as promised"):
        assert words in text


def test_a_broken_promise_has_a_line():
    (piece,) = select(["kink"])
    text = shown([examine(replace(piece, loss="12"), check=False)])
    assert "kink: loss is 11; expected 12" in text
    assert "0 of 1 piece as promised" in text


def test_narrow_terminals_fold():
    lines = shown([examine(piece) for piece in select(["kink"])], width=60).splitlines()
    assert max(map(len, lines)) <= 60
