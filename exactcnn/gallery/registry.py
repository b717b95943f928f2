"""All pieces of the gallery, in the order in which they are shown, and how they are chosen."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from exactcnn.display import selected
from exactcnn.gallery.piece import Piece

MODULES = (
    "swirszcz",
    "yun",
    "he_wang_tao",
    "auer",
    "linear_networks",
    "li_ding_sun",
    "nguyen_hein",
    "convolutional_sigmoids",
    "trained",
    "safran_shamir",
    "kawaguchi_huang_kaelbling",
)


def pieces() -> tuple[Piece, ...]:
    """All pieces.

    Examples
    --------
    >>> [piece.id for piece in pieces()][:3]
    ['swirszcz-1', 'swirszcz-2', 'swirszcz-2-smooth']
    """
    return tuple(piece for name in MODULES for piece in import_module(f"exactcnn.gallery.{name}").PIECES)


def select(ids: Iterable[str]) -> tuple[Piece, ...]:
    """Return the pieces with these identifiers, all of them for none.

    Raises
    ------
    InputError
        For an unknown identifier, with the nearest one.

    Examples
    --------
    >>> select(["kawaguchi"])
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: piece 'kawaguchi' is not known; the nearest is 'kawaguchi-3'
    """
    return selected(dict.fromkeys(ids), {piece.id: piece for piece in pieces()}, "piece")
