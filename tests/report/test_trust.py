"""The table of what each kind of evidence rests on: found by running, for any list of checkers."""

from pathlib import Path

from exactcnn.report.trust import CHECKERS, evidence_of, evidence_table, first_checker, second_checker

EVIDENCE = Path(__file__).parents[2] / "docs" / "examples" / "evidence"


def test_every_example_is_accepted_by_the_first_checker_and_contradicted_by_none():
    lines = evidence_table(EVIDENCE).splitlines()[1:]
    assert len(lines) == len(list(EVIDENCE.glob("*.json"))) > 25
    assert all(line.count("accepted") in {1, 2, 3} and "rejected" not in line for line in lines)
    assert sum(line.count("accepted") >= 2 for line in lines) > 20
    assert any(line.endswith("-") for line in lines)


def test_a_column_for_each_checker(tmp_path):
    (tmp_path / "zero.json").write_bytes((EVIDENCE / "critical-point-zero.json").read_bytes())
    checkers = {"first": first_checker, "mine": lambda path: path.name}
    assert evidence_table(tmp_path, checkers) == (
        "claim                 first     mine\ncritical-point: zero  accepted  zero.json"
    )
    assert len(CHECKERS) == 3


def test_what_is_wrong_is_rejected(tmp_path):
    text = (EVIDENCE / "critical-point-zero.json").read_bytes()
    (tmp_path / "zero.json").write_bytes(text.replace(b"zero", b"none", 1))
    assert first_checker(tmp_path / "zero.json") == "rejected"
    assert second_checker(tmp_path / "zero.json") == "-"


def test_words_for_a_claim():
    evidence = {"kind": "hessian", "by": "rational", "slice": [{"kind": "scaling"}, {"kind": "shift"}]}
    assert evidence_of({"kind": "critical-point", "evidence": evidence}) == "critical-point: hessian, scaling, shift"
    minor = {"kind": "modular-minor", "root": "4"}
    claim = {"kind": "rank", "lower_evidence": minor, "upper_evidence": {"kind": "shape"}}
    assert evidence_of(claim) == "rank: exponential, modular-minor, shape"
    assert evidence_of({"kind": "width"}) == "width"
