"""A search carried out: every case decided, certified, checked, and written down, so that it can stop and go on.

The folder of a search holds `results.jsonl` and one certificate for each case that fails. The first line of the file
is the search itself; then come the cases that fail or stay undecided, states ("these cases of n neurons hold"),
and a summary for each n. Every line is appended at once. A run that finds the folder of the same search goes on after
the last whole line: it goes through the cases again, which is quick, and decides those that are not done.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from exactcnn.certificates.certificate import not_accepted
from exactcnn.display import several
from exactcnn.resources import Progress
from exactcnn.searches.cases import Case, Decision, Outcome, Search, cases, decide, structure_count, structures
from exactcnn.searches.engine import HERE, Done, Place, Result, certificate_files, required
from exactcnn.searches.ledger import Ledger, Line
from exactcnn.theorems.verdict import together

_Numbered = tuple[int, Case]
STATE_EVERY = 200  # decided cases between two lines: a second or so of work that an interruption can lose


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
            least = failing[0]["neurons"]
            count = sum(line["neurons"] == least for line in failing)
            so_far = "" if any(line["neurons"] == least for line in self.summaries) else " so far"
            smallest = f"the smallest that fail have {several(least, 'neuron')}"
            parts.append(f"{smallest} ({several(count, 'case')} up to isomorphism{so_far})")
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


def run_search(
    search: Search, folder: str | Path | None = None, *, place: Place = HERE, progress: Progress | None = None
) -> SearchResult:
    """Decide all cases of a search, with a certificate for each that the independent checker accepts.

    Parameters
    ----------
    search : Search
    folder : str or Path, optional
        Where results and the certificates of failing cases are kept, and a former run is continued; made if missing.
        Without it nothing is kept.
    place : Place
        Where cases are decided; by default in this process.
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
    *_, ledger = search_in_steps(search, folder, place=place, progress=progress)
    return found_so_far(search, ledger)


def search_in_steps(
    search: Search, folder: str | Path | None = None, *, place: Place = HERE, progress: Progress | None = None
) -> Iterator[Ledger]:
    """Do as `run_search`, and yield the record at first and after each line of it: where it ends, that is finished."""
    with tempfile.TemporaryDirectory(prefix="exactcnn.") as scratch:
        header = {"kind": "search", **search.document()}
        ledger = Ledger.opened(Path(scratch if folder is None else folder), header, _whole)
        yield ledger
        carried_out = partial(place.results, partial(_settled, search, folder is not None))
        for neurons in range(1, search.neurons + 1):
            if not any(line["neurons"] == neurons for line in ledger.of("summary")):
                for done in _size(search, neurons, ledger, carried_out, progress):
                    ledger.keep(done)
                    yield ledger


def found_so_far(search: Search, ledger: Ledger) -> SearchResult:
    """Return what a record says."""
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


def _size(
    search: Search,
    neurons: int,
    ledger: Ledger,
    carried_out: Callable[[Iterable[_Numbered]], Iterator[tuple[_Numbered, Result]]],
    progress: Progress | None,
) -> Iterator[Done]:
    """Yield the lines of all cases of n neurons that are not yet done, and their summary."""
    done = _done(ledger, neurons)
    holding: list[int] = []  # decided since the last state was written
    outcomes = Counter(line["outcome"] for line in _cases(ledger, neurons))
    seen: Counter[str] = Counter()

    def open_cases() -> Iterator[_Numbered]:
        total, passed = structure_count(search, neurons), 0
        for structure in structures(search, neurons):
            weight = structure.increasing if search.increasing else structure.labelled
            for case in cases(search, structure):
                seen["cases"] += 1
                if seen["cases"] not in done:
                    yield seen["cases"], case
            passed += weight
            if structure.covers:
                seen.update(structures=weight, classes=1)
            if progress is not None:
                progress(f"structures of {neurons} neurons", passed, total)

    for (number, _), result in carried_out(open_cases()):
        found = required(result)
        outcomes[found.line["outcome"]] += 1
        if found.line["outcome"] == "holds":
            holding.append(number)
        else:
            yield found
        if len(holding) == STATE_EVERY:
            yield Done({"kind": "state", "neurons": neurons, "done": holding})
            holding = []
    counts = {name: seen[name] for name in ("structures", "classes", "cases")}
    fails, undecided = outcomes["fails"], outcomes["undecided"]
    counts |= {"holds": counts["cases"] - fails - undecided, "fails": fails, "undecided": undecided}
    failing = {json.dumps(line["patches"]): line for line in _cases(ledger, neurons) if line["outcome"] == "fails"}
    for name in ("labelled", "increasing"):
        key = "failing_structures" if name == "labelled" else "failing_increasing"
        counts[key] = sum(line[name] for line in failing.values())
    yield Done({"kind": "summary", "neurons": neurons, **counts})


def _settled(search: Search, keeps: bool, given: _Numbered) -> Done:
    """The line of a case, with the certificate of one that fails."""
    number, case = given
    settled = settle(search, case)
    if settled.outcome == "holds":
        return Done({"outcome": "holds"})
    name = f"{case.structure.neurons}-neurons-{number}.certificate.json"
    kept = keeps and settled.outcome == "fails"
    files = certificate_files(settled.decision.certificate, name) if kept else {}
    samples = None if case.samples is None else [[str(value) for value in sample] for sample in case.samples]
    line = {
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
        "certificate": name if kept else None,
    }
    return Done(line, files)


def _without_kind(line: Line) -> dict[str, Any]:
    return {key: value for key, value in line.items() if key != "kind"}


def _cases(ledger: Ledger, neurons: int) -> list[Line]:
    """The cases of n neurons that fail or are undecided."""
    return [line for line in ledger.of("case") if line["neurons"] == neurons]


def _done(ledger: Ledger, neurons: int) -> set[int]:
    """The numbers of the cases of n neurons that are decided, in whatever order that was."""
    states = (line["done"] for line in ledger.of("state") if line["neurons"] == neurons)
    return {line["number"] for line in _cases(ledger, neurons)}.union(*states)


NUMBERS = {  # of each kind of line, what going on relies on
    "state": ("neurons",),
    "case": ("neurons", "number", "labelled", "increasing"),
    "summary": ("neurons", "cases", "holds", "fails", "undecided"),
}


def _whole(line: Line) -> bool:
    kind = line["kind"]
    return (
        all(type(line[key]) is int for key in NUMBERS[kind])
        and (kind != "case" or {"outcome", "patches", "checked"} <= line.keys())
        and (kind != "state" or all(type(number) is int for number in line["done"]))
    )
