"""What is true at every layer, laid out for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exactcnn.display import several
from exactcnn.network.compared_activations import Deviation
from exactcnn.report.readable import Readable
from exactcnn.report.terminal import FirstThatFits
from exactcnn.theorems.layer_summary import LayerSummary
from exactcnn.theorems.summary import Summary

LEFT_OUT = ("parameters", "n_k ≥ N")  # where the console is narrow; the JSON object has all


def summary_table(found: Summary) -> RenderableType:
    """One line a layer; below, why a rank is not full, and how far given activations are from the exact ones."""
    count = found.instance.count
    table = FirstThatFits((_layers(found), Readable(_layers(found, LEFT_OUT))))
    notes = [Text(f"note: {note}") for note in found.instance.notes]
    reasons = [Text(f"{layer.name}: {layer.reason}") for layer in found.layers if layer.reason]
    reasons += [Text(f"{layer.name}: {line}") for layer in found.layers for line in _skipped(layer)]
    compared = [
        Text(f"{layer.name}: {_compared(layer.deviation)}") for layer in found.layers if layer.deviation is not None
    ]
    data = found.instance.data
    head = [] if data is None or count is None else [Text(f"N = {count} samples ({data.name})\n")]
    blocks = [[Text(), *block] for block in (reasons, compared) if block]
    return Group(*head, *notes, table, *(line for block in blocks for line in block))


def _layers(found: Summary, left_out: tuple[str, ...] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    headers = ["layer", "kind", "shape", "parameters", "width"]
    ranked = any(layer.found is not None for layer in found.layers)
    headers += ["n_k ≥ N", f"rank {found.matrix}", "float64", "float32", "checked"] if ranked else []
    kept = [index for index, header in enumerate(headers) if header not in left_out]
    for index in kept:
        header, words = headers[index], index < 3
        fixed = header in ("kind", "shape", "width")
        table.add_column(header, justify="left" if words else "right", overflow="fold", no_wrap=fixed)
    for layer in found.layers:
        cells = _cells(layer, ranked)
        table.add_row(*(Text(cells[index]) for index in kept))
    return table


def _cells(layer: LayerSummary, ranked: bool) -> list[str]:
    name = layer.name if layer.name == str(layer.layer) or not layer.layer else f"{layer.layer} {layer.name}"
    cells = [name, layer.kind, " x ".join(map(str, layer.shape)), str(layer.parameters), str(layer.width)]
    if layer.found is None:
        return [*cells, *[""] * 5] if ranked else cells
    rank, floats = layer.found.rank, layer.found.float_ranks
    beside = ["skipped" if floats[name] is None else _marked(floats[name], layer) for name in ("float64", "float32")]
    wide = "yes" if layer.width >= layer.found.shape[0] else "no"
    checked = {True: "yes", False: "rejected", None: "not asked"}[layer.checked]
    exact = str(rank.lower) if rank.exact is not None else f"{rank.lower} to {rank.upper}"
    return [*cells, wide, exact, *beside, checked]


def _skipped(layer: LayerSummary) -> list[str]:
    """Why float ranks are skipped, where the layer's own reason does not say so."""
    skipped = {} if layer.found is None else layer.found.skipped
    return [
        f"{' and '.join(name for name in skipped if skipped[name] == why)} skipped: {why}"
        for why in dict.fromkeys(skipped.values())
        if why != layer.reason
    ]


def _marked(value: int | None, layer: LayerSummary) -> str:
    """A float rank, marked where it is proved to be wrong."""
    assert layer.found is not None
    assert value is not None
    rank = layer.found.rank
    return str(value) if rank.lower <= value <= rank.upper else f"{value} (wrong)"


def _compared(found: Deviation) -> str:
    what = f"given activations of {several(found.samples, 'sample')}"
    if found.of == "pre-activations":
        what += ", which are pre-activations,"
    if found.bound is None:
        return f"{what} deviate by {found.largest:.3g} at most; no bound for float32 is known above this activation"
    verdict = "as float32 explains" if found.within else "MORE than float32 explains: layout, scale or weights differ"
    return f"{what} deviate by {found.largest:.3g} at most, {verdict} (bound {found.bound:.3g})"
