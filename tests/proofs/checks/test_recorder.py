"""Checks: edges are recorded, and no verdict stands on a certificate that the checker rejects."""

import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.proofs.checks.recorder import CheckResult, check, recorded_edges, statement_of
from exactcnn.theorems.hypotheses import WidthClaim

NETWORK = Network((1,), [FullyConnected(2, activation="relu")])


def width_claim(holds):
    samples = ExactArray.from_array([[1], [2]])
    return Certificate(Instance(NETWORK, samples=samples), (WidthClaim(1, holds),), 1)


def test_true_claim_is_accepted_and_false_one_rejected():
    assert width_claim(True).checked() is True
    assert width_claim(False).checked() is False
    assert "the opposite is true" in width_claim(False).outcome.message


@pytest.mark.parametrize("status", ["proved", "refuted"])
def test_verdict_with_rejected_certificate_is_undecided(status):
    @check("A")
    def lie():
        certificates = (width_claim(True), width_claim(False))
        return CheckResult(status, "an instance", "so", {"rank": 7}, certificates)

    found = lie()
    assert found.status == "undecided"
    assert found.checked is False
    assert (found.details, found.certificates) == ({}, ())
    assert found.what.startswith("the independent checker does not accept the evidence (rejected: claim 0, ")


def test_verdict_with_accepted_certificate_stands():
    @check("A")
    def honest():
        return CheckResult("proved", "an instance", "so", certificates=(width_claim(True),))

    assert honest().checked is True
    assert CheckResult("proved", "an instance", "so").checked is None


def checks():
    @check("C")
    def inner():
        return CheckResult("proved", "an instance", "inner")

    @check("B")
    def middle():
        inner()
        return inner()

    @check("A")
    def outer():
        return middle()

    return inner, middle, outer


def test_edges_lead_from_the_calling_statement_to_the_called_one():
    _, middle, outer = checks()
    with recorded_edges() as edges:
        outer()
    assert edges == {("A", "B"), ("B", "C")}
    with recorded_edges() as edges:
        middle()
    assert edges == {("B", "C")}


def test_checks_of_one_statement_may_call_each_other_without_an_edge():
    @check("A")
    def first():
        return CheckResult("proved", "an instance", "")

    @check("A")
    def second():
        return first()

    with recorded_edges() as edges:
        second()
    assert edges == set()


def test_records_do_not_leak():
    inner, middle, _ = checks()
    with recorded_edges() as outside:
        with recorded_edges() as inside:
            middle()
        inner()
    assert inside == {("B", "C")}
    assert outside == set()
    assert middle().status == "proved"  # without a record


def test_a_check_that_raises_leaves_no_caller_behind():
    inner, _, _ = checks()

    @check("A")
    def fail():
        raise ValueError("no")

    with recorded_edges() as edges:
        with pytest.raises(ValueError, match="no"):
            fail()
        inner()
    assert edges == set()


def test_only_checks_have_a_statement():
    inner, _, _ = checks()
    assert statement_of(inner) == "C"
    assert statement_of(len) is None
    assert statement_of(3) is None


def test_a_check_that_leans_on_a_rejected_one_is_undecided():
    @check("B")
    def inner(holds):
        return CheckResult("proved", "an instance", "inner", certificates=(width_claim(holds),))

    @check("A")
    def outer(holds):
        inner(holds)  # and what came out is forgotten
        return CheckResult("proved", "an instance", "outer", {"n": 1}, (width_claim(True),))

    assert (outer(True).status, outer(True).checked) == ("proved", True)
    found = outer(False)
    assert (found.status, found.checked, found.details) == ("undecided", False, {})
    assert "the opposite is true" in found.what
    assert outer(True).checked is True  # nothing is carried over
