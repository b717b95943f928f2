"""Zero blocks of features that are proved by the names of numbers: proposed modulo primes, verified in Q."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.residues import evaluation_points
from exactcnn.linalg.evidence import Evidence, Relation, Relations, ZeroBlock
from exactcnn.linalg.relations import rationals, relation
from exactcnn.linalg.zero_blocks import zero_block
from exactcnn.network.expansions import ONE, expansion
from exactcnn.network.formal_features import FormalFeatures

LARGEST_SEARCH = 1_500_000  # entries of the features
LARGEST_CHECK = 30_000_000  # numbers met while verifying
PRIMES = 6  # of 20 bits: rational coefficients up to 2**59

Residues = NDArray[np.int64]


def proved_block(
    curve: Curve, values: ExactArray, mixing: ExactArray | None = None, *, seed: int = 0
) -> tuple[int, Evidence] | None:
    """Return an upper bound on the rank of [curve(values), 1] @ mixing with its evidence; None if there is none.

    Parameters
    ----------
    curve : Curve
        Exponential or special, of those that have an `expansion`.
    values : ExactArray (N, n)
        Rational arguments.
    mixing : ExactArray (n + 1, m), optional
        The affine map above; by default there is none, and m = n.
    seed : int
        Determines the primes.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> values = ExactArray.from_array([[1, 2], [1, 2], [1, 2]])
    >>> proved_block(activation("sigmoid"), values)[0]
    1
    """
    if values.numerators.size > LARGEST_SEARCH:
        return None
    modulus, sides = 1, ()
    for number, point in enumerate(islice(evaluation_points(seed), PRIMES)):
        space = FormalFeatures.of(curve, values, point.modulus, mixing)
        found = None if space is None else zero_block(space, point.modulus, np.random.default_rng((seed, number)))
        if space is None or found is None:
            return None
        if sides and [side.shape for side in sides] != [side.shape for side in found]:
            return None
        sides = tuple(map(np.array, found)) if not sides else _joined(sides, found, modulus, point.modulus)
        modulus *= point.modulus
        lines = [_relations(side, modulus) for side in sides]
        if None in lines:
            continue
        left, right = lines
        if _holds(curve, values, mixing, left, right):
            count, width = space.shape
            return count + width - len(left) - len(right), _evidence(left, right, space.shape)
    return None


def _joined(sides: tuple[NDArray, ...], found: tuple[Residues, Residues], modulus: int, prime: int) -> tuple:
    """Chinese remainders."""
    step = pow(modulus, -1, prime)
    pairs = zip(sides, found, strict=True)
    return tuple(side.astype(object) + modulus * ((new - side % prime) * step % prime).astype(object) for side, new in pairs)


def _relations(side: NDArray, modulus: int) -> tuple[Relation, ...] | None:
    """Read the rows of an echelon form as relations; None where a number has no small height."""
    found = []
    for line in side:
        lead, *others = np.flatnonzero(line).tolist()
        combination = rationals([-int(line[i]) for i in others], modulus)
        if combination is None:
            return None
        found.append(relation(lead, others, combination))
    return tuple(found)


def _evidence(left: tuple[Relation, ...], right: tuple[Relation, ...], shape: tuple[int, int]) -> Evidence:
    """Relations, where every line of one axis stands alone."""
    if len(left) == shape[0]:
        return Relations(1, right)
    return Relations(0, left) if len(right) == shape[1] else ZeroBlock(left, right)


# -------------------------------------------------------------------- proof


def _holds(
    curve: Curve,
    values: ExactArray,
    mixing: ExactArray | None,
    left: tuple[Relation, ...],
    right: tuple[Relation, ...],
) -> bool:
    """Whether the combinations of rows vanish on those of columns, name by name; false where that takes too long."""
    expand = expansion(curve)
    assert expand is not None
    used = sorted({i for row in left for i, _ in row.coefficients})
    columns = [_weights(column, mixing) for column in right]
    length = sum(len(column) for column in columns)
    if length * (len(used) + sum(len(row.coefficients) for row in left)) > LARGEST_CHECK:
        return False
    numbers, names = values[used].fractions(), {ONE: 0}
    table = [
        [[(names.setdefault(name, len(names)), c) for name, c in expand(z)] for z in row] + [[(0, Fraction(1))]]
        for row in numbers.tolist()
    ]
    position = {line: index for index, line in enumerate(used)}
    rows = [[(position[i], c) for i, c in row.coefficients] for row in left]
    for column in columns:
        sums = [_collected((c, line[h]) for h, c in column).items() for line in table]
        if any(any(_collected((c, sums[i]) for i, c in row).values()) for row in rows):
            return False
    return True


def _weights(column: Relation, mixing: ExactArray | None) -> list[tuple[int, Fraction | int]]:
    """The combination of columns as one of the features below and of the number 1, which comes last."""
    if mixing is None:
        return list(column.coefficients)
    lines, factors = zip(*column.coefficients, strict=True)
    combined = (mixing[:, list(lines)].fractions() * np.array(factors, dtype=object)).sum(axis=1)
    return [(h, weight) for h, weight in enumerate(combined.tolist()) if weight]


def _collected(
    terms: Iterable[tuple[Fraction | int, Iterable[tuple[int, Fraction]]]],
) -> defaultdict[int, Fraction | int]:
    total: defaultdict[int, Fraction | int] = defaultdict(int)
    for factor, expanded in terms:
        for name, c in expanded:
            total[name] += factor * c
    return total
