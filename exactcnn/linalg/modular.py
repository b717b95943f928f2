"""Elimination over GF(p) on BLAS: which rows and columns form a largest non-singular minor.

Residues are centred and stored as float64. With |residue| <= B, a sum of K products and one residue is an exact
float, and can be reduced, as long as K * B**2 + B <= 2**53 - B, so products accumulate unreduced: an entry of the
trailing matrix is reduced once, when its row becomes a panel or its column becomes a pivot column. For p < 2**20 that
holds for K = 32 700, and reductions all but vanish beside the matrix products.

One round takes a panel of rows, brings it to reduced echelon form and clears the pivot columns below with one
product. The usual panel has an invertible leading square: its inverse, found by 2 x 2 block recursion in cache,
reduces the panel in one product. Any other panel (dead units, repeated rows, structural zeros) is halved until the
pivots are found row by row.

References
----------
.. [1] J.-G. Dumas, P. Giorgi, C. Pernet, "Dense linear algebra over word-size prime fields: the FFLAS and
   FFPACK packages", ACM TOMS 35 (2008): delayed reductions, elimination by blocks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.residues import Floats, Modulus

Indices = NDArray[np.intp]

PANEL = 128  # rows per round; 64 costs 20 % more, 256 gains 5 % (n = 2000, 4000) but doubles the slow path
BASE = 16  # blocks of this size are eliminated row by row


def independent_minor(
    matrix: NDArray[np.int64] | Floats,
    modulus: int,
    *,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Indices, Indices]:
    """Rows and columns of a largest non-singular minor modulo a prime.

    Parameters
    ----------
    matrix : ndarray (m, n)
        Integers of size <= 2**52, as int64 or float64. Tall matrices are eliminated as they stand, wide ones
        transposed, so that elimination stops at min(m, n) independent lines.
    modulus : int
        A prime, 2**13 < p < 2**20.
    overwrite : bool
        Allow a C-contiguous float64 matrix to be destroyed instead of copied.
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
    field = Modulus(modulus)
    m, n = matrix.shape
    if m < n:
        columns, rows = independent_minor(matrix.T, modulus, progress=progress)
        return rows, columns
    work = np.ascontiguousarray(matrix, dtype=np.float64)
    if work is matrix and not overwrite:
        work = work.copy()
    return _eliminate(work, field, progress)


def _eliminate(work: Floats, field: Modulus, progress: Callable[[int, int], None] | None) -> tuple[Indices, Indices]:
    m, n = work.shape
    field.reduce(work)
    order = np.arange(n)  # order[j]: original column now at position j
    pivot_rows: list[Indices] = []
    done, pending = 0, 0  # pivot columns so far; products accumulated since the last full reduction
    for start in range(0, m, PANEL):
        if done == n:
            break
        panel = work[start : start + PANEL, done:]
        below = work[start + PANEL :, done:]
        field.reduce(panel)
        rows, columns, echelon = _panel(panel, field)
        rank = len(rows)
        if rank:
            pivot_rows.append(start + rows)
            _to_front(order[None, done:], columns)
            _to_front(below, columns)
            if pending + rank > field.products:
                field.reduce(below)
                pending = 0
            left = np.ascontiguousarray(below[:, :rank])
            field.reduce(left)
            _subtract_product(below[:, rank:], left, echelon)
            pending += rank
            done += rank
        if progress is not None:
            progress(min(start + PANEL, m), m)
    found = np.concatenate(pivot_rows) if pivot_rows else np.empty(0, dtype=np.intp)
    return found, order[:done].astype(np.intp)


def _panel(panel: Floats, field: Modulus) -> tuple[Indices, Indices, Floats]:
    """Pivot rows and columns of a reduced panel, and its reduced echelon form without the identity on the pivots.

    The remaining columns of the echelon form stand in the order that `_to_front` leaves behind.
    """
    height, width = panel.shape
    if height <= width:
        inverted = inverse(panel[:, :height], field)
        if inverted is not None:
            identity = np.arange(height)
            return identity, identity, field.times(inverted, panel[:, height:])
    rows, columns, echelon = _echelon(panel, field)
    _to_front(echelon, columns)
    return rows, columns, np.ascontiguousarray(echelon[:, len(rows) :])


