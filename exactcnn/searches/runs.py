"""A search carried out: every case decided, certified, checked, and written down, so that it can stop and go on.

The folder of a search holds `results.jsonl` and one certificate for each case that fails. The first line of the file
is the search itself; then come the cases that fail or stay undecided, states ("these cases of n neurons hold"),
and a summary for each n. Every line is appended at once. A run that finds the folder of the same search goes on after
the last whole line: it goes through the cases again, which is quick, and decides those that are not done.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exactcnn.certificates.certificate import not_accepted
from exactcnn.display import several
from exactcnn.errors import InputError
from exactcnn.resources import Progress
from exactcnn.searches.cases import Case, Decision, Outcome, Search, cases, decide, structure_count, structures
from exactcnn.theorems.verdict import together

RESULTS = "results.jsonl"
STATE_EVERY = 200  # decided cases between two lines: a second or so of work that an interruption can lose
Line = Mapping[str, Any]


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Attributes
    ----------
    search : Search
    summaries : tuple of mapping
        One for each n: `neurons`, `structures` (that cover, the order of patches not counted), `classes` of them,
        `cases`, and of these `holds`, `fails`, `undecided`; `failing_structures`, those of all structures that occur
        in a failing case, and `failing_increasing`, those among them with all patches in increasing order.
    found : tuple of mapping
        The cases that fail or stay undecided, smallest first.
    """

    search: Search
    summaries: tuple[Line, ...]
    found: tuple[Line, ...]

    @property
    def nothing_fails_up_to(self) -> int:
        """Largest n such that the conclusion was proved in every case of at most n neurons; 0 if there is none."""
        clean = 0
        for line in self.summaries:
            if line["fails"] or line["undecided"]:
                break
            clean = line["neurons"]
        return clean

    @property
    def claim(self) -> str:
        """What the search proves, in one sentence."""
        clean, failing = self.nothing_fails_up_to, [line for line in self.found if line["outcome"] == "fails"]
        limits = ", ".join(f"{name} = {value}" for name, value in self.search.restrictions().items())
        tried = any(line["cases"] for line in self.summaries[:clean])
        nothing = f"nothing fails for n ≤ {clean}" if tried else f"there is no case for n ≤ {clean}"
        parts = [nothing if clean else "nothing is settled for n = 1"]
        if failing:
            count = sum(line["neurons"] == failing[0]["neurons"] for line in failing)
            smallest = f"the smallest that fail have {several(failing[0]['neurons'], 'neuron')}"
            parts.append(f"{smallest} ({several(count, 'case')} up to isomorphism)")
        undecided = sum(line["undecided"] for line in self.summaries)
        if undecided:
            parts.append(f"{undecided} undecided")
        return f"{self.search.conclusion}: {'; '.join(parts)}" + (f" (searched: {limits})" if limits else "")

    @property
    def checked(self) -> bool | None:
        """Whether the independent checker has accepted the evidence for all decided cases; None if there are none."""
        decided = any(line["holds"] for line in self.summaries)  # accepted, each of them
        return together([*(line["checked"] for line in self.found), True if decided else None])

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form."""
        return {
            "search": self.search.document(),
            "summaries": list(self.summaries),
            "nothing_fails_up_to": self.nothing_fails_up_to,
            "claim": self.claim,
            "checked": self.checked,
            "found": list(self.found),
        }


def run_search(search: Search, folder: str | Path | None = None, *, progress: Progress | None = None) -> SearchResult:
    """Decide all cases of a search, with a certificate for each that the independent checker accepts.

    Parameters
    ----------
    search : Search
    folder : str or Path, optional
        Where results and the certificates of failing cases are kept, and a former run is continued; made if missing.
        Without it nothing is kept.
    progress : callable, optional
        Called with (what, done, total).

    Returns
    -------
    SearchResult

    Raises
    ------
    InputError
        If the folder cannot be used, or holds another search.

    Examples
    --------
    >>> result = run_search(Search(neurons=3))
    >>> result.claim
    'full-weight-matrix: nothing fails for n ≤ 3'
    """
    with tempfile.TemporaryDirectory(prefix="exactcnn.") as scratch:
        ledger = _Ledger.opened(Path(scratch if folder is None else folder), search, keeps=folder is not None)
        for neurons in range(1, search.neurons + 1):
            if not any(line["neurons"] == neurons for line in ledger.of("summary")):
                _search_size(search, neurons, ledger, progress)
    # cases are numbered from small to large, in whatever order they were decided
    summaries = sorted(ledger.of("summary"), key=lambda line: int(line["neurons"]))
    found = sorted(ledger.of("case"), key=lambda line: (int(line["neurons"]), int(line["number"])))
    return SearchResult(search, tuple(map(_without_kind, summaries)), tuple(map(_without_kind, found)))


@dataclass(frozen=True)
class Settled:
    """A case decided and its certificate checked; a worker makes it from the search and the case alone."""

    decision: Decision
    outcome: Outcome
    reason: str
    checked: bool | None


def settle(search: Search, case: Case) -> Settled:
    """Decide a case: undecided unless the independent checker accepts the certificate."""
    decision = decide(search, case)
    if decision.outcome == "undecided":
        return Settled(decision, "undecided", decision.reason, None)
    if decision.certificate.checked(True) is not True:
        return Settled(decision, "undecided", not_accepted(decision.certificate.outcome.message), False)
    return Settled(decision, decision.outcome, decision.reason, True)


def _search_size(search: Search, neurons: int, ledger: _Ledger, progress: Progress | None) -> None:
    """All cases of n neurons that are not yet done, and their summary."""
    done = ledger.done(neurons)
    holding: list[int] = []  # decided since the last state was written
    outcomes = Counter(line["outcome"] for line in ledger.cases(neurons))
    total, passed, number = structure_count(search, neurons), 0, 0
    seen: Counter[str] = Counter()
    for structure in structures(search, neurons):
        weight = structure.increasing if search.increasing else structure.labelled
        for case in cases(search, structure):
            number += 1
            if number in done:
                continue
            settled = settle(search, case)
            outcomes[settled.outcome] += 1
            if settled.outcome == "holds":
                holding.append(number)
            else:
                ledger.append(_line(settled, number, ledger.keep(settled, neurons, number)))
            if len(holding) == STATE_EVERY:
                ledger.append({"kind": "state", "neurons": neurons, "done": holding})
                holding = []
        passed += weight
        if structure.covers:
            seen.update(structures=weight, classes=1)
        if progress is not None:
            progress(f"structures of {neurons} neurons", passed, total)
    counts = {"structures": seen["structures"], "classes": seen["classes"], "cases": number}
    fails, undecided = outcomes["fails"], outcomes["undecided"]
    counts |= {"holds": number - fails - undecided, "fails": fails, "undecided": undecided}
    failing = {json.dumps(line["patches"]): line for line in ledger.cases(neurons) if line["outcome"] == "fails"}
    for name in ("labelled", "increasing"):
        key = "failing_structures" if name == "labelled" else "failing_increasing"
        counts[key] = sum(line[name] for line in failing.values())
    ledger.append({"kind": "summary", "neurons": neurons, **counts})


def _line(settled: Settled, number: int, certificate: str | None) -> dict[str, Any]:
    case = settled.decision.case
    samples = None if case.samples is None else [[str(value) for value in sample] for sample in case.samples]
    return {
        "kind": "case",
        "neurons": case.structure.neurons,
        "number": number,
        "outcome": settled.outcome,
        "patch_size": case.structure.patch_size,
        "filters": case.filters,
        "patches": [list(patch) for patch in case.structure.patches],
        "samples": samples,
        "labelled": case.structure.labelled,
        "increasing": case.structure.increasing,
        "reason": settled.reason,
        "checked": settled.checked,
        "certificate": certificate,
    }


def _without_kind(line: Line) -> dict[str, Any]:
    return {key: value for key, value in line.items() if key != "kind"}


@dataclass
class _Ledger:
    """The file of results: its whole lines, and where the next one goes."""

    folder: Path
    keeps: bool
    lines: list[Line] = field(default_factory=list)
    size: int = 0

    @classmethod
    def opened(cls, folder: Path, search: Search, *, keeps: bool) -> _Ledger:
        """Read a former run of the same search, or begin one."""
        ledger, header = cls(folder, keeps), {"kind": "search", **search.document()}
        path = folder / RESULTS
        try:
            folder.mkdir(parents=True, exist_ok=True)
            data = path.read_bytes() if path.exists() else b""
            whole = data[: data.rfind(b"\n") + 1]
            ledger.lines, ledger.size = list(_parsed(path, whole)), len(whole)
            if ledger.lines and ledger.lines[0] != header:
                raise InputError(f"{path} holds another search; expected one with the same options, or a new folder")
            if whole != data:  # a line that was being written when the former run ended
                os.truncate(path, len(whole))
        except OSError as error:
            raise InputError(f"{folder}: {error.strerror}; expected a folder for the results") from None
        if not ledger.lines:
            ledger.append(header)
        return ledger

    def of(self, kind: str) -> list[Line]:
        """The lines of one kind."""
        return [line for line in self.lines if line["kind"] == kind]

    def cases(self, neurons: int) -> list[Line]:
        """The cases of n neurons that fail or are undecided."""
        return [line for line in self.of("case") if line["neurons"] == neurons]

    def done(self, neurons: int) -> set[int]:
        """The numbers of the cases of n neurons that are decided, in whatever order that was."""
        states = (line["done"] for line in self.of("state") if line["neurons"] == neurons)
        return {line["number"] for line in self.cases(neurons)}.union(*states)

    def keep(self, settled: Settled, neurons: int, number: int) -> str | None:
        """Write the certificate of a failing case, and return its name."""
        if not self.keeps or settled.outcome != "fails":
            return None
        name = f"{neurons}-neurons-{number}.certificate.json"
        settled.decision.certificate.write(self.folder / name)
        return name

    def append(self, line: Line) -> None:
        """Write one line in one piece."""
        data = json.dumps(line, ensure_ascii=False).encode() + b"\n"
        try:
            with (self.folder / RESULTS).open("ab", buffering=0) as file:
                if file.tell() != self.size:
                    raise InputError(f"{self.folder / RESULTS} has changed; expected one run at a time in a folder")
                self.size += file.write(data)
        except OSError as error:
            raise InputError(f"{self.folder / RESULTS}: cannot be written ({error.strerror})") from None
        self.lines.append(line)


def _parsed(path: Path, data: bytes) -> Iterator[Line]:
    """The lines of a former run; of each kind, what going on relies on is there."""
    numbers = {
        "search": (),
        "state": ("neurons",),
        "case": ("neurons", "number", "labelled", "increasing"),
        "summary": ("neurons", "cases", "holds", "fails", "undecided"),
    }
    for index, text in enumerate(data.splitlines(), 1):
        try:
            line = json.loads(text)
            whole = all(type(line[key]) is int for key in numbers[line["kind"]])
            whole = whole and (line["kind"] != "case" or {"outcome", "patches", "checked"} <= line.keys())
            whole = whole and (line["kind"] != "state" or all(type(number) is int for number in line["done"]))
        except (ValueError, TypeError, KeyError):
            whole = False
        if not whole or (line["kind"] == "search") != (index == 1):
            raise InputError(f"{path}: line {index} is no line of a search; expected the file of a former run")
        yield line
