"""Paths: segments from point to point along which the loss does not rise, to a lower point at last.

Weights and biases move in straight lines. On a segment of one of three kinds the loss is monotone: see the functions.
"""

from __future__ import annotations

from typing import Any

from exactcnn.checker.activations import IDENTITY
from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.claims.losses import point_text
from exactcnn.checker.costs import spend_pre_activations
from exactcnn.checker.document import FormatError, require, sequence
from exactcnn.checker.document import fields as fields_of
from exactcnn.checker.features import exact_features, joined
from exactcnn.checker.instance import Instance
from exactcnn.checker.losses import exact_loss, exact_residual
from exactcnn.checker.points import at_point, coordinates, read_point, theta


def read_path(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim that the loss does not rise along a path of segments, and ends below its start."""
    _, points = fields_of(claim, "claim", "kind", "points")
    indices = [read_point(instance, point) for point in sequence(points, "points")]
    if len(indices) < 2:
        raise FormatError("points has fewer than 2 entries")

    def verify() -> None:
        start = exact_loss(at_point(instance, indices[0]))
        for number in range(len(indices) - 1):
            ends = [at_point(instance, index) for index in indices[number : number + 2]]
            require(_does_not_rise(*ends), f"segment {number} is of no kind on which the loss does not rise")
        require(
            exact_loss(at_point(instance, indices[-1])) < start, "the loss at the end is not below that of the start"
        )

    ends = point_text(indices[0]), point_text(indices[-1])
    return Read(f"a path of {len(indices) - 1} segments from {ends[0]} down to {ends[1]}", verify)


def _does_not_rise(start: Instance, end: Instance) -> bool:
    places = coordinates(start.layers)
    start.budget.spend(300 * places.count, "a segment")
    changed = [e for e, (x, y) in enumerate(zip(theta(start), theta(end), strict=True)) if x != y]
    if not changed:
        return True
    owners = [k for k, layer in enumerate(start.layers) if layer.kind == "convolution"]
    layers = {max(k for k in owners if places.weights[k] <= e) for e in changed}
    if len(layers) == 1:
        (k,) = layers
        if _compensated(start, end, k) or (k == len(start.layers) - 1 and _last_layer(start, end)):
            return True
    return _invisible(start, end)


def _compensated(start: Instance, end: Instance, k: int) -> bool:
    """Whether the pre-activations of the one layer that changes agree; they are affine in its parameters."""
    below = exact_features(start, k - 1, start.known_samples())
    tables = []
    for instance in (start, end):
        spend_pre_activations(instance.budget, instance.layers[k], below, f"pre-activations of layer {k}")
        tables.append(joined(instance.layers[k], below, lambda z: z))
    return tables[0] == tables[1]


def _last_layer(start: Instance, end: Instance) -> bool:
    """Whether the loss falls up to the end, in a last layer without activation: it is convex on the segment."""
    if not start.layers[-1].activation.same(IDENTITY):
        return False
    pairs = zip(exact_residual(start), exact_residual(end), strict=True)
    return bool(sum(b * (b - a) for row, other in pairs for a, b in zip(row, other, strict=True)) <= 0)


def _invisible(start: Instance, end: Instance) -> bool:
    """Whether all neurons that change are multiplied by 0.

    All weights above of a slot that reads one of them in any patch are 0 at both ends, and so in between: by induction
    on the layers no neuron but those changes its value.
    """
    for k, (old, new) in enumerate(zip(start.layers[1:], end.layers[1:], strict=True), start=1):
        if old.kind != "convolution":
            continue
        changed = _changed_neurons(old.known_weights(), new.known_weights(), old.biases, new.biases, old)
        if not changed:
            continue
        if k + 1 == len(start.layers) or start.layers[k + 1].kind != "convolution":
            return False
        above = start.layers[k + 1]
        start.budget.spend(200 * len(above.patches) * above.slots * above.filters, "slots that read a neuron")
        slots = {s for patch in above.patches for s, neuron in enumerate(patch) if neuron in changed}
        for instance in (start, end):
            weights = instance.layers[k + 1].known_weights()
            if any(weights[s * above.filters + t] != 0 for s in slots for t in range(above.filters)):
                return False
    return True


def _changed_neurons(old: Any, new: Any, biases: Any, other: Any, layer: Any) -> set[int]:
    """Return the neurons of which a weight or the bias changed."""
    filters = {index % layer.filters for index, (x, y) in enumerate(zip(old, new, strict=True)) if x != y}
    result = {p * layer.filters + t for p in range(len(layer.patches)) for t in filters}
    if layer.bias != "none":
        moved = {index for index, (x, y) in enumerate(zip(biases, other, strict=True)) if x != y}
        result |= {h for h in range(layer.width) if (h if layer.bias == "neuron" else h % layer.filters) in moved}
    return result
