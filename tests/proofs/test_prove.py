"""Statements by their identifiers, from Python."""

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
