"""Enclosures in float64 through any activation: Taylor polynomials on a grid, with bounds that Arb gives.

`Enclosed` keeps finite bounds for affine pieces only, as decisions below the first irrational layer need no more. Here
a piece of a curve is replaced, on the cell |t - c| <= W/2 around a multiple c of the width W, by its Taylor polynomial
at c. What that is off by, the rounding of its coefficients, and the largest slope beside the cell are enclosed by Arb,
cell by cell, so that nothing depends on how well a library computes its exp.

Inner products are split: the leading B bits of both factors multiply exactly, and the rounding of what is left does not
matter. (The a-priori bound of `Enclosed` grows with their length, and above it is what decides how far floats reach.)

References
----------
.. [1] K. Ozaki, T. Ogita, S. Oishi, S. M. Rump, "Error-free transformations of matrix multiplication by using fast
   routines of matrix multiplication and its applications", Numerical Algorithms 59 (2012).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Choice, patch_products
from exactcnn.domains.balls import ball, working_precision
from exactcnn.domains.curves import Curve
from exactcnn.domains.enclosed import SMALLEST, Enclosed, Pair, finite
from exactcnn.domains.exact import UNIT_ROUNDOFF
from exactcnn.domains.formulas import evaluate, polynomial
from exactcnn.domains.residues import Floats

if TYPE_CHECKING:
    from flint import arb

WIDTH = 2.0**-4  # of a cell
DEGREE = 10  # (W/2)^11 = 2^-55: no more than roundings, where the function is tame
FARTHEST = 2.0**40  # c = W k and t - c are exact for |t| < 2^49 W
MOST_CELLS = 1 << 15  # of one piece: measured 60 us each
PRECISION = 128
GUARD = 1 + 2.0**-48  # for the few operations that a bound itself is computed with


class EnclosedCurves(Enclosed):
    """The arithmetic of floats with error bounds, finite for every curve where its slopes are.

    Examples
    --------
    >>> from exactcnn.domains.special_functions import Special
    >>> z = (np.array([[0.5, 30.0]]), np.array([[0.0, 2.0**-40]]))
    >>> values, errors = EnclosedCurves().apply(Curve(special=Special("erf")), z, None)
    >>> values.round(6).tolist(), bool(errors.max() < 1e-14)
    ([[0.5205, 1.0]], True)
    """

    def affine(self, x: Pair, slots: NDArray[np.int64], weights: Pair, biases: Pair | None) -> Pair:
        """Pre-activations with bounds.

        In units in which features of a sample, and weights of a filter, are at most 2^B: X = X1 + X2 and W = W1 + W2
        with integers X1, W1 of at most 2^B and |X2|, |W2| <= 1/2. l 2^(2B) <= 2^53 for products of length l, so X1 W1
        is exact in any order; X1 W2 + X2 W is off by gamma_l l 2^B at most. Errors e of x and f of w add
        e |w| + (|x| + e) f.
        """
        (features, errors), (filters, filter_errors) = x, weights
        offsets, offset_errors = (np.zeros(1), np.zeros(1)) if biases is None else biases
        positions, size = slots.shape

        def product(left: Floats, right: Floats) -> Floats:
            return patch_products(left, slots, right)

        with np.errstate(all="ignore"):  # what is not finite decides nothing
            bits = (53 - (size - 1).bit_length()) // 2
            _, rows = np.frexp(np.abs(features).max(axis=1, keepdims=True, initial=0.0))
            _, columns = np.frexp(np.abs(filters).max(axis=0, initial=0.0))
            left, right = np.ldexp(features, bits - rows), np.ldexp(filters, bits - columns)
            leading, right_leading = np.rint(left), np.rint(right)
            first = product(leading, right_leading)
            second = product(leading, right - right_leading) + product(left - leading, right)
            gamma = (size + 8) * UNIT_ROUNDOFF / (1 - (size + 8) * UNIT_ROUNDOFF)
            # the last term is for entries far below 2^-1000 of the largest, which are subnormal in these units
            bound = 4 * UNIT_ROUNDOFF * (np.abs(first) + np.abs(second)) + gamma * size * 2.0**bits + 2.0**-900
            units = rows + np.tile(columns, positions) - 2 * bits
            values = np.ldexp(first + second, units) + offsets
            bound = np.ldexp(bound, units) + 2 * UNIT_ROUNDOFF * np.abs(values) + offset_errors + 4 * SMALLEST
            inherited = np.zeros(1)
            if errors.any():
                inherited = inherited + product(errors, np.abs(filters))
            if filter_errors.any():
                inherited = inherited + product(np.abs(features) + errors, filter_errors)
            inherited = inherited * (1 + 4 * gamma) + 4 * size * SMALLEST
            return finite(values, (bound + inherited) * GUARD)

    def apply(self, curve: Curve, z: Pair, choice: Choice | None) -> Pair:
        """Values and bounds of a continuous curve.

        Where one piece p is certain and x is within e of the float t, p(x) is within L e of p(t), L the largest |p'|
        on |x - c| <= W. Where several are candidates, p is the first of them: either it holds at x, or there is a kink
        s between with p(s) = f(s), |t - s| <= d and |s - x| <= 2 d, so that 3 L d bounds |f(x) - p(t)|, L the largest
        for all candidates; d is e and the roundings with which candidates are told.
        """
        if curve.special is None and all(piece.affine is not None for piece in curve.pieces):
            return super().apply(curve, z, choice)
        values, errors = z
        first = np.zeros(values.shape, dtype=np.int8) if choice is None else choice.chosen
        last = first if choice is None or choice.last is None else choice.last
        result, slopes = np.zeros_like(values), np.zeros_like(errors)
        bounds = np.full_like(errors, np.inf)
        near = (errors <= WIDTH / 4) & (np.abs(values) < FARTHEST)
        with np.errstate(all="ignore"):  # what is not finite decides nothing
            for i in range(len(curve.kinks) + 1):
                met = near & (first <= i) & (i <= last)
                numbers, place = np.unique(np.rint(values[met] / WIDTH), return_inverse=True)
                if len(numbers) > MOST_CELLS:  # also where another piece is met as well: nothing is known of the slope
                    slopes[met] = np.inf
                    continue
                cells = _cells(curve, i, numbers)
                slopes[met] = np.fmax(slopes[met], cells.slopes[place])
                here, own = met & (first == i), place[(first == i)[met]]
                result[here] = _horner(cells.coefficients, own, values[here] - numbers[own] * WIDTH)
                bounds[here] = cells.errors[own]
            several = 3 * slopes * (errors + 2.0**-49 * (np.abs(values) + WIDTH))
            bounds += np.where(first == last, slopes * errors, several) * GUARD
            return finite(result, bounds * GUARD + SMALLEST)


class _Cells(NamedTuple):
    """Taylor polynomials at some multiples of WIDTH.

    Attributes
    ----------
    coefficients : ndarray of float (DEGREE + 1, cells)
    errors : ndarray of float (cells,)
        How far `_horner` is off within W/2 of the centre, roundings included.
    slopes : ndarray of float (cells,)
        The largest slope within W of the centre.
    """

    coefficients: Floats
    errors: Floats
    slopes: Floats


def _horner(coefficients: Floats, place: NDArray[Any], t: Floats) -> Floats:
    value: Floats = coefficients[-1][place]
    for row in coefficients[-2::-1]:
        value = value * t + row[place]
    return value


def _cells(curve: Curve, i: int, numbers: Floats) -> _Cells:
    """Expand piece i at WIDTH times these integers.

    Horner's rule with n = DEGREE rounds 2 n times: it is off by gamma_{2n} sum |a_k| |t|^k, and what underflows.
    """
    from flint import arb, ctx

    slope = curve.derivative()
    half, length = WIDTH / 2, DEGREE + 2
    gamma = ball(2 * DEGREE * UNIT_ROUNDOFF) / (1 - 2 * DEGREE * UNIT_ROUNDOFF)
    coefficients, errors, slopes = np.zeros((DEGREE + 1, len(numbers))), np.zeros(len(numbers)), np.zeros(len(numbers))
    former, ctx.cap = ctx.cap, length  # python-flint cuts series off there
    try:
        with working_precision(PRECISION):
            for cell, number in enumerate(numbers.tolist()):
                centre = arb(number * WIDTH)
                exact = _expansion(curve, i, centre, length)
                wide = _expansion(curve, i, centre + arb(0, half), length)
                off = abs(wide[-1]) * half ** (DEGREE + 1)
                for k, a in enumerate(exact[:-1]):
                    rounded = float(a.mid()) if a.is_finite() else math.inf
                    coefficients[k, cell] = rounded
                    off += (abs(a - rounded) + gamma * abs(rounded)) * half**k
                errors[cell] = _above(off) + 4 * DEGREE * SMALLEST
                slopes[cell] = _above(arb(slope.ball_on(i, centre + arb(0, WIDTH))))
    finally:
        ctx.cap = former
    return _Cells(coefficients, errors, slopes)


def _expansion(curve: Curve, i: int, centre: arb, length: int) -> list[arb]:
    """Taylor coefficients of piece i at every point of a ball; without value where there may be a pole."""
    from flint import arb, arb_series

    t: Any = arb_series([centre, 1], length)
    try:
        if curve.special is not None:
            value = curve.special.ball(t)
        elif not curve.exponent:
            value = curve.pieces[i].at(t, None, ball)
        else:
            g = evaluate(polynomial(*curve.exponent), t, None, ball) * (1 if curve.base == "e" else arb(2).log())
            piece, degree = curve.pieces[i], 0
            if g[0].mid() > 0:  # in 1/E = e^-g nothing is large, and series of wide balls stay closer
                (piece, degree), g = piece.flipped(), -g
            value = piece.at(t, g.exp(), ball) * ((-degree * g).exp() if degree else 1)
    except (ValueError, ZeroDivisionError):  # python-flint does not divide by series that contain 0
        return [arb("nan")] * length
    series = arb_series([0], length) + value
    return [series[k] for k in range(length)]


def _above(x: arb) -> float:
    """A float that is at least |x|; an infinity where there is none."""
    bound = float(abs(x).upper())
    return math.nextafter(bound, math.inf) * GUARD if math.isfinite(bound) else math.inf
