"""How far the floats of any library may be from the exact numbers: values, and bounds in the precision of that library.

The library rounds its inputs, weights and biases to its precision, sums in any order, with or without fused
operations, and evaluates an affine piece of an activation by at most four roundings, any other function by what 32
roundings of numbers no larger than max(1, |f|) explain. Transforms of the convolution (Winograd, FFT) are not covered,
nor are TF32 and the like.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Choice, patch_products
from exactcnn.domains.curves import Curve
from exactcnn.domains.enclosed import Pair
from exactcnn.domains.enclosed_curves import EnclosedCurves
from exactcnn.domains.exact import ExactArray


@dataclass(frozen=True)
class FloatErrors(EnclosedCurves):
    """Pairs (x, e): the exact number and the library's are both within e of x.

    Attributes
    ----------
    bits : int
        Of a significand: 24 for float32, 53 for float64.
    smallest : float
        The smallest positive number.

    Examples
    --------
    >>> values, bounds = FLOAT32.lift(ExactArray.from_strings(["1/3"]))
    >>> bool(abs(float(np.float32(1) / 3) - values[0]) <= bounds[0] < 1e-7)
    True
    """

    bits: int
    smallest: float

    def lift(self, x: ExactArray) -> Pair:
        """Rounded once."""
        return self._rounded(super().lift(x), 1)

    def affine(self, x: Pair, slots: NDArray[np.int64], weights: Pair, biases: Pair | None) -> Pair:
        """The library's sums of its own numbers: gamma_{l+1} (|x| |w| + |b|), beside what the numbers differ by.

        l products, the bias and the first rounding of each are at most l + 2 factors 1 + u; the sizes are computed in
        float64, whose roundings 2^-24 u l cannot reach the 2 l + 4 that is used.
        """
        values, bounds = super().affine(x, slots, weights, biases)
        size = slots.shape[1]
        with np.errstate(over="ignore", invalid="ignore"):
            above = np.abs(x[0]) + x[1]
            factors = np.abs(weights[0]) + weights[1]
            sizes = patch_products(above, slots, factors)
            if biases is not None:
                sizes = sizes + np.abs(biases[0]) + biases[1]
            unit = (2 * size + 4) * 2.0**-self.bits
            bounds = bounds + unit / (1 - unit) * sizes + (2 * size + 4) * self.smallest
        return values, np.where(np.isfinite(bounds), bounds, np.inf)

    def add(self, x: Pair, y: Pair) -> Pair:
        """One rounding."""
        return self._rounded(super().add(x, y), 1)

    def multiply(self, x: Pair, y: Pair) -> Pair:
        """One rounding."""
        return self._rounded(super().multiply(x, y), 1)

    def apply(self, curve: Curve, z: Pair, choice: Choice | None) -> Pair:
        """Values: of an affine piece the slope, the constant, a product and a sum are rounded."""
        values, bounds = super().apply(curve, z, choice)
        if _rounds_nothing(curve):
            return values, bounds
        if curve.domain == "rational" and all(piece.affine is not None for piece in curve.pieces):
            return self._rounded((values, bounds), 4)
        with np.errstate(over="ignore", invalid="ignore"):
            more = 32 * 2.0**-self.bits * np.maximum(1, np.abs(values) + bounds)
            return values, np.where(np.isfinite(bounds + more), (bounds + more) * (1 + 2.0**-50), np.inf)

    def _rounded(self, x: Pair, times: int) -> Pair:
        values, bounds = x
        with np.errstate(over="ignore", invalid="ignore"):
            more = times * 2.0 ** (1 - self.bits) * (np.abs(values) + bounds) + times * self.smallest
            bounds = (bounds + more) * (1 + 2.0**-50)
        return values, np.where(np.isfinite(bounds), bounds, np.inf)


def _rounds_nothing(curve: Curve) -> bool:
    """Whether all pieces are 0, t or -t, as those of ReLU are."""
    pieces = [piece.affine for piece in curve.pieces]
    return curve.domain == "rational" and all(
        each is not None and each[0] == 0 and abs(each[1]) in (0, 1) for each in pieces
    )


FLOAT32 = FloatErrors(24, 2.0**-149)
