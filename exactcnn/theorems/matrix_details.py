"""What else is true of a matrix: which rows and columns are independent, its null space, its rank modulo a prime."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.numerals import decimal
from exactcnn.errors import InputError
from exactcnn.linalg.evidence import RankBounds, Relation, Relations
from exactcnn.linalg.modulo import rank_modulo
from exactcnn.linalg.null_space import null_space as basis_of
from exactcnn.linalg.rational import RationalMatrix
from exactcnn.network.features import FeatureMatrix
from exactcnn.resources import Progress
from exactcnn.theorems.matrix import MatrixRank, judged

Minor = tuple[tuple[int, ...], tuple[int, ...]]
Vectors = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class DetailedRank(MatrixRank):
    """A rank with what was asked besides; None where it was not asked, or the checker has rejected the evidence.

    Attributes
    ----------
    minor : (rows, columns) or None
        Indices from 0, as many of each as the lower end of the rank: independent rows, and independent columns.
    null_space : tuple of vectors, or None
        A basis of all v with F v = 0: integers without common divisor, each vector with a column of its own where it
        is positive and all the others are 0.
    modulo : (p, rank) or None
        The rank of the image in GF(p), as FLINT computes it; nothing of it is in the certificate.
    """

    minor: Minor | None = None
    null_space: Vectors | None = None
    modulo: tuple[int, int] | None = None

    def nothing(self, reason: str) -> Self:
        """Claim nothing: the checker has rejected what was found."""
        return replace(super().nothing(reason), minor=None, null_space=None)

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn rank --json`."""
        minor = None if self.minor is None else dict(zip(("rows", "columns"), map(list, self.minor), strict=True))
        vectors = None if self.null_space is None else [list(map(decimal, vector)) for vector in self.null_space]
        modulo = None if self.modulo is None else dict(zip(("prime", "rank"), self.modulo, strict=True))
        asked = {"minor": minor, "null_space": vectors, "modulo": modulo}
        return super().document() | {name: value for name, value in asked.items() if value is not None}


def detailed(
    found: MatrixRank,
    *,
    minor: bool = False,
    null_space: bool = False,
    modulo: int | None = None,
    check: bool | None = None,
    progress: Progress | None = None,
) -> DetailedRank:
    """Add what is asked to a rank that the checker has not seen yet, then ask it.

    A basis of the null space becomes the evidence for the upper end of the rank, so that the checker multiplies it
    back, too.

    Parameters
    ----------
    found : MatrixRank
    minor, null_space : bool
    modulo : int, optional
        A prime.
    check, progress
        As for `matrix_rank`.

    Raises
    ------
    InputError
        For a null space or a rank modulo a prime of a matrix that is not rational, a null space where the rank is not
        known, or whose basis would be too long; a denominator that the prime divides.

    Examples
    --------
    >>> from exactcnn.theorems.matrix import matrix_rank
    >>> found = detailed(matrix_rank([[1, 2], [2, 4]], check=False), minor=True, null_space=True, modulo=2)
    >>> found.minor, found.null_space, found.modulo, found.checked
    (((0,), (0,)), ((-2, 1),), (2, 1), True)
    """
    rank, vectors, image = found.rank, None, None
    if null_space:
        rank, vectors = _with_null_space(found, "--null-space")
    if modulo is not None:
        image = (modulo, rank_modulo(_rational(found, "--modulo"), modulo))
    known = vars(found) | {"rank": rank}
    return judged(
        DetailedRank(**known, minor=rank.minor if minor else None, null_space=vectors, modulo=image), check, progress
    )


def _with_null_space(found: MatrixRank, name: str) -> tuple[RankBounds, Vectors]:
    rank, n = found.rank, found.shape[1]
    entries = _rational(found, name)
    if rank.exact is None:
        raise InputError(f"{name}: the rank is only known to be from {rank.lower} to {rank.upper} ({rank.reason})")
    rows, columns = (np.array(lines, dtype=np.intp) for lines in rank.minor)
    basis = basis_of(RationalMatrix(entries), rows, columns)
    if basis:
        rank = replace(rank, upper_evidence=Relations(1, basis))
    return rank, tuple(_vector(each, n) for each in basis)


def _rational(found: MatrixRank, name: str) -> ExactArray:
    """The matrix as rational numbers."""
    instance = found.instance
    assert instance.samples is not None
    if found.layer == 0:
        return instance.samples
    if found.domain != "Q":
        kind = instance.network.convolved(1).activation.text
        raise InputError(f"{name} beside --activation {kind}, whose values are not rational; expected a rational one")
    assert instance.parameters is not None
    return FeatureMatrix(instance.network, instance.parameters, instance.samples, found.layer).exact()


def _vector(of: Relation, size: int) -> tuple[int, ...]:
    """The coefficients, that of the leading column positive."""
    entries = dict(of.coefficients)
    sign = 1 if entries[of.leading] > 0 else -1
    return tuple(sign * entries.get(j, 0) for j in range(size))
