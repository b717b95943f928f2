"""Fully connected networks neuron by neuron, at a point: weights by the neurons they join, and features in Q.

Samples that are equal count once: features are those of the n distinct ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.curves import IDENTITY
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.landscape.objective import Objective, replace_parameters
from exactcnn.linalg.fractions import Matrix, from_flint, independent_columns, to_flint
from exactcnn.network.network import Convolved, Network
from exactcnn.network.parameters import LayerParameters, Parameters

ZERO = Fraction(0)
ONES = -1  # stands for a column of ones beside the features


def not_covered(network: Network) -> str | None:
    """Return why a network is not fully connected with an affine last layer; None if it is.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> not_covered(Network((1,), [FullyConnected(2, activation="relu")]))
    'there is no hidden layer'
    """
    for layer in network.resolved:
        one_patch = isinstance(layer, Convolved) and layer.patches.patch_count == 1
        if not one_patch or sorted(layer.patches.slots.ravel().tolist()) != list(range(layer.patches.neurons)):
            return f"layer {layer.number} is not fully connected"
    if len(network.resolved) < 2:
        return "there is no hidden layer"
    last = network.resolved[-1]
    assert isinstance(last, Convolved)
    if last.activation.affine != IDENTITY:
        return f"layer {last.number}, the last, has the {last.activation.label}; expected the identity"
    return None


@dataclass(frozen=True, eq=False)
class Tables:
    """Weights (neurons below, neurons) and biases of all layers, from below; layers are numbered from 1.

    Examples
    --------
    >>> table = np.array([[Fraction(1), Fraction(2)]], dtype=object)
    >>> tables = Tables((table,), (None,)).copy()
    >>> tables.set(1, 1, {0: Fraction(7)}, ZERO)
    >>> tables.weights[0].tolist() == [[1, 7]], table.tolist() == [[1, 2]]
    (True, True)
    """

    weights: tuple[Matrix, ...]
    biases: tuple[Matrix | None, ...]

    def copy(self) -> Tables:
        """Tables that may be changed by `set`."""
        return Tables(
            tuple(each.copy() for each in self.weights),
            tuple(None if each is None else each.copy() for each in self.biases),
        )

    def with_layer(self, number: int, other: Tables) -> Tables:
        """The same with one layer of others."""
        weights, biases = list(self.weights), list(self.biases)
        weights[number - 1], biases[number - 1] = other.weights[number - 1], other.biases[number - 1]
        return Tables(tuple(weights), tuple(biases))

    def with_outputs(self, places: Sequence[int], values: Matrix) -> Tables:
        """The same with outputs that read these units alone; a row of values for each, `ONES` for the biases."""
        result = self.copy()
        for output in range(values.shape[1]):
            own = dict(zip(places, values[:, output].tolist(), strict=True))
            bias = own.pop(ONES, ZERO)
            result.set(len(self.weights), output, own, bias)
        return result

    def set(self, number: int, unit: int, incoming: Mapping[int, Fraction], bias: Fraction) -> None:
        """Give a unit these incoming weights, 0 where none is named, and a bias if its layer has biases."""
        weights, biases = self.weights[number - 1], self.biases[number - 1]
        weights[:, unit] = ZERO
        for neuron, value in incoming.items():
            weights[neuron, unit] = value
        if biases is not None:
            biases[unit] = bias

    def take(self, number: int, unit: int, other: Tables) -> None:
        """Give a unit the incoming weights and the bias that it has in other tables."""
        weights, biases, given = self.weights[number - 1], self.biases[number - 1], other.biases[number - 1]
        weights[:, unit] = other.weights[number - 1][:, unit]
        if biases is not None and given is not None:
            biases[unit] = given[unit]

    def incoming(self, number: int, unit: int, moved: Mapping[int, int]) -> dict[int, Fraction]:
        """The weights of a unit on some neurons below, each on the neuron that it is moved to."""
        column = self.weights[number - 1][:, unit]
        return {new: column[old] for old, new in moved.items()}

    def bias(self, number: int, unit: int) -> Fraction:
        """The bias of a unit; 0 if its layer has none."""
        biases = self.biases[number - 1]
        return ZERO if biases is None else Fraction(biases[unit])


@dataclass(frozen=True, eq=False)
class NeuronPoint:
    """A point of the loss surface of a fully connected network.

    Parameters
    ----------
    objective : Objective
        Of a network that `not_covered` does not refuse.

    Raises
    ------
    InputError
        If features are not rational there.

    Attributes
    ----------
    tables : Tables
    features : tuple of Matrix
        F_0, ..., F_(L-1) of the n distinct samples.
    outputs : Matrix
        F_L likewise.
    of_sample : ndarray
        Which of the distinct samples each sample is.
    targets : Matrix
        Of all samples.
    loss : Fraction
    """

    objective: Objective
    tables: Tables
    features: tuple[Matrix, ...]
    outputs: Matrix
    of_sample: NDArray[np.intp]
    targets: Matrix
    loss: Fraction

    @classmethod
    def of(cls, objective: Objective) -> NeuronPoint:
        """Evaluate a point."""
        instance = objective.instance
        assert instance.samples is not None
        assert instance.targets is not None
        assert instance.parameters is not None
        number: dict[tuple[Fraction, ...], int] = {}
        of_sample = [number.setdefault(tuple(row), len(number)) for row in instance.samples.fractions().tolist()]
        first = [of_sample.index(i) for i in range(len(number))]
        found = objective.in_rationals()
        *features, outputs = (each[first].fractions() for each in found.trace.features)
        weights, biases = [], []
        for number_of, order in enumerate(_orders(objective), start=1):
            own = instance.parameters.layer(number_of)
            table = own.weights.fractions()
            weights.append(table[np.argsort(order)])
            biases.append(None if own.biases is None else own.biases.fractions())
        loss = Fraction(found.twice_the_loss.fractions().item()) / 2
        targets = instance.targets.fractions()
        tables = Tables(tuple(weights), tuple(biases))
        return cls(objective, tables, tuple(features), outputs, np.array(of_sample), targets, loss)

    @property
    def count(self) -> int:
        """n."""
        return len(self.outputs)

    def at(self, parameters: Parameters) -> NeuronPoint:
        """Another point of the same loss.

        Raises
        ------
        InputError
            If its loss is not smaller, its features are not rational, or parameters are missing.
        """
        there = NeuronPoint.of(Objective(replace_parameters(self.objective.instance, parameters)))
        if there.loss >= self.loss:
            raise InputError(
                f"the point to go to has the loss {float(there.loss):.6g}, the start {float(self.loss):.6g}; "
                "expected a smaller one"
            )
        return there

    def gather(self, blocks: Mapping[int, Sequence[int]]) -> Tables:
        """Tables with the same pre-activations, in which the layers above some layers read few of their units.

        Parameters
        ----------
        blocks : mapping of int to sequence of int
            By k, neurons whose features are a basis of the column space of F_k; or, together with a column of ones that
            stands for the biases above, and is named -1 and comes first, of that of [1, F_k].
        """
        tables = self.tables.copy()
        for number, block in blocks.items():
            weights, biases, features = tables.weights[number], tables.biases[number], self.features[number]
            values = from_flint(to_flint(features) * to_flint(weights))
            weights[:] = ZERO
            if not block:
                continue
            found = solved(with_ones(features)[:, [1 + unit for unit in block]], values)
            if block[0] == ONES:
                assert biases is not None
                biases += found[0]
                block, found = block[1:], found[1:]
            weights[list(block)] = found
        return tables

    def written(self, steps: Sequence[Tables], other: NeuronPoint | None = None) -> list[Parameters]:
        """The parameters of several tables; a layer that is as before, or as here or elsewhere, is one object."""
        orders, layers = _orders(self.objective), []
        for k, order in enumerate(orders):
            known = []
            for point in (self, other):
                if point is not None:
                    given = point.objective.instance.parameters
                    assert given is not None
                    known.append((point.tables.weights[k], point.tables.biases[k], given.layer(k + 1)))
            own = []
            for weights, biases in ((tables.weights[k], tables.biases[k]) for tables in steps):
                same = [layer for table, shifts, layer in known if _equal(table, weights) and _equal(shifts, biases)]
                if not same:
                    same = [LayerParameters(_exact(weights[order]), None if biases is None else _exact(biases))]
                    known.append((weights, biases, same[0]))
                own.append(same[0])
            layers.append(own)
        return [Parameters(each) for each in zip(*layers, strict=True)]


def with_ones(features: Matrix) -> Matrix:
    """Return the features behind a column of ones.

    Examples
    --------
    >>> with_ones(np.array([[5]], dtype=object)).tolist() == [[1, 5]]
    True
    """
    return np.concatenate([np.full((len(features), 1), Fraction(1), dtype=object), features], axis=1)


def basis(matrix: Matrix) -> list[int]:
    """Return columns that are a basis of the column space, each the first that depends on none before it.

    Examples
    --------
    >>> basis(np.array([[0, 1, 2, 1], [0, 2, 4, 3]], dtype=object))
    [1, 3]
    """
    columns = independent_columns(matrix)
    if len(columns) < min(matrix.shape) and to_flint(matrix).rank() > len(columns):  # modulo the prime it was smaller
        reduced, rank = to_flint(matrix).rref()
        return [int(np.flatnonzero(row)[0]) for row in from_flint(reduced)[:rank]]
    return columns


def solved(columns: Matrix, values: Matrix) -> Matrix:
    """Solve columns · x = values, for independent columns, at least one, that span the values.

    Examples
    --------
    >>> columns = np.array([[Fraction(1)], [Fraction(2)]], dtype=object)
    >>> solved(columns, 3 * columns).tolist() == [[3]]
    True
    """
    rows = basis(columns.T)
    return from_flint(to_flint(columns[rows]).solve(to_flint(values[rows])))


def _orders(objective: Objective) -> list[NDArray[np.intp]]:
    """Which neuron below each slot of a layer reads."""
    return [objective.instance.network.convolved(k).patches.slots[0] for k in range(1, len(objective.curves) + 1)]


def _equal(one: Matrix | None, other: Matrix | None) -> bool:
    return one is other or (one is not None and other is not None and bool((one == other).all()))


def _exact(values: Matrix) -> ExactArray:
    """As floats where these are the same numbers: a certificate has them in few bytes."""
    numbers = values.ravel().tolist()
    if any(number.denominator != 1 for number in numbers):
        try:
            floats = [float(number) for number in numbers]
        except OverflowError:
            floats = []
        if floats and all(a.as_integer_ratio() == b.as_integer_ratio() for a, b in zip(floats, numbers, strict=True)):
            return ExactArray.from_array(np.array(floats).reshape(values.shape))
    return ExactArray.from_fractions(numbers, values.shape)
