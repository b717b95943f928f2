"""Reasons for a generic rank, as values; `document` gives the form of docs/reference/certificates.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from exactcnn.linalg.evidence import Evidence

Term = tuple[tuple[int, ...], int]  # variables s T + t, sorted, with repetition; integer coefficient
PolynomialVector = tuple[tuple[int, tuple[Term, ...]], ...]  # non-zero entries: (column h, terms)


def strings(*numbers: int) -> tuple[str, ...]:
    """Write integers as the certificate does."""
    return tuple(map(str, numbers))


@dataclass(frozen=True)
class DeltaFilters(Evidence):
    """Filter t is the unit vector of ``slots[t]``: the rank is the number of distinct neurons met."""

    kind: ClassVar[str] = "delta-filters"
    slots: tuple[int, ...]


@dataclass(frozen=True)
class ModularWitness(Evidence):
    """At these integer weights (l x T, C order) the minor of U is non-zero modulo the prime."""

    kind: ClassVar[str] = "modular-witness"
    modulus: str
    weights: tuple[str, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]


@dataclass(frozen=True)
class Cover(Evidence):
    """Rows (neurons) and columns (all filters of the patches) that contain every non-zero entry of U."""

    kind: ClassVar[str] = "cover"
    neurons: tuple[int, ...]
    patches: tuple[int, ...]


@dataclass(frozen=True)
class Syzygies(Evidence):
    """Polynomial vectors h with U(w) h(w) = 0 identically, independent at the given weights modulo the prime."""

    kind: ClassVar[str] = "syzygies"
    vectors: tuple[PolynomialVector, ...]
    modulus: str
    weights: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the certificate's form."""
        vectors = [
            [[column, [[list(variables), str(c)] for variables, c in terms]] for column, terms in vector]
            for vector in self.vectors
        ]
        return super().document() | {"vectors": vectors}


@dataclass(frozen=True)
class Determinantal(Evidence):
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

    kind: ClassVar[str] = "determinantal"
    grid: tuple[int, ...]
    rows: tuple[int, ...]
    offsets: tuple[tuple[int, ...], ...]
    vectors: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    modulus: str
    weights: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the certificate's form."""
        vectors = [{"filters": list(filters), "shift": list(shift)} for filters, shift in self.vectors]
        return super().document() | {"vectors": vectors}


@dataclass(frozen=True)
class Lifting(Evidence):
    """Kernel vectors z^position v_t over the algebra GF(p)[y]/polynomial that lift to all weights with these residues.

    Parameters
    ----------
    grid, rows, offsets : tuple
        As for `Determinantal`.
    polynomial : tuple of str
        Coefficients, constant term first; monic of degree k.
    shifts, filters : tuple of tuple of str
        Elements z of the algebra, one for each axis, and v_t, one for each filter: k coefficients of powers of y.
    modulus, weights
        The point.
    """

    kind: ClassVar[str] = "lifting"
    grid: tuple[int, ...]
    rows: tuple[int, ...]
    offsets: tuple[tuple[int, ...], ...]
    polynomial: tuple[str, ...]
    shifts: tuple[tuple[str, ...], ...]
    filters: tuple[tuple[str, ...], ...]
    modulus: str
    weights: tuple[str, ...]
