"""The one function of the checker, and what it answers."""

import inspect

import pytest

from exactcnn.checker import Outcome, budget, check


def test_the_usual_limit_is_one(make, run, tmp_path, monkeypatch):
    """A refusal says what the limit is: 5 seconds times the factor."""
    assert run(make.instance([[3]], [make.elementwise("relu")])).exit_code == 1
    path = tmp_path / "certificate.json"
    monkeypatch.setattr(budget.Budget, "read", lambda self, _: self.spend(10**18, "all"))
    assert "the limit is 5 s" in check(path).message
    assert "the limit is 15 s" in check(path, limit=3).message
    assert all(p.kind is p.KEYWORD_ONLY for p in list(inspect.signature(check).parameters.values())[1:])


@pytest.mark.parametrize("against", [None, "certificate.json", "other.json"])
def test_paths_of_any_kind(make, run, tmp_path, against):
    document = make.instance(None, [make.convolution([[0]], 1, "relu")], count=2, width=1)
    assert run(document, {"kind": "width", "layer": 1, "holds": False}).exit_code == 0
    other = None if against is None else tmp_path / against
    code = 2 if against == "other.json" else 0
    for path in (tmp_path / "certificate.json", str(tmp_path / "certificate.json")):
        assert check(path, against=other).exit_code == code
        assert check(path, against=other and str(other)).exit_code == code


def test_an_outcome_is_a_value():
    assert Outcome(1, "rejected") == Outcome(1, "rejected", (), "")
    with pytest.raises(AttributeError):
        Outcome(0, "accepted").exit_code = 1