def _echelon(panel: Floats, field: Modulus) -> tuple[Indices, Indices, Floats]:
    """Pivot rows, pivot columns and reduced echelon form of any panel, by halves."""
    height = len(panel)
    if height <= BASE:
        return _echelon_by_rows(panel, field)
    half = height // 2
    rows, columns, upper = _echelon(panel[:half], field)
    lower_half = panel[half:] - np.ascontiguousarray(panel[half:, columns]) @ upper
    field.reduce(lower_half)
    more_rows, more_columns, lower = _echelon(lower_half, field)
    upper -= np.ascontiguousarray(upper[:, more_columns]) @ lower
    field.reduce(upper)
    return (
        np.concatenate([rows, half + more_rows]),
        np.concatenate([columns, more_columns]),
        np.concatenate([upper, lower]),
    )


def _echelon_by_rows(panel: Floats, field: Modulus) -> tuple[Indices, Indices, Floats]:
    """Gauss-Jordan, one row at a time: the only place where single pivots are looked for."""
    work = panel.copy()
    rows: list[int] = []
    columns: list[int] = []
    for i in range(len(work)):
        column = int(np.argmax(work[i] != 0))
        if work[i, column] == 0:
            continue
        _clear(work, i, column, field)
        rows.append(i)
        columns.append(column)
    return np.array(rows, dtype=np.intp), np.array(columns, dtype=np.intp), work[rows]


def _clear(work: Floats, row: int, column: int, field: Modulus) -> None:
    """Make work[row, column] one and the rest of that column zero."""
    work[row] *= pow(int(work[row, column]), -1, field.p)
    field.reduce(work[row])
    factors = work[:, column].copy()
    factors[row] = 0
    work -= factors[:, None] * work[row]
    field.reduce(work)


def inverse(square: Floats, field: Modulus) -> Floats | None:
    """Return the inverse of a square of centred residues if all its leading minors are regular; None otherwise.

    That of the minor that `independent_minor` returns, rows and columns in its order, is found.

    Examples
    --------
    >>> inverse(np.array([[2.0, 1.0], [0.0, 1.0]]), Modulus(8209)).tolist()
    [[-4104.0, 4104.0], [0.0, 1.0]]
    """
    size = len(square)
    if size <= BASE:
        work = np.concatenate([square, np.eye(size)], axis=1)
        for i in range(size):
            if work[i, i] == 0:
                return None
            _clear(work, i, i, field)
        return work[:, size:]
    half = size // 2
    a = inverse(square[:half, :half], field)
    if a is None:
        return None
    right, below = square[:half, half:], square[half:, :half]
    a_right = field.times(a, right)
    schur = square[half:, half:] - below @ a_right
    field.reduce(schur)
    d = inverse(schur, field)
    if d is None:
        return None
    below_a = field.times(below, a)
    corner = -field.times(d, below_a)
    top = a - a_right @ corner
    field.reduce(top)
    return np.block([[top, -field.times(a_right, d)], [corner, d]])


def _to_front(matrix: NDArray[np.generic], columns: Indices) -> None:
    """Swap columns so that `columns` stand in front in their order; the columns they displace take their places."""
    rank = len(columns)
    if np.array_equal(columns, np.arange(rank)):
        return
    late = columns[columns >= rank]
    free = np.setdiff1d(np.arange(rank), columns)
    pivots = matrix[:, columns]
    matrix[:, late] = matrix[:, free]
    matrix[:, :rank] = pivots


def _subtract_product(target: Floats, left: Floats, right: Floats) -> None:
    """target -= left @ right by row tiles, so that the product never needs a second full matrix."""
    rows = _tile_rows(target.shape[1])
    product = np.empty((min(rows, len(target)), target.shape[1]))
    for start in range(0, len(target), rows):
        tile = target[start : start + rows]
        np.matmul(left[start : start + rows], right, out=product[: len(tile)])
        np.subtract(tile, product[: len(tile)], out=tile)


def _tile_rows(width: int) -> int:
    """Rows of a tile of 8 MiB, or as many as a panel; any positive number would do."""
    return max(PANEL, (1 << 20) // max(1, width))
