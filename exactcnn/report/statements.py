"""The registry of statements on the terminal: what running their pages gave."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exactcnn.proofs.registry import PageResult

COLOURS = {
    "proved on its instances": "green",
    "certified for almost all parameters": "green",
    "refuted with counterexample": "yellow",
    "sketch only": "dim",
    "broken": "bold red",
}


def statements_table(results: Sequence[PageResult]) -> RenderableType:
    """Lay out one line a statement, and below it what failed."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("statement", "title", "status", "scope"):
        table.add_column(header, overflow="fold")
    table.add_column("time", justify="right", no_wrap=True)
    for found in results:
        own = found.statement
        status = Text(found.status, style=COLOURS[found.status])
        table.add_row(Text(own.id), Text(own.title), status, Text(found.scope), f"{found.seconds:.2f} s")
    lines = [Text(line, style="red") for found in results for line in found.failures]
    broken = sum(found.status == "broken" for found in results)
    summary = f"{len(results) - broken} of {len(results)} statements as their pages promise"
    return Group(table, Text(), *lines, Text(f"{summary}, {sum(found.seconds for found in results):.1f} s"))
