"""All of a document: the order of what is read and verified, and what the answer says."""

import hashlib

import pytest

from exactcnn.checker import check, verdict

WIDTH = {"kind": "width", "layer": 1, "holds": False}
WRONG = {"kind": "width", "layer": 1, "holds": True}


@pytest.fixture
def document(make):
    return make.instance(None, [make.convolution([[0]], 1, "relu")], count=2, width=1)


def test_the_first_obligation_that_fails_is_named(document, run):
    assert run(document, WIDTH, WRONG, WRONG).message == "rejected: claim 1, n_1 >= N: the opposite is true"
    outcome = run(document, WIDTH)
    assert (outcome.exit_code, outcome.message, outcome.accepted) == (0, "accepted: 1 claim", ("n_1 < N",))
    assert run(document, WIDTH, WIDTH).message == "accepted: 2 claims"


def test_shapes_of_all_claims_are_read_before_any_is_verified(document, run):
    outcome = run(document, WRONG, {"kind": "width", "layer": 1})
    assert (outcome.exit_code, outcome.message) == (2, "unreadable: claim 1: claim has no 'holds'")
    assert run(document, WRONG, {"kind": "hope", "layer": 1}).message == "unreadable: claim 1: unknown kind 'hope'"
    assert run(document, WRONG, 3).exit_code == 2


def test_nothing_is_accepted_unless_all_is(document, run):
    assert run(document, WIDTH, WRONG).accepted == ()
    assert run(document, WIDTH, {"kind": "width"}).accepted == ()


def test_a_certificate_says_something(make, document, run):
    empty = make.rank(1, 0, 1, make.NONE, make.SHAPE)
    samples = make.instance([["1"], ["2"]], document["layers"])
    samples["layers"][0] |= {"weights": make.array([[1]]), "biases": make.array([0])}
    assert run(document).message == "rejected: there are no claims"
    outcome = run(samples, empty, empty)
    assert outcome.message.startswith("rejected: no claim says anything: claim 0, 0 <= rank F_1 <= 1, ")
    assert run(samples, empty, WIDTH).exit_code == 0
    assert run(samples, WIDTH, empty).exit_code == 0


def test_the_instance_is_named_by_its_hash(make, document, run):
    outcome = run(document, WIDTH)
    digest = hashlib.sha256(make.canonical(document)).hexdigest()
    text = "N = 2, widths 1, 1, activations 0 | t (kink 0), no weights of layer 1, no samples"
    assert outcome.instance == f"instance {digest}: {text}"
    assert run(document, WRONG).instance == outcome.instance
    assert run(document, {"kind": "width"}).instance == ""


def test_another_instance_is_read_and_compared_before_the_claims(make, document, run, tmp_path):
    other = tmp_path / "other.json"
    path = tmp_path / "certificate.json"
    assert run(document, WRONG).exit_code == 1
    for instance, code, words in (
        (document, 1, "rejected: claim 0, n_1 >= N"),
        ({**document, "sample_count": 3}, 1, "rejected: the instance is not that of 'other.json': sample_count is 2"),
        ({**document, "sample_count": 0}, 2, "unreadable: --against: sample_count"),
    ):
        other.write_bytes(make.seal({**make.HEAD, "instance": instance, "claims": []}))
        outcome = check(path, against=other)
        assert outcome.exit_code == code
        assert outcome.message.startswith(words)


def test_what_goes_wrong_in_the_checker_accepts_nothing(document, run, tmp_path, monkeypatch):
    assert run(document, WIDTH).exit_code == 0

    def broken(*_):
        raise ValueError("no reason")

    monkeypatch.setitem(verdict.READERS, "width", broken)
    outcome = check(tmp_path / "certificate.json")
    assert (outcome.exit_code, outcome.accepted) == (2, ())
    assert outcome.message == "unreadable: claim 0: the checker could not finish (ValueError)"


def test_progress_counts_the_claims(document, run, tmp_path):
    told = []
    assert run(document, WIDTH, WIDTH).exit_code == 0
    assert check(tmp_path / "certificate.json", progress=lambda *each: told.append(each)).exit_code == 0
    assert told == [("claims", 0, 2), ("claims", 1, 2)]
