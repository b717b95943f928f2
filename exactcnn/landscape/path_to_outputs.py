"""From any point of a network of width n to one with prescribed outputs, n the number of distinct samples: 3 segments.

Below the last hidden layer all that is needed of a layer is one sum of its units, a *carrier*, that takes different
values on all distinct samples. Where the samples differ in the features there is one. Where two of them are equal, the
features have rank below n; so the weights above can move onto fewer than n units, with the same pre-activations, and a
unit that nobody reads any more is made the carrier: the activation of the carrier below, scaled and shifted to where it
is injective. In the last hidden layer all units that are free get such activations, until the features have rank n;
then the output weights go straight to an exact fit. The three segments are: all weights that move onto fewer units; all
units that are free; the output weights.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from exactcnn.display import several
from exactcnn.landscape.carriers import Carrier, completed, separating_sum
from exactcnn.landscape.neuron_tables import ONES, NeuronPoint, basis, not_covered, solved, with_ones
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.spread import Unit, spread
from exactcnn.landscape.wide_path import Steps, WidePath
from exactcnn.linalg.fractions import Matrix
from exactcnn.network.network import Convolved
from exactcnn.network.parameters import Parameters


def path_to_outputs(objective: Objective, better: Parameters | None = None, *, seed: int = 0) -> WidePath | str:
    """Join a point to one with the outputs of a better one, or with the least loss that any outputs have.

    Parameters
    ----------
    objective : Objective
        At the start: a fully connected network with rational features, the last layer without activation. For n
        distinct samples the last hidden layer needs n neurons, or n - 1 if the outputs have biases, and an activation
        that is no polynomial. A layer below needs n neurons where two distinct samples have equal features, and an
        activation that is injective on some interval. Layers whose units are set need biases.
    better : Parameters, optional
        With a smaller loss. By default the outputs are the targets, or the mean of those of equal samples.
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

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> layers = [FullyConnected(2, activation="relu"), FullyConnected(2, activation="relu")]
    >>> network = Network((1,), [*layers, FullyConnected(1, activation="identity", bias="none")])
    >>> dead = {"W1": [[0, 0]], "b1": [-1, -1], "W2": [[1, 1], [1, 1]], "b2": [0, 0], "W3": [[1], [1]]}
    >>> objective = Objective(Instance(network, Parameters.from_arrays(network, dead), [[1], [2]], [[1], [5]]))
    >>> path = path_to_outputs(objective)
    >>> path.kinds, str(path.before), str(path.after)
    (('constant', 'constant', 'last-layer'), '13', '0')
    """
    reason = not_covered(objective.instance.network)
    if reason is not None:
        return reason
    here = NeuronPoint.of(objective)
    if better is not None:
        outputs = here.at(better).outputs
    else:
        groups = [here.targets[here.of_sample == i] for i in range(here.count)]
        outputs = np.array([(each.sum(axis=0) / Fraction(len(each))).tolist() for each in groups], dtype=object)
        if bool((outputs == here.outputs).all()):
            return "the loss is the least that any outputs have already"
    return _Fit(here, outputs, np.random.default_rng(seed)).path()


class _Fit:
    """The three segments."""

    def __init__(self, here: NeuronPoint, outputs: Matrix, generator: np.random.Generator) -> None:
        self.here, self.outputs, self.generator = here, outputs, generator
        self.layers = [layer for layer in here.objective.instance.network.resolved if isinstance(layer, Convolved)]
        self.last = len(self.layers) - 1  # the number of the last hidden layer
        self.gathered: dict[int, list[int]] = {}  # a basis of the features of a layer
        self.set: list[Unit] = []

    def path(self) -> WidePath | str:
        """Return the path, or the reason why there is none."""
        found = spread(self.here, separating_sum(self.here.features[0], self.generator), self.generator)
        if isinstance(found, str):
            return found
        self.gathered, self.set = found.gathered, found.units
        features = self._completed(found.carrier)
        return features if isinstance(features, str) else self._steps(features)

    def _steps(self, features: Matrix) -> WidePath:
        """Write the segments down; the features are those of the last hidden layer at the end."""
        gathered = self.here.gather(self.gathered)
        moved = gathered.copy()
        for each in self.set:
            moved.set(*each)
        columns = self._columns(features)
        values = solved(with_ones(features)[:, [unit - ONES for unit in columns]], self.outputs)
        steps: Steps = [("constant", gathered), ("constant", moved)] if self.set else []
        return WidePath.of(self.here, self.outputs, [*steps, ("last-layer", moved.with_outputs(columns, values))])

    # ---------------------------------------------------------------- the last hidden layer

    def _columns(self, features: Matrix) -> list[int]:
        """Neurons, after `ONES` where the outputs have biases, whose features are a basis."""
        if self.layers[-1].bias == "none":
            return basis(features)
        return [column + ONES for column in basis(with_ones(features))]

    def _completed(self, carrier: Carrier) -> Matrix | str:
        """Features of rank n in the last hidden layer, with those of free units set; or why there are none."""
        number, features, count = self.last, self.here.features[self.last].copy(), self.here.count
        block = self._columns(features)
        if len(block) == count:
            return features
        width, needed = features.shape[1], count - (self.layers[-1].bias != "none")
        if width < needed:
            return (
                f"layer {number} has {several(width, 'neuron')}, for {count} different samples; "
                f"expected at least {needed}, {needed - width} more"
            )
        layer = self.layers[number - 1]
        if layer.bias == "none":
            return f"layer {number} has no biases, and features of rank {len(block)}; expected {count}"
        self.gathered[number] = block
        columns = with_ones(features)[:, [unit - ONES for unit in block]]
        taken, rank = completed(layer.activation, carrier.values, columns, count)
        for ((scale, shift), own), unit in zip(taken, sorted(set(range(width)) - set(block)), strict=False):
            self.set.append((number, unit, carrier.incoming(scale), shift))
            features[:, unit] = own
        if rank == count:
            return features
        return (
            f"layer {number}: features of {layer.activation.label} of rank {rank} were found; "
            f"expected {count}, the number of different samples"
        )
