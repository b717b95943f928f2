"""Whether two certificates are about the same instance, by the numbers that were read and not by how they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from exactcnn.checker.budget import Budget
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.layer import Layer


def difference(instance: Instance, expected: Instance) -> str | None:
    """Return the first difference of two instances in words; None if there is none."""
    return next(_differences(instance, expected), None)


def _differences(instance: Instance, expected: Instance) -> Iterator[str]:
    yield from _unequal("sample_count", instance.count, expected.count)
    yield from _unequal("input_width", instance.layers[0].width, expected.layers[0].width)
    yield from _arrays("samples", instance.samples, expected.samples)
    yield from _arrays("targets", instance.targets, expected.targets)
    yield from _unequal("number of layers", len(instance.layers) - 1, len(expected.layers) - 1)
    for k, (own, other) in enumerate(zip(instance.layers[1:], expected.layers[1:], strict=True), start=1):
        yield from (f"layer {k}: {words}" for words in _layers(own, other, instance.budget))


def _layers(layer: Layer, expected: Layer, budget: Budget) -> Iterator[str]:
    yield from _unequal("kind", layer.kind, expected.kind)
    yield from _unequal("number of patches", len(layer.patches), len(expected.patches))
    for p, (patch, other) in enumerate(zip(layer.patches, expected.patches, strict=True)):
        yield from _unequal(f"size of patch {p}", len(patch), len(other))
        for s, pair in enumerate(zip(patch, other, strict=True)):
            yield from _unequal(f"patches[{p}, {s}]", *pair)
    yield from _unequal("filters", layer.filters, expected.filters)
    yield from _unequal("bias", layer.bias, expected.bias)
    budget.spend(layer.activation.comparison_cost(expected.activation), "a comparison of activations")
    if not layer.activation.same(expected.activation):
        yield f"activation is {layer.activation.text}, expected {expected.activation.text}"
    yield from _arrays("weights", _matrix(layer), _matrix(expected))
    yield from _arrays("biases", layer.biases, expected.biases)


def _matrix(layer: Layer) -> list[Any] | None:
    weights, width = layer.weights, layer.filters
    return None if weights is None else [weights[start : start + width] for start in range(0, len(weights), width)]


def _arrays(name: str, own: list[Any] | None, expected: list[Any] | None, place: str = "") -> Iterator[str]:
    if own is None or expected is None:
        if own is not expected:
            yield f"{name}: {'not given' if own is None else 'given'}, expected {'some' if own is None else 'none'}"
        return
    if own == expected:  # entry by entry only where there is something to find
        return
    yield from _unequal(f"length of {name}{place and f'[{place}]'}", len(own), len(expected))
    for i, (a, b) in enumerate(zip(own, expected, strict=True)):
        index = f"{place}, {i}" if place else str(i)
        yield from _arrays(name, a, b, index) if isinstance(a, list) else _unequal(f"{name}[{index}]", a, b)


def _unequal(what: str, own: Any, expected: Any) -> Iterator[str]:
    if own != expected:
        yield f"{what} is {_short(own)}, expected {_short(expected)}"


def _short(value: Any) -> str:
    if isinstance(value, int) and value.bit_length() > 200:  # Python refuses to print very long ones
        return "an integer of more than 60 digits"
    text = "unknown" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
