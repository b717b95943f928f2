"""Certified lower bounds on the rank of a matrix of balls.

Search: from the midpoints in float64 a well-conditioned block is chosen, ball arithmetic eliminates it (which proves
that it is non-singular), and the next block is chosen in the Schur complement, by rank F = order of the block + rank of
the complement. When every entry left contains zero, the
precision is doubled. Proof: the determinant of the minor found, in ball arithmetic, excludes zero.

Balls give no upper bound: a ball that contains zero decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.balls import working_precision
from exactcnn.errors import InputError
from exactcnn.linalg.preconditioned import chosen_minor

if TYPE_CHECKING:
    from flint import arb

Rows = list[list["arb"]]

FIRST_PRECISION = 64
# What is left of the last column of a block is at least this part of the longest: float64 still sees it clearly, and of
# 64 bits elimination loses at most about half per block.
PIVOT_RANGE = 2.0**-28
# The determinant is proven with this many bits to spare, so that another evaluation of the same entries, with
# slightly wider balls, excludes zero as well.
SPARE_BITS = 16


class RegularMinor(NamedTuple):
    """Rows and columns (ascending) of a minor whose determinant excludes zero at this precision.

    A reader who encloses the entries less tightly can take any higher precision.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    precision: int


def regular_minor(
    entries: Callable[[int], Rows],
    shape: tuple[int, int],
    *,
    most: int | None = None,
    max_precision: int = 1024,
    progress: Callable[[int, int], None] | None = None,
) -> RegularMinor:
    """Find a square submatrix, as large as the precision allows, that is proven non-singular.

    Its order is a lower bound on the rank; nothing is said about an upper bound. Of a 300 x 300 matrix of full rank
    the answer takes about a second.

    Parameters
    ----------
    entries : callable
        Gives N rows of n balls that enclose the matrix, at a precision in bits; called at that working precision.
    shape : (int, int)
        (N, n).
    most : int, optional
        A bound that the rank is known not to exceed: there the search ends.
    max_precision : int
        The search does not go beyond this many bits (at least 64). Only the proof of a minor already found may, up
        to 4 times as many.
    progress : callable, optional
        Called with the order proven so far at this precision, and the precision, after each block.

    Returns
    -------
    RegularMinor
        Order 0 if no entry could be told from zero.

    Raises
    ------
    InputError
        If max_precision is below 64.

    References
    ----------
    .. [1] F. Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic", IEEE Trans.
       Computers 66 (2017).

    Examples
    --------
    >>> from fractions import Fraction
    >>> from exactcnn.domains.balls import ball
    >>> regular_minor(lambda bits: [[ball(Fraction(1, 3)), ball(1)], [ball(1), ball(3)]], (2, 2))
    RegularMinor(rows=(1,), columns=(1,), precision=64)
    """
    if max_precision < FIRST_PRECISION:
        raise InputError(f"max_precision = {max_precision}; expected at least {FIRST_PRECISION} bits")
    full = min(shape) if most is None else most
    best, precision = RegularMinor((), (), FIRST_PRECISION), FIRST_PRECISION
    while full and precision <= max_precision:
        with working_precision(precision):
            rows, columns = _eliminated(entries(precision), shape, precision, progress)
        if len(rows) > len(best.rows):
            best = RegularMinor(tuple(rows), tuple(columns), precision)
        if len(best.rows) == full:
            break
        precision *= 2
    return _provable(entries, best, 4 * max_precision)


def _eliminated(
    matrix: Rows, shape: tuple[int, int], precision: int, progress: Callable[[int, int], None] | None
) -> tuple[list[int], list[int]]:
    """Rows and columns of pivots, in the order of elimination; the minor of each leading part is non-zero."""
    rows, columns = list(range(shape[0])), list(range(shape[1]))
    chosen: tuple[list[int], list[int]] = [], []
    while rows and columns:
        pivots, complement = _next_block(matrix)
        if not pivots:
            break
        matrix = complement
        for lines, taken, axis in ((rows, chosen[0], 0), (columns, chosen[1], 1)):
            indices = [pivot[axis] for pivot in pivots]
            taken.extend(lines[i] for i in indices)
            lines[:] = [line for i, line in enumerate(lines) if i not in set(indices)]
        if progress is not None:
            progress(len(chosen[0]), precision)
    return chosen


