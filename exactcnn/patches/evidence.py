"""Reasons for a generic rank, as values; `document` gives the form of docs/reference/certificates.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Term = tuple[tuple[int, ...], int]  # variables s T + t, sorted, with repetition; integer coefficient
PolynomialVector = tuple[tuple[int, tuple[Term, ...]], ...]  # non-zero entries: (column h, terms)


@dataclass(frozen=True)
class DeltaFilters:
    """Filter t is the unit vector of ``slots[t]``: the rank is the number of distinct neurons met."""

    slots: tuple[int, ...]

    def document(self) -> dict[str, Any]:
        """Return the certificate's form."""
        return {"kind": "delta-filters", "slots": list(self.slots)}


@dataclass(frozen=True)
class ModularWitness:
    """At these integer weights (l x T, C order) the minor of U is non-zero modulo the prime."""

    modulus: int
    weights: tuple[int, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]

    def document(self) -> dict[str, Any]:
        """Return the certificate's form."""
        return {
            "kind": "modular-witness",
            "modulus": str(self.modulus),
            "weights": [str(weight) for weight in self.weights],
            "rows": list(self.rows),
            "columns": list(self.columns),
        }


@dataclass(frozen=True)
class Shape:
    """The rank is at most the number of rows and of columns."""

    def document(self) -> dict[str, Any]:
        """Return the certificate's form."""
        return {"kind": "shape"}


@dataclass(frozen=True)
class Uncovered:
    """Neurons in no patch: zero rows of U for every W."""

    neurons: tuple[int, ...]

    def document(self) -> dict[str, Any]:
        """Return the certificate's form."""
        return {"kind": "uncovered", "neurons": list(self.neurons)}


@dataclass(frozen=True)
class Syzygies:
    """Polynomial vectors h with U(w) h(w) = 0 identically, independent at the given weights modulo the prime."""

    vectors: tuple[PolynomialVector, ...]
    modulus: int
    weights: tuple[int, ...]

    def document(self) -> dict[str, Any]:
        """Return the certificate's form."""
        vectors = [
            [[column, [[list(variables), str(c)] for variables, c in terms]] for column, terms in vector]
            for vector in self.vectors
        ]
        return {
            "kind": "syzygies",
            "vectors": vectors,
            "modulus": str(self.modulus),
            "weights": [str(weight) for weight in self.weights],
        }


@dataclass(frozen=True)
class Determinantal:
    """Kernel vectors of a translation-invariant layer, given by determinants of filter polynomials.

    Parameters
    ----------
    grid : tuple of int
        Shape of the positions of the patches, C order.
    rows, offsets : tuple
        For each slot its row of the polynomial matrix and its exponent.
    vectors : tuple of (filters, shift)
        m + 1 filters and a shift on the grid, each.
    modulus, weights
        Where the vectors are independent.
    """

    grid: tuple[int, ...]
    rows: tuple[int, ...]
    offsets: tuple[tuple[int, ...], ...]
    vectors: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    modulus: int
    weights: tuple[int, ...]

    def document(self) -> dict[str, Any]:
        """Return the certificate's form."""
        return {
            "kind": "determinantal",
            "grid": list(self.grid),
            "rows": list(self.rows),
            "offsets": [list(offset) for offset in self.offsets],
            "vectors": [{"filters": list(filters), "shift": list(shift)} for filters, shift in self.vectors],
            "modulus": str(self.modulus),
            "weights": [str(weight) for weight in self.weights],
        }


LowerEvidence = DeltaFilters | ModularWitness
UpperEvidence = Shape | Uncovered | Syzygies | Determinantal
