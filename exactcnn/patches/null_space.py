"""Exact null vectors of a sparse 0/1 matrix: peel, split into components, solve each modulo a prime, lift, verify.

The vectors returned are null vectors over the integers: each was multiplied out. A basis modulo the prime that does
not lift loses vectors and never invents one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

LIFT = 2**61 - 1  # a prime; fractions with numerator and denominator below 2^30 are recovered
LIFT_BOUND = 2**30

Integers = NDArray[np.int64]
Sparse = tuple[tuple[int, int], ...]  # (index, value), increasing indices


def null_space(rows: Integers, columns: Integers, unknowns: int, *, largest: int) -> Iterator[Sparse]:
    """Yield integer null vectors of the matrix with a 1 at each (row, column), a basis unless a component is too large.

    Parameters
    ----------
    rows, columns : ndarray of int64
        Positions of the ones, without repetition; rows are any labels.
    unknowns : int
        Number of columns.
    largest : int
        Components with more unknowns, or more than ``4 * largest`` distinct equations, are left out.

    Examples
    --------
    >>> list(null_space(np.array([7, 7, 9]), np.array([0, 1, 2]), 3, largest=10))
    [((0, -1), (1, 1))]
    """
    alive = np.ones(unknowns, dtype=bool)
    while len(rows):  # an equation with one unknown makes it zero
        _, rows = np.unique(rows, return_inverse=True)
        alone = np.bincount(rows)[rows] == 1
        if not alone.any():
            break
        alive[columns[alone]] = False
        keep = alive[columns]
        rows, columns = rows[keep], columns[keep]
    kept = np.flatnonzero(alive)
    if not len(kept):
        return
    columns = np.searchsorted(kept, columns)
    label = _components(rows, columns, len(kept))
    members = np.argsort(label, kind="stable")
    edges = np.argsort(label[columns], kind="stable")
    numbers, starts = np.unique(label[members], return_index=True)
    first = np.searchsorted(label[columns][edges], numbers)
    last = np.searchsorted(label[columns][edges], numbers, side="right")
    place = np.empty(len(kept), dtype=np.int64)
    for block, low, high in zip(np.split(members, starts[1:]), first, last, strict=True):
        if len(block) > largest:
            continue
        place[block] = np.arange(len(block))
        own = edges[low:high]
        _, equation = np.unique(rows[own], return_inverse=True)
        matrix = np.zeros((int(equation.max(initial=-1)) + 1, len(block)), dtype=np.int8)
        matrix[equation, place[columns[own]]] = 1
        matrix = np.unique(matrix, axis=0)
        if len(matrix) <= 4 * largest:
            for vector in _dense(matrix):
                yield tuple((int(kept[block[j]]), vector[j]) for j in np.flatnonzero(vector))


def _components(rows: Integers, columns: Integers, unknowns: int) -> Integers:
    """Smallest column of the connected component, for each column: labels spread until nothing changes."""
    label = np.arange(unknowns)
    best = np.empty(int(rows.max(initial=-1)) + 1, dtype=np.int64)
    while True:
        best.fill(unknowns)
        np.minimum.at(best, rows, label[columns])
        spread = label.copy()
        np.minimum.at(spread, columns, best[rows])
        spread = spread[spread]  # labels are columns of the same component: jump along them
        if (spread == label).all():
            return label
        label = spread


def _dense(matrix: NDArray[np.int8]) -> Iterator[NDArray[np.object_]]:
    """Reduced null vectors modulo LIFT, lifted to integers; those that are null vectors over Z."""
    from flint import nmod_mat

    height, width = matrix.shape
    reduced, rank = nmod_mat(height, width, matrix.ravel().tolist(), LIFT).rref()
    if rank == width:
        return
    table = [[int(value) for value in row] for row in reduced.table()[:rank]]
    pivots = [next(j for j, value in enumerate(row) if value) for row in table]
    exact = matrix.astype(object)
    for free in sorted(set(range(width)) - set(pivots)):
        pairs = [_reconstruct(-row[free] % LIFT) for row in table]
        common = math.lcm(*(d for _, d in pairs if d))
        vector = np.zeros(width, dtype=object)
        vector[free] = common
        vector[pivots] = [n * common // d if d else 0 for n, d in pairs]
        if not (exact @ vector).any():
            yield vector


def _reconstruct(residue: int) -> tuple[int, int]:
    """Fraction n/d with |n|, d < LIFT_BOUND of this residue, unique since 2 n d < LIFT; (0, 0) if there is none."""
    r0, r1, t0, t1 = LIFT, residue, 0, 1
    while r1 >= LIFT_BOUND:
        q = r0 // r1
        r0, r1, t0, t1 = r1, r0 - q * r1, t1, t0 - q * t1
    if abs(t1) >= LIFT_BOUND:
        return 0, 0
    return (r1, t1) if t1 > 0 else (-r1, -t1)
