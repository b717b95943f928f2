"""Kernel vectors of U that exist for all weights near one point, by Hensel's lemma.

On translation-invariant patches the grid function z^position v_t is annihilated if the polynomials
f_r(z, v) = sum of W[s, t] z^(M_r - offset(s)) v_t, over the slots s of row r and all filters t, vanish for every row r.
With as many rows as axes and filters less one, they have finitely many common zeros up to the scale of v. The zeros
modulo p together are one zero in an algebra over GF(p); if the Jacobian is surjective there, it lifts to all p-adic
weights with the same residues. This finds what padding and strides do: relations whose coefficients are algebraic
functions of the weights. The proof is in docs/reference/certificates.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.linalg.modular import independent_minor
from exactcnn.patches.evidence import Lifting, strings
from exactcnn.patches.graph import PatchGraph
from exactcnn.patches.translation import Translation, is_complete, translations
from exactcnn.patches.weights import full_weight_matrix

MAX_RANK = 32  # of the algebra: products of residues below 2^20 sum to less than 2^45
MAX_ENTRIES = 2**21  # of U, for a null space by FLINT

Residues = NDArray[np.int64]


def lifting(graph: PatchGraph, weights: Residues, modulus: int) -> Lifting | None:
    """Write the kernel of U at the weights modulo a prime as powers of shifts, if it has that form and lifts.

    Parameters
    ----------
    graph : PatchGraph
        P patches of l neurons.
    weights : ndarray of int64, shape (l, T)
        The point.
    modulus : int
        A prime, 2**13 < p < 2**20.

    Returns
    -------
    Lifting or None
        None without a suitable translation structure, or beyond the size limits.

    Examples
    --------
    A 5 x 5 image, kernel 3, stride 2, padding 1, three filters: 25 x 27, rank 24.

    >>> from exactcnn.patches.builders import conv2d
    >>> graph = conv2d((1, 5, 5), 3, stride=2, padding=1).graph
    >>> weights = np.random.default_rng(0).integers(1, 1000, (9, 3))
    >>> len(lifting(graph, weights, 1048573).polynomial)
    4
    """
    filters = weights.shape[1]
    if graph.neurons * graph.patch_count * filters > MAX_ENTRIES:
        return None
    structures = [
        structure
        for structure in translations(graph)
        if structure.row_count == len(structure.grid) + filters - 1 and is_complete(graph, structure)
    ]
    if not structures:
        return None
    kernel = _null_space(full_weight_matrix(graph, weights), modulus)
    if not 0 < kernel.shape[1] <= MAX_RANK:
        return None
    for structure in structures:
        algebra = _powers(kernel.reshape(*structure.grid, filters, -1), modulus)
        if algebra is not None and _lifts(structure, weights % modulus, *algebra, modulus):
            polynomial, elements = algebra
            coefficients = tuple(strings(*element) for element in elements.tolist())
            axes = len(structure.grid)
            return Lifting(
                structure.grid,
                structure.rows,
                structure.offsets,
                strings(*polynomial.tolist()),
                coefficients[:axes],
                coefficients[axes:],
                str(modulus),
                strings(*weights.ravel().tolist()),
            )
    return None


def _powers(cube: Residues, modulus: int) -> tuple[Residues, Residues] | None:
    """Find the algebra: its polynomial, and the shifts and then the filters as coefficients of powers of y.

    The kernel at (position, t) is the linear image of z^position v_t, v_0 = 1. A shift is the matrix that takes the
    kernel at each position to that at the next one; y is a sum of multiples of them, which tells all zeros apart.
    """
    rank, origin = cube.shape[-1], cube[(0,) * (cube.ndim - 2)]
    shifts = []
    for axis in range(cube.ndim - 2):
        along = np.moveaxis(cube, axis, 0)
        shift = _solve(along[:-1].reshape(-1, rank), along[1:].reshape(-1, rank), modulus)
        if shift is None:
            return None
        shifts.append(shift)
    y = sum((i * shift for i, shift in enumerate(shifts, start=1)), start=np.zeros((rank, rank), dtype=np.int64))
    powers = [origin[0]]
    for _ in range(rank):
        powers.append(powers[-1] @ (y % modulus) % modulus)
    basis = np.array(powers[:rank])
    wanted = np.vstack([powers[rank], *(origin[0] @ shift for shift in shifts), origin])
    solved = _solve(basis.T, wanted.T, modulus)  # wanted = solved.T @ basis
    if solved is None:
        return None
    return np.append(-solved[:, 0] % modulus, 1), solved[:, 1:].T


def _lifts(structure: Translation, weights: Residues, polynomial: Residues, elements: Residues, modulus: int) -> bool:
    """Whether all f_r vanish in the algebra, with a surjective Jacobian, and the kernel vectors are independent."""
    rank, axes = len(polynomial) - 1, len(structure.grid)
    companion = np.eye(rank, k=1, dtype=np.int64)
    companion[-1] = -polynomial[:-1] % modulus
    one = np.eye(rank, dtype=np.int64)

    def matrix(element: Residues) -> Residues:
        """Multiplication by an element, on rows of coefficients."""
        rows = [element]
        for _ in range(rank - 1):
            rows.append(rows[-1] @ companion % modulus)
        return np.array(rows)

    v = np.array([matrix(element) for element in elements[axes:]])
    powers = []
    for element, size in zip(elements, structure.grid, strict=False):
        powers.append([one])
        for _ in range(size - 1):
            powers[-1].append(powers[-1][-1] @ matrix(element) % modulus)

    def monomial(exponents: Any) -> Residues:
        product = one
        for axis, exponent in enumerate(exponents):
            product = product @ powers[axis][exponent] % modulus
        return product

    values = np.zeros((structure.row_count, rank, rank), dtype=np.int64)
    jacobian = np.zeros((axes + len(v), rank, structure.row_count, rank), dtype=np.int64)
    rows, offsets = np.array(structure.rows), np.array(structure.offsets)
    for r, w, offset in zip(rows, weights, offsets, strict=True):
        exponents = offsets[rows == r].max(axis=0) - offset
        mixed = np.tensordot(w, v, 1) % modulus  # T products below 2^40
        values[r] += monomial(exponents) @ mixed % modulus
        for axis in np.flatnonzero(exponents):
            lowered = monomial(exponents - np.eye(axes, dtype=np.int64)[axis])
            jacobian[axis, :, r] += exponents[axis] * (lowered @ mixed % modulus)
        jacobian[axes:, :, r] += w[:, None, None] * monomial(exponents) % modulus
    if (values % modulus).any():
        return False
    derivatives = jacobian.reshape((axes + len(v)) * rank, -1) % modulus
    vectors = [(monomial(position)[0] @ v % modulus).ravel() for position in np.ndindex(structure.grid)]
    kernel = np.array(vectors).reshape(-1, rank)
    return len(independent_minor(derivatives, modulus)[0]) == derivatives.shape[1] and (
        len(independent_minor(kernel, modulus)[0]) == rank
    )


def _null_space(matrix: Residues, modulus: int) -> Residues:
    """Basis of the null space, one column each."""
    from flint import nmod_mat

    null, nullity = nmod_mat(matrix.tolist(), modulus).nullspace()
    return _array(null)[:, :nullity]


def _solve(left: Residues, right: Residues, modulus: int) -> Residues | None:
    """Return the only X with left X = right, if there is one."""
    from flint import nmod_mat

    unknowns = left.shape[1]
    if len(left) < unknowns:
        return None
    solved = _array(nmod_mat(np.hstack([left, right]).tolist(), modulus).rref()[0])
    if (solved[:unknowns, :unknowns] != np.eye(unknowns)).any() or solved[unknowns:].any():
        return None
    return solved[:unknowns, unknowns:]


def _array(matrix: Any) -> Residues:
    return np.array([int(x) for x in matrix.entries()], dtype=np.int64).reshape(matrix.nrows(), matrix.ncols())
