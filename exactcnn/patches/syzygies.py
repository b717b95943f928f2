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
from exactcnn.patches.evidence import PolynomialVector, Syzygies, Term, strings
from exactcnn.patches.graph import PADDING, PatchGraph
from exactcnn.patches.null_space import null_space


@dataclass(frozen=True)
class Limits:
    """Where the search ends: ones of all linear systems together (1 to 2 s per million), unknowns of a component."""

    entries: int = 3_000_000
    unknowns: int = 600


DEFAULT_LIMITS = Limits()
GROUP = 256  # relations between two eliminations


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
    highest = width - wanted + 1  # Cramer: minors of order rank, as entries, give all of the kernel
    found: tuple[PolynomialVector, ...] = ()
    values = np.zeros((0, width), dtype=np.int64)
    for basis in relations(graph, filters, highest, limits):
        found += basis
        values = np.vstack([values, evaluate(basis, width, flat, modulus)])
        rows = np.sort(independent_minor(values, modulus)[0])
        found, values = tuple(found[i] for i in rows), values[rows]
        if len(found) >= wanted:
            break
    return Syzygies(found, str(modulus), strings(*flat)) if found else None


def relations(
    graph: PatchGraph, filters: int, highest: int, limits: Limits = DEFAULT_LIMITS
) -> Iterator[tuple[PolynomialVector, ...]]:
    """Yield groups of relations in increasing degree, a basis for each multi-degree if no component is too large.

    Every vector that is yielded was checked as an identity over the integers. The sequence ends at the highest
    degree, or when no system of one degree is within the limits.
    """
    left = limits.entries
    for degree in range(1, highest + 1):
        before = left
        for parts in _partitions(degree, filters):
            if (size := _size(graph, parts)) <= left:
                left -= size
                basis = list(_basis(graph, parts, limits))
                places = _assignments(parts, filters) if basis else ()
                vectors = (_rename(vector, len(parts), chosen, filters) for chosen in places for vector in basis)
                while group := tuple(itertools.islice(vectors, GROUP)):
                    yield group
        if left == before:
            return


def _size(graph: PatchGraph, degrees: tuple[int, ...]) -> int:
    """Number of ones in the linear system of this multi-degree."""
    size = graph.patch_size
    monomials = [math.comb(size - 1 + d, d) for d in degrees]
    lower = [math.comb(size - 2 + d, d - 1) for d in degrees]
    unknowns = sum(math.prod(monomials) // m * n for m, n in zip(monomials, lower, strict=True))
    return graph.patch_count * unknowns * size


def _basis(graph: PatchGraph, degrees: tuple[int, ...], limits: Limits) -> Iterator[PolynomialVector]:
    """Relations of this multi-degree in the first filters."""
    size, filters = graph.patch_size, len(degrees)
    powers = {d: list(itertools.combinations_with_replacement(range(size), d)) for e in degrees for d in (e - 1, e)}
    counts = [len(powers[d]) for d in degrees]
    shapes, products = [], []  # of the unknowns (filter t, monomial of degree d - e_t): index of w[s, t] * monomial
    for t, d in enumerate(degrees):
        place = {power: i for i, power in enumerate(powers[d])}
        times = np.array([[place[tuple(sorted((*power, s)))] for s in range(size)] for power in powers[d - 1]])
        shapes.append((*counts[:t], len(times), *counts[t + 1 :]))
        index = [i.ravel()[:, None] for i in np.indices(shapes[t])]
        index[t] = times[index[t][:, 0]]
        products.append(np.ravel_multi_index(tuple(np.broadcast_arrays(*index)), counts))
    product = np.concatenate(products)  # (J, l)
    starts = np.cumsum([0, *map(len, products)])
    count, monomials = len(product), math.prod(counts)

    def unknown(j: int) -> tuple[int, tuple[int, ...]]:
        """Filter and monomial, as a sorted tuple of variables s * filters + t."""
        t = int(np.searchsorted(starts, j, side="right")) - 1
        chosen = np.unravel_index(j - starts[t], shapes[t])
        variables = (s * filters + u for u, i in enumerate(chosen) for s in powers[degrees[u] - (u == t)][int(i)])
        return t, tuple(sorted(variables))

    patches, slots = np.nonzero(graph.slots != PADDING)
    rows = graph.slots[patches, slots][:, None] * monomials + product.T[slots]
    columns = patches[:, None] * count + np.arange(count)
    for solution in null_space(rows.ravel(), columns.ravel(), graph.patch_count * count, largest=limits.unknowns):
        entries: dict[int, list[Term]] = {}
        for column, value in solution:
            p, j = divmod(column, count)
            t, monomial = unknown(j)
            entries.setdefault(p * filters + t, []).append((monomial, value))
        yield tuple((h, tuple(sorted(terms))) for h, terms in sorted(entries.items()))


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


def evaluate(
    vectors: Sequence[PolynomialVector], width: int, weights: Sequence[int], modulus: int
) -> NDArray[np.int64]:
    """Values of polynomial vectors at integer weights modulo a prime below 2^31, one row each."""
    values = np.zeros((len(vectors), width), dtype=np.int64)
    for i, vector in enumerate(vectors):
        for h, terms in vector:
            values[i, h] = sum(c * math.prod(weights[v] for v in variables) for variables, c in terms) % modulus
    return values
