"""Elimination over GF(p) on BLAS: which rows and columns form a largest non-singular minor.

Residues are centred. With |residue| <= b, a sum of K products and one residue is an exact float, and can be reduced,
as long as K b**2 + b <= 2**53 - b (2**24 - b in float32): K = 32 700 for p = 2**20, and 1268 for p = 227 in float32,
so that products accumulate unreduced, and reductions all but vanish beside them. A small prime is stored in one byte.

The work is done a panel of rows at a time, and in place: the rows of the panel are cleared by those that were
eliminated before, strip of columns by strip, so that a strip stays in cache until it is done; they are brought to
reduced echelon form, and take their place behind the earlier ones. A row is read once and written once, whatever the
number of panels. The usual panel has an invertible square among its first columns: its inverse, found by 2 x 2 block
recursion in cache, reduces the panel in one product. Any other panel (dead units, repeated rows, structural zeros) is
halved until the pivots are found row by row.

References
----------
.. [1] J.-G. Dumas, P. Giorgi, C. Pernet, "Dense linear algebra over word-size prime fields: the FFLAS and
   FFPACK packages", ACM TOMS 35 (2008): delayed reductions, elimination by blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.residues import Floats, Modulus
from exactcnn.linalg.backends import Backend, OnNumpy

Indices = NDArray[np.intp]

LEAF = 128  # rows of a panel that one inverse reduces
SLACK = 32  # columns beyond as many that its pivots are looked for in: random ones fail with probability p**-33
BASE = 16  # blocks of this size are eliminated row by row
STEP = 1024  # products between two reductions, at most: as many rows of a strip stay in cache


def independent_minor(
    matrix: NDArray[Any],
    modulus: int,
    *,
    overwrite: bool = False,
    backend: Backend | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Indices, Indices]:
    """Rows and columns of a largest non-singular minor modulo a prime.

    Parameters
    ----------
    matrix : ndarray (m, n)
        Integers of size <= 2**52, of any type. Tall matrices are eliminated as they stand, wide ones transposed, so
        that elimination stops at min(m, n) independent lines.
    modulus : int
        A prime, 2**5 < p < 2**20. Below 2**9 the work is done in float32: twice as fast, and unlucky more often.
    overwrite : bool
        Allow a C-contiguous matrix of the type in which residues are stored to be destroyed instead of copied.
    backend : Backend, optional
        Where the work is done; by default NumPy.
    progress : callable, optional
        Called with (lines done, lines in all) after every round.

    Returns
    -------
    rows, columns : ndarray of int
        Equally many, in order of elimination; their number is the rank modulo p. The minor is non-zero modulo p,
        hence non-zero for every matrix of integers with these residues.

    Examples
    --------
    >>> rows, columns = independent_minor(np.array([[1, 2], [2, 4], [0, 5]]), 1048343)
    >>> rows.tolist(), columns.tolist()
    ([0, 2], [0, 1])
    """
    field, backend = Modulus(modulus), OnNumpy() if backend is None else backend
    if matrix.shape[0] < matrix.shape[1]:
        columns, rows = independent_minor(matrix.T, modulus, backend=backend, progress=progress)
        return rows, columns
    work = Elimination.of(residues(matrix, field, overwrite=overwrite), field, backend)
    while not work.finished:
        work = work.advanced()
        if progress is not None:
            progress(work.start, len(matrix))
    return work.rows, work.columns


def residues(matrix: NDArray[Any], field: Modulus, *, overwrite: bool = False) -> NDArray[Any]:
    """Return centred residues of integers of size <= 2**52 as they are stored, in C order and in memory of their own.

    Examples
    --------
    >>> found = residues(np.array([[228, -1]]), Modulus(227))
    >>> found.tolist(), found.dtype.name
    ([[1, -1]], 'int8')
    """
    own = overwrite and matrix.dtype == field.stored and matrix.flags.c_contiguous
    result = matrix if own else np.empty(matrix.shape, dtype=field.stored)
    step = max(1, 2**16 // max(1, matrix.shape[1]))
    for start in range(0, len(matrix), step):
        tile = matrix[start : start + step].astype(np.float64)  # small ones too: 2^52 is below every limit of `reduce`
        field.reduce(tile)
        result[start : start + step] = tile
    return result


@dataclass(frozen=True)
class Elimination:
    """A matrix, some of whose rows are eliminated; the memory behind it is that of all its successors.

    Attributes
    ----------
    work : (m, n)
        In the first `done` rows the eliminated ones, what is left of them beyond their pivots; from row `start` on,
        those to come.
    order : ndarray of int (n,)
        Which column of the matrix stands at a place; pivots stand in front.
    pivots : tuple of ndarray
        Rows of the pivots, for each round that found any.
    """

    work: Any
    field: Modulus
    backend: Backend
    order: Indices
    pivots: tuple[Indices, ...] = ()
    start: int = 0

    @classmethod
    def of(cls, stored: NDArray[Any], field: Modulus, backend: Backend) -> Elimination:
        """Begin with stored residues, which are overwritten."""
        return cls(backend.put(stored), field, backend, np.arange(stored.shape[1]))

    @property
    def done(self) -> int:
        """How many pivots are found."""
        return sum(map(len, self.pivots))

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to find."""
        return self.start >= self.work.shape[0] or self.done == self.work.shape[1]

    @property
    def rows(self) -> Indices:
        """Rows of the minor, in order of elimination."""
        return np.concatenate([np.empty(0, dtype=np.intp), *self.pivots])

    @property
    def columns(self) -> Indices:
        """Columns of the minor, in order of elimination."""
        return self.order[: self.done].copy()

    def advanced(self) -> Elimination:
        """Eliminate the next panel."""
        stop, done = min(self.start + self.backend.panel, self.work.shape[0]), self.done
        panel = self._cleared(self.start, stop)
        rows, order, echelon = echelon_form(panel, self.field, self.backend)
        if not len(rows):
            return replace(self, start=stop)
        rank = len(rows)
        permute(self.work[:, done:], order)
        self.work[done : done + rank, done + rank :] = echelon
        columns = np.concatenate([self.order[:done], self.order[done:][order]])
        return replace(self, order=columns, pivots=(*self.pivots, self.start + rows), start=stop)

    def _cleared(self, start: int, stop: int) -> Any:
        """Rows less the combinations of eliminated rows that clear the columns of their pivots, beyond these."""
        height, done, width = stop - start, self.done, self.work.shape[1]
        factors = self.backend.empty((height, done), self.field)
        result = self.backend.empty((height, width - done), self.field)
        ends = np.cumsum([len(rows) for rows in self.pivots]).tolist()
        strips = zip([0, *ends], ends, strict=False)  # eliminated rows of one round: an identity on their pivots
        for left, right in strips:
            factors[:, left:right] = self._strip(start, stop, left, right, factors)
        for left in range(done, width, self.backend.strip):
            right = min(left + self.backend.strip, width)
            result[:, left - done : right - done] = self._strip(start, stop, left, right, factors)
        return result

    def _strip(self, start: int, stop: int, left: int, right: int, factors: Any) -> Any:
        """Rows less the eliminated ones times their factors, as far as these are known, on some columns."""
        known = min(left, self.done)
        strip = self.backend.load(self.work[start:stop, left:right], self.field, copy=True)
        subtract(strip, factors[:, :known], self.work[:known, left:right], self.field, self.backend)
        return strip


