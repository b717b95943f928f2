"""Kernel vectors of U from determinants of filter polynomials (Koszul relations and their Hilbert-Burch relatives).

On translation-invariant patches with m rows, take m + 1 filters. The m x m minors of the polynomial matrix W_{r,t}(x),
with alternating signs, are annihilated by every row, for every W: the expansion of a determinant with a repeated row.
Their shifts that stay on the grid are kernel vectors of U. For one channel and two filters that is
w^2 w^1 - w^1 w^2 = 0.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from exactcnn.linalg.modular import independent_minor
from exactcnn.patches.evidence import Determinantal, strings
from exactcnn.patches.graph import PatchGraph
from exactcnn.patches.translation import Translation, translation

MAX_ENTRIES = 2**24  # of the candidates' values
MAX_PRODUCTS = 2**28  # of residues, in the determinants


def determinantal(graph: PatchGraph, weights: NDArray[np.int64], modulus: int) -> Determinantal | None:
    """Largest set of determinantal kernel vectors that are independent at the given weights modulo a prime.

    Parameters
    ----------
    graph : PatchGraph
        P patches of l neurons.
    weights : ndarray of int64, shape (l, T)
        The point where independence is shown.
    modulus : int
        A prime, 2**13 < p < 2**20.

    Returns
    -------
    Determinantal or None
        None without a translation structure, with too few filters, or beyond the size limits.

    References
    ----------
    Eisenbud, The Geometry of Syzygies, Theorem 3.2 (Hilbert-Burch).

    Examples
    --------
    A 3 x 3 image with two 2 x 2 filters: 9 x 8 with rank 7 at most.

    >>> graph = PatchGraph.from_patches(None, [[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]])
    >>> determinantal(graph, np.arange(8).reshape(4, 2), 1048573).vectors
    (((0, 1), (0, 0)),)
    """
    filters = weights.shape[1]
    structure = translation(graph)
    if structure is None or structure.row_count >= filters:
        return None
    order = structure.row_count
    shifts = list(itertools.product(*(range(size) for size in structure.room)))
    candidates = math.comb(filters, order + 1) * len(shifts)
    box = math.prod(degree + 1 for degree in structure.degrees)
    products = sum(math.comb(filters, k) for k in range(1, order + 1)) * graph.patch_size * box
    if not candidates or candidates * graph.patch_count * filters > MAX_ENTRIES or products > MAX_PRODUCTS:
        return None
    minors = _minors(structure, weights % modulus, modulus)
    vectors = [(chosen, a) for chosen in itertools.combinations(range(filters), order + 1) for a in shifts]
    values = np.stack([_values(structure, minors, chosen, a, filters) for chosen, a in vectors])
    rows, _ = independent_minor(values, modulus)
    return Determinantal(
        structure.grid,
        structure.rows,
        structure.offsets,
        tuple(vectors[i] for i in np.sort(rows)),
        str(modulus),
        strings(*weights.ravel().tolist()),
    )


def _minors(
    structure: Translation, weights: NDArray[np.int64], modulus: int
) -> dict[tuple[int, ...], NDArray[np.int64]]:
    """Determinants of all rows with each increasing choice of m filters: coefficients on the box of exponents."""
    box = tuple(degree + 1 for degree in structure.degrees)
    one = np.zeros(box, dtype=np.int64)
    one[(0,) * len(box)] = 1
    minors: dict[tuple[int, ...], NDArray[np.int64]] = {(): one}
    for row in range(structure.row_count):
        slots = [s for s, r in enumerate(structure.rows) if r == row]
        larger = {}
        for chosen in itertools.combinations(range(weights.shape[1]), row + 1):
            total = np.zeros(box, dtype=np.int64)
            for j, t in enumerate(chosen):  # expansion along the last row
                rest = minors[chosen[:j] + chosen[j + 1 :]]
                for s in slots:
                    factor = (-1) ** (row + j) * int(weights[s, t])
                    ahead = tuple(slice(o, None) for o in structure.offsets[s])
                    back = tuple(slice(0, size - o) for size, o in zip(box, structure.offsets[s], strict=True))
                    total[ahead] += factor * rest[back]  # < 2^40, and fewer than 2^20 terms
            larger[chosen] = total % modulus
        minors = larger
    return minors


def _values(
    structure: Translation,
    minors: dict[tuple[int, ...], NDArray[np.int64]],
    chosen: tuple[int, ...],
    shift: tuple[int, ...],
    filters: int,
) -> NDArray[np.int64]:
    """The kernel vector of these filters and this shift, entry h = p T + t."""
    cube = np.zeros((*structure.grid, filters), dtype=np.int64)
    window = tuple(slice(a, a + degree + 1) for a, degree in zip(shift, structure.degrees, strict=True))
    for i, t in enumerate(chosen):
        cube[..., t][window] = (-1) ** i * minors[chosen[:i] + chosen[i + 1 :]]
    return cube.ravel()
