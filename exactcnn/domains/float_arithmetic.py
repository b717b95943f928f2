"""Evaluation in floats, as a user of NumPy would do it: what exact answers are compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Array, Choice
from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.given import shown
from exactcnn.domains.object_arithmetic import Objects
from exactcnn.errors import InputError


@dataclass(frozen=True)
class Floating(Objects):
    """The arithmetic of float32 or float64; overflow and the like pass in silence.

    Examples
    --------
    >>> Floating(np.dtype("float32")).lift(ExactArray.from_strings(["1/3"])).dtype
    dtype('float32')
    """

    dtype: np.dtype[Any]

    @classmethod
    def of(cls, dtype: Any) -> Floating:
        """Return the arithmetic of a type by its name, or as NumPy names it.

        Examples
        --------
        >>> Floating.of("float16")
        Traceback (most recent call last):
        ...
        exactcnn.errors.InputError: dtype is 'float16'; expected float64 or float32
        """
        try:
            wanted = np.dtype(dtype)
        except (TypeError, ValueError, SyntaxError):
            wanted = np.dtype(object)
        if dtype is None or wanted not in (np.float64, np.float32):
            raise InputError(f"dtype is {shown(dtype)}; expected float64 or float32")
        return cls(wanted)

    def map(self, x: Array, function: Callable[[Array], Array]) -> Array:
        """Apply a function to the array; some add."""
        with _silence():
            return function(x)

    def lift(self, x: ExactArray) -> Array:
        """The nearest float64, in this precision."""
        with _silence():
            return x.floats()[0].astype(self.dtype)

    def affine(self, x: Array, slots: NDArray[np.int64], weights: Array, biases: Array | None) -> Array:
        """Patches times filters plus biases."""
        with _silence():
            return super().affine(x, slots, weights, biases)

    def matmul(self, x: Array, y: Array) -> Array:
        """Matrix product."""
        with _silence():
            return super().matmul(x, y)

    def add(self, x: Array, y: Array) -> Array:
        """Sum."""
        with _silence():
            return super().add(x, y)

    def multiply(self, x: Array, y: Array) -> Array:
        """Product of the entries."""
        with _silence():
            return super().multiply(x, y)

    def total(self, x: Array) -> Array:
        """Sum over the first axis."""
        with _silence():
            return super().total(x)

    def pieces(self, curve: Curve, z: Array) -> Choice:
        """The pieces that the floats lie on."""
        return Choice(curve.float_pieces(z))

    def winners(self, x: Array, slots: NDArray[np.int64]) -> Choice:
        """The first of the largest."""
        best = np.argmax(x[:, slots], axis=2)
        return Choice(slots[np.arange(len(slots))[None], best])

    def apply(self, curve: Curve, z: Array, choice: Choice | None) -> Array:
        """Values of any curve, by the floats' own pieces."""
        return curve.floats(z)


def _silence() -> np.errstate:
    return np.errstate(over="ignore", under="ignore", invalid="ignore")
