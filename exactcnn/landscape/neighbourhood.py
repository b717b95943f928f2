"""What a network does near a point: the pieces of activations that are met there, and which features cannot vary.

Everything follows from decisions that hold at the point itself: a piece that is certain is met in a neighbourhood; at
a breakpoint, and where balls leave it open, all pieces are counted that may be met.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Choice
from exactcnn.domains.balls import working_precision
from exactcnn.domains.curves import Curve
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.network.kinds.max_pooling import without_padding
from exactcnn.network.network import Convolved, Network, Pooled
from exactcnn.network.walk import Pattern
from exactcnn.patches.graph import PADDING

Line = tuple[Fraction, Fraction]
"""A piece a z + b as (a, b)."""


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Pieces and constant features of layers 0 to L.

    Attributes
    ----------
    network : Network
    first, last : tuple of ndarray of int (N, n_k)
        The pieces that are met are those from `first` to `last`; None for layer 0 and max-pooling.
    constants : tuple of ndarray of object (N, n_k)
        The value of a feature that does not depend on the parameters near the point; None where it may.
    level : tuple of ndarray of bool (n_k,)
        Whether a neuron has the same value on all samples, whatever the parameters near the point are.
    """

    network: Network
    first: tuple[NDArray[Any] | None, ...]
    last: tuple[NDArray[Any] | None, ...]
    constants: tuple[NDArray[np.object_], ...]
    level: tuple[NDArray[np.bool_], ...]

    def lines(self, layer: int, neurons: Collection[int], sample: int | None = None) -> set[Line | None]:
        """Pieces that some neurons of a layer meet on a sample, or any; None stands for one that is not affine."""
        known = lines(self.network.convolved(layer).activation)
        first, last = self.first[layer], self.last[layer]
        assert first is not None
        assert last is not None
        places, rows = list(neurons), slice(None) if sample is None else slice(sample, sample + 1)
        pairs = zip(first[rows, places].ravel().tolist(), last[rows, places].ravel().tolist(), strict=True)
        return {known[number] for low, high in set(pairs) for number in range(low, high + 1)}

    def varying(self, layer: int) -> NDArray[np.bool_]:
        """Where features may depend on the parameters, (N, n_k)."""
        return _unknown(self.constants[layer])


def lines(curve: Curve) -> list[Line | None]:
    """All pieces of an activation as lines; None for those that are none.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> lines(activation("relu"))
    [(Fraction(0, 1), Fraction(0, 1)), (Fraction(1, 1), Fraction(0, 1))]
    >>> lines(activation("tanh"))
    [None]
    """
    if curve.special is not None:
        return [None]
    found: list[Line | None] = []
    for piece in curve.pieces:
        constant, affine = piece.constant, piece.affine
        if constant is not None:
            found.append((Fraction(0), constant))
        else:
            found.append(None if affine is None else (affine[1], affine[0]))
    return found


def pattern_at(objective: Objective, bits: int = PRECISION) -> Pattern:
    """Pieces and winners of all layers: exact as far as Q reaches, above that by balls, perhaps open."""
    known = objective.pattern
    for choice, curve in zip(known, objective.curves, strict=True):
        if choice is None and (curve is None or curve.kinks):
            with working_precision(bits):
                return objective.in_balls().trace.pattern
    return known


def neighbourhood(objective: Objective, pattern: Pattern | None = None) -> Neighbourhood:
    """Describe the network near the point of an objective.

    Parameters
    ----------
    objective : Objective
    pattern : Pattern, optional
        Of all layers; by default that of the point. A tie stands for the piece chosen and the next one.

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((1,), [FullyConnected(1, activation="relu"), FullyConnected(1, activation="identity")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[2]], "b1": [0], "W2": [[1]], "b2": [0]})
    >>> near = neighbourhood(Objective(Instance(network, parameters, [[1], [-1], [0]], [[3], [1], [1]])))
    >>> near.constants[1].ravel().tolist()  # on the third sample the unit is at its kink
    [None, Fraction(0, 1), None]
    """
    chosen = pattern_at(objective) if pattern is None else pattern
    network, samples = objective.instance.network, objective.instance.samples
    assert samples is not None
    inputs = samples.fractions()
    first: list[NDArray[Any] | None] = [None]
    last: list[NDArray[Any] | None] = [None]
    constants = [inputs]
    level = [(inputs == inputs[:1]).astype(bool).all(axis=0)]
    for layer, choice in zip(network.resolved, chosen, strict=True):
        below, flat_below = constants[-1], level[-1]
        if isinstance(layer, Pooled):
            assert choice is not None
            first.append(None)
            last.append(None)
            constants.append(_of_winners(below, choice))
            level.append(flat_below[without_padding(layer.patches.slots)].all(axis=1))
            continue
        assert isinstance(layer, Convolved)
        low, high = _met(choice, len(inputs), layer.width)
        own = _flat_values(layer.activation, low, high)
        first.append(low)
        last.append(high)
        constants.append(own)
        same = ~_unknown(own[0]) & (own == own[:1]).astype(bool).all(axis=0)
        level.append(same | _reads_level(layer, flat_below))
    return Neighbourhood(network, tuple(first), tuple(last), tuple(constants), tuple(level))


def _met(choice: Choice | None, samples: int, width: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The first and the last piece that may be met."""
    if choice is None:
        none = np.zeros((samples, width), dtype=np.int64)
        return none, none
    low = choice.chosen.astype(np.int64)
    high = low if choice.last is None else choice.last.astype(np.int64)
    return low, high if choice.ties is None else np.maximum(high, low + choice.ties)


def _flat_values(curve: Curve, low: NDArray[Any], high: NDArray[Any]) -> NDArray[np.object_]:
    """The value where all pieces that are met are constant: neighbouring ones then agree, for σ is continuous."""
    known = [line[1] if line is not None and not line[0] else None for line in lines(curve)]
    table = np.empty(len(known), dtype=object)
    table[:] = known
    own: NDArray[np.object_] = table[low]
    for number, value in enumerate(known):
        if value is None:
            own[(low < number) & (number <= high)] = None
    return own


def _unknown(values: NDArray[np.object_]) -> NDArray[np.bool_]:
    return np.array([value is None for value in values.ravel().tolist()], dtype=bool).reshape(values.shape)


def _of_winners(below: NDArray[np.object_], choice: Choice) -> NDArray[np.object_]:
    own: NDArray[np.object_] = np.take_along_axis(below, choice.chosen.astype(np.intp), 1)
    for unsure in (choice.open, choice.ties):
        if unsure is not None:
            own[unsure] = None
    return own


def _reads_level(layer: Convolved, below: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Neurons that read level columns and padding only."""
    slots = layer.patches.slots
    patches = (below[slots] | (slots == PADDING)).all(axis=1)
    return np.repeat(patches, layer.filters)
