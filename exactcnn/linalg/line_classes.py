"""Which samples have equal features, and which units are equal, constant or zero on all samples: exactly.

Entries n / d with a known bound |n| <= b are told apart by their residues modulo primes whose product exceeds 2 b, so
no entry is ever written out. Only what the primes so far have not told apart is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.residues import EvaluationPoint, Floats, images_modulo_primes

MOST_PRIMES = 400  # some 8000 bits


@dataclass(frozen=True, eq=False)
class LineClasses:
    """Equal lines of a matrix (N, n).

    Attributes
    ----------
    rows : ndarray of int (N,)
        The first row that equals each row.
    columns : ndarray of int (n,)
        The first column that equals each column.
    zero_rows, zero_columns, constant_columns : ndarray of bool
        Zero columns are constant, too.

    Examples
    --------
    >>> found = by_entries(ExactArray.from_array([[0, 1, 2, 1], [0, 1, 3, 1]]))
    >>> found.columns.tolist(), found.zero_columns.tolist(), found.constant_columns.tolist()
    ([0, 1, 2, 1], [True, False, False, False], [True, True, False, True])
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    zero_rows: NDArray[np.bool_]
    zero_columns: NDArray[np.bool_]
    constant_columns: NDArray[np.bool_]

    def representatives(self, axis: int) -> NDArray[np.intp]:
        """One index for every different non-zero row (axis 0) or column (axis 1)."""
        classes, zero = (self.rows, self.zero_rows) if axis == 0 else (self.columns, self.zero_columns)
        first = classes == np.arange(len(classes))
        return np.flatnonzero(first & ~zero).astype(np.intp)


def by_entries(entries: ExactArray) -> LineClasses:
    """The classes of a matrix whose entries are at hand."""
    codes = np.ascontiguousarray(entries.codes())
    zero: NDArray[np.bool_] = np.asarray(entries.numbers == 0).astype(bool)
    constant = (codes == codes[:1]).all(axis=0)
    zeros = np.asarray(zero.all(axis=1)), np.asarray(zero.all(axis=0))
    return LineClasses(_first_equal(codes), _first_equal(codes.T), *zeros, constant)


def by_images(
    image: Callable[[EvaluationPoint], Floats], shape: tuple[int, int], denominator: int, bound: Fraction
) -> LineClasses | None:
    """The classes of a matrix of entries n / denominator, |n / denominator| <= bound, from its images modulo primes.

    The difference of two numerators is at most 2 bound denominator in size: it is zero as soon as it vanishes modulo
    primes whose product exceeds that; so is a numerator. None where too many primes would be needed, or divide the
    denominator.
    """
    needed = 2 * bound * denominator
    if needed.numerator.bit_length() - needed.denominator.bit_length() > 20 * MOST_PRIMES:
        return None
    rows, columns = (_Lines(count) for count in shape)
    constant, product = np.ones(shape[1], dtype=bool), 1
    for p, residues in images_modulo_primes(image, 2 * MOST_PRIMES):
        values = residues.astype(np.int32)  # below 2^21
        rows.refine(values)
        columns.refine(values.T)
        constant &= (values == values[:1]).all(axis=0)
        product *= p
        if product > needed or (rows.settled and columns.settled and not constant.any()):
            return LineClasses(rows.classes, columns.classes, rows.zero, columns.zero, constant)
    return None


class _Lines:
    """Classes of lines that no prime has told apart so far."""

    def __init__(self, count: int) -> None:
        self.classes: NDArray[np.intp] = np.zeros(count, dtype=np.intp)
        self.zero = np.ones(count, dtype=bool)

    @property
    def settled(self) -> bool:
        """Whether further primes can tell nothing."""
        return not self.zero.any() and len(np.unique(self.classes)) == len(self.classes)

    def refine(self, lines: NDArray[np.int32]) -> None:
        """Split the classes by further images of the lines."""
        _, of_class, sizes = np.unique(self.classes, return_inverse=True, return_counts=True)
        together = np.flatnonzero(sizes[of_class] > 1)
        if together.size:
            keys = np.column_stack((self.classes[together].astype(np.int32), lines[together]))
            self.classes[together] = together[_first_equal(keys)]
        self.zero[self.zero] = ~lines[self.zero].any(axis=1)


def _first_equal(lines: NDArray[np.integer]) -> NDArray[np.intp]:
    """Index of the first line that equals each line."""
    lines = np.ascontiguousarray(lines)
    if not lines.shape[1]:
        return np.zeros(len(lines), dtype=np.intp)
    keys = lines.view(np.dtype((np.void, lines.dtype.itemsize * lines.shape[1]))).ravel()
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    found: NDArray[np.intp] = first[inverse].astype(np.intp)
    return found
