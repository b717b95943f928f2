"""Max-pooling layers: the largest entry of each patch. Their pre-activations are the values that compete."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import Any, ClassVar

from flint import arb

from exactcnn.checker.budget import Budget
from exactcnn.checker.document import FormatError, fields
from exactcnn.checker.integers import Values
from exactcnn.checker.kinds.layer import PADDING, Blocks, Layer, read_patches
from exactcnn.checker.numbers import RATIONALS, Numbers, Reduction, Table


class MaxPooling(Layer):
    """One unit for each patch; padding never wins."""

    kind: ClassVar = "max-pooling"
    linear: ClassVar = False
    has_activation: ClassVar = False

    @classmethod
    def read(cls, value: Any, where: str, folder: Path, below: int, budget: Budget) -> MaxPooling:
        """Return a layer from its document."""
        _, patches = fields(value, where, "kind", "patches")
        patches = read_patches(patches, where, below)
        if any(max(patch) == PADDING for patch in patches):
            raise FormatError(f"{where}: a patch of max-pooling holds padding only")
        return cls(below, len(patches), patches)

    @property
    def text(self) -> str:
        """What its values are."""
        return "maxima"

    def pre_activations(self, below: Table, numbers: Numbers = RATIONALS) -> Blocks:
        """Yield the values that compete, for each patch of a sample; a neuron of the patch stands for padding."""
        real = [max(patch) for patch in self.patches]
        filled = ([h if n == PADDING else n for n in patch] for patch, h in zip(self.patches, real, strict=True))
        reads = [itemgetter(*slot, 0) for slot in zip(*filled, strict=True)]  # 0: of two or more it returns a tuple
        yield 0, (list(zip(*(read(row)[:-1] for read in reads), strict=True)) for row in below)

    def integer_values(self, budget: Budget) -> Values:
        """Return the maxima."""
        return lambda entries, _: list(map(max, entries)), 1

    def ball_value(self) -> Callable[[Any], arb]:
        """Return the maximum of enclosures."""

        def largest(values: list[Any]) -> arb:
            result = arb(values[0])
            for value in values[1:]:
                result = result.max(arb(value))
            return result

        return largest

    def candidates(self, modulo_p: Reduction) -> Callable[[Any, Any], list[int]]:
        """Return the function to the images of all that may be the largest: that no other certainly exceeds."""

        def largest(values: list[int], balls: list[arb]) -> list[int]:
            return [
                value for value, ball in zip(values, balls, strict=True) if not any(other > ball for other in balls)
            ]

        return largest
