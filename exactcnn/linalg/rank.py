"""The certified rank of an exact matrix: lower bounds by modular images, upper bounds by exact relations.

The lower bound is the rank of one modular image; an unlucky prime only makes it smaller. The upper bound is tried
from the cheapest evidence to the dearest: shape, a simpler matrix, distinct lines, relations, zero blocks, vanishing
minors. The last may end with a larger minor instead, from which all starts again. When the two ends do not meet,
another prime gets its chance before the interval is returned.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.residues import EvaluationPoint, evaluation_points
from exactcnn.errors import UnluckyModulus
from exactcnn.linalg.evidence import DistinctLines, Evidence, ModularMinor, RankBounds, Relation, Relations
from exactcnn.linalg.modular import Indices, independent_minor
from exactcnn.resources import Progress

# Two unlucky primes in a row have probability below 2^-36 per pivot, unless the matrix is made for them: int64 entries
# have at most three divisors of this size in common, larger ones more, and small matrices can afford to look.
POINTS = 4
MANY_POINTS = 16
SMALL = 40_000  # entries; elimination of 200 x 200 takes a few milliseconds


class ExactMatrix(Protocol):
    """What the rank needs to know of a matrix over Q or Q(t)."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, columns)."""
        ...

    @property
    def exponential(self) -> bool:
        """Whether the entries contain exponentials, so that residues depend on the root of the point."""
        ...

    def sample(self, axis: int, count: int) -> Indices:
        """Return at least `count` rows (axis 0) or columns (axis 1), evenly spread; all where a part saves nothing."""
        ...

    def residues(
        self, point: EvaluationPoint, rows: Indices | None, columns: Indices | None, progress: Progress | None
    ) -> NDArray[Any]:
        """Return a fresh array of integers up to 2**52 congruent to the entries' images; may raise UnluckyModulus.

        `rows` and `columns` are None (all) or what `sample` gave.
        """
        ...

    def nonzero_lines(self, axis: int) -> Indices:
        """Return the rows (axis 0) or columns (axis 1) that are not zero, as far as that is known without much work."""
        ...

    def inherited(self) -> tuple[int, Evidence] | None:
        """Return a bound by a simpler matrix that this one is made of, with its evidence; None without one."""
        ...

    def distinct_lines(self, axis: int) -> Indices:
        """Return one index for every different non-zero row (axis 0) or column (axis 1)."""
        ...

    def relations(self, axis: int, rows: Indices, columns: Indices, point: EvaluationPoint) -> tuple[Relation, ...]:
        """Return verified relations that express lines outside a minor, non-singular at this point, by lines in it."""
        ...

    def zero_block(self) -> tuple[int, Evidence] | None:
        """Return an upper bound with its evidence, of relations between lines or on some lines of the other axis."""
        ...

    def settled(self, rows: Indices, columns: Indices, progress: Progress | None) -> Evidence | None:
        """Return evidence that no minor is larger than this one, or a larger one, where either can be had."""
        ...


def certified_rank(matrix: ExactMatrix, *, seed: int = 0, progress: Progress | None = None) -> RankBounds:
    """Prove lower and upper bounds on the rank of an exact matrix.

    Parameters
    ----------
    matrix : ExactMatrix
        N x n, over Q or Q(t).
    seed : int
        Determines the primes and evaluation points; it changes the evidence, not the truth.
    progress : callable, optional
        Called with (what, done, total).

    Returns
    -------
    RankBounds
        Equal ends whenever the deficiency, if any, has exact relations within reach.

    Examples
    --------
    >>> from exactcnn.linalg.rational import RationalMatrix
    >>> from exactcnn.domains.exact import ExactArray
    >>> certified_rank(RationalMatrix(ExactArray.from_array([[1, 2], [3, 6]]))).exact
    1
    """
    full = min(matrix.shape)
    best = RankBounds(0, full)
    if full == 0:
        return best
    tried, enough = 0, MANY_POINTS if math.prod(matrix.shape) <= SMALL else POINTS
    for point in islice(evaluation_points(seed), 50):
        try:
            rows, columns = _independent(matrix, point, progress)
        except UnluckyModulus:
            continue
        if tried == 0 or len(rows) > best.lower:
            evidence = _minor(point, matrix.exponential, rows, columns) if len(rows) else Evidence()
            best = RankBounds(len(rows), best.upper, evidence, best.upper_evidence)
            best = _from_above(best, matrix, rows, columns, point, progress)
        tried += 1
        if best.lower == best.upper:
            return best
        if tried == enough:
            break
    reason = "no larger minor and no further relation was found" if tried else "every prime divided a denominator"
    return replace(best, reason=reason)


