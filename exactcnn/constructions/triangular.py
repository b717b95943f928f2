"""A triangular minor without elimination: units and samples put in an order in which later samples are off.

The proof of Theorem 3.4, as an algorithm. All filters of the wide layer have one direction w. A unit of patch p takes
the remaining sample with the largest projection ⟨w, x^p⟩ of all, and its bias sets it on; the others stay off. Only
strict dominance over the samples that remain is needed, so patches that some samples share cost units, not the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from exactcnn.constructions.injective import INTEGER_BITS
from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.formulas import Formula
from exactcnn.linalg.evidence import Evidence
from exactcnn.network.network import Convolved
from exactcnn.network.parameters import LayerParameters

Projections = Callable[[int, NDArray[np.intp]], NDArray[Any]]
"""Projections of a patch, for these samples."""


@dataclass(frozen=True)
class TriangularMinor(Evidence):
    """Units and samples in an order in which every unit is on for its own sample and off for the later ones."""

    kind: ClassVar[str] = "triangular-minor"
    rows: tuple[int, ...]
    columns: tuple[int, ...]


@dataclass(frozen=True)
class Threshold:
    """Where an activation is off, and a step that turns it on.

    With s the projection of a sample and s_h that of the sample that unit h has taken, integers, unit h gets
    z = side * (off + scale * (lift + s - s_h)). Its own sample has z = side * (off + scale * lift), a later one
    side * z <= off + scale * (lift - 1), because s <= s_h - 1.

    Attributes
    ----------
    side : 1 or -1
        -1 for an activation that is off on the right.
    off : int
        The activation is zero (or decays, if `lift` is 0) where side * z < off.
    lift : 0 or 1
    """

    side: int
    off: int
    lift: int


def threshold(activation: Curve) -> Threshold | None:
    """How the triangular minor uses an activation; None for those that it does not reach.

    *Zero on a half-line* that ends at an integer (relu, relu6, squared-relu, hard-sigmoid, hard-swish, clip with an
    end at 0, leaky-relu(0)): later samples are exactly zero and the own sample is not, so the minor is triangular, at
    any scale > 0 that leaves the own value non-zero.

    *In the limit* (sigmoid, gaussian, silu, mish, swish(b) with b != 0): with e = e^(1/D), D a common denominator of
    all exponents, each entry of the minor is R(e) for a rational function R over Q in τ, whose denominator is positive
    for τ > 0: τ^a/(1 + τ^a) for sigmoid (a = Dz), τ^(-a) (a = Dz²) for gaussian, z τ^a/(1 + τ^a) for silu and swish
    (a = Dbz), z(τ^2a + 2τ^a)/(τ^2a + 2τ^a + 2) for mish. For τ → ∞ all entries have finite limits: later samples 0
    (sigmoid, gaussian: z < 0; silu, mish: z <= 0), the own one 1/2 (sigmoid, z = 0), 1 (gaussian, z = 0) or z != 0.
    So the determinant of the minor, a rational function of τ over Q, tends to the product of the diagonal: it is not
    the zero function, and not zero at e, which is transcendental (Lindemann). Nothing here refers to the size of the
    pre-activations: it holds at any rational scale > 0, however small.

    *Not reached*: tanh, elu, erf, softsign, hard-tanh do not vanish where they are off; exp has no finite limits;
    softplus and gelu have no values in Q(e), for them the limit of large scales says that some scale does, not which.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> threshold(activation("clip(-1,0)"))
    Threshold(side=-1, off=0, lift=1)
    >>> threshold(activation("tanh")) is None
    True
    """
    if activation.domain == "rational":
        return _half_line(activation)
    if activation.domain != "exponential" or activation.kinks:
        return None
    return _in_the_limit(activation.pieces[0], activation.exponent)


def _half_line(curve: Curve) -> Threshold | None:
    """A half-line where the function is zero: the left one, or else the right one."""
    for side, index in ((1, 0), (-1, -1)):
        if curve.kinks and not curve.pieces[index].numerator and curve.kinks[index].denominator == 1:
            return Threshold(side, side * int(curve.kinks[index]), 1)
    return None


def _in_the_limit(piece: Formula, exponent: tuple[Fraction, ...]) -> Threshold | None:
    """One piece n(t, E) / d(E), E = e^g(t), whose values tend to zero on one side when E is stretched to its limits.

    With d(0) != 0 a value tends to n(z, 0) / d(0) where g(z) < 0; with deg_E n <= deg_E d to the quotient of the
    coefficients of E^(deg d) where g(z) > 0. A side is off where its coefficient has no terms, and the other one is on
    where that is a monomial in z, which vanishes at most at 0.
    """
    below = {j: c for i, j, c in piece.denominator}
    if any(i for i, _, _ in piece.denominator) or 0 not in below or exponent[0]:
        return None
    top = max(below)
    low = [i for i, j, _ in piece.numerator if j == 0]
    zero_at_zero = piece.at(Fraction(0), Fraction(1), Fraction) == 0
    degree = len(exponent) - 1
    if any(exponent[1:degree]):  # g is no monomial
        return None
    if degree % 2 == 0 and exponent[degree] < 0:  # E tends to 0 on both sides, and only z = 0 is on
        return Threshold(1, 0, 0) if not low and not zero_at_zero else None
    if degree != 1 or max((j for _, j, _ in piece.numerator), default=0) > top:
        return None
    high = [i for i, j, _ in piece.numerator if j == top]
    sign = 1 if exponent[1] > 0 else -1
    for off, on, side in ((low, high, sign), (high, low, -sign)):
        if not off and len(on) == 1:
            return Threshold(side, 0, 1 if zero_at_zero else 0)
    return None


@dataclass(frozen=True, eq=False)
class Placement:
    """An order of samples and units.

    Attributes
    ----------
    rows, columns : ndarray of int (count,)
        Samples and units in the order in which they met: unit columns[a] is on for rows[a], off for rows[a+1:].
    levels : ndarray (count,)
        Projection of rows[a] at its unit.
    remaining : ndarray of int
        The samples that found no unit.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    levels: NDArray[Any]
    remaining: NDArray[np.intp]


