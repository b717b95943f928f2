"""The instance: samples, layers and their sizes. Layer 0 is the input: one unit per neuron, the identity."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from flint import fmpq

from exactcnn.checker.activations import IDENTITY, Activation, read_activation
from exactcnn.checker.arrays import read_array
from exactcnn.checker.document import (
    FormatError,
    ObligationError,
    distinct,
    fields,
    integer,
    kind_of,
    limit,
    quote,
    sequence,
)

PADDING = -1
Number = TypeVar("Number")


@dataclass(frozen=True)
class Layer:
    """One layer; max-pooling has the identity as activation.

    Slot s of patch p reads neuron patches[p][s] of the layer below, or zero padding;
    weights[s * filters + t] is W[s, t]; biases has one entry per neuron h = p * filters + t, or one per filter.
    """

    kind: str
    below: int
    width: int
    patches: list[list[int]] = field(default_factory=list)
    filters: int = 1
    bias: str = "none"
    activation: Activation = IDENTITY
    weights: list[fmpq] | None = None
    biases: list[fmpq] | None = None

    @property
    def slots(self) -> int:
        """Patch size l."""
        return len(self.patches[0])


def entries_of(sample: list[Number], patch: list[int], zero: Number) -> tuple[Number, ...]:
    """Return what a patch reads of a sample; padding reads zero."""
    return tuple(zero if neuron == PADDING else sample[neuron] for neuron in patch)


@dataclass(frozen=True)
class Instance:
    """Samples (rows) and layers 0, 1, ...; `count` is N where it is known."""

    samples: list[list[fmpq]] | None
    count: int | None
    layers: list[Layer]

    def known_samples(self) -> list[list[fmpq]]:
        """Return the samples, or reject the claim that needs them."""
        if self.samples is None:
            raise ObligationError("the claim needs samples; the instance has none")
        return self.samples

    def known_count(self) -> int:
        """Return N, or reject the claim that needs it."""
        if self.count is None:
            raise ObligationError("the claim needs the number of samples; the instance does not state it")
        return self.count

    def layer(self, number: Any) -> Layer:
        """Return layer k >= 1."""
        return self.layers[integer(number, "layer", 1, len(self.layers))]

    def convolution(self, number: Any) -> Layer:
        """Return layer k >= 1, which must be a convolution."""
        layer = self.layer(number)
        if layer.kind != "convolution":
            raise FormatError(f"layer {number} is {layer.kind}; expected a convolution")
        return layer


def read_instance(value: Any, folder: Path) -> Instance:
    """Return the instance of a document whose files lie in this folder."""
    samples, count, input_width, layers = fields(value, "instance", "samples", "sample_count", "input_width", "layers")
    width = integer(input_width, "input_width", 1)
    if count is not None:
        integer(count, "sample_count", 1)
    rows = None
    if samples is not None:
        if count is None:
            raise FormatError("sample_count is null; expected the number of samples")
        entries = read_array(samples, "samples", folder, (count, width))
        rows = [entries[start : start + width] for start in range(0, len(entries), width)]
    result = [Layer("elementwise", width, width, activation=IDENTITY)]
    for k, layer in enumerate(sequence(layers, "layers"), start=1):
        result.append(_read_layer(layer, f"layer {k}", folder, width))
        width = result[-1].width
    return Instance(rows, count, result)


def _read_layer(value: Any, where: str, folder: Path, below: int) -> Layer:
    kind = kind_of(value, where)
    if kind == "elementwise":
        _, activation = fields(value, where, "kind", "activation")
        return Layer(kind, below, below, activation=read_activation(activation, where))
    if kind == "max-pooling":
        _, patches = fields(value, where, "kind", "patches")
        patches = _read_patches(patches, where, below)
        if any(max(patch) == PADDING for patch in patches):
            raise FormatError(f"{where}: a patch of max-pooling holds padding only")
        return Layer(kind, below, len(patches), patches)
    if kind != "convolution":
        raise FormatError(f"{where}: unknown kind {quote(kind)}")
    names = ("kind", "patches", "filters", "bias", "activation", "weights", "biases")
    _, patches, filters, bias, activation, weights, biases = fields(value, where, *names)
    patches = _read_patches(patches, where, below)
    filters = integer(filters, f"{where}: filters", 1)
    width = len(patches) * filters
    if bias not in ("neuron", "filter", "none"):
        raise FormatError(f"{where}: unknown bias {quote(bias)}")
    if bias == "none" and biases is not None:
        raise FormatError(f"{where}: biases are given, bias is 'none'")
    size = width if bias == "neuron" else filters
    return Layer(
        kind,
        below,
        width,
        patches,
        filters,
        bias,
        read_activation(activation, where),
        None if weights is None else read_array(weights, f"{where}: weights", folder, (len(patches[0]), filters)),
        None if biases is None else read_array(biases, f"{where}: biases", folder, (size,)),
    )


def _read_patches(value: Any, where: str, below: int) -> list[list[int]]:
    patches = sequence(value, f"{where}: patches")
    if not patches or not sequence(patches[0], f"{where}: patches"):
        raise FormatError(f"{where}: no patches, or an empty one")
    size = len(patches[0])
    limit(len(patches) * size, f"{where}: patches")
    for patch in patches:
        for neuron in sequence(patch, f"{where}: a patch", size):
            integer(neuron, f"{where}: a neuron of a patch", PADDING, below)
        distinct((neuron for neuron in patch if neuron != PADDING), f"{where}: a patch")
    return patches
