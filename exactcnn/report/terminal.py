"""Reports on the terminal: tables of verdicts and of ranks, and progress of long work."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from exactcnn.certificates.certificate import Certificate
from exactcnn.display import several
from exactcnn.domains.numerals import decimal, rational_text
from exactcnn.linalg.evidence import RankBounds
from exactcnn.report.readable import UNBOUNDED
from exactcnn.resources import Progress as Report
from exactcnn.theorems.layer_rank import LayerRank
from exactcnn.theorems.matrix import MatrixRank
from exactcnn.theorems.numerical_rank import NumericalRank, decimal_text
from exactcnn.theorems.statements import STATEMENTS
from exactcnn.theorems.verdict import Verdict
from exactcnn.theorems.verify import Verification

WIDTH = 160  # columns, where no terminal says otherwise
NARROW = 120  # columns; below, the scope opens the reason instead of taking a column of its own
LONGEST_VECTOR = 4000  # characters, on a terminal
RATIOS = {"statement": 2, "reason": 3}  # of the columns that then share the width
COLOURS = {"proved": "green", "refuted": "red", "undecided": "yellow"}
EVIDENCE = {
    "modular-minor": "a minor modulo a prime",
    "ball-minor": "a minor enclosed by balls",
    "triangular-minor": "a triangular minor",
    "shape": "its shape",
    "distinct-lines": "equal or zero lines",
    "relations": "exact relations",
    "zero-block": "a zero block",
    "vanishing-minors": "vanishing larger minors",
    "inherited": "relations of the features below",
}


@dataclass(frozen=True)
class FirstThatFits:
    """Several layouts of the same: the first that the console is wide enough for, else the last."""

    layouts: tuple[RenderableType, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        unbounded = options.update(width=UNBOUNDED)
        for layout in self.layouts[:-1]:
            if Measurement.get(console, unbounded, layout).maximum <= options.max_width:
                yield layout
                return
        yield self.layouts[-1]


def plain(shown: RenderableType, width: int = WIDTH) -> str:
    """Write what rich prints as text without colours, and without blanks at the ends of lines.

    Examples
    --------
    >>> plain(Text("a  "))
    'a'
    """
    console = Console(file=io.StringIO(), width=width, highlight=False, color_system=None)
    with console.capture() as captured:
        console.print(shown)
    return "\n".join(line.rstrip() for line in captured.get().removesuffix("\n").split("\n"))


def verification_table(found: Verification) -> RenderableType:
    """Lay out the verdicts, and the exact rank beside the ranks of floating point."""
    return _Verdicts(found)


def decided(verdict: Verdict) -> Text:
    """Say what is true here: a verdict is about an instance, and a theorem is not refuted where its conclusion is.

    Examples
    --------
    >>> decided(Verdict("NH18.T3.4", "refuted", "all parameters", "n_1 = 1 < N = 2")).plain
    'refuted here'
    """
    return Text(f"{verdict.status} here", style=COLOURS[verdict.status])


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
            status = decided(verdict)
            scope, reason = Text(verdict.scope), Text(verdict.reason)
            last = (Text.assemble(scope, ": ", reason),) if narrow else (scope, reason)
            table.add_row(Text(STATEMENTS[verdict.statement].title), layer, status, *last)
        widths = ", ".join(f"n_{k} = {width}" for k, width in enumerate(found.instance.network.widths))
        data = found.instance.data
        samples = "" if data is None else f"N = {len(data)} samples ({data.name}); "
        yield Text(f"{samples}{widths}\n")
        for note in found.instance.notes:
            yield Text(f"note: {note}")
        yield table
        for each in found.ranks:
            yield Text()
            yield _ranks(f"F_{each.layer}", each)
        yield Text(f"\n{checked_line(found.certificate, found.checked)}")


def rank_table(name: str, found: MatrixRank) -> RenderableType:
    """Lay out one certified rank with its domain and evidence, beside NumPy's."""
    table = _ranks(name, found)
    _add_details(table, found)
    table.add_row("checked", Text(checked_line(found.certificate, found.checked)))
    return table


def _add_details(table: Table, found: MatrixRank) -> None:
    if found.modulo is not None:
        table.add_row(f"modulo {found.modulo[0]}", Text(f"{found.modulo[1]}  (computed by FLINT; not certified)"))
    if found.minor is not None:
        more = "" if found.rank.exact is not None else "; perhaps more"
        for lines, indices in zip(("rows", "columns"), found.minor, strict=True):
            shown = f"{ranges(indices)}  (independent{more})" if indices else "none"
            table.add_row(lines, Text(shown))
    if found.null_space is not None:
        table.add_row("null space", Text(f"of dimension {len(found.null_space)}"))
        for number, vector in enumerate(found.null_space, 1):
            entries = f"({', '.join(map(decimal, vector))})"
            too_long = len(entries) > LONGEST_VECTOR
            table.add_row(
                f"v_{number}", Text(f"{entries[:LONGEST_VECTOR]}…  (all with --json)" if too_long else entries)
            )


