"""Convolutions, fully connected layers among them: filters on patches, biases, and an activation."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from flint import fmpq, fmpz, fmpz_mat

from exactcnn.checker.activations import read_activation
from exactcnn.checker.arrays import read_array
from exactcnn.checker.budget import Budget
from exactcnn.checker.document import FormatError, fields, integer, quote
from exactcnn.checker.kinds.layer import Blocks, Columns, Layer, inputs_of, read_patches
from exactcnn.checker.numbers import RATIONALS, Numbers, Reduction, Table

LANES = {2: "H", 4: "I", 8: "Q"}  # bytes that the module struct reads at once
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

    def residues(self, below: Columns, reduction: Reduction) -> Iterator[Sequence[int]]:
        """Yield the pre-activations modulo a number, neuron by neuron, from residues of those below.

        One integer holds what a neuron is for all samples, in lanes of so many bytes that no sum of products overflows:
        (l + 1) (modulus - 1)^2 < 2^(8 bytes). So a neuron is a sum of l + 1 products of integers, with 1 for the bias.
        """
        modulus, filters, count = reduction.modulus, self.filters, len(below[0])
        size = lane_size(self.slots, modulus)
        lanes = [packed(column, size) for column in (*below, [1] * count, [0] * count)]  # padding is -1
        weights = list(map(reduction, self.known_weights()))
        biases, left = list(map(reduction, self.biases or [fmpq(0)] * filters)), None
        for p, patch in enumerate(self.patches):
            if left is None or self.bias == "neuron":
                first = p * filters if self.bias == "neuron" else 0
                own = [x for t in range(filters) for x in (*weights[t::filters], biases[first + t])]
                left = fmpz_mat(filters, self.slots + 1, own)
            inputs = fmpz_mat(self.slots + 1, 1, [lanes[n] for n in (*patch, -2)])
            for sums in (left * inputs).entries():
                yield [z % modulus for z in unpacked(sums, count, size)]


def lane_size(slots: int, modulus: int) -> int:
    """Return how many bytes a lane has."""
    most = (slots + 1) * (modulus - 1) ** 2
    return next((size for size in LANES if most < 2 ** (8 * size)), most.bit_length() // 8 + 1)


def packed(numbers: Sequence[int], size: int) -> fmpz:
    """Return one integer with these numbers in lanes of so many bytes, the first one lowest."""
    if size in LANES:
        return fmpz(int.from_bytes(struct.pack(f"<{len(numbers)}{LANES[size]}", *numbers), "little"))
    return fmpz(int.from_bytes(b"".join(number.to_bytes(size, "little") for number in numbers), "little"))


def unpacked(sums: fmpz, count: int, size: int) -> Sequence[int]:
    """Return the numbers in lanes of so many bytes."""
    data = int(sums).to_bytes(size * count, "little")
    if size in LANES:
        return struct.unpack(f"<{count}{LANES[size]}", data)
    return [int.from_bytes(data[start : start + size], "little") for start in range(0, len(data), size)]
