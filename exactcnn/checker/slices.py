"""Slices: coordinates that may be frozen, because a retraction onto the rest leaves the loss as it is.

Let I be a set of coordinates, and p a continuous map of a neighbourhood of a point x to itself with p(x) = x, p(y)_I =
x_I and the loss of p(y) that of y. Then a local minimum of the loss on {y_I = x_I} at x is one on all of the
neighbourhood: the loss of y is that of p(y), at least that of x. All maps below are the identity on their slice and as
smooth as the loss. So where that is smooth x is critical as soon as it is on the slice, and the Hessian has the inertia
of its part on the slice and |I| zeros: H = Dp^T H_slice Dp, and Dp is onto the slice.

A step moves its frozen coordinates back to their values at x and compensates by others. Steps are composed in the order
given; none moves a coordinate that an earlier one froze. Frozen coordinates have the same values on all of a box, so
what is asked of these is decided in Q.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import fmpq

from exactcnn.checker.document import (
    FormatError,
    fields,
    indices,
    integer,
    kind_of,
    require,
    sequence,
    unknown,
)
from exactcnn.checker.inertia import read_matrix, read_vector
from exactcnn.checker.instance import PADDING, Instance, Layer
from exactcnn.checker.mixing import read_mixing
from exactcnn.checker.points import Coordinates, coordinates, read_by_slot
from exactcnn.checker.steps import Moved, Near, Step, require_combination, seen_rows

Slice = list[Step]


def read_slice(instance: Instance, value: Any) -> Slice:
    """Return the steps of a slice."""
    places = coordinates(instance.layers)
    steps = []
    for number, step in enumerate(sequence(value, "slice")):
        kind = kind_of(step, f"slice[{number}]")
        if kind not in STEPS:
            raise unknown("step", kind)
        steps.append(STEPS[kind](instance, places, step, f"slice[{number}]"))
    return steps


def free_coordinates(steps: Slice, near: Near) -> list[int]:
    """Return the coordinates that no step freezes, ascending, or reject the claim that needs the slice."""
    places = coordinates(near.instance.layers)
    near.instance.budget.spend(len(steps) * (10**4 + 200 * places.count), "a slice")
    frozen: set[int] = set()
    for number, step in enumerate(steps):
        moved = step(near)
        require(frozen.isdisjoint(moved.frozen), f"slice[{number}] freezes a coordinate that is frozen before")
        require(frozen.isdisjoint(moved.changed), f"slice[{number}] changes a coordinate that is frozen before")
        frozen |= moved.frozen
    free = [e for e in range(places.count) if e not in frozen]
    require(bool(free), "no coordinate is free")
    return free


# -------------------------------------------------------------------- inactive


def _read_inactive(_: Instance, places: Coordinates, value: Any, where: str) -> Step:
    """Coordinates on which no output depends.

    For every sample and patch, a weight is multiplied by padding, or by a neuron that is 0 whatever the parameters
    nearby, or its own neuron is constant nearby; a bias belongs to neurons that are. By induction on the layers, no
    feature changes when all of them do.
    """
    _, chosen = fields(value, where, "kind", "coordinates")
    chosen = indices(chosen, f"{where}: coordinates", places.count)

    def step(near: Near) -> Moved:
        wanted = set(chosen)
        for k, layer in enumerate(near.instance.layers):
            if layer.kind == "convolution":
                _require_inactive(near, places, k, layer, wanted, where)
        return Moved(wanted, set())

    return step


def _require_inactive(near: Near, places: Coordinates, k: int, layer: Layer, wanted: set[int], where: str) -> None:
    constants = near.pieces.constants
    count = len(constants[0])
    for h in range(layer.width):
        p, t = divmod(h, layer.filters)
        alive = [i for i in range(count) if constants[k][i][h] is None]
        near.instance.budget.spend(200 * count + 200 * layer.slots, "inactive coordinates")
        if not alive:
            continue
        require(places.bias(k, h) not in wanted, f"{where}: neuron {h} of layer {k} depends on its bias")
        for s, neuron in enumerate(layer.patches[p]):
            if neuron != PADDING and places.weight(k, s, t) in wanted:
                near.instance.budget.spend(200 * count, "inactive coordinates")
                silent = all(constants[k - 1][i][neuron] == 0 for i in alive)
                require(silent, f"{where}: neuron {h} of layer {k} depends on its weight of slot {s}")


# -------------------------------------------------------------------- scaling


def _hidden(instance: Instance, number: Any, where: str) -> tuple[int, Layer]:
    """Return a layer with another one above it; both are convolutions."""
    k = integer(number, f"{where}: layer", 1, len(instance.layers) - 1)
    for layer in instance.layers[k : k + 2]:
        if layer.kind != "convolution":
            raise FormatError(f"{where}: a layer is {layer.kind}; expected a convolution below a convolution")
    return k, instance.layers[k]


def _outgoing(near: Near, places: Coordinates, k: int, unit: int, where: str) -> set[int]:
    """Return the coordinates of all weights that read a filter of layer k; no slot of theirs reads another filter."""
    filters, above = near.instance.layers[k].filters, near.instance.layers[k + 1]
    result: set[int] = set()
    near.instance.budget.spend(100 * above.slots * len(above.patches), "slots that read a filter")
    for slot in range(above.slots):
        read = {neuron % filters for neuron in read_by_slot(above, slot)}
        if unit in read:
            require(read == {unit}, f"{where}: slot {slot} of layer {k + 1} reads another filter, too")
            result |= {places.weight(k + 1, slot, t) for t in range(above.filters)}
    return result


def _factor(near: Near, k: int, unit: int, where: str) -> fmpq:
    """Return c so that near the point every neuron of the filter multiplies by s when z + c is multiplied by s > 0.

    Either c = 0, and every piece met is a z (so is the piece across a kink, by continuity, or the kink is at 0); or one
    and the same line a (z + c), a != 0, is met by all its neurons on all samples.
    """
    lines = near.pieces.lines(k, unit)
    if all(own is not None and own[1] == 0 for own in lines):
        return fmpq(0)
    one = len(set(lines)) == 1 and lines[0] is not None and lines[0][0] != 0
    require(one, f"{where}: filter {unit} of layer {k} meets pieces that are no multiples of one line")
    assert lines[0] is not None
    return lines[0][1] / lines[0][0]


def _read_scaling(instance: Instance, places: Coordinates, value: Any, where: str) -> Step:
    """Incoming weights and biases times s, outgoing weights divided by s; s is the ratio of one incoming weight."""
    _, number, unit, e = fields(value, where, "kind", "layer", "unit", "coordinate")
    k, layer = _hidden(instance, number, where)
    integer(unit, f"{where}: unit", 0, layer.filters)
    integer(e, f"{where}: coordinate", 0, places.count)

    def step(near: Near) -> Moved:
        weights, biases = places.incoming(k, unit)
        offset = _factor(near, k, unit, where)
        require(offset == 0 or bool(biases), f"{where}: layer {k} has no biases")
        scaled = weights + biases if offset == 0 else weights  # with c, it is b + c that is multiplied
        require(e in scaled, f"{where}: coordinate {e} is not an incoming weight of filter {unit}")
        require(near.theta[e] != 0, f"{where}: coordinate {e} is 0")
        changed = {*weights, *biases, *_outgoing(near, places, k, unit, where)} - {e}
        return Moved({e}, changed)

    return step


# -------------------------------------------------------------------- shift


def _read_shift(instance: Instance, places: Coordinates, value: Any, where: str) -> Step:
    """The bias of a neuron that meets lines of one slope only; the biases above take it over."""
    _, number, h = fields(value, where, "kind", "layer", "neuron")
    k, layer = _hidden(instance, number, where)
    integer(h, f"{where}: neuron", 0, layer.width)

    def step(near: Near) -> Moved:
        own = places.own_bias(k, h)
        require(own is not None, f"{where}: neuron {h} of layer {k} has no bias of its own")
        assert own is not None
        lines = near.pieces.neuron_lines(k, h)
        slopes = {None if each is None else each[0] for each in lines}
        require(len(slopes) == 1 and None not in slopes, f"{where}: neuron {h} of layer {k} meets more than one slope")
        above = near.instance.layers[k + 1]
        patches = [p for p, patch in enumerate(above.patches) if h in patch]
        return Moved({own}, _biases_of(near, places, k + 1, patches, where))

    return step


def _biases_of(near: Near, places: Coordinates, k: int, patches: list[int], where: str) -> set[int]:
    """Return the biases of all neurons of some patches; each of these has one of its own."""
    layer = near.instance.layers[k]
    result: set[int] = set()
    for p in patches:
        for t in range(layer.filters):
            bias = places.own_bias(k, p * layer.filters + t)
            require(bias is not None, f"{where}: a neuron of layer {k} has no bias of its own")
            assert bias is not None
            result.add(bias)
    return result


# -------------------------------------------------------------------- unseen directions


def _read_unseen(instance: Instance, places: Coordinates, value: Any, where: str) -> Step:
    """Incoming coordinates of a filter of layer 1 that its pre-activations do not see.

    Z has a row for every sample and patch on which the filter is not constant nearby, and a column for each slot, then
    for each bias. The filter acts through Z times its coordinates w only. Where Z_F = Z_J M, the coordinates F are
    frozen and w_J + M (w_F - x_F) takes them over. If the filter may be scaled, too, with offset c, the effective
    coordinates w_J + M w_F + c q, Z_J q = 1, are multiplied by s, and s is the ratio of one of them, which is not 0:
    that coordinate is frozen, too.
    """
    names = ("kind", "unit", "kept", "combination", "scaled", "shift")
    _, unit, kept, combination, scaled, shift = fields(value, where, *names)
    layer = instance.convolution(1)
    integer(unit, f"{where}: unit", 0, layer.filters)
    weights, biases = places.incoming(1, unit)
    columns = weights + biases
    kept = indices(kept, f"{where}: kept", len(columns))
    others = [column for column in range(len(columns)) if column not in set(kept)]
    if not others:
        raise FormatError(f"{where}: kept are all columns")
    matrix = read_matrix(instance, combination, f"{where}: combination")
    if (matrix.rows, matrix.columns) != (len(kept), len(others)):
        raise FormatError(f"{where}: combination is no matrix of order {len(kept)} x {len(others)}")
    if scaled is not None:
        _hidden(instance, 1, where)
        if integer(scaled, f"{where}: scaled", 0, len(columns)) not in kept:
            raise FormatError(f"{where}: scaled is none of the columns that are kept")
    elif shift is not None:
        raise FormatError(f"{where}: shift is given, and nothing is scaled")
    shifts = None if shift is None else read_vector(instance, shift, f"{where}: shift")
    if shifts is not None and len(shifts) != len(kept):
        raise FormatError(f"{where}: shift has {len(shifts)} entries; expected {len(kept)}")

    def step(near: Near) -> Moved:
        rows = seen_rows(near, layer, unit, len(biases))
        require_combination(near, rows, kept, others, matrix, where)
        frozen = {columns[column] for column in others}
        changed = {columns[column] for column in kept}
        if scaled is not None:
            j = kept.index(scaled)
            offset = _factor(near, 1, unit, where)
            effective = near.theta[columns[scaled]] + sum(
                (c * near.theta[columns[f]] for c, f in zip(matrix.table()[j], others, strict=True)), fmpq(0)
            )
            if offset != 0:
                require(shifts is not None, f"{where}: shift is null, and the line does not pass through 0")
                assert shifts is not None
                for row in rows:
                    one = sum((row[column] * c for column, c in zip(kept, shifts, strict=True)), fmpq(0)) == 1
                    require(one, f"{where}: shift does not combine the columns to ones")
                effective += offset * shifts[j]
            require(effective != 0, f"{where}: the effective coordinate of column {scaled} is 0")
            changed |= _outgoing(near, places, 1, unit, where)
            frozen.add(columns[scaled])
            changed.remove(columns[scaled])
        return Moved(frozen, changed)

    return step


# -------------------------------------------------------------------- constant filters


def _read_constant(instance: Instance, places: Coordinates, value: Any, where: str) -> Step:
    """Outgoing weights of a filter whose columns are multiples of the vector of ones for all parameters nearby.

    Those are frozen whose slot reads such columns and padding only; the biases of the layer above take them over.
    """
    _, number, unit = fields(value, where, "kind", "layer", "unit")
    k, layer = _hidden(instance, number, where)
    integer(unit, f"{where}: unit", 0, layer.filters)

    def step(near: Near) -> Moved:
        above, level = near.instance.layers[k + 1], near.pieces.level[k]
        frozen: set[int] = set()
        patches: set[int] = set()
        for slot in range(above.slots):
            read = read_by_slot(above, slot)
            if any(j % layer.filters == unit for j in read) and all(level[j] for j in read):
                frozen |= {places.weight(k + 1, slot, t) for t in range(above.filters)}
                patches |= {p for p, patch in enumerate(above.patches) if patch[slot] != PADDING}
        require(bool(frozen), f"{where}: no slot of layer {k + 1} reads constant columns of filter {unit} only")
        return Moved(frozen, _biases_of(near, places, k + 1, sorted(patches), where))

    return step


STEPS: dict[str, Callable[[Instance, Coordinates, Any, str], Step]] = {
    "inactive": _read_inactive,
    "scaling": _read_scaling,
    "shift": _read_shift,
    "unseen": _read_unseen,
    "constant": _read_constant,
    "mixing": read_mixing,
}
