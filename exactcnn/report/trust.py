"""What each kind of evidence rests on, found by running the checkers, never declared."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from exactcnn.certificates.outcome import check
from exactcnn.certificates.second_opinion import second_opinion
from exactcnn.errors import InputError
from exactcnn.rocq.export import export_rocq
from exactcnn.rocq.record import read_record

Checker = Callable[[Path], str]


def evidence_of(claim: Mapping[str, Any]) -> str:
    """Return a claim in words: its kind, and the kinds of its evidence and of steps of slices.

    Examples
    --------
    >>> evidence_of({"kind": "rank", "lower_evidence": {"kind": "none"}, "upper_evidence": {"kind": "shape"}})
    'rank: none, shape'
    """
    words = []
    for key in ("lower_evidence", "upper_evidence", "evidence"):
        evidence = claim.get(key)
        if isinstance(evidence, Mapping):
            words += ["exponential"] if evidence.get("root") else []
            words += [str(evidence["kind"]), *(str(step["kind"]) for step in evidence.get("slice", []))]
    return ": ".join(filter(None, (str(claim["kind"]), ", ".join(words))))


def first_checker(path: Path) -> str:
    """Return what the first checker says of a certificate, in a word."""
    return "accepted" if check(path).exit_code == 0 else "rejected"


def second_checker(path: Path) -> str:
    """Return what the second checker says of a certificate of one claim, in a word; "-" for a kind that it leaves."""
    opinion = second_opinion(path, check(path))
    if opinion.disagreements:
        return "rejected"
    return "accepted" if opinion.agreed else "-"


def rocq(path: Path) -> str:
    """Return what Rocq has said of the certificate, by its record, in a word; "-" for a kind that has no form there."""
    try:
        file = export_rocq(path)
    except InputError:
        return "-"
    if file not in read_record():
        return "-"
    return "accepted" if len(file.claims) == file.count else "in part"


CHECKERS: Mapping[str, Checker] = {
    "first checker (FLINT)": first_checker,
    "second checker (integers)": second_checker,
    "Rocq": rocq,
}


def evidence_table(folder: str | Path, checkers: Mapping[str, Checker] = CHECKERS) -> str:
    """Return a table of what checkers say of the certificates in a folder, one claim each.

    Parameters
    ----------
    folder : path
    checkers : dict
        Of functions from the path of a certificate to a word, by name; each is a column.

    Returns
    -------
    str
        A row for each file, ordered by the words for its claim.

    Examples
    --------
    >>> evidence_table("no such folder").split()
    ['claim', 'first', 'checker', '(FLINT)', 'second', 'checker', '(integers)', 'Rocq']
    """
    rows = []
    for path in sorted(Path(folder).glob("*.json")):
        claim = json.loads(path.read_text(encoding="ascii"))["claims"][0]
        rows.append((evidence_of(claim), *(run(path) for run in checkers.values())))
    table = [("claim", *checkers), *sorted(rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in table)
