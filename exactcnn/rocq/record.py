"""What Rocq has accepted so far, by the hashes of certificates and files: written by a run, never by hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from exactcnn.rocq.export import RocqFile
from exactcnn.rocq.lemmas import lemma_folder, lemma_text

NAME = "replayed.json"


@dataclass(frozen=True)
class Record:
    """Files that Rocq has accepted.

    Attributes
    ----------
    lemmas : str
        SHA-256 of all lemmas that they rest on.
    bodies : mapping of str to str
        SHA-256 of the body of a file, by that of its certificate.
    """

    lemmas: str
    bodies: dict[str, str]

    def __contains__(self, file: RocqFile) -> bool:
        """Whether this very file was accepted, with the lemmas as they are now."""
        return self.lemmas == lemma_hash() and self.bodies.get(file.certificate) == digest(file.body)


def recorded(accepted: Iterable[RocqFile]) -> Record:
    """Return the record of a run."""
    return Record(lemma_hash(), {file.certificate: digest(file.body) for file in accepted})


def lemma_hash() -> str:
    """SHA-256 of all lemmas."""
    return digest(lemma_text(inline=True))


def read_record(path: Path | None = None) -> Record:
    """Read a record, by default the one beside the lemmas; an empty one where there is none."""
    path = lemma_folder() / NAME if path is None else path
    if not path.exists():
        return Record("", {})
    stored = json.loads(path.read_text(encoding="ascii"))
    return Record(stored["lemmas"], stored["bodies"])


def write_record(record: Record, path: Path | None = None) -> None:
    """Write a record, by default beside the lemmas."""
    path = lemma_folder() / NAME if path is None else path
    path.write_text(json.dumps(vars(record), indent=0, sort_keys=True) + "\n", encoding="ascii")


def digest(text: str) -> str:
    """SHA-256 of a text.

    Examples
    --------
    >>> digest("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode()).hexdigest()
