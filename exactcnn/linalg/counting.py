"""How many singular values are above a tolerance t, and how many below, by the inertia of a symmetric matrix of balls.

Of the m x n matrix A let B be A, or its transpose if that is less high. The eigenvalues of B B^T - t^2 are
sigma_i^2 - t^2, i = 1..min(m, n): as many are positive (negative) as singular values are above (below) t. (This is
t times the Schur complement of -t I in [[-t I, B^T], [B, -t I]], whose eigenvalues are -t +- sigma_i, and else -t.)

Inertia is counted by symmetric elimination with panels of pivots of order 1 or 2: for a regular block P of H =
[[P, Q], [Q^T, R]] the inertia of H is that of P plus that of R - Q^T P^-1 Q (Haynsworth), and P itself is eliminated
pivot by pivot. Pivots are chosen in floats and proved in balls. Where nothing that is left certainly differs from 0,
elimination ends; what was counted by then is still true, and the precision is doubled. So graded matrices, whose
singular values differ by hundreds of orders of magnitude, need precision, not luck.

References
----------
.. [1] E. V. Haynsworth, "Determination of the inertia of a partitioned Hermitian matrix", Linear Algebra Appl. 1
   (1968).
.. [2] J. R. Bunch, B. N. Parlett, "Direct methods for solving symmetric indefinite systems of linear equations",
   SIAM J. Numer. Anal. 8 (1971).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.balls import ball, working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import UnluckyModulus
from exactcnn.linalg.balls import Rows
from exactcnn.linalg.entries import Entries
from exactcnn.linalg.relations import LARGE_PRIME
from exactcnn.resources import Progress

if TYPE_CHECKING:
    pass

Pivot = tuple[int, ...]  # one index, or two
Panel = tuple[Pivot, ...]

FIRST_PRECISION = 64
SMALL = 100  # order up to which an elimination takes a moment
MOST_FIRST = 512
MOST_PRECISION = 2**14  # entries from 2^-1000 to 2^900 need some 2 * 1900 * 2 bits
MOST_BALL_PRECISION = 2**11  # of entries that are not rational, whose balls take long themselves
PANEL = 48  # pivots of a panel: more cost time pivot by pivot, fewer cost larger matrices rewritten
PIVOT_RANGE = 2.0**-28  # floats still see pivots down to this part of the largest
DIAGONAL = 2.0**-10  # a pivot of order 1 is this part of its row, or it takes another index with it
EFFORT = 180.0  # seconds that one precision may take


@dataclass(frozen=True)
class Inertia:
    """Counts that are proved by elimination at a precision, with these panels of pivots."""

    above: int
    below: int
    precision: int
    panels: tuple[Panel, ...]
    reason: str = ""


def count_by_inertia(
    entries: Entries, tolerance: Fraction, *, norm: Fraction | None = None, progress: Progress | None = None
) -> Inertia:
    """Count singular values above and below a positive tolerance, with as many bits as that takes.

    Singular values that are equal to the tolerance are in neither count.

    Parameters
    ----------
    entries : Entries (m, n)
    tolerance : Fraction
    norm : Fraction, optional
        About the largest singular value. A large matrix is not tried with fewer bits than its square has beside
        that of the tolerance; a small one may need fewer, for rows of different sizes, and the trial costs little.

    Examples
    --------
    >>> entries = Entries.rational(ExactArray.from_array(np.diag([1e200, 1.0, 1.0, 1e-200])))
    >>> found = count_by_inertia(entries, Fraction(1))
    >>> found.above, found.below
    (1, 1)
    """
    order = min(entries.shape)
    most = MOST_PRECISION if entries.exact is not None else MOST_BALL_PRECISION
    differing = order if entries.exact is None else _different_from(entries.exact, tolerance)
    best = Inertia(0, 0, FIRST_PRECISION, ())
    precision = FIRST_PRECISION if norm is None or order <= SMALL else first_precision(norm / tolerance)
    while best.above + best.below < differing:
        needed = _seconds(entries.shape, precision)
        if precision > most:
            return replace(best, reason=f"some differ from the tolerance by less than {most} bits show")
        if needed > EFFORT:
            return replace(best, reason=f"{precision} bits would take about {needed:.0f} s")
        if progress is not None:
            progress("inertia, bits", precision, most)
        with working_precision(precision):
            found = eliminated(shifted_square(entries.balls(precision), tolerance), precision)
        if found.above + found.below > best.above + best.below:
            best = found
        precision *= 2
    missing = order - best.above - best.below
    return replace(best, reason="equal to the tolerance, by all that a prime shows" if missing else "")


def first_precision(ratio: Fraction) -> int:
    """Bits that the square of a ratio has, and half of the least precision; at least that, at most MOST_FIRST.

    Examples
    --------
    >>> first_precision(Fraction(10)), first_precision(Fraction(10**9)), first_precision(Fraction(10**300))
    (64, 128, 512)
    """
    precision = FIRST_PRECISION
    while precision < MOST_FIRST and ratio**2 > 2 ** (precision - FIRST_PRECISION // 2):
        precision *= 2
    return precision


def shifted_square(rows: Rows, tolerance: Fraction) -> Rows:
    """Enclose B B^T - t^2 at the working precision, B the matrix or its transpose, whichever is less high."""
    from flint import arb_mat

    matrix = arb_mat(rows)
    if len(rows) > len(rows[0]):
        matrix = matrix.transpose()
    square: Rows = (matrix * matrix.transpose()).tolist()
    shift = ball(tolerance) ** 2
    for i, row in enumerate(square):
        row[i] -= shift
    return square


def eliminated(matrix: Rows, precision: int) -> Inertia:
    """Count positive and negative eigenvalues of a symmetric matrix of balls, as far as elimination goes."""
    left = list(range(len(matrix)))
    panels: list[Panel] = []
    above = below = 0
    while left:
        pivots = float_pivots(_scaled(matrix))
        if not pivots:
            break
        names = list(left)
        for start in range(0, len(pivots), PANEL):
            wanted = [tuple(names[i] for i in pivot) for pivot in pivots[start : start + PANEL]]
            place = {name: i for i, name in enumerate(left)}
            found = _panel(matrix, [tuple(place[name] for name in pivot) for pivot in wanted])
            if found is None:
                break
            done, signs, matrix = found
            panels.append(tuple(wanted[:done]))
            above, below = above + signs[0], below + signs[1]
            gone = {name for pivot in wanted[:done] for name in pivot}
            left = [name for name in left if name not in gone]
            if done < len(wanted):
                break
        if found is None and not start:  # the first pivot of a choice
            break
    return Inertia(above, below, precision, tuple(panels))


def _panel(matrix: Rows, pivots: Sequence[Pivot]) -> tuple[int, tuple[int, int], Rows] | None:
    """Eliminate as many of the pivots as balls prove regular: their number, their signs, and what is left."""
    from flint import arb_mat

    done, signs = block_inertia(matrix, pivots)
    while done:
        kept = pivots[:done]
        inside = [i for pivot in kept for i in pivot]
        outside = sorted(set(range(len(matrix))) - set(inside))
        if not outside:
            return done, signs, []
        cross = arb_mat([[matrix[i][j] for j in outside] for i in inside])
        try:
            block = arb_mat([[matrix[i][j] for j in inside] for i in inside])
            solution = block.solve(cross, algorithm="precond")  # by elimination it would lose a bit for each pivot
        except ZeroDivisionError:
            done, signs = block_inertia(matrix, pivots[: done // 2])
            continue
        rest = arb_mat([[matrix[i][j] for j in outside] for i in outside])
        complement: Rows = (rest - cross.transpose() * solution).tolist()
        return done, signs, complement
    return None


def block_inertia(matrix: Rows, pivots: Sequence[Pivot]) -> tuple[int, tuple[int, int]]:
    """Eliminate pivots one after another inside their block; how many are regular, and how many signs they give."""
    inside = [i for pivot in pivots for i in pivot]
    block = [[matrix[i][j] for j in inside] for i in inside]
    positive = negative = at = 0
    for done, pivot in enumerate(pivots):
        size = len(pivot)
        signs = pivot_signs([row[at : at + size] for row in block[at : at + size]])
        if signs is None:
            return done, (positive, negative)
        positive, negative = positive + signs[0], negative + signs[1]
        _eliminate(block, at, size)
        at += size
    return len(pivots), (positive, negative)


def pivot_signs(pivot: Rows) -> tuple[int, int] | None:
    """Numbers of positive and of negative eigenvalues of a pivot of order 1 or 2; None where it may be singular."""
    a = pivot[0][0]
    if len(pivot) == 1:
        return (1, 0) if a > 0 else (0, 1) if a < 0 else None
    determinant = a * pivot[1][1] - pivot[0][1] * pivot[1][0]
    if determinant < 0:
        return 1, 1
    if determinant > 0 and not a.contains(0):
        return (2, 0) if a > 0 else (0, 2)
    return None


def _eliminate(block: Rows, at: int, size: int) -> None:
    """Subtract from what follows a pivot, in place."""
    after = range(at + size, len(block))
    if size == 1:
        head = block[at]
        for i in after:
            factor = block[i][at] / head[at]
            block[i][at + 1 :] = [x - factor * y for x, y in zip(block[i][at + 1 :], head[at + 1 :], strict=True)]
        return
    first, second = block[at], block[at + 1]
    a, b, c, d = first[at], first[at + 1], second[at], second[at + 1]
    determinant = a * d - b * c
    for i in after:
        x, y = block[i][at], block[i][at + 1]
        left, right = (x * d - y * c) / determinant, (y * a - x * b) / determinant
        block[i][at + 2 :] = [
            z - left * v - right * w
            for z, v, w in zip(block[i][at + 2 :], first[at + 2 :], second[at + 2 :], strict=True)
        ]


# -------------------------------------------------------------------- the choice of pivots; nothing is proved here


def float_pivots(values: NDArray[np.float64]) -> list[Pivot]:
    """Choose pivots by elimination in floats, largest diagonal first, down to PIVOT_RANGE of the first.

    Examples
    --------
    >>> float_pivots(np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -0.5]]))
    [(2,), (0, 1)]
    """
    values = values.copy()
    pivots: list[Pivot] = []
    first = 0.0
    left = len(values)
    while left:
        i = int(np.abs(values.diagonal()).argmax())
        row = np.abs(values[i])
        row[i] = 0.0
        size = abs(values[i, i])
        if size < DIAGONAL * row.max(initial=0.0) or not size:
            i, j = (int(k) for k in divmod(int(np.abs(values).argmax()), len(values)))
            if i == j or not values[i, j]:
                if not values[i, j]:
                    break
                pivot: Pivot = (i,)
            else:
                pivot = (i, j)
        else:
            pivot = (i,)
        size = float(np.abs(values[np.ix_(pivot, pivot)]).max())
        first = first or size
        if not size > PIVOT_RANGE * first:
            break
        with np.errstate(all="ignore"):
            try:
                solution = np.linalg.solve(values[np.ix_(pivot, pivot)], values[list(pivot)])
            except np.linalg.LinAlgError:
                break
            values -= values[:, list(pivot)] @ solution
        values[list(pivot)], values[:, list(pivot)] = 0.0, 0.0
        if not np.isfinite(values).all():
            break
        pivots.append(pivot)
        left -= len(pivot)
    return pivots


def _scaled(matrix: Rows) -> NDArray[np.float64]:
    """Midpoints as floats after scaling rows and columns by powers of two; 0 for balls that contain it."""
    parts = [[(0, 0) if x.contains(0) or not x.is_finite() else x.mid().man_exp() for x in row] for row in matrix]
    tables = [[(int(m), int(e) + int(m).bit_length()) for m, e in row] for row in parts]
    halves = [max((e for m, e in row if m), default=0) // 2 for row in tables]
    values = [
        [
            math.ldexp(m / (1 << m.bit_length()), max(e - halves[i] - halves[j], -1100)) if m else 0.0
            for j, (m, e) in enumerate(row)
        ]
        for i, row in enumerate(tables)
    ]
    return np.array(values)


# -------------------------------------------------------------------- how far to go


def _different_from(entries: ExactArray, tolerance: Fraction) -> int:
    """How many singular values differ from the tolerance, very likely: the rank of B B^T - t^2 modulo a prime.

    The rank is never too large, so elimination never goes on in vain for long; if it is too small by bad luck, a
    number stays undecided that need not.
    """
    from flint import fmpz, nmod_mat

    order = min(entries.shape)
    numbers, denominator = entries.integers()
    if numbers.shape[0] > numbers.shape[1]:
        numbers = numbers.T
    prime = LARGE_PRIME
    while tolerance.denominator % prime == 0 or denominator % prime == 0:
        prime -= 2
        while not fmpz(prime).is_prime():
            prime -= 2
    try:
        inverse = pow(denominator, -1, prime)
        shift = pow(tolerance.numerator * pow(tolerance.denominator, -1, prime), 2, prime)
    except ValueError:
        raise UnluckyModulus("a denominator is not a unit") from None
    rows, columns = numbers.shape
    matrix = nmod_mat(rows, columns, [int(x) * inverse % prime for x in numbers.ravel().tolist()], prime)
    square = matrix * matrix.transpose()
    unit: Any = nmod_mat(order, order, [shift * (i == j) for i in range(order) for j in range(order)], prime)
    return int((square - unit).rank())


def _seconds(shape: tuple[int, int], precision: int) -> float:
    # measured: matrix products of 128 to 512 bits at 4e8 multiply-adds a second on one core, then growing with the
    # bits; lists of balls at 8e5 entries a second, all steps together
    order, other = min(shape), max(shape)
    work = order * order * other + order**3 / 2
    longer: float = max(1.0, precision / 512) ** 1.3
    return work * 3e-9 * longer + order**2 * (2 + order / PANEL) * 1.2e-6
