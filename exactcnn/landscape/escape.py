"""From any point of a wide network with one hidden layer, a path to zero loss along which the loss never grows.

Three segments: the output weights move, at constant outputs, to units whose features span those of all (*compensated*);
the units that are left get features that complete a basis (*invisible*); the output weights move straight to an exact
fit, and the loss falls as (1 - t)^2. So at width N a point of positive loss is no strict minimum, and in no basin.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from exactcnn.display import several
from exactcnn.domains.curves import IDENTITY
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.given import given_integers
from exactcnn.errors import InputError
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.paths import Path
from exactcnn.linalg.fractions import Matrix, from_flint, independent_columns, to_flint
from exactcnn.network.network import Convolved

ATTEMPTS = 40  # random filters for each free unit
SPAN = 3  # of their integer weights


def escape_at_width(objective: Objective, *, seed: int = 0) -> Path | str:
    """Construct a path from the point to zero loss.

    Parameters
    ----------
    objective : Objective
        One hidden layer of width n with rational features, below fully connected outputs without activation. n >= N is
        enough as long as units that are left over can complete the features; n >= N - 1, if the outputs have biases.
    seed : int
        Of the random filters that are tried.

    Returns
    -------
    Path or str
        Verified; or the reason why there is none.

    References
    ----------
    .. [1] Lederer, "Optimization landscapes of wide deep neural networks are benign", 2020. Li, Ding and Sun, "On the
       benefit of width for neural networks: disappearance of basins", SIAM J. Optim. 32 (2022).

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((1,), [FullyConnected(2, activation="relu"), FullyConnected(1, activation="identity")])
    >>> dead = Parameters.from_arrays(network, {"W1": [[0, 0]], "b1": [-1, -1], "W2": [[1], [1]], "b2": [1]})
    >>> path = escape_at_width(Objective(Instance(network, dead, [[0], [1], [2]], [[0], [3], [0]])))
    >>> [segment.kind for segment in path.segments], path.segments[-1].after
    (['compensated', 'invisible', 'last-layer'], Fraction(0, 1))
    """
    given_integers(seed, name="seed")
    resolved = objective.instance.network.resolved
    if len(resolved) != 2 or not all(isinstance(layer, Convolved) for layer in resolved):
        return f"the network has {len(resolved)} layers; expected one hidden layer, below fully connected outputs"
    hidden, outer = resolved
    assert isinstance(hidden, Convolved)
    assert isinstance(outer, Convolved)
    one_patch = sorted(outer.patches.slots.ravel().tolist()) == list(range(hidden.width))
    if not one_patch or outer.activation.affine != IDENTITY:
        return "the last layer is not fully connected without activation"
    try:
        found = objective.in_rationals()
    except InputError as error:
        return str(error)
    if not found.residual.numbers.any():
        return "the loss is zero already"
    # of the slots, in the order of the weights: a fully connected layer may read the neurons in any order
    features = found.trace.features[1].fractions()[:, outer.patches.slots[0]]
    count, biased = len(features), outer.bias != "none"
    if hidden.width + biased < count:
        held = several(hidden.width, "neuron")
        return f"the hidden layer has {held}, and {count} samples; expected at least {count - biased}"
    return _Escape(objective, hidden, outer, features, biased, np.random.default_rng(seed)).path()


class _Escape:
    """The three segments."""

    def __init__(
        self,
        objective: Objective,
        hidden: Convolved,
        outer: Convolved,
        features: Matrix,
        biased: bool,
        generator: np.random.Generator,
    ) -> None:
        self.objective, self.hidden, self.outer, self.generator = objective, hidden, outer, generator
        self.biased = biased
        self.matrix = self._with_ones(features)
        self.lower, self.upper = objective.coordinates.blocks
        samples = objective.instance.samples
        assert samples is not None
        self.samples = samples.fractions()
        self.units = outer.patches.slots[0] % hidden.filters  # whose feature a slot of the last layer reads

    def path(self) -> Path | str:
        """Return the path, or the reason why there is none."""
        theta = self.objective.theta.fractions()
        points = []
        basis, combination = _row_reduced(self.matrix)
        gathered = self._with_output(theta, basis, combination @ self._output(theta))
        if bool((gathered != theta).any()):
            points.append(gathered)
        used = set(self.units[[c - self.biased for c in basis if c >= self.biased]].tolist())
        moved = self._spread(gathered.copy(), [t for t in range(self.hidden.filters) if t not in used])
        if bool((moved != gathered).any()):
            points.append(moved)
        count = len(self.matrix)
        columns = independent_columns(self.matrix)
        if len(columns) < count:
            return f"features of rank {len(columns)} were found; expected {count}, the number of samples"
        targets = self.objective.instance.targets
        assert targets is not None
        points.append(self._with_output(moved, columns, _solved(self.matrix[:, columns], targets.fractions())))
        path = Path(self.objective, tuple(ExactArray.from_fractions(p.tolist(), p.shape) for p in points))
        if path.segments[-1].after:
            raise AssertionError("the path does not end at zero loss")
        return path

    def _with_ones(self, features: Matrix) -> Matrix:
        ones = np.full((len(features), 1), Fraction(1), dtype=object)
        return np.concatenate([ones, features], axis=1) if self.biased else features

    def _output(self, theta: Matrix) -> Matrix:
        """Output biases, if there are any, above the output weights."""
        weights = theta[self.upper.weights].reshape(self.upper.layer.weights_shape)
        return np.concatenate([theta[self.upper.biases][None], weights]) if self.biased else weights

    def _with_output(self, theta: Matrix, columns: list[int], values: Matrix) -> Matrix:
        """Return θ with these output biases and weights, and zero for all others."""
        result = theta.copy()
        table = np.full((self.matrix.shape[1], self.outer.filters), Fraction(0), dtype=object)
        table[columns] = values
        if self.biased:
            result[self.upper.biases], table = table[0], table[1:]
        result[self.upper.weights] = table.ravel()
        return result

    def _spread(self, theta: Matrix, free: list[int]) -> Matrix:
        """Give free units features that raise the rank, as long as it is too small; θ is changed, and returned."""
        rank = len(independent_columns(self.matrix))
        for unit in free:
            columns = np.flatnonzero(self.units == unit) + self.biased
            kept = np.delete(self.matrix, columns, axis=1)
            for weights, biases in self._filters():
                if rank == len(self.matrix):
                    return theta
                values = self._features(weights, biases)
                if values is None:
                    continue
                own = values[:, self.outer.patches.slots[0][self.units == unit] // self.hidden.filters]
                candidate = np.concatenate([kept, own], axis=1)
                found = len(independent_columns(candidate))
                if found > rank:
                    rank = found
                    self.matrix[:, columns] = own
                    for slot, value in enumerate(weights):
                        theta[self.lower.weight(slot, unit)] = value
                    for position, value in enumerate(biases):
                        place = self.lower.bias(position * self.hidden.filters + unit)
                        if place is not None:
                            theta[place] = value
                    break
        return theta

    def _filters(self) -> Iterator[tuple[list[Fraction], list[Fraction]]]:
        """Random filters: some pre-activation of each patch is a small integer, where there are biases."""
        slots = self.hidden.patches.slots
        common = math.lcm(*(value.denominator for value in self.samples.ravel().tolist()))
        largest = max((abs(value) for value in self.samples.ravel().tolist()), default=Fraction(1)) or Fraction(1)
        units = [Fraction(common)] if self.hidden.activation.domain == "binary" else [Fraction(1), 1 / largest]
        for attempt in range(ATTEMPTS):
            drawn = self.generator.integers(-SPAN, SPAN + 1, size=(slots.shape[1],)).tolist()
            weights = [value * units[attempt % len(units)] for value in drawn]
            z = self._sums(weights)
            if self.hidden.bias == "none":
                yield weights, [Fraction(0)] * len(slots)
                continue
            sample = int(self.generator.integers(len(z)))
            offsets = self.generator.integers(-1, SPAN, size=(len(slots),)).tolist()
            biases = [offset - value for offset, value in zip(offsets, z[sample].tolist(), strict=True)]
            yield weights, biases if self.hidden.bias == "neuron" else [biases[0]] * len(slots)

    def _sums(self, weights: list[Fraction]) -> Matrix:
        """Pre-activations of one filter without biases, (N, P)."""
        padded = np.concatenate([self.samples, np.full((len(self.samples), 1), Fraction(0), dtype=object)], axis=1)
        product: Matrix = padded[:, self.hidden.patches.slots] @ np.array(weights, dtype=object)
        return product

    def _features(self, weights: list[Fraction], biases: list[Fraction]) -> Matrix | None:
        """Features of one filter, (N, P); None where they are not rational."""
        z = self._sums(weights) + np.array(biases, dtype=object)
        try:
            values = [self.hidden.activation.exact(value) for value in z.ravel().tolist()]
        except InputError:
            return None
        result = np.empty(z.shape, dtype=object)
        result.ravel()[:] = values
        return result


# -------------------------------------------------------------------- linear algebra on fractions


def _row_reduced(matrix: Matrix) -> tuple[list[int], Matrix]:
    """Independent columns, and how they combine to all: M = M[:, columns] C."""
    reduced, rank = to_flint(matrix).rref()
    rows = from_flint(reduced)[:rank]
    return [int(np.flatnonzero(row)[0]) for row in rows], rows


def _solved(square: Matrix, right: Matrix) -> Matrix:
    return from_flint(to_flint(square).solve(to_flint(right)))
