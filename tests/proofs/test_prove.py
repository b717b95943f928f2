"""Statements by their identifiers, from Python."""

import re

import pytest

from exactcnn.errors import InputError
from exactcnn.proofs.prove import prove


def test_pages_in_the_order_asked_for():
    told = []
    found = prove("NH18.D2.2", "NH18.D2.1", progress=lambda *step: told.append(step))
    assert [each.statement.id for each in found] == ["NH18.D2.2", "NH18.D2.1"]
    assert not any(each.failures for each in found)
    assert told == [("statements", 0, 2), ("statements", 1, 2)]


@pytest.mark.parametrize(
    ("ids", "message"),
    [(["NH18.T3.6"], "the nearest is 'NH18.T3.5'"), ([3], r"ids\[0\] = 3; expected text"), ([None], "expected text")],
)
def test_what_is_no_identifier(ids, message):
    with pytest.raises(InputError, match=message):
        prove(*ids)


def test_results_are_a_tuple_that_prints_the_table_of_the_command(run):
    found = prove("Lemma 2.5", "NH18.D2.3")
    assert isinstance(found, tuple)
    times = re.compile(r"\d+\.\d+ s")
    assert times.sub("", str(found)) == times.sub("", run("prove", "L2.5", "D2.3")[1].rstrip("\n"))
    assert repr(found) == "PageResults(2 statements, none broken)"
    own = found.document()
    assert (own["checked"], [each["statement"] for each in own["statements"]]) == (True, ["NH18.L2.5", "NH18.D2.3"])
