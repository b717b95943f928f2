"""Which construction is used, what is said of it, and what the checker rejects."""

from random import Random

import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.checker import Outcome
from exactcnn.errors import InputError
from exactcnn.theorems.escape import escape
from tests.landscape.test_path_to_outputs import dead
from tests.landscape.wide_networks import wide, with_less_loss


def test_the_point_itself_or_its_outputs():
    random = Random(7)
    roomy = wide(random, [6], count=3, activation="leaky-relu")
    found = escape(roomy.instance, with_less_loss(random, roomy))
    assert (found.path.reaches, found.reason, found.checked) == ("point", "", True)
    for _ in range(9):
        narrow = wide(random, [3], count=3, activation="leaky-relu")
        found = escape(narrow.instance, with_less_loss(random, narrow))
        assert found.checked
        assert (found.path.reaches == "outputs") == ("expected at least 4, 1 more" in found.reason)
        if found.reason:
            break
    assert found.path.reaches == "outputs"
    document = found.document()
    assert document["segments"] == list(found.path.kinds)
    assert document["after"] == str(found.path.after)


def test_not_covered():
    with pytest.raises(
        InputError, match=r"^not covered: layer 1 has 2 neurons, for 3 different .* at least 3, 1 more$"
    ):
        escape(dead([2]).instance)


def test_nothing_is_claimed_that_the_checker_rejects(monkeypatch):
    outcome = Outcome(1, "rejected: segment 0", ())
    monkeypatch.setattr(Certificate, "outcome", outcome)
    found = escape(dead([3]).instance)
    assert found.checked is False
    document = found.document()
    assert (document["segments"], document["after"], document["reason"]) == ([], None, "rejected: segment 0")
    assert escape(dead([3]).instance, check=False).checked is None
