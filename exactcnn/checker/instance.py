"""The instance: samples, layers and their sizes. Layer 0 is the input: one unit per neuron, the identity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from flint import fmpq

from exactcnn.checker.arrays import read_array
from exactcnn.checker.budget import Budget
from exactcnn.checker.document import (
    Document,
    FormatError,
    ObligationError,
    fields,
    integer,
    kind_of,
    quote,
    sequence,
)
from exactcnn.checker.kinds.average_pooling import AveragePooling
from exactcnn.checker.kinds.convolution import Convolution, Parameters
from exactcnn.checker.kinds.elementwise import Elementwise
from exactcnn.checker.kinds.layer import Layer
from exactcnn.checker.kinds.max_pooling import MaxPooling

KINDS: dict[str, type[Layer]] = {each.kind: each for each in (Convolution, MaxPooling, AveragePooling, Elementwise)}


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

    @cached_property
    def known(self) -> dict[int, Any]:
        """F_k of all samples, by k, as far as it was computed and is kept."""
        return {}

    def array(self, value: Any, where: str, shape: tuple[int | None, ...]) -> list[fmpq]:
        """Return an array of a claim; its file, if there is one, lies beside the certificate."""
        return read_array(value, where, self.folder, shape, self.budget)

    def text(self) -> str:
        """Return in one line what the instance is."""
        parts = [f"N = {'unknown' if self.count is None else quote(self.count)}"]
        parts.append(f"widths {', '.join(quote(layer.width) for layer in self.layers)}")
        named = [layer.text for layer in self.layers[1:]]
        if named:
            parts.append(f"activations {', '.join(named)}")
        bare = [str(k) for k, each in enumerate(self.layers) if isinstance(each, Convolution) and each.weights is None]
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

    def convolution(self, number: Any) -> Convolution:
        """Return layer k >= 1, which must be a convolution."""
        layer = self.layer(number)
        if not isinstance(layer, Convolution):
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
    result: list[Layer] = [Elementwise(width, width)]
    rows = None if samples is None else _rows(read_array(samples, "samples", folder, (count, width), budget), count)
    aims = None if targets is None else _rows(read_array(targets, "targets", folder, (count, None), budget), count)
    for k, layer in enumerate(sequence(layers, "layers"), start=1):
        result.append(_read_layer(layer, f"layer {k}", folder, width, budget))
        width = result[-1].width
    points: list[list[Parameters | None]] = []
    for i, point in enumerate(document.points):
        places = [f"points[{i}], layer {k}" for k in range(1, len(result))]
        read: list[Parameters | None] = []
        for k, own in enumerate(sequence(point, f"points[{i}]", len(result) - 1)):
            if type(own) is int:  # the number of an earlier point
                read.append(_earlier(own, places[k], result[k + 1], points, k))
            else:
                read.append(_read_point(own, places[k], result[k + 1], folder, budget))
        points.append(read)
    return Instance(rows, count, aims, result, points, folder, budget)


def _rows(entries: list[fmpq], count: int) -> list[list[fmpq]]:
    width = len(entries) // count
    return [entries[start : start + width] for start in range(0, len(entries), width)]


def _read_point(value: Any, where: str, layer: Layer, folder: Path, budget: Budget) -> Parameters | None:
    if value is None:
        return None
    if not isinstance(layer, Convolution):
        raise FormatError(f"{where}: parameters of {layer.kind}; expected null")
    weights, biases = fields(value, where, "weights", "biases")
    if weights is None:
        raise FormatError(f"{where}: weights is null; expected an array, or null for the whole layer")
    return layer.read_parameters(weights, biases, where, folder, budget)


def _earlier(number: int, where: str, layer: Layer, points: list[list[Parameters | None]], k: int) -> Parameters:
    """Return the parameters that a layer has in the instance, for -1, or at one of the points before."""
    integer(number, where, -1, len(points))
    own = (layer.weights, layer.biases) if isinstance(layer, Convolution) else None
    given = points[number][k] if number >= 0 else own
    if given is None or given[0] is None:
        raise FormatError(f"{where}: there are no weights where {number} points to")
    return given


def _read_layer(value: Any, where: str, folder: Path, below: int, budget: Budget) -> Layer:
    kind = kind_of(value, where)
    if kind not in KINDS:
        raise FormatError(f"{where}: unknown kind {quote(kind)}")
    return KINDS[kind].read(value, where, folder, below, budget)
