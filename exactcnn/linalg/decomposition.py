"""Rigorous enclosures of all singular values, from an approximate decomposition that is nearly orthogonal.

Let A be m x n, V n x k and U m x k, k <= min(m, n), and S = diag(s_1 >= ... >= s_k >= 0). If |I - V^T V| <= a < 1,
|I - U^T U| <= b < 1 in the spectral norm, and |A - U S V^T| <= e, then

    s_i sqrt((1 - a)(1 - b)) - e <= sigma_i(A) <= s_i sqrt((1 + a)(1 + b)) + e      with s_i = 0 for i > k.

Proof: V has singular values in [sqrt(1 - a), sqrt(1 + a)], U likewise, and both are injective. For injective X,
min|X| sigma_i(Y) <= sigma_i(X Y) <= |X| sigma_i(Y) (Courant and Fischer), which applied to X = U, Y = S V^T, and to
X = V, Y = S (transposition changes no singular value), gives the bounds for U S V^T and i <= k; its other singular
values are 0, for its rank is at most k. Weyl: sigma_i is 1-Lipschitz in the spectral norm.

U and V are integers times 2^-50. Norms are bounded by row and column sums: |X|^2 <= |X|_1 |X|_inf. Products are split:
the leading 26 bits of two factors whose rows (or columns) have norms below 1.1 multiply exactly, in any order, since
all partial sums are multiples of 2^-52 and below 2 (Cauchy and Schwarz); what is left is below 2^-26, and its rounding
does not matter.

References
----------
.. [1] S. Oishi, "Fast enclosure of matrix eigenvalues and singular values via rounding mode controlled computation",
   Linear Algebra Appl. 324 (2001).
.. [2] S. M. Rump, "Verified bounds for singular values, in particular for the spectral norm of a matrix and its
   inverse", BIT 51 (2011).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from exactcnn.linalg.entries import SMALLEST, Entries, Floats, Scaled

Bounds = tuple[tuple[Fraction, Fraction], ...]

GRID = 50  # U and V are integers times 2^-50
LEADING = 26  # bits of a factor that multiply exactly
NORM = 1.1  # of rows and columns; near 1 for what the SVD returns
UNIT = 2.0**-53
GUARD = 2.0**-40  # relative: for the few operations that a bound itself is computed with; sums add their own
ROOT = 80  # bits of square roots
MOST_EXPONENT = 2**16  # of the largest entry: bounds are written out as numbers


@dataclass(frozen=True, eq=False)
class Decomposition:
    """U, S and V, and what was proved of them.

    Attributes
    ----------
    left, right : ndarray of int64 (m, k), (n, k)
        Integers times 2^-50.
    values : tuple of Fraction
        s_1 >= ... >= s_k >= 0.
    alpha, beta, residual : Fraction
        Bounds of |I - V^T V|, |I - U^T U| and |A - U S V^T|.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    values: tuple[Fraction, ...]
    alpha: Fraction
    beta: Fraction
    residual: Fraction


@dataclass(frozen=True)
class Enclosures:
    """All singular values.

    Attributes
    ----------
    bounds : tuple of (Fraction, Fraction)
        Of the min(m, n) singular values, descending; decimals of few digits.
    decomposition : Decomposition or None
        None where only the norm of the matrix is used.
    precision : int
        Of balls that enclose the entries closely enough.
    """

    bounds: Bounds
    decomposition: Decomposition | None
    precision: int


