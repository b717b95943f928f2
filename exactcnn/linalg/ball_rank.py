"""The certified rank of a matrix that is only enclosed: floats first, then balls of rising precision.

Where all that is wanted is full rank, float64 enclosures and an approximate inverse do nearly always: 2000 x 2000 takes
seconds. Balls see singular values further below the largest, at minutes for this size. From above there are the sizes,
lines that repeat, and zero blocks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

import numpy as np

from exactcnn.domains.residues import Floats
from exactcnn.linalg.balls import FIRST_PRECISION, Rows, regular_minor
from exactcnn.linalg.echelon import Indices
from exactcnn.linalg.evidence import BallMinor, Evidence, RankBounds
from exactcnn.linalg.preconditioned import regular_by_floats
from exactcnn.linalg.rank import by_distinct_lines, lowered
from exactcnn.resources import Progress, check_memory

FLOATS_AS_BALLS = 128  # bits at which balls prove again, with ease, what 53 bits did
MOST_PRECISION = 1024
BYTES_OF_BALL = 750  # measured at 128 bits, with all that elimination holds
BYTES_OF_ENCLOSURE = 300  # measured, with all that the proof by floats holds
EFFORT = 180.0  # seconds that one precision may take


class BallMatrix(Protocol):
    """What the rank needs to know of a matrix that is only enclosed."""

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        ...

    @property
    def ball_count(self) -> int:
        """Balls that are held at a time."""
        ...

    def enclosures(self) -> tuple[Floats, Floats]:
        """Floats near the entries, and how far each may be off."""
        ...

    def balls(self, precision: int) -> Rows:
        """Rows of balls at a precision in bits."""
        ...

    def distinct_lines(self, axis: int) -> Indices:
        """Return one index for every row (axis 0) or column (axis 1) that is not known to be zero or to repeat."""
        ...

    def zero_block(self) -> tuple[int, Evidence] | None:
        """Return an upper bound with its evidence, by a block of zeros that is proved."""
        ...


def rank_by_balls(matrix: BallMatrix, progress: Progress | None = None) -> RankBounds:
    """Prove bounds on the rank; one that is not full is reached only by lines that repeat, or by a zero block.

    Raises
    ------
    InputError
        If the matrix, or the balls where floats do not see its rank, take more than half of the memory.
    """
    check_memory(BYTES_OF_ENCLOSURE * math.prod(matrix.shape), what="float enclosures of {} x {}".format(*matrix.shape))
    full = min(matrix.shape)
    if progress is not None:
        progress("floats with error bounds", 0, 1)
    values, errors = matrix.enclosures()
    rows, columns = regular_by_floats(values, errors, full)
    bounds = RankBounds(len(rows), full, _evidence(_bits(values[rows]), rows, columns))
    if bounds.exact is None:
        bounds = by_distinct_lines(bounds, matrix.distinct_lines)
    if bounds.exact is None:
        block = matrix.zero_block()
        bounds = bounds if block is None else lowered(bounds, *block)
    if bounds.exact is None:
        check_balls(matrix.ball_count)
        most_bits = affordable_precision(matrix.shape)
        upper = bounds.upper
        report = None if progress is None else lambda order, bits: progress(f"balls of {bits} bits", order, upper)
        minor = regular_minor(matrix.balls, matrix.shape, most=upper, max_precision=most_bits, progress=report)
        if len(minor.rows) > bounds.lower:
            evidence = _evidence(minor.precision, minor.rows, minor.columns)
            bounds = replace(bounds, lower=len(minor.rows), lower_evidence=evidence)
        if bounds.exact is None:
            reason = f"balls prove that a minor is not zero, never that it is; up to {most_bits} bits were tried"
            bounds = replace(bounds, reason=reason)
    return bounds


def check_balls(count: int) -> None:
    """Refuse more balls than half of the memory holds."""
    check_memory(BYTES_OF_BALL * count, what=f"{count} balls")


def affordable_precision(shape: tuple[int, int]) -> int:
    """The precision up to which one elimination takes at most EFFORT, between the first and MOST_PRECISION.

    Examples
    --------
    >>> affordable_precision((600, 600)), affordable_precision((2000, 2000)), affordable_precision((5000, 5000))
    (1024, 256, 64)
    """
    work = min(shape) ** 2 * max(shape) * 2e-8  # seconds, measured up to 256 bits
    precision = MOST_PRECISION
    while precision > FIRST_PRECISION and work * max(1.0, precision / 256) > EFFORT:
        precision //= 2
    return precision


def _bits(rows: Floats) -> int:
    """Bits at which the determinant excludes zero: elimination loses those by which the sizes of rows differ."""
    _, exponents = np.frexp(np.abs(rows).max(axis=1, initial=0.0))
    return FLOATS_AS_BALLS + 64 * -(-int(np.ptp(exponents)) // 64) if len(rows) else FLOATS_AS_BALLS


def _evidence(precision: int, rows: Iterable[int], columns: Iterable[int]) -> Evidence:
    minor = BallMinor(precision, tuple(sorted(map(int, rows))), tuple(sorted(map(int, columns))))
    return minor if minor.rows else Evidence()
