"""Tables where they fit, paragraphs where they do not: no word is broken, nothing is left out."""

import io

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from exactcnn.report.readable import Readable


def shown(renderable, width):
    console = Console(file=io.StringIO(), width=width)
    console.print(renderable)
    return console.file.getvalue()


def table(*rows):
    made = Table(box=None, pad_edge=False)
    for header in ("piece", "title", "status", ""):
        made.add_column(header, overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


ROWS = (
    (Text("kawaguchi-3"), "A chain of three weights at 0: no negative curvature", "undecided", Text("[note]")),
    (Text(""), "Second", "", ""),
)


def test_a_wide_console_has_the_table():
    assert shown(Readable(table(*ROWS)), 100) == shown(table(*ROWS), 100)


@pytest.mark.parametrize("width", [30, 40])
def test_a_narrow_one_has_paragraphs(width):
    text = shown(Readable(table(*ROWS)), width)
    assert max(map(len, text.splitlines())) <= width
    words = " ".join(text.split())
    assert words.startswith("piece kawaguchi-3 title: A chain of three weights at 0: no negative curvature; status: un")
    assert words.endswith("status: undecided; [note] title: Second")  # without cells that are empty


def test_a_table_whose_words_fit_stays_unless_it_is_longer():
    short = table((Text("a"), "two words", "b", ""))
    assert shown(Readable(short), 24) == shown(short, 24)
    long = table((Text("a"), "word " * 60, "another " * 10, ""))
    assert len(shown(Readable(long), 40).splitlines()) < len(shown(long, 40).splitlines())
