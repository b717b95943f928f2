"""Every public value as text and as HTML: one layout each, which the terminal, `print` and notebooks share.

A layout is what rich prints. `layout` has those that are more than a list of fields; HTML is made of the same layout.
"""

from __future__ import annotations

import io
import math
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import singledispatch
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from exactcnn.certificates.certificate import Certificate
from exactcnn.certificates.outcome import Outcome
from exactcnn.data.dataset import Dataset
from exactcnn.display import Markup, Picture, counted, cut, element, several, table, times
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.formula_text import formula_text
from exactcnn.domains.formulas import Formula, polynomial
from exactcnn.domains.numerals import rational_text
from exactcnn.landscape.block_terms import BlockTerms
from exactcnn.landscape.critical_point import CriticalPoint
from exactcnn.landscape.objective import Objective
from exactcnn.linalg.evidence import RankBounds
from exactcnn.network.activations import Activation
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.network.model import Model
from exactcnn.network.network import Network
from exactcnn.network.parameters import LayerParameters, Parameters
from exactcnn.network.symbolic_features import SymbolicFeatures
from exactcnn.patches.generic_rank import GenericRank
from exactcnn.patches.graph import PatchGraph
from exactcnn.patches.pictures import FullWeightMatrix, patch_graph_picture
from exactcnn.patches.weights import text_full_weight_matrix
from exactcnn.proofs.prove import PageResults
from exactcnn.proofs.registry import PageResult
from exactcnn.report.crosscheck import crosscheck_table
from exactcnn.report.escape import escape_table
from exactcnn.report.landscape import critical_table
from exactcnn.report.outputs import evaluation_table
from exactcnn.report.plain_formulas import readable
from exactcnn.report.statements import statements_table
from exactcnn.report.summary import summary_table
from exactcnn.report.terminal import EVIDENCE, WIDTH, FirstThatFits, decided, plain, rank_table, verification_table
from exactcnn.theorems.crosscheck import Crosscheck
from exactcnn.theorems.escape import Escape
from exactcnn.theorems.escape_by_theorem import CurvedEscape
from exactcnn.theorems.landscape import CriticalReport
from exactcnn.theorems.least_loss import LeastLoss
from exactcnn.theorems.matrix import MatrixRank
from exactcnn.theorems.membership import Membership
from exactcnn.theorems.outputs import Evaluation
from exactcnn.theorems.statements import STATEMENTS
from exactcnn.theorems.summary import Summary
from exactcnn.theorems.verdict import Verdict
from exactcnn.theorems.verify import Verification

GENERIC = EVIDENCE | {
    "delta-filters": "filters that are unit vectors",
    "modular-witness": "a minor for chosen filters, modulo a prime",
    "cover": "lines that hold all entries",
    "determinantal": "kernel vectors, determinants of a regular convolution",
    "lifting": "kernel vectors, lifted from one point",
    "syzygies": "polynomial kernel vectors of low degree",
}
ROWS, COLUMNS = 6, 8  # of a matrix
MOST_LINES = 12  # of a list of patches or claims
CELL = 14  # characters of an entry
ENTRY = 100  # characters of a field


def text(value: Any) -> str:
    """Write a value as the command prints it; lines have no trailing blanks.

    Examples
    --------
    >>> from exactcnn.theorems.matrix import matrix_rank
    >>> print(text(matrix_rank([[1, 2], [2, 4]]).rank))
    rank   1
    below  a minor modulo a prime
    above  exact relations
    """
    width = shutil.get_terminal_size((WIDTH, 24)).columns if sys.stdout.isatty() else WIDTH
    return plain(layout(value), width).rstrip()


def html(value: Any) -> str:
    """Write a value for a notebook: its title, and the same layout as HTML.

    Examples
    --------
    >>> html(RankBounds(1, 1))[:57]
    '<div><p><strong>Rank bounds</strong></p><table><tbody><tr'
    """
    shown: list[Markup] = [element("p", element("strong", title(value)))]
    drawn = value.mathml() if isinstance(value, SymbolicFeatures) else picture(value)
    return element("div", *shown, *([drawn] if drawn is not None else blocks(layout(value))))


