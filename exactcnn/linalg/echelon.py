"""Reduced echelon form of a panel over GF(p): the part of elimination that looks for pivots.

The usual panel has an invertible square among its first columns: its inverse, found by 2 x 2 block recursion in cache,
reduces the panel in one product. Any other panel (dead units, repeated rows, structural zeros) is halved until the
pivots are found row by row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.residues import Floats, Modulus
from exactcnn.linalg.backends import Backend

Indices = NDArray[np.intp]

LEAF = 128  # rows of a panel that one inverse reduces
SLACK = 32  # columns beyond as many that its pivots are looked for in: random ones fail with probability p**-33
BASE = 16  # blocks of this size are eliminated row by row
STEP = 1024  # products between two reductions, at most: as many rows of a strip stay in cache


def subtract(target: Any, left: Any, right: Any, field: Modulus, backend: Backend) -> None:
    """Take left @ right from reduced residues, in place, and reduce them; the right factor as it is stored.

    Examples
    --------
    >>> from exactcnn.linalg.backends import OnNumpy
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
    lower = cleared(panel[half:], order, upper, field, backend)
    more_rows, more_order, lower = echelon_form(lower, field, backend)
    upper = cleared(upper, more_order, lower, field, backend)
    rank = len(rows)
    order = np.concatenate([order[:rank], order[rank:][more_order]])
    return np.concatenate([rows, half + more_rows]), order, backend.concatenate([upper, lower])


def cleared(rows: Any, order: Indices, echelon: Any, field: Modulus, backend: Backend) -> Any:
    """Rows less the combinations of eliminated ones that clear the columns of their pivots, beyond these.

    The order, in which the rows are put, and the echelon form, as it is stored, are those of `echelon_form`.
    """
    rank = len(echelon)
    permute(rows, order)
    rest = backend.load(rows[:, rank:], field, copy=True)
    subtract(rest, rows[:, :rank], echelon, field, backend)
    return rest


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
        found = nmod_mat(square.shape[0], square.shape[1], entries, field.p).inv().entries()
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