def enclosed_singular_values(entries: Entries) -> Enclosures | None:
    """Enclose all singular values of a matrix; None if it has no finite bounds, or none between 2^-65536 and 2^65536.

    Examples
    --------
    >>> from exactcnn.domains.exact import ExactArray
    >>> found = enclosed_singular_values(Entries.rational(ExactArray.from_array([[3, 0], [4, 5]])))
    >>> [lower**2 < value < upper**2 for value, (lower, upper) in zip([45, 5], found.bounds)]
    [True, True]
    >>> [float(upper - lower) < 1e-13 for lower, upper in found.bounds]
    [True, True]
    """
    scaled = entries.scaled()
    if not np.isfinite(scaled.errors).all() or abs(scaled.exponent) > MOST_EXPONENT:
        return None
    found = decomposed(scaled) if scaled.values.any() else None
    if found is None:
        norm = _norm(np.abs(scaled.values) + scaled.errors, SMALLEST if scaled.errors.any() else 0.0)
        upper = Fraction(norm * (1 + GUARD)) * Fraction(2) ** scaled.exponent
        rough = ((Fraction(0), upper),) * min(entries.shape)
        return Enclosures(rounded_outward(rough), None, scaled.precision)
    return Enclosures(rounded_outward(bounds_of(found, min(entries.shape))), found, scaled.precision)


def decomposed(scaled: Scaled) -> Decomposition | None:
    """Decompose in float64 and bound what that is off by; None if it fails."""
    try:
        u, s, vt = np.linalg.svd(scaled.values, full_matrices=False)
    except np.linalg.LinAlgError:
        return None
    if not (np.isfinite(u).all() and np.isfinite(s).all() and np.isfinite(vt).all()):
        return None
    s = np.maximum.accumulate(np.maximum(s, 0.0)[::-1])[::-1]  # descending, whatever the routine promises
    left, right = np.rint(np.ldexp(u, GRID)), np.rint(np.ldexp(vt.T, GRID))
    u, v = np.ldexp(left, -GRID), np.ldexp(right, -GRID)
    alpha, beta = _off_orthogonal(v), _off_orthogonal(u)
    scale = math.frexp(float(s[0]))[1]  # s < 2^scale
    residual = _residual(scaled, u, s, v, scale)
    if alpha is None or beta is None or residual is None or max(alpha, beta) >= 1:
        return None
    unit = Fraction(2) ** scaled.exponent
    values = tuple(Fraction(float(x)) * unit for x in s)
    residual_bound = Fraction(residual) * Fraction(2) ** scale * unit
    return Decomposition(
        left.astype(np.int64), right.astype(np.int64), values, Fraction(alpha), Fraction(beta), residual_bound
    )


def bounds_of(found: Decomposition, count: int) -> Bounds:
    """Enclosures of `count` singular values by the theorem above."""
    alpha, beta, e = found.alpha, found.beta, found.residual
    low = _root_below((1 - alpha) * (1 - beta))
    high = _root_below((1 + alpha) * (1 + beta)) + Fraction(1, 1 << ROOT)
    values = [*found.values, *[Fraction(0)] * (count - len(found.values))]
    return tuple((max(s * low - e, Fraction(0)), s * high + e) for s in values)


def rounded_outward(bounds: Bounds) -> Bounds:
    """Round to decimals: one place for all, a hundredth of the least width or 10^-18 of the largest value.

    Examples
    --------
    >>> third = Fraction(1, 3)
    >>> rounded_outward(((third, third + Fraction(1, 100)),))
    ((Fraction(3333, 10000), Fraction(1717, 5000)),)
    """
    largest = max((upper for _, upper in bounds), default=Fraction(0))
    if not largest:
        return bounds
    least = min(upper - lower for lower, upper in bounds)
    place = Fraction(10) ** (_decimal_exponent(max(least, largest / 10**16)) - 2)
    return tuple(((lower / place).__floor__() * place, (upper / place).__ceil__() * place) for lower, upper in bounds)


# -------------------------------------------------------------------- bounds in floats


