"""Searches in a folder: what is written, interrupted, continued."""

import json
import random

import pytest

import exactcnn.searches.runs as module
from exactcnn.checker import Outcome, check
from exactcnn.errors import InputError
from exactcnn.searches.cases import Search
from exactcnn.searches.ledger import RESULTS
from exactcnn.searches.runs import run_search

PAIRS = Search(patch_size=2)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Folder and result of a search that ran without interruption."""
    folder = tmp_path_factory.mktemp("whole") / "new" / "folder"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "STATE_EVERY", 7)
        return folder, run_search(PAIRS, folder)


def lines(folder):
    return [json.loads(line) for line in (folder / RESULTS).read_text(encoding="utf-8").splitlines()]


def test_nothing_fails_up_to_three_and_certificates_at_four():
    seen = []
    result = run_search(Search(), progress=lambda *report: seen.append(report))
    assert result.nothing_fails_up_to == 3
    assert result.claim == (
        "full-weight-matrix: nothing fails for n ≤ 3; the smallest that fail have 4 neurons (3 cases up to isomorphism)"
    )
    four = result.summaries[-1]
    assert (four["structures"], four["classes"], four["cases"], four["fails"], four["undecided"]) == (
        3037,
        58,
        149,
        3,
        0,
    )
    assert (four["failing_structures"], four["failing_increasing"]) == (54, 5)
    assert [line["certificate"] for line in result.found] == [None] * 3  # no folder, nothing kept
    assert seen[-1] == ("structures of 4 neurons", 3167, 3167)  # those that do not cover included
    assert [done for what, done, _ in seen if what == "structures of 3 neurons"][-1] == 39
    assert json.loads(json.dumps(result.document()))["nothing_fails_up_to"] == 3


def test_every_certificate_is_accepted(whole):
    folder, result = whole
    assert len(result.found) == 2
    for line in result.found:
        outcome = check(folder / line["certificate"])
        assert outcome.exit_code == 0, outcome.message
        document = json.loads((folder / line["certificate"]).read_text())
        assert document["instance"]["layers"][0]["patches"] == line["patches"]
        claim = document["claims"][-1]
        assert (claim["kind"], claim["upper"]) == ("generic-rank", 3)
    kept = {line["certificate"] for line in result.found} | {RESULTS}
    assert {path.name for path in folder.iterdir()} == kept


def test_data_certificates_are_accepted(tmp_path):
    result = run_search(Search("tied-biases", neurons=3, most_samples=3), tmp_path)
    assert [line["fails"] for line in result.summaries] == [0, 1, 14]
    assert result.found[0]["samples"] == [["0", "0"], ["1", "1"]]
    for line in result.found:
        assert check(tmp_path / line["certificate"]).exit_code == 0
        claims = json.loads((tmp_path / line["certificate"]).read_text())["claims"]
        assert any(claim.get("by") == "rank-bound" and claim["status"] == "refuted" for claim in claims)
        [separate] = [claim for claim in claims if claim["kind"] == "distinct-patches"]
        assert separate["holds"] is separate["cross_position"] is True


def test_a_finished_search_is_not_repeated(whole, monkeypatch):
    folder, result = whole
    before = (folder / RESULTS).read_bytes()
    monkeypatch.setattr(module, "decide", None)
    monkeypatch.setattr(module, "structures", None)
    assert run_search(PAIRS, folder) == result
    assert (folder / RESULTS).read_bytes() == before


@pytest.mark.parametrize("part", [0.0, 0.03, 0.2, 0.3, 0.41, 0.5, 0.6, 0.77, 0.9, 0.999])
def test_going_on_after_any_cut(whole, tmp_path, monkeypatch, part):
    folder, result = whole
    monkeypatch.setattr(module, "STATE_EVERY", 7)
    data = (folder / RESULTS).read_bytes()
    (tmp_path / RESULTS).write_bytes(data[: int(part * len(data))])
    assert run_search(PAIRS, tmp_path) == result
    assert (tmp_path / RESULTS).read_bytes() == data


@pytest.mark.parametrize("stop", [1, 25, 40, 55])
def test_an_interruption_loses_no_line(whole, tmp_path, monkeypatch, stop):
    _, result = whole
    monkeypatch.setattr(module, "STATE_EVERY", 1)
    decide, calls = module.decide, []

    def interrupted(search, case):
        calls.append(case)
        if len(calls) == stop:
            raise KeyboardInterrupt
        return decide(search, case)

    monkeypatch.setattr(module, "decide", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_search(PAIRS, tmp_path)
    done = calls[:-1]
    calls.clear()
    stop = 0
    assert run_search(PAIRS, tmp_path) == result
    assert done + calls == list(dict.fromkeys(done + calls))  # no case twice
    assert len(done + calls) == sum(line["cases"] for line in result.summaries)


@pytest.mark.parametrize("seed", range(12))
def test_cases_decided_in_any_order_with_some_lost(whole, tmp_path, monkeypatch, seed):
    """As workers of another speed, and an interruption, would leave the file: nothing is lost, nothing done twice."""
    folder, result = whole
    monkeypatch.setattr(module, "STATE_EVERY", 7)
    header, *rest = (folder / RESULTS).read_text(encoding="utf-8").splitlines(keepends=True)
    draw = random.Random(seed)
    missing = draw.sample(rest, k=draw.randrange(1, 5))  # lines of any kind in the middle
    kept = [line for line in rest if line not in missing and '"summary"' not in line]
    draw.shuffle(kept)
    (tmp_path / RESULTS).write_text("".join([header, *kept]), encoding="utf-8")
    settle, again = module.settle, []
    monkeypatch.setattr(module, "settle", lambda search, case: again.append(case) or settle(search, case))
    assert run_search(PAIRS, tmp_path) == result
    stated = sum(len(line.get("done", [line])) for line in map(json.loads, kept))
    assert len(again) == sum(line["cases"] for line in result.summaries) - stated
    for line in map(json.loads, missing):
        if line.get("certificate"):
            assert check(tmp_path / line["certificate"]).exit_code == 0


def test_the_smallest_case_is_found_whatever_the_order(tmp_path):
    """Cases of three neurons written down before those of two."""
    search = Search("tied-biases", neurons=3, most_samples=3)
    result = run_search(search, tmp_path)
    header, *rest = (tmp_path / RESULTS).read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / RESULTS).write_text("".join([header, *rest[::-1]]), encoding="utf-8")
    assert run_search(search, tmp_path) == result
    assert [line["neurons"] for line in result.found] == [2] + [3] * 14


def test_every_case_says_that_it_was_checked(whole):
    _, result = whole
    assert [line["checked"] for line in result.found] == [True, True]
    assert result.checked is result.document()["checked"] is True
    assert run_search(Search("tied-biases", neurons=1)).checked is None  # there is no case


def test_another_search_is_refused(whole):
    folder, _ = whole
    before = (folder / RESULTS).read_bytes()
    for other in (Search(patch_size=2, neurons=3), Search(patch_size=2, seed=1), Search("tied-biases")):
        with pytest.raises(
            InputError, match="holds another search; expected one with the same options, or a new folder"
        ):
            run_search(other, folder)
    assert (folder / RESULTS).read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        "words\n",
        "[]\n",
        "7\n",
        '{"kind": "joke"}\n',
        '{"kind": "state", "neurons": 1, "done": "many"}\n',
        '{"kind": "summary", "neurons": 1}\n',
        '{"kind": "case", "neurons": 2, "number": 1, "labelled": 1, "increasing": 1}\n',
        (
            '{"kind": "case", "neurons": 2, "number": 1, "labelled": 1, "increasing": 1, '
            '"outcome": "fails", "patches": []}\n'
        ),
        '{"kind": "state", "neurons": 1, "done": [1, "2"]}\n',
        "\n",
        "\x00\n",
    ],
)
def test_damaged_lines(tmp_path, text):
    run_search(Search(neurons=1), tmp_path)
    path = tmp_path / RESULTS
    good = path.read_text(encoding="utf-8")
    path.write_text(good + text, encoding="utf-8")
    with pytest.raises(InputError, match="line 3 is no line of a former search") as error:
        run_search(Search(neurons=1), tmp_path)
    assert "\n" not in str(error.value)
    path.write_text(text + good, encoding="utf-8")
    with pytest.raises(InputError, match="line 1 is no line of a former search"):
        run_search(Search(neurons=1), tmp_path)


def test_what_the_checker_rejects_is_undecided(tmp_path, monkeypatch):
    monkeypatch.setattr("exactcnn.certificates.certificate.check", lambda _, **_options: Outcome(1, "no"))
    result = run_search(PAIRS, tmp_path)
    assert [line["fails"] for line in result.summaries] == [0] * 4
    assert result.summaries[-1]["undecided"] == result.summaries[-1]["cases"]
    assert {line["reason"] for line in result.found} == {"the independent checker does not accept the evidence (no)"}
    assert {line["checked"] for line in result.found} == {result.checked} == {False}
    assert result.nothing_fails_up_to == 1  # no structure of one neuron has patches of two
    assert "undecided" in result.claim
    assert "nothing fails" not in result.claim
    assert [path.name for path in tmp_path.iterdir()] == [RESULTS]


def test_no_case_proves_nothing():
    result = run_search(Search("tied-biases", neurons=1))
    assert [line["cases"] for line in result.summaries] == [0]
    assert result.claim.startswith("tied-biases: there is no case for n ≤ 1 (searched: ")


def test_unusable_folders(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="File exists; expected a folder for the results"):
        run_search(Search(neurons=1), tmp_path / "file")
    with pytest.raises(InputError, match="expected a folder for the results"):
        run_search(Search(neurons=1), tmp_path / "file" / "below")
    (tmp_path / RESULTS).mkdir()
    with pytest.raises(InputError, match="expected a folder for the results"):
        run_search(Search(neurons=1), tmp_path)


def test_two_runs_in_one_folder(tmp_path, monkeypatch):
    decide = module.decide

    def other_run(search, case):
        with (tmp_path / RESULTS).open("a") as file:
            file.write("{}\n")
        return decide(search, case)

    monkeypatch.setattr(module, "decide", other_run)
    with pytest.raises(InputError, match="has changed; expected one run at a time in a folder"):
        run_search(Search(neurons=1), tmp_path)
