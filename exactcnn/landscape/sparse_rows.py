"""Carathéodory's theorem with a norm: sums of few columns, with no larger weights."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from exactcnn.landscape.neuron_tables import ZERO
from exactcnn.linalg.fractions import Matrix, from_flint, to_flint


def sparse_row(columns: Matrix, weights: Sequence[Fraction]) -> list[Fraction]:
    """Return weights of the same sum, on independent columns, whose ℓ1 norm is not larger.

    Let v_j, not 0, be the weight of a column that depends on a basis: column j = Σ R_ij column(B_i). Moving v_j by τ,
    and the weights of the basis by -τ R_ij, keeps the sum. In one of both directions the norm does not grow until the
    first weight is 0: it is that of column j, or that of one of the basis, which j replaces. A weight 0 in the basis
    with R_ij ≠ 0 is replaced at once. So each turn has one column less.

    Parameters
    ----------
    columns : ndarray (n, p) of Fraction
    weights : sequence of Fraction
        p of them.

    Examples
    --------
    >>> columns = np.array([[Fraction(1), Fraction(2), Fraction(3)]], dtype=object)
    >>> [str(weight) for weight in sparse_row(columns, [Fraction(1), Fraction(1), Fraction(-1)])]
    ['0', '0', '0']
    >>> [str(weight) for weight in sparse_row(columns, [Fraction(1), Fraction(0), Fraction(1)])]
    ['0', '0', '4/3']
    """
    support = [j for j, weight in enumerate(weights) if weight]
    result = [ZERO] * len(weights)
    if not support:
        return result
    reduced, rank = to_flint(columns[:, support]).rref()
    relations = from_flint(reduced)[:rank]  # R
    basis = [int(np.flatnonzero(row)[0]) for row in relations]
    value = np.array([weights[j] for j in support], dtype=object)
    for j in range(len(support)):
        if j in basis or not value[j]:
            continue
        empty = [i for i in range(rank) if not value[basis[i]] and relations[i, j]]
        if empty:
            _exchange(relations, basis, empty[0], j)
            continue
        column = relations[:, j]
        slope = _sign(value[j]) - sum(_sign(value[b]) * r for b, r in zip(basis, column, strict=True) if r)
        up = -_sign(slope) if slope else -_sign(value[j])
        # the steps up to which each weight keeps its sign
        steps = [(-up * value[j], -1)]
        steps += [(up * value[b] / r, i) for i, (b, r) in enumerate(zip(basis, column, strict=True)) if r]
        step, row = min(each for each in steps if each[0] > 0)
        value[j] += up * step
        value[basis] -= up * step * column
        if row >= 0:
            _exchange(relations, basis, row, j)
    for j, weight in zip(support, value.tolist(), strict=True):
        result[j] = weight
    return result


def _sign(number: Fraction) -> int:
    return (number > 0) - (number < 0)


def _exchange(relations: Matrix, basis: list[int], row: int, j: int) -> None:
    """Let column j replace one of the basis."""
    relations[row] /= relations[row, j]
    for other in np.flatnonzero(relations[:, j]).tolist():
        if other != row:
            relations[other] -= relations[other, j] * relations[row]
    basis[row] = j
