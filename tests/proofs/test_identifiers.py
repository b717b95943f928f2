"""Names of statements as people say them, in the registry of the project and in a small one."""

import pytest

from exactcnn.errors import InputError
from exactcnn.proofs.identifiers import source_of, spelled_out
from exactcnn.proofs.registry import select, statements

KNOWN = ["NH18.T3.4", "NH18.T3.4.2", "NH18.A2.4", "NH18.Table1", "NH17.T3.4", "NH17.L3.5", "NH18.R2.4", "NH18.S"]


def test_source():
    assert source_of("NH18.T3.4.2") == "NH18"


@pytest.mark.parametrize(
    "given", [["T3.4"], ["t3.4"], ["3.4"], ["Theorem 3.4"], ["theorem 3.4"], ["THEOREM", "3.4"], ["theorem3.4"]]
)
def test_a_theorem_of_two_papers(given):
    assert spelled_out(given, KNOWN) == ["NH18.T3.4", "NH17.T3.4"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["NH17 3.4"], ["NH17.T3.4"]),
        (["nh17.3.4"], ["NH17.T3.4"]),
        (["NH18 Theorem 3.4"], ["NH18.T3.4"]),
        (["3.4.2"], ["NH18.T3.4.2"]),
        (["Assumption 2.4", "table", "1"], ["NH18.A2.4", "NH18.Table1"]),
        (["lemma 3.5", "NH18.S", "s"], ["NH17.L3.5", "NH18.S", "NH18.S"]),
        (["NH17"], ["NH17.T3.4", "NH17.L3.5"]),
        (["NH17 2.4"], ["NH17 2.4"]),
        (["theorem"], ["theorem"]),
        (["7.7", "lemma 7.7"], ["7.7", "L7.7"]),
        ([], []),
    ],
)
def test_what_is_meant(given, meant):
    assert spelled_out(given, KNOWN) == meant


@pytest.mark.parametrize(("given", "listed"), [("2.4", "NH18.A2.4, NH18.R2.4"), ("nh18 2.4", "NH18.A2.4, NH18.R2.4")])
def test_a_number_of_several_kinds_is_one_line(given, listed):
    with pytest.raises(InputError) as error:
        spelled_out([given], KNOWN)
    assert str(error.value) == f"statement {given!r} may be one of {listed}; expected one of these"


def test_every_number_of_the_registry_is_understood_or_refused_with_the_candidates():
    known = statements()
    for each in known:
        part = each.id.partition(".")[2]
        number = part.lstrip("ACDELRTabeFigur")
        if number and number[0].isdigit():
            try:
                assert each in select([number], known)
            except InputError as error:
                assert each.id in str(error)  # noqa: PT017 - both are right
