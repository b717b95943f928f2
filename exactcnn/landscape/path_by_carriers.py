"""From any point of a network with 2n units in the last hidden layer and n in those below to any better one.

Only output weights move onto few units here, so numbers stay short where `path_to_point` solves for the weights of all
layers. With n distinct samples the last hidden layer has room for two blocks of n units, and outputs read one of them
alone. The other one is set to features of a *carrier* of the layer below, a sum of its units without one unit c that
still differs on all samples (`carriers`); the outputs then read these. Now nobody reads c: it becomes the carrier, and
itself reads such a sum of the layer below, without a unit there; the first block is set to features of c, the outputs
read them, and so on down to the samples. At last all that outputs see are one unit a layer and one block, whose
features depend on the samples only. This holds for both points: there they meet, and differ in the output weights only.

By Bondy's theorem there is such a unit c where n rows of at least n features differ: for each c without which two rows
agree, join these; a shortest circle of such pairs would have differences in different columns, with the sum 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from exactcnn.domains.curves import Curve
from exactcnn.landscape.carriers import Argument, Carrier, completed, different, injective, separating_sum
from exactcnn.landscape.neuron_tables import ONES, ZERO, NeuronPoint, Tables, basis, not_covered, solved, with_ones
from exactcnn.landscape.objective import Objective, replace_parameters
from exactcnn.landscape.spread import spread
from exactcnn.landscape.wide_path import Steps, WidePath
from exactcnn.linalg.fractions import Matrix
from exactcnn.network.network import Convolved
from exactcnn.network.parameters import Parameters


def path_by_carriers(objective: Objective, better: Parameters, *, seed: int = 0) -> WidePath | str:
    """Join a point to a better one.

    Parameters
    ----------
    objective : Objective
        At the start: a fully connected network with rational features, biases in the hidden layers, the last layer
        without activation. For n distinct samples the last hidden layer needs 2n neurons, or 2n - 2 if the outputs have
        biases, and an activation that is no polynomial. The layers below need n, or fewer where samples differ even
        without some one unit; their activations are injective on some interval.
    better : Parameters
        With a smaller loss.
    seed : int
        Of random sums of units.

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
    .. [2] J. A. Bondy, "Induced subsets", J. Combin. Theory B 12 (1972).

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
    >>> path = path_by_carriers(Objective(Instance(network, start, [[1], [2]], [[1], [2]])), better)
    >>> len(path.kinds), path.points[-1] is better, str(path.before), str(path.after)
    (8, True, '89/2', '0')
    """
    network = objective.instance.network
    reason = not_covered(network)
    if reason is not None:
        return reason
    layers = [layer for layer in network.resolved if isinstance(layer, Convolved)]
    bare = [layer.number for layer in layers[:-1] if layer.bias == "none"]
    if bare:
        return f"layer {bare[0]} has no biases"
    here = NeuronPoint.of(objective)
    there = here.at(better)
    generator = np.random.default_rng(seed)
    curves = [layer.activation for layer in layers[:-1]]
    samples = separating_sum(here.features[0], generator)
    standard = _Chain.of(curves, samples, layers[-1].bias != "none")
    if isinstance(standard, str):
        return standard
    width, needed = layers[-2].width, 2 * len(standard.block)
    if width < needed:
        return f"layer {len(curves)} has {width} neurons; expected at least {needed}, {needed - width} more"
    first, second = (_spread(point, samples, generator) for point in (here, there))
    if isinstance(first, str) or isinstance(second, str):
        return first if isinstance(first, str) else str(second)
    (before, ours), (after, theirs) = first, second
    left_out = _left_out(ours, theirs)
    if isinstance(left_out, str):
        return left_out
    seen = _seen(ours, [])
    blocks = seen, _seen(theirs, seen)
    ends = []
    for point, units, own, other in zip((ours, theirs), left_out, blocks, reversed(blocks), strict=True):
        found = _descended(point, curves, samples, units, own, other, generator)
        if isinstance(found, str):
            return found
        ends.append(found)
    start, end = ends
    down = [*before, *start.states, *_renamed(start, end, standard, here.outputs)]
    up = [*reversed(end.states[:-1]), *reversed(after), there.tables]
    steps: Steps = [("constant", tables) for tables in down]
    steps.append(("constant", end.states[-1].with_layer(len(layers), down[-1])))
    steps.append(("last-layer", end.states[-1]))
    steps += [("constant", tables) for tables in up]
    return WidePath.of(here, there, steps)


# -------------------------------------------------------------------- what a carrier feeds


@dataclass(frozen=True, eq=False)
class _Chain:
    """One unit in each layer above a carrier, and a block of the last hidden layer, that read the one below alone.

    Features of the block on the distinct samples, behind ones if the outputs have biases, are an invertible matrix.
    """

    source: Carrier
    units: list[Argument]
    block: list[Argument]
    features: Matrix

    @classmethod
    def of(cls, curves: Sequence[Curve], source: Carrier, biased: bool) -> _Chain | str:
        """Build it; the activations are those of the layers above the source, to the last hidden one."""
        values, units = source.values, []
        for curve in curves[:-1]:
            found = injective(curve, values)
            if found is None:
                return f"no interval was found on which {curve.label} is injective"
            units.append(found[0])
            values = found[1]
        count = len(values)
        columns = np.full((count, int(biased)), Fraction(1), dtype=object)
        block, rank = completed(curves[-1], values, columns, count)
        if rank < count:
            return f"features of {curves[-1].label} of rank {rank} were found; expected {count}"
        features = np.array([own for _, own in block], dtype=object).T.reshape(count, len(block))
        return cls(source, units, [argument for argument, _ in block], np.concatenate([columns, features], axis=1))

    def set(self, tables: Tables, units: Sequence[int], block: Sequence[int]) -> None:
        """Write it into layers up to the last hidden one: the places of its units, and of its block."""
        carrier, last = self.source, len(tables.weights) - 1
        for number, unit, (scale, shift) in zip(range(last - len(units), last), units, self.units, strict=True):
            tables.set(number, unit, carrier.incoming(scale), shift)
            carrier = Carrier({unit: Fraction(1)}, [])
        for unit, (scale, shift) in zip(block, self.block, strict=True):
            tables.set(last, unit, carrier.incoming(scale), shift)

    def read(self, tables: Tables, block: Sequence[int], outputs: Matrix) -> Tables:
        """The same with output weights that give these outputs from the block alone."""
        places = [ONES] * (self.features.shape[1] - len(block)) + list(block)
        return tables.with_outputs(places, solved(self.features, outputs))


# -------------------------------------------------------------------- down to the samples


def _spread(
    point: NeuronPoint, samples: Carrier, generator: np.random.Generator
) -> tuple[list[Tables], NeuronPoint] | str:
    """Points after constant segments, and the last of them, at which samples differ below the last hidden layer."""
    found = spread(point, samples, generator)
    if isinstance(found, str):
        return found
    if not found.units:
        return [], point
    gathered = point.gather(found.gathered)
    tables = gathered.copy()
    for each in found.units:
        tables.set(*each)
    (there,) = point.written([tables])
    return [gathered, tables], NeuronPoint.of(Objective(replace_parameters(point.objective.instance, there)))


@dataclass(frozen=True, eq=False)
class _End:
    """Points after each constant segment; at the last one outputs see one unit a layer, and a block."""

    states: list[Tables]
    units: list[int]
    block: list[int]


def _left_out(here: NeuronPoint, there: NeuronPoint) -> tuple[list[int], list[int]] | str:
    """For each layer below the last hidden one a unit without which samples differ: one for both if there is."""
    found: tuple[list[int], list[int]] = [], []
    for number in range(1, len(here.features) - 1):
        if here.features[number].shape[1] < 2:
            return f"layer {number} has 1 neuron; expected at least 2, 1 more"
        first: list[int | None] = [None, None]
        for unit in reversed(range(here.features[number].shape[1])):
            fine = [different(np.delete(point.features[number], unit, axis=1)) for point in (here, there)]
            if all(fine):
                first = [unit, unit]
                break
            first = [unit if good and old is None else old for old, good in zip(first, fine, strict=True)]
        for units, unit_or_none in zip(found, first, strict=True):
            if unit_or_none is None:
                return f"layer {number} has equal features for two different samples, with any one unit left out"
            units.append(unit_or_none)
    return found


def _seen(point: NeuronPoint, first: Sequence[int]) -> list[int]:
    """Units of the last hidden layer, after `ONES`, enough for the outputs: of the first ones as many as can be."""
    features = point.features[-1]
    order = [*first, *(unit for unit in range(features.shape[1]) if unit not in set(first))]
    order = [unit for unit in order if unit != ONES]
    if point.tables.biases[-1] is None:
        return [order[column] for column in basis(features[:, order])]
    return [ONES if column == 0 else order[column - 1] for column in basis(with_ones(features[:, order]))]


def _descended(
    point: NeuronPoint,
    curves: Sequence[Curve],
    samples: Carrier,
    left_out: Sequence[int],
    seen: Sequence[int],
    avoided: Sequence[int],
    generator: np.random.Generator,
) -> _End | str:
    """Exchange block after block, each for features of the layer below; `left_out` has a unit of each."""
    last, biased = len(curves), point.tables.biases[-1] is not None
    states = [point.gather({last: seen})]
    used, units, block = set(seen), list[int](), list[int]()
    for number in reversed(range(last)):
        source = separating_sum(point.features[number], generator, without=left_out[number - 1]) if number else samples
        chain = _Chain.of(curves[number:], source, biased)
        if isinstance(chain, str):
            return chain
        free = set(range(point.features[last].shape[1])) - used
        block = sorted(free, key=lambda unit: (unit in set(avoided), unit))[: len(chain.block)]
        # the unit that was left out reads the layer below now; above it, where one unit is read, another one
        above = [_other(left_out[k], unit) for k, unit in enumerate(units, start=number + 1)]
        tables = states[-1].copy()
        for layer, kept in enumerate(zip(units, above, strict=True), start=number + 2):
            _clear(tables, layer, set(kept))
        _clear(tables, last, used | set(block))
        units = [*left_out[number : number + 1], *above]
        chain.set(tables, units, block)
        states += [tables, chain.read(tables, block, point.outputs)]
        used, avoided = set(block), ()
    return _End(states, units, block)


def _other(left_out: int, old: int) -> int:
    """The unit that is not read: of the one that was left out and its neighbour."""
    return left_out if old != left_out else (0 if left_out else 1)


def _clear(tables: Tables, number: int, kept: set[int]) -> None:
    for unit in set(range(tables.weights[number - 1].shape[1])) - kept:
        tables.set(number, unit, {}, ZERO)


def _renamed(start: _End, end: _End, standard: _Chain, outputs: Matrix) -> list[Tables]:
    """Further points, up to one at which the outputs of the start see the same units as at the other end."""
    states, tables = [], start.states[-1]
    if start.units != end.units:
        moved = tables.copy()
        standard.set(moved, end.units, start.block)
        added = moved.copy()  # what is read stays as it is at first
        read = [(number, unit) for number, unit in enumerate(start.units, start=1) if end.units[number - 1] == unit]
        for number, unit in [*read, *((len(start.units) + 1, unit) for unit in start.block)]:
            added.take(number, unit, tables)
        states, tables = [added, moved], moved
    if start.block != end.block:
        free = iter(sorted(set(range(tables.weights[-1].shape[0])) - set(start.block) - set(end.block)))
        between = [next(free) if new in start.block else new for new in end.block]
        for block in (between, end.block):
            moved = tables.copy()
            standard.set(moved, end.units, block)
            tables = standard.read(moved, block, outputs)
            states += [moved, tables]
    return states
