"""Matrices over Q: residues, exact relations, vanishing minors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray, residue_inverse
from exactcnn.domains.residues import EvaluationPoint
from exactcnn.linalg.evidence import Evidence, Relation, VanishingMinors
from exactcnn.linalg.line_classes import LineClasses, by_entries
from exactcnn.linalg.modular import Indices, independent_minor
from exactcnn.linalg.rank import spread
from exactcnn.linalg.relations import LARGE_PRIME, rationals, relation, solve_modulo, solve_rationally
from exactcnn.resources import Progress

SMALL_SOLUTION = 4_000_000  # entries of a modular solution that are read as rationals, about 5 us each
SPARSE = 200  # lines of a relation that is solved for by itself
EFFORT = 600.0  # estimated seconds that one upper bound may cost
LARGEST_EVIDENCE = 2**30  # bits
SMALL_INTEGERS = 2**52  # what elimination takes unreduced


@dataclass(frozen=True)
class RationalMatrix:
    """An exact matrix over Q, ready for `certified_rank`."""

    entries: ExactArray

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, columns)."""
        return self.entries.shape

    exponential = False

    def sample(self, axis: int, count: int) -> Indices:
        """Return `count` rows (axis 0) or columns (axis 1), evenly spread."""
        return spread(count, self.shape[axis])

    def residues(
        self,
        point: EvaluationPoint,
        rows: Indices | None = None,
        columns: Indices | None = None,
        progress: Progress | None = None,
    ) -> NDArray[Any]:
        """Return integers congruent to the entries; small integers stand for themselves."""
        entries = self.entries if rows is None else self.entries[rows]
        entries = entries if columns is None else entries[:, columns]
        if isinstance(entries.denominators, int) and _are_small_integers(entries.numerators):
            # a common denominator changes neither the rank nor which minors vanish, if it is a unit modulo p
            residue_inverse(entries.denominators, point.modulus)
            return entries.numerators.astype(np.float64)
        return entries.residues(point.modulus)

    def nonzero_lines(self, axis: int) -> Indices:
        """Return the rows (axis 0) or columns (axis 1) that are not zero."""
        return np.flatnonzero(np.asarray(self.entries.numerators != 0).any(axis=1 - axis)).astype(np.intp)

    def distinct_lines(self, axis: int) -> Indices:
        """Return one index for every different non-zero row (axis 0) or column (axis 1)."""
        return self._classes.representatives(axis)

    @cached_property
    def _classes(self) -> LineClasses:
        return by_entries(self.entries)

    def relations(self, axis: int, rows: Indices, columns: Indices, point: EvaluationPoint) -> tuple[Relation, ...]:
        """Return verified relations between rows (axis 0) or columns (axis 1).

        One solution modulo a 62-bit prime shows relations of small height, and which lines any other relation
        involves: the few lines of a sparse one make a small rational system. What is left goes to p-adic lifting.
        """
        matrix = self._integers if axis == 0 else self._integers.T
        lines, crossing = (rows, columns) if axis == 0 else (columns, rows)
        others = np.setdiff1d(np.arange(len(matrix)), lines)
        if not len(lines) or not len(others) or len(lines) * len(others) > SMALL_SOLUTION:
            return ()
        minor = matrix[np.ix_(lines, crossing)]
        rest = matrix[np.ix_(others, crossing)]
        found: dict[int, Relation] = {}
        for other, right, x in zip(
            others.tolist(), rest, solve_modulo(minor.tolist(), rest.tolist(), LARGE_PRIME), strict=False
        ):
            support = np.flatnonzero(x)
            values = rationals([x[i] for i in support], LARGE_PRIME)
            if values is None and len(support) <= SPARSE:
                values = _solved(minor[support], right, point)
            if values is not None:
                found[other] = relation(other, lines[support].tolist(), values)
        kept = self._verified(matrix, list(found.values()))
        leading = {r.leading for r in kept}
        left = [i for i, other in enumerate(others.tolist()) if other not in leading]
        if left and self._lifting_pays(len(lines), len(left)):
            solution = solve_rationally(minor.tolist(), rest[left].tolist())
            dense = [relation(int(others[i]), lines.tolist(), x) for i, x in zip(left, solution, strict=True)]
            kept += self._verified(matrix, dense)
        return kept

    def zero_block(self) -> None:
        """Return nothing: over Q the kernel is a block that relations prove."""
        return

    def vanishing_minors(self, order: int, progress: Progress | None = None) -> Evidence | None:
        """Take ranks modulo enough 62-bit primes, all below `order`; None if one is not, or if that took too long."""
        from flint import fmpz, fmpz_mat, nmod_mat

        needed = self._hadamard_bits(order)
        count = needed // 61 + 1  # primes between 2^61 and 2^62
        if count * self._seconds_per_prime(order) > EFFORT:
            return None
        m, n = self.shape
        matrix = fmpz_mat(m, n, self._integers.ravel().tolist())
        primes: list[str] = []
        prime = LARGE_PRIME + 2
        for done in range(count):
            prime -= 2
            while not fmpz(prime).is_prime():
                prime -= 2
            if nmod_mat(matrix, prime).rank() >= order:
                return None
            primes.append(str(prime))
            if progress is not None:
                progress("vanishing minors", done + 1, count)
        return VanishingMinors(tuple(primes))

    @cached_property
    def _integers(self) -> NDArray[Any]:
        """The entries times one common denominator, as Python integers."""
        return self.entries.integers()[0]

    def _verified(self, matrix: NDArray[Any], candidates: Sequence[Relation]) -> tuple[Relation, ...]:
        """Those candidates that hold in every column."""
        from flint import fmpz_mat

        if not candidates:
            return ()
        used = sorted({i for candidate in candidates for i, _ in candidate.coefficients})
        position = {line: index for index, line in enumerate(used)}
        rows = []
        for candidate in candidates:
            row = [0] * len(used)
            for i, c in candidate.coefficients:
                row[position[i]] = c
            rows.extend(row)
        width = matrix.shape[1]
        product = fmpz_mat(len(candidates), len(used), rows) * fmpz_mat(len(used), width, matrix[used].ravel().tolist())
        table = product.tolist()
        return tuple(c for c, values in zip(candidates, table, strict=True) if not any(values))

    def _hadamard_bits(self, order: int) -> int:
        """Bits of the Hadamard bound of all minors of this order, by rows or by columns, whichever is smaller."""
        return min(hadamard_bits(self._integers, order), hadamard_bits(self._integers.T, order))

    def _seconds_per_prime(self, order: int) -> float:
        # FLINT, one core: 2000 x 2000 of full rank in 0.6 s, that is 9e9 multiply-adds a second
        m, n = self.shape
        return m * n * order / 9e9 + m * n * 5e-9

    def _lifting_pays(self, order: int, others: int) -> bool:
        """Whether lifting is within reach, and cheaper than vanishing minors."""
        bits = self._hadamard_bits(order)  # of each numerator, by Cramer's rule
        if bits * order * others > LARGEST_EVIDENCE:
            return False
        # FLINT's Dixon lifting: order 800, 22-bit entries, 4 right sides in 6.5 s, growing as order^3
        seconds = 6.5 * (order / 800) ** 2 * (bits / 22_000) * (1 + others / 20)
        return seconds < min(EFFORT, bits / 61 * self._seconds_per_prime(order))


