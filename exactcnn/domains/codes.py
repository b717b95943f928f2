"""Values known by a code only: which are equal, or zero, for a reason that can be read off.

Equal arguments have equal values; equal patches under equal filters and biases have equal sums; equal collections have
equal maxima. Numbers that happen to be equal for another reason have different codes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Array, Arrays, Choice, gather
from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray


class Codes(Arrays):
    """The arithmetic of codes: integers, 0 for the number 0, equal within an array only where the values are.

    Examples
    --------
    >>> arithmetic = Codes()
    >>> x = arithmetic.lift(ExactArray.from_strings([["1/3", "0", "1/3"]]))
    >>> x[0, 0] == x[0, 2], x[0, 1]
    (np.True_, np.int64(0))
    >>> weights = arithmetic.lift(ExactArray.from_array([[2, 3, 2, 0]]))
    >>> arithmetic.affine(x, np.array([[0], [2]]), weights, None).tolist()
    [[2, 3, 2, 0, 2, 3, 2, 0]]
    """

    def lift(self, x: ExactArray) -> Array:
        """Take exact numbers."""
        codes, zero = x.codes(), np.asarray(x.numbers == 0, dtype=bool)
        if ((codes == 0) & ~zero).any():  # codes that count from 0
            codes = codes + 1
        return np.where(zero, 0, codes)

    def affine(self, x: Array, slots: NDArray[np.int64], weights: Array, biases: Array | None) -> Array:
        """Sums, by the patch, the filter and the bias; a filter of zeros reads nothing."""
        samples, filters = len(x), weights.shape[1]
        patches = _lines(gather(x, slots)).reshape(samples, len(slots), 1)
        units = np.broadcast_to(_lines(weights.T), (len(slots), filters))
        read = np.where(units == 0, 0, patches)
        units = np.where(read == 0, 0, units)  # nor does a patch of zeros
        offsets = np.zeros((1, filters), dtype=np.int64) if biases is None else biases.reshape(-1, filters)
        return self._paired(read, units, np.broadcast_to(offsets, read.shape)).reshape(samples, -1)

    def matmul(self, x: Array, y: Array) -> Array:
        """Matrix product: one patch."""
        return self.affine(x, np.arange(x.shape[1])[None], y, None)

    def add(self, x: Array, y: Array) -> Array:
        """Sum, by both."""
        return self._paired(*np.broadcast_arrays(x, y))

    def total(self, x: Array) -> Array:
        """Sum over the first axis, by all."""
        return _lines(np.moveaxis(x, 0, -1))

    def multiply(self, x: Array, y: Array) -> Array:
        """Product of the entries; 0 if one of them is."""
        x, y = np.broadcast_arrays(x, y)
        zero = (x == 0) | (y == 0)
        return self._paired(np.where(zero, 0, x), np.where(zero, 0, y))

    def pieces(self, curve: Curve, z: Array) -> Choice:
        """None is needed."""
        return Choice(np.zeros(z.shape, dtype=np.int8))

    def apply(self, curve: Curve, z: Array, choice: Choice | None) -> Array:
        """Values of a function: equal where the arguments are, and 0 at 0 if that is so."""
        return z if curve.zero_at_zero else _names(z.ravel()).reshape(z.shape)

    def winners(self, x: Array, slots: NDArray[np.int64]) -> Choice:
        """None is needed."""
        return Choice(np.zeros((len(x), len(slots)), dtype=np.int8))

    def take(self, x: Array, choice: Choice, slots: NDArray[np.int64]) -> Array:
        """Maxima, by what competes in any order."""
        return _lines(np.sort(x[:, slots], axis=2))

    def _paired(self, *parts: Array) -> Array:
        return _lines(np.stack(parts, axis=-1))


def _lines(x: Array) -> Array:
    """Codes of the lines along the last axis, 0 for those of zeros."""
    lines = np.ascontiguousarray(x.reshape(-1, x.shape[-1]), dtype=np.int64)
    keys = lines.view(np.dtype((np.void, lines.dtype.itemsize * max(x.shape[-1], 1)))).ravel()
    return np.where(lines.any(axis=1), _names(keys), 0).reshape(x.shape[:-1])


def _names(keys: Array) -> Array:
    """Positive numbers, equal where the keys are."""
    return np.unique(keys, return_inverse=True)[1].reshape(keys.shape) + 1
