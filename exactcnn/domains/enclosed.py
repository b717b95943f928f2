"""Evaluation in float64 with rigorous error bounds: the filter that decides almost every sign and winner.

A value is a pair (x, e): the exact number lies within e of x. A pair that is not finite decides nothing.

References
----------
.. [1] H. Broennimann, C. Burnikel, S. Pion, "Interval arithmetic yields efficient dynamic filters for computational
   geometry", Discrete Applied Mathematics 109 (2001).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Arrays, Choice, patch_products, put, scatter, take
from exactcnn.domains.curves import Curve
from exactcnn.domains.dyadic import dyadic
from exactcnn.domains.exact import UNIT_ROUNDOFF, ExactArray
from exactcnn.domains.formulas import Formula
from exactcnn.domains.piece_filter import candidate_pieces, nearest_float
from exactcnn.domains.residues import Floats

SMALLEST = 2.0**-1074
ROUNDING = 1 - 2.0**-50  # a computed difference of two floats is off by a factor 1 + 2^-53 at most

Pair = tuple[Floats, Floats]


class Enclosed(Arrays):
    """The arithmetic of floats with error bounds.

    Examples
    --------
    >>> E = Enclosed()
    >>> relu = Curve((Formula(()), Formula(((1, 0, Fraction(1)),))), (Fraction(0),))
    >>> z = (np.array([[-1.0, 0.5, 2.0]]), np.array([[0.0, 0.75, 0.5]]))
    >>> choice = E.pieces(relu, z)
    >>> choice.chosen.tolist(), choice.open.tolist()
    ([[0, 0, 1]], [[False, True, False]])
    >>> [part.tolist() for part in E.apply(relu, z, choice)]
    [[[0.0, 0.5, 2.0]], [[0.0, 0.75, 0.5]]]
    """

    def map(self, x: Pair, function: Any) -> Pair:
        """Move values and bounds alike."""
        return function(x[0]), function(x[1])

    def lift(self, x: ExactArray) -> Pair:
        """The nearest floats, and how far they are."""
        return x.floats()

    def affine(self, x: Pair, slots: NDArray[np.int64], weights: Pair, biases: Pair | None) -> Pair:
        """Pre-activations with rigorous error bounds, from features with theirs.

        The a-priori bound of an inner product of length l with a bias is gamma_{l+1} (|x| |w| + |b|), gamma_n =
        n u / (1 - n u), in any order of summation, with or without fused operations; errors e of x and f of w add
        e (|w| + f) + |x| f. gamma_{2l+16} also covers that the bound itself is computed in floating point. Gradual
        underflow adds (l + 1) 2^-1074 to the value, and as much to each of the products that are summed for the bound.
        Where all terms are multiples of one power of two and their sum stays below 2^53 of it, nothing is rounded.
        """
        (features, errors), (filters, filter_errors) = x, weights
        offsets, offset_errors = (np.zeros(1), np.zeros(1)) if biases is None else biases
        size = slots.shape[1]

        def product(left: Floats, right: Floats) -> Floats:
            return patch_products(left, slots, right)

        with np.errstate(over="ignore", invalid="ignore", under="ignore"):  # what is not finite decides nothing
            values = product(features, filters) + offsets
            unit = (2 * size + 16) * UNIT_ROUNDOFF
            unit /= 1 - unit
            known = not errors.any() and not filter_errors.any() and not offset_errors.any()
            if known and _sums_are_exact(features, filters, offsets, size):
                return values, np.zeros_like(values)
            # one product serves gamma |x| |w| and e |w|; gamma comes after it, since gamma |x| alone may underflow
            sizes = np.abs(features) + errors / unit if errors.any() else np.abs(features)
            bound = unit * (product(sizes, np.abs(filters)) + np.abs(offsets))
            if filter_errors.any():
                bound += product(np.abs(features) + errors, filter_errors)
            bound = (bound + offset_errors) * (1 + 2 * unit) + (4 * size + 8) * SMALLEST
        return finite(values, bound)

    def matmul(self, x: Pair, y: Pair) -> Pair:
        """Matrix product with bounds."""
        return self.affine(x, np.arange(x[0].shape[1])[None], y, None)

    def add(self, x: Pair, y: Pair) -> Pair:
        """Sum: one rounding."""
        with np.errstate(over="ignore", invalid="ignore"):
            values = x[0] + y[0]
            return finite(values, (x[1] + y[1] + 2 * UNIT_ROUNDOFF * np.abs(values)) * (1 + 2.0**-50))

    def multiply(self, x: Pair, y: Pair) -> Pair:
        """Product: |x| f + |y| e + e f, one rounding, gradual underflow."""
        with np.errstate(over="ignore", invalid="ignore"):
            values = x[0] * y[0]
            inherited = np.abs(x[0]) * y[1] + np.abs(y[0]) * x[1] + x[1] * y[1]
            return finite(values, (inherited + 2 * UNIT_ROUNDOFF * np.abs(values)) * (1 + 2.0**-50) + 2 * SMALLEST)

    def total(self, x: Pair) -> Pair:
        """Sum over the first axis."""
        return _summed(x, len(x[0]), lambda a: a.sum(axis=0))

    def scatter(self, x: Pair, slots: NDArray[np.int64], width: int) -> Pair:
        """Sums of what the slots of a neuron hold."""
        return _summed(x, slots.size, lambda a: scatter(a, slots, width))

    def put(self, x: Pair, choice: Choice, width: int) -> Pair:
        """Sums of what the patches that a neuron wins hold."""
        return _summed(x, choice.chosen.shape[1], lambda a: put(a, choice.chosen, width))

    def take(self, x: Pair, choice: Choice, slots: NDArray[np.int64]) -> Pair:
        """Maxima of the patches; where the winner is open, the largest contender with the largest of their bounds.

        The exact maximum is that of a contender, and |max x_i - max y_i| <= max |x_i - y_i|.
        """
        values, errors = x
        largest, doubt = take(values, choice.chosen), take(errors, choice.chosen)
        if choice.contenders is not None:  # few; where there are none, it is settled exactly since
            sample, patch = np.nonzero(choice.contenders.any(axis=2))
            contends, places = choice.contenders[sample, patch], (sample[:, None], slots[patch])
            largest[sample, patch] = np.where(contends, values[places], -np.inf).max(axis=1, initial=-np.inf)
            doubt[sample, patch] = np.where(contends, errors[places], 0.0).max(axis=1, initial=0.0)
        return largest, doubt

    def pieces(self, curve: Curve, z: Pair) -> Choice:
        """The candidates between the ends of the enclosure."""
        first, last = candidate_pieces(curve.kinks, *z)
        values, errors = z
        ties = np.zeros(values.shape, dtype=bool)
        for kink in curve.kinks:
            if kink == nearest_float(kink):
                ties |= (values == nearest_float(kink)) & (errors == 0)
        return Choice(first, None if np.array_equal(first, last) else last, ties=ties if ties.any() else None)

    def winners(self, x: Pair, slots: NDArray[np.int64]) -> Choice:
        """The neurons whose enclosures reach that of the largest."""
        gathered, around = x[0].take(slots, axis=1), x[1].take(slots, axis=1)
        best = np.argmax(gathered, axis=2)[:, :, None]
        top, top_error = np.take_along_axis(gathered, best, 2), np.take_along_axis(around, best, 2)
        winner = np.take_along_axis(np.broadcast_to(slots, gathered.shape), best, 2)
        # beaten: top - top_error > other + other_error, both sides rounded the safe way (subnormal sums are exact);
        # numbers that are known are compared as they are, and equal ones are a tie
        with np.errstate(over="ignore", invalid="ignore"):  # a doubt without bound decides nothing
            doubt = (top_error + around) * (1 + 2.0**-50)
            beaten = ((top - gathered) * ROUNDING > doubt) & np.isfinite(doubt)
        other = np.broadcast_to(slots, gathered.shape) != winner
        contenders = ~beaten & (doubt != 0) & other
        equal = (doubt == 0) & (top == gathered) & other
        ties = equal.any(axis=2) if equal.any() else None
        if not contenders.any():
            return Choice(winner[:, :, 0], ties=ties)
        np.put_along_axis(contenders, best, True, axis=2)
        return Choice(winner[:, :, 0], contenders=contenders, ties=ties)

    def apply(self, curve: Curve, z: Pair, choice: Choice | None) -> Pair:
        """Values and bounds; only affine pieces c0 + c1 t keep a finite bound.

        |c1| e is inherited; rounding of c0, c1, the product and the sum adds at most 5 u (|c0| + |c1 t|). Where the
        piece is open the value is that on the float's own piece, and a continuous function of affine pieces changes
        by at most the largest |c1| times e.
        """
        values, errors = z
        result, bounds = np.zeros_like(values), np.full_like(errors, np.inf)
        affine = [_affine_piece(piece) for piece in curve.pieces]
        index: NDArray[Any] = np.zeros(values.shape, dtype=np.int8)
        open_ = None
        if choice is not None:
            index, open_ = choice.chosen, choice.open
        if open_ is not None:
            index = np.where(open_, curve.float_pieces(values), index)
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite decides nothing
            for number, coefficients in enumerate(affine):
                here = index == number
                if coefficients is None:
                    continue
                c0, c1 = coefficients
                product = float(c1) * values
                np.copyto(result, float(c0) + product, where=here)
                bound = abs(float(c1)) * errors if c1 else np.zeros_like(errors)
                if c1 not in (0, 1) or not (c0 == 0 or (c1 == 0 and Fraction(float(c0)) == c0)):
                    rounding = 8 * UNIT_ROUNDOFF * (abs(float(c0)) + np.abs(product))
                    bound = (bound + rounding) * (1 + 2.0**-50) + 2.0**-1072
                np.copyto(bounds, bound, where=here)
            if open_ is not None:
                steepest = np.inf if None in affine else max(abs(float(c[1])) for c in affine if c is not None)
                kinks = max((abs(nearest_float(kink)) for kink in curve.kinks), default=0.0)
                # the float's own piece may be off by the rounding of a kink
                doubt = steepest * (errors + 2 * UNIT_ROUNDOFF * kinks) * (1 + 2.0**-50) + 2.0**-1072
                kept = kinks == 0 and all(_keeps_bounds(coefficients) for coefficients in affine)
                bounds = np.where(open_, errors if kept else bounds + doubt, bounds)
        return finite(result, bounds)


def _summed(x: Pair, terms: int, sum_of: Callable[[Floats], Floats]) -> Pair:
    """A sum of at most so many terms: gamma of the sizes, and the bounds."""
    unit = (2 * terms + 8) * UNIT_ROUNDOFF
    with np.errstate(over="ignore", invalid="ignore"):
        rounding = unit / (1 - unit) * sum_of(np.abs(x[0]))
        return finite(sum_of(x[0]), (sum_of(x[1]) + rounding) * (1 + 2 * unit))


def finite(values: Floats, bounds: Floats) -> Pair:
    """Put 0 ± infinity for everything that is not finite."""
    wild = ~np.isfinite(values) | ~np.isfinite(bounds)
    return (np.where(wild, 0.0, values), np.where(wild, np.inf, bounds)) if wild.any() else (values, bounds)


def _affine_piece(piece: Formula) -> tuple[Fraction, Fraction] | None:
    """Coefficients of an affine piece of moderate size: their floats are off by a factor 1 + u."""
    coefficients = piece.affine
    moderate = all(not c or Fraction(1, 2**200) < abs(c) < 2**200 for c in coefficients or ())
    return coefficients if moderate else None


def _keeps_bounds(coefficients: tuple[Fraction, Fraction] | None) -> bool:
    """Whether an affine piece c1 t beside the kink 0 keeps the bound e of a number whose sign is open, so |t| <= e.

    Slopes 0 and ±1 round nothing. |c1| <= 1/2 leaves e/2 for the roundings of c1 and c1 t, at most 2 u e or half a
    subnormal step. A slope just below 1 leaves nothing, and rounds.
    """
    if coefficients is None or coefficients[0] != 0:
        return False
    slope = abs(coefficients[1])
    return slope in (0, 1) or slope <= Fraction(1, 2)


def _sums_are_exact(features: Floats, weights: Floats, biases: Floats, size: int) -> bool:
    """Whether every partial sum is a multiple of one power of two and below 2^53 of it."""
    largest = size * float(np.abs(features).max(initial=0.0)) * float(np.abs(weights).max(initial=0.0))
    largest += float(np.abs(biases).max(initial=0.0))
    grid = min(_grid(features) + _grid(weights), _grid(biases))
    # the largest is itself rounded: a factor of two is more than enough
    return grid > -1022 and 2 * largest <= 2.0 ** min(grid + 53, 1023)


def _grid(values: Floats) -> int:
    """Exponent of the largest power of two that divides all values (a large number for zeros only)."""
    mantissas, exponents = dyadic(values)
    return int(exponents[mantissas != 0].min(initial=1000))
