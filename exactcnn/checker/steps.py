"""What the steps of a slice share: what they freeze and change, and what is known near the point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flint import fmpq

from exactcnn.checker.budget import fraction
from exactcnn.checker.document import require
from exactcnn.checker.inertia import Matrix
from exactcnn.checker.instance import Instance, Layer, entries_of
from exactcnn.checker.pieces import Pieces


@dataclass(frozen=True)
class Moved:
    """The coordinates that a step freezes, and those by which it compensates."""

    frozen: set[int]
    changed: set[int]


@dataclass(frozen=True)
class Near:
    """What is known near a point: all its parameters (the frozen ones are those of the whole box), and its pieces."""

    instance: Instance
    theta: list[fmpq]
    pieces: Pieces


Step = Callable[[Near], Moved]  # which rejects the claim unless the step's conditions hold


def seen_rows(near: Near, layer: Layer, unit: int, biases: int) -> list[list[fmpq]]:
    """Return the rows of Z."""
    samples, constants = near.instance.known_samples(), near.pieces.constants[1]
    rows = []
    near.instance.budget.spend(200 * len(samples) * len(layer.patches) * (layer.slots + biases), "rows of Z")
    for i, sample in enumerate(samples):
        for p, patch in enumerate(layer.patches):
            if constants[i][p * layer.filters + unit] is None:
                own = [fmpq(int(biases == 1 or q == p)) for q in range(biases)]
                rows.append([*entries_of(sample, patch, fmpq(0)), *own])
    return rows


def require_combination(
    near: Near, rows: list[list[fmpq]], kept: list[int], others: list[int], matrix: Matrix, where: str
) -> None:
    """Reject the claim unless the other columns of Z are these combinations of those that are kept."""
    bits = max((int(x.p * x.q).bit_length() for x in matrix.entries), default=1) + max(
        (int(x.p * x.q).bit_length() for row in rows for x in row), default=1
    )
    near.instance.budget.spend(len(rows) * len(kept) * len(others) * 2 * fraction(2 * bits), "a combination of columns")
    table = matrix.table()
    for row in rows:
        for f, column in enumerate(others):
            value = sum((row[j] * own[f] for j, own in zip(kept, table, strict=True)), fmpq(0))
            require(value == row[column], f"{where}: column {column} of Z is not the stated combination")
