"""Matrices over Q: residues, exact relations, vanishing minors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray, residue_inverse
from exactcnn.domains.residues import EvaluationPoint
from exactcnn.linalg.echelon import Indices
from exactcnn.linalg.evidence import Evidence, ModularMinor, Relation, VanishingMinors
from exactcnn.linalg.lifting import Lifting, solved
from exactcnn.linalg.line_classes import LineClasses, by_entries
from exactcnn.linalg.rank import spread
from exactcnn.linalg.relations import LARGE_PRIME, rationals, relation, solve_modulo
from exactcnn.resources import Progress, fits_memory

if TYPE_CHECKING:
    from flint import nmod_mat

SMALL_SOLUTION = 4_000_000  # entries of a modular solution that are read as rationals, about 5 us each
KNOWN_HEIGHT = 30  # bits of numerators and denominators that a solution modulo `LARGE_PRIME` shows
EFFORT = 600.0  # estimated seconds that one upper bound may cost
LARGEST_EVIDENCE = 2**27  # bits of all coefficients together; in decimals a certificate has 40 MB
SMALL_EVIDENCE = 2**20
COPIED = 2**20  # entries that are verified at a time
COPY = 80  # bytes of an entry as a Python integer in a list and in a matrix of FLINT, if it is short
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
        if isinstance(entries.denominators, int) and _are_small_integers(entries.numbers):
            # a common denominator changes neither the rank nor which minors vanish, if it is a unit modulo p
            residue_inverse(entries.denominators, point.modulus)
            # as they are stored, int64: residues are taken tile by tile; floats are copied, to be overwritten
            return entries.numbers if entries.numbers.dtype == np.int64 else entries.numbers.copy()
        return entries.residues(point.modulus)

    def part(self, rows: slice) -> RationalMatrix:
        """Return the matrix of some rows."""
        return RationalMatrix(self.entries[rows])

    def nonzero_lines(self, axis: int) -> Indices:
        """Return the rows (axis 0) or columns (axis 1) that are not zero."""
        return np.flatnonzero(np.asarray(self.entries.numbers != 0).any(axis=1 - axis)).astype(np.intp)

    def distinct_lines(self, axis: int) -> Indices:
        """Return one index for every different non-zero row (axis 0) or column (axis 1)."""
        return self._classes.representatives(axis)

    @cached_property
    def _classes(self) -> LineClasses:
        return by_entries(self.entries)

    def inherited(self) -> tuple[int, Evidence] | None:
        """Return nothing: there is no simpler matrix behind this one."""
        return None

    def relations(self, axis: int, rows: Indices, columns: Indices, point: EvaluationPoint) -> tuple[Relation, ...]:
        """Return verified relations between rows (axis 0) or columns (axis 1).

        One solution modulo a 62-bit prime shows relations of small height, and which lines the others involve. Those
        that involve the same lines are lifted together, unless vanishing minors are easier to check.
        """
        matrix, lines, crossing, others = self.split(axis, rows, columns)
        if not len(lines) or not len(others) or len(lines) * len(others) > SMALL_SOLUTION:
            return ()
        if not fits_memory(COPY * len(lines) * (len(lines) + 2 * len(others))):
            return ()
        minor, rest = matrix[np.ix_(lines, crossing)], matrix[np.ix_(others, crossing)]
        found: list[Relation] = []
        supports: dict[int, tuple[int, ...]] = {}
        images = solve_modulo(minor.tolist(), rest.tolist(), LARGE_PRIME)
        for other, x in zip(others.tolist(), images, strict=False):
            support = np.flatnonzero(x)
            supports[other] = tuple(lines[support].tolist())
            values = rationals([x[i] for i in support], LARGE_PRIME)
            if values is not None:
                found.append(relation(other, supports[other], values))
        kept = verified(matrix, found)
        for each in kept:
            del supports[each.leading]
        groups: dict[tuple[int, ...], list[int]] = {}
        for other, involved in supports.items():
            groups.setdefault(involved, []).append(other)
        bits = self._bits_worth_lifting(groups, matrix.shape[1], len(rows) + 1) if groups else 0
        if bits > KNOWN_HEIGHT:
            for involved, together in groups.items():
                kept += self._lifted(matrix, np.array(involved, dtype=np.intp), crossing, np.array(together), bits)
        return kept

    def zero_block(self) -> None:
        """Return nothing: over Q the kernel is a block that relations prove."""
        return

    def settled(self, rows: Indices, columns: Indices, progress: Progress | None = None) -> Evidence | None:
        """Decide whether the rank is larger than the order of this minor.

        Returns
        -------
        VanishingMinors, ModularMinor or None
            That all minors of the next order vanish: by a lifting of all other lines, or by ranks modulo enough 62-bit
            primes. Or a larger minor, modulo one of them. None if either would take too long to check.
        """
        from flint import fmpz, fmpz_mat, nmod_mat

        (m, n), order = self.shape, len(rows) + 1
        count, seconds = self._primes(order), self._seconds_of_primes(order)
        if seconds > EFFORT or not fits_memory(COPY * m * n):
            return None
        matrix, denominator = fmpz_mat(m, n, self._integers.ravel().tolist()), self._scaled[1]
        vanishing = False
        primes: list[str] = []
        prime = LARGE_PRIME + 2
        while len(primes) < count:
            prime -= 2
            if not fmpz(prime).is_prime() or denominator % prime == 0:
                continue
            if not vanishing:
                minor = _larger_minor(nmod_mat(matrix, prime), order)
                if minor is not None:
                    return ModularMinor(str(prime), None, *minor)
                vanishing = not primes and self._vanish(rows, columns, seconds)
            primes.append(str(prime))
            if progress is not None:
                progress("vanishing minors", len(primes), count)
        return VanishingMinors(tuple(primes))

    def split(self, axis: int, rows: Indices, columns: Indices) -> tuple[NDArray[Any], Indices, Indices, Indices]:
        """Return the matrix with its lines as rows, those of the minor, what crosses them, and all other lines."""
        matrix = self._integers if axis == 0 else self._integers.T
        lines, crossing = (rows, columns) if axis == 0 else (columns, rows)
        return matrix, lines, crossing, np.setdiff1d(np.arange(len(matrix)), lines)

    def _bits_worth_lifting(self, groups: dict[tuple[int, ...], list[int]], width: int, order: int) -> int:
        """Bits that a coefficient may have where relations are no dear evidence.

        That is, little of it, or less work for the checker than vanishing minors of this order.
        """
        coefficients = sum((len(involved) + 1) * len(together) for involved, together in groups.items())
        # products of the coefficients with integers of a word, and reading: seconds for each bit of all coefficients
        per_bit = coefficients * (1e-11 * width + 3e-8)
        bits = min(LARGEST_EVIDENCE // coefficients, int(self._seconds_of_primes(order) / per_bit))
        return max(bits, SMALL_EVIDENCE // coefficients)

    def _lifted(
        self, matrix: NDArray[Any], lines: Indices, crossing: Indices, left: Indices, bits: int
    ) -> tuple[Relation, ...]:
        """Return relations of lines that are left with the given ones, of coefficients of so many bits at most."""
        if not len(lines):
            return ()
        bits = min(bits, self.hadamard_bits(len(lines)))  # enough by Cramer's rule
        lifting = Lifting.of(matrix[lines], crossing)
        if (
            lifting is None
            or lifting.seconds(len(left), bits) > EFFORT
            or not fits_memory(lifting.bytes(len(left), bits))
        ):
            return ()
        solution = solved(lifting, matrix[left], bits)
        if solution is None:
            return ()
        found, chosen = left[solution.rows].tolist(), lines.tolist()
        return tuple(relation(other, chosen, x) for other, x in zip(found, solution.fractions(), strict=True))

    def _vanish(self, rows: Indices, columns: Indices, seconds: float) -> bool:
        """Whether a lifting that takes less time proves that all other lines are combinations of those of the minor."""
        (m, n), order = self.shape, len(rows)
        axis = int((m - order) * (order + n) > (n - order) * (order + m))
        matrix, lines, crossing, others = self.split(axis, rows, columns)
        if not len(lines):
            return False
        bits = self.hadamard_bits(order)  # of each numerator and of the denominator, by Cramer's rule
        lifting = Lifting.of(matrix[lines], crossing)
        if (
            lifting is None
            or lifting.seconds(len(others), bits) > seconds
            or not fits_memory(lifting.bytes(len(others)))
        ):
            return False
        solution = solved(lifting, matrix[others], bits, keep=False)
        return solution is not None and len(solution.rows) == len(others)

    @cached_property
    def _scaled(self) -> tuple[NDArray[Any], int]:
        return self.entries.integers()

    @property
    def _integers(self) -> NDArray[Any]:
        """The entries times one common denominator, as Python integers."""
        return self._scaled[0]

    @cached_property
    def _norms(self) -> tuple[list[int], list[int]]:
        return squared_norms(self._integers), squared_norms(self._integers.T)

    def hadamard_bits(self, order: int) -> int:
        """Bits of the Hadamard bound of all minors of this order, by rows or by columns, whichever is smaller."""
        return min(hadamard_bits(norms, order) for norms in self._norms)

    def _primes(self, order: int) -> int:
        """How many primes between 2^61 and 2^62 have a product above all minors of this order."""
        return self.hadamard_bits(order) // 61 + 1

    def _seconds_of_primes(self, order: int) -> float:
        """Estimate the seconds that the ranks modulo all these primes take."""
        # FLINT, one core: 2000 x 2000 of full rank in 0.6 s, that is 9e9 multiply-adds a second
        m, n = self.shape
        return self._primes(order) * (m * n * order / 9e9 + m * n * 5e-9)


def verified(matrix: NDArray[Any], candidates: Sequence[Relation]) -> tuple[Relation, ...]:
    """Those candidates that hold in every column; columns come in chunks, so that few numbers are copied at a time."""
    from flint import fmpz_mat

    kept, width = list(candidates), matrix.shape[1]
    step = max(1, COPIED // max(1, len(candidates) + len(matrix)))
    for start in range(0, width, step):
        if not kept:
            break
        used = sorted({i for candidate in kept for i, _ in candidate.coefficients})
        position = {line: index for index, line in enumerate(used)}
        factors = fmpz_mat(len(kept), len(used))
        for row, candidate in enumerate(kept):
            for i, c in candidate.coefficients:
                factors[row, position[i]] = c
        chunk = matrix[used, start : start + step]
        product = factors * fmpz_mat(chunk.tolist())
        kept = [c for c, values in zip(kept, product.tolist(), strict=True) if not any(values)]
    return tuple(kept)


def _larger_minor(image: nmod_mat, order: int) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Rows and columns of a largest regular minor modulo a prime; None if it is smaller than this order."""
    if image.rank() < order:
        return None
    # independent rows and independent columns, as many as the rank, meet in a regular minor
    return _pivots(image.transpose()), _pivots(image)


