"""Segments on which no output changes, whatever layers change together.

All outputs are live, and every neuron below that a live one reads with a weight that is not 0 at one of both ends; so
no live neuron reads another one anywhere between. From below: if the live features under a layer stay, its live
pre-activations are affine in t, and stay if the changes of weights and biases add 0 to each, on the features at the
start.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.objective import Objective
from exactcnn.linalg.fractions import Matrix, from_flint, to_flint
from exactcnn.network.network import Convolved


def changing_layer(here: Objective, there: Objective, features: Sequence[ExactArray]) -> int | None:
    """Return the first layer of which live pre-activations change on the way; None if no output changes.

    Parameters
    ----------
    here, there : Objective
        Two points of one loss.
    features : sequence of ExactArray
        F_0, F_1, ... at the first of them.

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((1,), [FullyConnected(2, activation="relu"), FullyConnected(1, activation="identity")])
    >>> def at(w1, w2):
    ...     parameters = Parameters.from_arrays(network, {"W1": [w1], "b1": [0, 0], "W2": w2, "b2": [0]})
    ...     return Objective(Instance(network, parameters, [[1], [2]], [[1], [2]]))
    >>> def changing(here, there):
    ...     return changing_layer(here, there, here.in_rationals().trace.features)
    >>> changing(at([1, 5], [[1], [0]]), at([1, 7], [[1], [0]]))
    >>> changing(at([1, 1], [[1], [0]]), at([1, 1], [[0], [1]]))
    >>> changing(at([1, 5], [[1], [0]]), at([1, 7], [[1], [1]]))
    1
    """
    layers = here.instance.network.resolved
    live = np.ones(layers[-1].width, dtype=bool)
    changes = []
    for layer in reversed(layers):
        below = np.zeros(layer.patches.neurons, dtype=bool)
        if not isinstance(layer, Convolved):
            below[:] = True
            live = below
            continue
        (old, shift), (new, other) = (_parameters(point, layer) for point in (here, there))
        by_patch = live.reshape(-1, layer.filters)
        if ((old != new)[:, by_patch.any(axis=0)]).any() or (shift != other).any():
            changes.append((layer, new - old, other - shift, live))
        reads = np.asarray((old != 0) | (new != 0), dtype=int)  # slots, filters
        for slots, units in zip(layer.patches.slots, by_patch, strict=True):
            read = slots[reads @ units.astype(int) > 0]
            below[read[read >= 0]] = True
        live = below
    for layer, weights, shifts, alive in reversed(changes):
        known = features[layer.number - 1].fractions()
        padded = np.concatenate([known, np.zeros((len(known), 1), dtype=object)], axis=1)  # slot -1 reads 0
        for place, slots in enumerate(layer.patches.slots):
            own = slice(place * layer.filters, (place + 1) * layer.filters)
            if alive[own].any():
                moved = from_flint(to_flint(padded[:, slots]) * to_flint(weights)) + shifts[own]
                if (moved != 0)[:, alive[own]].any():
                    number: int = layer.number
                    return number
    return None


def _parameters(point: Objective, layer: Convolved) -> tuple[Matrix, NDArray[np.object_]]:
    """W_k (slots, filters), and the bias of each neuron."""
    assert point.instance.parameters is not None
    own = point.instance.parameters.layer(layer.number)
    weights = own.weights.fractions()
    if own.biases is None:
        return weights, np.zeros(layer.width, dtype=object)
    biases = own.biases.fractions()
    return weights, biases if len(biases) == layer.width else np.tile(biases, layer.width // len(biases))
