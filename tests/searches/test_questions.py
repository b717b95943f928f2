"""Questions: their names, and what a decision must have."""

import pytest

from exactcnn.proofs.registry import statements
from exactcnn.searches.questions import NAMES, Decision, label, question


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


@pytest.mark.parametrize("outcome", ["possible", "impossible"])
def test_nothing_is_decided_without_evidence(outcome):
    with pytest.raises(ValueError, match="without its evidence"):
        Decision(outcome, "by inspection")
