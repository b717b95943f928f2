"""Polynomial vectors h(w) with U(w) h(w) = 0 identically, found by exact linear algebra.

U = sum of w[s, t] M[s, t] is multi-graded by the filters: the part of multi-degree d of a relation is a relation.
In multi-degree d the entry h[p, t] is homogeneous of multi-degree d - e_t, and the coefficients of h solve a linear
system with entries 0 and 1. d = e_t are constant relations (equal columns), d = e_1 + e_2 the Koszul relations.
Relations of higher degree contain the multiples of those of lower degree; evaluation at one point sorts them out.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exactcnn.linalg.modular import independent_minor
from exactcnn.patches.evidence import PolynomialVector, Syzygies
from exactcnn.patches.graph import PADDING, PatchGraph

LIFT = 2**61 - 1  # numerators and denominators below 2^30 are recovered
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Limits:
    """Sizes beyond which a system is not solved: non-zero entries, unknowns, and entries of a dense block."""

    entries: int = 2_000_000
    unknowns: int = 600
    dense: int = 1_000_000


DEFAULT_LIMITS = Limits()


def syzygies(
    graph: PatchGraph, weights: NDArray[np.int64], modulus: int, wanted: int, limits: Limits = DEFAULT_LIMITS
) -> Syzygies | None:
    """Collect polynomial kernel vectors of rising degree that are independent at the given weights.

    Parameters
    ----------
    graph : PatchGraph
        P patches of l neurons.
    weights : ndarray of int64, shape (l, T)
        The point where independence is shown.
    modulus : int
        A prime, 2**13 < p < 2**20.
    wanted : int
        Stop at this number of vectors.
    limits : Limits
        Where to give up.

    Returns
    -------
    Syzygies or None
        None if no kernel vector was found.

    Examples
    --------
    Four distinct patches that cover four neurons, and a relation of degree 1: a (c_0 - c_1) = b (c_2 - c_3).

    >>> graph = PatchGraph.from_patches(4, [[0, 1], [0, 2], [1, 3], [2, 3]])
    >>> syzygies(graph, np.array([[2], [3]]), 1048573, 1).document()["vectors"]
    [[[0, [[[0], '1']]], [1, [[[0], '-1']]], [2, [[[1], '-1']]], [3, [[[1], '1']]]]]
    """
    filters = weights.shape[1]
    width, flat = graph.patch_count * filters, tuple(weights.ravel().tolist())
    vectors: list[PolynomialVector] = []
    values = np.zeros((0, width), dtype=np.int64)
    for basis in relations(graph, filters, limits):
        vectors += basis
        values = np.vstack([values, evaluate(basis, width, flat, modulus)])
        rows = np.sort(independent_minor(values, modulus)[0])
        vectors, values = [vectors[i] for i in rows], values[rows]
        if len(vectors) >= wanted:
            break
    return Syzygies(tuple(vectors), modulus, flat) if vectors else None


def relations(graph: PatchGraph, filters: int, limits: Limits = DEFAULT_LIMITS) -> Iterator[list[PolynomialVector]]:
    """Yield, in increasing degree, bases of the relations of one multi-degree at a time.

    Every vector that is yielded was checked as an identity over the integers. The sequence ends when the systems
    grow beyond the limits.
    """
    for degree in itertools.count(1):
        solvable = False
        for parts in _partitions(degree, filters):
            basis = _basis(graph, parts, limits)
            if basis is None:
                continue
            solvable = True
            for chosen in _assignments(parts, filters):
                if basis:
                    yield [_rename(vector, len(parts), chosen, filters) for vector in basis]
        if not solvable:
            return


def _basis(graph: PatchGraph, degrees: tuple[int, ...], limits: Limits) -> list[PolynomialVector] | None:
    """Basis of the relations of this multi-degree in the first filters; None if the system is too large."""
    size, filters = graph.patch_size, len(degrees)
    counts = [math.comb(size - 1 + d, d) for d in degrees]
    lower = [math.comb(size - 2 + d, d - 1) for d in degrees]
    per_patch = sum(math.prod(counts) // counts[t] * lower[t] for t in range(filters))
    if graph.patch_count * per_patch * size > limits.entries:
        return None
    unknowns: list[tuple[int, tuple[int, ...]]] = []  # (filter, variables of the monomial)
    for t in range(filters):
        reduced = [d - (u == t) for u, d in enumerate(degrees)]
        unknowns += [(t, monomial) for monomial in _monomials(size, reduced)]
    index: dict[tuple[int, ...], int] = {}
    product = np.array(
        [
            [index.setdefault(tuple(sorted((*monomial, s * filters + t))), len(index)) for s in range(size)]
            for t, monomial in unknowns
        ],
        dtype=np.int64,
    )  # (J, l): the monomial w[s, t] * monomial
    patches, slots = np.nonzero(graph.slots != PADDING)
    each = np.arange(len(unknowns))
    rows = graph.slots[patches, slots][:, None] * len(index) + product.T[slots]
    columns = patches[:, None] * len(unknowns) + each
    solutions = _null_space(rows.ravel(), columns.ravel(), graph.patch_count * len(unknowns), limits)
    if solutions is None:
        return None
    basis = []
    for where, values in solutions:
        entries: dict[int, list[tuple[tuple[int, ...], int]]] = {}
        for column, value in zip(where.tolist(), values, strict=True):
            p, j = divmod(column, len(unknowns))
            t, monomial = unknowns[j]
            entries.setdefault(p * filters + t, []).append((monomial, value))
        basis.append(tuple((h, tuple(terms)) for h, terms in sorted(entries.items())))
    return basis


def _null_space(
    rows: Integers, columns: Integers, unknowns: int, limits: Limits
) -> list[tuple[Integers, list[int]]] | None:
    """Integer basis of the null space of a sparse 0/1 matrix: (columns, values) of each vector."""
    alive = np.ones(unknowns, dtype=bool)
    _, rows = np.unique(rows, return_inverse=True)
    while len(rows):  # an equation with one unknown makes it zero
        alone = np.bincount(rows)[rows] == 1
        if not alone.any():
            break
        alive[columns[alone]] = False
        keep = alive[columns]
        rows, columns = rows[keep], columns[keep]
    kept = np.flatnonzero(alive)
    if len(kept) > limits.unknowns:
        return None
    _, rows = np.unique(rows, return_inverse=True)
    height = int(rows.max(initial=-1)) + 1
    if height * len(kept) > limits.dense:
        return None
    matrix = np.zeros((height, len(kept)), dtype=np.int8)
    matrix[rows, np.searchsorted(kept, columns)] = 1
    matrix = np.unique(matrix, axis=0)
    vectors = []
    for vector in _dense_null_space(matrix):
        support = np.flatnonzero(vector != 0)
        vectors.append((kept[support], [int(value) for value in vector[support]]))
    return vectors


def _dense_null_space(matrix: NDArray[np.int8]) -> list[NDArray[np.object_]]:
    """Reduced null vectors modulo LIFT, lifted to integers and kept if they are null vectors over Z."""
    from flint import nmod_mat

    height, width = matrix.shape
    reduced, rank = nmod_mat(height, width, matrix.ravel().tolist(), LIFT).rref()
    table = [[int(value) for value in row] for row in reduced.table()[:rank]]
    pivots = [next(j for j, value in enumerate(row) if value) for row in table]
    vectors = []
    for free in sorted(set(range(width)) - set(pivots)):
        fractions = [_reconstruct(-row[free] % LIFT) for row in table]
        if None in fractions:
            continue
        pairs = [pair for pair in fractions if pair is not None]
        common = math.lcm(*(d for _, d in pairs))
        vector = np.zeros(width, dtype=object)
        vector[free] = common
        vector[pivots] = [n * (common // d) for n, d in pairs]
        if not (matrix.astype(object) @ vector).any():
            vectors.append(vector)
    return vectors


def _reconstruct(residue: int) -> tuple[int, int] | None:
    """Fraction n/d with |n|, d < 2^30 of this residue modulo LIFT, if there is one (unique: 2 n d < LIFT)."""
    bound = 2**30
    r0, r1, t0, t1 = LIFT, residue, 0, 1
    while r1 >= bound:
        q = r0 // r1
        r0, r1, t0, t1 = r1, r0 - q * r1, t1, t0 - q * t1
    if not 0 < abs(t1) < bound:
        return None
    return (r1, t1) if t1 > 0 else (-r1, -t1)


def _monomials(size: int, degrees: list[int]) -> list[tuple[int, ...]]:
    """Monomials of this multi-degree, as sorted tuples of variables s * filters + t."""
    filters = len(degrees)
    factors = [
        [tuple(s * filters + t for s in chosen) for chosen in itertools.combinations_with_replacement(range(size), d)]
        for t, d in enumerate(degrees)
    ]
    return [tuple(sorted(itertools.chain(*parts))) for parts in itertools.product(*factors)]


def _partitions(degree: int, parts: int, largest: int | None = None) -> Iterator[tuple[int, ...]]:
    """Partitions of a degree into at most so many parts, decreasing; those with many small parts first."""
    if degree == 0:
        yield ()
    elif parts:
        for first in range(1, min(degree, largest or degree) + 1):
            for rest in _partitions(degree - first, parts - 1, first):
                yield (first, *rest)


def _assignments(parts: tuple[int, ...], filters: int) -> Iterator[tuple[int, ...]]:
    """Distinct ways to give the parts to filters; equal parts in increasing order."""
    for chosen in itertools.permutations(range(filters), len(parts)):
        if all(a < b or p != q for p, q, a, b in zip(parts, parts[1:], chosen, chosen[1:], strict=False)):
            yield chosen


def _rename(vector: PolynomialVector, parts: int, chosen: tuple[int, ...], filters: int) -> PolynomialVector:
    """Put filter ``chosen[t]`` of ``filters`` in the place of filter t of ``parts``."""

    def moved(index: int) -> int:
        return index // parts * filters + chosen[index % parts]

    renamed = [
        (moved(h), tuple((tuple(sorted(moved(v) for v in variables)), c) for variables, c in terms))
        for h, terms in vector
    ]
    return tuple(sorted(renamed))


def evaluate(vectors: list[PolynomialVector], width: int, weights: Sequence[int], modulus: int) -> Integers:
    """Values of polynomial vectors at integer weights modulo a prime below 2^31, one row each."""
    values = np.zeros((len(vectors), width), dtype=np.int64)
    for i, vector in enumerate(vectors):
        for h, terms in vector:
            values[i, h] = sum(c * math.prod(weights[v] for v in variables) for variables, c in terms) % modulus
    return values
