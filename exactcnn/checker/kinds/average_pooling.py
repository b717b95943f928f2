"""Average-pooling layers: the sum of each patch, divided by the number that its document states."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from flint import fmpq

from exactcnn.checker.budget import Budget
from exactcnn.checker.document import fields, integer, sequence
from exactcnn.checker.kinds.layer import Blocks, Layer, inputs_of, read_patches
from exactcnn.checker.numbers import RATIONALS, Numbers, Table


@dataclass(frozen=True)
class AveragePooling(Layer):
    """One unit for each patch; padding adds zero to its sum."""

    kind: ClassVar = "average-pooling"
    linear: ClassVar = True
    has_activation: ClassVar = False

    divisors: list[int] = field(default_factory=list)

    @classmethod
    def read(cls, value: Any, where: str, folder: Path, below: int, budget: Budget) -> AveragePooling:
        """Return a layer from its document: a divisor from 1 to l for each patch."""
        _, patches, divisors = fields(value, where, "kind", "patches", "divisors")
        patches = read_patches(patches, where, below)
        for divisor in sequence(divisors, f"{where}: divisors", len(patches)):
            integer(divisor, f"{where}: a divisor", 1, len(patches[0]) + 1)
        return cls(below, len(patches), patches, divisors=divisors)

    @property
    def text(self) -> str:
        """What its values are."""
        return "means"

    def coefficients(self) -> list[fmpq]:
        """Return the weights of the sums."""
        return [fmpq(1, divisor) for divisor in set(self.divisors)]

    def part(self, neurons: list[int]) -> tuple[AveragePooling, list[int]]:
        """Return a layer of these neurons."""
        own = sorted(set(neurons))
        kept, divisors = [self.patches[p] for p in own], [self.divisors[p] for p in own]
        return replace(self, width=len(own), patches=kept, divisors=divisors), own

    def pre_activations(self, below: Table, numbers: Numbers = RATIONALS) -> Blocks:
        """Yield one product a patch: what it reads of each sample times a column of 1/d, and 1 times 0."""
        inputs = inputs_of(below, numbers)
        for p, (patch, divisor) in enumerate(zip(self.patches, self.divisors, strict=True)):
            column = [numbers.number(fmpq(1, divisor))] * self.slots
            yield p, (inputs(patch) * numbers.matrix(self.slots + 1, 1, [*column, 0])).tolist()

    def units(self) -> list[tuple[Any, Any]]:
        """Return the divisors."""
        return [(divisor, 0) for divisor in self.divisors]
