"""A question carried out: every case decided or tried, certificates checked, and all of it written down.

The folder holds `results.jsonl` and a certificate for each case that has one. The first line of the file is the
question and the seed; then come lines "decided", and lines "tried" with the number of trials of a case so far. A run
goes on after the last whole line, and with more trials than before it goes on where those ended.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args

from exactcnn.certificates.certificate import not_accepted
from exactcnn.resources import Progress
from exactcnn.searches.engine import HERE, Done, Place, certificate_files, required
from exactcnn.searches.ledger import Ledger, Line
from exactcnn.searches.questions import CHUNK, Case, Decision, Outcome, Question, label
from exactcnn.theorems.verdict import together

NOT_ASKED = "not tried yet"


@dataclass(frozen=True)
class Answers:
    """What is known of the cases of a question.

    Attributes
    ----------
    question : Question
    lines : tuple of mapping
        One for each case, in their order: `case`, `outcome`, `reason`, `trials`, `proof`, `certificate` (the name of
        its file, or None), `checked`.
    """

    question: Question
    lines: tuple[Line, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many cases have each outcome."""
        found = Counter(line["outcome"] for line in self.lines)
        return {outcome: found[outcome] for outcome in get_args(Outcome)}

    @property
    def claim(self) -> str:
        """One sentence."""
        return f"{self.question.name}: " + ", ".join(f"{count} {outcome}" for outcome, count in self.counts.items())

    @property
    def checked(self) -> bool | None:
        """Whether the independent checker has accepted all certificates; None if there are none."""
        return together(line["checked"] for line in self.lines)

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form."""
        own = self.question
        about = {"question": own.name, "title": own.title, "page": own.page, "claim": self.claim}
        return {**about, "checked": self.checked, "counts": self.counts, "cases": list(self.lines)}


def answer(
    question: Question,
    folder: str | Path | None = None,
    *,
    trials: int | None = None,
    seed: int = 0,
    place: Place = HERE,
    progress: Progress | None = None,
) -> Answers:
    """Decide all cases of a question as far as so many trials can, or go on with it.

    Parameters
    ----------
    question : Question
    folder : str or Path, optional
        Where the record and the certificates are kept; made if missing. Without it nothing is kept.
    trials : int, optional
        Of each case that proofs and constructions do not decide.
    seed : int
    place : Place
        Where cases are decided; by default in this process.
    progress : callable, optional
        Called with (what, done, total).

    Raises
    ------
    InputError
        If the folder cannot be used, or holds other work.

    Examples
    --------
    >>> from exactcnn.searches.questions import Decision, Question
    >>> hard = Decision("open", "too hard")
    >>> even = Question("even", "Which are?", "", lambda: [{"n": 1}, {"n": 2}], lambda case, trials, seed: hard)
    >>> answer(even, trials=7).claim
    'even: 0 possible, 0 impossible, 2 open'
    """
    *_, ledger = answer_in_steps(question, folder, trials=trials, seed=seed, place=place, progress=progress)
    return answers_so_far(question, ledger)


def answer_in_steps(
    question: Question,
    folder: str | Path | None = None,
    *,
    trials: int | None = None,
    seed: int = 0,
    place: Place = HERE,
    progress: Progress | None = None,
) -> Iterator[Ledger]:
    """Do as `answer`, and yield the record at first and after each line of it: where it ends, that is finished."""
    wanted, cases = question.trials if trials is None else trials, list(question.cases())

    def following(case: Case, last: Line | None) -> tuple[Case, range] | None:
        start = 0 if last is None else int(last["trials"])
        if last is not None and (last["outcome"] != "open" or start >= wanted):
            return None
        return case, range(start, min(start + CHUNK, wanted))

    with tempfile.TemporaryDirectory(prefix="exactcnn.") as scratch:
        ledger = _opened(question, Path(scratch if folder is None else folder), seed)
        lines = _latest(ledger)
        begun = [each for case in cases if (each := following(case, lines.get(label(case))))]
        work, ended = partial(_decided, question.decide, seed, folder is not None), len(cases) - len(begun)
        if progress is not None:
            progress(question.name, ended, len(cases))
        yield ledger
        for (case, _), result in place.results(work, begun, lambda given, done: following(given[0], done.line)):
            if following(case, ledger.keep(required(result))) is None:
                ended += 1
                if progress is not None:
                    progress(question.name, ended, len(cases))
            yield ledger


def kept_answers(question: Question, folder: str | Path, *, seed: int = 0) -> Answers:
    """Return what the record of a former run says, without deciding anything; raises as `answer` does."""
    return answers_so_far(question, _opened(question, Path(folder), seed))


def settled(case: Case, decision: Decision, trials: int, *, name: str | None) -> Done:
    """What a decision leaves: open unless the independent checker accepts the certificate, kept if it has a name."""
    certificate, outcome, reason, proof = decision.certificate, decision.outcome, decision.reason, decision.proof
    checked, files = None, {}
    if certificate is not None:
        checked = certificate.checked(True) is True
        if not checked:
            outcome, reason, proof = "open", not_accepted(certificate.outcome.message), ""
        elif name is not None:
            files = certificate_files(certificate, name)
    line = {
        "kind": "tried" if outcome == "open" else "decided",
        "case": dict(case),
        "outcome": outcome,
        "reason": reason,
        "trials": trials,
        "proof": proof,
        "certificate": name if files else None,
        "checked": checked,
    }
    return Done(line, files)


def _decided(decide: Callable[[Case, range, int], Decision], seed: int, keeps: bool, given: tuple[Case, range]) -> Done:
    """Some trials of a case."""
    case, chunk = given
    name = f"{label(case)}.certificate.json" if keeps else None
    return settled(case, decide(case, chunk, seed), chunk.stop, name=name)


def _opened(question: Question, folder: Path, seed: int) -> Ledger:
    return Ledger.opened(folder, {"kind": "question", "question": question.name, "seed": seed}, _whole)


def _latest(ledger: Ledger) -> dict[str, Line]:
    """The last line of each case."""
    return {label(line["case"]): line for line in ledger.lines[1:]}


def answers_so_far(question: Question, ledger: Ledger) -> Answers:
    """Return what a record says."""
    known = _latest(ledger)
    unknown = {"outcome": "open", "reason": NOT_ASKED, "trials": 0, "proof": "", "certificate": None, "checked": None}
    lines = [known.get(label(case), {"case": dict(case)} | unknown) for case in question.cases()]
    return Answers(question, tuple({key: value for key, value in line.items() if key != "kind"} for line in lines))


def _whole(line: Line) -> bool:
    """Whether a line has what going on, and showing it, relies on."""
    evidence = {"possible": line["checked"] is True, "impossible": bool(line["proof"]), "open": True}[line["outcome"]]
    return (
        evidence
        and line["kind"] == ("tried" if line["outcome"] == "open" else "decided")
        and line["checked"] in (True, False, None)
        and type(line["trials"]) is int
        and all(isinstance(line[key], str) for key in ("reason", "proof"))
        and (line["certificate"] is None or isinstance(line["certificate"], str))
        and isinstance(line["case"], dict)
        and all(isinstance(value, str | int) for value in line["case"].values())
    )
