"""Widths against the number of samples on the terminal: Table 1, and a user's own network."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exactcnn.display import times
from exactcnn.network.shapes import LayerWidth
from exactcnn.report.readable import Readable
from exactcnn.theorems.widths import IMAGENET, Row


def table_1_table(rows: Sequence[Row]) -> RenderableType:
    """Lay out Table 1 as printed and as recomputed."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("network", "widest hidden layer", "n_k", "n_k > N", "paper", "", "note"):
        table.add_column(column, overflow="fold", justify="right" if column == "n_k" else "left")
    for row in rows:
        layer = f"k = {row.widest.number}, {row.widest.name}, {times(row.widest.shape)}"
        paper = f"{row.paper_width // 1000}K (k = {row.paper_layer}), {_yes(row.paper_wide)}"
        verdict = Text("confirmed", style="green") if row.confirmed else Text("corrected", style="red")
        table.add_row(row.name, layer, f"{row.width:_}".replace("_", " "), _yes(row.wide), paper, verdict, row.note)
    return Group(Text(f"N = {IMAGENET}, the training images of ILSVRC 2012"), Text(), Readable(table))


def widths_table(layers: Sequence[LayerWidth], samples: int) -> RenderableType:
    """Lay out the layers of a network, with those of n_k >= N marked."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("k", "layer", "shape", "n_k", "n_k ≥ N"):
        table.add_column(column, overflow="fold", justify="right" if column in ("k", "n_k") else "left")
    for layer in layers:
        shape = times(layer.shape)
        table.add_row(str(layer.number), Text(layer.name), shape, str(layer.width), _yes(layer.width >= samples))
    return Group(Text(f"N = {samples}"), Text(), Readable(table))


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"
