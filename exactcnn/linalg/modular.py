"""Elimination over GF(p) on BLAS: which rows and columns form a largest non-singular minor.

Residues are centred. With |residue| <= b, a sum of K products and one residue is an exact float, and can be reduced,
as long as K b**2 + b <= 2**53 - b (2**24 - b in float32): K = 32 700 for p = 2**20, and 1268 for p = 227 in float32,
so that products accumulate unreduced, and reductions all but vanish beside them. A small prime is stored in one byte.

The work is done a panel of rows at a time, and in place: the rows of the panel are cleared by those that were
eliminated before, strip of columns by strip, so that a strip stays in cache until it is done; they are brought to
reduced echelon form, and take their place behind the earlier ones. A row is read once and written once, whatever the
number of panels.

References
----------
.. [1] J.-G. Dumas, P. Giorgi, C. Pernet, "Dense linear algebra over word-size prime fields: the FFLAS and
   FFPACK packages", ACM TOMS 35 (2008): delayed reductions, elimination by blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.residues import Modulus
from exactcnn.linalg.backends import Backend, OnNumpy
from exactcnn.linalg.checkpoints import Checkpoint
from exactcnn.linalg.echelon import Indices
from exactcnn.linalg.elimination import Elimination

WIDE = 32  # a matrix wider by less than a 32nd is eliminated as it stands: its transpose would be a second one


def independent_minor(
    matrix: NDArray[Any],
    modulus: int,
    *,
    overwrite: bool = False,
    backend: Backend | None = None,
    checkpoint: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Indices, Indices]:
    """Rows and columns of a largest non-singular minor modulo a prime.

    Parameters
    ----------
    matrix : ndarray (m, n)
        Integers of size <= 2**52, of any type. Wide matrices are eliminated transposed, so that elimination stops at
        min(m, n) independent lines.
    modulus : int
        A prime, 2**5 < p < 2**20. Below 2**9 the work is done in float32: twice as fast, and unlucky more often.
    overwrite : bool
        Allow a C-contiguous matrix of the type in which residues are stored to be destroyed instead of copied.
    backend : Backend, optional
        Where the work is done; by default NumPy.
    checkpoint : Path, optional
        A folder: finished panels are kept there, and the work goes on from those of an earlier run.
    progress : callable, optional
        Called with (lines done, lines in all) after every round.

    Raises
    ------
    InputError
        If a checkpoint cannot be written, or belongs to another matrix.

    Returns
    -------
    rows, columns : ndarray of int
        Equally many, in order of elimination; their number is the rank modulo p. The minor is non-zero modulo p,
        hence non-zero for every matrix of integers with these residues.

    Examples
    --------
    >>> rows, columns = independent_minor(np.array([[1, 2], [2, 4], [0, 5]]), 1048343)
    >>> rows.tolist(), columns.tolist()
    ([0, 2], [0, 1])
    """
    m, n = matrix.shape
    if n > m + m // WIDE:
        columns, rows = independent_minor(matrix.T, modulus, backend=backend, checkpoint=checkpoint, progress=progress)
        return rows, columns
    field = Modulus(modulus)
    work = Elimination.of(residues(matrix, field, overwrite=overwrite), field, backend or OnNumpy())
    kept = None if checkpoint is None else Checkpoint.of(checkpoint, work)
    if kept is not None:
        kept, work = kept.resumed(work)
    while not work.finished:
        panel = work.next_panel()
        if kept is not None:
            kept = kept.appended(panel, work)
        work = work.with_panel(panel)
        if progress is not None:
            progress(work.start, m)
    return work.rows, work.columns


def residues(matrix: NDArray[Any], field: Modulus, *, overwrite: bool = False) -> NDArray[Any]:
    """Return centred residues of integers of size <= 2**52 as they are stored, in C order and in memory of their own.

    Examples
    --------
    >>> found = residues(np.array([[228, -1]]), Modulus(227))
    >>> found.tolist(), found.dtype.name
    ([[1, -1]], 'int8')
    """
    own = overwrite and matrix.dtype == field.stored and matrix.flags.c_contiguous
    if own and matrix.size and -field.bound <= matrix.min() and matrix.max() <= field.bound:
        return matrix  # centred already, as images of features are
    result = matrix if own else np.empty(matrix.shape, dtype=field.stored)
    step = max(1, 2**16 // max(1, matrix.shape[1]))
    for start in range(0, len(matrix), step):
        tile = matrix[start : start + step].astype(np.float64)  # small ones too: 2^52 is below every limit of `reduce`
        field.reduce(tile)
        result[start : start + step] = tile
    return result
