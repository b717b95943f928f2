"""The set on which some pre-activations of layer 1 lie on kinks: a rational affine space, parametrised exactly.

z_ih is affine in the parameters of layer 1, with gradient a_ih: entries of the sample, and 1 for the bias.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.coordinates import Coordinates
from exactcnn.resources import Progress

if TYPE_CHECKING:
    from flint import fmpq, fmpq_mat

CORRECTION = 2**80  # denominator of corrections that floats suggest

Pair = tuple[int, int]
"""A sample and a neuron of layer 1."""


def differentials(
    coordinates: Coordinates, samples: ExactArray, pairs: Sequence[Pair], places: Sequence[int]
) -> NDArray[np.object_]:
    """Gradients of pre-activations of layer 1 by some coordinates.

    Parameters
    ----------
    coordinates : Coordinates
    samples : ExactArray (N, n_0)
    pairs : sequence of (sample, neuron)
    places : sequence of int

    Returns
    -------
    ndarray of Fraction (len(pairs), len(places))
    """
    block, inputs = coordinates.blocks[0], samples.fractions()
    filters, slots = block.layer.filters, block.layer.patches.slots
    position = {place: number for number, place in enumerate(places)}
    result = np.full((len(pairs), len(places)), Fraction(0), dtype=object)
    for number, (sample, neuron) in enumerate(pairs):
        patch, unit = divmod(neuron, filters)
        for slot, below in enumerate(slots[patch].tolist()):
            place = position.get(block.weight(slot, unit))
            if below >= 0 and place is not None:
                result[number, place] = inputs[sample, below]
        bias = block.bias(neuron)
        if bias in position:
            result[number, position[bias]] = Fraction(1)
    return result


@dataclass(frozen=True, eq=False)
class Kernel:
    """Solutions d of a d = 0.

    Attributes
    ----------
    rows, columns : tuple of int
        A regular minor of full rank; the rows are the first independent ones.
    basis : fmpq_mat (n, n - rank)
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    basis: fmpq_mat

    @property
    def dimension(self) -> int:
        """The number of columns of the basis."""
        return int(self.basis.ncols())


def kernel(
    matrix: NDArray[np.object_], order: Sequence[int] | None = None, *, progress: Progress | None = None
) -> Kernel:
    """Find a basis of the kernel of a rational matrix, block by block: kinks of different filters share no coordinate.

    Parameters
    ----------
    matrix : ndarray of Fraction (q, n)
    order : sequence of int, optional
        Of the columns: those of the minor are taken from its front.
    progress : callable, optional

    Examples
    --------
    >>> found = kernel(np.array([[Fraction(1), Fraction(2)], [Fraction(2), Fraction(4)]], dtype=object))
    >>> found.rows, found.columns, found.basis
    ((0,), (0,), [-2]
    [ 1])
    """
    from flint import fmpq, fmpq_mat

    place = {c: number for number, c in enumerate(range(matrix.shape[1]) if order is None else order)}
    rows: list[int] = []
    relations: dict[int, list[tuple[int, fmpq]]] = {}  # of a column of the minor: its row reduced, without zeros
    blocks = _blocks(matrix)
    for done, (own, met) in enumerate(blocks):
        if progress is not None:
            progress("relations between kinks", done, len(blocks))
        columns = sorted(met, key=place.__getitem__)
        block = rational(matrix[np.ix_(own, columns)])
        rows += [own[row] for row, *_ in map(_nonzero, _reduced(block.transpose()))]
        for line in _reduced(block):
            pivot, *others = _nonzero(line)
            relations[columns[pivot]] = [(columns[c], line[c]) for c in others]
    free = {c: number for number, c in enumerate(c for c in place if c not in relations)}
    basis = fmpq_mat(len(place), len(free))
    for c, number in free.items():
        basis[c, number] = fmpq(1)
    for pivot, relation in relations.items():
        for c, value in relation:
            basis[pivot, free[c]] = -value
    return Kernel(tuple(sorted(rows)), tuple(sorted(relations, key=place.__getitem__)), basis)


