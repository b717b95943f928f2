"""Convolutions, fully connected layers among them: filters on patches, biases, and an activation."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from flint import fmpq, fmpz_mat

from exactcnn.checker.activations import read_activation
from exactcnn.checker.arrays import read_array
from exactcnn.checker.budget import Budget
from exactcnn.checker.document import FormatError, fields, integer, quote
from exactcnn.checker.kinds.layer import Blocks, Layer, inputs_of, read_patches
from exactcnn.checker.numbers import RATIONALS, Numbers, Reduction, Table

Parameters = tuple[list[fmpq] | None, list[fmpq] | None]  # weights and biases of a layer, as in `Layer`


class Convolution(Layer):
    """T units for each patch; the only kind with parameters."""

    kind: ClassVar = "convolution"
    linear: ClassVar = True
    has_activation: ClassVar = True

    @classmethod
    def read(cls, value: Any, where: str, folder: Path, below: int, budget: Budget) -> Convolution:
        """Return a layer from its document."""
        names = ("kind", "patches", "filters", "bias", "activation", "weights", "biases")
        _, patches, filters, bias, activation, weights, biases = fields(value, where, *names)
        patches = read_patches(patches, where, below)
        filters = integer(filters, f"{where}: filters", 1)
        width = len(patches) * filters
        if bias not in ("neuron", "filter", "none"):
            raise FormatError(f"{where}: unknown bias {quote(bias)}")
        activation = read_activation(activation, where, budget)
        layer = cls(below, width, patches, filters, bias, activation)
        weights, biases = layer.read_parameters(weights, biases, where, folder, budget)
        return replace(layer, weights=weights, biases=biases)

    def read_parameters(self, weights: Any, biases: Any, where: str, folder: Path, budget: Budget) -> Parameters:
        """Return arrays of the shapes that the layer has."""
        if self.bias == "none" and biases is not None:
            raise FormatError(f"{where}: biases are given, bias is 'none'")
        shapes = (self.slots, self.filters), (self.width if self.bias == "neuron" else self.filters,)
        return (
            None if weights is None else read_array(weights, f"{where}: weights", folder, shapes[0], budget),
            None if biases is None else read_array(biases, f"{where}: biases", folder, shapes[1], budget),
        )

    def pre_activations(self, below: Table, numbers: Numbers = RATIONALS) -> Blocks:
        """Yield one product a patch, for W and b: a further slot, which reads 1, has the biases as its weights."""
        weights = list(map(numbers.number, self.known_weights()))
        biases = list(map(numbers.number, self.biases or [fmpq(0)] * self.filters))
        inputs, right = inputs_of(below, numbers), None
        for p, patch in enumerate(self.patches):
            if right is None or self.bias == "neuron":
                first = p * self.filters if self.bias == "neuron" else 0
                own = weights + biases[first : first + self.filters]
                right = numbers.matrix(self.slots + 1, self.filters, own)
            yield p * self.filters, (inputs(patch) * right).tolist()

    def units(self) -> list[tuple[Any, Any]]:
        """Return the number of the first filter with the same weights, or 0 for weights 0; and the bias."""
        weights, columns = self.known_weights(), {(fmpq(0),) * self.slots: 0}
        names = [columns.setdefault(tuple(weights[t :: self.filters]), t + 1) for t in range(self.filters)]
        biases = self.biases or [fmpq(0)] * self.filters
        return [(names[h % self.filters], biases[h % len(biases)]) for h in range(self.width)]

    def residues(self, below: Table, reduction: Reduction) -> Blocks:
        """Yield the pre-activations modulo a prime, from residues.

        One integer holds the weights of a slot to all filters, in lanes of 64 * words bits. So a sample times the slots
        of a patch is one sum of products, and none of its lanes overflows: (l + 1) modulus^2 < 2^(64 * words).
        """
        modulus = reduction.prime
        filters, words = self.filters, (2 * modulus.bit_length() + self.slots.bit_length()) // 64 + 1
        weights = list(map(reduction, self.known_weights()))
        biases = list(map(reduction, self.biases or [fmpq(0)] * filters))
        lanes = [_packed(weights[s * filters : (s + 1) * filters], words) for s in range(self.slots)]
        inputs = inputs_of(below, Numbers(fmpz_mat, reduction))
        for p, patch in enumerate(self.patches):
            first = p * filters if self.bias == "neuron" else 0
            right = fmpz_mat(self.slots + 1, 1, [*lanes, _packed(biases[first : first + filters], words)])
            sums = (inputs(patch) * right).entries()
            yield p * filters, ([z % modulus for z in _lanes(int(row), filters, words)] for row in sums)


def _packed(numbers: list[int], words: int) -> int:
    return int.from_bytes(b"".join(number.to_bytes(8 * words, "little") for number in numbers), "little")


def _lanes(sums: int, count: int, words: int) -> list[int]:
    data = sums.to_bytes(8 * words * count, "little")
    if words == 1:
        return list(struct.unpack(f"<{count}Q", data))
    return [int.from_bytes(data[start : start + 8 * words], "little") for start in range(0, len(data), 8 * words)]
