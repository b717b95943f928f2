"""What a point of the loss surface is, laid out for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exactcnn.report.terminal import checked_line, decided
from exactcnn.theorems.landscape import CriticalReport
from exactcnn.theorems.statements import STATEMENTS

MOST_KINKS = 5  # named in a line


def critical_table(found: CriticalReport) -> RenderableType:
    """Lay out the status with its reasons, membership in S_k, and the verdicts."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    objective = found.point.objective
    for name, text in found.point.rows():
        table.add_row(name, Text(text))
    kinks = objective.kinks()
    if kinks:
        shown = ", ".join(f"neuron {k.neuron} of layer {k.layer} on sample {k.sample}" for k in kinks[:MOST_KINKS])
        more = f", and {len(kinks) - MOST_KINKS} more" if len(kinks) > MOST_KINKS else ""
        table.add_row("at kinks", Text(shown + more))
    norm = found.point.gradient_norm
    table.add_row("|∇Φ|, float64", Text("no gradient at a kink" if norm != norm else f"{norm:.3g}"))
    for member in found.memberships:
        answer = {True: "yes", False: "no", None: "undecided"}[member.holds]
        table.add_row(f"in S_{member.layer}", Text(f"{answer}: {member.reason}"))
    for name, text in () if found.terms is None else found.terms.rows():
        table.add_row(name, Text(text))
    for verdict in found.verdicts:
        table.add_row(STATEMENTS[verdict.statement].short, Text.assemble(decided(verdict), ": ", verdict.reason))
    notes = [Text(f"note: {note}") for note in objective.instance.notes]
    return Group(*notes, table, Text(f"\n{checked_line(found.certificate, found.checked)}"))
