"""Ranks of features as T_1 grows: the paper's Table 2 on the terminal, and as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exactcnn.display import Markup, element, label, line, picture
from exactcnn.report.readable import Readable
from exactcnn.searches.ledger import Line
from exactcnn.searches.table_2 import STORED, Table2
from exactcnn.theorems.float_answers import DEFAULT, TABLE_2

# What columns and curves show: library, precision and rule, the words for it, and its colour.
ANSWERS = {
    "f64": (("NumPy", "float64", TABLE_2), "float64, rule of Table 2", "#2f7fd6"),
    "f32 NumPy": (("NumPy", "float32", DEFAULT), "float32, NumPy's rule", "#b3543a"),
    "f32": (("NumPy", "float32", TABLE_2), "float32, rule of Table 2", "#d9731a"),
    "f32/f64": ((STORED, "float64", TABLE_2), "float32 with ε of float64, rule of Table 2", "#8a5bc7"),
}
NOTES = (
    "rank: certified. f64, f32: singular values of features in float64, float32 above ½ √(m + n + 1) σ_1 ε, the rule",
    "of Table 2; f32/f64: of features in float32, with ε of float64; f32 NumPy: by NumPy's rule. Red is wrong.",
)
CERTIFIED = "#4da06a"
PANEL_WIDTH, PANEL_HEIGHT = 420.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 400.0, 34.0, 250.0


def table_2_table(found: Table2) -> RenderableType:
    """Lay out two lines a cell: F_1 and F_3."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("weights", "T_1", "size", "rank", *ANSWERS, "σ_min", "check", "loss", "train", "test"):
        table.add_column(header, justify="left" if header in ("weights", "check") else "right", no_wrap=True)
    for cell in found.cells:
        first = [cell["weights"], str(cell["filters"])]
        test = "" if cell["test_errors"] is None else str(cell["test_errors"])
        last = [f"{cell['loss']:.3g}", str(cell["training_errors"]), test]
        for number, layer in enumerate(cell["layers"]):
            table.add_row(
                *(first if number == 0 else ["", ""]),
                f"F_{layer['layer']} {layer['rows']}×{layer['columns']}",
                _exact(layer),
                *(_answer(layer, key) for key, _, _ in ANSWERS.values()),
                _sigma(layer["sigma_min"]),
                {True: "yes", False: "rejected", None: "no"}[layer["checked"]],
                *(last if number == 0 else ["", "", ""]),
            )
    sizes = f"{found.experiment.samples} and {found.cells[0]['test_samples']}"
    errors = f"train, test: how many of {sizes} samples are in a wrong class; they and the loss in float64."
    return Group(Readable(table), Text(), *(Text(note) for note in (*NOTES, errors)))