def ranges(indices: Sequence[int]) -> str:
    """Write ascending indices, those that follow one another as a range.

    Examples
    --------
    >>> ranges([0, 2, 3, 4, 7, 8])
    '0, 2–4, 7, 8'
    """
    runs: list[list[int]] = []
    for index in indices:
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    written = [f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    return ", ".join(written)


def checked_line(certificate: Certificate, checked: bool | None) -> str:
    """Say whether the independent checker has accepted what is proved or refuted."""
    claims = several(len(certificate.claims), "claim")
    if checked:
        return f"accepted by the independent checker: {claims}"
    if checked is False:
        return "the independent checker does not accept the evidence: nothing is claimed"
    if certificate.silent:
        return "nothing is claimed"
    return f"not checked yet: --check, or exactcnn check FILE (about {duration(certificate.seconds)})"


def duration(seconds: float) -> str:
    """Round a number of seconds to what a person would say.

    Examples
    --------
    >>> duration(0.2), duration(42), duration(250)
    ('1 s', '40 s', '4 min')
    """
    if seconds < 90:
        return f"{max(1, round(seconds)) if seconds < 10 else round(seconds / 10) * 10} s"
    return f"{round(seconds / 60)} min"


def _ranks(name: str, found: LayerRank) -> Table:
    rank, shape = found.rank, found.shape
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column()
    kinds = [end.kind for end in (rank.lower_evidence, rank.upper_evidence) if end.kind != "none"]
    evidence = "proved " + " and ".join(f"by {EVIDENCE[kind]}" for kind in kinds)
    exact = "exactly " if rank.exact is not None else "between "
    ends = str(rank.lower) if rank.exact is not None else f"{rank.lower} and {rank.upper}"
    time = f", {found.seconds:.2f} s"
    table.add_row(
        Text(f"rank {name}"), Text(f"{exact}{ends}  ({shape[0]} x {shape[1]} over {found.domain}; {evidence}{time})")
    )
    if found.numerical is not None:
        _add_singular_values(table, found.numerical)
    for dtype, value in found.float_ranks.items():
        table.add_row(f"NumPy {dtype}", Text(_compared(value, rank, found.skipped.get(dtype, ""))))
    return table


def tolerance_text(value: Fraction) -> str:
    """Write a decimal as a decimal, another number as p/q.

    Examples
    --------
    >>> tolerance_text(Fraction(1, 10**30)), tolerance_text(Fraction(1, 3))
    ('1e-30', '1/3')
    """
    decimals = pow(10, value.denominator.bit_length(), value.denominator) == 0
    return decimal_text(value) if decimals else rational_text(value)


def _add_singular_values(table: Table, found: NumericalRank) -> None:
    if found.tolerance is not None:
        undecided = f"; {found.undecided} undecided" if found.undecided else ""
        why = f" ({found.reason})" if undecided and found.reason else ""
        shown = f"{found.above} proved above, {found.below} proved below{undecided}{why}; {found.seconds:.2f} s"
        table.add_row("singular values", Text(f"beside {tolerance_text(found.tolerance)}: {shown}"))
    for number, (lower, upper) in enumerate(found.bounds or ()):
        table.add_row(f"σ_{number + 1}", Text(f"from {decimal_text(lower)} to {decimal_text(upper)}"))


@contextmanager
def progress_bar() -> Iterator[Report | None]:
    """Show a bar per kind of work on the error stream if that is a terminal; give None otherwise."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), Remaining())
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}
        done_last: dict[str, int] = {}
        bars.add_task("working", total=None)  # whatever reports nothing of its own

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            elif done < done_last[what]:  # the same for another layer: its time begins anew
                bars.reset(tasks[what], total=total)
            bars.update(tasks[what], completed=done, total=total)
            done_last[what] = done

        yield report


class Remaining(ProgressColumn):
    """About how long a task still takes, from how fast it has been; nothing where that is not known."""

    def render(self, task: Task) -> Text:
        """Return a duration as a person would say it."""
        seconds = None if task.finished or (task.total or 0) < 2 else task.time_remaining
        return Text("" if seconds is None else f"about {duration(seconds)} left", style="progress.remaining")


def _compared(value: int | None, rank: RankBounds, skipped: str) -> str:
    if value is None:
        return f"skipped: {skipped}" if skipped else "skipped"
    if value < rank.lower:
        return f"{value}  (too small by at least {rank.lower - value})"
    if value > rank.upper:
        return f"{value}  (too large by at least {value - rank.upper})"
    return str(value)
