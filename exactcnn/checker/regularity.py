"""Whether a square matrix over GF(p) is regular: by FLINT's determinant, after elimination by tiles if it is large.

FLINT holds an entry in 8 bytes, and its determinant takes as much again and half as much for products. So the entries
are kept as residues in the fewest bytes that hold them, and of a large matrix only tiles are FLINT's. With tiles A_ij,
step k = 0, 1, ... of Crout's elimination is

    S_ik = A_ik - sum over l < k of L_il U_lk,  i >= k,      L_ik = S_ik S_kk^-1,  i > k,
    U_kj = A_kj - sum over l < k of L_kl U_lj,  j > k.

Tiles take the places of those that they are made from, and each is written once. If S_00, ..., S_(k-1)(k-1) are
regular, A is regular if and only if the S_ij, i, j >= k, form a regular matrix: its determinant is that of A divided by
theirs. So what is left is FLINT's, as soon as it is small enough, or a tile S_kk is singular.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import TypeAlias

from flint import nmod_mat

from exactcnn.checker.budget import Budget

Line: TypeAlias = "array[int]"

TILE = 4096  # smaller ones cost more to convert, compared with products, larger ones more memory
IN_ONE_PIECE = 12_288  # order of what is left to FLINT: 3 GB
DETERMINANT = 160  # bits an entry of a determinant, measured: 2.46 words
OBJECTS = 512  # bits of an entry on its way out of FLINT's matrix


def code(p: int) -> str:
    """Return the type of an array of residues modulo p."""
    return next(each for each in "BHILQ" if p <= 2 ** (8 * array(each).itemsize))


def held(order: int, p: int) -> int:
    """Return how many bits `is_regular` needs, its argument among them."""
    tiles = 0 if order <= IN_ONE_PIECE else order * TILE * 64 + TILE**2 * (OBJECTS + 5 * 64)
    rest = min(order, IN_ONE_PIECE) ** 2 * DETERMINANT
    return order**2 * 8 * array(code(p)).itemsize + max(tiles, rest)


def is_regular(lines: list[Line], p: int, budget: Budget) -> bool:
    """Return whether the determinant of a matrix modulo a prime is not 0; a large matrix is overwritten."""
    order, first = len(lines), 0
    tiles = _Tiles(lines, p)
    while order - first > IN_ONE_PIECE and tiles.eliminate(first):
        first += TILE
        budget.report("elimination", first, order)
    rest = order - first
    budget.hold(rest**2 * DETERMINANT, f"a determinant of order {rest}")
    if first:
        for i in range(first, order, TILE):
            tiles.reduce_row(i, first, first)
    return int(tiles.matrix(lines[first:], slice(first, order)).det()) != 0


class _Tiles:
    """The tiles of a matrix, named by their first row and column."""

    def __init__(self, lines: list[Line], p: int) -> None:
        self.lines, self.p = lines, p

    def eliminate(self, k: int) -> bool:
        """Make L_ik and U_kj of step k, unless S_kk is singular: then nothing."""
        right = [self.tile(m, k) for m in range(0, k, TILE)]
        try:
            inverse = self.reduced(k, k, [self.tile(k, m) for m in range(0, k, TILE)], right).inv()
        except ZeroDivisionError:
            return False
        for i in range(k + TILE, len(self.lines), TILE):
            left = (self.tile(i, m) for m in range(0, k, TILE))
            self.put(i, k, self.reduced(i, k, left, right) * inverse)
        self.reduce_row(k, k + TILE, k)
        return True

    def reduce_row(self, i: int, start: int, end: int) -> None:
        """Take from the tiles (i, j), j >= start, the sums over l < end."""
        left = [self.tile(i, m) for m in range(0, end, TILE)]
        for j in range(start, len(self.lines), TILE):
            self.put(i, j, self.reduced(i, j, left, (self.tile(m, j) for m in range(0, end, TILE))))

    def reduced(self, i: int, j: int, left: Iterable[nmod_mat], right: Iterable[nmod_mat]) -> nmod_mat:
        """Return A_ij less the sum of products."""
        result = self.tile(i, j)
        for one, other in zip(left, right, strict=True):
            result -= one * other
        return result

    def tile(self, i: int, j: int) -> nmod_mat:
        """Return a tile."""
        return self.matrix(self.lines[i : i + TILE], slice(j, j + TILE))

    def matrix(self, lines: list[Line], columns: slice) -> nmod_mat:
        """Return some columns of some rows."""
        result = nmod_mat(len(lines), len(lines[0][columns]), self.p)
        for i, line in enumerate(lines):
            for j, residue in enumerate(line[columns]):  # a list of all would have an object for each
                result[i, j] = residue
        return result

    def put(self, i: int, j: int, tile: nmod_mat) -> None:
        """Put a tile in its place."""
        width, residues = tile.ncols(), array(code(self.p), map(int, tile.entries()))
        for k, line in enumerate(self.lines[i : i + TILE]):
            line[j : j + width] = residues[k * width : (k + 1) * width]
