"""Evaluation in Q: integers over one denominator, products by FLINT, every sign and winner decided, ties found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Array, Arrays, Choice
from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.formulas import Formula
from exactcnn.domains.storage import object_array


class Rationals(Arrays):
    """The arithmetic of exact arrays, as Python integers over one positive denominator.

    Examples
    --------
    >>> Q = Rationals()
    >>> x = Q.lift(ExactArray.from_strings([["1/2", "-1/3"]]))
    >>> Q.add(x, Q.multiply(x, x)).fractions().tolist()
    [[Fraction(3, 4), Fraction(-2, 9)]]
    """

    def map(self, x: ExactArray, function: Any) -> ExactArray:
        """Move the numbers."""
        return ExactArray(function(x.numbers), x.denominators)

    def lift(self, x: ExactArray) -> ExactArray:
        """Integers over one denominator."""
        return ExactArray(*x.integers())

    def affine(
        self, x: ExactArray, slots: NDArray[np.int64], weights: ExactArray, biases: ExactArray | None
    ) -> ExactArray:
        """Patches times filters plus biases."""
        samples, (positions, size) = len(x), slots.shape
        flat = self.reshape(self.gather(x, slots), samples * positions, size)
        product = self.reshape(self.matmul(flat, weights), samples, positions * weights.shape[1])
        return product if biases is None else self.add(product, biases)

    def matmul(self, x: ExactArray, y: ExactArray) -> ExactArray:
        """Matrix product, by FLINT over Z."""
        from flint import fmpz_mat

        (left, denominator), (right, other) = _parts(x), _parts(y)
        shape = (left.shape[0], right.shape[1])
        product = fmpz_mat(len(left), len(right), left.ravel().tolist()) * fmpz_mat(
            len(right), right.shape[1], right.ravel().tolist()
        )
        return ExactArray(object_array(map(int, product.entries()), shape), denominator * other)

    def add(self, x: ExactArray, y: ExactArray) -> ExactArray:
        """Sum over the least common denominator."""
        (left, denominator), (right, other) = _parts(x), _parts(y)
        common = math.lcm(denominator, other)
        return ExactArray(_array(left * (common // denominator) + right * (common // other)), common)

    def multiply(self, x: ExactArray, y: ExactArray) -> ExactArray:
        """Product of the entries."""
        (left, denominator), (right, other) = _parts(x), _parts(y)
        return ExactArray(_array(left * right), denominator * other)

    def total(self, x: ExactArray) -> ExactArray:
        """Sum over the first axis."""
        numbers, denominator = _parts(x)
        return ExactArray(_array(numbers.sum(axis=0)), denominator)

    def concatenate(self, parts: Sequence[ExactArray], axis: int = 0) -> ExactArray:
        """Join along an axis, over the least common denominator."""
        pairs = [_parts(part) for part in parts]
        common = math.lcm(*(denominator for _, denominator in pairs))
        return ExactArray(np.concatenate([a if d == common else a * (common // d) for a, d in pairs], axis), common)

    def pieces(self, curve: Curve, z: ExactArray) -> Choice:
        """Decide every piece; at a kink the left one, and a tie."""
        numbers, denominator = _parts(z)
        chosen = np.zeros(numbers.shape, dtype=np.int8)
        ties = np.zeros(numbers.shape, dtype=bool)
        for kink in curve.kinks:
            scaled, limit = numbers * kink.denominator, kink.numerator * denominator
            chosen += (scaled > limit).astype(np.int8)
            ties |= (scaled == limit).astype(bool)
        return Choice(chosen, ties=ties)

    def winners(self, x: ExactArray, slots: NDArray[np.int64]) -> Choice:
        """Decide every maximum; of several equal entries the first wins, and it is a tie.

        Slots that name the same neuron twice (padding that was replaced) are no tie.
        """
        gathered = x.numbers[:, slots]
        best = gathered.argmax(axis=2)[:, :, None]
        where = np.broadcast_to(slots, gathered.shape)
        chosen = np.take_along_axis(where, best, 2)
        equal = (gathered == np.take_along_axis(gathered, best, 2)).astype(bool) & (where != chosen)
        return Choice(chosen[:, :, 0], ties=equal.any(axis=2))

    def apply(self, curve: Curve, z: ExactArray, choice: Choice | None) -> ExactArray:
        """Values of a curve that is rational at these arguments.

        Polynomial pieces are evaluated on integers, all over one denominator; others entry by entry.
        """
        numbers, denominator = _parts(z)
        index = np.zeros(numbers.shape, dtype=np.int8) if choice is None else choice.chosen
        if curve.integral is None:
            values = z.fractions().ravel().tolist()
            found = [curve.exact_on(i, value) for i, value in zip(index.ravel().tolist(), values, strict=True)]
            return self.lift(ExactArray.from_fractions(found, z.shape))
        degree, common = curve.integral
        result = np.zeros(numbers.shape, dtype=object)
        for i, piece in enumerate(curve.pieces):
            here = index == i
            result[here] = _homogeneous(piece, numbers[here], denominator, degree, common)
        return ExactArray(result, common * denominator**degree)


def _homogeneous(piece: Formula, numbers: Array, denominator: int, degree: int, common: int) -> Array:
    """common * denominator^degree * piece(numbers / denominator), by Horner's rule on integers."""
    coefficients = {i: int(c * common) for i, _, c in piece.numerator}
    total = np.zeros(numbers.shape, dtype=object)
    for i in range(degree, -1, -1):
        total = total * numbers + coefficients.get(i, 0) * denominator ** (degree - i)
    return total


def _parts(x: ExactArray) -> tuple[NDArray[Any], int]:
    """Integers and their one denominator."""
    if isinstance(x.denominators, int) and x.numbers.dtype == object:
        return x.numbers, x.denominators
    return x.integers()


def _array(numbers: Any) -> NDArray[Any]:
    """Python integers as an array, also where NumPy gives one without axes as the integer itself."""
    return np.asarray(numbers, dtype=object)
