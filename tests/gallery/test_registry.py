"""All pieces: identifiers, pages, and how they are chosen."""

import pytest

from exactcnn.errors import InputError
from exactcnn.gallery.registry import pieces, select
from exactcnn.proofs.registry import statements

ALL = pieces()


def test_identifiers_are_unique():
    assert len({piece.id for piece in ALL}) == len(ALL) > 30


def test_every_piece_has_its_page():
    pages = {each.id: each for each in statements() if each.kind == "piece"}
    assert list(pages) == [piece.page for piece in ALL]
    for piece in ALL:
        text = pages[piece.page].page.read_text(encoding="utf-8")
        assert f"# {piece.title}\n" in text
        assert f'select(["{piece.id}"])' in text


def test_unknown_pieces_are_refused_with_the_nearest():
    with pytest.raises(InputError, match="piece 'auer' is not known; the nearest is 'auer-"):
        select(["auer"])
    assert [piece.id for piece in select(["kink", "auer-1", "kink"])] == ["kink", "auer-1"]
