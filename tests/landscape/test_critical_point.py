"""The answer as a value: statuses, what counts as suboptimal, decimals that enclose."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.critical_point import Better, CriticalPoint, decimals, loss_document, loss_text
from exactcnn.landscape.evidence import Box, Entry, Reachable, Zero
from exactcnn.landscape.finding import Finding, Slice

FRACTIONS = st.fractions(-100, 100, max_denominator=10**9)


@given(FRACTIONS, FRACTIONS)
def test_decimals_enclose(first, second):
    loss = min(first, second), max(first, second)
    low, high = decimals(loss)
    assert Fraction(low) <= loss[0] <= loss[1] <= Fraction(high)
    slack = max((loss[1] - loss[0]) / 10, Fraction(2, 10**20))
    assert Fraction(high) - Fraction(low) <= loss[1] - loss[0] + slack


@given(FRACTIONS, st.integers(30, 60))
def test_fifteen_digits(value, digits):
    low, high = decimals((value, value + Fraction(1, 10**digits)))
    assert Fraction(high) - Fraction(low) < Fraction(1, 10**15)


def test_losses_as_text():
    assert loss_text((Fraction(49, 50), Fraction(49, 50))) == "49/50"
    assert loss_document((Fraction(-1, 8), Fraction(-1, 8)))["exact"] == "-1/8"
    assert loss_document((Fraction(0), Fraction(1)))["exact"] is None
    huge = Fraction(3**200, 2**201)
    assert loss_text((huge, huge)).endswith("...")


@pytest.fixture
def answer(li_ding_sun):
    def build(finding, better=None):
        loss = (Fraction(1, 2), Fraction(1)) if finding is None else finding.loss
        return CriticalPoint(li_ding_sun, finding, "reason", loss, 0.5, better)

    return build


FREE, FROZEN = Slice((), frozenset(), 2), Slice((), frozenset({1}), 2)
ENDS = Fraction(98, 100), Fraction(99, 100)
BOX = Box((), 64, ExactArray.from_array([[1]]), Fraction(1))


def better(li_ding_sun, loss):
    return Better(li_ding_sun.instance.parameters, (Fraction(loss), Fraction(loss)), None)


def test_statuses(answer):
    assert answer(None).status == "undecided"
    assert answer(Finding("minimum", BOX, ENDS, slice=FREE)).status == "strict minimum"
    assert answer(Finding("minimum", BOX, ENDS, slice=FROZEN)).status == "minimum"
    assert answer(Finding("minimum", Reachable(), ENDS)).status == "minimum"
    assert answer(Finding("not critical", Entry(0, 64), ENDS)).status == "not critical"


def test_what_is_suboptimal(answer, li_ding_sun):
    minimum = Finding("minimum", BOX, ENDS, slice=FREE)
    assert answer(None).suboptimal is None
    assert answer(minimum).suboptimal is None
    assert answer(minimum, better(li_ding_sun, "97/100")).suboptimal is True
    assert answer(minimum, better(li_ding_sun, "98/100")).suboptimal is None  # the intervals touch
    assert answer(Finding("global minimum", Zero(), (Fraction(0), Fraction(0)))).suboptimal is False
    assert answer(Finding("saddle", BOX, ENDS, slice=FREE)).suboptimal is True
    assert answer(Finding("not critical", Entry(0, 64), ENDS)).suboptimal is True


def test_claims_and_points(answer, li_ding_sun):
    minimum = Finding("minimum", BOX, ENDS, slice=FREE, centre=li_ding_sun.theta)
    found = answer(minimum, better(li_ding_sun, "1/2"))
    assert [claim.kind for claim in found.claims] == ["critical-point", "loss", "suboptimal"]
    assert [found.claims[0].point, found.claims[1].point] == [0, 1]
    assert len(found.points) == 2
    own = answer(Finding("minimum", Reachable(), ENDS), better(li_ding_sun, "1/2"))
    assert [own.claims[0].point, own.claims[1].point] == [-1, 0]
    assert answer(None).claims == ()


def test_how_it_shows_itself(answer, li_ding_sun):
    found = answer(Finding("minimum", BOX, ENDS, (1, 0, 1), FROZEN, li_ding_sun.theta, 0.25))
    text = str(found)
    assert "minimum" in text
    assert "1 positive, 0 negative, 1 zero" in text
    assert "W2[0,0]" in text
    assert "<table>" in found._repr_html_()
    document = found.document()
    assert document["frozen"] == ["W2[0,0]"]
    assert document["index"] == [1, 0, 1]
    assert document["radius"] == 0.25
    assert document["evidence"] == ["box"]
    assert Fraction(document["loss"]["lower"]) <= ENDS[0]