def _solved(few: NDArray[Any], right: NDArray[Any], point: EvaluationPoint) -> list[Fraction] | None:
    """Solve x . few = right on as many columns as there are rows; None if the rows are dependent modulo the prime."""
    if not len(few):
        return []
    _, chosen = independent_minor((few % point.modulus).astype(np.int64), point.modulus)
    if len(chosen) < len(few):
        return None
    return solve_rationally(few[:, chosen].tolist(), [right[chosen].tolist()])[0]


def hadamard_bits(rows: NDArray[Any], order: int) -> int:
    """Bits b with |minor| < 2**b for every minor of this order: the product of the largest Euclidean row norms.

    Examples
    --------
    >>> hadamard_bits(np.array([[3, 4], [0, 1]], dtype=object), 2)  # sqrt(25 * 1) = 5 < 2**3
    3
    """
    squares = sorted((sum(x * x for x in row) for row in rows.tolist()), reverse=True)
    return math.isqrt(math.prod(max(s, 1) for s in squares[:order])).bit_length()


def _are_small_integers(numerators: NDArray[Any]) -> bool:
    if numerators.dtype == object:
        return False
    within = bool((numerators >= -SMALL_INTEGERS).all() and (numerators <= SMALL_INTEGERS).all())
    return within and (numerators.dtype == np.int64 or bool((numerators == np.rint(numerators)).all()))