def subtract(target: Any, left: Any, right: Any, field: Modulus, backend: Backend) -> None:
    """Take left @ right from reduced residues, in place, and reduce them; the right factor as it is stored.

    Examples
    --------
    >>> rest = np.array([[5.0]])
    >>> subtract(rest, np.array([[2.0]]), np.array([[-3.0]]), Modulus(8209), OnNumpy())
    >>> rest.tolist()
    [[11.0]]
    """
    product = backend.empty(target.shape, field)
    step = min(STEP, field.products)  # a residue and so many products are exact
    for first in range(0, left.shape[1], step):
        last = first + step
        target -= backend.multiply(left[:, first:last], backend.load(right[first:last], field, copy=False), product)
        backend.reduce(target, field)


def echelon_form(panel: Any, field: Modulus, backend: Backend) -> tuple[Indices, Indices, Any]:
    """Pivot rows, an order of the columns with the pivots in front, and the reduced echelon form beyond them.

    The panel is reduced, and destroyed.
    """
    height, width = panel.shape
    if height <= min(LEAF, width):
        found = inverse(backend.get(panel[:, : height + SLACK]), field)
        if found is not None:
            order = _in_front(found[0], width)
            permute(panel, order)
            rest = backend.multiply(
                backend.put(found[1]), panel[:, height:], backend.empty((height, width - height), field)
            )
            backend.reduce(rest, field)
            return np.arange(height), order, rest
    if not panel.any():  # or no columns are left
        return np.empty(0, dtype=np.intp), np.arange(width), panel[:0]
    if height <= BASE:
        return _echelon_by_rows(panel, field, backend)
    half = height // 2
    rows, order, upper = echelon_form(panel[:half], field, backend)
    lower, rank = panel[half:], len(rows)
    permute(lower, order)
    factors, lower = lower[:, :rank], backend.load(lower[:, rank:], field, copy=True)
    subtract(lower, factors, upper, field, backend)
    more_rows, more_order, lower = echelon_form(lower, field, backend)
    permute(upper, more_order)
    more = len(more_rows)
    factors, upper = upper[:, :more], backend.load(upper[:, more:], field, copy=True)
    subtract(upper, factors, lower, field, backend)
    order = np.concatenate([order[:rank], order[rank:][more_order]])
    return np.concatenate([rows, half + more_rows]), order, backend.concatenate([upper, lower])


