"""A sweep carried out: SWEEP.toml read, its cases decided wherever there is room, and the record of what is finished.

The record is a set of finished cases, in whatever order: each line names its case by a hash of all that the case
depends on, so that a run goes on with those that are missing, and a sweep that has grown keeps what was there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from exactcnn import __version__
from exactcnn.data.files import file_and_array, readable_file
from exactcnn.display import did_you_mean
from exactcnn.errors import InputError
from exactcnn.resources import Progress
from exactcnn.searches.engine import HERE, Failed, Place
from exactcnn.searches.ledger import Ledger, Line
from exactcnn.spec import DataSpec, NetworkTable, ParametersSpec, decode, read_toml, source_file, spec_from
from exactcnn.sweeps.alternatives import documents
from exactcnn.sweeps.cases import (
    KINDS,
    Certificates,
    QuestionTable,
    SearchTable,
    SweepCase,
    Table2Table,
    VerifyTable,
    decided,
    file_hash,
)
from exactcnn.theorems.verdict import together

State = tuple[Ledger, Mapping[str, str]]
MOST_CASES = 1000
TABLES: Mapping[str, type[Any]] = {  # in which lists may stand in place of values
    "network": NetworkTable,
    "data": DataSpec,
    "parameters": ParametersSpec,
    "verify": VerifyTable,
    "table-2": Table2Table,
    "question": QuestionTable,
    "search": SearchTable,
}


@dataclass(frozen=True)
class SweepTable:
    """The table ``[sweep]``.

    Attributes
    ----------
    certificates : {"keep", "hash"}
        Whether they are kept beside the record, or only their hashes in it.
    """

    certificates: Certificates = "keep"


@dataclass(frozen=True)
class _Top:
    sweep: dict[str, Any]


@dataclass(frozen=True)
class Sweep:
    """The cases of a sweep, each once.

    Attributes
    ----------
    path : Path
    cases : tuple of SweepCase
        In the order in which the lists stand in the file.
    """

    path: Path
    cases: tuple[SweepCase, ...] = field(repr=False)

    @property
    def axes(self) -> tuple[str, ...]:
        """The keys that have lists in place of values."""
        return tuple(dict.fromkeys(axis for case in self.cases for axis in case.axes))


@dataclass(frozen=True)
class SweepResult:
    """What is known of the cases of a sweep.

    Attributes
    ----------
    sweep : Sweep
    lines : tuple of mapping
        Of the finished cases, in their order: `name`, `of` (the kind), `case`, `axes`, `certificates` (the names of
        their files, with the SHA-256 of each), and `found`: what the command of the kind has with `--json`.
    failed : mapping
        The cases that could not be carried out, by their names, and why.
    """

    sweep: Sweep
    lines: tuple[Line, ...] = field(repr=False)
    failed: Mapping[str, str]

    @property
    def checked(self) -> bool | None:
        """Whether the independent checker has accepted all that it was asked; None if it was not."""
        return together(line["found"]["checked"] for line in self.lines)

    @property
    def claim(self) -> str:
        """How much is finished, in one sentence."""
        total = len(self.sweep.cases)
        return f"{len(self.lines)} of {total} cases finished" + (f", {len(self.failed)} failed" if self.failed else "")

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form."""
        about = {"cases": len(self.sweep.cases), "axes": list(self.sweep.axes), "claim": self.claim}
        return {**about, "checked": self.checked, "lines": list(self.lines), "failed": dict(self.failed)}


def read_sweep(path: str | Path, *, limit: int = MOST_CASES) -> Sweep:
    """Read SWEEP.toml: a specification with lists in place of values, cells of Table 2, questions, searches.

    Parameters
    ----------
    path : str or Path
    limit : int
        The most cases that are meant.

    Raises
    ------
    InputError
        For a file that cannot be read; for a key or a value that is none, by the name of the key; and for more cases.

    Examples
    --------
    >>> sweep = read_sweep("docs/examples/sweeps/digits.toml")
    >>> len(sweep.cases), sweep.axes[0]
    (12, 'network.activation')
    """
    path = readable_file(path).absolute()
    try:
        document = read_toml(path)
        about = decode(decode({"sweep": document.pop("sweep", {})}, _Top, "").sweep, SweepTable, "sweep")
        known = [table for kind in KINDS.values() for table in kind.tables]
        for name in document:
            if name not in known:
                hint = did_you_mean(name, known) or f"; expected {', '.join(known)} or sweep"
                raise InputError(f"top level: unknown key {name!r}{hint}")
        parts = {kind: {name: document[name] for name in KINDS[kind].tables if name in document} for kind in KINDS}
        meant = {kind: documents(own, TABLES) for kind, own in parts.items() if own}
        count = sum(each.count for each in meant.values())
        if not count:
            raise InputError("no cases; expected [network], [table-2], [question] or [search]")
        _check_count(count, limit)
        hashed = cache(lambda name: file_hash(path.parent / name))
        found: dict[str, SweepCase] = {}
        for kind, each in meant.items():
            for chosen, axes in each.each():
                files = {name: hashed(name) for name in _files(path, chosen)} if kind == "verify" else {}
                for one in _cases(kind, chosen, path):
                    case = SweepCase(kind, one, path, files, about.certificates, axes | one.get("case", {}))
                    found.setdefault(case.name, case)
        _check_count(len(found), limit)
    except InputError as error:
        message = str(error)
        raise InputError(message if message.startswith(path.name) else f"{path.name}: {message}") from None
    return Sweep(path, tuple(found.values()))


