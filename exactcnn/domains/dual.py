"""Dual numbers a + εa', ε² = 0, over any arithmetic: a derivative in one direction, by the walk that gives the values.

They nest: dual numbers over dual numbers give second derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import A, Arithmetic, Array, Choice, require_slopes, require_winners
from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray


@dataclass(frozen=True, eq=False)
class Pair(Generic[A]):
    """The dual number value + ε slope; slope None stands for zero."""

    value: A
    slope: A | None


@dataclass(frozen=True)
class Dual(Generic[A]):
    """The arithmetic of dual numbers.

    Parameters
    ----------
    inner : Arithmetic

    Examples
    --------
    >>> from exactcnn.domains.rationals import Rationals
    >>> from exactcnn.network.activations import activation
    >>> Q = Rationals()
    >>> z = Pair(Q.lift(ExactArray.from_array([[3]])), Q.lift(ExactArray.from_array([[1]])))
    >>> Dual(Q).apply(activation("square"), z, None).slope.fractions().tolist()
    [[Fraction(6, 1)]]
    """

    inner: Arithmetic[A]

    def lift(self, x: ExactArray) -> Pair[A]:
        """A constant."""
        return Pair(self.inner.lift(x), None)

    def affine(self, x: Pair[A], slots: NDArray[np.int64], weights: Pair[A], biases: Pair[A] | None) -> Pair[A]:
        """Product rule."""
        inner = self.inner
        value = inner.affine(x.value, slots, weights.value, None if biases is None else biases.value)
        offset = None if biases is None else biases.slope
        slope = None
        if x.slope is not None:
            slope, offset = inner.affine(x.slope, slots, weights.value, offset), None
        if weights.slope is not None:
            more = inner.affine(x.value, slots, weights.slope, offset)
            slope, offset = more if slope is None else inner.add(slope, more), None
        if offset is not None:  # every sample moves by the biases' own slope
            zero = inner.multiply(value, inner.lift(ExactArray(np.zeros((1, 1), dtype=np.int64))))
            slope = inner.add(zero, offset)
        return Pair(value, slope)

    def matmul(self, x: Pair[A], y: Pair[A]) -> Pair[A]:
        """Product rule."""
        inner = self.inner
        left = None if x.slope is None else inner.matmul(x.slope, y.value)
        right = None if y.slope is None else inner.matmul(x.value, y.slope)
        return Pair(inner.matmul(x.value, y.value), self._sum(left, right))

    def add(self, x: Pair[A], y: Pair[A]) -> Pair[A]:
        """Sum."""
        return Pair(self.inner.add(x.value, y.value), self._sum(x.slope, y.slope))

    def multiply(self, x: Pair[A], y: Pair[A]) -> Pair[A]:
        """Product rule."""
        left = None if x.slope is None else self.inner.multiply(x.slope, y.value)
        right = None if y.slope is None else self.inner.multiply(x.value, y.slope)
        return Pair(self.inner.multiply(x.value, y.value), self._sum(left, right))

    def total(self, x: Pair[A]) -> Pair[A]:
        """Sum over the first axis."""
        return self._linear(x, self.inner.total)

    def concatenate(self, parts: Sequence[Pair[A]], axis: int = 0) -> Pair[A]:
        """Join along an axis."""
        value = self.inner.concatenate([part.value for part in parts], axis)
        if all(part.slope is None for part in parts):
            return Pair(value, None)
        zero = self.inner.lift(ExactArray(np.zeros((), dtype=np.int64)))
        slopes = [self.inner.multiply(p.value, zero) if p.slope is None else p.slope for p in parts]
        return Pair(value, self.inner.concatenate(slopes, axis))

    def map(self, x: Pair[A], function: Callable[[Array], Array]) -> Pair[A]:
        """Move entries."""
        return self._linear(x, lambda a: self.inner.map(a, function))

    def reshape(self, x: Pair[A], *shape: int) -> Pair[A]:
        """Give another shape."""
        return self._linear(x, lambda a: self.inner.reshape(a, *shape))

    def transpose(self, x: Pair[A]) -> Pair[A]:
        """Transpose a matrix."""
        return self._linear(x, self.inner.transpose)

    def gather(self, x: Pair[A], slots: NDArray[np.int64]) -> Pair[A]:
        """Patches of features."""
        return self._linear(x, lambda a: self.inner.gather(a, slots))

    def scatter(self, x: Pair[A], slots: NDArray[np.int64], width: int) -> Pair[A]:
        """Transpose of `gather`."""
        return self._linear(x, lambda a: self.inner.scatter(a, slots, width))

    def take(self, x: Pair[A], choice: Choice, slots: NDArray[np.int64]) -> Pair[A]:
        """Features of the winning neurons; a tie of what varies has no derivative."""
        if x.slope is not None:
            require_winners(choice)
        return self._linear(x, lambda a: self.inner.take(a, choice, slots))

    def put(self, x: Pair[A], choice: Choice, width: int) -> Pair[A]:
        """Transpose of `take`."""
        return self._linear(x, lambda a: self.inner.put(a, choice, width))

    def pieces(self, curve: Curve, z: Pair[A]) -> Choice:
        """Pieces by the value."""
        return self.inner.pieces(curve, z.value)

    def winners(self, x: Pair[A], slots: NDArray[np.int64]) -> Choice:
        """Winners by the value."""
        return self.inner.winners(x.value, slots)

    def apply(self, curve: Curve, z: Pair[A], choice: Choice | None) -> Pair[A]:
        """Chain rule.

        Raises
        ------
        KinkMet
            Where the two slopes at a kink differ.
        Undecided
            Where a piece is not certain.
        """
        value = self.inner.apply(curve, z.value, choice)
        if z.slope is None:
            return Pair(value, None)
        require_slopes(curve, choice)
        return Pair(value, self.inner.multiply(self.inner.apply(curve.derivative(), z.value, choice), z.slope))

    def _sum(self, x: A | None, y: A | None) -> A | None:
        if x is None or y is None:
            return y if x is None else x
        return self.inner.add(x, y)

    def _linear(self, x: Pair[A], function: Any) -> Pair[A]:
        return Pair(function(x.value), None if x.slope is None else function(x.slope))
