"""The table and the page of float ranks; the page needs nothing else, and a browser shows it without errors."""

import io
import re

import pytest
from rich.console import Console

from exactcnn.report.crosscheck import crosscheck_page, crosscheck_table
from exactcnn.spec import load
from exactcnn.theorems.crosscheck import crosscheck


@pytest.fixture(scope="module")
def found():
    return crosscheck(load("docs/examples/hidden-relation.toml", upto=1), check=True)


def test_the_table(found):
    console = Console(width=150, file=io.StringIO())
    console.print(crosscheck_table(found))
    text = console.file.getvalue()
    assert re.search(r"1 +2 +NumPy +float64 +default +6 +\S+ +wrong: too large by 4", text)
    said = r"layer 1: rank exactly 2; NumPy.* float64 \(default\): 6, for singular value 3 is zero"
    assert re.search(said, " ".join(text.split()))
    assert "[4 further linear relations]" in " ".join(text.split())
    assert "accepted by the independent checker" in text


def test_the_page_is_alone(found):
    page = crosscheck_page(found, "a <network>")
    assert page.startswith("<!DOCTYPE html>")
    assert "a &lt;network&gt;" in page
    assert page.count("<svg") == 2
    assert "certified lower bounds" in page
    assert not re.search(r"<(script|link|img)|url\(|@import", page)
    assert re.findall(r"https?://[^\s\"<]+", page) in ([], ["http://www.w3.org/2000/svg"] * 2)


def test_80_columns(found):
    console = Console(width=80, file=io.StringIO())
    console.print(crosscheck_table(found))
    text = console.file.getvalue()
    assert "…" not in text
    assert re.search(r"1 +2 +NumPy +float64 +default +6 +wrong: too large by 4", text)
