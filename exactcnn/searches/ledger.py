"""A file of JSON lines that grows as work is done, so that what is interrupted can go on.

The first line says what the work is; a run that finds the file of the same work goes on after its last whole line.
Every line is appended at once.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exactcnn.errors import InputError

if TYPE_CHECKING:
    from exactcnn.searches.engine import Done

RESULTS = "results.jsonl"
Line = Mapping[str, Any]


@dataclass
class Ledger:
    """The file of results: its whole lines, and where the next one goes.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     ledger = Ledger.opened(Path(folder), {"kind": "sums", "upto": 3}, lambda line: "sum" in line)
    ...     ledger.append({"kind": "found", "sum": 6})
    ...     again = Ledger.opened(Path(folder), {"kind": "sums", "upto": 3}, lambda line: "sum" in line)
    >>> again.of("found")
    [{'kind': 'found', 'sum': 6}]
    """

    folder: Path
    lines: list[Line] = field(default_factory=list)
    size: int = 0

    @classmethod
    def opened(cls, folder: Path, header: Line, whole: Callable[[Line], bool]) -> Ledger:
        """Read a former run of the same work, or begin one.

        Parameters
        ----------
        folder : Path
            Made if missing.
        header : mapping
            What the work is; `kind` is the word for it.
        whole : callable
            Whether a later line has what going on relies on; where not, it may raise `KeyError`, `TypeError` or
            `ValueError`.

        Raises
        ------
        InputError
            If the folder cannot be used, holds other work, or a line that is none of it.
        """
        ledger, path, kind = cls(folder), folder / RESULTS, header["kind"]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            data = path.read_bytes() if path.exists() else b""
            kept = data[: data.rfind(b"\n") + 1]
            ledger.size = len(kept)
            for number, text in enumerate(kept.splitlines(), 1):
                line = _parsed(text)
                if line.get("kind") != kind if number == 1 else not _holds(whole, line):
                    raise InputError(
                        f"{path}: line {number} is no line of a former {kind}; expected the file of a former run"
                    )
                ledger.lines.append(line)
            if ledger.lines and ledger.lines[0] != header:
                raise InputError(f"{path} holds another {kind}; expected one with the same options, or a new folder")
            if kept != data:  # a line that was being written when the former run ended
                os.truncate(path, len(kept))
        except OSError as error:
            raise InputError(f"{folder}: {error.strerror}; expected a folder for the results") from None
        if not ledger.lines:
            ledger.append(header)
        return ledger

    def of(self, kind: str) -> list[Line]:
        """The lines of one kind."""
        return [line for line in self.lines if line["kind"] == kind]

    def append(self, line: Line) -> None:
        """Write one line in one piece.

        Raises
        ------
        InputError
            If it cannot be written, or something else has written to the file.
        """
        data, path = json.dumps(line, ensure_ascii=False).encode() + b"\n", self.folder / RESULTS
        try:
            with path.open("ab", buffering=0) as file:
                if file.tell() != self.size:
                    raise InputError(f"{path} has changed; expected one run at a time in a folder")
                try:
                    written = file.write(data)
                    if written < len(data):
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                except OSError:  # a disk that is full takes a part of it, after which no other line may stand
                    file.truncate(self.size)
                    raise
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror})") from None
        self.size += len(data)
        self.lines.append(line)

    def keep(self, done: Done) -> Line:
        """Write what was found of a case: its files, then its line, which says that they are there.

        Raises
        ------
        InputError
            If they cannot be written, as for `append`.
        """
        for name, data in done.files.items():
            place = self.folder / name
            part = place.with_name(f".{name}.part")
            try:
                part.write_bytes(data)
                part.replace(place)
            except OSError as error:
                part.unlink(missing_ok=True)
                raise InputError(f"{place}: cannot be written ({error.strerror})") from None
        self.append(done.line)
        return done.line


def _parsed(text: bytes) -> Line:
    """A line, or an empty one for what is none."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return line if isinstance(line, dict) else {}


def _holds(whole: Callable[[Line], bool], line: Line) -> bool:
    try:
        return whole(line)
    except (KeyError, TypeError, ValueError):
        return False