def run_sweep(
    sweep: Sweep, folder: str | Path | None = None, *, place: Place = HERE, progress: Progress | None = None
) -> SweepResult:
    """Decide the cases of a sweep that are not finished.

    Parameters
    ----------
    sweep : Sweep
    folder : str or Path, optional
        Where the record and the certificates are kept; made if missing. Without it nothing is kept.
    place : Place
        Where cases are decided; by default in this process.
    progress : callable, optional
        Called with (what, done, total).

    Raises
    ------
    InputError
        If the folder cannot be used or holds other work; if the place is lost. What is finished is written down.

    Examples
    --------
    >>> run_sweep(read_sweep("docs/examples/sweeps/digits.toml", limit=12)).claim
    '12 of 12 cases finished'
    """
    *_, state = sweep_in_steps(sweep, folder, place=place, progress=progress)
    return finished_so_far(sweep, state)


def sweep_in_steps(
    sweep: Sweep, folder: str | Path | None = None, *, place: Place = HERE, progress: Progress | None = None
) -> Iterator[State]:
    """Do as `run_sweep`, and yield the record at first and after each case, with what has failed."""
    failed: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="exactcnn.") as scratch:
        header = {"kind": "sweep", "version": __version__}
        ledger = Ledger.opened(Path(scratch if folder is None else folder), header, _whole)
        known = {line["name"] for line in ledger.lines[1:]}
        missing = [case for case in sweep.cases if case.name not in known]
        done = len(sweep.cases) - len(missing)
        if progress is not None:
            progress("cases", done, len(sweep.cases))
        yield ledger, failed
        for case, result in place.results(decided, missing):
            if isinstance(result, Failed):
                failed[case.name] = result.reason
            else:
                ledger.keep(result)
            done += 1
            if progress is not None:
                progress("cases", done, len(sweep.cases))
            yield ledger, failed


def finished_so_far(sweep: Sweep, state: State) -> SweepResult:
    """Return what a record says of the cases of a sweep, and what has failed."""
    ledger, failed = state
    lines = {line["name"]: {key: value for key, value in line.items() if key != "kind"} for line in ledger.lines[1:]}
    own = tuple({**lines[case.name], "axes": dict(case.axes)} for case in sweep.cases if case.name in lines)
    return SweepResult(sweep, own, failed)


def _cases(kind: str, document: dict[str, Any], path: Path) -> list[dict[str, Any]]:
    """The cases of a document; what is wrong with them is said with the name of the table."""
    try:
        return list(KINDS[kind].cases(document, path))
    except InputError as error:
        named = str(error).startswith(KINDS[kind].tables)
        raise InputError(str(error) if named else f"{kind}: {error}") from None


def _check_count(count: int, limit: int) -> None:
    if count > limit:
        raise InputError(f"{count} cases; expected at most {limit}: --limit {count} allows them")


def _files(path: Path, document: dict[str, Any]) -> set[str]:
    """The files that an instance names, as seen from the file of the sweep."""
    spec = spec_from(path, {name: document[name] for name in document if name != "verify"})
    own = spec.files[2 if spec.data is not None and source_file(spec) is None else 1 :]  # without data that have a name
    named = [readable_file(file_and_array(each)[0]) for each in own]
    return {str(file.relative_to(path.parent) if file.is_relative_to(path.parent) else file) for file in named}


def _whole(line: Line) -> bool:
    """Whether a line has what going on, and showing it, relies on."""
    return (
        line["kind"] == "case"
        and line["of"] in KINDS
        and all(isinstance(line[key], dict) for key in ("case", "found", "certificates"))
        and isinstance(line["name"], str)
        and line["found"]["checked"] in (True, False, None)
    )
