"""Exact linear relations with rational coefficients between values in Q(t): proposed by an image, proved by names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.linalg.echelon import Indices
from exactcnn.linalg.evidence import Relation
from exactcnn.linalg.relations import rationals, relation, solve_modulo
from exactcnn.network.expansions import ONE, Expansion, Name, Number, collected, expansion, vanishes

LARGEST_SOLUTION = 500_000  # entries of the modular solution
LARGEST_CHECK = 30_000_000  # values met while verifying


def exponential_relations(
    curve: Curve,
    values: ExactArray,
    image: NDArray[np.int64],
    modulus: int,
    axis: int,
    rows: Indices,
    columns: Indices,
    mixing: ExactArray | None = None,
) -> tuple[Relation, ...]:
    """Relations between rows (axis 0) or columns (axis 1) of [curve(values), 1] @ mixing, verified exactly.

    Parameters
    ----------
    curve : Curve
        Exponential; of those without `expansion` no relation is known.
    values : ExactArray (N, n)
        Rational arguments.
    image : ndarray of int64 (N, m)
        Residues of the matrix, of which `rows` x `columns` is a largest non-singular minor.
    mixing : ExactArray (n + 1, m), optional
        The affine map above; by default there is none, and m = n.
    """
    expand = expansion(curve)
    if axis == 1:
        image, rows, columns = image.T, columns, rows
    others = np.setdiff1d(np.arange(len(image)), rows)
    if expand is None or not len(others) or len(rows) * len(others) > LARGEST_SOLUTION:
        return ()
    minor, rest = image[np.ix_(rows, columns)].tolist(), image[np.ix_(others, columns)].tolist()
    candidates = []
    solutions = solve_modulo(minor, rest, modulus) if minor else rest  # without a minor, all lines may be zero
    for other, x in zip(others.tolist(), solutions, strict=False):
        support = np.flatnonzero(x)
        combination = rationals([x[i] for i in support], modulus)
        if combination is not None:
            candidates.append(relation(other, rows[support].tolist(), combination))
    used = sum(len(candidate.coefficients) for candidate in candidates)
    crossing = values.shape[1 - axis] if mixing is None else values.shape[0] if axis else mixing.shape[0]
    if used * crossing > LARGEST_CHECK:
        return ()
    holds = _columns_hold if axis else _rows_hold
    numbers = values.fractions()
    mixed = None if mixing is None else mixing.fractions()
    terms = cache(expand)
    return tuple(candidate for candidate in candidates if holds(terms, dict(candidate.coefficients), numbers, mixed))


def _columns_hold(
    terms: Callable[[Fraction], Expansion],
    coefficients: Mapping[int, int],
    numbers: NDArray[Any],
    mixing: NDArray[Any] | None,
) -> bool:
    """Whether a combination of columns vanishes: of the features below with the combined weights, row by row."""
    weights: dict[int, Number] = dict(coefficients)
    constant: Number = 0
    if mixing is not None:
        columns = mixing[:, list(coefficients)]
        combined = (columns * np.array(list(coefficients.values()), dtype=object)).sum(axis=1).tolist()
        constant = combined.pop()
        weights = {i: weight for i, weight in enumerate(combined) if weight}
    return all(vanishes(terms, ((c, row[i]) for i, c in weights.items()), constant) for row in numbers)


def _rows_hold(
    terms: Callable[[Fraction], Expansion],
    coefficients: Mapping[int, int],
    numbers: NDArray[Any],
    mixing: NDArray[Any] | None,
) -> bool:
    """Whether a combination of rows vanishes, column by column."""
    sums = [collected(terms, ((c, numbers[r, i]) for r, c in coefficients.items())) for i in range(numbers.shape[1])]
    if mixing is None:
        return not any(any(each.values()) for each in sums)
    total = sum(coefficients.values())
    for column in mixing.T:
        whole: defaultdict[Name, Number] = defaultdict(int)
        whole[ONE] += column[-1] * total
        for weight, each in zip(column.tolist(), sums, strict=False):
            for key, c in each.items():
                whole[key] += weight * c
        if any(whole.values()):
            return False
    return True