def _next_block(matrix: Rows) -> tuple[list[tuple[int, int]], Rows]:
    """Choose pivots as far as elimination proves them, and eliminate; none if every entry contains zero.

    The choice is made in floats: entries that contain zero count as zero, and every row is scaled by a power of two.
    """
    values = np.array([_scaled_row(row) for row in matrix])
    most = min(values.shape)
    while True:
        pivots = list(zip(*map(np.ndarray.tolist, chosen_minor(values, most, PIVOT_RANGE)), strict=True))
        complement = _schur_complement(matrix, pivots)
        if complement is not None:
            return pivots, complement
        most = len(pivots) // 2  # a single pivot, if there is one, excludes zero and never fails


def _schur_complement(matrix: Rows, pivots: list[tuple[int, int]]) -> Rows | None:
    """Complement D - C A^-1 B of the block A at the pivots, or None if A is not proven non-singular."""
    from flint import arb_mat

    if not pivots:
        return matrix
    rows, columns = zip(*pivots, strict=True)
    used_rows, used_columns = set(rows), set(columns)
    other_rows = [i for i in range(len(matrix)) if i not in used_rows]
    other_columns = [j for j in range(len(matrix[0])) if j not in used_columns]
    last = not other_rows or not other_columns  # nothing to eliminate: any right-hand side that is solved for will do
    right = [[matrix[i][j] for j in (columns[:1] if last else other_columns)] for i in rows]
    try:
        solution = arb_mat([[matrix[i][j] for j in columns] for i in rows]).solve(arb_mat(right))
    except ZeroDivisionError:
        return None
    if last:
        return []
    left = arb_mat([[matrix[i][j] for j in columns] for i in other_rows])
    corner = arb_mat([[matrix[i][j] for j in other_columns] for i in other_rows])
    complement: Rows = (corner - left * solution).tolist()
    return complement


def _scaled_row(row: list[arb]) -> NDArray[np.float64]:
    parts = [(0, 0) if not value.is_finite() or value.contains(0) else value.mid().man_exp() for value in row]
    mantissas = [int(mantissa) for mantissa, _ in parts]
    exponents = [
        int(exponent) + mantissa.bit_length() for mantissa, (_, exponent) in zip(mantissas, parts, strict=True)
    ]
    top = max((e for m, e in zip(mantissas, exponents, strict=True) if m), default=0)
    values = [
        math.ldexp(mantissa / 2 ** mantissa.bit_length(), max(exponent - top, -1100))  # int / int rounds correctly
        for mantissa, exponent in zip(mantissas, exponents, strict=True)
    ]
    return np.array(values)


def _provable(entries: Callable[[int], Rows], minor: RegularMinor, max_precision: int) -> RegularMinor:
    """Raise the precision until the determinant of the minor excludes zero; failing that, drop its last pivots."""
    from flint import arb_mat

    rows, columns, precision = minor
    while rows:
        ascending = RegularMinor(tuple(sorted(rows)), tuple(sorted(columns)), precision)
        with working_precision(precision):
            matrix = entries(precision)
            determinant = arb_mat([[matrix[i][j] for j in ascending.columns] for i in ascending.rows]).det()
        last = 2 * precision > max_precision
        if not determinant.contains(0) and (last or determinant.rel_accuracy_bits() >= SPARE_BITS):
            return ascending
        if not last:
            precision *= 2
        else:
            rows, columns, precision = rows[:-1], columns[:-1], minor.precision
    return RegularMinor((), (), FIRST_PRECISION)
