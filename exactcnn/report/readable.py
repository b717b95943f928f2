"""Tables that are readable at any width: as paragraphs, one for each row, where the console is too narrow for them."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

UNBOUNDED = 10_000  # columns, more than any table has
INDENT = 2


@dataclass(frozen=True)
class Readable:
    """A table with headers; where its words do not fit, or where it would be longer so, a paragraph for each row."""

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        needed = Measurement.get(console, options.update(width=UNBOUNDED), self.table)
        if needed.maximum <= options.max_width:
            yield self.table
            return
        paragraphs = [each for row in range(self.table.row_count) for each in self._paragraph(row)]
        if needed.minimum > options.max_width:
            yield from paragraphs
            return
        layouts: list[list[RenderableType]] = [[self.table], paragraphs]
        heights = [sum(len(console.render_lines(each, options)) for each in layout) for layout in layouts]
        yield from layouts[int(heights[1] < heights[0])]

    def _paragraph(self, row: int) -> list[RenderableType]:
        """The first cell, and below it the others, each with its header; what is empty is left out."""
        cells = [list(column.cells)[row] for column in self.table.columns]
        headers = [str(column.header) for column in self.table.columns]
        first, *others = (cell if isinstance(cell, Text) else Text(str(cell)) for cell in cells)
        parts = [
            Text.assemble((f"{header}: ", "dim"), cell) if header else cell
            for header, cell in zip(headers[1:], others, strict=True)
            if cell.plain
        ]
        head: list[RenderableType] = [Text.assemble((f"{headers[0]} ", "dim"), first)] if first.plain else []
        return [*head, Padding(Text("; ").join(parts), (0, 0, 0, INDENT))]
