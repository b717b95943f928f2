"""A minor of a matrix of floats with error bounds, proved regular by an approximate inverse.

A is regular if |I - R A| < 1 in the norm of row sums, for any R: else A x = 0 for some x with |x| = 1, and
1 = |x - R A x| <= |I - R A|. With A = B + D, |D| <= E entry by entry, and the product R B computed in floats,

    |I - R A| <= max_i ( sum_j |I - fl(R B)|_ij + gamma (|R| (|B| 1))_i + (|R| (E 1))_i ),

so beside R B only products with vectors are needed. Rows and columns are scaled by powers of two before.

References
----------
.. [1] S. M. Rump, "Verification methods: rigorous results using floating-point arithmetic", Acta Numerica 19 (2010),
   sections 9.4 and 10.8.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.residues import Floats

Indices = NDArray[np.intp]

UNIT = 2.0**-53
SMALLEST = 2.0**-1074
BLOCK = 64  # columns that are chosen before the others are brought up to date
RANGE = 2.0**-48  # of a column: what is left of it beyond that is rounding


def regular_by_floats(values: Floats, errors: Floats, most: int) -> tuple[Indices, Indices]:
    """Find rows and columns, at most so many, in the order of their choice, of a minor that is proved regular.

    Parameters
    ----------
    values, errors : ndarray of float (N, n)
        Each entry is within its error of the float; an infinite error tells nothing.
    most : int

    Returns
    -------
    rows, columns : ndarray of int
        Both empty where nothing is proved.

    Examples
    --------
    >>> rows, columns = regular_by_floats(np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 4.0]]), np.full((2, 3), 1e-15), 2)
    >>> sorted(rows.tolist()), 2 in columns
    ([0, 1], True)
    """
    nothing = np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    if not (np.isfinite(values).all() and np.isfinite(errors).all()):
        return nothing
    values, errors = scaled(values, errors)
    if values.shape == (most, most) and is_regular(values, errors):
        return np.arange(most), np.arange(most)
    clear = np.where(np.abs(values) > errors, values, 0.0)
    while most:
        rows, columns = chosen_minor(clear, most)
        if is_regular(values[np.ix_(rows, columns)], errors[np.ix_(rows, columns)]):
            return rows, columns
        most = len(rows) // 2
    return nothing


def is_regular(values: Floats, errors: Floats) -> bool:
    """Whether all matrices within the errors are proved regular.

    Inner products of length n are off by gamma_n = n u / (1 - n u), in any order of summation, and by n underflows of
    2^-1074 at most, so a row sum by n^2; the factor 2 and 1 + 8 n u cover I - fl(R B) and how the bound is computed.

    Examples
    --------
    >>> matrix = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> is_regular(matrix, np.full((2, 2), 0.1)), is_regular(matrix, np.full((2, 2), 1.0))
    (True, False)
    """
    n = len(values)
    try:
        inverse = np.linalg.inv(values)
    except np.linalg.LinAlgError:
        return False
    with np.errstate(all="ignore"):  # what is not finite proves nothing
        rest = np.abs(np.eye(n) - inverse @ values)
        gamma = 2 * (n + 8) * UNIT / (1 - 2 * (n + 8) * UNIT)
        outside = gamma * np.abs(values).sum(axis=1) + errors.sum(axis=1) + 2 * n * SMALLEST
        sums = (rest.sum(axis=1) + np.abs(inverse) @ outside) * (1 + 8 * (n + 8) * UNIT) + (n + 1) ** 2 * 2.0**-1072
        return bool(sums.max(initial=0.0) < 1)


def scaled(values: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """Multiply rows, then columns, by powers of two that bring their largest entries to [1/2, 1)."""
    for axis in (1, 0):
        largest = np.abs(values).max(axis=axis, keepdims=True, initial=0.0)
        _, exponents = np.frexp(largest)
        with np.errstate(all="ignore"):  # an error may become infinite
            values, smaller = np.ldexp(values, -exponents), np.ldexp(errors, -exponents)
        # an entry, or its bound, that becomes subnormal is rounded by half a step
        errors = smaller + 2 * SMALLEST
    return values, errors


# -------------------------------------------------------------------- the choice; nothing is proved here


def chosen_minor(values: Floats, most: int, least: float = RANGE) -> tuple[Indices, Indices]:
    """Choose rows and columns of a well-conditioned minor, at most so many, most important first."""
    wide = values.shape[0] <= values.shape[1]
    matrix = values if wide else values.T
    columns = independent_columns(matrix, most, least)
    if len(columns) == len(matrix):
        rows = np.arange(len(matrix))
    else:
        rows = independent_columns(matrix[:, columns].T, len(columns), least)
        columns = columns[: len(rows)]
    return (rows, columns) if wide else (columns, rows)


def independent_columns(values: Floats, most: int, least: float = RANGE) -> Indices:
    """Choose columns by Gram-Schmidt with pivoting, block by block, as long as `least` of the longest is left.

    In a block only twice as many columns compete as may be chosen, those that were the longest before it.

    Examples
    --------
    >>> independent_columns(np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 1.0]]), 2).tolist()
    [1, 2]
    """
    left = values.copy()
    chosen: list[int] = []
    first = 0.0
    while len(chosen) < min(most, *values.shape):
        lengths = np.sqrt(np.einsum("ij,ij->j", left, left))
        lengths[chosen] = 0.0
        order = np.argsort(-lengths, kind="stable")
        first = first or float(lengths[order[0]])
        competing, others = order[: 2 * BLOCK], lengths[order[2 * BLOCK : 2 * BLOCK + 1]].sum()
        found = _gram_schmidt(left[:, competing], min(BLOCK, most - len(chosen)), max(least * first, others / 2))
        if not found[0]:
            break
        chosen.extend(competing[found[0]].tolist())
        basis = found[1]
        left -= basis @ (basis.T @ left)
    return np.array(chosen, dtype=np.intp)


def _gram_schmidt(panel: Floats, most: int, least: float) -> tuple[list[int], Floats]:
    """Positions of columns, longest first, and an orthonormal basis of them."""
    panel = panel.copy()
    squares = np.einsum("ij,ij->j", panel, panel)
    chosen: list[int] = []
    basis: list[Floats] = []
    for _ in range(most):
        j = int(squares.argmax())
        length = float(np.sqrt(panel[:, j] @ panel[:, j]))
        if not length > least:
            break
        direction = panel[:, j] / length
        along = direction @ panel
        panel -= np.outer(direction, along)
        squares -= along * along
        squares[j] = -np.inf
        chosen.append(j)
        basis.append(direction)
    return chosen, np.array(basis).T
