"""Paths: segments from point to point along which the loss does not rise, or is convex, to a lower point at last.

Weights and biases move in straight lines. On a segment either the outputs stay as they are, or only the last layer
changes, and the outputs move on a straight line: see the functions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from flint import fmpq, fmpz_mat

from exactcnn.checker.activations import IDENTITY
from exactcnn.checker.budget import NUMBER, fraction, unbalanced
from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.claims.losses import point_text, short
from exactcnn.checker.costs import product_cost, spend_integers
from exactcnn.checker.document import FormatError, rational, require, sequence
from exactcnn.checker.document import fields as fields_of
from exactcnn.checker.features import integer_features, joined
from exactcnn.checker.instance import Instance
from exactcnn.checker.integers import integers
from exactcnn.checker.kinds.layer import PADDING, Layer
from exactcnn.checker.losses import exact_loss, exact_residual
from exactcnn.checker.numbers import Numbers, common_bits
from exactcnn.checker.points import at_point, coordinates, read_point, theta

Moved = list[tuple[int, Layer, set[int]]]  # layer number, the layer with its changes as parameters, live neurons


def read_path(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim that the loss does not rise along a path of segments, and ends below its start."""
    _, points = fields_of(claim, "claim", "kind", "points")
    indices = _indices(instance, points)

    def verify() -> None:
        _never_rises(instance, indices)

    return Read(f"a path of {len(indices) - 1} segments {_ends(indices)}", verify)


