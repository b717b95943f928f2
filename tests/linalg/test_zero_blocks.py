"""Zero blocks of spaces of matrices: planted ones, spaces without any, and a slow search over lines."""

from itertools import combinations

import numpy as np
import pytest
from flint import nmod_mat

from exactcnn.linalg.zero_blocks import zero_block

P = 1048343


class Spanned:
    """The span of integer matrices."""

    def __init__(self, basis):
        self.basis = np.array(basis, dtype=np.int64)
        self.shape = self.basis.shape[1:]

    def member(self, rng):
        drawn = rng.integers(0, P, len(self.basis))
        total = (self.basis * drawn[:, None, None] % P).sum(axis=0) % P
        return np.where(total > P // 2, total - P, total).astype(float)


def rank(matrix):
    return nmod_mat(*map(int, matrix.shape), [int(x) for x in matrix.astype(np.int64).ravel() % P], P).rank()


def proved(space):
    """Rank that the block proves, having verified it on all members and its independence."""
    found = zero_block(space, P, np.random.default_rng(0))
    if found is None:
        return None
    left, right = found
    for matrix in space.basis:
        middle = left.astype(object) @ matrix.astype(object) @ right.T.astype(object)
        assert not (middle % P).any()
    for side in found:
        leads = [int(np.flatnonzero(line)[0]) for line in side]
        assert leads == sorted(set(leads))
        assert (side[:, leads] == np.eye(len(side))).all()
    return sum(space.shape) - len(left) - len(right)


def units(shape, cells):
    basis = np.zeros((len(cells), *shape), dtype=np.int64)
    for number, (i, j) in enumerate(cells):
        basis[number, i, j] = 1
    return basis


@pytest.mark.parametrize("seed", range(12))
def test_patterns_of_zeros(seed):
    """Free entries at some places: the best block is the largest one of zeros (König), found here by trying all."""
    rng = np.random.default_rng(seed)
    shape = (5, 6)
    free = rng.random(shape) < 0.35
    blocks = [0]
    for size in range(shape[0] + 1):
        for rows in combinations(range(shape[0]), size):
            zero = ~free[list(rows)].any(axis=0) if rows else np.ones(shape[1], dtype=bool)
            blocks.append(size + int(zero.sum()))
    if not free.any():
        return
    space = Spanned(units(shape, np.argwhere(free).tolist()))
    assert proved(space) == sum(shape) - max(blocks) == rank(space.member(rng))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("shape", "rows", "columns"), [((8, 8), 5, 6), ((6, 12), 4, 9), ((12, 6), 9, 4)])
def test_planted_blocks_in_any_basis(seed, shape, rows, columns):
    """A rows x columns block of zeros under changes of bases: N + n - rows - columns, nothing better."""
    rng = np.random.default_rng(seed)
    basis = rng.integers(-3, 4, (10, *shape))
    basis[:, :rows, :columns] = 0
    left, right = (rng.integers(-2, 3, (n, n)) + 5 * np.eye(n, dtype=np.int64) for n in shape)
    assert rank(left) == len(left)
    assert rank(right) == len(right)
    space = Spanned([left @ matrix @ right for matrix in basis])
    assert proved(space) == sum(shape) - rows - columns == rank(space.member(rng))


def test_skew_matrices_have_no_block():
    """3 x 3: every member has rank 2, no subspace is shrunk; the classical space of that kind."""
    basis = units((3, 3), [(0, 1), (0, 2), (1, 2)])
    assert proved(Spanned(basis - basis.transpose(0, 2, 1))) is None


def test_one_matrix_and_none():
    """A line of matrices: all of the kernel, and of the image; the matrix 0."""
    space = Spanned([[[1, 2, 3], [2, 4, 6]]])
    left, right = zero_block(space, P, np.random.default_rng(0))
    assert (left % P).tolist() == [[1, 0], [0, 1]]
    assert right.tolist() == [[1, 0, (P - 1) * pow(3, -1, P) % P], [0, 1, (P - 2) * pow(3, -1, P) % P]]
    nothing = Spanned([np.zeros((2, 3))])
    assert [len(side) for side in zero_block(nothing, P, np.random.default_rng(0))] == [2, 3]


def test_full_rank_has_the_trivial_block():
    assert proved(Spanned([np.eye(4)])) == 4
    assert proved(Spanned([np.eye(4)[:, :2]])) == 2
    assert proved(Spanned([np.eye(4)[:2]])) == 2
