"""Steps of a slice that mix several units of a fully connected layer.

Let all of some units meet the same line a_i z on each sample i. With E their incoming columns and V their outgoing
rows, the layer above depends on the product E V only. Three maps leave it as it is and bring coordinates back to their
values E*, V* at the point; each is the identity where these have them, and continuous nearby:
minor: E A, A^-1 V with A = E[R]^-1 E*[R], for rows R, as many as units, with E*[R] regular;
outgoing: V*, and E* but for the columns Q, which become (E V - E*_rest V*_rest) V*[Q]^-1, V*[Q] regular;
incoming: E*, and V* but for the rows Q, which become E*_Q^-1 (E V - E*_rest V*_rest), E*_Q regular.
If all is one line a z + c, biases and c contribute multiples of ones, which the biases above can take over: then E is
without its biases, and these are not moved. In layer 1 units act through Z E; Z_F = Z_J M puts E_J + M E_F for E and
brings E_F back, too. What is asked to be regular consists of frozen coordinates.
"""

from __future__ import annotations

from typing import Any

from flint import fmpq, fmpq_mat

from exactcnn.checker.budget import fraction
from exactcnn.checker.costs import common_bits
from exactcnn.checker.document import FormatError, boolean, fields, indices, require, unknown
from exactcnn.checker.inertia import Matrix, read_matrix
from exactcnn.checker.instance import Instance, Layer
from exactcnn.checker.points import Coordinates
from exactcnn.checker.steps import Moved, Near, Step, hidden, require_combination, seen


def read_mixing(instance: Instance, places: Coordinates, value: Any, where: str) -> Step:
    """Return a step that mixes units."""
    names = ("kind", "layer", "units", "frozen", "pivots", "absorbed", "kept", "combination")
    _, number, units, mode, pivots, absorbed, kept, combination = fields(value, where, *names)
    k, layer = hidden(instance, number, where)
    above = instance.layers[k + 1]
    single = len(layer.patches) == 1 and above.patches == [list(range(layer.width))]
    require(single, f"{where}: layers {k} and {k + 1} are not fully connected")
    units = indices(units, f"{where}: units", layer.filters)
    if len(units) < 2:
        raise FormatError(f"{where}: units has {len(units)} entries; expected at least 2")
    if mode not in ("minor", "outgoing", "incoming"):
        raise unknown("frozen", mode)
    own = [[e for part in places.incoming(k, t) for e in part] for t in units]
    width = len(own[0])
    absorbed = boolean(absorbed, f"{where}: absorbed")
    if (kept is None) != (combination is None):
        raise FormatError(f"{where}: one of kept and combination is null; expected both, or none")
    if kept is not None and k != 1:
        raise FormatError(f"{where}: kept is given in layer {k}; expected null above layer 1")
    columns = list(range(width)) if kept is None else indices(kept, f"{where}: kept", width)
    others = [column for column in range(width) if column not in set(columns)]
    matrix = None if combination is None else read_matrix(instance, combination, f"{where}: combination")
    if matrix is not None and (matrix.rows, matrix.columns) != (len(columns), len(others)):
        raise FormatError(f"{where}: combination is no matrix of order {len(columns)} x {len(others)}")
    pivots = indices(pivots, f"{where}: pivots", width if mode == "minor" else layer.filters)
    rows = [column for column in columns if not (absorbed and column == layer.slots)]
    allowed = rows if mode == "minor" else units
    if not set(pivots) <= set(allowed):
        raise FormatError(f"{where}: a pivot is none of the {'rows' if mode == 'minor' else 'units'} that are mixed")

    def step(near: Near) -> Moved:
        if absorbed:
            _require_one_line(near, k, units, where)
            require(layer.bias != "none", f"{where}: layer {k} has no biases")
            require(above.bias != "none", f"{where}: layer {k + 1} has no biases")
            require(layer.slots in columns, f"{where}: the bias is none of the columns that are kept")
        else:
            _require_same_slopes(near, k, units, where)
        if matrix is not None:
            for t in units:
                z = seen(near, layer, t, width - layer.slots)
                require_combination(near, z, columns, others, matrix, where)
        outgoing = [[places.weight(k + 1, t, c) for c in range(above.filters)] for t in units]
        chosen = set(pivots)
        rest = [i for i, t in enumerate(units) if t not in chosen]
        frozen = {line[column] for line in own for column in others}
        if mode == "minor":
            square = [_effective(near, own, column, columns, others, matrix) for column in pivots]
            frozen |= {line[column] for line in own for column in pivots}
        elif mode == "outgoing":
            square = [[near.theta[e] for e in outgoing[units.index(t)]] for t in pivots]
            frozen |= {e for line in outgoing for e in line} | {own[i][column] for i in rest for column in rows}
        else:
            every = [_effective(near, own, column, columns, others, matrix) for column in rows]
            square = [[line[units.index(t)] for t in pivots] for line in every]
            frozen |= {line[column] for line in own for column in rows} | {e for i in rest for e in outgoing[i]}
        _require_regular(near, square, where)
        moved = {line[column] for line in own for column in columns} | {e for line in outgoing for e in line}
        if absorbed:
            moved |= _biases(places, k + 1, above)
        return Moved(frozen, moved - frozen)

    return step


def _require_same_slopes(near: Near, k: int, units: list[int], where: str) -> None:
    count = len(near.pieces.numbers[k])
    near.instance.budget.spend(1000 * len(units) * count, "lines of units")
    for i in range(count):
        slopes = set()
        for t in units:
            met = near.pieces.lines_on(k, i, t)
            line = met[0]
            single = len(met) == 1 and line is not None and line[1] == 0
            require(single, f"{where}: unit {t} of layer {k} meets no single line through 0 on sample {i}")
            slopes.add(line[0] if line is not None else None)
        require(len(slopes) == 1, f"{where}: the units of layer {k} have different slopes on sample {i}")


def _require_one_line(near: Near, k: int, units: list[int], where: str) -> None:
    lines = {line for t in units for line in near.pieces.lines(k, t)}
    require(len(lines) == 1 and None not in lines, f"{where}: the units of layer {k} meet more than one line")


def _effective(
    near: Near, own: list[list[int]], column: int, kept: list[int], others: list[int], matrix: Matrix | None
) -> list[fmpq]:
    """Return a row of E."""
    result = []
    for line in own:
        value = near.theta[line[column]]
        if matrix is not None:
            table = matrix.table()[kept.index(column)]
            value += sum((c * near.theta[line[f]] for c, f in zip(table, others, strict=True)), fmpq(0))
        result.append(value)
    return result


def _require_regular(near: Near, rows: list[list[fmpq]], where: str) -> None:
    size = len(rows)
    require(size > 0 and all(len(row) == size for row in rows), f"{where}: the pivots give no square matrix")
    entries = [x for row in rows for x in row]
    near.instance.budget.spend(size**3 * fraction(common_bits(entries) * size), "a determinant")
    require(fmpq_mat(size, size, entries).det() != 0, f"{where}: the matrix of the pivots is singular")


def _biases(places: Coordinates, k: int, layer: Layer) -> set[int]:
    found = {places.bias(k, h) for h in range(layer.width)}
    return {place for place in found if place is not None}
