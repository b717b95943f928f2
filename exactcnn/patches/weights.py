"""The linear map M_k from filters W_k to the full weight matrix U_k = M_k(W_k), and its adjoint.

Column h = p T + t of U_k holds filter t at patch p (the paper's (p-1) T_k + t, numbered from 0): one non-zero
entry w[s, t] at row ``slots[p, s]`` for each slot s that is not padding.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arguments import typed
from exactcnn.domains.given import given_entries
from exactcnn.errors import InputError
from exactcnn.patches.graph import PADDING, PatchGraph

if TYPE_CHECKING:
    import sympy

MAX_ENTRIES = 2**28  # 2 GiB of float64
SHOWN_ENTRIES = 400  # more are elided


def triplets(graph: PatchGraph, filters: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Sparse form of M_k: (rows, columns, weights), entry (row, column) of U is weight s T + t (C order of W).

    Examples
    --------
    >>> [part.tolist() for part in triplets(PatchGraph.from_patches(None, [[0, 1], [1, 2]]), 1)]
    [[0, 1, 1, 2], [0, 0, 1, 1], [0, 1, 0, 1]]
    """
    check_filters(filters)
    patches, slots = np.nonzero(graph.slots != PADDING)
    each = np.arange(filters)
    rows = np.repeat(graph.slots[patches, slots], filters)
    columns = (patches[:, None] * filters + each).ravel()
    weights = (slots[:, None] * filters + each).ravel()
    return rows, columns, weights


@typed
def full_weight_matrix(graph: PatchGraph, weights: NDArray[Any]) -> NDArray[Any]:
    """U_k = M_k(W_k), dense, with the entries of W_k as they are.

    Parameters
    ----------
    graph : PatchGraph
        P patches of l neurons, n neurons below.
    weights : ndarray, shape (l, T)
        Filters W_k, any dtype; object arrays (`Fraction`, SymPy) too.

    Returns
    -------
    ndarray, shape (n, T * P)

    Raises
    ------
    InputError
        For weights of another shape, one that is masked or missing (with its index), or a matrix beyond memory.

    References
    ----------
    Nguyen and Hein, ICML 2018, Section 2: the linear maps M_k.

    Examples
    --------
    >>> graph = PatchGraph.from_patches(None, [[0, 1], [1, 2]])
    >>> full_weight_matrix(graph, np.array([[1, 3], [2, 4]]))
    array([[1, 3, 0, 0],
           [2, 4, 1, 3],
           [0, 0, 2, 4]])
    """
    weights = given_entries(weights, name="weights")
    if weights.ndim != 2 or weights.shape[0] != graph.patch_size or not weights.shape[1]:
        raise InputError(f"weights of shape {weights.shape}; expected ({graph.patch_size}, number of filters)")
    filters = weights.shape[1]
    entries = graph.neurons * graph.patch_count * filters
    if entries > MAX_ENTRIES:
        raise InputError(
            f"full weight matrix of {graph.neurons} x {graph.patch_count * filters} needs "
            f"{entries * 8 / 2**30:.1f} GiB; expected at most {MAX_ENTRIES * 8 / 2**30:.1f} GiB"
        )
    rows, columns, which = triplets(graph, filters)
    matrix = np.zeros((graph.neurons, graph.patch_count * filters), dtype=weights.dtype)
    matrix[rows, columns] = weights.ravel()[which]
    return matrix


def adjoint(graph: PatchGraph, matrix: NDArray[Any]) -> NDArray[Any]:
    """M_k^*: n x n_k -> l x T, with sum(M_k(W) * A) = sum(W * M_k^*(A)) for all W and A.

    The chain rule of the loss: a gradient with respect to U_k becomes one with respect to W_k.

    Parameters
    ----------
    graph : PatchGraph
        P patches of l neurons, n neurons below.
    matrix : ndarray, shape (n, T * P)
        Any dtype.

    Raises
    ------
    InputError
        For a matrix of another shape, and an entry that is masked or missing (with its index).

    References
    ----------
    Nguyen and Hein, ICML 2018, Section 4: gradients with respect to W_k.

    Examples
    --------
    >>> graph = PatchGraph.from_patches(None, [[0, 1], [1, 2]])
    >>> adjoint(graph, np.arange(6).reshape(3, 2))
    array([[3],
           [7]])
    """
    matrix = given_entries(matrix, name="matrix")
    if (
        matrix.ndim != 2
        or matrix.shape[0] != graph.neurons
        or not matrix.shape[1]
        or matrix.shape[1] % graph.patch_count
    ):
        raise InputError(
            f"matrix of shape {matrix.shape}; expected ({graph.neurons}, a multiple of {graph.patch_count} patches)"
        )
    filters = matrix.shape[1] // graph.patch_count
    cube = matrix.reshape(graph.neurons, graph.patch_count, filters)
    seen = cube[graph.slots, np.arange(graph.patch_count)[:, None]]  # (P, l, T); padding reads the last neuron
    result: NDArray[Any] = np.where((graph.slots != PADDING)[:, :, None], seen, 0).sum(axis=0)
    return result


