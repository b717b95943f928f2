"""How people name statements: by identifier, by its second part, in words, by number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from exactcnn.errors import InputError

WORDS = {  # what the second part of an identifier begins with
    "theorem": "T",
    "lemma": "L",
    "definition": "D",
    "assumption": "A",
    "corollary": "C",
    "remark": "R",
    "equation": "E",
    "table": "Table",
    "figure": "Figure",
}
KIND = "|".join(WORDS)
SPOKEN = re.compile(rf"(?:(?!{KIND})([a-z]+\d*)[ .]\s*)?(?:({KIND})\s*)?(\d+(?:\.\d+)*)", re.IGNORECASE)


def source_of(name: str) -> str:
    """First part of an identifier, one of `SOURCES`.

    Examples
    --------
    >>> source_of("NH17.L3.5")
    'NH17'
    """
    return name.partition(".")[0]


def spelled_out(ids: Iterable[str], known: Sequence[str]) -> list[str]:
    """Return the identifiers that are meant; what is none of them stays as it is.

    Raises
    ------
    InputError
        For the number of several kinds of statements.

    Examples
    --------
    >>> known = ["NH18.T3.4", "NH17.T3.4", "NH18.L2.5", "NH18.Table1"]
    >>> spelled_out(["t3.4"], known), spelled_out(["Theorem", "3.4"], known)
    (['NH18.T3.4', 'NH17.T3.4'], ['NH18.T3.4', 'NH17.T3.4'])
    >>> spelled_out(["2.5", "NH17 3.4", "table 1", "NH99"], known)
    ['NH18.L2.5', 'NH17.T3.4', 'NH18.Table1', 'NH99']
    """
    parts: dict[str, list[str]] = {}
    for each in known:
        for part in (source_of(each), each.partition(".")[2]):
            parts.setdefault(part.lower(), []).append(each)
    return [name for given in _words_joined(ids) for name in _meant(given, parts)]


def _words_joined(ids: Iterable[str]) -> Iterator[str]:
    """Words that a shell has split, such as Theorem 3.4, are one again."""
    word = ""
    for each in ids:
        if word or each.lower() not in WORDS:
            yield f"{word} {each}".strip()
            word = ""
        else:
            word = each
    if word:
        yield word


def _meant(given: str, parts: dict[str, list[str]]) -> list[str]:
    spoken = SPOKEN.fullmatch(given.strip())
    if given.lower() in parts or spoken is None:
        return parts.get(given.lower(), [given])
    source, word, number = spoken.groups()
    letters = "[a-z]+" if word is None else WORDS[word.lower()]
    shape = re.compile(letters + re.escape(number), re.IGNORECASE)
    found = [
        [each for each in parts[part] if source is None or source_of(each).lower() == source.lower()]
        for part in parts
        if shape.fullmatch(part)
    ]
    kinds = [of for of in found if of]
    if len(kinds) > 1:
        listed = ", ".join(each for of in kinds for each in of)
        raise InputError(f"statement {given!r} may be one of {listed}; expected one of these")
    return kinds[0] if kinds else [given if word is None else letters + number]
