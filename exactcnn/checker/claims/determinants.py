"""Kernel vectors of a translation-invariant layer, by determinants; proof in docs/reference/certificates.md."""

from __future__ import annotations

from typing import Any

from flint import nmod_poly

from exactcnn.checker.budget import NUMBER, residue_polynomials
from exactcnn.checker.claims.translation import Translation
from exactcnn.checker.document import FormatError, distinct, fields, indices, require, sequence


class Determinants:
    """Vectors h with U h = 0 for all weights; each is given by m + 1 filters and a shift on the grid of patches."""

    def __init__(self, structure: Translation, vectors: Any) -> None:
        self.structure = structure
        self.vectors = []
        for vector in sequence(vectors, "vectors"):
            filters, shift = fields(vector, "a vector", "filters", "shift")
            indices(filters, "filters", structure.layer.filters, structure.order + 1)
            if filters != sorted(filters):
                raise FormatError("filters are not sorted")
            self.vectors.append((tuple(filters), structure.place(shift, "shift")))
        distinct(self.vectors, "vectors")

    def verify(self) -> None:
        """Verify that the layer is translation-invariant and that all vectors stay on the grid."""
        self.structure.verify()
        slots = list(zip(self.structure.rows, self.structure.offsets, strict=True))
        steps = len(self.structure.grid) * (self.structure.order * len(slots) + len(self.vectors))
        self.structure.budget.spend(200 * steps, "shifts on the grid")
        for axis, size in enumerate(self.structure.grid):
            degree = sum(max(offset[axis] for row, offset in slots if row == r) for r in range(self.structure.order))
            for _, shift in self.vectors:
                require(shift[axis] + degree < size, "a vector leaves the grid")

    def values(self, residues: list[int], p: int) -> list[list[tuple[int, int]]]:
        """Return the non-zero entries of the vectors at these weights modulo p.

        x^position is written as y^(index of the position): a homomorphism, and injective on all polynomials that stay
        on the grid, as the determinants do (not so what is computed on the way).
        """
        structure, filters_count = self.structure, self.structure.layer.filters
        if not self.vectors:  # then nothing bounds the offsets
            return []
        self._spend()
        used = {t for filters, _ in self.vectors for t in filters}
        weights = {(r, t): nmod_poly([0], p) for r in range(structure.order) for t in used}
        for s, (row, offset) in enumerate(zip(structure.rows, structure.offsets, strict=True)):
            monomial = nmod_poly([0] * self._index(offset) + [1], p)
            for t in used:
                weights[row, t] += residues[s * filters_count + t] * monomial
        minors = {}
        for filters in {filters for filters, _ in self.vectors}:
            for i, omitted in enumerate(filters):
                matrix = [[weights[r, t] for t in filters if t != omitted] for r in range(structure.order)]
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

    def _spend(self) -> None:
        """Pay for the minors, once for each choice of filters, and for the entries of the vectors."""
        structure, order = self.structure, self.structure.order
        length = 1 + order * max(map(self._index, structure.offsets))
        minors = len({filters for filters, _ in self.vectors}) * (order + 1)
        filters = len({t for filters, _ in self.vectors for t in filters})
        cost = (minors * 3 * order**3 + structure.layer.slots * filters) * residue_polynomials(length)
        entries = len(self.vectors) * (order + 1) * length
        structure.budget.hold(entries * 2 * NUMBER + (minors + order * filters) * length * 64, "entries of the vectors")
        structure.budget.spend(cost + 500 * entries, f"determinants of order {order}")

    def _index(self, position: tuple[int, ...]) -> int:
        index = 0
        for coordinate, size in zip(position, self.structure.grid, strict=True):
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
