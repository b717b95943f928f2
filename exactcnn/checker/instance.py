"""The instance: samples, layers and their sizes. Layer 0 is the input: one unit per neuron, the identity."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from flint import fmpq

from exactcnn.checker.activations import IDENTITY, Activation, read_activation
from exactcnn.checker.arrays import read_array
from exactcnn.checker.budget import Budget
from exactcnn.checker.document import (
    Document,
    FormatError,
    ObligationError,
    distinct,
    fields,
    integer,
    kind_of,
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

    def known_weights(self) -> list[fmpq]:
        """Return the weights of a convolution, or reject the claim that needs them, and the biases."""
        if self.weights is None or (self.bias != "none" and self.biases is None):
            raise ObligationError("the claim needs weights and biases; the instance has none")
        return self.weights


def entries_of(sample: list[Number], patch: list[int], zero: Number) -> tuple[Number, ...]:
    """Return what a patch reads of a sample; padding reads zero."""
    return tuple(zero if neuron == PADDING else sample[neuron] for neuron in patch)


Parameters = tuple[list[fmpq] | None, list[fmpq] | None]  # weights and biases of a layer, as in `Layer`


@dataclass(frozen=True)
class Instance:
    """Samples and targets (rows), and layers 0, 1, ...; `count` is N where it is known.

    Each of the points is a further choice of parameters: one entry a layer, from layer 1 on. The budget is that of the
    whole check: whatever works on the instance takes it from there.
    """

    samples: list[list[fmpq]] | None
    count: int | None
    targets: list[list[fmpq]] | None
    layers: list[Layer]
    points: list[list[Parameters | None]]
    folder: Path
    budget: Budget

    def array(self, value: Any, where: str, shape: tuple[int | None, ...]) -> list[fmpq]:
        """Return an array of a claim; its file, if there is one, lies beside the certificate."""
        return read_array(value, where, self.folder, shape, self.budget)

    def text(self) -> str:
        """Return in one line what the instance is."""
        parts = [f"N = {'unknown' if self.count is None else quote(self.count)}"]
        parts.append(f"widths {', '.join(quote(layer.width) for layer in self.layers)}")
        named = ["maxima" if layer.kind == "max-pooling" else layer.activation.text for layer in self.layers[1:]]
        if named:
            parts.append(f"activations {', '.join(named)}")
        bare = [str(k) for k, layer in enumerate(self.layers) if layer.kind == "convolution" and layer.weights is None]
        if bare:
            parts.append(f"no weights of layer{'s' if len(bare) > 1 else ''} {', '.join(bare)}")
        if self.samples is None:
            parts.append("no samples")
        return ", ".join(parts)

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


def read_instance(document: Document, folder: Path, budget: Budget | None = None) -> Instance:
    """Return the instance of a document whose files lie in this folder."""
    budget = budget or Budget()
    names = ("samples", "sample_count", "targets", "input_width", "layers")
    samples, count, targets, input_width, layers = fields(document.instance, "instance", *names)
    width = integer(input_width, "input_width", 1)
    if count is not None:
        integer(count, "sample_count", 1)
    elif samples is not None or targets is not None:
        raise FormatError("sample_count is null; expected the number of samples")
    result = [Layer("elementwise", width, width, activation=IDENTITY)]
    rows = None if samples is None else _rows(read_array(samples, "samples", folder, (count, width), budget), count)
    aims = None if targets is None else _rows(read_array(targets, "targets", folder, (count, None), budget), count)
    for k, layer in enumerate(sequence(layers, "layers"), start=1):
        result.append(_read_layer(layer, f"layer {k}", folder, width, budget))
        width = result[-1].width
    points = []
    for i, point in enumerate(document.points):
        own = sequence(point, f"points[{i}]", len(result) - 1)
        places = [f"points[{i}], layer {k}" for k in range(1, len(result))]
        points.append([_read_point(*each, folder, budget) for each in zip(own, places, result[1:], strict=True)])
    return Instance(rows, count, aims, result, points, folder, budget)


def _rows(entries: list[fmpq], count: int) -> list[list[fmpq]]:
    width = len(entries) // count
    return [entries[start : start + width] for start in range(0, len(entries), width)]


def _read_point(value: Any, where: str, layer: Layer, folder: Path, budget: Budget) -> Parameters | None:
    if value is None:
        return None
    if layer.kind != "convolution":
        raise FormatError(f"{where}: parameters of {layer.kind}; expected null")
    weights, biases = fields(value, where, "weights", "biases")
    if weights is None:
        raise FormatError(f"{where}: weights is null; expected an array, or null for the whole layer")
    return _read_parameters(weights, biases, where, layer, folder, budget)


def _read_parameters(weights: Any, biases: Any, where: str, layer: Layer, folder: Path, budget: Budget) -> Parameters:
    if layer.bias == "none" and biases is not None:
        raise FormatError(f"{where}: biases are given, bias is 'none'")
    shapes = (layer.slots, layer.filters), (layer.width if layer.bias == "neuron" else layer.filters,)
    return (
        None if weights is None else read_array(weights, f"{where}: weights", folder, shapes[0], budget),
        None if biases is None else read_array(biases, f"{where}: biases", folder, shapes[1], budget),
    )


def _read_layer(value: Any, where: str, folder: Path, below: int, budget: Budget) -> Layer:
    kind = kind_of(value, where)
    if kind == "elementwise":
        _, activation = fields(value, where, "kind", "activation")
        return Layer(kind, below, below, activation=read_activation(activation, where, budget))
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
    activation = read_activation(activation, where, budget)
    layer = Layer(kind, below, width, patches, filters, bias, activation)
    weights, biases = _read_parameters(weights, biases, where, layer, folder, budget)
    return replace(layer, weights=weights, biases=biases)


def _read_patches(value: Any, where: str, below: int) -> list[list[int]]:
    patches = sequence(value, f"{where}: patches")
    if not patches or not sequence(patches[0], f"{where}: patches"):
        raise FormatError(f"{where}: no patches, or an empty one")
    size = len(patches[0])
    for patch in patches:
        for neuron in sequence(patch, f"{where}: a patch", size):
            integer(neuron, f"{where}: a neuron of a patch", PADDING, below)
        distinct((neuron for neuron in patch if neuron != PADDING), f"{where}: a patch")
    return patches
