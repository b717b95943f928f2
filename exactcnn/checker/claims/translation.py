"""Translation-invariant layers: the patches stand on a grid, and a slot reads a row at position + offset."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

from exactcnn.checker.budget import Budget
from exactcnn.checker.document import FormatError, integer, require, sequence
from exactcnn.checker.kinds.layer import Layer

Place = tuple[int, ...]


class Translation:
    """Grid of the patches in C order, and row and offset of each slot."""

    def __init__(self, layer: Layer, grid: Any, rows: Any, offsets: Any, budget: Budget) -> None:
        self.layer, self.budget = layer, budget
        self.grid = [integer(size, "grid", 1) for size in sequence(grid, "grid")]
        budget.hold(len(layer.patches) * layer.slots * (len(self.grid) + 4) * 64, "grid")
        budget.spend(len(layer.patches) * layer.slots * (len(self.grid) + 2) * 300, "grid")
        if not self.grid or math.prod(self.grid) != len(layer.patches):
            raise FormatError("grid does not have as many positions as there are patches")
        self.rows = [integer(row, "rows", 0, layer.slots) for row in sequence(rows, "rows", layer.slots)]
        self.order = max(self.rows) + 1
        if len(set(self.rows)) != self.order:
            raise FormatError(f"rows do not take all values from 0 to {self.order - 1}")
        self.offsets = [self.place(offset, "offsets") for offset in sequence(offsets, "offsets", layer.slots)]

    def place(self, value: Any, name: str) -> Place:
        """Return d integers >= 0."""
        return tuple(integer(entry, name, 0) for entry in sequence(value, name, len(self.grid)))

    def positions(self) -> Iterator[Place]:
        """Yield the positions of the patches in their order."""
        return itertools.product(*map(range, self.grid))

    def verify(self) -> dict[tuple[int, Place], list[int]]:
        """Verify that what a slot reads depends on its key only, (row, position + offset); return what each key reads.

        The list of a key has one entry, always the same, for each pair of a patch and a slot.
        """
        table: dict[tuple[int, Place], list[int]] = {}
        for patch, position in zip(self.layer.patches, self.positions(), strict=True):
            for neuron, row, offset in zip(patch, self.rows, self.offsets, strict=True):
                key = row, tuple(map(sum, zip(position, offset, strict=True)))
                read = table.setdefault(key, [])
                read.append(neuron)
                require(read[0] == neuron, "not invariant under translations")
        return table
