"""Matrices of fractions to FLINT and back."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.linalg.relations import LARGE_PRIME

if TYPE_CHECKING:
    from flint import fmpq_mat

Matrix = NDArray[Any]  # of fractions, or of integers


def to_flint(matrix: Matrix) -> fmpq_mat:
    """Take an object array of fractions or integers.

    Examples
    --------
    >>> from_flint(to_flint(np.array([[Fraction(1, 2), 3]], dtype=object))).tolist()
    [[Fraction(1, 2), Fraction(3, 1)]]
    """
    from flint import fmpq, fmpq_mat

    rows, columns = matrix.shape
    return fmpq_mat(rows, columns, [fmpq(*value.as_integer_ratio()) for value in matrix.ravel().tolist()])


def from_flint(matrix: fmpq_mat) -> Matrix:
    """Return an object array of fractions."""
    result = np.empty((matrix.nrows(), matrix.ncols()), dtype=object)
    result.ravel()[:] = [Fraction(int(value.p), int(value.q)) for value in matrix.entries()]
    return result


def independent_columns(matrix: Matrix) -> list[int]:
    """Return columns, each the first that depends on none before it modulo a large prime: independent over Q.

    Examples
    --------
    >>> independent_columns(np.array([[1, 2, 0], [2, 4, Fraction(1, 3)]], dtype=object))
    [0, 2]
    """
    from flint import nmod_mat

    entries = []
    for row in matrix.tolist():
        common = math.lcm(*(value.denominator for value in row))  # a row times an integer: the rank can only fall
        entries.append([int(value * common) % LARGE_PRIME for value in row])
    reduced, rank = nmod_mat(entries, LARGE_PRIME).rref()
    rows = [[int(value) for value in row] for row in reduced.tolist()[:rank]]
    return [next(j for j, value in enumerate(row) if value) for row in rows]
