"""search: structures and samples, questions, bad options."""

import json

import pytest

from exactcnn.checker import Outcome, check


def test_search_finds_the_structures_of_four_neurons(run, tmp_path):
    code, out, _ = run("search", "--neurons", 4, "--json", "--output", tmp_path / "found")
    found = json.loads(out)
    assert code == 0
    assert found["nothing_fails_up_to"] == 3
    assert [line["patches"] for line in found["found"]] == [
        [[0, 1], [0, 2], [1, 3], [2, 3]],
        [[0, 2], [0, 3], [1, 2], [1, 3]],
        [[0, 1, 2], [0, 1, 3]],
    ]
    assert all(check(tmp_path / "found" / line["certificate"]).exit_code == 0 for line in found["found"])
    again = run("search", "--neurons", 4, "--json", "--output", tmp_path / "found")
    assert again == (0, out, "")


def test_search_of_data(run):
    code, out, _ = run("search", "--conclusion", "tied-biases", "--neurons", 2, "--grid", "0, 1/2", "--samples", 2)
    assert code == 0
    assert "(0, 0) (1/2, 1/2)" in out
    assert "there is no case for n ≤ 1; the smallest that fail have 2 neurons (1 case up to isomorphism)" in out


def test_search_with_restrictions(run):
    options = ["--patch-size", 3, "--patches", 2, "--filters", 2, "--increasing", "--seed", 3]
    found = json.loads(run("search", *options, "--json")[1])
    assert found["summaries"][-1]["failing_increasing"] == 3
    assert "most_filters = 2" in found["claim"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--neurons", "0"], "neurons = 0; expected a positive integer"),
        (["--neurons", "9"], "9 neurons in patches of 2: 52254720 images of patches; expected at most 10000000"),
        (["--conclusion", "rank"], "conclusion = 'rank'; expected one of full-weight-matrix, tied-biases, no-biases"),
        (["--samples", "2"], "samples and grid say nothing for 'full-weight-matrix'; expected neither"),
        (["--conclusion", "tied-biases", "--grid", "0,,1"], "grid: an empty entry is not a number"),
        (["--output", "/dev/null"], "/dev/null: File exists; expected a folder for the results"),
        (["--trials", "3"], "--trials 3 without a question; expected it beside one, such as `basins`"),
        (["basin"], "question 'basin' is not known; expected basins, class-targets, convolutional-minima, "),
        (["basins", "--neurons", "3"], "options of patches beside the question 'basins'; expected --trials, --output"),
        (["basins", "--increasing"], "options of patches beside the question 'basins'; expected --trials, --output"),
    ],
)
def test_bad_options_of_search(run, arguments, message):
    code, out, err = run("search", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"exactcnn: {message}")
    assert err.count("\n") == 1


@pytest.fixture
def toy(monkeypatch):
    """A question in the place of all others."""
    from exactcnn.searches import questions
    from exactcnn.searches.questions import Decision, Question

    def decide(case, trials, seed):
        return Decision("open", f"none up to {trials.stop}") if case["n"] < 2 else Decision("impossible", "", None, "P")

    found = Question("toy", "Which?", "P", lambda: [{"n": 1}, {"n": 2}], decide, trials=7)
    monkeypatch.setattr(questions, "question", lambda name: {"toy": found}[name])


def test_a_question(run, toy, tmp_path):
    code, out, err = run("search", "toy", "--output", tmp_path / "toy")
    assert (code, err) == (0, "")
    assert "open: tried 7" in out
    assert "toy: 0 possible, 1 impossible, 1 open" in out
    found = json.loads(run("search", "toy", "--trials", 20, "--output", tmp_path / "toy", "--json")[1])
    assert [line["trials"] for line in found["cases"]] == [20, 7]
    assert (found["question"], found["checked"]) == ("toy", None)


def test_a_rejected_certificate_is_a_defect(run, toy, monkeypatch):
    from exactcnn.domains.exact import ExactArray
    from exactcnn.searches import questions
    from exactcnn.theorems.matrix import matrix_rank

    wrong = matrix_rank(ExactArray.from_array([[1]])).certificate
    monkeypatch.setattr("exactcnn.certificates.certificate.check", lambda _, **_options: Outcome(1, "no"))
    toy = questions.question("toy")
    monkeypatch.setitem(toy.__dict__, "decide", lambda *_: questions.Decision("possible", "", wrong))
    code, out, err = run("search", "toy")
    assert code == 3
    assert "toy: 0 possible, 0 impossible, 2 open" in out
    assert "the independent checker does not accept the evidence; nothing is claimed from it (in 1, 2)" in err


def test_cases_elsewhere(run, tmp_path):
    """Processes decide the same, in whatever order."""
    found = {}
    for workers in (1, 2):
        options = ["--output", tmp_path / str(workers), "--json", "--workers", workers]
        found[workers] = [run("search", "--patch-size", 2, *options), run("search", "affine-units", *options[2:])]
    assert found[1] == found[2]
    for path in (tmp_path / "1").glob("*.json"):
        assert check(tmp_path / "2" / path.name).exit_code == 0
    code, _, err = run("search", "--workers", 0)
    assert (code, err) == (2, "exactcnn: workers = 0; expected a positive integer\n")
