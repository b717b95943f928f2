"""Pieces of HTML and SVG: well-formed whatever the texts are."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.display import Markup, counted, element, hue, picture, selected, standalone, table
from exactcnn.errors import InputError

# what XML can hold at all: no control characters, no surrogates
texts = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"], exclude_characters="\ufffe\uffff"))


@given(texts, texts)
def test_texts_and_attributes_survive_escaping(text, attribute):
    found = ET.fromstring(element("p", text, title=attribute))
    assert (found.text or "") == text
    assert found.get("title") == attribute


def test_markup_is_not_escaped_twice():
    inner = element("b", "a < b")
    assert element("p", inner, "&") == "<p><b>a &lt; b</b>&amp;</p>"
    assert isinstance(inner, Markup)


def test_attributes_that_are_none_are_left_out():
    assert element("a", href=None, data_status="x") == '<a data-status="x"/>'


@given(st.lists(st.lists(texts, min_size=2, max_size=2), max_size=4), texts)
def test_table_holds_the_texts_of_its_cells(rows, caption):
    found = ET.fromstring(table(["a", "<b>"], rows, caption=caption))
    assert [[cell.text or "" for cell in row.iter("td")] for row in found.find("tbody")] == rows
    assert [cell.text for cell in found.iter("th")] == ["a", "<b>"]
    assert [each.text for each in found.iter("caption")] == ([caption] if caption else [])


def test_picture_tells_its_title_and_size():
    found = ET.fromstring(picture(30, 20.5, "5 < 6", [], description="more"))
    assert found.get("viewBox") == "0 0 30 20.5"
    assert found.get("aria-label") == "5 < 6"
    assert [each.text for each in found] == ["5 < 6", "more"]


def test_a_standalone_picture_brings_its_background():
    svg = picture(1, 1, 'style="', [])
    assert "Canvas" not in svg
    assert "background: Canvas" in ET.fromstring(standalone(svg)).get("style")


def test_colours_differ():
    assert len({hue(i, 12) for i in range(12)}) == 12


def test_counts():
    assert counted(3, 3, "row") == "3 rows"
    assert counted(1, 1, "row") == "1 row"
    assert counted(3, 9, "row") == "first 3 of 9 rows"


KNOWN = {"NH18.T3.4": 1, "NH17.T3.4": 2, "NH18.T3.4.2": 3, "NH18.L2.5": 4, "kink": 5}


@pytest.mark.parametrize(
    ("name", "meant"),
    [("NH18.T3.4", 1), ("nh18.t3.4", 1), ("L2.5", 4), ("l2.5", 4), ("T3.4.2", 3), ("KINK", 5), ("NH17.T3.4", 2)],
)
def test_identifiers_in_part_and_in_any_case(name, meant):
    assert selected([name], KNOWN, "statement") == (meant,)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("T3.4", "statement 'T3.4' may be NH18.T3.4, NH17.T3.4; expected one of these"),
        ("t3.5", "statement 't3.5' is not known; the nearest is 'NH1"),
        ("3.4", "is not known"),  # an end after a dot, and no shorter one
        ("", "statement '' is not known"),
        ("NH18", "is not known"),
    ],
)
def test_identifiers_that_are_none_or_several(name, says):
    known = KNOWN | {"NH18.3.4x": 6}
    with pytest.raises(InputError) as error:
        selected([name], known, "statement")
    assert says in str(error.value)