def ranks_picture(found: Table2) -> Markup:
    """Plot ranks of F_1 and F_3 against T_1: certified, and what floats say.

    Examples
    --------
    >>> from exactcnn.searches.figure_1 import Experiment
    >>> from exactcnn.searches.table_2 import table_2
    >>> ranks_picture(table_2(Experiment(samples=20, filters=(1, 2)))).count("<polyline")
    10
    """
    kinds = list(dict.fromkeys(cell["weights"] for cell in found.cells))
    parts: list[Markup] = []
    for row, weights in enumerate(kinds):
        cells = [cell for cell in found.cells if cell["weights"] == weights]
        for column in range(2):
            panel = _panel([cell["filters"] for cell in cells], [cell["layers"][column] for cell in cells], weights)
            where = f"translate({PANEL_WIDTH * column:g} {PANEL_HEIGHT * row:g})"
            parts.append(element("g", *panel, transform=where))
    bottom = PANEL_HEIGHT * len(kinds)
    shown = [("certified", CERTIFIED, 9), *((words, colour, 3) for _, words, colour in ANSWERS.values())]
    for number, (words, colour, width) in enumerate(shown):
        x, y = LEFT + 230 * (number % 3), bottom + 16 + 22 * (number // 3)
        parts.append(line(x, y, x + 24, y, stroke=colour, stroke_width=width))
        parts.append(label(x + 32, y + 4, words, text_anchor="start"))
    title = f"Ranks of F_1 and F_3: {found.experiment.data}, N = {found.experiment.samples}"
    return picture(2 * PANEL_WIDTH, bottom + 60, title, parts)


def _panel(filters: Sequence[int], layers: Sequence[Line], weights: str) -> list[Markup]:
    top, most = max(min(layer["rows"], layer["columns"]) for layer in layers), max(filters)

    def places(ranks: Mapping[int, int]) -> list[tuple[float, float]]:
        span = RIGHT - LEFT, BOTTOM - TOP
        return [(LEFT + span[0] * count / most, BOTTOM - span[1] * rank / top) for count, rank in ranks.items()]

    parts = [line(LEFT, BOTTOM, RIGHT, BOTTOM), line(LEFT, TOP, LEFT, BOTTOM)]
    for count in filters:
        x = LEFT + (RIGHT - LEFT) * count / most
        parts.append(line(x, BOTTOM, x, BOTTOM + 5))
    named = sorted({filters[0], filters[-1], filters[len(filters) // 2]})
    parts += [label(LEFT + (RIGHT - LEFT) * count / most, BOTTOM + 20, str(count)) for count in named]
    for rank in sorted({round(top * part / 4) for part in range(5)}):
        y = BOTTOM - (BOTTOM - TOP) * rank / top
        parts += [
            line(LEFT, y, RIGHT, y, stroke_opacity=0.15),
            label(LEFT - 8, y + 4, str(rank), text_anchor="end"),
        ]
    parts.append(label(LEFT, 18, f"rank of F_{layers[0]['layer']}, {weights} weights", text_anchor="start"))
    parts.append(label(RIGHT, BOTTOM + 38, "T_1", text_anchor="end"))
    for end in ("lower",) if all(layer["lower"] == layer["upper"] for layer in layers) else ("lower", "upper"):
        ranks = {count: layer[end] for count, layer in zip(filters, layers, strict=True)}
        parts += _curve(places(ranks), CERTIFIED, 9)
    for number, (key, _, colour) in enumerate(ANSWERS.values()):
        said = {count: _rank(layer, key) for count, layer in zip(filters, layers, strict=True)}
        known = {count: rank for count, rank in said.items() if rank is not None}
        parts += _curve(places(known), colour, 5 - number)  # later ones run inside
    return parts


def _curve(places: Sequence[tuple[float, float]], colour: str, width: float) -> list[Markup]:
    """A line, and a dot for each cell: there may be one only."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = [element("circle", cx=x, cy=y, r=width / 2 + 1, fill=colour) for x, y in places]
    return [element("polyline", points=points, fill="none", stroke=colour, stroke_width=width), *dots]


def _found(layer: Line, key: tuple[str, str, str]) -> Mapping[str, Any]:
    floats: Sequence[Mapping[str, Any]] = layer["floats"]
    return next((each for each in floats if (each["library"], each["precision"], each["rule"]) == key), {})


def _rank(layer: Line, key: tuple[str, str, str]) -> int | None:
    rank: int | None = _found(layer, key).get("rank")
    return rank


def _answer(layer: Line, key: tuple[str, str, str]) -> Text:
    found = _found(layer, key)
    rank = found.get("rank")
    return Text("" if rank is None else str(rank), style="red" if found.get("verdict") == "wrong" else "")


def _exact(layer: Line) -> str:
    return str(layer["lower"]) if layer["lower"] == layer["upper"] else f"{layer['lower']} to {layer['upper']}"


def _sigma(ends: Sequence[str] | None) -> str:
    """As many as three digits of the lower bound, where the upper bound has the same."""
    if ends is None:
        return ""
    low, high = (f"{float(end):.2e}" for end in ends)
    return low if low == high else f"< {high}"
