"""A step of a slice for several units at once: those with the same slope on every sample may be mixed.

Layer k has one patch, and layer k + 1 reads all of its neurons. Units t are on the line a_i z on sample i near the
point, a_i the same for all of them. What they add to the pre-activations above is a_i X_i (E V), X the inputs with a
column of ones for the bias, E the incoming columns of the units and V their outgoing rows: only E V is seen. In layer 1
the columns of X that others combine may be left out as in "unseen", E being effective then. If `absorbed`, all units
are on one line a z + c for all samples: the biases above take over what biases and c contribute, and E has no row for
the bias. With * for the point:

- minor: E' = E A, V' = A^-1 V with A = E[R]^-1 E*[R], R as many rows as there are units. E[R] is frozen.
- outgoing: V' = V*, E' = E* but for the columns of units Q, as many as V has columns, E'_Q = (E V - E*_rest V*_rest)
  V*[Q]^-1. All but the columns Q of E is frozen.
- incoming: E' = E*, V' = V* but for the rows of units Q, as many as E has rows, V'_Q = E*_Q^-1 (E V - E*_rest V*_rest).

Each has E' V' = E V, is continuous near the point, and the identity where nothing frozen has moved. What is to be
regular consists of frozen coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flint import fmpq, fmpq_mat

from exactcnn.checker.budget import fraction
from exactcnn.checker.document import FormatError, boolean, fields, indices, integer, quote, require
from exactcnn.checker.inertia import Matrix, read_matrix
from exactcnn.checker.instance import Instance
from exactcnn.checker.numbers import common_bits
from exactcnn.checker.points import Coordinates
from exactcnn.checker.steps import Moved, Near, Step, require_combination, seen_rows

KINDS = ("minor", "outgoing", "incoming")


@dataclass(frozen=True)
class Mixing:
    """A step that has been read: `columns` are the coordinates of each unit, `rows` the numbers of rows of E."""

    k: int
    units: list[int]
    kind: str
    pivots: list[int]
    absorbed: bool
    kept: list[int]
    others: list[int]
    matrix: Matrix | None
    columns: list[list[int]]
    rows: list[int]


def read_mixing(instance: Instance, places: Coordinates, value: Any, where: str) -> Step:
    """Return the step; see the module."""
    names = ("kind", "layer", "units", "frozen", "pivots", "absorbed", "kept", "combination")
    _, number, units, kind, pivots, absorbed, kept, combination = fields(value, where, *names)
    k = integer(number, f"{where}: layer", 1, len(instance.layers) - 1)
    layer, above = instance.layers[k : k + 2]
    single = all(each.kind == "convolution" and len(each.patches) == 1 for each in (layer, above))
    if not single or above.patches[0] != list(range(layer.width)):
        raise FormatError(f"{where}: layers {k} and {k + 1} are not fully connected")
    chosen = indices(units, f"{where}: units", layer.filters)
    if len(chosen) < 2 or chosen != sorted(chosen):
        raise FormatError(f"{where}: units are fewer than 2, or not ascending")
    if type(kind) is not str or kind not in KINDS:
        raise FormatError(f"{where}: frozen is {quote(kind)}; expected minor, outgoing or incoming")
    with_bias = layer.bias != "none"
    if boolean(absorbed, f"{where}: absorbed") and not (with_bias and above.bias != "none"):
        raise FormatError(f"{where}: absorbed is true; layers {k} and {k + 1} do not both have biases")
    width = layer.slots + with_bias
    if (kept is None) != (combination is None) or (kept is not None and k != 1):
        raise FormatError(f"{where}: expected kept and combination both, and in layer 1 only")
    stay = list(range(width)) if kept is None else indices(kept, f"{where}: kept", width)
    others = [column for column in range(width) if column not in set(stay)]
    matrix = None if combination is None else read_matrix(instance, combination, f"{where}: combination")
    if matrix is not None and (not others or (matrix.rows, matrix.columns) != (len(stay), len(others))):
        raise FormatError(f"{where}: combination is no matrix of order {len(stay)} x {len(others)}")
    if absorbed and layer.slots not in stay:
        raise FormatError(f"{where}: the bias is none of the columns that are kept")
    rows = [column for column in stay if not (absorbed and column == layer.slots)]
    own = indices(pivots, f"{where}: pivots", width if kind == "minor" else layer.filters)
    size = {"minor": len(chosen), "outgoing": above.filters, "incoming": len(rows)}[kind]
    if len(own) != size or not set(own) <= set(rows if kind == "minor" else chosen):
        raise FormatError(f"{where}: pivots are not {size} of the {'rows' if kind == 'minor' else 'units'}")
    columns = [[place for part in places.incoming(k, t) for place in part] for t in chosen]
    mixing = Mixing(k, chosen, kind, own, absorbed, stay, others, matrix, columns, rows)
    return lambda near: _step(mixing, near, places, where)


def _step(mixing: Mixing, near: Near, places: Coordinates, where: str) -> Moved:
    _require_lines(mixing, near, where)
    if mixing.matrix is not None:
        for t in mixing.units:
            seen = seen_rows(near, near.instance.layers[1], t, len(places.incoming(1, t)[1]))
            require_combination(near, seen, mixing.kept, mixing.others, mixing.matrix, where)
    above = near.instance.layers[mixing.k + 1]
    outgoing = [[places.weight(mixing.k + 1, t, f) for f in range(above.filters)] for t in mixing.units]
    _require_regular(mixing, near, outgoing, where)
    pairs = list(zip(mixing.units, mixing.columns, outgoing, strict=True))
    frozen = {own[column] for _, own, _ in pairs for column in mixing.others}
    for t, own, weights in pairs:
        if mixing.kind == "minor":
            frozen |= {own[row] for row in mixing.pivots}
        if mixing.kind == "incoming" or (mixing.kind == "outgoing" and t not in mixing.pivots):
            frozen |= {own[row] for row in mixing.rows}
        if mixing.kind == "outgoing" or (mixing.kind == "incoming" and t not in mixing.pivots):
            frozen |= set(weights)
    changed = {own[column] for _, own, _ in pairs for column in mixing.kept} | {e for line in outgoing for e in line}
    if mixing.absorbed:
        biases = (places.own_bias(mixing.k + 1, f) for f in range(above.filters))
        changed |= {bias for bias in biases if bias is not None}
    return Moved(frozen, changed - frozen)


def _require_lines(mixing: Mixing, near: Near, where: str) -> None:
    """Reject the claim unless the units are on lines of the same slopes, through 0, or all on one line."""
    for met in near.pieces.numbers[mixing.k]:
        require(all(len(met[t]) == 1 for t in mixing.units), f"{where}: a unit is at a kink")
    table = [near.pieces.lines_of_sample(mixing.k, i, mixing.units) for i in range(len(near.pieces.numbers[mixing.k]))]
    require(all(own is not None for row in table for own in row), f"{where}: a unit meets a piece that is no line")
    if mixing.absorbed:
        require(len({own for row in table for own in row}) == 1, f"{where}: the units are not all on one line")
        return
    for i, row in enumerate(table):
        same = len(set(row)) == 1 and row[0] is not None and row[0][1] == 0
        require(same, f"{where}: the units are not on one line through 0 on sample {i}")


def _require_regular(mixing: Mixing, near: Near, outgoing: list[list[int]], where: str) -> None:
    """Reject the claim unless the matrix that is to be inverted at the point is regular."""
    theta, size = near.theta, len(mixing.pivots)
    if mixing.kind == "outgoing":
        table = [[theta[e] for e in outgoing[mixing.units.index(t)]] for t in mixing.pivots]
    else:
        rows = mixing.pivots if mixing.kind == "minor" else mixing.rows
        units = mixing.units if mixing.kind == "minor" else mixing.pivots
        own = [mixing.columns[mixing.units.index(t)] for t in units]
        table = [[_effective(mixing, theta, columns, row) for columns in own] for row in rows]
    bits = size * common_bits(x for row in table for x in row)
    near.instance.budget.spend(size**3 * fraction(bits), "a determinant")
    regular = fmpq_mat(size, size, [x for row in table for x in row]).det() != 0
    require(regular, f"{where}: the determinant of the pivots is 0")


def _effective(mixing: Mixing, theta: list[fmpq], columns: list[int], row: int) -> fmpq:
    """Return the effective coordinate of a row: w_j + sum M_jf w_f."""
    value = theta[columns[row]]
    if mixing.matrix is None:
        return value
    own = mixing.matrix.table()[mixing.kept.index(row)]
    return value + sum((c * theta[columns[f]] for c, f in zip(own, mixing.others, strict=True)), fmpq(0))
