"""A path to a better point, laid out for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exactcnn.domains.numerals import rational_text
from exactcnn.report.terminal import checked_line
from exactcnn.theorems.escape import Escape
from exactcnn.theorems.escape_by_theorem import CurvedEscape
from exactcnn.theorems.least_loss import LeastLoss

KINDS = {
    "constant": "no output changes: the loss stays",
    "last-layer": "the last layer only: outputs on a straight line",
}

ENDS = {
    "point": "the better point",
    "outputs": "a point with the least loss that any outputs have",
    "lower": "a point with a smaller loss",
    "end": "the last point of the given path",
}


def escape_table(found: Escape | CurvedEscape | LeastLoss) -> RenderableType:
    """Lay out the segments, the losses at both ends, and where the path ends; or that there is nowhere to go."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    if isinstance(found, CurvedEscape):
        return _parts(found, _curve(table, found))
    if isinstance(found, LeastLoss):
        if found.checked is not False:
            table.add_row("no escape", Text(found.reason))
        return _parts(found, table)
    path = found.path
    if found.checked is not False:
        for number, kind in enumerate(path.kinds, start=1):
            table.add_row(f"segment {number}", Text(KINDS[kind]))
        table.add_row("loss", Text(f"from {float(path.before):.6g} to {float(path.after):.6g}"))
        growth = "never grows" if path.falls else "is convex on the last layer's segment, and never above its start"
        table.add_row("on the way", Text(f"the loss {growth}"))
        if path.norms:
            named = [
                f"{rational_text(norm)} in layer {k}" for k, norm in enumerate(path.norms, start=1) if norm is not None
            ]
            table.add_row("l1 norms", Text(f"of the weights into each unit at most {', '.join(named)}"))
        table.add_row(
            "ends at", Text("a point with the outputs of the better one" if found.reason else ENDS[path.reaches])
        )
        if found.reason:
            table.add_row("", Text(f"not at the better point itself: {found.reason}"))
    return _parts(found, table)


def _curve(table: Table, found: CurvedEscape) -> Table:
    if found.checked is not False:
        layer = found.hypotheses.layer
        table.add_row("a curve", Text(f"of layers {layer + 1} and above; the outputs go on a straight line"))
        table.add_row("exists by", Text(f"LDS18.path: rank F_{layer} = {found.hypotheses.count}, and ranks above"))
        table.add_row("loss", Text(f"from {float(found.loss.lower):.6g} to {float(found.least):.6g}"))
        table.add_row("on the way", Text("the loss never grows"))
        table.add_row("ends at", Text("the least loss that any outputs have"))
        table.add_row("", Text(f"no path of straight segments: {found.reason}"))
    return table


def _parts(found: Escape | CurvedEscape | LeastLoss, table: Table) -> Group:
    notes = [Text(f"note: {note}") for note in found.instance.notes]
    return Group(*notes, table, Text(f"\n{checked_line(found.certificate, found.checked)}"))
