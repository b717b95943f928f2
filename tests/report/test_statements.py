"""The registry on the terminal."""

import io
from dataclasses import replace

from rich.console import Console

from exactcnn.proofs.registry import PageResult, statements
from exactcnn.report.statements import COLOURS, statements_table


def shown(results, width=160):
    page = io.StringIO()
    Console(width=width, file=page).print(statements_table(results))
    return page.getvalue()


def result(status, failures=()):
    return PageResult(statements()[0], status, "an instance", {}, failures, 0.5)


def test_every_status_has_a_colour_and_a_line():
    text = shown([result(status) for status in COLOURS])
    for status in COLOURS:
        assert status in text
    assert "4 of 5 statements as their pages promise, 2.5 s" in text


def test_failures_stand_below_the_table_as_they_are():
    line = "page.md:7: '[bold]x[/bold]' gives '1'; expected '2'"
    text = shown([result("broken", (line,))])
    assert line in text
    assert "0 of 1 statements" in text


def test_titles_are_no_markup():
    found = result("sketch only")
    marked = replace(found, statement=replace(found.statement, title="[red]U_k[/red]"))
    assert "[red]U_k[/red]" in shown([marked])
