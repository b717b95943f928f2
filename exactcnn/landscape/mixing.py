"""Mixtures of units that have the same slope on every sample: more directions along which the loss is constant.

Let units G of a fully connected layer, below a fully connected one, satisfy: on each sample i all of them meet one and
the same piece a_i z near the point (or, if absorbed, one piece az + c on all samples). Their contribution to the
pre-activations above is D F (E V), F the features below with a column of ones, E their incoming columns (weights and
biases), V their outgoing rows, D = diag(a_i). So (E, V) ↦ (E', V') with E'V' = E V changes no output. In layer 1 only
Z E matters, Z the rows that the units see (the same for all): with Z_F = Z_J M the rows F of E are reset, and E is
E_J + M E_F. If absorbed, biases and c contribute multiples of the vector of ones, which the biases above take over: E
is without its row of biases, which stay as they are.

Three retractions, r the number of rows of E, g of units, m of columns of V; * marks the point:
*minor*: rows R of E, |R| = g, E*[R] regular. E' = E A and V' = A⁻¹ V with A = E[R]⁻¹ E*[R]: E[R] is frozen; g = 1 is a
scaling.
*outgoing*: units Q, |Q| = m, V*[Q] regular. V and the columns of E outside Q are reset,
E'_Q = (E V − E*_rest V*_rest) V*[Q]⁻¹.
*incoming*: units Q, |Q| = r, E*_Q regular. E and the rows of V outside Q are reset,
V'_Q = E*_Q⁻¹ (E V − E*_rest V*_rest).
Each is continuous near the point and the identity on its slice; what is to be regular consists of frozen coordinates.
The free dimensions, g (r + m − g) and twice r m, are those of the matrices E V of rank at most g if g ≤ r, m, and of
all r × m matrices else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.coordinates import Block
from exactcnn.landscape.evidence import Mixing
from exactcnn.landscape.neighbourhood import Neighbourhood
from exactcnn.landscape.stratum import rational
from exactcnn.landscape.unseen import Dependencies, dependencies

Candidate = tuple[Mixing, set[int], set[int]]
"""A step, what it freezes and what it changes."""


def are_fully_connected(block: Block, above: Block) -> bool:
    """Whether both layers have one patch, and the upper one reads each neuron once, in order."""
    slots = above.layer.patches.slots
    return block.layer.patches.patch_count == 1 and np.array_equal(slots, [range(block.layer.width)])


def groups(near: Neighbourhood, block: Block, above: Block) -> Iterator[tuple[tuple[int, ...], bool]]:
    """Yield units that may be mixed, at least two, and whether the biases above absorb constants.

    Examples
    --------
    >>> from exactcnn.landscape.objective import Objective
    >>> from exactcnn.landscape.coordinates import Coordinates
    >>> from exactcnn.landscape.neighbourhood import neighbourhood
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((1,), [FullyConnected(3, activation="relu"), FullyConnected(1, activation="identity")])
    >>> arrays = {"W1": [[1, 2, -1]], "b1": [0, 1, 0], "W2": [[1], [1], [1]], "b2": [0]}
    >>> parameters = Parameters.from_arrays(network, arrays)
    >>> objective = Objective(Instance(network, parameters, [[1], [-2]], [[0], [0]]))
    >>> list(groups(neighbourhood(objective), *objective.coordinates.blocks))
    [((0, 1), False)]
    """
    number = block.layer.number
    found: dict[Any, list[int]] = {}
    for unit in range(block.layer.filters):
        met = [near.lines(number, [unit], sample) for sample in range(len(near.constants[number]))]
        if any(len(lines) != 1 or None in lines for lines in met):
            continue
        own = [next(iter(lines)) for lines in met]
        slopes = tuple(line[0] for line in own if line is not None)
        if not any(slopes):
            continue
        alike = len(set(own)) == 1 and block.layer.bias != "none" and above.layer.bias != "none"
        if alike or not any(line[1] for line in own if line is not None):
            found.setdefault((alike, own[0] if alike else slopes), []).append(unit)
    yield from ((tuple(units), alike) for (alike, _), units in found.items() if len(units) > 1)


@dataclass(frozen=True, eq=False)
class Group:
    """Units that may be mixed.

    Attributes
    ----------
    block, above : Block
    units : tuple of int
    absorbed : bool
    theta : list of Fraction
    z : ndarray of int or None
        What they see, in layer 1.
    is_last : bool
        Whether the layer above is the last one: only then its incoming weights are frozen.
    """

    block: Block
    above: Block
    units: tuple[int, ...]
    absorbed: bool
    theta: list[Fraction]
    z: NDArray[Any] | None
    is_last: bool

    def _places(self, unit: int) -> list[int]:
        weights = [self.block.weight(slot, unit) for slot in range(self.block.layer.weights_shape[0])]
        bias = self.block.bias(unit)
        return weights if bias is None else [*weights, bias]

    def steps(self) -> Iterator[Candidate]:
        """Yield steps, those first that freeze most."""
        slots, with_bias = self.block.layer.weights_shape[0], self.block.layer.bias != "none"
        width = slots + with_bias
        order = ([slots] if with_bias else []) + list(range(slots))
        found = None if self.z is None else dependencies(self.z, order)
        if found is None:
            found = Dependencies(tuple(range(width)), (), ((),) * width, None)
        rows = [j for j in found.kept if not (self.absorbed and j == slots)]
        columns = [self._places(unit) for unit in self.units]
        effective = np.array(
            [
                [self._effective(places, j, own, found.others) for places in columns]
                for j, own in zip(found.kept, found.combination, strict=True)
                if j in rows
            ],
            dtype=object,
        ).reshape(len(rows), len(self.units))
        reset = {places[f] for places in columns for f in found.others}
        kept = {places[j] for places in columns for j in found.kept}
        incoming = {places[j] for places in columns for j in rows}
        wide = range(self.above.layer.filters)
        outgoing = np.array([[self.above.weight(unit, t) for t in wide] for unit in self.units])
        values = np.array([[self.theta[e] for e in line] for line in outgoing.tolist()], dtype=object)
        biases = {e for e in map(self.above.bias, wide) if e is not None} if self.absorbed else set()
        matrix = None
        if found.others:
            entries = [x for line in found.combination for x in line]
            matrix = ExactArray.from_fractions(entries, (len(found.kept), len(found.others)))
        candidates: list[Candidate] = []

        def add(how: Any, pivots: tuple[int, ...], frozen: set[int]) -> None:
            layer = self.block.layer.number
            every = found.kept if matrix is not None else None
            step = Mixing(layer, self.units, how, pivots, self.absorbed, every, matrix)
            changed = (kept | set(outgoing.ravel().tolist()) | biases) - frozen
            candidates.append((step, frozen | reset, changed))

        minor = regular_minor(effective)
        if minor is not None:
            add("minor", tuple(rows[i] for i in minor), {places[rows[i]] for places in columns for i in minor})
        if self.is_last:
            within, across = regular_minor(values), regular_minor(effective.T)  # units
            if within is not None:
                rest = [i for i in range(len(self.units)) if i not in within]
                frozen = {columns[i][j] for i in rest for j in rows} | set(outgoing.ravel().tolist())
                add("outgoing", tuple(self.units[i] for i in within), frozen)
            if across is not None and rows:
                rest = [i for i in range(len(self.units)) if i not in across]
                frozen = incoming | set(outgoing[rest].ravel().tolist())
                add("incoming", tuple(self.units[i] for i in across), frozen)
        yield from sorted(candidates, key=lambda candidate: -len(candidate[1]))

    def _effective(self, places: list[int], j: int, own: tuple[Fraction, ...], others: tuple[int, ...]) -> Fraction:
        value = self.theta[places[j]]
        return value + sum((c * self.theta[places[f]] for c, f in zip(own, others, strict=True)), Fraction(0))


def regular_minor(matrix: NDArray[np.object_]) -> tuple[int, ...] | None:
    """Rows, as many as there are columns, that make a regular matrix; None if the rank is smaller.

    Examples
    --------
    >>> one = Fraction(1)
    >>> regular_minor(np.array([[one, one], [one, one], [one, 3 * one]], dtype=object))
    (0, 2)
    """
    count, size = matrix.shape
    if count < size or not size:
        return None
    left = np.array([[float(x) for x in row] for row in matrix.tolist()], dtype=np.float64)
    chosen: list[int] = []
    for _ in range(size):  # each time the row that is farthest from the span of those before
        lengths = np.linalg.norm(left, axis=1)
        best = int(np.argmax(lengths))
        if not lengths[best] or best in chosen:
            return None
        chosen.append(best)
        direction = left[best] / lengths[best]
        left = left - np.outer(left @ direction, direction)
    chosen.sort()
    return tuple(chosen) if rational(matrix[chosen]).det() else None
