"""Enclosures of the extreme singular values of a matrix of balls, by congruence from outside and vectors from inside.

With M = FFᵀ (or FᵀF, whichever is smaller) and floats C near an orthonormal basis of eigenvectors, CᵀMC - sCᵀC is
diagonally dominant with positive diagonal only if M - s is positive definite: a lower bound of the smallest eigenvalue;
likewise sCᵀC - CᵀMC for the largest. Rayleigh quotients of single vectors are the bounds on the other side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.linalg.inertia import floats, gershgorin, product, rounded

if TYPE_CHECKING:
    from flint import arb

SLACKS = (2.0**-30, 2.0**-16, 2.0**-8, 0.5)  # relative distance from the float to the bound that is tried


def extreme_singular_values(matrix: NDArray[Any]) -> tuple[arb, arb]:
    """Enclose σ_min and σ_max, the least and the largest of the min(m, n) singular values.

    Parameters
    ----------
    matrix : ndarray of arb (m, n)

    Returns
    -------
    tuple of arb
        Of σ_min, from 0 where nothing better is proved; and of σ_max.

    Examples
    --------
    >>> from flint import arb
    >>> least, largest = extreme_singular_values(np.vectorize(arb, otypes=[object])([[3, 0, 0], [0, 4, 0]]))
    >>> least.contains(3), largest.contains(4), float(least.rad()) < 1e-6
    (True, True, True)
    """
    from flint import arb

    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    gram = product(wide, wide.T)
    approximate = floats(gram)
    try:
        values, vectors = np.linalg.eigh((approximate + approximate.T) / 2)
    except np.linalg.LinAlgError:
        values = vectors = np.array(np.nan)
    if not np.isfinite(values).all():
        return arb(0).union(arb("inf")), arb(0).union(arb("inf"))
    columns = rounded(vectors).columns
    diagonal, squares = product(product(columns.T, gram), columns), product(columns.T, columns)
    size = len(gram)
    quotients = [diagonal[i, i] / squares[i, i] for i in (0, size - 1)]

    least, largest = arb(0), trace(gram)  # the largest eigenvalue is at most the trace
    scaled = columns if values[0] <= 0 else rounded(vectors / np.sqrt(np.abs(values))).columns
    refined = product(product(scaled.T, gram), scaled), product(scaled.T, scaled)
    for slack in SLACKS:
        bound = arb(float(max(values[0], 0.0) * (1 - slack)))
        if bound > 0 and _dominant(refined[0] - bound * refined[1]):
            least = bound
            break
    for slack in SLACKS:
        bound = arb(float(values[-1] * (1 + slack)))
        if _dominant(bound * squares - diagonal):
            largest = min(largest.upper(), bound)
            break
    lower, upper = quotients[0].upper(), quotients[1].lower()
    return _root(least, lower), _root(upper if upper > 0 else arb(0), largest.upper())


def trace(matrix: NDArray[Any]) -> arb:
    """Sum of the diagonal."""
    from flint import arb

    return sum((matrix[i, i] for i in range(len(matrix))), arb(0))


def _dominant(matrix: NDArray[Any]) -> bool:
    signs = gershgorin(matrix)
    return signs is not None and signs[0] == len(matrix)


def _root(low: arb, high: arb) -> arb:
    """The ball from √low to √high."""
    from flint import arb

    top = high.sqrt() if high > 0 else arb(0)
    return low.sqrt().union(top)
