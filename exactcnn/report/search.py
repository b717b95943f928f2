"""The outcome of a search for counterexamples on the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exactcnn.display import several
from exactcnn.report.readable import Readable
from exactcnn.searches.ledger import Line
from exactcnn.searches.runs import SearchResult

SHOWN = 20  # cases; all of them are in the folder and in --json


def search_table(result: SearchResult) -> RenderableType:
    """Lay out the counts for each number of neurons, and the smallest cases that fail or stay undecided."""
    counts = Table(box=None, pad_edge=False, header_style="bold")
    columns = ("neurons", "structures", "classes", "cases", "holds", "fails", "undecided")
    for column in columns:
        counts.add_column(column, justify="right")
    for line in result.summaries:
        counts.add_row(*(str(line[column]) for column in columns))
    parts: list[RenderableType] = [Readable(counts), Text()]
    if result.found:
        parts += [Readable(_cases(result)), Text()]
    if len(result.found) > SHOWN:
        parts += [Text(f"… and {len(result.found) - SHOWN} more"), Text()]
    for line in result.summaries:
        if line["fails"] and not result.search.with_data:
            failing = several(line["failing_structures"], "structure fails", "structures fail")
            increasing = f"{line['failing_increasing']} of them in increasing order"
            parts.append(Text(f"{several(line['neurons'], 'neuron')}: {failing}, {increasing}"))
    return Group(*parts, Text(result.claim, style="bold"))


def _cases(result: SearchResult) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("outcome", "T", "patches", "samples", "structures", "reason"):
        table.add_column(column, overflow="fold")
    for line in result.found[:SHOWN]:
        outcome = Text(line["outcome"], style="red" if line["outcome"] == "fails" else "yellow")
        samples = Text(" ".join(f"({', '.join(sample)})" for sample in line["samples"] or ()))
        patches, reason = Text(_patches(line)), Text(line["reason"])
        table.add_row(outcome, str(line["filters"]), patches, samples, str(line["labelled"]), reason)
    return table


def _patches(line: Line) -> str:
    return " ".join(f"({', '.join(map(str, patch))})" for patch in line["patches"])
