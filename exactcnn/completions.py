"""What a shell may complete in a command: identifiers and names, without loading what they stand for."""

from __future__ import annotations

from collections.abc import Iterable

PIECE = "GALLERY."  # before the identifier of a piece, in that of its page


def statement_ids(incomplete: str) -> list[str]:
    """Identifiers of statements, or what follows the paper in them.

    Examples
    --------
    >>> statement_ids("NH18.T3.4"), statement_ids("a2")
    (['NH18.T3.4.2', 'NH18.T3.4'], ['a2.4'])
    """
    whole = _page_ids()
    return _beginning_with(incomplete, [*whole, *(each.partition(".")[2] for each in whole if incomplete)])


def piece_ids(incomplete: str) -> list[str]:
    """Identifiers of pieces of the gallery.

    Examples
    --------
    >>> piece_ids("kawa")
    ['kawaguchi-2', 'kawaguchi-3']
    """
    pieces = (each.removeprefix(PIECE) for each in _page_ids() if each.startswith(PIECE))
    return _beginning_with(incomplete, pieces)


def activations(incomplete: str) -> list[str]:
    """Names of activations.

    Examples
    --------
    >>> activations("Soft")
    ['Softsign', 'Softplus']
    """
    from exactcnn.network.activations import activation_names

    return _beginning_with(incomplete, activation_names())


def conclusions(incomplete: str) -> list[str]:
    """What `exactcnn search` may look for.

    Examples
    --------
    >>> conclusions("t")
    ['tied-biases']
    """
    words = ("full-weight-matrix", "tied-biases", "no-biases")
    return [word for word in words if word.startswith(incomplete)]


def questions(incomplete: str) -> list[str]:
    """Names of the questions that `exactcnn search` answers.

    Examples
    --------
    >>> questions("c")
    ['class-targets', 'convolutional-minima', 'connectivity']
    """
    from exactcnn.searches.questions import NAMES

    return _beginning_with(incomplete, NAMES)


def _page_ids() -> list[str]:
    from exactcnn.proofs.pages import read_pages

    return [page.texts["id"] for page in read_pages()]


def _beginning_with(incomplete: str, words: Iterable[str]) -> list[str]:
    """Words that go on from here, letters of either case alike; the beginning stays as it was typed."""
    found = (word for word in words if word.lower().startswith(incomplete.lower()))
    return [incomplete + word[len(incomplete) :] for word in dict.fromkeys(found)]
