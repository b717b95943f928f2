"""Local minima among the outputs that parameters nearby can reach.

V(h) is a subspace of R^N that holds the column of neuron h for all parameters nearby. For an input it is spanned by the
column; for a pre-activation it is the sum of those of the neurons read, and the vector of ones if there is a bias.
Where a sample stays on one line a z + b, its entry is a z + b; where it may leave its piece, or a maximum is tied, its
entry is anything: a unit vector is added. If the residual R is orthogonal to V(h) of every output h, then Phi(theta') =
Phi + <R, D> + |D|^2/2 >= Phi for the change D of the outputs.
"""

from __future__ import annotations

from typing import Any

from flint import fmpq, fmpq_mat

from exactcnn.checker.activations import Piecewise
from exactcnn.checker.budget import fraction
from exactcnn.checker.claims.finding import Evidence, Finding
from exactcnn.checker.costs import spend_pre_activations
from exactcnn.checker.document import ObligationError, fields, require
from exactcnn.checker.features import exact_layer, joined
from exactcnn.checker.formulas import line
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.kinds.layer import PADDING, Layer
from exactcnn.checker.losses import exact_loss, exact_residual
from exactcnn.checker.numbers import common_bits

Space = list[list[fmpq]]  # independent vectors


def read_reachable(_: Instance, evidence: Any) -> Evidence:
    """Return evidence by subspaces that hold all columns nearby."""
    fields(evidence, "evidence", "kind")

    def verify(point: Instance, _: str) -> Finding:
        residual = exact_residual(point)
        for h, space in enumerate(reachable(point)):
            column = [row[h] for row in residual]
            for vector in space:
                zero = sum((a * b for a, b in zip(column, vector, strict=True)), fmpq(0)) == 0
                require(zero, f"the residual of output {h} is not orthogonal to what is reachable")
        loss = exact_loss(point)
        return Finding((loss, loss))

    return Evidence(("minimum",), verify)


def reachable(instance: Instance) -> list[Space]:
    """Return V(h) for every output."""
    table = instance.known_samples()
    count = len(table)
    spaces = [independent(instance, [list(column)]) for column in zip(*table, strict=True)]
    for k, layer in enumerate(instance.layers[1:], start=1):
        if layer.kind == "max-pooling":
            spaces = [_maximum(instance, patch, spaces, table) for patch in layer.patches]
        else:
            if isinstance(layer, Convolution):
                spaces = _sums(instance, layer, spaces, count)
            spend_pre_activations(instance.budget, layer, table, f"pre-activations of layer {k}")
            z = joined(layer, table, lambda x: x)
            spaces = [_through(instance, layer, k, space, [row[h] for row in z]) for h, space in enumerate(spaces)]
        table = exact_layer(instance.budget, layer, table, f"features of layer {k}")
    return spaces


def _sums(instance: Instance, layer: Layer, spaces: list[Space], count: int) -> list[Space]:
    ones = [] if layer.bias == "none" else [[fmpq(1)] * count]
    result: list[Space] = []
    for patch in layer.patches:
        vectors = [vector for neuron in patch if neuron != PADDING for vector in spaces[neuron]]
        result += [independent(instance, vectors + ones)] * layer.filters
    return result


def _through(instance: Instance, layer: Layer, k: int, space: Space, z: list[fmpq]) -> Space:
    """Return V of a neuron from the subspace of its pre-activation, and the pre-activations at the point."""
    activation = layer.activation
    if not isinstance(activation, Piecewise):
        raise ObligationError(f"layer {k} is not piecewise affine")
    lines = [line(piece) for piece in activation.pieces]
    slopes, offsets, units = [], [], []
    for i, x in enumerate(z):
        own = lines[activation.number(x)]
        if x in activation.kinks:
            units.append([fmpq(int(i == j)) for j in range(len(z))])
            own = fmpq(0), fmpq(0)  # the unit vector holds whatever the entry is
        if own is None:
            raise ObligationError(f"layer {k} is not piecewise affine")
        slopes.append(own[0])
        offsets.append(own[1])
    moved = [[a * x for a, x in zip(slopes, vector, strict=True)] for vector in space]
    return independent(instance, [*moved, offsets, *units])


def _maximum(instance: Instance, patch: list[int], spaces: list[Space], table: list[list[fmpq]]) -> Space:
    vectors: Space = []
    neurons = [neuron for neuron in patch if neuron != PADDING]
    tops = [max(row[neuron] for neuron in neurons) for row in table]
    winners = [[neuron for neuron in neurons if row[neuron] == top] for row, top in zip(table, tops, strict=True)]
    for neuron in neurons:
        wins = [own == [neuron] for own in winners]
        vectors += [[x if won else fmpq(0) for x, won in zip(vector, wins, strict=True)] for vector in spaces[neuron]]
    for i, own in enumerate(winners):
        if len(own) > 1:
            vectors.append([fmpq(int(i == j)) for j in range(len(table))])
    return independent(instance, vectors)


def independent(instance: Instance, vectors: Space) -> Space:
    """Return independent vectors with the same span."""
    if not vectors:
        return []
    count = len(vectors[0])
    bits = common_bits(x for vector in vectors for x in vector) * min(len(vectors), count, 100)
    work = len(vectors) * count * min(len(vectors), count)
    instance.budget.spend(2000 * len(vectors) * count + work * fraction(bits) // 2, "reachable outputs")
    reduced, rank = fmpq_mat(len(vectors), count, [x for vector in vectors for x in vector]).rref()
    rows: Space = reduced.tolist()
    return rows[:rank]
