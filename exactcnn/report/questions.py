"""Answers to a question as a table, on the terminal and as HTML: what is possible, impossible, and open."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exactcnn.display import Markup, element, joined
from exactcnn.report.readable import Readable
from exactcnn.searches.answers import Answers
from exactcnn.searches.ledger import Line

COLOURS = {"possible": "green", "impossible": "red", "open": "yellow"}
Row = tuple[tuple[str, ...], tuple[Line | None, ...]]


def question_table(answers: Answers) -> RenderableType:
    """Lay out the question, the answers, and below them how many of each kind there are."""
    heads, columns, rows = arranged(answers)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in (*heads, *columns):
        table.add_column(head, overflow="fold")
    for names, lines in rows:
        cells = [Text() if line is None else Text(words(line), style=COLOURS[line["outcome"]]) for line in lines]
        reason = [] if answers.question.across else [Text(str(line["reason"])) for line in lines if line is not None]
        table.add_row(*names, *cells, *reason)
    asked = Text(f"{answers.question.title} ({answers.question.page})")
    return Group(asked, Text(), Readable(table), Text(), Text(answers.claim, style="bold"))


def question_markup(answers: Answers, link: Callable[[str], Markup] = Markup) -> Markup:
    """Return the answers as an HTML table.

    Parameters
    ----------
    answers : Answers
    link : callable
        From the identifier of a statement to what stands for it.
    """
    heads, columns, rows = arranged(answers)
    body = []
    for names, lines in rows:
        cells = [_cell(line, link) for line in lines]
        reason = [] if answers.question.across else [element("td", str(line["reason"])) for line in lines if line]
        body.append(element("tr", *(element("td", name) for name in names), *cells, *reason))
    head = element("tr", *(element("th", each, scope="col") for each in (*heads, *columns)))
    return element("table", element("thead", head), element("tbody", *body), class_="answers docutils")


def arranged(answers: Answers) -> tuple[tuple[str, ...], tuple[str, ...], list[Row]]:
    """Names of the first columns and of the others, and the rows: with one case each, or one for each value across."""
    across, cases = answers.question.across, [line["case"] for line in answers.lines]
    heads = tuple(key for key in (cases[0] if cases else ()) if key != across)
    values = _each(case[across] for case in cases) if across else ()
    rows: dict[tuple[str, ...], dict[object, Line]] = {}
    for line in answers.lines:
        names = tuple(str(line["case"][key]) for key in heads)
        rows.setdefault(names, {})[line["case"][across] if across else ""] = line
    columns = tuple(f"{across} {value}" for value in values) if across else ("outcome", "reason")
    return (
        heads,
        columns,
        [(names, tuple(found.get(value) for value in values or ("",))) for names, found in rows.items()],
    )


def words(line: Line) -> str:
    """The outcome of a case in a few words.

    Examples
    --------
    >>> words({"outcome": "open", "trials": 10000}), words({"outcome": "impossible", "proof": "NH18.T4.5"})
    ('open: tried 10000', 'impossible: NH18.T4.5')
    """
    if line["outcome"] == "open":
        return f"open: tried {line['trials']}"
    return f"impossible: {line['proof']}" if line["outcome"] == "impossible" else "possible"


def _cell(line: Line | None, link: Callable[[str], Markup]) -> Markup:
    if line is None:
        return element("td", "")
    shown: tuple[str, ...] = (words(line),)
    if line["outcome"] == "impossible":
        shown = ("impossible: ", link(str(line["proof"])))
    return element(
        "td",
        joined(part if isinstance(part, Markup) else element("span", part) for part in shown),
        title=str(line["reason"]),
        data_outcome=line["outcome"],
    )


def _each(values: Iterable[object]) -> tuple[object, ...]:
    return tuple(dict.fromkeys(values))
