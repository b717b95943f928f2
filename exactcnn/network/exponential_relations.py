"""Exact linear relations with rational coefficients between sigmoids, tanhs or exponentials: decided by bookkeeping.

The functions 1 and 1/(1 + tau^a), a = 1, 2, ..., are linearly independent over C, since 1/(1 + tau^a) has a pole at the
primitive 2a-th roots of unity and no 1/(1 + tau^b) with b < a has. So with sigma(-z) = 1 - sigma(z), sigma(0) = 1/2
and tanh z = 2 sigma(2z) - 1, a rational combination of sigmoids and tanhs of rational numbers is zero exactly if,
after collecting equal |z|, the constant and every coefficient are zero. For exp and the Gaussian, exponentials of
distinct rational numbers are linearly independent over Q (Lindemann).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray
from exactcnn.linalg.evidence import Relation
from exactcnn.linalg.modular import Indices
from exactcnn.linalg.relations import rationals, relation, solve_modulo
from exactcnn.network.activations import Activation

LARGEST_SOLUTION = 500_000  # entries of the modular solution
LARGEST_CHECK = 30_000_000  # values met while verifying


def exponential_relations(
    activation: Activation,
    values: ExactArray,
    image: NDArray[np.int64],
    modulus: int,
    axis: int,
    rows: Indices,
    columns: Indices,
) -> tuple[Relation, ...]:
    """Relations between rows (axis 0) or columns (axis 1) of activation(values), verified exactly.

    Parameters
    ----------
    activation : Activation
        Sigmoid, tanh, exp or Gaussian; of others no relation is known.
    values : ExactArray (N, n)
        Pre-activations.
    image : ndarray of int64 (N, n)
        Residues of the features, of which `rows` x `columns` is a largest non-singular minor.
    """
    if activation.name not in ("sigmoid", "tanh", "exp", "gaussian"):
        return ()
    if axis == 1:
        image, rows, columns = image.T, columns, rows
    others = np.setdiff1d(np.arange(len(image)), rows)
    if not len(rows) or not len(others) or len(rows) * len(others) > LARGEST_SOLUTION:
        return ()
    minor, rest = image[np.ix_(rows, columns)].tolist(), image[np.ix_(others, columns)].tolist()
    candidates = []
    for other, x in zip(others.tolist(), solve_modulo(minor, rest, modulus), strict=False):
        support = np.flatnonzero(x)
        combination = rationals([x[i] for i in support], modulus)
        if combination is not None:
            candidates.append(relation(other, rows[support].tolist(), combination))
    numbers = values.integers()[0] if axis == 0 else values.integers()[0].T
    terms = sum(len(candidate.coefficients) for candidate in candidates)
    if terms * numbers.shape[1] > LARGEST_CHECK:
        return ()
    return tuple(candidate for candidate in candidates if _holds(activation.name, candidate, numbers))


def _holds(name: str, candidate: Relation, numbers: NDArray[Any]) -> bool:
    coefficients = [c for _, c in candidate.coefficients]
    lines = numbers[[i for i, _ in candidate.coefficients]]
    return all(vanishes(name, zip(coefficients, column, strict=True)) for column in lines.T.tolist())


def vanishes(name: str, terms: Iterable[tuple[int, int]]) -> bool:
    """Decide whether sum c f(z) = 0 for integers c and z (z over any common denominator).

    Examples
    --------
    >>> vanishes("sigmoid", [(1, -3), (-2, 0), (1, 3)]), vanishes("exp", [(1, -3), (-2, 0), (1, 3)])
    (True, False)
    """
    collected: defaultdict[int, int] = defaultdict(int)
    constant = 0  # twice the constant term
    for c, z in terms:
        if name in ("exp", "gaussian"):
            collected[z if name == "exp" else abs(z)] += c
        elif name == "tanh":  # odd
            collected[abs(z)] += c if z > 0 else -c if z < 0 else 0
        elif z == 0:
            constant += c
        else:
            constant += 2 * c if z < 0 else 0
            collected[abs(z)] += c if z > 0 else -c
    return constant == 0 and not any(collected.values())
