"""Float ranks beside the exact ones: for the terminal, and as one page of HTML that needs nothing else."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exactcnn.display import Markup, element, joined, table
from exactcnn.report.pictures import singular_values_plot
from exactcnn.report.readable import Readable
from exactcnn.report.terminal import FirstThatFits
from exactcnn.theorems.crosscheck import Crosscheck, LayerCheck
from exactcnn.theorems.float_answers import DEFAULT, TABLE_2, FloatAnswer

COLOURS = {"right": "green", "wrong": "red", "undecided": "yellow"}
LEFT_OUT = ("tolerance",)  # where the console is narrow; the sentences name those that matter
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #16202c; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { text-align: left; padding: 0.25rem 0.75rem; border-bottom: 1px solid #ccd3da; vertical-align: top; }
svg { max-width: 100%; height: auto; }
.wrong { color: #a3231f; font-weight: 600; }
@media (prefers-color-scheme: dark) { body { color: #e7edf3; background: #14191f; } .wrong { color: #ff8f86; } }
"""


def crosscheck_table(found: Crosscheck) -> RenderableType:
    """A line for each answer that a library gives, and the sentence that matters for each layer."""
    own = FirstThatFits((_answers(found), Readable(_answers(found, LEFT_OUT))))
    notes = [Text(f"note: {note}") for note in found.summary.instance.notes]
    sentences = [Text(layer.sentence + _why(layer)) for layer in found.layers]
    checked = {True: "accepted by the independent checker", False: "rejected", None: "not checked: --check"}[
        found.checked
    ]
    return Group(*notes, own, Text(), *sentences, Text(f"\nexact ranks: {checked}"))


def _answers(found: Crosscheck, left_out: tuple[str, ...] = ()) -> Table:
    headers = ("layer", "exact rank", "library", "precision", "rule", "rank", "tolerance", "verdict")
    kept = [index for index, header in enumerate(headers) if header not in left_out]
    own = Table(box=None, pad_edge=False, header_style="bold")
    for header in (headers[index] for index in kept):
        folds = header in ("layer", "exact rank", "verdict")
        right = header in ("rank", "tolerance")
        own.add_column(header, justify="right" if right else "left", overflow="fold", no_wrap=not folds)
    for layer in found.layers:
        first = [layer.layer.name, str(layer.layer.found.rank) if layer.layer.found else ""]
        for number, answer in enumerate(layer.answers):
            cells = [Text(cell) for cell in (first if number == 0 else ["", ""]) + _cells(answer)]
            cells.append(Text(_verdict(answer), style=COLOURS[answer.opinion]))
            own.add_row(*(cells[index] for index in kept))
    return own


def crosscheck_page(found: Crosscheck, title: str) -> str:
    """One page of HTML with a picture for each layer; no script, no request to anywhere."""
    parts: list[Markup] = [element("h1", f"Ranks of {title}")]
    data = found.summary.instance.data
    if data is not None:
        parts.append(
            element("p", f"{len(data)} rows ({data.name}). Exact ranks are proved; float ranks are what libraries say.")
        )
    parts += [element("p", f"Note: {note}") for note in found.summary.instance.notes]
    for layer in found.layers:
        parts.append(_section(layer))
    head = element(
        "head",
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width">'),
        element("title", title),
        element("style", Markup(STYLE)),
    )
    return "<!DOCTYPE html>\n" + element("html", head, element("body", *parts), lang="en")


def _section(layer: LayerCheck) -> Markup:
    summary = layer.layer
    assert summary.found is not None
    wrong = any(answer.opinion == "wrong" for answer in layer.answers)
    headers = ("library", "precision", "rule", "rank", "tolerance", "verdict", "why")
    rows = [(*_cells(answer), _verdict(answer), answer.why) for answer in layer.answers]
    curves = {
        precision: curve for (library, precision), curve in layer.curves.items() if library == "NumPy" and len(curve)
    }
    tolerances = {
        answer.precision: answer.tolerance
        for answer in layer.answers
        if answer.library == "NumPy" and answer.rule == DEFAULT and answer.tolerance is not None
    }
    certified = [float(low) for low, _ in layer.bounds or () if low > 0]
    plot = []
    if curves:
        plot = [
            singular_values_plot(summary.name, summary.found.shape, summary.found.rank, curves, tolerances, certified)
        ]
    name = summary.name if summary.kind in ("matrix", "input") else f"{summary.name} ({summary.kind})"
    return element(
        "section",
        element("h2", name),
        element("p", layer.sentence + _why(layer), class_="wrong" if wrong else None),
        joined(plot),
        table(headers, rows, caption=f"{TABLE_2} is the rule of the paper's Table 2: ½ √(m + n + 1) σ_1 ε"),
    )


def _why(layer: LayerCheck) -> str:
    """Why the exact rank is not full, as a sentence to follow."""
    return f" [{layer.layer.reason}]" if layer.layer.reason else ""


def _cells(answer: FloatAnswer) -> list[str]:
    rank = "failed" if answer.rank is None else str(answer.rank)
    tolerance = "" if answer.tolerance is None else f"{answer.tolerance:.2g}"
    return [answer.library, answer.precision, answer.rule, rank, tolerance]


def _verdict(answer: FloatAnswer) -> str:
    if answer.opinion != "wrong":
        return answer.opinion
    return f"wrong: too {'large' if answer.off > 0 else 'small'} by {abs(answer.off)}"
