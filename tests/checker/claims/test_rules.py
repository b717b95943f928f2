"""Rules of conclusions, as a table: each has one meaning, and says what the statements of the theory are."""

import dataclasses
from collections import Counter

import pytest

from exactcnn.checker.claim import Accepted
from exactcnn.checker.claims.conclusions import RULES
from exactcnn.checker.claims.rules import Rule
from exactcnn.checker.document import ObligationError
from exactcnn.theorems.statements import STATEMENTS


def test_a_statement_and_a_reason_name_one_rule():
    """A conclusion names these two, and the first rule that has them is applied: another one would never be."""
    assert max(Counter((rule.statement, rule.by) for rule in RULES).values()) == 1


def test_rules_are_about_statements_of_the_theory():
    assert {rule.statement for rule in RULES} <= set(STATEMENTS)
    assert {rule.status for rule in RULES} == {"proved", "refuted"}
    scopes = {"architecture", "almost all parameters", "all parameters", "this point"}
    assert {rule.scope for rule in RULES} == scopes


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.statement} by {rule.by}")
def test_no_rule_holds_without_claims(make, run, rule):
    """But for dead units and wide layers, which the instance alone shows; an activation and samples refuse them."""
    layer = make.convolution([[0]], 1, "softsign", weights=[[1]], biases=[0])
    top = make.convolution([[0]], 1, "identity", weights=[[1]], biases=[0])
    document = {**make.instance([[1], [2], [3]], [layer, top]), "targets": make.array([[1], [2], [3]])}
    own = {"kind": "conclusion", "statement": rule.statement, "layer": 1, "status": rule.status}
    claim = {**own, "scope": rule.scope, "by": rule.by}
    assert rule.premises
    outcome = run(document, claim)
    assert outcome.exit_code == 1
    assert (
        "before it" in outcome.message or "has no zero half-line" in outcome.message or "has 2 param" in outcome.message
    )
    # the other status and every other scope are refused for what they are, before any premise
    other = "refuted" if rule.status == "proved" else "proved"
    assert f"makes a statement {rule.status}" in run(document, {**claim, "status": other}).message
    for scope in {each.scope for each in RULES} - {rule.scope}:
        assert f"the scope is {rule.scope!r}" in run(document, {**claim, "scope": scope}).message


def test_rules_are_values():
    rule = RULES[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        rule.status = "refuted"
    assert rule == Rule(rule.statement, rule.by, rule.status, rule.scope, rule.premises)
    assert rule != dataclasses.replace(rule, premises=())


def test_premises_see_only_what_stands_before(make, land):
    """The rank claim is the second one: it counts from the third claim on."""
    instance = land.read(make.instance([[1], [2]], [make.elementwise("softsign")]))
    claims = [{"kind": "width", "layer": 1, "holds": True}, {"kind": "rank", "layer": 1, "lower": 2, "upper": 2}]
    (premise,) = next(rule for rule in RULES if rule.by == "witness" and rule.scope == "architecture").premises
    for number in (0, 1):
        with pytest.raises(ObligationError, match="no claim rank F_1"):
            premise(instance, 1, Accepted(claims, number))
    premise(instance, 1, Accepted(claims, 2))
