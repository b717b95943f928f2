"""From any point of a wide network to any better one; at width 2n, n the number of distinct samples, in 7 segments.

A layer enters those above only through its features, of rank at most n. So all weights above can move onto n of its
units, and every pre-activation stays as it is: that is one segment for all layers together, since features that do not
change are the same for the layer above. What outputs see of a point then is a *block* of at most n units a layer. The
block of the start is moved out of the way of the other one (copied to units that nobody reads, then read instead), the
other block is installed, and the output weights go straight from one block to the other. What is left restores the
better point. Activations are arbitrary, biases are not needed. Where a layer is narrower, units are exchanged a few at
a time, by `exactcnn.landscape.path_by_exchange`, in more segments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from exactcnn.landscape.neuron_tables import ZERO, NeuronPoint, Tables, basis, not_covered
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.path_by_exchange import path_by_exchange
from exactcnn.landscape.wide_path import Steps, WidePath
from exactcnn.network.parameters import Parameters

Blocks = Sequence[Sequence[int]]  # units of each hidden layer, from below
Moves = Sequence[Mapping[int, int]]  # from unit to unit, likewise


def path_to_point(objective: Objective, better: Parameters) -> WidePath | str:
    """Join a point to a better one.

    Parameters
    ----------
    objective : Objective
        At the start: a fully connected network with rational features, the last layer without activation.
    better : Parameters
        With a smaller loss. In each hidden layer the ranks of the features of both points add up to at most its width,
        or the features of both points together have a smaller rank than that; n + 1 is always enough.

    Returns
    -------
    WidePath or str
        Or the reason why there is none.

    Raises
    ------
    InputError
        If the loss there is not smaller, or the features of one of the points are not rational.

    References
    ----------
    .. [1] J. Lederer, "Optimization landscapes of wide deep neural networks are benign", 2020.

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> network = Network((1,), [FullyConnected(4, activation="relu"), FullyConnected(1, activation="identity")])
    >>> start, better = (
    ...     Parameters.from_arrays(network, {"W1": [[1, 1, 2, 2]], "b1": [0, 1, 1, -9], "W2": weights, "b2": [0]})
    ...     for weights in ([[1], [1], [1], [1]], [[1], [0], [0], [0]])
    ... )
    >>> path = path_to_point(Objective(Instance(network, start, [[1], [2]], [[1], [2]])), better)
    >>> len(path.kinds), path.points[-1] is better, str(path.before), str(path.after)
    (7, True, '89/2', '0')
    """
    reason = not_covered(objective.instance.network)
    if reason is not None:
        return reason
    here = NeuronPoint.of(objective)
    there = here.at(better)
    ours, theirs = [], []
    pairs = list(zip(here.features[1:], there.features[1:], strict=True))
    for own, other in pairs:
        width = own.shape[1]
        block = basis(other)
        order = [*sorted(set(range(width)) - set(block)), *block]  # of the other block as few as possible
        mine = [order[column] for column in basis(own[:, order])]
        if len(mine) + len(block) > width:
            return path_by_exchange(here, there)
        ours.append(mine)
        theirs.append(block)
    start, end = here.gather(dict(enumerate(ours, start=1))), there.gather(dict(enumerate(theirs, start=1)))
    moves = [_places(mine, basis, own.shape[1]) for mine, basis, (own, _) in zip(ours, theirs, pairs, strict=True)]
    steps: Steps = [("constant", start)]
    if any(old != new for move in moves for old, new in move.items()):
        copied = _copied(start, moves)
        steps += [("constant", copied), ("constant", _read_instead(copied, moves))]
    installed = _installed(steps[-1][1], end, moves, theirs)
    steps += [
        ("constant", installed),
        ("last-layer", installed.with_layer(len(moves) + 1, end)),
        ("constant", end),
        ("constant", there.tables),
    ]
    return WidePath.of(here, there, steps)


def _places(mine: Sequence[int], theirs: Sequence[int], width: int) -> dict[int, int]:
    """Units of a block, to where they do not meet the other one: as few as possible move."""
    free = iter(sorted(set(range(width)) - set(mine) - set(theirs)))
    return {unit: next(free) if unit in set(theirs) else unit for unit in mine}


def _copied(tables: Tables, moves: Moves) -> Tables:
    """A copy of each unit that moves, in its place, which nobody reads; copies read where the block will be."""
    result = tables.copy()
    for number, move in enumerate(moves, start=1):
        for old, new in move.items():
            if new != old:
                result.set(number, new, _at_new_places(tables, number, old, moves), tables.bias(number, old))
    return result


def _at_new_places(tables: Tables, number: int, unit: int, moves: Moves) -> dict[int, Fraction]:
    below = moves[number - 2] if number > 1 else {neuron: neuron for neuron in range(len(tables.weights[0]))}
    return tables.incoming(number, unit, below)


def _read_instead(tables: Tables, moves: Moves) -> Tables:
    """The outputs, and what stays of the block, read the copies."""
    result = tables.copy()
    stays = [[old for old, new in move.items() if new == old] for move in moves]
    outputs = range(tables.weights[-1].shape[1])
    for number, units in enumerate([*stays, outputs], start=1):
        for unit in units:
            result.set(number, unit, _at_new_places(tables, number, unit, moves), tables.bias(number, unit))
    return result


def _installed(tables: Tables, end: Tables, moves: Moves, theirs: Blocks) -> Tables:
    """The other block beside that of the start; units in neither get weights and biases 0."""
    result = tables.copy()
    for number, (move, block) in enumerate(zip(moves, theirs, strict=True), start=1):
        below = range(len(end.weights[0])) if number == 1 else theirs[number - 2]
        for unit in set(range(end.weights[number - 1].shape[1])) - set(move.values()):
            if unit in set(block):
                incoming = end.incoming(number, unit, {neuron: neuron for neuron in below})
                result.set(number, unit, incoming, end.bias(number, unit))
            else:
                result.set(number, unit, {}, ZERO)
    return result
