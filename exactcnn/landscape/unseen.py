"""What a unit of layer 1 sees: the matrix Z by which it acts, and the columns of Z that depend on others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import gather
from exactcnn.domains.exact import ExactArray
from exactcnn.network.network import Convolved

PRIME = 2**31 - 1
MOST_WORK = 10**8  # rows times columns squared of an exact elimination: seconds


@dataclass(frozen=True)
class Dependencies:
    """Z_others = Z_kept · combination; `ones` combines the kept columns to a column of ones, if they can."""

    kept: tuple[int, ...]
    others: tuple[int, ...]
    combination: tuple[tuple[Fraction, ...], ...]
    ones: tuple[Fraction, ...] | None


def columns_of(samples: ExactArray, layer: Convolved, seen: NDArray[np.bool_]) -> NDArray[Any]:
    """Rows of Z, each once, times a common denominator, with one more column for it (for ones).

    Parameters
    ----------
    samples : ExactArray (N, n_0)
    layer : Convolved
        Layer 1.
    seen : ndarray of bool (N, P)
        Samples and patches on which the unit is not constant.

    Returns
    -------
    ndarray of int (rows, columns + 1)
        Python integers; the columns are the slots of the filter, then its biases.
    """
    numbers, denominator = samples.integers()
    patches = gather(numbers, layer.patches.slots)  # (N, P, l)
    count = layer.patches.patch_count
    biases = {"none": 0, "filter": 1, "neuron": count}[layer.bias]
    rows = set()
    for i, p in np.argwhere(seen).tolist():
        own = [denominator if biases == 1 or q == p else 0 for q in range(biases)]
        rows.add((*patches[i, p].tolist(), *own, denominator))
    result = np.empty((len(rows), patches.shape[2] + biases + 1), dtype=object)
    for number, row in enumerate(sorted(rows)):
        result[number] = row
    return result


def dependencies(z: NDArray[Any], order: Sequence[int]) -> Dependencies | None:
    """Find columns that depend on others.

    Parameters
    ----------
    z : ndarray of int (rows, columns + 1)
        As from `columns_of`.
    order : sequence of int
        A column that depends on columns before it in this order is not kept.

    Returns
    -------
    Dependencies or None
        None if all columns are independent, there are no rows, or elimination would take too long.

    Examples
    --------
    >>> found = dependencies(np.array([[1, 2, 1, 1], [2, 4, 1, 1]], dtype=object), [2, 0, 1])
    >>> found.kept, found.others, found.combination[0]
    ((0, 2), (1,), (Fraction(2, 1),))
    """
    from flint import fmpz_mat, nmod_mat

    rows, width = z.shape[0], z.shape[1] - 1
    if not rows:
        return None
    flat = [int(x) for x in z[:, :width].ravel().tolist()]
    matrix = fmpz_mat(rows, width, flat)
    if nmod_mat(matrix, PRIME).rank() == width or rows * width**2 > MOST_WORK:
        return None
    columns = [*order, width]
    reduced, denominator, rank = fmpz_mat(rows, width + 1, [int(x) for x in z[:, columns].ravel().tolist()]).rref()
    table = [[Fraction(int(x), int(denominator)) for x in row] for row in reduced.tolist()[:rank]]
    pivots = [next(c for c, x in enumerate(row) if x) for row in table]
    with_ones = pivots[-1] != width
    if not with_ones:
        pivots, table = pivots[:-1], table[:-1]
    if len(pivots) == width:
        return None
    places = sorted(range(len(pivots)), key=lambda r: columns[pivots[r]])
    kept = tuple(columns[pivots[r]] for r in places)
    where = {column: position for position, column in enumerate(columns)}
    others = tuple(c for c in range(width) if c not in kept)
    combination = tuple(tuple(table[r][where[c]] for c in others) for r in places)
    return Dependencies(kept, others, combination, tuple(table[r][width] for r in places) if with_ones else None)
