"""What else is asked of a matrix of known rank: its null space, its rank modulo a prime."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.linalg.evidence import RankBounds, Relation, Relations
from exactcnn.linalg.null_space import null_space as basis_of
from exactcnn.linalg.rational import RationalMatrix
from exactcnn.network.features import FeatureMatrix

Vectors = tuple[tuple[int, ...], ...]


def null_space(entries: ExactArray, rank: RankBounds) -> tuple[RankBounds, Vectors]:
    """Return a basis of the null space, and the rank with this basis as the evidence for its upper end.

    So the checker multiplies the basis back.

    Raises
    ------
    InputError
        Where the rank is not known, or the basis would be too long.

    Examples
    --------
    >>> from exactcnn.linalg.rank import certified_rank
    >>> entries = ExactArray.from_array([[1, 2], [2, 4]])
    >>> null_space(entries, certified_rank(RationalMatrix(entries)))[1]
    ((-2, 1),)
    """
    if rank.exact is None:
        bounds = f"from {rank.lower} to {rank.upper}"
        raise InputError(f"a null space where the rank is only known to be {bounds} ({rank.reason})")
    rows, columns = (np.array(lines, dtype=np.intp) for lines in rank.minor)
    basis = basis_of(RationalMatrix(entries), rows, columns)
    if basis:
        rank = replace(rank, upper_evidence=Relations(1, basis))
    return rank, tuple(_vector(each, entries.shape[1]) for each in basis)


def rational_entries(features: FeatureMatrix, what: str) -> ExactArray:
    """Return the values of an activation as rational numbers.

    Raises
    ------
    InputError
        Where they are none.

    Examples
    --------
    >>> from exactcnn.theorems.matrix import elementwise
    >>> rational_entries(elementwise(ExactArray.from_array([[-1, 2]]), "relu"), "a null space").fractions().tolist()
    [[Fraction(0, 1), Fraction(2, 1)]]
    """
    if features.domain != "Q":
        name = features.network.convolved(1).activation.text
        raise InputError(f"{what} beside the activation {name}, whose values are not rational; expected a rational one")
    return features.exact()


def _vector(of: Relation, size: int) -> tuple[int, ...]:
    """The coefficients, that of the leading column positive."""
    entries = dict(of.coefficients)
    sign = 1 if entries[of.leading] > 0 else -1
    return tuple(sign * entries.get(j, 0) for j in range(size))
