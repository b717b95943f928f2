"""The list of activations on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exactcnn.network.described_activations import DescribedActivation
from exactcnn.report.readable import Readable


def activations_table(found: Sequence[DescribedActivation]) -> RenderableType:
    """Lay out one line an activation; of a single one also why Assumption 3.2 holds or fails."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("activation", "formula", "values", "analytic", "Assumption 3.2"):
        table.add_column(header, overflow="fold")
    for each in found:
        analytic = "yes" if each.activation.analytic else "no"
        table.add_row(*map(Text, (each.activation.text, each.formula, each.values, analytic, each.assumption)))
    if len(found) > 1:
        return Readable(table)
    (only,) = found
    witness = only.witness
    lines = [] if only.usage == only.activation.name else [f"written {only.usage}"]
    lines.append(f"Assumption 3.2 {'holds' if witness.holds else 'fails'}: {witness.reason}")
    if witness.constants is not None:
        names = ", ".join(f"ρ{i} = {value}" for i, value in enumerate(witness.constants, 1))
        lines.append(f"|σ(t)| ≤ ρ1 e^(ρ2 t) for t < 0, and ≤ ρ3 t + ρ4 for t ≥ 0, with {names}")
    if witness.mirror_holds and not witness.holds:
        lines.append("σ(−t) satisfies it: a layer with σ is one with σ(−t), its weights and biases negated")
    return Group(Readable(table), Text(), *map(Text, lines))
