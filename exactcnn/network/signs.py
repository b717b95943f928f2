"""The sign filter: on which piece of its formula, or at which maximum, each exact value lies.

A residue has no sign. Beside the residues go float64 values with rigorous error bounds; where the bound excludes
doubt the side is certain, and the few other samples are computed again in exact integers.

References
----------
.. [1] H. Broennimann, C. Burnikel, S. Pion, "Interval arithmetic yields efficient dynamic filters for computational
   geometry", Discrete Applied Mathematics 109 (2001).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.piece_filter import certain_pieces
from exactcnn.linalg.modular import Floats
from exactcnn.network.activations import Activation

Exact = Callable[[NDArray[np.intp]], ExactArray]  # exact values (M, n) of M given samples

ROUNDING = 1 - 2.0**-50  # a computed difference of two floats is off by a factor 1 + 2^-53 at most


def pieces(activation: Activation, values: Floats, errors: Floats, exact: Exact) -> NDArray[np.int8]:
    """Index of a piece that holds at every exact value, which lies within `errors` of `values`, (N, n).

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> values, errors = np.array([[-1.0, 0.5, 7.0]]), np.array([[0.0, 0.75, 0.5]])
    >>> exact = lambda samples: ExactArray.from_strings([["-1", "-1/7", "7"]])
    >>> pieces(activation("relu6"), values, errors, exact).tolist()
    [[0, 0, 2]]
    """
    result, certain = certain_pieces(activation.kinks, values, errors)
    samples = np.flatnonzero(~certain.all(axis=1))
    if len(samples):
        numbers, denominator = exact(samples).integers()
        sides = np.zeros(numbers.shape, dtype=np.int8)
        for kink in activation.kinks:
            sides += (numbers * kink.denominator > kink.numerator * denominator).astype(np.int8)
        result[samples] = sides
    return result


def largest(values: Floats, errors: Floats, slots: NDArray[np.int64], exact: Exact) -> NDArray[np.int64]:
    """Neuron with the largest exact value in every patch, (N, P); any one of several equal ones.

    `values` and `errors` are as for `pieces`, `slots` (P, l) without padding.

    Examples
    --------
    >>> values, errors = np.array([[1.0, 1.5, 0.0]]), np.array([[0.5, 0.5, 0.0]])
    >>> exact = lambda samples: ExactArray.from_strings([["4/3", "5/4", "0"]])
    >>> largest(values, errors, np.array([[0, 1], [1, 2]]), exact).tolist()
    [[0, 1]]
    """
    gathered, around = values[:, slots], errors[:, slots]
    best = np.argmax(gathered, axis=2)[:, :, None]
    top, top_error = np.take_along_axis(gathered, best, 2), np.take_along_axis(around, best, 2)
    # certain: top - top_error >= other + other_error, both sides rounded the safe way (subnormal sums are exact)
    with np.errstate(over="ignore", invalid="ignore"):  # a doubt without bound decides nothing
        doubt = (top_error + around) * (1 + 2.0**-50)
        certain = ((top - gathered) * ROUNDING >= doubt) & np.isfinite(doubt)
    np.put_along_axis(certain, best, True, axis=2)
    winner = np.take_along_axis(np.broadcast_to(slots, gathered.shape), best, 2)[:, :, 0]
    samples = np.flatnonzero(~certain.all(axis=(1, 2)))
    if len(samples):
        numbers = exact(samples).integers()[0][:, slots]
        places = argmax(numbers)[:, :, None]
        winner[samples] = np.take_along_axis(np.broadcast_to(slots, numbers.shape), places, 2)[:, :, 0]
    return winner


def argmax(numbers: NDArray[np.object_]) -> NDArray[np.intp]:
    """First position of the maximum along the last axis, for Python integers."""
    best = np.zeros(numbers.shape[:-1], dtype=np.intp)
    top = numbers[..., 0]
    for s in range(1, numbers.shape[-1]):
        larger = (numbers[..., s] > top).astype(bool)
        best[larger] = s
        top = np.where(larger, numbers[..., s], top)
    return best
