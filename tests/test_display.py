"""Pieces of HTML and SVG: well-formed whatever the texts are."""

import dataclasses
from fractions import Fraction
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.display import (
    Markup,
    Picture,
    Shown,
    brief,
    counted,
    cut,
    element,
    hue,
    picture,
    selected,
    standalone,
    table,
)
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
    known = KNOWN | {f"NH18.3.4x{number}": 6 for number in range(5)}
    with pytest.raises(InputError) as error:
        selected([name], known, "statement")
    assert says in str(error.value)


def test_a_message_lists_all_names_where_they_are_few():
    with pytest.raises(InputError, match=r"^word 'c' is not known; expected a, b$"):
        selected(["c"], {"a": 1, "b": 2}, "word")


def test_a_table_may_have_no_headers():
    found = ET.fromstring(table((), [["a", "b"]]))
    assert found.find("thead") is None
    assert [cell.text for cell in found.iter("td")] == ["a", "b"]


@given(texts)
def test_a_picture_says_what_it_shows(title):
    drawn = picture(1, 1, title, [])
    assert isinstance(drawn, Picture)
    assert repr(drawn) == f"<picture: {cut(title, 300)}>"
    assert drawn._repr_svg_() == standalone(drawn)


@dataclasses.dataclass(frozen=True)
class Inside(Shown):
    number: int

    def __str__(self):
        return f"number {self.number}"


@dataclasses.dataclass(frozen=True)
class Value(Shown):
    a: object
    b: object = None
    c: tuple = ()
    d: dict = dataclasses.field(default_factory=dict)
    hidden: object = dataclasses.field(default=None, repr=False)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"a": 1}, "Value(a=1)"),
        ({"a": 1, "b": 0, "hidden": 5}, "Value(a=1, b=0)"),
        ({"a": None, "c": (1,)}, "Value(a=None, c=(1,))"),
        ({"a": Fraction(1, 3)}, "Value(a=1/3)"),
        ({"a": [1, "b"]}, "Value(a=(1, 'b'))"),
        ({"a": tuple(range(7))}, "Value(a=<7 entries>)"),
        ({"a": ((1,), (2,))}, "Value(a=<2 entries>)"),
        ({"a": 1, "d": {"x": 1}}, "Value(a=1, d=<1 entry>)"),
        ({"a": np.zeros((2, 3))}, "Value(a=<array of shape (2, 3)>)"),
        ({"a": np.zeros(())}, "Value(a=<array of shape ()>)"),
        ({"a": 10**5000}, "Value(a=<16610 bits>)"),
        ({"a": Inside(3)}, "Value(a=number 3)"),
        ({"a": Value(1)}, "Value(a=<Value>)"),
        ({"a": object}, "Value(a=<type>)"),
        ({"a": "x" * 100}, f"Value(a='{'x' * 58}…)"),
        ({"a": "two\nlines"}, r"Value(a='two\nlines')"),
    ],
)
def test_brief(given, expected):
    assert repr(Value(**given)) == brief(Value(**given)) == expected


def test_many_fields_are_cut():
    wide = dataclasses.make_dataclass("Wide", [(f"field_{i}", str) for i in range(20)], bases=(Shown,), frozen=True)
    assert len(repr(wide(*(["text" * 10] * 20)))) == 400


def test_a_class_may_write_its_own():
    class Own(Shown):
        def __repr__(self):
            return "own"

    assert repr(Own()) == "own"
