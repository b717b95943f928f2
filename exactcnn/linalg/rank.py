"""The certified rank of an exact matrix: lower bounds by modular images, upper bounds by exact relations.

The lower bound is the rank of one modular image; an unlucky prime only makes it smaller. The upper bound is tried
from the cheapest evidence to the dearest: shape, a simpler matrix, distinct lines, relations, zero blocks, vanishing
minors. The last may end with a larger minor instead, from which all starts again. When the two ends do not meet,
another prime gets its chance before the interval is returned.

A large matrix is first tried modulo a small prime, in float32. That is enough where the rank is full, or follows from
equal lines or a simpler matrix; else the dearer evidence starts from a large prime, which loses no rank to chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.residues import SINGLE_PRIMES, EvaluationPoint, evaluation_points, single_points
from exactcnn.errors import UnluckyModulus
from exactcnn.linalg.echelon import Indices
from exactcnn.linalg.engine import HERE, Engine
from exactcnn.linalg.evidence import DistinctLines, Evidence, ModularMinor, RankBounds, Relation, Relations
from exactcnn.resources import Progress, fits_memory

# Two unlucky primes in a row have probability below 2^-36 per pivot, unless the matrix is made for them: int64 entries
# have at most three divisors of this size in common, larger ones more, and small matrices can afford to look.
POINTS = 4
MANY_POINTS = 16
LARGE = 16  # bytes of an entry modulo a large prime, and of its copy for elimination
SMALL = 40_000  # entries; elimination of 200 x 200 takes a few milliseconds, with any prime


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
        """Return integers up to 2**52 congruent to the entries' images; may raise UnluckyModulus.

        What elimination may overwrite, an array of the type in which residues are stored, is a fresh one. `rows` and
        `columns` are None (all) or what `sample` gave.
        """
        ...

    def part(self, rows: slice) -> ExactMatrix:
        """Return the matrix of some rows, which can be pickled."""
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


def certified_rank(
    matrix: ExactMatrix,
    *,
    seed: int = 0,
    engine: Engine = HERE,
    progress: Progress | None = None,
) -> RankBounds:
    """Prove lower and upper bounds on the rank of an exact matrix.

    Parameters
    ----------
    matrix : ExactMatrix
        N x n, over Q or Q(t).
    seed : int
        Determines the primes and evaluation points; it changes the evidence, not the truth.
    engine : Engine
        How eliminations run.
    progress : callable, optional
        Called with (what, done, total).

    Raises
    ------
    InputError
        For a checkpoint that cannot be used.

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
    full, small = min(matrix.shape), math.prod(matrix.shape) <= SMALL
    best = RankBounds(0, full)
    room = fits_memory(LARGE * math.prod(matrix.shape))
    first = 0 if small else 1 if room else None
    tried, lines_known, enough = 0, False, MANY_POINTS if small else POINTS
    for point in chain(islice(single_points(seed), first), islice(evaluation_points(seed), 50 if room else 0)):
        if best.exact is not None or tried == enough:
            break
        try:
            rows, columns = _independent(matrix, point, engine, progress)
        except UnluckyModulus:
            continue
        better = len(rows) > best.lower
        if better:
            evidence = _minor(point, matrix.exponential, rows, columns)
            best = replace(best, lower=len(rows), lower_evidence=evidence)
        if not lines_known:  # what lines say does not depend on the point
            best, lines_known = _by_lines(best, matrix), True
        if point.modulus in SINGLE_PRIMES:
            continue
        if tried == 0 or better:
            best = _from_above(best, matrix, rows, columns, point, progress)
        tried += 1
    if best.exact is not None:
        return best
    reason = "no larger minor and no further relation was found"
    if not tried:
        reason = "every prime divided a denominator" if room else "a large prime needs more memory than there is"
    return replace(best, reason=reason)


def _independent(
    matrix: ExactMatrix, point: EvaluationPoint, engine: Engine, progress: Progress | None
) -> tuple[Indices, Indices]:
    """Rows and columns of a largest minor of the image; of a much longer than wide matrix, a sample often does."""
    shape = matrix.shape
    if engine.scheduler is not None:

        def image(start: int, stop: int) -> Callable[[], NDArray[Any]]:
            return partial(matrix.part(slice(start, stop)).residues, point, None, None, None)

        return engine.minor_of_rows(image, (shape[0], shape[1]), point.modulus, progress)
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
        found = engine.independent_minor(part, point.modulus, progress)
        if len(found[0]) == full:
            return (sample[found[0]], found[1]) if long == 0 else (found[0], sample[found[1]])
    if whole is None:
        whole = matrix.residues(point, None, None, progress)
    return engine.independent_minor(whole, point.modulus, progress)


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


def _by_lines(bounds: RankBounds, matrix: ExactMatrix) -> RankBounds:
    """Lower the upper end by lines that are zero or equal and by a simpler matrix, until the ends meet."""
    if bounds.exact is None:
        bounds = by_distinct_lines(bounds, matrix.nonzero_lines)
    if bounds.exact is None:
        simpler = matrix.inherited()
        bounds = bounds if simpler is None else lowered(bounds, *simpler)
    if bounds.exact is None:
        bounds = by_distinct_lines(bounds, matrix.distinct_lines)
    return bounds


def _from_above(
    bounds: RankBounds,
    matrix: ExactMatrix,
    rows: Indices,
    columns: Indices,
    point: EvaluationPoint,
    progress: Progress | None,
) -> RankBounds:
    """Lower the upper end by relations and what else shows them, until the ends meet."""
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
