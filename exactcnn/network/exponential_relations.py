"""Exact linear relations with rational coefficients between values in Q(t): decided by bookkeeping.

A value n(z, E) / d(E), E = e^g(z) and z rational, is written over functions of exponentials that are told apart by
exact numbers: division by d in E leaves powers E^j = e^(j g(z)) and the proper fractions E^j / d(E). A rational
combination is zero if, after collecting equal functions, the constant and every coefficient are zero.

For d = 1 + E that is exact both ways: with 1/(1 + e^-a) = 1 - 1/(1 + e^a) and 1/(1 + e^0) = 1/2, the functions 1 and
1/(1 + τ^a), a = 1, 2, ..., are linearly independent over C, since 1/(1 + τ^a) has a pole at the primitive 2a-th roots
of unity and no 1/(1 + τ^b) with b < a has. For d = 1, exponentials of distinct rational numbers are linearly
independent over Q (Lindemann).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.formulas import Formula, evaluate, polynomial
from exactcnn.linalg.evidence import Relation
from exactcnn.linalg.modular import Indices
from exactcnn.linalg.relations import rationals, relation, solve_modulo

LARGEST_SOLUTION = 500_000  # entries of the modular solution
LARGEST_CHECK = 30_000_000  # values met while verifying

Key = tuple[int, Fraction]
"""(j, a): for j < 0 the function e^a (the constant 1 for a = 0), else E^j / d(E) with E = e^a."""
Terms = tuple[tuple[Key, Fraction], ...]
CONSTANT: Key = (-1, Fraction(0))


def expansion(curve: Curve) -> Callable[[Fraction], Terms] | None:
    """Return how a value is written over the functions; None if a denominator contains t, or the base is not e.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> expand = expansion(activation("sigmoid"))
    >>> [(key, str(c)) for key, c in expand(Fraction(3))]  # 1 - 1/(1 + e^3)
    [((-1, Fraction(0, 1)), '1'), ((0, Fraction(3, 1)), '-1')]
    """
    if curve.domain != "exponential" or any(i for piece in curve.pieces for i, _, _ in piece.denominator):
        return None

    def expand(z: Fraction) -> Terms:
        a = evaluate(polynomial(*curve.exponent), z, None, Fraction)
        return _over_functions(curve.pieces[curve.piece(z)], z, a)

    return expand


def _over_functions(piece: Formula, z: Fraction, a: Fraction) -> Terms:
    above = _in_power(piece.numerator, z)
    below = _in_power(piece.denominator, z)
    degree = len(below) - 1
    total: defaultdict[Key, Fraction] = defaultdict(Fraction)
    for j in range(len(above) - 1, degree - 1, -1):  # polynomial division in E
        factor = above[j] / below[-1]
        for m, c in enumerate(below):
            above[j - degree + m] -= factor * c
        total[(-1, (j - degree) * a)] += factor
    rest = above[:degree]
    if a == 0:
        if any(rest):
            total[CONSTANT] += Fraction(sum(rest)) / sum(below)
    elif degree == 1 and below[0] == below[1] and a < 0:
        total[CONSTANT] += rest[0] / below[0]
        total[(0, -a)] -= rest[0]
    else:
        for j, c in enumerate(rest):
            total[(j, a)] += c
    return tuple((key, c) for key, c in total.items() if c)


def _in_power(terms: Iterable[tuple[int, int, Fraction]], z: Fraction) -> list[Fraction]:
    """Coefficients of the powers of E at t = z."""
    table: defaultdict[int, Fraction] = defaultdict(Fraction)
    for i, j, c in terms:
        table[j] += c * z**i
    return [table[j] for j in range(max(table, default=0) + 1)]


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
    terms: Callable[[Fraction], Terms],
    coefficients: Mapping[int, int],
    numbers: NDArray[Any],
    mixing: NDArray[Any] | None,
) -> bool:
    """Whether a combination of columns vanishes: of the features below with the combined weights, row by row."""
    weights: dict[int, Fraction | int] = dict(coefficients)
    constant: Fraction | int = 0
    if mixing is not None:
        columns = mixing[:, list(coefficients)]
        combined = (columns * np.array(list(coefficients.values()), dtype=object)).sum(axis=1).tolist()
        constant = combined.pop()
        weights = {i: weight for i, weight in enumerate(combined) if weight}
    return all(vanishes(terms, ((c, row[i]) for i, c in weights.items()), constant) for row in numbers)


def _rows_hold(
    terms: Callable[[Fraction], Terms],
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
        whole: defaultdict[Key, Fraction] = defaultdict(Fraction)
        whole[CONSTANT] += column[-1] * total
        for weight, each in zip(column.tolist(), sums, strict=False):
            for key, c in each.items():
                whole[key] += weight * c
        if any(whole.values()):
            return False
    return True


def collected(
    terms: Callable[[Fraction], Terms], combination: Iterable[tuple[Fraction | int, Fraction]]
) -> dict[Key, Fraction]:
    """Coefficients of sum c f(z), function by function."""
    total: defaultdict[Key, Fraction] = defaultdict(Fraction)
    for c, z in combination:
        for key, coefficient in terms(z):
            total[key] += c * coefficient
    return total


def vanishes(
    terms: Callable[[Fraction], Terms],
    combination: Iterable[tuple[Fraction | int, Fraction]],
    constant: Fraction | int = 0,
) -> bool:
    """Whether constant + sum c f(z) = 0 by its coefficients; false where the bookkeeping does not show it.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> three = Fraction(3)
    >>> vanishes(expansion(activation("sigmoid")), [(1, -three), (-2, Fraction(0)), (1, three)])
    True
    >>> vanishes(expansion(activation("silu")), [(1, three), (-1, -three)], -3)  # silu(z) - silu(-z) = z
    True
    """
    total = collected(terms, combination)
    total[CONSTANT] = total.get(CONSTANT, Fraction(0)) + constant
    return not any(total.values())
