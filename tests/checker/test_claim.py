"""The claims that stand before one."""

import pytest

from exactcnn.checker.claim import Accepted

CLAIMS = [
    {"kind": "width", "layer": 1, "holds": True},
    {"kind": "rank", "layer": 2, "lower": 3, "upper": 4},
    {"kind": "width", "layer": 2, "holds": False},
]


@pytest.mark.parametrize("number", range(4))
def test_only_the_claims_before_one_count(number):
    accepted = Accepted(CLAIMS, number)
    assert list(accepted) == CLAIMS[:number]
    assert accepted.stands("width", 1) == (number > 0)
    assert accepted.stands("rank", 2, lower=3) == (number > 1)
    assert accepted.stands("width", 2, holds=False) == (number > 2)


def test_kind_layer_and_every_value_must_agree():
    accepted = Accepted(CLAIMS, 3)
    assert accepted.stands("rank", 2, lower=3, upper=4)
    assert not accepted.stands("rank", 2, lower=3, upper=5)
    assert not accepted.stands("rank", 2, lower=2, upper=4)
    assert not accepted.stands("rank", 1, lower=3)
    assert not accepted.stands("width", 1, holds=False)
    assert not accepted.stands("activation", 1)


def test_a_claim_does_not_lean_on_itself_or_on_a_later_one(make, run):
    """Two conclusions by each other's premise: only what stands before is accepted."""
    document = make.instance(None, [make.convolution([[0]], 1, "relu")], count=2, width=1)
    width = {"kind": "width", "layer": 1, "holds": False}
    conclusion = {"kind": "conclusion", "statement": "NH18.T3.4", "layer": 1, "status": "refuted"}
    conclusion |= {"scope": "all parameters", "by": "width"}
    assert run(document, width, conclusion).exit_code == 0
    assert run(document, conclusion, width).exit_code == 1
    assert run(document, conclusion).exit_code == 1
