"""The certificates of a page's checks as files for Rocq, and which of them Rocq has accepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from exactcnn.proofs.registry import PageResult
from exactcnn.rocq.export import RocqFile, certificate_file
from exactcnn.rocq.record import Record


@dataclass(frozen=True)
class PageFile:
    """A certificate of a check that has theorems in Rocq.

    Attributes
    ----------
    check : str
    file : RocqFile
    """

    check: str
    file: RocqFile

    def document(self) -> dict[str, Any]:
        """Return what a page shows of it: the check, a name, how many claims of how many, and the text."""
        own = self.file
        return {
            "check": self.check,
            "name": f"{own.certificate[:16]}.v",
            "claims": len(own.claims),
            "of": own.count,
            "text": own.text(inline=False),
        }


def rocq_files(found: PageResult) -> tuple[PageFile, ...]:
    """Return the files of all certificates of a page, each certificate once."""
    files: dict[str, PageFile] = {}
    for name, result in found.results.items():
        for certificate in result.certificates:
            file = certificate_file(certificate)
            if file is not None:
                files.setdefault(file.certificate, PageFile(name, file))
    return tuple(files.values())


def accepted_files(found: PageResult, record: Record) -> tuple[PageFile, ...]:
    """Return those that Rocq has accepted, by a record."""
    return tuple(each for each in rocq_files(found) if each.file in record)
