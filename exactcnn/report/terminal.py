"""Reports on the terminal: tables of verdicts and of ranks, and progress of long work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from exactcnn.linalg.evidence import RankBounds
from exactcnn.linalg.rank import Progress as Report
from exactcnn.theorems.verify import Verification

NARROW = 120  # columns; below, the scope opens the reason instead of taking a column of its own
RATIOS = {"statement": 2, "reason": 3}  # of the columns that then share the width
COLOURS = {"proved": "green", "refuted": "red", "undecided": "yellow"}
NAMES = {
    "NH18.D2.1": "Section 2: patches cover and differ",
    "NH18.A2.4": "Assumption 2.4: U can have full rank",
    "NH18.A3.1": "Assumption 3.1: no patch in common",
    "NH18.A3.2": "Assumption 3.2: activation",
    "NH18.T3.4.2": "Width: n_k ≥ N",
    "NH18.T3.4": "Theorem 3.4: independent features",
    "NH18.T3.5": "Theorem 3.5: for almost all parameters",
}
HERE = "Independent features here"  # Theorem 3.4's conclusion at the given parameters: no theorem is meant
EVIDENCE = {
    "modular-minor": "a minor modulo a prime",
    "ball-minor": "a minor enclosed by balls",
    "triangular-minor": "a triangular minor",
    "shape": "its shape",
    "distinct-lines": "equal or zero lines",
    "relations": "exact relations",
    "vanishing-minors": "vanishing larger minors",
}


def verification_table(found: Verification) -> RenderableType:
    """Lay out the verdicts, and the exact rank beside the ranks of floating point."""
    return _Verdicts(found)


@dataclass(frozen=True)
class _Verdicts:
    """A table that knows the width of its console only when it is printed."""

    found: Verification

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        found, narrow = self.found, options.max_width < NARROW
        table = Table(box=None, pad_edge=False, header_style="bold")
        for header in ("statement", "layer", "verdict", *(() if narrow else ("scope",)), "reason"):
            fixed = header in ("layer", "verdict")
            table.add_column(header, overflow="fold", no_wrap=fixed, ratio=RATIOS.get(header) if narrow else None)
        for verdict in found.verdicts:
            layer = "" if verdict.layer is None else str(verdict.layer)
            status = Text(verdict.status, style=COLOURS[verdict.status])
            scope, reason = Text(verdict.scope), Text(verdict.reason)
            last = (Text.assemble(scope, ": ", reason),) if narrow else (scope, reason)
            name = HERE if verdict.scope == "this point" else NAMES[verdict.statement]
            table.add_row(Text(name), layer, status, *last)
        widths = ", ".join(f"n_{k} = {width}" for k, width in enumerate(found.network.widths))
        samples = "" if found.dataset is None else f"N = {len(found.dataset)} samples ({found.dataset.name}); "
        yield Text(f"{samples}{widths}\n")
        yield table
        if found.rank is not None and found.dataset is not None and found.layer is not None:
            shape = (len(found.dataset), found.network.widths[found.layer])
            name = f"F_{found.layer}"
            yield Text()
            yield rank_table(name, shape, found.domain or "", found.rank, found.float_ranks, found.seconds)


def rank_table(
    name: str,
    shape: tuple[int, ...],
    domain: str,
    rank: RankBounds,
    float_ranks: Mapping[str, int | None],
    seconds: float | None,
) -> RenderableType:
    """Lay out one certified rank with its domain and evidence, beside NumPy's."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column()
    kinds = [end.kind for end in (rank.lower_evidence, rank.upper_evidence) if end.kind != "none"]
    evidence = "proved " + " and ".join(f"by {EVIDENCE[kind]}" for kind in kinds)
    exact = "exactly " if rank.exact is not None else "between "
    ends = str(rank.lower) if rank.exact is not None else f"{rank.lower} and {rank.upper}"
    time = "" if seconds is None else f", {seconds:.2f} s"
    table.add_row(
        Text(f"rank {name}"), Text(f"{exact}{ends}  ({shape[0]} x {shape[1]} over {domain}; {evidence}{time})")
    )
    for dtype, value in float_ranks.items():
        table.add_row(f"NumPy {dtype}", Text(_compared(value, rank)))
    return table


@contextmanager
def progress_bar() -> Iterator[Report | None]:
    """Show a bar per kind of work on the error stream if that is a terminal; give None otherwise."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, object] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]  # a TaskID, from above

        yield report


def _compared(value: int | None, rank: RankBounds) -> str:
    if value is None:
        return "skipped"
    if value < rank.lower:
        return f"{value}  (too small by at least {rank.lower - value})"
    if value > rank.upper:
        return f"{value}  (too large by at least {value - rank.upper})"
    return str(value)
