"""The registry of statements on the terminal: what running their pages gave, and what is not as a paper has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exactcnn.proofs.errata import command
from exactcnn.proofs.registry import SOURCES, PageResult
from exactcnn.report.plain_formulas import readable
from exactcnn.report.readable import Readable

COLOURS = {
    "proved on its instances": "green",
    "certified for almost all parameters": "green",
    "refuted with counterexample": "yellow",
    "sketch only": "dim",
    "broken": "bold red",
}


def statements_table(results: Sequence[PageResult]) -> RenderableType:
    """Lay out one line a statement, a table for each paper, and below them what failed."""
    parts: list[RenderableType] = []
    for source, group in groupby(results, key=lambda found: found.statement.source):
        own = list(group)
        parts += [_heading(source, own), Readable(_table(own)), Text()]
    return Group(*parts, *_end(results))


def errata_list(results: Sequence[PageResult]) -> RenderableType:
    """Lay out what each paper says, what is true, and the command that shows it."""
    parts: list[RenderableType] = []
    for source, own in groupby(results, key=lambda found: found.statement.source):
        parts += [Text(SOURCES[source], style="bold"), Text()]
        for found in own:
            statement = found.statement
            assert statement.reading is not None
            table = Table(box=None, show_header=False, pad_edge=False)
            table.add_column(no_wrap=True, style="dim")
            table.add_column(overflow="fold")
            says, holds = statement.reading
            for name, text in (
                ("where", statement.paper),
                ("says", says),
                ("true", holds),
                ("shown by", f"{command(statement)}: {found.status}"),
            ):
                table.add_row(name, Text(readable(text), style=COLOURS[found.status] if name == "shown by" else ""))
            parts += [Text(readable(statement.title), style="bold"), table, Text()]
    return Group(*parts, *_end(results))


def _heading(source: str, results: Sequence[PageResult]) -> Text:
    counts = Counter[str](found.status for found in results)
    tally = ", ".join(f"{counts[status]} {status}" for status in COLOURS if counts[status])
    return Text.assemble((f"{source}  {SOURCES[source]}", "bold"), f"\n{tally}")


def _table(results: Sequence[PageResult]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("statement", "title", "status", "scope"):
        table.add_column(header, overflow="fold")
    table.add_column("time", justify="right", no_wrap=True)
    for found in results:
        own = found.statement
        status = Text(found.status, style=COLOURS[found.status])
        table.add_row(Text(own.id), Text(readable(own.title)), status, Text(found.scope), f"{found.seconds:.2f} s")
    return table


def _end(results: Sequence[PageResult]) -> list[Text]:
    lines = [Text(line, style="red") for found in results for line in found.failures]
    broken = sum(found.status == "broken" for found in results)
    summary = f"{len(results) - broken} of {len(results)} statements as their pages promise"
    return [*lines, Text(f"{summary}, {sum(found.seconds for found in results):.1f} s")]
