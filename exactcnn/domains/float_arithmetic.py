"""Evaluation in floats, as a user of NumPy would do it: what exact answers are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Array, Choice
from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.object_arithmetic import Objects


@dataclass(frozen=True)
class Floating(Objects):
    """The arithmetic of float32 or float64; overflow and the like pass in silence.

    Examples
    --------
    >>> Floating(np.dtype("float32")).lift(ExactArray.from_strings(["1/3"])).dtype
    dtype('float32')
    """

    dtype: np.dtype[Any]

    def lift(self, x: ExactArray) -> Array:
        """The nearest floats."""
        with np.errstate(over="ignore"):
            return x.floats()[0].astype(self.dtype)

    def affine(self, patches: Array, weights: Array, biases: Array | None) -> Array:
        """Patches times filters plus biases."""
        with np.errstate(over="ignore", invalid="ignore"):
            return super().affine(patches, weights, biases)

    def pieces(self, curve: Curve, z: Array) -> Choice:
        """The pieces that the floats lie on."""
        chosen = np.zeros(z.shape, dtype=np.int8)
        for kink in curve.kinks:
            chosen += z > float(kink)
        return Choice(chosen)

    def winners(self, x: Array, slots: NDArray[np.int64]) -> Choice:
        """The first of the largest."""
        best = np.argmax(x[:, slots], axis=2)
        return Choice(slots[np.arange(len(slots))[None], best])

    def apply(self, curve: Curve, z: Array, choice: Choice | None) -> Array:
        """Values of any curve, by the floats' own pieces."""
        return curve.floats(z)
