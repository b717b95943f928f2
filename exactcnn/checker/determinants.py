"""Kernel vectors of a translation-invariant layer, by determinants; proof in docs/reference/certificates.md."""

from __future__ import annotations

import itertools
import math
from typing import Any

from flint import nmod_poly

from exactcnn.checker.document import FormatError, distinct, fields, indices, integer, limit, require, sequence
from exactcnn.checker.instance import Layer


class Determinants:
    """Vectors h with U h = 0 for all weights; each is given by m + 1 filters and a shift on the grid of patches."""

    def __init__(self, layer: Layer, grid: Any, rows: Any, offsets: Any, vectors: Any) -> None:
        self.layer = layer
        self.grid = [integer(size, "grid", 1) for size in sequence(grid, "grid")]
        limit(len(layer.patches) * layer.slots * len(self.grid), "grid")
        if not self.grid or math.prod(self.grid) != len(layer.patches):
            raise FormatError("grid does not have as many positions as there are patches")
        self.rows = [integer(row, "rows", 0, layer.slots) for row in sequence(rows, "rows", layer.slots)]
        self.order = max(self.rows) + 1
        if len(set(self.rows)) != self.order:
            raise FormatError(f"rows do not take all values from 0 to {self.order - 1}")
        self.offsets = [self._integers(offset, "offsets") for offset in sequence(offsets, "offsets", layer.slots)]
        self.vectors = []
        for vector in sequence(vectors, "vectors"):
            filters, shift = fields(vector, "a vector", "filters", "shift")
            indices(filters, "filters", layer.filters, self.order + 1)
            if filters != sorted(filters):
                raise FormatError("filters are not sorted")
            self.vectors.append((tuple(filters), self._integers(shift, "shift")))
        distinct(self.vectors, "vectors")

    def _integers(self, value: Any, name: str) -> tuple[int, ...]:
        entries = sequence(value, name, len(self.grid))
        return tuple(integer(entry, name, 0) for entry in entries)

    def verify(self) -> None:
        """Verify that the layer is translation-invariant and that all vectors stay on the grid."""
        table: dict[tuple[int, tuple[int, ...]], int] = {}
        positions = itertools.product(*map(range, self.grid))
        for patch, position in zip(self.layer.patches, positions, strict=True):
            for neuron, row, offset in zip(patch, self.rows, self.offsets, strict=True):
                key = row, tuple(map(sum, zip(position, offset, strict=True)))
                require(table.setdefault(key, neuron) == neuron, "not invariant under translations")
        slots = list(zip(self.rows, self.offsets, strict=True))
        for axis, size in enumerate(self.grid):
            degree = sum(max(offset[axis] for row, offset in slots if row == r) for r in range(self.order))
            for _, shift in self.vectors:
                require(shift[axis] + degree < size, "a vector leaves the grid")

    def values(self, residues: list[int], p: int) -> list[list[tuple[int, int]]]:
        """Return the non-zero entries of the vectors at these weights modulo p.

        x^position is written as y^(index of the position): a homomorphism, and injective on all polynomials that stay
        on the grid, as the determinants do (not so what is computed on the way).
        """
        filters_count = self.layer.filters
        if not self.vectors:  # then nothing bounds the offsets
            return []
        weights: dict[tuple[int, int], nmod_poly] = {
            (r, t): nmod_poly([0], p) for r in range(self.order) for t in {t for f, _ in self.vectors for t in f}
        }
        for s, (row, offset) in enumerate(zip(self.rows, self.offsets, strict=True)):
            monomial = nmod_poly([0] * self._index(offset) + [1], p)
            for r, t in weights:
                if r == row:
                    weights[r, t] += residues[s * filters_count + t] * monomial
        minors = {}
        for filters in {filters for filters, _ in self.vectors}:
            for i, omitted in enumerate(filters):
                matrix = [[weights[r, t] for t in filters if t != omitted] for r in range(self.order)]
                minors[filters, i] = (-1) ** i * determinant(matrix, nmod_poly([1], p))
        result = []
        for filters, shift in self.vectors:
            first = self._index(shift)
            entries = []
            for i, t in enumerate(filters):
                for exponent, coefficient in enumerate(minors[filters, i].coeffs(), start=first):
                    entries.append((exponent * filters_count + t, int(coefficient)))
            result.append(entries)
        return result

    def _index(self, position: tuple[int, ...]) -> int:
        index = 0
        for coordinate, size in zip(position, self.grid, strict=True):
            index = index * size + coordinate
        return index


def determinant(matrix: list[list[nmod_poly]], one: nmod_poly) -> nmod_poly:
    """Return the determinant by Bareiss' elimination: every division is exact."""
    rows = [list(row) for row in matrix]
    previous, sign = one, 1
    for k in range(len(rows) - 1):
        pivot = next((i for i in range(k, len(rows)) if rows[i][k].degree() >= 0), None)
        if pivot is None:
            return 0 * one
        if pivot != k:
            rows[k], rows[pivot], sign = rows[pivot], rows[k], -sign
        for i in range(k + 1, len(rows)):
            for j in range(k + 1, len(rows)):
                rows[i][j] = (rows[i][j] * rows[k][k] - rows[i][k] * rows[k][j]) // previous
        previous = rows[k][k]
    return sign * rows[-1][-1]
