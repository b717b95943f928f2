"""Numbers, lists and theorems as Rocq reads them."""

from fractions import Fraction

import pytest

from exactcnn.rocq.text import (
    NoRocqForm,
    Theorem,
    bits_of,
    comment,
    definition,
    estimate,
    indices,
    integer,
    listing,
    matrix,
    numbers,
    rational,
    rationals,
    table,
)


def test_numbers_have_brackets_where_a_sign_or_a_fraction_needs_them():
    given = (0, 3, -3, Fraction(1, 2), Fraction(-1, 2))
    assert list(map(rational, given)) == ["0", "3", "(-3)", "(1 # 2)", "(-1 # 2)"]
    assert [integer(x) for x in (4, -1)] == ["4", "(-1)"]
    assert rationals([1, Fraction(2, 3)]) == "[1; (2 # 3)]"
    assert matrix([[1], []]) == "[[1]; []]%Q"
    assert indices([0, 2]) == "[0; 2]%nat"
    assert listing([]) == "[]"


def test_a_comment_ends_only_at_its_end():
    said = comment('evil *) Axiom cheat : False. (* "')
    assert said.count("*)") == 1
    assert said.count("(*") == 1
    assert said.endswith("*)\n")
    assert '"' not in said


def test_a_definition_breaks_between_numbers_only():
    text = definition("x", "list Q", rationals([Fraction(10**30, 7)] * 9))
    assert text.startswith("Definition x : list Q :=\n")
    assert text.replace("\n", " ").count(str(10**30)) == 9
    assert all(len(line) <= 120 for line in text.splitlines())


def test_a_theorem_ends_in_a_computation_or_in_its_own_proof():
    computed = Theorem("a", "says", "P", "apply lemma").text()
    assert "Proof. apply lemma; vm_cast_no_check (eq_refl true). Qed." in computed
    assert "Proof. trivial. Qed." in Theorem("a", "says", "P", "trivial.").text()


def test_arrays_of_a_document_and_those_beside_it():
    array = {"shape": [2, 2], "values": ["1", "-1/2", "0", "3"]}
    assert table(array, "weights") == [[1, Fraction(-1, 2)], [0, 3]]
    with pytest.raises(NoRocqForm, match="weights stand in a file beside the certificate"):
        numbers({"shape": [2], "file": "a.npz"}, "weights")


def test_an_estimate_grows_with_the_work_and_with_the_bits():
    assert estimate(10) < estimate(20)
    assert estimate(10, 32) < estimate(10, 320)
    assert bits_of([Fraction(1, 1024), Fraction(3)]) == 11
    assert bits_of([]) == 1
