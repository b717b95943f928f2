"""Claims about the largest rank of U_l = M_l(W) over all weights W (Assumption 2.4).

U_l has a row for each neuron of the layer below and a column h = p * T + t for each unit; its entry is the sum of the
W[s, t] over the slots s of patch p that read the neuron. The entry W[s, t] is the variable s * T + t.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

from flint import fmpq, nmod_mat, nmod_poly

from exactcnn.checker.document import (
    FormatError,
    distinct,
    fields,
    indices,
    integer,
    kind_of,
    limit,
    prime,
    quote,
    rational,
    require,
    sequence,
    unknown,
)
from exactcnn.checker.features import Reduction
from exactcnn.checker.instance import PADDING, Instance, Layer

Obligation = Callable[[], None]


def read_generic_rank(instance: Instance, claim: Any, where: str) -> tuple[str, Obligation]:
    """Return a claim a <= largest rank of U_l <= b, and its obligations."""
    names = ("kind", "layer", "lower", "upper", "lower_evidence", "upper_evidence")
    _, number, lower, upper, lower_evidence, upper_evidence = fields(claim, where, *names)
    layer = instance.convolution(number, where)
    integer(lower, f"{where}: lower", 0)
    integer(upper, f"{where}: upper", 0)
    from_below = _read_lower(layer, lower, lower_evidence, f"{where}: lower evidence")
    from_above = _read_upper(layer, upper, upper_evidence, f"{where}: upper evidence")

    def verify() -> None:
        from_below()
        from_above()

    return f"{lower} <= largest rank of U_{number} <= {upper}", verify


def column(layer: Layer, h: int) -> Iterator[tuple[int, int]]:
    """Yield the non-zero entries of a column of U as (row, variable)."""
    p, t = divmod(h, layer.filters)
    assert layer.patches is not None
    for s, neuron in enumerate(layer.patches[p]):
        if neuron != PADDING:
            yield neuron, s * layer.filters + t


def read_weights(value: Any, layer: Layer, where: str) -> list[fmpq]:
    """Return l x T weights in C order."""
    weights = sequence(value, f"{where}: weights", layer.slots * layer.filters)
    return [rational(weight, f"{where}: weights") for weight in weights]


# -------------------------------------------------------------------- from below


def _read_lower(layer: Layer, lower: int, evidence: Any, where: str) -> Obligation:
    kind = kind_of(evidence, where)
    assert layer.patches is not None
    patches = layer.patches
    if kind == "delta-filters":
        slots = sequence(fields(evidence, where, "kind", "slots")[1], f"{where}: slots", layer.filters)
        for slot in slots:
            integer(slot, f"{where}: slots", 0, layer.slots)

        def verify_delta() -> None:
            # each column of U is then a unit vector, or zero
            met = {patch[slot] for patch in patches for slot in set(slots)} - {PADDING}
            require(lower == len(met), f"{where}: it proves {len(met)}, lower is {quote(lower)}")

        return verify_delta
    if kind != "modular-witness":
        raise unknown("kind", kind, where)
    _, modulus, weights, rows, columns = fields(evidence, where, "kind", "modulus", "weights", "rows", "columns")
    p = prime(modulus, f"{where}: modulus")
    point = read_weights(weights, layer, where)
    indices(rows, f"{where}: rows", layer.below)
    indices(columns, f"{where}: columns", layer.width, len(rows))

    def verify() -> None:
        require(lower == len(rows), f"{where}: the minor has order {len(rows)}, lower is {quote(lower)}")
        limit(len(rows) ** 2, where)
        residues = list(map(Reduction(p), point))
        minor = nmod_mat(len(rows), len(rows), p)
        position = {row: i for i, row in enumerate(rows)}
        for j, h in enumerate(columns):
            for row, variable in column(layer, h):
                if row in position:
                    minor[position[row], j] = residues[variable]  # a neuron occurs once in a patch
        require(int(minor.det()) != 0, f"{where}: the minor vanishes modulo {p}")

    return verify


# -------------------------------------------------------------------- from above


def _read_upper(layer: Layer, upper: int, evidence: Any, where: str) -> Obligation:
    kind = kind_of(evidence, where)
    assert layer.patches is not None

    def attained(bound: int) -> None:
        require(upper == bound, f"{where}: it proves {bound}, upper is {quote(upper)}")

    if kind == "shape":
        fields(evidence, where, "kind")
        return lambda: attained(min(layer.below, layer.width))
    if kind == "uncovered":
        neurons = indices(fields(evidence, where, "kind", "neurons")[1], f"{where}: neurons", layer.below)
        covered = {neuron for patch in layer.patches for neuron in patch}

        def verify_uncovered() -> None:
            attained(layer.below - len(neurons))
            require(covered.isdisjoint(neurons), f"{where}: one of the neurons is in a patch")

        return verify_uncovered
    if kind == "syzygies":
        _, vectors, modulus, weights = fields(evidence, where, "kind", "vectors", "modulus", "weights")
        polynomials = [_read_polynomial_vector(layer, vector, where) for vector in sequence(vectors, where)]
    elif kind == "determinantal":
        names = ("kind", "grid", "rows", "offsets", "vectors", "modulus", "weights")
        _, grid, rows, offsets, vectors, modulus, weights = fields(evidence, where, *names)
        determinants = Determinants(layer, grid, rows, offsets, vectors, where)
    else:
        raise unknown("kind", kind, where)
    p = prime(modulus, f"{where}: modulus")
    point = read_weights(weights, layer, where)

    def verify() -> None:
        attained(layer.width - len(vectors))
        limit(len(vectors) * layer.width, where)
        residues = list(map(Reduction(p), point))
        if kind == "syzygies":
            for vector in polynomials:
                require(_annihilated(layer, vector), f"{where}: U times a vector is not identically zero")
            values = [_values(vector, residues, p) for vector in polynomials]
        else:
            determinants.verify()
            values = determinants.values(residues, p)
        matrix = nmod_mat(len(vectors), layer.width, p)
        for i, vector_values in enumerate(values):
            for h, value in vector_values:
                matrix[i, h] = value
        # independent at one point modulo p: independent over Q(w), where U has then as large a kernel
        require(matrix.rank() == len(vectors), f"{where}: the vectors are not independent at the weights modulo {p}")

    return verify


Terms = dict[tuple[int, ...], fmpq]


def _read_polynomial_vector(layer: Layer, vector: Any, where: str) -> list[tuple[int, Terms]]:
    entries = [sequence(entry, f"{where}: an entry", 2) for entry in sequence(vector, f"{where}: a vector")]
    indices([h for h, _ in entries], f"{where}: a vector", layer.width)
    result = []
    for h, terms in entries:
        polynomial: Terms = {}
        for term in sequence(terms, f"{where}: terms"):
            exponents, coefficient = sequence(term, f"{where}: a term", 2)
            for variable in sequence(exponents, f"{where}: exponents"):
                integer(variable, f"{where}: a variable", 0, layer.slots * layer.filters)
            monomial = tuple(exponents)
            if list(monomial) != sorted(monomial) or monomial in polynomial:
                raise FormatError(f"{where}: exponents are not sorted, or repeated")
            polynomial[monomial] = rational(coefficient, f"{where}: a coefficient")
        result.append((h, polynomial))
    return result


def _annihilated(layer: Layer, vector: list[tuple[int, Terms]]) -> bool:
    product: dict[tuple[int, tuple[int, ...]], fmpq] = {}
    for h, terms in vector:
        for row, variable in column(layer, h):
            for monomial, coefficient in terms.items():
                key = row, tuple(sorted((*monomial, variable)))
                product[key] = product.get(key, fmpq(0)) + coefficient
    return not any(product.values())


def _values(vector: list[tuple[int, Terms]], residues: list[int], p: int) -> list[tuple[int, int]]:
    modulo_p = Reduction(p)
    result = []
    for h, terms in vector:
        total = 0
        for monomial, coefficient in terms.items():
            value = modulo_p(coefficient)
            for variable in monomial:
                value = value * residues[variable] % p
            total += value
        result.append((h, total % p))
    return result


# -------------------------------------------------------------------- determinants of filter polynomials


class Determinants:
    """Kernel vectors of a translation-invariant layer; notation and proof in docs/reference/certificates.md."""

    def __init__(self, layer: Layer, grid: Any, rows: Any, offsets: Any, vectors: Any, where: str) -> None:
        self.layer, self.where = layer, where
        assert layer.patches is not None
        self.grid = [integer(size, f"{where}: grid", 1) for size in sequence(grid, f"{where}: grid")]
        limit(len(layer.patches) * layer.slots * len(self.grid), f"{where}: grid")
        if not self.grid or math.prod(self.grid) != len(layer.patches):
            raise FormatError(f"{where}: grid does not have as many positions as there are patches")
        self.rows = [
            integer(row, f"{where}: rows", 0, layer.slots) for row in sequence(rows, f"{where}: rows", layer.slots)
        ]
        self.order = max(self.rows) + 1
        if len(set(self.rows)) != self.order:
            raise FormatError(f"{where}: rows do not take all values from 0 to {self.order - 1}")
        self.offsets = [self._integers(offset, "offsets") for offset in sequence(offsets, where, layer.slots)]
        self.vectors = []
        for vector in sequence(vectors, f"{where}: vectors"):
            filters, shift = fields(vector, f"{where}: a vector", "filters", "shift")
            indices(filters, f"{where}: filters", layer.filters, self.order + 1)
            if filters != sorted(filters):
                raise FormatError(f"{where}: filters are not sorted")
            self.vectors.append((tuple(filters), self._integers(shift, "shift")))
        distinct(self.vectors, f"{where}: vectors")

    def _integers(self, value: Any, name: str) -> tuple[int, ...]:
        entries = sequence(value, f"{self.where}: {name}", len(self.grid))
        return tuple(integer(entry, f"{self.where}: {name}", 0) for entry in entries)

    def verify(self) -> None:
        """Verify that the layer is translation-invariant and that all vectors stay on the grid."""
        table: dict[tuple[int, tuple[int, ...]], int] = {}
        assert self.layer.patches is not None
        positions = itertools.product(*map(range, self.grid))
        for patch, position in zip(self.layer.patches, positions, strict=True):
            for neuron, row, offset in zip(patch, self.rows, self.offsets, strict=True):
                key = row, tuple(map(sum, zip(position, offset, strict=True)))
                require(table.setdefault(key, neuron) == neuron, f"{self.where}: not invariant under translations")
        slots = list(zip(self.rows, self.offsets, strict=True))
        for axis, size in enumerate(self.grid):
            degree = sum(max(offset[axis] for row, offset in slots if row == r) for r in range(self.order))
            for _, shift in self.vectors:
                require(shift[axis] + degree < size, f"{self.where}: a vector leaves the grid")

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
