"""What models do to their inputs before the first layer: constants that are added, subtracted, multiplied, divided by.

Such a map x -> a x + c, entry by entry, goes into the weights and biases of the first layer, exactly: it is the same
function over Q. Nothing is rounded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError

Q = Rationals()


@dataclass(frozen=True, eq=False)
class InputMap:
    """The map x -> a x + c of inputs of a shape.

    Attributes
    ----------
    factors, shifts : ndarray of Fraction (n_0,)
        a and c, in C order.
    """

    factors: NDArray[Any]
    shifts: NDArray[Any]

    @classmethod
    def identity(cls, count: int) -> InputMap:
        """Return the map that changes nothing.

        Examples
        --------
        >>> InputMap.identity(2).factors.tolist()
        [Fraction(1, 1), Fraction(1, 1)]
        """
        return cls(np.full(count, Fraction(1)), np.full(count, Fraction(0)))

    def then(self, title: str, operator: str, constant: Any, shape: Sequence[int]) -> InputMap:
        """Return this map, and then Add, Sub, Mul or Div with a constant that NumPy broadcasts to the shape.

        Raises
        ------
        InputError
            For a constant of another shape, and for a division by zero.
        """
        values = exact_array(constant, name=f"{title}: constant").fractions()
        try:
            own = np.broadcast_to(values, (1, *shape)).ravel()
        except ValueError:
            raise InputError(
                f"{title}: a constant {values.shape} beside {tuple(shape)}; expected one that fits"
            ) from None
        if operator in ("Add", "Sub"):
            return InputMap(self.factors, self.shifts + own if operator == "Add" else self.shifts - own)
        if operator == "Mul":
            return InputMap(self.factors * own, self.shifts * own)
        if not own.all():
            raise InputError(f"{title}: a division by zero")
        return InputMap(self.factors / own, self.shifts / own)

    def into_dense(self, weights: ExactArray, biases: ExactArray | None) -> tuple[ExactArray, ExactArray | None]:
        """Return weights (out, in) and biases of the dense layer after the map.

        Examples
        --------
        >>> own = InputMap.identity(2).then("Sub", "Sub", [1, 2], (2,))
        >>> weights, biases = own.into_dense(ExactArray.from_array([[3, 4]]), None)
        >>> weights.fractions().tolist(), biases.fractions().tolist()
        ([[Fraction(3, 1), Fraction(4, 1)]], [Fraction(-11, 1)])
        """
        added = self.shifts.any()
        scaled = Q.multiply(Q.lift(weights), _row(self.factors)) if (self.factors != 1).any() else weights
        if not added:
            return scaled, biases
        column = Q.reshape(_row(self.shifts), -1, 1)
        shift = Q.reshape(Q.matmul(Q.lift(weights), column), -1)
        return scaled, shift if biases is None else Q.add(Q.reshape(Q.lift(biases), -1), shift)

    def into_convolution(
        self, title: str, weights: ExactArray, biases: ExactArray | None, padded: bool
    ) -> tuple[ExactArray, ExactArray | None]:
        """Return kernels (T, C, *kernel) and biases of the convolution after the map, on C channels.

        Raises
        ------
        InputError
            For constants that are not the same all over a channel, and for padding beside what is added: it is zero
            after the map, not before it.
        """
        filters, channels, *kernel = weights.shape
        by_channel = [each.reshape(channels, -1) for each in (self.factors, self.shifts)]
        if any((each != each[:, :1]).any() for each in by_channel):
            raise InputError(f"{title} after other constants for each position; expected one for each channel")
        factors, shifts = (each[:, 0] for each in by_channel)
        if padded and shifts.any():
            raise InputError(
                f"{title} pads with zeros what constants were added to; expected no padding, or a model without these "
                "constants, for samples that they were added to"
            )
        spread = InputMap(*(np.repeat(each, math.prod(kernel)) for each in (factors, shifts)))
        flat, own = spread.into_dense(weights.reshape(filters, -1), biases)
        return flat.reshape(*weights.shape), own


def _row(values: NDArray[Any]) -> ExactArray:
    return Q.lift(ExactArray.from_fractions(values.tolist(), (1, len(values))))
