"""Sublevel sets in pieces: points of small loss between which the determinant of the features changes its sign.

If the targets have rank N and the last hidden layer N neurons (N - 1, if the outputs have biases), every point of small
enough loss has regular features. Two units that change places change the sign of their determinant. Width N is one of
Q. Nguyen, "A note on connectivity of sublevel sets in deep learning", 2021.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from exactcnn.landscape.neuron_tables import NeuronPoint
from exactcnn.landscape.objective import Objective
from exactcnn.linalg.evidence import Evidence
from exactcnn.network.instance import Instance
from exactcnn.network.parameters import Parameters


@dataclass(frozen=True, eq=False)
class SeparatedClaim(Evidence):
    """No path joins two points on which the loss is at most the level everywhere."""

    kind: ClassVar[str] = "separated"
    points: tuple[int, int]
    level: Fraction


def with_units_swapped(instance: Instance, first: int, second: int) -> Parameters:
    """Return the parameters in which two units of the last hidden layer have changed places.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> network = Network((1,), [FullyConnected(2, activation="relu"), FullyConnected(1, activation="identity")])
    >>> own = Parameters.from_arrays(network, {"W1": [[1, 2]], "b1": [3, 4], "W2": [[5], [6]], "b2": [7]})
    >>> swapped = with_units_swapped(Instance(network, own, [[1]], [[0]]), 0, 1)
    >>> [swapped.layer(1).weights.fractions().tolist() == [[2, 1]], swapped.layer(2).weights.fractions()[0, 0] == 6]
    [True, True]
    """
    here = NeuronPoint.of(Objective(instance))
    tables, number = here.tables.copy(), len(here.tables.weights) - 1
    for old, new in ((first, second), (second, first)):
        incoming = dict(enumerate(here.tables.weights[number - 1][:, old]))
        tables.set(number, new, incoming, here.tables.bias(number, old))
        tables.weights[number][new] = here.tables.weights[number][old]
    return here.written([tables])[0]
