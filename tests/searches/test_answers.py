"""Questions carried out: what is written, killed, continued, refused."""

import json
import signal
import subprocess
import sys
import textwrap

import pytest

from exactcnn.checker import Outcome, check
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.searches import answers as module
from exactcnn.searches.answers import answer, kept_answers
from exactcnn.searches.ledger import RESULTS
from exactcnn.searches.questions import Decision, Question
from exactcnn.theorems.matrix import matrix_rank

TIMES = {1: 0, 2: 3, 3: 250}  # the trial that succeeds


def certificate(n):
    return matrix_rank(ExactArray.from_array([[n, 0], [0, 1]])).certificate


def decide(case, trials, seed):
    """n = 4 cannot be, n = 5 is never found; the others at a certain trial."""
    n = case["n"]
    if n == 4:
        return Decision("impossible", "four is even", proof="NH18.T3.4")
    if TIMES.get(n, 10**9) in range(trials.start, max(trials.stop, 1)):
        return Decision("possible", f"trial {TIMES[n]}", certificate(n))
    return Decision("open", f"none up to {trials.stop}")


TOY = Question("toy", "Which?", "NH18.T3.4", lambda: [{"n": n} for n in range(1, 6)], decide)


def written(folder):
    return [json.loads(line) for line in (folder / RESULTS).read_text().splitlines()]


def outcomes(found):
    return [(line["case"]["n"], line["outcome"], line["trials"]) for line in found.lines]


DONE = [(1, "possible", 100), (2, "possible", 100), (3, "possible", 300), (4, "impossible", 100), (5, "open", 1000)]


def test_answers_their_record_and_certificates(tmp_path):
    seen = []
    found = answer(TOY, tmp_path, trials=1000, progress=lambda *report: seen.append(report))
    assert outcomes(found) == DONE
    assert found.claim == "toy: 3 possible, 1 impossible, 1 open"
    assert found.checked is True
    assert seen == [("toy", n, 5) for n in range(6)]
    assert kept_answers(TOY, tmp_path) == found
    names = [line["certificate"] for line in found.lines]
    assert names == ["1.certificate.json", "2.certificate.json", "3.certificate.json", None, None]
    assert all(check(tmp_path / name).exit_code == 0 for name in names if name)
    assert {path.name for path in tmp_path.iterdir()} == {RESULTS, *filter(None, names)}
    assert [line["trials"] for line in written(tmp_path) if line.get("case") == {"n": 5}] == list(range(100, 1001, 100))
    assert json.loads(json.dumps(found.document()))["counts"] == {"possible": 3, "impossible": 1, "open": 1}
    alone = answer(TOY, trials=1000)
    assert outcomes(alone) == DONE
    assert not any(line["certificate"] for line in alone.lines)


def test_more_trials_go_on_where_the_others_ended(tmp_path, monkeypatch):
    few = answer(TOY, tmp_path, trials=0)
    assert outcomes(few) == [(1, "possible", 0), (2, "open", 0), (3, "open", 0), (4, "impossible", 0), (5, "open", 0)]
    asked = []
    monkeypatch.setitem(TOY.__dict__, "decide", lambda *given: asked.append(given[:2]) or decide(*given))
    assert outcomes(answer(TOY, tmp_path, trials=150))[1:3] == [(2, "possible", 100), (3, "open", 150)]
    assert asked[:3] == [({"n": 2}, range(100)), ({"n": 3}, range(100)), ({"n": 3}, range(100, 150))]
    asked.clear()
    assert outcomes(answer(TOY, tmp_path, trials=300))[2] == (3, "possible", 300)
    assert [trials for case, trials in asked if case == {"n": 3}] == [range(150, 250), range(250, 300)]
    asked.clear()
    answer(TOY, tmp_path, trials=300)
    answer(TOY, tmp_path, trials=10)
    assert asked == []


@pytest.mark.parametrize("stop", range(1, 12, 2))
def test_an_interruption_loses_no_line(tmp_path, monkeypatch, stop):
    asked = []

    def interrupted(*given):
        asked.append(given[:2])
        if len(asked) == stop:
            raise KeyboardInterrupt
        return decide(*given)

    monkeypatch.setitem(TOY.__dict__, "decide", interrupted)
    with pytest.raises(KeyboardInterrupt):
        answer(TOY, tmp_path, trials=1000)
    before = asked[:-1]
    asked.clear()
    stop = 0
    assert outcomes(answer(TOY, tmp_path, trials=1000)) == DONE
    assert not [each for each in asked if each in before]