def _pivots(image: nmod_mat) -> tuple[int, ...]:
    """Columns that are no combinations of those before them."""
    reduced, rank = image.rref()
    return tuple(next(j for j, x in enumerate(row) if x) for row in reduced.tolist()[:rank])


def squared_norms(rows: NDArray[Any]) -> list[int]:
    """Squares of the Euclidean norms of rows of Python integers, rounded up, the largest first; at least 1."""
    if not rows.size or max(-rows.min(), rows.max()) < 2**400:
        sums = np.square(rows.astype(np.float64)).sum(axis=1)
        # a sum below 2^53 is that of exact squares; else 2^30 terms have a relative error below 2^-22
        squares = [int(x) if x < 2**53 else int(x * (1 + 2.0**-20)) for x in sums.tolist()]
    else:
        squares = [sum(x * x for x in row) for row in rows.tolist()]
    return sorted((max(1, square) for square in squares), reverse=True)


def hadamard_bits(norms: list[int], order: int) -> int:
    """Bits b with |minor| < 2**b for every minor of this order: the product of the largest Euclidean row norms.

    Examples
    --------
    >>> hadamard_bits(squared_norms(np.array([[3, 4], [0, 1]], dtype=object)), 2)  # sqrt(25 * 1) = 5 < 2**3
    3
    """
    return math.isqrt(math.prod(norms[:order])).bit_length()


def _are_small_integers(numbers: NDArray[Any]) -> bool:
    if numbers.dtype == object:
        return False
    within = bool((numbers >= -SMALL_INTEGERS).all() and (numbers <= SMALL_INTEGERS).all())
    return within and (numbers.dtype == np.int64 or bool((numbers == np.rint(numbers)).all()))