def _off_orthogonal(x: Floats) -> float | None:
    """Bound |I - X^T X| by row sums; None if columns are too long for exact products."""
    rows, columns = x.shape
    leading = _leading(x)
    rest = x - leading  # multiples of 2^-50 below 2^-26
    middle = leading + rest / 2  # at most 52 bits
    if max(_longest(leading.T), _longest(middle.T)) > NORM:
        return None
    product = middle.T @ rest
    # gamma_m |middle|^T |rest|, and Cauchy and Schwarz; all terms are multiples of 2^-101: no underflow
    doubt = _gamma(rows) * NORM * _longest(rest.T)
    first = leading.T @ leading - np.eye(columns)  # exact: multiples of 2^-52 below 2
    correction = product + product.T
    doubt = 2 * doubt + 2.0**-51 * (float(np.abs(first).max()) + 2 * float(np.abs(correction).max()))
    sums = np.abs(first + correction).sum(axis=1) + columns * doubt
    return float(sums.max()) * _guard(columns)


def _residual(scaled: Scaled, u: Floats, s: Floats, v: Floats, scale: int) -> float | None:
    """Bound |A - U S V^T| in units of 2^scale, entry by entry, then by row and column sums."""
    k = len(s)
    weighted = u * np.ldexp(s, -scale)  # rounded once: off by UNIT times its size
    leading, right = _leading(weighted), _leading(v)
    rest, right_rest = weighted - leading, v - right  # exact: Sterbenz, or the leading part is 0
    lengths = np.sqrt((weighted**2).sum(axis=1)) * _guard(k) + 2.0**-500  # squares underflow below 2^-537
    if max(_longest(leading), _longest(weighted), _longest(right), _longest(v)) > NORM:
        return None
    first = np.ldexp(scaled.values, -scale) - leading @ right.T  # an exact product, one rounding
    second = leading @ right_rest.T
    second += rest @ v.T
    size = float(np.abs(first).max()) + 2 * float(np.abs(second).max())
    doubt = _gamma(k + 1) * NORM * (_longest(rest) + _longest(right_rest)) + 2.0**-50 * size + (4 * k + 8) * SMALLEST
    difference = np.abs(first - second) + np.ldexp(scaled.errors, -scale) + doubt
    difference += (NORM * 2 * UNIT * lengths)[:, None]  # the rounding of U S, times a row of V
    return _norm(difference, SMALLEST)


def _norm(sizes: Floats, doubt: float) -> float:
    """Bound the spectral norm of a matrix whose entries are at most so large."""
    m, n = sizes.shape
    rows, columns = (float(sizes.sum(axis=axis).max(initial=0.0)) for axis in (1, 0))
    return math.sqrt(rows + n * doubt) * math.sqrt(columns + m * doubt) * _guard(m + n)


def _leading(x: Floats) -> Floats:
    """The multiples of 2^-26 nearest to the entries."""
    result: Floats = np.ldexp(np.rint(np.ldexp(x, LEADING)), -LEADING)
    return result


def _longest(rows: Floats) -> float:
    """An upper bound of the Euclidean norms of the rows; what underflows in a square is below 2^-500."""
    longest = float(np.einsum("ij,ij->i", rows, rows).max(initial=0.0))
    return math.sqrt(longest) * _guard(rows.shape[1]) + math.ldexp(rows.shape[1], -500)


def _gamma(terms: int) -> float:
    """Relative rounding of an inner product in any order, with some to spare."""
    return (terms + 8) * UNIT / (1 - (terms + 8) * UNIT) * (1 + GUARD)


def _guard(terms: int) -> float:
    """A factor that covers the rounding of a sum of so many positive terms and of a few operations after it."""
    return 1 + GUARD + 4 * (terms + 8) * UNIT


def _root_below(x: Fraction) -> Fraction:
    """The square root, rounded down to a multiple of 2^-80."""
    return Fraction(math.isqrt((x.numerator << (2 * ROOT)) // x.denominator), 1 << ROOT)


def _decimal_exponent(x: Fraction) -> int:
    """The largest d with 10^d <= x, for x > 0, or one less."""
    estimate = math.floor((x.numerator.bit_length() - x.denominator.bit_length() - 1) * math.log10(2))
    while Fraction(10) ** (estimate + 1) <= x:
        estimate += 1
    while Fraction(10) ** estimate > x:
        estimate -= 1
    return estimate
