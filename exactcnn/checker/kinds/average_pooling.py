"""Average-pooling layers: the sum of each patch, divided by the number that its document states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from flint import fmpq

from exactcnn.checker.budget import Budget
from exactcnn.checker.document import fields, integer, sequence
from exactcnn.checker.kinds.layer import Layer, entries_of, read_patches
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

    def pre_activations(self, below: Table, numbers: Numbers = RATIONALS) -> Iterator[tuple[int, Table]]:
        """Yield one product a patch: what it reads of each sample times a column of 1/d."""
        zero = numbers.number(fmpq(0))
        for p, (patch, divisor) in enumerate(zip(self.patches, self.divisors, strict=True)):
            inputs = [x for row in below for x in entries_of(row, patch, zero)]
            column = [numbers.number(fmpq(1, divisor))] * self.slots
            left = numbers.matrix(len(below), self.slots, inputs)
            yield p, (left * numbers.matrix(self.slots, 1, column)).tolist()

    def units(self) -> list[tuple[Any, Any]]:
        """Return the divisors."""
        return [(divisor, 0) for divisor in self.divisors]
