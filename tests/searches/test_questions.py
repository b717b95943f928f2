"""Questions: their names, and what a decision must have."""

import pickle
from pathlib import Path

import pytest

from exactcnn.checker import check
from exactcnn.errors import InputError
from exactcnn.proofs.registry import statements
from exactcnn.searches.answers import NOT_ASKED, kept_answers
from exactcnn.searches.questions import NAMES, Decision, label, question

RESULTS = Path(__file__).parents[2] / "docs" / "results"


def test_every_question_has_a_page_and_cases_that_differ():
    known = {statement.id for statement in statements()}
    for name in NAMES:
        found = question(name)
        assert found.name == name
        assert found.page in known
        cases = list(found.cases())
        assert len({label(case) for case in cases}) == len(cases) > 0
        assert len({tuple(case) for case in cases}) == 1
        assert not found.across or found.across in cases[0]
        assert pickle.loads(pickle.dumps((found.decide, cases))) == (found.decide, cases)  # for other processes


def test_an_unknown_question():
    with pytest.raises(
        InputError, match="question 'basin' is not known; expected basins, class-targets, convolutional-minima, "
    ):
        question("basin")


@pytest.mark.parametrize("name", NAMES)
def test_the_record_that_the_site_shows(name):
    """Complete; every certificate there is accepted, nothing lies about, and every proof has a page."""
    folder, known = RESULTS / name, {statement.id for statement in statements()}
    found = kept_answers(question(name), folder)
    assert NOT_ASKED not in {line["reason"] for line in found.lines}
    for line in found.lines:
        assert (line["certificate"] is not None) == (line["checked"] is True)
        assert line["outcome"] != "impossible" or line["proof"] in known
        if line["certificate"]:
            assert line["certificate"] == f"{label(line['case'])}.certificate.json"
            outcome = check(folder / line["certificate"])
            assert outcome.exit_code == 0, (line["case"], outcome.message)
    kept = {line["certificate"] for line in found.lines if line["certificate"]}
    assert {path.name for path in folder.iterdir()} == {"results.jsonl", *kept}


@pytest.mark.parametrize("outcome", ["possible", "impossible"])
def test_nothing_is_decided_without_evidence(outcome):
    with pytest.raises(ValueError, match="without its evidence"):
        Decision(outcome, "by inspection")
