"""From any point of a network of width n + 1 to any better one, n the number of distinct samples.

In each layer, from below, the units of the better point replace those of the start as in the exchange lemma of linear
algebra: a unit that nobody reads takes the place of one whose feature depends on it and on the others that are read.
One unit to spare is enough for that, and for bringing every unit to its own place. Pre-activations above stay as they
are until the output weights go straight to those of the better point. So with one unit more than the features have
ranks every sublevel set of a convex loss is connected by paths, at any depth, for any continuous activations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from exactcnn.landscape.neuron_tables import ZERO, NeuronPoint, Tables, basis, solved
from exactcnn.landscape.wide_path import Steps, WidePath
from exactcnn.linalg.fractions import Matrix


def path_by_exchange(here: NeuronPoint, there: NeuronPoint) -> WidePath | str:
    """Join a point to a better one.

    Parameters
    ----------
    here : NeuronPoint
        The start.
    there : NeuronPoint
        With a smaller loss, as `here.at` returns it. In each hidden layer the features of both points together have a
        smaller rank than its width.

    Returns
    -------
    WidePath or str
        Or the reason why there is none. A layer that takes r units with s to spare needs ⌈r / s⌉ times four segments;
        there are at most four more.

    References
    ----------
    .. [1] Q. Nguyen, "A note on connectivity of sublevel sets in deep learning", 2021, for one layer of width N + 1.

    Examples
    --------
    >>> from exactcnn.landscape.objective import Objective
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> pairs = ((3, "relu"), (1, "identity"))
    >>> network = Network((1,), [FullyConnected(n, activation=each, bias="none") for n, each in pairs])
    >>> start, better = (
    ...     Parameters.from_arrays(network, {"W1": [own], "W2": [[1], [1], [0]]}) for own in ([2, -1, 0], [-1, 1, 0])
    ... )
    >>> here = NeuronPoint.of(Objective(Instance(network, start, [[1], [-1]], [[1], [1]])))  # the units swapped
    >>> path = path_by_exchange(here, here.at(better))
    >>> len(path.kinds), str(path.before), str(path.after)
    (10, '1/2', '0')
    """
    mine, theirs, spare = [], [], []
    for number, (own, other) in enumerate(zip(here.features[1:], there.features[1:], strict=True), start=1):
        width, rank = own.shape[1], len(basis(np.concatenate([own, other], axis=1)))
        if rank >= width:
            return (
                f"layer {number} has {width} neurons, and the features of both points together have rank {rank}; "
                f"expected at least {rank + 1}, {rank + 1 - width} more"
            )
        mine.append(basis(own))
        theirs.append(basis(other))
        spare.append(width - rank)
    end = there.gather(dict(enumerate(theirs, start=1)))
    steps: Steps = [("constant", here.gather(dict(enumerate(mine, start=1))))]
    for number, (own, other) in enumerate(zip(here.features[1:], there.features[1:], strict=True), start=1):
        layer = _Layer(number, own.copy(), other, set(mine[number - 1]), theirs[number - 1])
        steps += [("constant", each) for each in layer.exchanged(steps[-1][1], end, spare[number - 1])]
    tables = steps[-1][1]
    steps += [("last-layer", tables.with_layer(len(mine) + 1, end)), ("constant", end), ("constant", there.tables)]
    return WidePath.of(here, there, steps)


class _Layer:
    """A hidden layer on its way: `features` are the present ones, and `used` the units that are read above.

    Features of used units are independent; so are those of units of the block that have come, which stay used.
    """

    def __init__(self, number: int, features: Matrix, other: Matrix, used: set[int], block: Sequence[int]) -> None:
        self.number, self.features, self.other = number, features, other
        self.used, self.block = used, block
        self.come: set[int] = set()

    def exchanged(self, tables: Tables, end: Tables, spare: int) -> Iterator[Tables]:
        """Yield what follows each segment, until all units of the other block are in their places."""
        for start in range(0, len(self.block), spare):
            batch = self.block[start : start + spare]
            taken = [unit for unit in batch if unit in self.used]
            if taken:
                moves = dict(zip(taken, self._free(batch)[: len(taken)], strict=True))
                tables = self._copied(tables, moves)
                yield tables
                tables = self._read_instead(tables, moves)
                yield tables
            tables = tables.copy()
            for unit in batch:
                incoming = dict(enumerate(end.weights[self.number - 1][:, unit]))
                tables.set(self.number, unit, incoming, end.bias(self.number, unit))
                self.features[:, unit] = self.other[:, unit]
            yield tables
            tables = tables.copy()
            for unit in batch:
                self._take_in(tables.weights[self.number], unit)
            yield tables

    def _free(self, batch: Sequence[int]) -> list[int]:
        """Units that nobody reads and that are not about to come; first those that the block does not need.

        `spare` units or more are free, those of the batch that are taken are not, and it has `spare` units at most: so
        there are enough.
        """
        free = set(range(self.features.shape[1])) - self.used - set(batch)
        return sorted(free, key=lambda unit: (unit in self.block, unit))

    def _copied(self, tables: Tables, moves: dict[int, int]) -> Tables:
        result = tables.copy()
        for old, new in moves.items():
            incoming = dict(enumerate(tables.weights[self.number - 1][:, old]))
            result.set(self.number, new, incoming, tables.bias(self.number, old))
            self.features[:, new] = self.features[:, old]
        return result

    def _read_instead(self, tables: Tables, moves: dict[int, int]) -> Tables:
        result = tables.copy()
        above = result.weights[self.number]
        for old, new in moves.items():
            above[new], above[old] = above[old].copy(), ZERO
            self.used = self.used - {old} | {new}
        return result

    def _take_in(self, above: Matrix, unit: int) -> None:
        """Have a unit read instead of one that depends on it and on the others; or beside all, with weight 0."""
        used = sorted(self.used)
        columns = self.features[:, [*used, unit]]
        if len(basis(columns)) == len(used):  # the last column depends on those before
            combination = dict(zip(used, solved(columns[:, :-1], columns[:, -1:])[:, 0], strict=True))
            leaves = next(each for each in used if each not in self.come and combination[each])
            share = above[leaves] / combination[leaves]
            for each, factor in combination.items():
                above[each] = above[each] - factor * share
            above[unit] = share
            self.used = self.used - {leaves}
        self.used = self.used | {unit}
        self.come.add(unit)
