"""A sweep on the terminal, a line a case, and as a picture: certified ranks, or outcomes, against what was varied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exactcnn.display import Markup, cut, element, hue, label, line, picture
from exactcnn.errors import InputError
from exactcnn.report.readable import Readable
from exactcnn.searches.ledger import Line

SHOWN = 40  # cases; all of them are in the record and in --json
WIDTH, LEFT, RIGHT, TOP, BOTTOM = 640.0, 62.0, 620.0, 34.0, 300.0
OUTCOMES = {"possible": "#4da06a", "impossible": "#b3543a", "open": "#9aa4b0"}
MOST_CURVES = 12
CHECKED = {True: "yes", False: "rejected", None: "not asked"}


def sweep_table(lines: Sequence[Line], claim: str) -> RenderableType:
    """Lay out the cases of each kind: what was varied, and what was found."""
    parts: list[RenderableType] = []
    for kind in dict.fromkeys(each["of"] for each in lines):
        own = [each for each in lines if each["of"] == kind]
        names = short_names([axis for each in own for axis in each["axes"]])
        varied = [{names[axis]: value for axis, value in each["axes"].items()} for each in own[:SHOWN]]
        rows = [chosen | _found(each) for chosen, each in zip(varied, own, strict=False)]
        table = Table(box=None, pad_edge=False, header_style="bold")
        columns = list(dict.fromkeys(column for row in (*varied, *rows) for column in row))
        for column in columns:
            numbers = all(isinstance(row.get(column, 0), int) for row in rows)
            table.add_column(column, justify="right" if numbers else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text("" if row.get(column) is None else str(row[column])) for column in columns))
        parts += [Readable(table), Text()]
        if len(own) > SHOWN:
            parts += [Text(f"… and {len(own) - SHOWN} more"), Text()]
    return Group(*parts, Text(claim, style="bold"))


def short_names(axes: Sequence[str]) -> dict[str, str]:
    """Return as few of the last parts of each key as tell the keys apart.

    Examples
    --------
    >>> short_names(["parameters.seed", "verify.seed", "data.samples"])
    {'parameters.seed': 'parameters.seed', 'verify.seed': 'verify.seed', 'data.samples': 'samples'}
    """
    known = list(dict.fromkeys(axes))

    def ending(axis: str, parts: int) -> str:
        return ".".join(axis.split(".")[-parts:])

    def shortest(axis: str) -> str:
        counts = range(1, axis.count(".") + 1)
        alone = (n for n in counts if sum(ending(other, n) == ending(axis, n) for other in known) == 1)
        return ending(axis, next(alone, axis.count(".") + 1))

    return {axis: shortest(axis) for axis in known}


def sweep_picture(lines: Sequence[Line]) -> Markup:
    """Plot rank F_k / N, as certified, against the key with the most values; of questions, how many cases are decided.

    A curve for each choice of the other keys but seeds: it runs through the smallest rank of all seeds, and every case
    is a dot.

    Raises
    ------
    InputError
        For cases that have neither ranks nor outcomes.

    Examples
    --------
    >>> def case(filters, rank):
    ...     found = {"rank": {"layer": 1, "rows": 8, "lower": rank, "upper": rank}}
    ...     return {"of": "verify", "axes": {"filters": filters}, "found": found}
    >>> sweep_picture([case(1, 4), case(2, 8)]).count("<circle")
    2
    """
    ranks = [(each, rank) for each in lines if (rank := _rank(each)) is not None]
    if ranks:
        return _ranks([each for each, _ in ranks], [rank for _, rank in ranks])
    outcomes = [each for each in lines if each["of"] == "question"]
    if outcomes:
        return _outcomes(outcomes)
    raise InputError(
        "--plot: no case with a rank or an outcome is finished; expected [network] with parameters and data"
    )


def _ranks(lines: Sequence[Line], ranks: Sequence[Mapping[str, Any]]) -> Markup:
    axis, values = _abscissa(lines)
    names = short_names([key for each in lines for key in each["axes"]])
    curves: dict[tuple[Any, ...], list[tuple[int, float]]] = {}
    for each, rank in zip(lines, ranks, strict=True):
        rest = [(key, value) for key, value in each["axes"].items() if key != axis and not key.endswith("seed")]
        place = values.index(each["axes"].get(axis)) if axis else 0
        curves.setdefault(tuple(rest), []).append((place, rank["lower"] / max(rank["rows"], 1)))
    parts = _frame([str(value) for value in values] or [""], names.get(axis, ""), "rank F_k / N, certified", 1)
    for number, (others, places) in enumerate(curves.items()):
        colour, thick = (
            hue(number, len(curves)),
            2 + 5 * (len(curves) - 1 - number) / len(curves),
        )  # later ones run inside
        least = {x: min(y for other, y in places if other == x) for x, _ in sorted(places)}
        at = [(_x(x, len(values)), BOTTOM - (BOTTOM - TOP) * y) for x, y in least.items()]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        parts.append(element("polyline", points=path, fill="none", stroke=colour, stroke_width=round(thick, 1)))
        dots = [(_x(x, len(values)), BOTTOM - (BOTTOM - TOP) * y) for x, y in places]
        parts += [element("circle", cx=round(x, 1), cy=round(y, 1), r=round(thick, 1), fill=colour) for x, y in dots]
        if number < MOST_CURVES:
            y = BOTTOM + 64 + 20 * number
            parts.append(line(LEFT, y, LEFT + 24, y, stroke=colour, stroke_width=3))
            words = ", ".join(f"{names[key]} = {value}" for key, value in others) or "certified"
            parts.append(label(LEFT + 32, y + 4, cut(words, 90), text_anchor="start"))
    height = BOTTOM + 70 + 20 * min(len(curves), MOST_CURVES)
    return picture(WIDTH, height, f"Certified ranks of {len(lines)} cases", parts)


def _outcomes(lines: Sequence[Line]) -> Markup:
    axis, values = _abscissa(lines)
    counts = {value: Counter(e["found"]["outcome"] for e in lines if e["axes"].get(axis) == value) for value in values}
    most = max(sum(count.values()) for count in counts.values())
    names = short_names([key for each in lines for key in each["axes"]])
    parts = _frame([str(value) for value in values], names.get(axis, ""), "cases", most)
    width = 0.6 * (RIGHT - LEFT) / max(len(values), 1)
    for number, count in enumerate(counts.values()):
        y = BOTTOM
        for outcome, colour in OUTCOMES.items():
            height = (BOTTOM - TOP) * count[outcome] / most
            y -= height
            x = _x(number, len(values)) - width / 2
            parts.append(
                element("rect", x=round(x, 1), y=round(y, 1), width=round(width, 1), height=height, fill=colour)
            )
    for number, (outcome, colour) in enumerate(OUTCOMES.items()):
        x = LEFT + 150 * number
        parts.append(line(x, BOTTOM + 64, x + 24, BOTTOM + 64, stroke=colour, stroke_width=9))
        parts.append(label(x + 32, BOTTOM + 68, outcome, text_anchor="start"))
    return picture(WIDTH, BOTTOM + 90, f"Outcomes of {len(lines)} cases", parts)


def _abscissa(lines: Sequence[Line]) -> tuple[str, list[Any]]:
    """The key with the most values, seeds last, and these in order; a key of numbers before one of words."""
    values: dict[str, list[Any]] = {}
    for each in lines:
        for axis, value in each["axes"].items():
            values.setdefault(axis, []).append(value)
    distinct = {axis: list(dict.fromkeys(own)) for axis, own in values.items()}

    def numeric(axis: str) -> bool:
        return all(type(value) in (int, float) for value in distinct[axis])

    axis = max(distinct, key=lambda own: (not own.endswith("seed"), numeric(own), len(distinct[own])), default="")
    chosen = distinct.get(axis, [])
    return axis, sorted(chosen) if axis and numeric(axis) else chosen


def _x(place: int, count: int) -> float:
    return LEFT + (RIGHT - LEFT) * (place + 0.5) / max(count, 1)


def _frame(words: Sequence[str], below: str, above: str, top: float) -> list[Markup]:
    parts = [line(LEFT, BOTTOM, RIGHT, BOTTOM), line(LEFT, TOP, LEFT, BOTTOM)]
    for quarter in range(5):
        y = BOTTOM - (BOTTOM - TOP) * quarter / 4
        parts += [
            line(LEFT, y, RIGHT, y, stroke_opacity=0.15),
            label(LEFT - 8, y + 4, f"{top * quarter / 4:g}", text_anchor="end"),
        ]
    every = -(-len(words) // 12)
    room = int(90 / min(len(words), 12))
    parts += [
        label(_x(i, len(words)), BOTTOM + 20, cut(word, max(room, 6))) for i, word in enumerate(words) if i % every == 0
    ]
    parts.append(label(LEFT, 18, above, text_anchor="start"))
    parts.append(label(RIGHT, BOTTOM + 40, below, text_anchor="end"))
    return parts


def _rank(each: Line) -> Mapping[str, Any] | None:
    """The rank of a case: of F_k, the last of several; of F_1 in a cell of Table 2."""
    found = each["found"]
    ranks = {"verify": found.get("rank"), "table-2": found.get("layers")}.get(each["of"])
    if isinstance(ranks, list):
        ranks = ranks[0 if each["of"] == "table-2" else -1] if ranks else None
    return ranks


def _found(each: Line) -> dict[str, Any]:
    """What a row shows of a case."""
    found, rank = each["found"], _rank(each)
    if each["of"] == "question":
        return {"outcome": found["outcome"], "check": CHECKED[found["checked"]], "reason": found["reason"]}
    if each["of"] == "search":
        return {"check": CHECKED[found["checked"]], "claim": found["claim"]}
    if rank is None:
        return {"check": CHECKED[found["checked"]]}
    row = {"layer": rank["layer"], "size": f"{rank['rows']} × {rank['columns']}", "rank": _exact(rank)}
    if each["of"] == "verify":
        return row | {name: rank[name] for name in ("float64", "float32")} | {"check": CHECKED[found["checked"]]}
    last = found["layers"][-1]
    return row | {f"rank F_{last['layer']}": _exact(last), "check": CHECKED[found["checked"]]}


def _exact(rank: Mapping[str, Any]) -> int | str:
    lower, upper = rank["lower"], rank["upper"]
    return lower if lower == upper else f"{lower} to {upper}"
