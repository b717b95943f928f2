"""Max-pooling layers: the largest entry of each patch. Their pre-activations are the values that compete."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from flint import arb, fmpq

from exactcnn.checker.budget import Budget
from exactcnn.checker.document import FormatError, fields
from exactcnn.checker.kinds.layer import PADDING, Layer, read_patches
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

    def pre_activations(self, below: Table, numbers: Numbers = RATIONALS) -> Iterator[tuple[int, Table]]:
        """Yield the values that compete, a list for each sample."""
        for p, patch in enumerate(self.patches):
            yield p, [[[row[neuron] for neuron in patch if neuron != PADDING]] for row in below]

    def rational_value(self, budget: Budget) -> Callable[[Any], fmpq]:
        """Return the maximum."""
        return max

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
