"""Elementwise layers: an activation of every entry. Layer 0, the input, is one with the identity."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from exactcnn.checker.activations import read_activation
from exactcnn.checker.budget import Budget
from exactcnn.checker.document import fields
from exactcnn.checker.kinds.layer import Blocks, Layer
from exactcnn.checker.numbers import RATIONALS, Numbers, Table


class Elementwise(Layer):
    """One unit for each neuron below, without patches."""

    kind: ClassVar = "elementwise"
    linear: ClassVar = True
    has_activation: ClassVar = True

    @classmethod
    def read(cls, value: Any, where: str, folder: Path, below: int, budget: Budget) -> Elementwise:
        """Return a layer from its document."""
        _, activation = fields(value, where, "kind", "activation")
        return cls(below, below, activation=read_activation(activation, where, budget))

    def pre_activations(self, below: Table, numbers: Numbers = RATIONALS) -> Blocks:
        """Yield what is below."""
        yield 0, below