KILLED = """
    import time
    from exactcnn.searches.answers import answer
    from exactcnn.searches.questions import Decision, Question

    def decide(case, trials, seed):
        if case["n"] == 2 and trials.start == 300:
            print("here", flush=True)
            time.sleep(600)
        return Decision("open", "none")

    answer(Question("toy", "", "", lambda: [{"n": n} for n in range(1, 4)], decide), "folder", trials=500)
"""


def test_a_run_that_is_killed_goes_on(tmp_path):
    command = [sys.executable, "-c", textwrap.dedent(KILLED)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGKILL)
    folder, asked = tmp_path / "folder", []
    path = folder / RESULTS
    path.write_bytes(path.read_bytes() + b'{"kind": "tri')  # as if it had been writing

    def going_on(case, trials, seed):
        asked.append((case["n"], trials.start))
        return Decision("open", "none")

    toy = Question("toy", "", "", lambda: [{"n": n} for n in range(1, 4)], going_on)
    assert outcomes(answer(toy, folder, trials=500)) == [(n, "open", 500) for n in (1, 2, 3)]
    assert asked == [(2, 300), (2, 400)] + [(3, start) for start in range(0, 500, 100)]


def test_what_the_checker_rejects_is_open(tmp_path, monkeypatch):
    monkeypatch.setattr("exactcnn.certificates.certificate.check", lambda _, **_options: Outcome(1, "no"))
    found = answer(TOY, tmp_path, trials=10)
    assert found.counts == {"possible": 0, "impossible": 1, "open": 4}
    assert found.checked is False
    assert found.lines[0]["reason"] == "the independent checker does not accept the evidence (no)"
    assert [path.name for path in tmp_path.iterdir()] == [RESULTS]


def test_a_proof_whose_certificate_is_rejected_proves_nothing(monkeypatch):
    proof = Decision("impossible", "by rank", certificate(7), "NH18.T3.4")
    monkeypatch.setattr("exactcnn.certificates.certificate.check", lambda _, **_options: Outcome(1, "no"))
    toy = Question("toy", "", "", lambda: [{"n": 7}], lambda *_: proof)
    assert [(line["outcome"], line["proof"]) for line in answer(toy, trials=0).lines] == [("open", "")]


def test_cases_that_were_not_asked_are_open(tmp_path):
    answer(TOY, tmp_path, trials=0)
    lines = (tmp_path / RESULTS).read_text().splitlines(keepends=True)
    (tmp_path / RESULTS).write_text("".join(lines[:3]))
    found = kept_answers(TOY, tmp_path)
    assert [line["reason"] for line in found.lines[2:]] == [module.NOT_ASKED] * 3
    assert found.counts == {"possible": 1, "impossible": 0, "open": 4}


def test_other_work_is_refused(tmp_path):
    answer(TOY, tmp_path, trials=0)
    other = Question("other", "", "", TOY.cases, decide)
    for run in (lambda: answer(other, tmp_path), lambda: answer(TOY, tmp_path, seed=1)):
        with pytest.raises(InputError, match="holds another question; expected one with the same options"):
            run()


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "possible"},  # without a certificate
        {"outcome": "impossible"},  # without a proof
        {"outcome": "certain"},
        {"outcome": []},
        {"kind": "decided"},
        {"kind": "tried", "outcome": "impossible", "proof": "NH18.T3.4"},
        {"trials": "7"},
        {"trials": True},
        {"checked": "yes"},
        {"reason": 7},
        {"proof": None},
        {"certificate": 3},
        {"case": {"n": [5]}},
        {"case": 5},
    ],
)
def test_lines_that_are_none(tmp_path, change):
    answer(TOY, tmp_path, trials=0)
    path = tmp_path / RESULTS
    *lines, last = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines, json.dumps(json.loads(last) | change) + "\n"]))
    with pytest.raises(InputError, match="line 6 is no line of a former question; expected the file of a former run"):
        kept_answers(TOY, tmp_path)