def title(value: Any) -> str:
    """Return what a value is, in a few words."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in type(value).__name__).strip()
    names = {Model: "Model", FeatureMatrix: "Features", Outcome: "Answer of the independent checker"}
    said = names.get(type(value), words[:1].upper() + words[1:])
    about = _about(value)
    return f"{said}: {about}" if about else said


def picture(value: Any) -> Picture | None:
    """Return the picture that says more than a table, if there is one."""
    if isinstance(value, PatchGraph):
        return patch_graph_picture(value)
    return value.picture() if isinstance(value, FullWeightMatrix) else None


def blocks(shown: RenderableType | object) -> Iterator[Markup]:
    """Turn what rich prints into HTML: texts into paragraphs, tables into tables.

    Examples
    --------
    >>> list(blocks(Group(Text("a < b"), Text(), "c")))
    ['<p>a &lt; b</p>', '<p>c</p>']
    """
    if isinstance(shown, FirstThatFits):
        shown = shown.layouts[0]
    if isinstance(shown, Table):
        headers = [_plain(column.header) for column in shown.columns] if shown.show_header else []
        yield table(headers, zip(*(map(_plain, column.cells) for column in shown.columns), strict=True))
    elif isinstance(shown, Group):
        for each in shown.renderables:
            yield from blocks(each)
    elif isinstance(shown, Text | str):
        if _plain(shown).strip():
            yield element("p", _plain(shown).strip())
    else:  # what lays itself out
        console = Console(file=io.StringIO(), width=WIDTH)
        for each in shown.__rich_console__(console, console.options):  # type: ignore[attr-defined]
            yield from blocks(each)


def _plain(cell: object) -> str:
    return cell.plain if isinstance(cell, Text) else str(cell)


def _facts(rows: Iterable[tuple[str, object]]) -> Table:
    found = Table(box=None, pad_edge=False, show_header=False)
    found.add_column(style="bold", no_wrap=True)
    found.add_column(overflow="fold")
    for name, value in rows:
        found.add_row(name, Text(str(value)))
    return found


def _listed(headers: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    found = Table(box=None, pad_edge=False, header_style="bold")
    for header in headers:
        found.add_column(header, overflow="fold")
    for row in rows:
        found.add_row(*map(Text, row))
    return found


def _field(value: object) -> str:
    if isinstance(value, ExactArray | Certificate | Parameters | Network):
        return _about(value)
    return cut(str(value), ENTRY) if isinstance(value, str | int | RankBounds) else cut(_brief(value), ENTRY)


def _brief(value: object) -> str:
    if isinstance(value, tuple | list) and len(value) > ROWS:
        return f"{several(len(value), 'entry', 'entries')}"
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"array, {times(value.shape) or '1'}"
    return repr(value)


# -------------------------------------------------------------------- titles


@singledispatch
def _about(_: object) -> str:
    """What follows the kind in a title; nothing by default."""
    return ""


@_about.register
def _(value: Network) -> str:
    return f"{several(len(value.layers), 'layer')} on {times(value.input_shape)}"


@_about.register
def _(value: Model) -> str:
    return _about(value.network)


@_about.register
def _(value: Dataset) -> str:
    return f"{value.name}, {several(len(value), 'sample')} of {times(value.shape)}"


@_about.register
def _(value: ExactArray) -> str:
    return f"{times(value.shape) or 'one'} rational numbers"


@_about.register
def _(value: FeatureMatrix) -> str:
    return f"F_{value.layer} over {value.domain}, {times(value.shape)}"


@_about.register
def _(value: SymbolicFeatures) -> str:
    return f"F_{value.layer} over Q(t), {times(value.matrix.shape)}"


@_about.register
def _(value: Parameters) -> str:
    return f"{several(len(value.layers), 'layer')}"


@_about.register
def _(value: Activation) -> str:
    return value.text


@_about.register
def _(value: Instance) -> str:
    return _about(value.network) + (f", {several(len(value.data), 'sample')}" if value.data is not None else "")


@_about.register
def _(value: Verification) -> str:
    return _about(value.instance)


@_about.register
def _(value: Summary) -> str:
    return _about(value.instance)


@_about.register
def _(value: Verdict) -> str:
    return STATEMENTS[value.statement].title if value.statement in STATEMENTS else value.statement


@_about.register
def _(value: PageResult) -> str:
    return f"{value.statement.id}, {readable(value.statement.title)}"


@_about.register
def _(value: PageResults) -> str:
    return several(len(value), "statement")


@_about.register
def _(value: Certificate) -> str:
    return several(len(value.claims), "claim")


@_about.register
def _(value: PatchGraph) -> str:
    return f"{several(value.patch_count, 'patch', 'patches')} of {several(value.patch_size, 'neuron')}"


@_about.register
def _(value: FullWeightMatrix) -> str:
    return f"U, {value.graph.neurons} × {value.graph.patch_count * value.filters}"


# -------------------------------------------------------------------- layouts


@singledispatch
def layout(value: Any) -> RenderableType:
    """Lay out a value: by default its fields."""
    return _facts((each.name, _field(getattr(value, each.name))) for each in fields(value) if each.repr)


@layout.register
def _(value: Network) -> RenderableType:
    rows = [("0", "", "input", times(value.input_shape), str(value.widths[0]), "", "")]
    for layer in value.resolved:
        nonlinearity = getattr(layer, "nonlinearity", None)  # which a layer may lack, without being refused
        count = sum(math.prod(shape) for shape in layer.parameter_shapes.values())
        own = "" if layer.description.name is None else layer.name
        activation = "" if nonlinearity is None else nonlinearity.text
        shape = times(layer.shape)
        rows.append((str(layer.number), own, layer.kind, shape, str(layer.width), str(count), activation))
    return _listed(("k", "name", "kind", "shape", "n_k", "parameters", "activation"), rows)


@layout.register
def _(value: Model) -> RenderableType:
    return Group(layout(value.network), *(Text(f"note: {note}") for note in value.notes))


@layout.register
def _(value: Activation) -> RenderableType:
    if value.special is not None:
        return _facts([("name", value.text), ("special function", value.special.name)])
    ends = ["-∞", *map(str, value.kinks), "∞"]
    rows = [("name", value.text)]
    rows += [(f"from {ends[i]} to {ends[i + 1]}", formula_text(piece)) for i, piece in enumerate(value.pieces)]
    if value.exponent:
        rows.append(("E", f"{value.base}^({formula_text(Formula(polynomial(*value.exponent)))})"))
    return _facts(rows)


@layout.register
def _(value: Dataset) -> RenderableType:
    rows: list[tuple[str, object]] = [("name", value.name), ("samples", len(value)), ("shape", times(value.shape))]
    if value.labels is not None:
        rows.append(("labels", f"from {value.labels.min()} to {value.labels.max()}"))
    rows.append(("from", value.provenance))
    return Group(_facts(rows), Text(), layout(value.samples))


@layout.register
def _(value: ExactArray) -> RenderableType:
    matrix = value if len(value.shape) == 2 else value.reshape(1, -1) if len(value.shape) < 2 else None
    if matrix is None:
        matrix = value.reshape(value.shape[0], -1)
    rows, columns = matrix.shape
    corner = matrix[:ROWS, :COLUMNS].fractions()
    sizes = f"{counted(corner.shape[0], rows, 'row')}, {counted(corner.shape[1], columns, 'column')}"
    return Group(Text(sizes), _matrix([[cut(rational_text(entry), CELL) for entry in row] for row in corner.tolist()]))


@layout.register
def _(value: FeatureMatrix) -> RenderableType:
    rows, columns = min(value.shape[0], ROWS), min(value.shape[1], COLUMNS)
    corner = FeatureMatrix(value.network, value.parameters, value.samples[:rows], value.layer).floats()[:, :columns]
    sizes = f"{counted(rows, value.shape[0], 'row')}, {counted(columns, value.shape[1], 'column')}"
    caption = f"F_{value.layer} over {value.domain}: {sizes}; entries rounded for display"
    return Group(Text(caption), _matrix([[f"{entry:.4g}" for entry in row] for row in corner.tolist()]))


def _matrix(cells: list[list[str]]) -> Table:
    found = Table(box=None, pad_edge=False, header_style="dim")
    for header in ["", *map(str, range(len(cells[0]) if cells else 0))]:
        found.add_column(header, justify="right", no_wrap=True)
    for number, row in enumerate(cells):
        found.add_row(Text(str(number), style="dim"), *map(Text, row))
    return found


@layout.register
def _(value: SymbolicFeatures) -> RenderableType:
    root = "e" if value.denominator == 1 else f"e^(1/{value.denominator})"
    cells = [[str(entry).replace("**", "^") for entry in row] for row in value.matrix.tolist()]
    return Group(Text(f"F_{value.layer} with t = {root}"), _matrix(cells))


@layout.register
def _(value: Parameters) -> RenderableType:
    rows = []
    for number, own in enumerate(value.layers, 1):
        for letter, array in () if own is None else (("W", own.weights), ("b", own.biases)):
            if array is not None:
                rows.append((f"{letter}{number}", times(array.shape), _first(array)))
    return _listed(("array", "shape", "first entries"), rows)


@layout.register
def _(value: LayerParameters) -> RenderableType:
    return layout(Parameters((value,)))


def _first(array: ExactArray) -> str:
    entries = [cut(rational_text(entry), CELL) for entry in array.reshape(-1)[:ROWS].fractions().tolist()]
    return ", ".join(entries) + (", …" if math.prod(array.shape) > ROWS else "")


@layout.register
def _(value: Instance) -> RenderableType:
    rows: list[tuple[str, object]] = [("network", _about(value.network))]
    rows += [("parameters", "none" if value.parameters is None else _about(value.parameters))]
    rows += [("samples", "none" if value.data is None else _about(value.data))]
    rows += [("targets", "none" if value.targets is None else times(value.targets.shape))]
    return Group(_facts(rows), *(Text(f"note: {note}") for note in value.notes))


@layout.register
def _(value: PatchGraph) -> RenderableType:
    listed = value.slots[:MOST_LINES].tolist()
    rows = [(str(p), cut(", ".join("·" if j < 0 else str(j) for j in patch), ENTRY)) for p, patch in enumerate(listed)]
    sizes = f"{several(value.neurons, 'neuron')}, {counted(len(rows), value.patch_count, 'patch', 'patches')}"
    return Group(Text(sizes), _listed(("patch", "neurons"), rows))


@layout.register
def _(value: FullWeightMatrix) -> RenderableType:
    return Text(text_full_weight_matrix(value.graph, value.filters))


@layout.register(RankBounds)
@layout.register(GenericRank)
def _(value: RankBounds | GenericRank) -> RenderableType:
    exact = value.lower == value.upper
    rows = [("rank", str(value.lower) if exact else f"from {value.lower} to {value.upper}")]
    ends = (("below", value.lower_evidence), ("above", value.upper_evidence))
    rows += [(name, GENERIC.get(end.kind, end.kind)) for name, end in ends]
    if isinstance(value, GenericRank):
        rows.append(("full", {True: "yes", False: "no", None: "undecided"}[value.full]))
    elif value.reason:
        rows.append(("because", value.reason))
    return _facts(rows)


@layout.register
def _(value: Verdict) -> RenderableType:
    rows = [("statement", _about(value))] + ([] if value.layer is None else [("layer", str(value.layer))])
    return _facts([*rows, ("verdict", decided(value)), ("scope", value.scope), ("reason", value.reason)])


@layout.register
def _(value: CriticalPoint) -> RenderableType:
    return _facts(value.rows())


@layout.register
def _(value: BlockTerms) -> RenderableType:
    return _facts(value.rows())


@layout.register
def _(value: Membership) -> RenderableType:
    answer = {True: "yes", False: "no", None: "undecided"}[value.holds]
    return _facts([(f"in S_{value.layer}", f"{answer}: {value.reason}")])


@layout.register
def _(value: Objective) -> RenderableType:
    rows = [("loss", "½ ‖F_L − Y‖²"), ("domain", value.domain), ("parameters", str(value.coordinates.count))]
    return Group(_facts(rows), layout(value.instance))


@layout.register
def _(value: Certificate) -> RenderableType:
    kinds = [str(claim.document()["kind"]) for claim in value.claims]
    rows = [(kind, several(kinds.count(kind), "claim")) for kind in dict.fromkeys(kinds)]
    return Group(_facts([("about", _about(value.instance)), ("layers", str(value.layers))]), _facts(rows))


@layout.register
def _(value: Outcome) -> RenderableType:
    return Group(*(Text(line) for line in (value.instance, *value.accepted, value.message) if line))


@layout.register
def _(value: PageResult) -> RenderableType:
    return statements_table([value])


@layout.register
def _(value: PageResults) -> RenderableType:
    return statements_table(value)


@layout.register
def _(value: MatrixRank) -> RenderableType:
    return rank_table("of the matrix" if value.layer == 0 else "of the features", value)


layout.register(Verification, verification_table)
layout.register(Summary, summary_table)
layout.register(Crosscheck, crosscheck_table)
layout.register(Evaluation, evaluation_table)
layout.register(Escape, escape_table)
layout.register(CurvedEscape, escape_table)
layout.register(LeastLoss, escape_table)
layout.register(CriticalReport, critical_table)
