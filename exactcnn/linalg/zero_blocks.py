"""Zero blocks of a space of matrices, modulo a prime: subspaces that all of its members shrink.

Let a matrix be a member A of a linear space of N x n matrices: the coefficients of numbers that are told apart only by
name. If the space maps U into W, dim U = b and dim W = N - a, then L M R = 0 for all its members M, where L annihilates
W and the columns of R span U; so the rank of each is at most (N - a) + (n - b). The second Wong sequence of A finds
the smallest U and W that prove rank A where any do: W_0 = 0, U_i = A^-1(W_i), and W_{i+1} is the span of all M U_i.
Some U prove it exactly if no W_i leaves the image of A.

References
----------
.. [1] G. Ivanyos, M. Karpinski, Y. Qiao, M. Santha, "Generalized Wong sequences and their applications to Edmonds'
   problems", J. Comput. Syst. Sci. 81 (2015), theorem 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.residues import Floats, Modulus

if TYPE_CHECKING:
    from flint import nmod_mat

Residues = NDArray[np.int64]


class Space(Protocol):
    """A linear space of matrices modulo a prime, from which members are drawn."""

    @property
    def shape(self) -> tuple[int, int]:
        """(N, n)."""
        ...

    def member(self, rng: np.random.Generator) -> Floats:
        """Return a random member, as centred residues."""
        ...


def zero_block(space: Space, modulus: int, rng: np.random.Generator) -> tuple[Residues, Residues] | None:
    """Return L and the transpose of R with L M R = 0 for all members M, each in reduced echelon form.

    The rank that they prove, N + n less their rows, is that of a random member; None where no block proves it.

    Examples
    --------
    >>> class Diagonals:  # diag(x, y, x + y) and a column of zeros: no block but that column
    ...     shape = (3, 4)
    ...     def member(self, rng):
    ...         x, y = rng.integers(1, 100, 2)
    ...         return np.array([[x, 0, 0, 0], [0, y, 0, 0], [0, 0, x + y, 0]], dtype=float)
    >>> left, right = zero_block(Diagonals(), 1048343, np.random.default_rng(0))
    >>> left.tolist(), right.tolist()
    ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[0, 0, 0, 1]])
    """
    field, (rows, columns) = Modulus(modulus), space.shape
    first = space.member(rng)
    image = _matrix(first, modulus)
    kernel = _kernel(image)
    annihilator = _floats(_kernel(image.transpose()), field).T
    vectors = _floats(kernel, field)
    reached = np.zeros((rows, 0))
    while True:
        found = _image(space, vectors, field, rng, annihilator)
        if found is None:
            return None
        if found.shape[1] == reached.shape[1]:
            break
        reached = found
        preimages = _kernel(_matrix(np.concatenate([first, reached], axis=1), modulus))
        vectors = _floats(preimages, field)[:columns]
    left = _echelon(_kernel(_matrix(reached.T, modulus)).transpose())
    return left, _echelon(_matrix(vectors.T, modulus))


def _image(
    space: Space, vectors: Floats, field: Modulus, rng: np.random.Generator, annihilator: Floats
) -> Floats | None:
    """Basis of the span of all members on these vectors; None as soon as it leaves the image of the first member."""
    rows, members = space.shape[0], 1
    basis = np.zeros((rows, 0))
    while True:
        drawn = vectors
        if drawn.shape[1] > rows:  # as many combinations span as much
            drawn = field.product(drawn, _random((drawn.shape[1], rows), field, rng))
        more = np.concatenate([field.product(space.member(rng), drawn) for _ in range(members)], axis=1)
        if field.product(annihilator, more).any():
            return None
        spanning = np.concatenate([basis, more], axis=1)
        echelon = _echelon(_matrix(spanning.T, field.p))
        if len(echelon) == basis.shape[1]:
            return basis
        # twice as many members as long as each vector counts
        members = 2 * members if len(echelon) == spanning.shape[1] else 1
        basis = _centred(echelon.T, field)


def _random(shape: tuple[int, int], field: Modulus, rng: np.random.Generator) -> Floats:
    return rng.integers(-(field.p // 2), field.p // 2 + 1, shape).astype(np.float64)


def _centred(values: Any, field: Modulus) -> Floats:
    result = np.array(values, dtype=np.float64)
    field.reduce(result)
    return result


# -------------------------------------------------------------------- FLINT


def _matrix(values: NDArray[Any], modulus: int) -> nmod_mat:
    from flint import nmod_mat

    rows, columns = values.shape
    return nmod_mat(rows, columns, (values.astype(np.int64) % modulus).ravel().tolist(), modulus)


def _array(matrix: nmod_mat) -> Residues:
    entries = np.array([int(x) for x in matrix.entries()], dtype=np.int64)
    return entries.reshape(matrix.nrows(), matrix.ncols())


def _floats(matrix: nmod_mat, field: Modulus) -> Floats:
    return _centred(_array(matrix), field)


def _kernel(matrix: nmod_mat) -> nmod_mat:
    """Columns that span the kernel."""
    from flint import nmod_mat

    vectors, nullity = matrix.nullspace()
    kept = [int(x) for row in vectors.tolist() for x in row[:nullity]]
    return nmod_mat(matrix.ncols(), nullity, kept, matrix.modulus())


def _echelon(matrix: nmod_mat) -> Residues:
    """The rows that are not zero of the reduced echelon form."""
    if not matrix.nrows():
        return np.zeros((0, matrix.ncols()), dtype=np.int64)
    reduced, rank = matrix.rref()
    return _array(reduced)[:rank]
