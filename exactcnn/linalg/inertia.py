"""Inertia of a symmetric matrix of balls, by congruence: floats find a matrix C, balls prove the signs of CᵀHC.

If CᵀHC is strictly diagonally dominant with r₊ positive and r₋ negative diagonal entries, then H has at least r₊
positive and r₋ negative eigenvalues: scaling the off-diagonal part by s in [0, 1] keeps dominance, so regularity
(Gershgorin), so CᵀHC has the inertia of its diagonal; C is injective, for CᵀHC is regular; and H is definite on the
images of the two eigenspaces. Nothing about C is trusted, it only has to be good enough. Determinants and
factorisations of exact Hessians were measured to be slower by orders of magnitude: entries have thousands of bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from flint import arb

BITS = 24  # of the smallest column of C: dominance needs little more than its rank times 2^-24
KERNEL = 1e-9  # eigenvalues below this part of the largest one are taken for zeros, which congruence cannot prove


@dataclass(frozen=True, eq=False)
class Congruence:
    """Integers C whose columns whiten a symmetric matrix, and the scale that they stand for.

    Attributes
    ----------
    columns : ndarray of int (n, r)
        Python integers.
    exponent : int
        C is `columns` times 2^exponent.
    """

    columns: NDArray[Any]
    exponent: int


def floats(balls: NDArray[Any]) -> NDArray[np.float64]:
    """Midpoints as floats.

    Examples
    --------
    >>> from flint import arb
    >>> floats(np.array([arb(1) / 4], dtype=object)).tolist()
    [0.25]
    """
    flat = [float(value.mid()) for value in balls.ravel().tolist()]
    return np.array(flat, dtype=np.float64).reshape(balls.shape)


def whitening(matrix: NDArray[np.float64], *, kernel: float = KERNEL) -> Congruence | None:
    """Find columns C with CᵀHC near a diagonal of ones and minus ones, for eigenvalues that do not look like zero.

    Parameters
    ----------
    matrix : ndarray of float (n, n)
        Nearly symmetric.
    kernel : float
        Eigenvalues below this part of the largest one are left out.

    Returns
    -------
    Congruence or None
        None where an entry is not finite, or eigenvalues are not found.

    Examples
    --------
    >>> found = whitening(np.diag([4.0, -1.0, 0.0]))
    >>> [abs(c) * 2.0**found.exponent for c in found.columns.sum(axis=0)]
    [1.0, 0.5]
    """
    symmetric = (matrix + matrix.T) / 2
    if not np.isfinite(symmetric).all():
        return None
    try:
        values, vectors = np.linalg.eigh(symmetric)
    except np.linalg.LinAlgError:
        return None
    keep = np.abs(values) > kernel * np.abs(values).max(initial=0)
    return rounded(vectors[:, keep] / np.sqrt(np.abs(values[keep])))


def rounded(columns: NDArray[np.float64]) -> Congruence:
    """Round columns to integers times one power of two."""
    largest = np.abs(columns).max(axis=0, initial=0)
    exponent = int(np.floor(np.log2(largest.min(initial=1.0)))) - BITS if largest.size and largest.min() > 0 else -BITS
    integers = np.empty(columns.shape, dtype=object)
    integers.ravel()[:] = [int(value) for value in np.rint(np.ldexp(columns, -exponent)).ravel().tolist()]
    return Congruence(integers, exponent)


def product(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """Matrix product of balls or integers, as balls, by Arb."""
    from flint import arb, arb_mat

    if not left.size or not right.size:
        return np.full((left.shape[0], right.shape[1]), arb(0), dtype=object)
    entries = (arb_mat(left.tolist()) * arb_mat(right.tolist())).entries()
    result = np.empty(len(entries), dtype=object)
    result[:] = entries
    return result.reshape(left.shape[0], right.shape[1])


def congruent(matrix: NDArray[Any], columns: NDArray[Any]) -> NDArray[Any]:
    """CᵀHC in balls."""
    return product(product(columns.T, matrix), columns)


def gershgorin(matrix: NDArray[Any]) -> tuple[int, int, arb] | None:
    """Count positive and negative eigenvalues of a strictly diagonally dominant matrix of balls.

    Returns
    -------
    tuple (positive, negative, gap) or None
        gap is a lower bound of the absolute values of all eigenvalues; None if dominance is not certain.

    Examples
    --------
    >>> from flint import arb
    >>> entries = np.array([[3, 1], [1, -2]], dtype=object)
    >>> gershgorin(np.vectorize(arb, otypes=[object])(entries))
    (1, 1, 1.00000000000000)
    """
    from flint import arb

    positive = negative = 0
    gap: arb | None = None
    for i, row in enumerate(matrix.tolist()):
        rest = sum((abs(value) for j, value in enumerate(row) if j != i), arb(0))
        if row[i] > rest:
            positive += 1
        elif -row[i] > rest:
            negative += 1
        else:
            return None
        own = (abs(row[i]) - rest).lower()
        gap = own if gap is None or own < gap else gap
    return positive, negative, arb(0) if gap is None else gap
