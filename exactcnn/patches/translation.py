"""Translation-invariant patches: polynomials in d shift variables instead of a large matrix.

If the patches stand on a grid and the neuron at slot s of patch p depends on a row r(s) and on position(p) + offset(s)
only, then U acts on the grid functions h_t as multiplication by the polynomials W_{r,t}(x) = sum over s in row r of
W[s, t] x^offset(s). The grid and the offsets are recovered from the list of patches alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exactcnn.patches.graph import PADDING, PatchGraph

AXES = 3
REACH = 4  # dilations that are recognised


@dataclass(frozen=True)
class Translation:
    """Grid of the patches (C order), and row and offset of each slot; rows are numbered from 0 without gaps."""

    grid: tuple[int, ...]
    rows: tuple[int, ...]
    offsets: tuple[tuple[int, ...], ...]

    @property
    def row_count(self) -> int:
        """Number m of rows of the polynomial matrix."""
        return max(self.rows) + 1

    @property
    def degrees(self) -> tuple[int, ...]:
        """Degree of a product of one polynomial of each row, along each axis."""
        table = np.zeros((self.row_count, len(self.grid)), dtype=np.int64)
        np.maximum.at(table, np.array(self.rows), np.array(self.offsets))
        return tuple(table.sum(axis=0).tolist())

    @property
    def room(self) -> tuple[int, ...]:
        """Number of places along each axis for such a product on the grid."""
        return tuple(max(0, size - degree) for size, degree in zip(self.grid, self.degrees, strict=True))


def translation(graph: PatchGraph) -> Translation | None:
    """Find the translation structure with the fewest rows, if the patches have one with room for a relation.

    Examples
    --------
    >>> translation(PatchGraph.from_patches(None, [[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]]))
    Translation(grid=(2, 2), rows=(0, 0, 0, 0), offsets=((0, 0), (0, 1), (1, 0), (1, 1)))
    """
    found = [structure for structure in translations(graph) if math.prod(structure.room)]
    return min(found, key=_preference, default=None)


def translations(graph: PatchGraph) -> list[Translation]:
    """Return the translation structures on all grids of at most three axes."""
    return [found for grid in _grids(graph.patch_count, AXES) if (found := _on_grid(graph.slots, grid))]


def is_complete(graph: PatchGraph, structure: Translation) -> bool:
    """Whether every neuron is seen through all slots of its row, at each of its places."""
    keys, rows = _keys(structure), np.array(structure.rows)
    seen = np.bincount(keys.ravel())[keys] == np.bincount(rows)[rows]
    return bool((seen | (graph.slots == PADDING)).all())


def _preference(structure: Translation) -> tuple[int, int, int]:
    return structure.row_count, -math.prod(structure.room), len(structure.grid)


def _grids(count: int, axes: int) -> Iterator[tuple[int, ...]]:
    """Ordered factorisations into at most so many factors of at least 2."""
    yield (count,)
    if axes > 1:
        for first in range(2, count // 2 + 1):
            if count % first == 0:
                for rest in _grids(count // first, axes - 1):
                    yield (first, *rest)


def _on_grid(slots: NDArray[np.int64], grid: tuple[int, ...]) -> Translation | None:
    """Offsets of the slots on this grid, if they are consistent."""
    cube = slots.reshape(*grid, -1)
    size = cube.shape[-1]
    links: list[list[tuple[int, int, int]]] = [[] for _ in range(size)]  # (other slot, axis, difference)
    for axis, length in enumerate(grid):
        for step in range(1, min(length - 1, REACH) + 1):
            here = np.moveaxis(cube, axis, 0)[step:].reshape(-1, size)
            there = np.moveaxis(cube, axis, 0)[:-step].reshape(-1, size)
            places = {there[:, s].tobytes(): s for s in range(size)}
            for s in range(size):
                other = places.get(here[:, s].tobytes())
                # patch p + step sees through s what p sees through the other slot; padding alone proves nothing
                if other is not None and (here[:, s] != PADDING).any():
                    links[s].append((other, axis, step))
                    links[other].append((s, axis, -step))
    rows, offsets = np.full(size, -1), np.zeros((size, len(grid)), dtype=np.int64)
    for start in range(size):
        if rows[start] >= 0:
            continue
        rows[start] = rows.max() + 1
        stack, members = [start], [start]
        while stack:
            s = stack.pop()
            for other, axis, step in links[s]:
                if rows[other] < 0:
                    rows[other], offsets[other] = rows[start], offsets[s]
                    offsets[other, axis] += step
                    stack.append(other)
                    members.append(other)
        offsets[members] -= offsets[members].min(axis=0)
    result = Translation(grid, tuple(rows.tolist()), tuple(map(tuple, offsets.tolist())))
    return result if _consistent(slots, result) else None


def _keys(structure: Translation) -> NDArray[np.int64]:
    """Return a number for each pair of a row and a place, position + offset; shape (P, l)."""
    offsets = np.array(structure.offsets)
    positions = np.indices(structure.grid).reshape(len(structure.grid), -1).T
    places = positions[:, None, :] + offsets[None]
    extent = tuple((np.array(structure.grid) + offsets.max(axis=0)).tolist())
    first = np.array(structure.rows)[None] * math.prod(extent)
    keys: NDArray[np.int64] = first + np.ravel_multi_index(tuple(np.moveaxis(places, -1, 0)), extent)
    return keys


def _consistent(slots: NDArray[np.int64], structure: Translation) -> bool:
    """Whether equal keys (row, position + offset) always lead to the same neuron."""
    keys = _keys(structure)
    table = np.zeros(int(keys.max()) + 1, dtype=np.int64)
    table[keys] = slots
    return bool((table[keys] == slots).all())
