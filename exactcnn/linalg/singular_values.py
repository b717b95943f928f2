"""The extreme singular values of a matrix of balls; see `exactcnn.linalg.decomposition` for how they are enclosed."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from exactcnn.domains.balls import ball
from exactcnn.linalg.decomposition import enclosed_singular_values
from exactcnn.linalg.entries import Entries

if TYPE_CHECKING:
    from flint import arb


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
    >>> import numpy as np
    >>> from flint import arb
    >>> least, largest = extreme_singular_values(np.vectorize(arb, otypes=[object])([[3, 0, 0], [0, 4, 0]]))
    >>> least.contains(3), largest.contains(4), float(least.rad()) < 1e-6
    (True, True, True)
    """
    from flint import arb

    m, n = matrix.shape
    rows: list[list[arb]] = matrix.tolist()
    found = enclosed_singular_values(Entries((m, n), None, lambda _: rows))
    if found is None:
        return arb(0).union(arb("inf")), arb(0).union(arb("inf"))
    return _between(*found.bounds[-1]), _between(*found.bounds[0])


def _between(lower: Fraction, upper: Fraction) -> arb:
    return ball(lower).union(ball(upper))
