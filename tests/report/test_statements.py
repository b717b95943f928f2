"""The registry on the terminal."""

import io
from dataclasses import replace

from rich.console import Console

from exactcnn.proofs.errata import errata
from exactcnn.proofs.registry import SOURCES, PageResult, select, statements
from exactcnn.report.plain_formulas import readable
from exactcnn.report.statements import COLOURS, errata_list, statements_table


def shown(results, width=160, layout=statements_table):
    page = io.StringIO()
    Console(width=width, file=page).print(layout(results))
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


def test_each_paper_has_a_heading_with_its_counts():
    papers = [replace(result("sketch only"), statement=each) for each in statements()]
    text = shown(papers)
    for source, title in SOURCES.items():
        count = len(select([source], statements()))
        assert f"{source}  {title}\n{count} sketch only\n" in text
    assert text.count("statement ") == len(SOURCES)


def test_errata_say_what_the_paper_says_what_is_true_and_how_to_see_it():
    found = [replace(result("refuted with counterexample"), statement=each) for each in errata(statements())]
    text = shown(found, 1000, errata_list)
    for each in errata(statements()):
        says, holds = map(readable, each.reading)
        for line in (each.title, each.paper, f"says      {says}", f"true      {holds}"):
            assert line in text
        assert f"shown by  exactcnn prove {each.id}: refuted with counterexample" in text
    narrow = shown(found, 60, errata_list)
    assert max(map(len, narrow.splitlines())) <= 60
