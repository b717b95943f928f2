"""The second checker as a program, and where the two disagree."""

import json
import subprocess
from pathlib import Path

import pytest

from exactcnn.certificates.second_opinion import SecondOpinion, compared, second_opinion
from exactcnn.checker import Outcome, check
from tests.checker.conftest import seal

EVIDENCE = Path(__file__).parents[2] / "docs" / "examples" / "evidence"
ACCEPTED = Outcome(0, "accepted: 2 claims", ("one", "two"))
REJECTED = Outcome(1, "rejected: claim 1, something: it does not hold")
NOTHING = Outcome(1, "rejected: no claim says anything: claim 0 holds for every matrix")
UNREADABLE = Outcome(2, "unreadable: claim 1: rows is empty")
NO_DOCUMENT = Outcome(2, "unreadable: layer 1: kind is 3")
REFUSED = Outcome(2, "refused: claim 0, something: about 17 s of work, the limit is 14 s")


def lines(*words):
    return tuple(f"claim {i} (rank): {word}" for i, word in enumerate(words))


YES, NO, OTHER, LARGE = "accepted", "rejected: why", "first checker only: 'ball-minor'", "too large: 1e+09 steps"
DOCUMENT, ALL_TOO_LARGE = ("not a readable certificate: why",), ("too large: numbers in files",)


@pytest.mark.parametrize(
    ("first", "code", "said", "agreed", "disagree"),
    [
        (ACCEPTED, 0, lines(YES, YES), 2, False),
        (ACCEPTED, 0, lines(YES, OTHER), 1, False),
        (ACCEPTED, 0, lines(LARGE, OTHER), 0, False),
        (ACCEPTED, 1, lines(YES, NO), 1, True),
        (ACCEPTED, 1, lines(NO, OTHER), 0, True),
        (ACCEPTED, 2, DOCUMENT, 0, True),
        (ACCEPTED, 1, ("rejected: no claim says more than sizes do",), 0, True),
        (ACCEPTED, 0, ALL_TOO_LARGE, 0, False),
        (REJECTED, 1, lines(YES, NO), 1, False),
        (REJECTED, 1, lines(YES, NO, NO), 1, False),  # the first one has stopped
        (REJECTED, 0, lines(YES, YES), 1, True),
        (REJECTED, 0, lines(YES, OTHER), 1, False),
        (REJECTED, 0, lines(YES, LARGE), 1, False),
        (REJECTED, 1, lines(NO, NO), 0, True),
        (REJECTED, 2, DOCUMENT, 0, True),
        (REJECTED, 0, ALL_TOO_LARGE, 0, False),
        (NOTHING, 1, ("rejected: no claim says more than sizes do",), 0, False),
        (NOTHING, 0, lines(YES), 0, True),
        (NOTHING, 0, lines(YES, OTHER), 0, False),
        (NOTHING, 1, lines(NO), 0, False),
        (UNREADABLE, 2, DOCUMENT, 0, False),
        (UNREADABLE, 0, lines(YES, YES), 0, True),
        (UNREADABLE, 1, lines(YES, NO), 0, False),  # it rejects a claim that it cannot read
        (UNREADABLE, 0, lines(YES, OTHER), 0, False),
        (NO_DOCUMENT, 2, DOCUMENT, 0, False),
        (NO_DOCUMENT, 0, lines(YES, OTHER), 0, True),
        (NO_DOCUMENT, 1, lines(YES, NO), 0, False),
        (REFUSED, 0, lines(YES, OTHER), 0, False),
        (REFUSED, 1, lines(NO), 0, False),
        (REFUSED, 2, DOCUMENT, 0, False),
    ],
)
def test_comparison(first, code, said, agreed, disagree):
    found = compared(first, code, said)
    assert (found.lines, found.agreed) == (said, agreed)
    assert bool(found.disagreements) == disagree
    assert all("\n" not in line for line in found.disagreements)


def test_a_kind_cannot_pass_for_an_answer(tmp_path):
    """A hostile document cannot make the program print a line that reads as another one."""
    text = (EVIDENCE / "width.json").read_text()
    document = json.loads(text)
    document["claims"][0]["kind"] = "x): accepted: \nclaim 0 (rank): accepted"
    path = tmp_path / "c.json"
    path.write_bytes(seal(document))
    assert second_opinion(path, ACCEPTED).lines == ("claim 0 (?): first checker only: '?'",)


def test_the_program_is_run_by_itself():
    path = EVIDENCE / "critical-point-zero.json"
    found = second_opinion(path, check(path))
    assert found == SecondOpinion(("claim 0 (critical-point): accepted",), 1, ())
    assert found.report() == [
        "second checker: claim 0 (critical-point): accepted",
        "accepted by both: 1 of 1 claims",
    ]


def test_a_program_that_does_not_finish_is_no_agreement(monkeypatch):
    def run(*_, **__):
        return subprocess.CompletedProcess([], -9, "", "Traceback\nMemoryError\n")

    monkeypatch.setattr(subprocess, "run", run)
    found = second_opinion("c.json", ACCEPTED)
    assert (found.agreed, found.disagreements) == (0, ("the second checker did not finish: MemoryError",))