def _echelon_by_rows(panel: Any, field: Modulus, backend: Backend) -> tuple[Indices, Indices, Any]:
    """Gauss-Jordan, one row at a time: the only place where single pivots are looked for in all columns."""
    work = backend.get(panel).copy()
    rows: list[int] = []
    columns: list[int] = []
    for i in range(len(work)):
        column = int(np.argmax(work[i] != 0))
        if work[i, column] == 0:
            continue
        _clear(work, i, column, field)
        rows.append(i)
        columns.append(column)
    order = _in_front(np.array(columns, dtype=np.intp), work.shape[1])
    return np.array(rows, dtype=np.intp), order, backend.put(work[rows][:, order[len(rows) :]])


def _clear(work: Floats, row: int, column: int, field: Modulus) -> None:
    """Make work[row, column] one and the rest of that column zero."""
    work[row] *= pow(int(work[row, column]), -1, field.p)
    field.reduce(work[row])
    factors = work[:, column].copy()
    factors[row] = 0
    work -= factors[:, None] * work[row]
    field.reduce(work)


def inverse(rows: Floats, field: Modulus) -> tuple[Indices, Floats] | None:
    """Return columns on which centred residues have an invertible square, and its inverse; None for dependent rows.

    Examples
    --------
    >>> columns, square = inverse(np.array([[0.0, 2.0, 1.0], [0.0, 0.0, 1.0]]), Modulus(8209))
    >>> columns.tolist(), square.tolist()
    ([1, 2], [[-4104.0, 4104.0], [0.0, 1.0]])
    """
    size, width = rows.shape
    if size <= BASE:
        usual = _inverse_by_flint(rows[:, :size], field)
        if usual is not None:
            return np.arange(size), usual
        work, columns = np.concatenate([rows, np.eye(size, dtype=rows.dtype)], axis=1), []
        for i in range(size):
            columns.append(int(np.argmax(work[i, :width] != 0)))
            if work[i, columns[i]] == 0:
                return None
            _clear(work, i, columns[i], field)
        return np.array(columns, dtype=np.intp), work[:, width:]
    half = size // 2
    upper = inverse(rows[:half], field)
    if upper is None:
        return None
    first, a = upper
    others, below = np.delete(np.arange(width), first), rows[half:, first]
    right = field.times(a, rows[:half, others])
    schur = rows[half:, others] - below @ right
    field.reduce(schur)
    lower = inverse(schur, field)
    if lower is None:
        return None
    second, d = lower
    a_right, below_a = right[:, second], field.times(below, a)
    corner = -field.times(d, below_a)
    top = a - a_right @ corner
    field.reduce(top)
    return np.concatenate([first, others[second]]), np.block([[top, -field.times(a_right, d)], [corner, d]])


def _inverse_by_flint(square: Floats, field: Modulus) -> Floats | None:
    """Inverse of a small square: five times as fast as elimination row by row in NumPy, whose calls take longer."""
    from flint import nmod_mat

    entries = (square.astype(np.int64) % field.p).ravel().tolist()
    try:
        found = nmod_mat(*square.shape, entries, field.p).inv().entries()
    except (ValueError, ZeroDivisionError):  # no square, or a singular one
        return None
    result = np.array(list(map(int, found)), dtype=field.dtype).reshape(square.shape)
    field.reduce(result)
    return result


def _in_front(columns: Indices, width: int) -> Indices:
    """Order of columns with these in front, in their order; those that they displace take their places."""
    order, rank = np.arange(width), len(columns)
    order[columns[columns >= rank]] = np.setdiff1d(order[:rank], columns)
    order[:rank] = columns
    return order


def permute(matrix: Any, order: Indices) -> None:
    """Put the columns in an order, in place; only those that move are touched."""
    moved = np.flatnonzero(order != np.arange(len(order)))
    if len(moved):
        matrix[:, moved] = matrix[:, order[moved]]