def place(projections: Projections, *, samples: NDArray[np.intp], patches: int, filters: int) -> Placement:
    """Assign samples to units, greedily.

    A patch takes the largest of the remaining samples, in order, until one ties with the next: neither can be taken
    while both remain. Patches that stopped so are tried again when others have taken samples away.

    Parameters
    ----------
    projections : callable (patch, samples) -> integers
    samples : ndarray of int (N,)
        The samples to be placed, all different.
    patches, filters : int
        Numbers P and T; every patch has T units.

    Examples
    --------
    >>> data = np.array([[3, 1, 3, 2], [0, 5, 1, 7]])  # samples 0 and 2 are equal in patch 0
    >>> found = place(lambda p, i: data[p, i], samples=np.arange(4), patches=2, filters=3)
    >>> found.rows.tolist(), found.columns.tolist(), found.levels.tolist(), found.remaining.tolist()
    ([3, 1, 2, 0], [3, 4, 5, 0], [7, 5, 1, 3], [])
    """
    remaining, used = samples, np.zeros(patches, dtype=np.intp)
    rows, columns, levels = [samples[:0]], [samples[:0]], []
    progress = True
    while progress:
        progress = False
        for patch in range(patches):
            free = min(filters - int(used[patch]), remaining.size)
            if not free:
                continue
            values = projections(patch, remaining)
            best = _largest(values, free + 1)
            ranked = values[best]
            ties = np.flatnonzero(ranked[1:] == ranked[:-1])
            best = best[: min(free, int(ties[0]) if ties.size else free)]
            rows.append(remaining[best])
            columns.append(patch * filters + int(used[patch]) + np.arange(best.size))
            levels.append(values[best])
            used[patch] += best.size
            remaining = np.delete(remaining, best)
            progress |= best.size > 0
    return Placement(np.concatenate(rows), np.concatenate(columns), np.concatenate(levels or [samples[:0]]), remaining)


def _largest(values: NDArray[Any], count: int) -> NDArray[np.intp]:
    """Indices of the `count` largest values (or all), descending."""
    top = np.arange(len(values))
    if count < len(values):
        top = np.argpartition(values, len(values) - count)[len(values) - count :]
    return top[np.argsort(values[top])][::-1]


def wide_parameters(
    wide: Convolved,
    step: Threshold,
    scale: Fraction,
    denominator: int,
    direction: NDArray[Any],
    placement: Placement,
) -> LayerParameters:
    """Weights and biases with z = side * (off + scale * (lift + s - s_h)), s the integer projections."""
    factor, divisor = scale.numerator * step.side, scale.denominator
    biases, origin = _product(step.lift - placement.levels, factor), step.side * step.off * divisor
    if origin.bit_length() > INTEGER_BITS:  # else both terms are below 2^62
        biases = biases.astype(object)
    biases = biases + origin
    everywhere = np.zeros(wide.width, dtype=biases.dtype)
    everywhere[placement.columns] = biases
    weights = _product(direction, factor * denominator)
    matrix = np.ascontiguousarray(np.broadcast_to(weights[:, None], wide.weights_shape))
    return LayerParameters(ExactArray(matrix, divisor), ExactArray(everywhere, divisor))


def _product(values: NDArray[Any], factor: int) -> NDArray[Any]:
    """Integers times an integer: int64 where the factor and the products stay below 2^62."""
    largest = max((abs(int(end)) for end in (values.min(), values.max())), default=0) if values.size else 0
    fits = (max(largest, 1) * abs(factor)).bit_length() <= INTEGER_BITS
    return values.astype(np.int64 if fits else object) * factor