def _blocks(matrix: NDArray[np.object_]) -> list[tuple[list[int], list[int]]]:
    """Ascending rows, and columns, of the parts that a matrix is made of; all entries outside are zero."""
    import networkx as nx

    graph = nx.Graph((row, -1 - column) for row, column in np.argwhere(matrix).tolist())
    parts = [sorted(part) for part in nx.connected_components(graph)]
    return [([v for v in part if v >= 0], [-1 - v for v in part if v < 0]) for part in parts]


def _reduced(matrix: fmpq_mat) -> list[list[fmpq]]:
    reduced, rank = matrix.rref()
    return [[reduced[row, c] for c in range(matrix.ncols())] for row in range(rank)]


def _nonzero(line: list[fmpq]) -> list[int]:
    return [c for c, value in enumerate(line) if value]


def rational(array: NDArray[np.object_]) -> fmpq_mat:
    """Take fractions as a matrix of FLINT; zeros, which are most of what kinks give, cost nothing."""
    from flint import fmpq, fmpq_mat

    result = fmpq_mat(*array.shape)
    for i, j in np.argwhere(array).tolist():
        result[i, j] = fmpq(array[i, j].numerator, array[i, j].denominator)
    return result


def nearest_floats(array: NDArray[np.object_]) -> NDArray[np.float64]:
    """Round fractions to floats; zeros cost nothing.

    Examples
    --------
    >>> nearest_floats(np.array([[Fraction(0), Fraction(1, 4)]], dtype=object)).tolist()
    [[0.0, 0.25]]
    """
    result = np.zeros(array.shape)
    places = np.nonzero(array)
    result[places] = array[places].astype(np.float64)
    return result


def fractions(matrix: fmpq_mat) -> NDArray[np.object_]:
    """Take a matrix of FLINT as fractions."""
    result = np.empty((matrix.nrows(), matrix.ncols()), dtype=object)
    result.ravel()[:] = [fraction(x) for x in matrix.entries()]
    return result


def times(matrix: NDArray[np.object_], vector: NDArray[np.object_]) -> NDArray[np.object_]:
    """Product of a matrix and a vector of fractions, by FLINT.

    Examples
    --------
    >>> times(np.array([[Fraction(1, 2), Fraction(0)]]), np.array([Fraction(3), Fraction(1)])).tolist()
    [Fraction(3, 2)]
    """
    return fractions(rational(matrix) * rational(vector[:, None]))[:, 0]


def fraction(value: fmpq) -> Fraction:
    """Take a rational number of FLINT."""
    return Fraction(int(value.p), int(value.q))


def onto(
    theta: NDArray[np.object_], matrix: NDArray[np.object_], values: Sequence[Fraction], order: Sequence[int]
) -> NDArray[np.object_] | None:
    """Move θ a little to a point with a θ = values, exactly.

    Parameters
    ----------
    theta : ndarray of Fraction (n,)
    matrix : ndarray of Fraction (q, n)
    values : sequence of Fraction (q,)
    order : sequence of int
        Of the coordinates: the exact correction is made by those in front.

    Returns
    -------
    ndarray of Fraction (n,) or None
        None where the equations contradict each other.

    Examples
    --------
    >>> one = Fraction(1)
    >>> moved = onto(np.array([one, one]), np.array([[one, one]]), [Fraction(4)], [1, 0])
    >>> moved.sum(), moved.astype(float).round(9).tolist()
    (Fraction(4, 1), [2.0, 2.0])
    """
    found = kernel(matrix, order)
    right = np.array(values, dtype=object)
    # a float correction of least norm first: exact ones by few coordinates could be large
    defect = (right - times(matrix, theta)).astype(np.float64)
    change = np.linalg.lstsq(nearest_floats(matrix), defect, rcond=1e-12)[0]
    moved = theta + np.array([Fraction(round(x * CORRECTION), CORRECTION) for x in change.tolist()], dtype=object)
    rows, columns = list(found.rows), list(found.columns)
    correction = rational(matrix[np.ix_(rows, columns)]).solve(rational((right - times(matrix, moved))[rows, None]))
    moved[columns] += np.array([fraction(x) for x in correction.entries()], dtype=object)
    return moved if (times(matrix, moved) == right).all() else None
