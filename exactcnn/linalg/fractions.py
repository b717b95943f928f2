"""Matrices of fractions to FLINT and back."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

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
