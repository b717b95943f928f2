"""Ranks of exponential features: the statement is about every field, and what has no form is named."""

import copy

import pytest

from exactcnn.rocq.exponentials import exponential_rank
from exactcnn.rocq.network import RocqInstance
from exactcnn.rocq.text import NoRocqForm
from tests.rocq.examples import document

CHECK = "gaps_biases.more_filters_repair"


def theorems(change=lambda _: None):
    given = copy.deepcopy(document(CHECK))
    change(given)
    claim = next(claim for claim in given["claims"] if claim["kind"] == "rank")
    return exponential_rank(RocqInstance(given), claim, "c")


def test_the_hypothesis_stands_in_the_statement():
    exponents, below, above = theorems()
    assert exponents.statement.startswith("exponents_are_integers")
    for theorem in (below, above):
        hypothesis, _, conclusion = theorem.statement.partition("transcendental K eqv t -> ")
        assert hypothesis == "forall (K : numbers) eqv, field_over_Q K eqv -> forall t : K, "
        assert conclusion.startswith("rank_at_")


def set_claim(key, value):
    def change(given):
        next(claim for claim in given["claims"] if claim["kind"] == "rank")[key] = value

    return change


def set_activation(key, value):
    return lambda given: given["instance"]["layers"][0]["activation"].update({key: value})


def test_what_has_no_form_is_named():
    with pytest.raises(NoRocqForm, match="no exponentials to the base e"):
        theorems(set_activation("base", "2"))
    _, above = theorems(set_claim("lower_evidence", {"kind": "triangular-minor"}))
    assert above.paper == "the bound from below (evidence 'triangular-minor' for exponential features)"
    _, below = theorems(set_claim("upper_evidence", {"kind": "zero-block"}))
    assert below.paper == "the bound from above (evidence 'zero-block' for exponential features)"