def _independent(matrix: ExactMatrix, point: EvaluationPoint, progress: Progress | None) -> tuple[Indices, Indices]:
    """Rows and columns of a largest minor of the image; of a much longer than wide matrix, a sample often does."""
    shape = matrix.shape
    long = int(shape[1] > shape[0])
    full, lines = shape[1 - long], shape[long]
    whole = None
    if lines > full + full // 8 + 32:
        sample = matrix.sample(long, full + 32)
        if len(sample) == lines:  # an image of a part would cost as much
            whole, sample = matrix.residues(point, None, None, progress), spread(full + 32, lines)
            part = whole[sample] if long == 0 else whole[:, sample]
        else:
            rows, columns = (sample, None) if long == 0 else (None, sample)
            part = matrix.residues(point, rows, columns, progress)
        found = _eliminated(part, point, progress)
        if len(found[0]) == full:
            return (sample[found[0]], found[1]) if long == 0 else (found[0], sample[found[1]])
    if whole is None:
        whole = matrix.residues(point, None, None, progress)
    return _eliminated(whole, point, progress)


def _eliminated(image: NDArray[Any], point: EvaluationPoint, progress: Progress | None) -> tuple[Indices, Indices]:
    report = None if progress is None else lambda done, total: progress("eliminating", done, total)
    return independent_minor(image, point.modulus, overwrite=True, progress=report)


def spread(count: int, lines: int) -> Indices:
    """Return `count` of the indices below `lines`, evenly spread."""
    return np.linspace(0, lines - 1, min(count, lines)).round().astype(np.intp)


def _minor(point: EvaluationPoint, exponential: bool, rows: Indices, columns: Indices) -> ModularMinor:
    root = str(point.root) if exponential else None
    return ModularMinor(str(point.modulus), root, tuple(rows.tolist()), tuple(columns.tolist()))


def lowered(bounds: RankBounds, upper: int, evidence: Evidence) -> RankBounds:
    """Take an upper end, if it is better than that of the bounds."""
    if upper >= bounds.upper:
        return bounds
    return RankBounds(bounds.lower, upper, bounds.lower_evidence, evidence)


def _from_above(
    bounds: RankBounds,
    matrix: ExactMatrix,
    rows: Indices,
    columns: Indices,
    point: EvaluationPoint,
    progress: Progress | None,
) -> RankBounds:
    """Lower the upper end, from the cheapest evidence to the dearest, until the ends meet."""
    if bounds.exact is None:
        bounds = by_distinct_lines(bounds, matrix.nonzero_lines)
    if bounds.exact is None:
        simpler = matrix.inherited()
        bounds = bounds if simpler is None else lowered(bounds, *simpler)
    if bounds.exact is None:
        bounds = by_distinct_lines(bounds, matrix.distinct_lines)
    if bounds.exact is None:
        # the fewer are to be related, the better
        for axis in sorted((0, 1), key=lambda a: len(matrix.distinct_lines(a))):
            relations = matrix.relations(axis, rows, columns, point)
            bounds = lowered(bounds, matrix.shape[axis] - len(relations), Relations(axis, relations))
            if bounds.exact is not None:
                break
    if bounds.exact is None:
        block = matrix.zero_block()
        bounds = bounds if block is None else lowered(bounds, *block)
    if bounds.exact is None:
        found = matrix.settled(rows, columns, progress)
        if isinstance(found, ModularMinor):
            bounds = replace(bounds, lower=len(found.rows), lower_evidence=found)
            rows, columns = np.array(found.rows), np.array(found.columns)
            return _from_above(bounds, matrix, rows, columns, point, progress)
        if found is not None:
            bounds = lowered(bounds, bounds.lower, found)
    return bounds


def by_distinct_lines(bounds: RankBounds, distinct_lines: Callable[[int], Indices]) -> RankBounds:
    """Lower the upper end to the number of different non-zero rows (axis 0) or columns (axis 1), or more of them."""
    lines, axis = min(((distinct_lines(axis), axis) for axis in (0, 1)), key=lambda pair: len(pair[0]))
    return lowered(bounds, len(lines), DistinctLines(axis, tuple(sorted(lines.tolist()))))