@typed
def symbolic_full_weight_matrix(graph: PatchGraph, filters: int) -> sympy.ImmutableSparseMatrix:
    """U_k with letters for the weights, filter by filter: a, b, c for the first, d, e, f for the second.

    With more than 26 weights they are w_{s,t}, slot s of filter t, from 1 as in the paper.

    References
    ----------
    Nguyen and Hein, ICML 2018, Section 2, the example after the definition of M_k.

    Examples
    --------
    >>> graph = PatchGraph.from_patches(None, [[0, 1, 2], [1, 2, 3], [2, 3, 4]])
    >>> for row in symbolic_full_weight_matrix(graph, 2).T.tolist():
    ...     print(*row)
    a b c 0 0
    d e f 0 0
    0 a b c 0
    0 d e f 0
    0 0 a b c
    0 0 d e f
    """
    import sympy

    rows, columns, which = triplets(graph, filters)
    names = symbols(graph.patch_size, filters)
    entries = {(i, j): names[w] for i, j, w in zip(rows.tolist(), columns.tolist(), which.tolist(), strict=True)}
    return sympy.ImmutableSparseMatrix(graph.neurons, graph.patch_count * filters, entries)


def symbols(patch_size: int, filters: int) -> list[sympy.Symbol]:
    """Names of the weights in C order of W_k (l x T)."""
    import sympy

    return [sympy.Symbol(weight_name(index, patch_size, filters)) for index in range(patch_size * filters)]


def weight_name(index: int, patch_size: int, filters: int) -> str:
    """Name of one weight by its index in C order of W_k (l x T)."""
    slot, t = divmod(index, filters)
    return string.ascii_lowercase[t * patch_size + slot] if patch_size * filters <= 26 else f"w_{{{slot + 1},{t + 1}}}"


def latex_full_weight_matrix(graph: PatchGraph, filters: int, *, max_entries: int = SHOWN_ENTRIES) -> str:
    r"""U_k as a LaTeX matrix; rows and columns in the middle are elided when it has more than `max_entries`.

    Examples
    --------
    >>> print(latex_full_weight_matrix(PatchGraph.from_patches(None, [[0, 1], [1, 2]]), 1))
    \begin{pmatrix}
    a & 0 \\
    b & a \\
    0 & b
    \end{pmatrix}
    """
    lines = _shown(graph, filters, max_entries, (r"\cdots", r"\vdots", r"\ddots"))
    return "\\begin{pmatrix}\n" + " \\\\\n".join(" & ".join(line) for line in lines) + "\n\\end{pmatrix}"


def text_full_weight_matrix(graph: PatchGraph, filters: int, *, max_entries: int = SHOWN_ENTRIES) -> str:
    """U_k as plain text, elided like `latex_full_weight_matrix`.

    Examples
    --------
    >>> print(text_full_weight_matrix(PatchGraph.from_patches(None, [[0, 1], [1, 2]]), 1))
    ⎡a  0⎤
    ⎢b  a⎥
    ⎣0  b⎦
    """
    lines = _shown(graph, filters, max_entries, ("⋯", "⋮", "⋱"))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    left, right = ("⎡", *"⎢" * (len(lines) - 2), "⎣"), ("⎤", *"⎥" * (len(lines) - 2), "⎦")
    if len(lines) == 1:
        left, right = ("[",), ("]",)
    rows = ("  ".join(map(str.ljust, line, widths)) for line in lines)
    return "\n".join(map("".join, zip(left, rows, right, strict=True)))


def _shown(graph: PatchGraph, filters: int, max_entries: int, dots: tuple[str, str, str]) -> list[list[str]]:
    """Entries of U_k as text; dots to the side, downwards or both ways for what is elided."""
    check_filters(filters)
    side = max(2, int(max_entries**0.5))
    shown_rows, shown_columns = _ends(graph.neurons, graph.patch_count * filters, side, max_entries)
    seen = np.unique(np.array([column // filters for column in shown_columns if column >= 0]))
    place = {
        (int(graph.slots[p, s]), int(p)): int(s)
        for p in seen
        for s in np.flatnonzero(np.isin(graph.slots[p], shown_rows))
    }
    lines = []
    for i in shown_rows:
        cells = []
        for j in shown_columns:
            if i < 0 or j < 0:
                cells.append(dots[2] if i < 0 and j < 0 else dots[1] if i < 0 else dots[0])
                continue
            slot = place.get((i, j // filters))
            cells.append("0" if slot is None else weight_name(slot * filters + j % filters, graph.patch_size, filters))
        lines.append(cells)
    return lines


def _ends(rows: int, columns: int, side: int, limit: int) -> tuple[list[int], list[int]]:
    """Row and column numbers to show; -1 stands for the elided middle."""

    def ends(count: int) -> list[int]:
        if count <= side or rows * columns <= limit:
            return list(range(count))
        return [*range(side - side // 2), -1, *range(count - side // 2, count)]

    return ends(rows), ends(columns)


def check_filters(filters: int) -> None:
    """Refuse a number of filters that is not positive, or that no array has."""
    if not 1 <= filters <= MAX_ENTRIES:
        raise InputError(f"filters = {filters}; expected a positive integer, at most {MAX_ENTRIES}")
