"""Verdicts: their JSON, and what is left of them when the checker has spoken."""

import dataclasses
import itertools
import json
from typing import get_args

import pytest

from exactcnn.theorems.hypotheses import WidthClaim
from exactcnn.theorems.verdict import Scope, Status, Verdict, status_of, together

PROVED = Verdict("NH18.T3.4.2", "proved", "architecture", "4 ≥ 3", 1, {"width": 4}, (WidthClaim(1, True),))
OPEN = Verdict("NH18.T3.5", "undecided", "almost all parameters", "who knows", 1, {"unmet": ["all"]})


def test_the_document_is_json():
    document = PROVED.document()
    assert json.loads(json.dumps(document)) == document
    assert document == {
        "statement": "NH18.T3.4.2",
        "layer": 1,
        "status": "proved",
        "scope": "architecture",
        "reason": "4 ≥ 3",
        "details": {"width": 4},
        "checked": None,
    }


def test_accepted_verdicts_stand():
    assert PROVED.judged(True) == dataclasses.replace(PROVED, checked=True)
    assert PROVED.judged(None) == PROVED
    assert OPEN.judged(True) == OPEN  # there is nothing to accept


@pytest.mark.parametrize("verdict", [PROVED, OPEN])
def test_of_rejected_verdicts_nothing_is_left_but_the_question(verdict):
    found = verdict.judged(False, "rejected: claim 3")
    assert (found.statement, found.layer, found.scope) == (verdict.statement, verdict.layer, verdict.scope)
    assert (found.status, found.details, found.claims, found.checked) == ("undecided", {}, (), False)
    assert found.reason == "the independent checker does not accept the evidence (rejected: claim 3)"
    assert verdict.status != "undecided" or verdict is OPEN  # the old one is as it was


def test_answers_together():
    for answers in itertools.product((True, False, None), repeat=3):
        expected = False if False in answers else True if True in answers else None
        assert together(answers) is expected
    assert together([]) is None


def test_statuses_and_scopes():
    assert [status_of(True), status_of(False)] == ["proved", "refuted"]
    assert {"proved", "refuted", "undecided"} == set(get_args(Status))
    assert len(get_args(Scope)) == 6


def test_a_notebook_escapes_reasons():
    shown = dataclasses.replace(PROVED, reason="n < N & <b>")._repr_html_()
    assert "n &lt; N &amp; &lt;b&gt;" in shown
    assert "<strong>Verdict: Width: n_k ≥ N</strong>" in shown
    assert "<td>layer</td><td>1</td>" in shown
