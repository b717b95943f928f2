"""Evaluation on arrays of Python objects: balls of Arb, and symbols of SymPy."""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Array, Arrays, Choice, gather, take
from exactcnn.domains.balls import ball
from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.storage import object_array
from exactcnn.errors import InputError


class Objects(Arrays):
    """What balls and symbols share: NumPy calls the operators of the entries."""

    def affine(self, x: Array, slots: NDArray[np.int64], weights: Array, biases: Array | None) -> Array:
        """Patches times filters plus biases."""
        samples, (positions, size) = len(x), slots.shape
        product = self.matmul(gather(x, slots).reshape(samples * positions, size), weights)
        values: Array = product.reshape(samples, positions * weights.shape[1])
        return values if biases is None else values + biases

    def matmul(self, x: Array, y: Array) -> Array:
        """Matrix product."""
        product: Array = x @ y
        return product

    def add(self, x: Array, y: Array) -> Array:
        """Sum."""
        return np.asarray(x + y)

    def multiply(self, x: Array, y: Array) -> Array:
        """Product of the entries."""
        return np.asarray(x * y)

    def total(self, x: Array) -> Array:
        """Sum over the first axis."""
        return np.asarray(x.sum(axis=0))


class Balls(Objects):
    """The arithmetic of Arb's balls, at the working precision (see `exactcnn.domains.balls.working_precision`).

    Where a ball meets a kink or the balls of a patch overlap, values enclose all cases.

    Examples
    --------
    >>> third = Balls().lift(ExactArray.from_strings(["1/3"]))[0]
    >>> (third * 3).contains(1)
    True
    """

    def lift(self, x: ExactArray) -> Array:
        """Enclose every entry."""
        from flint import arb

        if not isinstance(x.denominators, int):
            return object_array(map(ball, x.fractions().flat), x.shape)
        numbers = map(arb, x.numbers.ravel().tolist())  # integers and floats are exact
        common = x.denominators
        return object_array(numbers if common == 1 else (n / common for n in numbers), x.shape)

    def matmul(self, x: Array, y: Array) -> Array:
        """Matrix product, by Arb."""
        from flint import arb_mat

        if not x.size or not y.size:
            return np.full((len(x), y.shape[1]), ball(0), dtype=object)
        entries = (arb_mat(x.tolist()) * arb_mat(y.tolist())).entries()
        return object_array(entries, (len(x), y.shape[1]))

    def take(self, x: Array, choice: Choice, slots: NDArray[np.int64]) -> Array:
        """Maxima of the patches."""
        result = take(x, choice.chosen)
        if choice.contenders is not None:
            for sample, patch in np.argwhere(choice.contenders.any(axis=2)).tolist():
                values = x[sample, slots[patch][choice.contenders[sample, patch]]].tolist()
                result[sample, patch] = reduce(lambda a, b: a.max(b), values)
        return result

    def pieces(self, curve: Curve, z: Array) -> Choice:
        """The pieces that each ball meets."""
        met = [[index for index, _ in curve.met(value)] for value in z.ravel().tolist()]
        first = np.array([indices[0] for indices in met], dtype=np.int8).reshape(z.shape)
        last = np.array([indices[-1] for indices in met], dtype=np.int8).reshape(z.shape)
        return Choice(first, None if np.array_equal(first, last) else last)

    def winners(self, x: Array, slots: NDArray[np.int64]) -> Choice:
        """The neurons whose balls are below no other one of the patch."""
        gathered = x[:, slots]
        contenders = np.zeros(gathered.shape, dtype=bool)
        chosen = np.empty(gathered.shape[:2], dtype=np.int64)
        for sample, patch in np.ndindex(gathered.shape[:2]):
            values = dict(zip(slots[patch].tolist(), gathered[sample, patch].tolist(), strict=True))
            best = [j for j, value in values.items() if not any(value < other for other in values.values())]
            chosen[sample, patch] = best[0]
            if len(best) > 1:
                contenders[sample, patch] = np.isin(slots[patch], best)
        return Choice(chosen, contenders=contenders if contenders.any() else None)

    def apply(self, curve: Curve, z: Array, choice: Choice | None) -> Array:
        """Enclosures of the values of any curve; of all candidates where the piece is open."""
        if choice is None and curve.kinks:
            choice = self.pieces(curve, z)
        index = np.zeros(z.shape, dtype=np.int8) if choice is None else choice.chosen
        open_ = None if choice is None else choice.open
        result = np.empty(z.shape, dtype=object)
        for i in range(len(curve.kinks) + 1):  # the balls of a piece at once: its coefficients are enclosed once
            here = index == i if open_ is None else (index == i) & ~open_
            result[here] = curve.ball_on(i, z[here])
        if open_ is not None:
            result[open_] = [curve.ball(value) for value in z[open_]]
        return result


class Symbols(Objects):
    """The arithmetic of SymPy's expressions; pieces and winners come from exact values.

    Examples
    --------
    >>> Symbols().lift(ExactArray.from_strings(["1/3"])).tolist()
    [1/3]
    """

    def lift(self, x: ExactArray) -> Array:
        """Rational numbers of SymPy."""
        import sympy

        return object_array(map(sympy.Rational, x.fractions().flat), x.shape)

    def pieces(self, curve: Curve, z: Array) -> Choice:
        """Refuse: a symbol has no sign."""
        raise InputError("a symbol has no sign; expected a pattern from exact values")

    def winners(self, x: Array, slots: NDArray[np.int64]) -> Choice:
        """Refuse: symbols have no order."""
        raise InputError("symbols have no order; expected a pattern from exact values")

    def apply(self, curve: Curve, z: Array, choice: Choice | None) -> Array:
        """Expressions of the values."""
        indices = [0] * z.size if choice is None else choice.chosen.ravel().tolist()
        return object_array(map(curve.sympy_on, indices, z.flat), z.shape)