def read_bounded_path(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim of a path, and that the weights into each unit and its bias have a small l1 norm all along it.

    Norms are convex, and weights and biases move in straight lines: it is enough to look at the points.
    """
    _, points, norms = fields_of(claim, "claim", "kind", "points", "norms")
    indices = _indices(instance, points)
    stated = sequence(norms, "norms", len(instance.layers) - 1)
    bounds = [None if bound is None else rational(bound, "norms") for bound in stated]
    if any(
        bound is not None
        for bound, layer in zip(bounds, instance.layers[1:], strict=True)
        if layer.kind != "convolution"
    ):
        raise FormatError("norms has a bound for a layer without weights; expected null")

    def verify() -> None:
        for index in indices:
            _within(at_point(instance, index), bounds, point_text(index))
        _never_rises(instance, indices)

    words = ", ".join(f"{short(bound)} in layer {k}" for k, bound in enumerate(bounds, start=1) if bound is not None)
    return Read(
        f"a path of {len(indices) - 1} segments {_ends(indices)}, with rows of l1 norms at most {words}", verify
    )


def read_convex_path(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim that the loss is constant or convex on each segment, and nowhere above that of the start."""
    _, points = fields_of(claim, "claim", "kind", "points")
    indices = _indices(instance, points)

    def verify() -> None:
        start = exact_loss(at_point(instance, indices[0]))
        for number, (here, there) in enumerate(_segments(instance, indices)):
            if _outputs_stay(here, there):
                continue
            require(_last_layer(here, there), f"segment {number} is of no kind on which the loss is convex")
            require(exact_loss(there) <= start, f"segment {number} ends above the loss of the start")
        _ends_below(instance, indices)

    return Read(
        f"a path of {len(indices) - 1} segments, convex on each and never above its start, {_ends(indices)}", verify
    )


def _never_rises(instance: Instance, indices: list[int]) -> None:
    for number, (here, there) in enumerate(_segments(instance, indices)):
        fine = _outputs_stay(here, there) or (_last_layer(here, there) and _falls(here, there))
        require(fine, f"segment {number} is of no kind on which the loss does not rise")
    _ends_below(instance, indices)


def _within(instance: Instance, bounds: list[fmpq | None], where: str) -> None:
    """Reject a point where a unit has weights and biases of a larger l1 norm than its layer allows."""
    for k, (layer, bound) in enumerate(zip(instance.layers[1:], bounds, strict=True), start=1):
        if bound is None:
            continue
        filters, weights, biases = layer.filters, layer.known_weights(), layer.biases or []
        bits = common_bits([bound]) + common_bits([*weights, *biases])
        instance.budget.spend((len(weights) + len(biases)) * fraction(bits), f"norms of layer {k}")
        for unit in range(filters):
            norm = sum(map(abs, weights[unit::filters]), fmpq(0))
            norm += max(map(abs, biases[unit::filters]), default=fmpq(0))  # of one neuron, where they have their own
            require(norm <= bound, f"{where}: unit {unit} of layer {k} has the l1 norm {short(norm)}")


def _indices(instance: Instance, points: Any) -> list[int]:
    indices = [read_point(instance, point) for point in sequence(points, "points")]
    if len(indices) < 2:
        raise FormatError("points has fewer than 2 entries")
    return indices


def _ends(indices: list[int]) -> str:
    return f"from {point_text(indices[0])} down to {point_text(indices[-1])}"


def _segments(instance: Instance, indices: list[int]) -> Iterator[tuple[Instance, Instance]]:
    yield from pairwise(at_point(instance, index) for index in indices)


def _ends_below(instance: Instance, indices: list[int]) -> None:
    start, end = (exact_loss(at_point(instance, index)) for index in (indices[0], indices[-1]))
    require(end < start, "the loss at the end is not below that of the start")


def _last_layer(start: Instance, end: Instance) -> bool:
    """Whether only the last layer changes, which has no activation: the loss is convex on the segment."""
    places = coordinates(start.layers)
    start.budget.spend(300 * places.count, "a segment")
    below = places.weights[len(start.layers) - 1]
    return start.layers[-1].activation.same(IDENTITY) and theta(start)[:below] == theta(end)[:below]


def _falls(start: Instance, end: Instance) -> bool:
    """Whether the slope of the loss at the end of such a segment is at most 0; so it is before, by convexity."""
    before, after = ([x for row in exact_residual(each) for x in row] for each in (start, end))
    cost = len(after) * fraction(common_bits(before) + 2 * common_bits(after))
    start.budget.spend(2 * cost, "a slope")
    return bool(sum(b * (b - a) for a, b in zip(before, after, strict=True)) <= 0)


def _outputs_stay(start: Instance, end: Instance) -> bool:
    """Whether no output changes on the segment.

    All outputs are live, and every neuron below that a live one reads with a weight that is not 0 at both ends. So no
    live neuron reads another one anywhere on the segment. Suppose that the live features below a layer keep the values
    they have at the start. Then its live pre-activations are affine in t, and they are constant if the changes of its
    parameters add 0 to each on these features.
    """
    moved = _moved(start, end)
    for k, change, live in moved:
        below = integer_features(start, k - 1)
        bits, own = below.bits, change.coefficient_bits
        start.budget.hold(len(below.rows) * change.filters * (NUMBER + bits + own), f"changes of layer {k}")
        entry = 200 + (bits + own) // 64
        cost = product_cost(change, len(below.rows), entry, unbalanced(bits, own), entry)
        start.budget.spend(cost, f"changes of layer {k}")
        numbers = Numbers(fmpz_mat, lambda x: x.p, below.denominators.__getitem__)
        for row in joined(change, below.rows, lambda z: z, numbers):
            if any(row[neuron] != 0 for neuron in live):
                return False
    return True


def _moved(start: Instance, end: Instance) -> Moved:
    """Return the layers of which live neurons may change, from below."""
    moved: Moved = []
    live = set(range(start.layers[-1].width))
    for k in range(len(start.layers) - 1, 0, -1):
        old, new = start.layers[k], end.layers[k]
        if old.kind != "convolution":
            start.budget.spend(50 * old.below, f"what layer {k} reads")
            live = set(range(old.below))  # more than it reads, perhaps
            continue
        filters, slots = old.filters, range(old.slots)
        start.budget.spend((500 * filters + 200 * len(live)) * len(slots), f"what layer {k} reads")
        before, after = old.known_weights(), new.known_weights()
        units = {neuron % filters for neuron in live}
        places = [s * filters + t for s in slots for t in sorted(units)]
        reading = {t: [s for s in slots if before[s * filters + t] != 0 or after[s * filters + t] != 0] for t in units}
        biases = list(zip(old.biases or [], new.biases or [], strict=True))
        if any(before[e] != after[e] for e in places) or any(x != y for x, y in biases):
            change = _change(start, old, new, places)
            moved.append((k, change, live))
        live = {old.patches[h // filters][s] for h in live for s in reading[h % filters]} - {PADDING}
    return moved[::-1]


def _change(start: Instance, old: Layer, new: Layer, places: list[int]) -> Layer:
    """Return the layer whose parameters are the changes; for weights elsewhere than in these places 0.

    All that a unit has is multiplied by one positive number, so that it is integers: what matters are zeros.
    """
    before, after = old.known_weights(), new.known_weights()
    weights = [fmpq(0)] * len(before)
    pairs = [(after[e], before[e]) for e in places]
    pairs += zip(new.biases or [], old.biases or [], strict=True)
    start.budget.spend(sum(fraction(_bits(x) + _bits(y)) for x, y in pairs), "the changes of a layer")
    for e in places:
        weights[e] = after[e] - before[e]
    biases = None if old.biases is None else [y - x for x, y in zip(old.biases, new.biases or [], strict=True)]
    rows = [[*weights[t :: old.filters], *(biases or [])[t :: old.filters]] for t in range(old.filters)]
    spend_integers(start.budget, rows, "the changes of a layer")
    for t, row in enumerate(integers(rows).rows):
        weights[t :: old.filters] = map(fmpq, row[: old.slots])
        if biases is not None:
            biases[t :: old.filters] = map(fmpq, row[old.slots :])
    return replace(old, weights=weights, biases=biases)


def _bits(number: fmpq) -> int:
    return int(number.p).bit_length() + int(number.q).bit_length()
