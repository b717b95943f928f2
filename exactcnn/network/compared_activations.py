"""A library's own activations beside the exact features: a wrong layout, scale or order cannot pass in silence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.domains.float_errors import FLOAT32
from exactcnn.errors import InputError
from exactcnn.network.kinds.kind import ResolvedLayer
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.network.walk import forward, steps


@dataclass(frozen=True)
class Deviation:
    """How far the given activations of one layer are from the exact ones.

    Attributes
    ----------
    layer : int
    samples : int
        How many were given.
    of : {"features", "pre-activations"}
        What they are compared with: pre-activations, where they agree with these and not with the features.
    largest : float
        The largest distance.
    bound : float or None
        The largest error that float32 explains; None where no bound is known.
    within : bool or None
        Whether every entry is within its own bound.
    """

    layer: int
    samples: int
    of: str
    largest: float
    bound: float | None
    within: bool | None

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form."""
        return {"samples": self.samples, "of": self.of, "deviation": self.largest, "bound": self.bound} | {
            "within": self.within
        }


def compare_activations(
    network: Network, parameters: Parameters, samples: ExactArray, given: Mapping[str, Any]
) -> dict[int, Deviation]:
    """Compare a library's activations with the exact ones, layer by layer.

    Parameters
    ----------
    network, parameters
    samples : ExactArray (N, n_0)
    given : mapping from the name of a layer to an array (m, channels, *sizes), (m, *sizes, channels) or (m, n_k)
        Of the first m samples; flat rows are channels first.

    Raises
    ------
    InputError
        For a name that no layer has, another shape, more samples than there are, and entries that are not finite.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> network = Network((2,), [FullyConnected(2, activation="relu", name="fc")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[1, 0], [0, 1]], "b1": [0, 0]})
    >>> samples = ExactArray.from_array([[1, -2]])
    >>> found = compare_activations(network, parameters, samples, {"fc": np.array([[1.0, 0.0]])})[1]
    >>> found.largest, found.within
    (0.0, True)
    """
    if not isinstance(given, Mapping):
        raise InputError(f"activations are a {type(given).__name__}; expected arrays by the names of layers")
    if not given:
        return {}
    layers = {name: network.layer(name) for name in given}
    rows = {name: _in_our_order(layers[name], array, name) for name, array in given.items()}
    most = max(map(len, rows.values()))
    if most > len(samples):
        raise InputError(f"activations of {most} samples; expected at most {len(samples)}, as many as the data have")
    top = max(layer.number for layer in layers.values())
    trace = forward(FLOAT32, steps(FLOAT32, network, parameters, top), FLOAT32.lift(samples[:most]))
    found = {}
    for name, layer in layers.items():
        against = {"features": trace.features[layer.number], "pre-activations": trace.pre_activations[layer.number - 1]}
        each = [_deviation(layer.number, rows[name], pair, of) for of, pair in against.items()]
        found[layer.number] = each[0] if each[0].within is not False or not each[1].within else each[1]
    return found


def _deviation(layer: int, rows: NDArray[np.float64], pair: tuple[Any, Any], of: str) -> Deviation:
    values, bounds = (part[: len(rows)] for part in pair)
    distance = np.abs(rows - values)
    known = bool(np.isfinite(bounds).all())
    largest = float(distance.max(initial=0.0))
    if not known:
        return Deviation(layer, len(rows), of, largest, None, None)
    within = bool((distance <= bounds * (1 + 2.0**-50)).all())  # the distance is rounded once
    return Deviation(layer, len(rows), of, largest, float(bounds.max(initial=0.0)), within)


def _in_our_order(layer: ResolvedLayer, array: Any, name: str) -> NDArray[np.float64]:
    """Rows of neurons in the numbering of the layer."""
    values = exact_array(array, name=f"activations of {name!r}").floats()[0]
    channels, *sizes = layer.shape
    count = len(values) if values.ndim else 0
    last = (count, *sizes, channels)
    if values.shape == (count, *layer.shape) or values.shape == (count, math.prod(layer.shape)):
        first = values.reshape(count, channels, -1)
    elif values.shape == last:
        first = np.moveaxis(values, -1, 1).reshape(count, channels, -1)
    else:
        shapes = f"(m, {', '.join(map(str, layer.shape))})"
        raise InputError(f"activations of {name!r} have shape {values.shape}; expected {shapes}, m samples")
    ordered = first if layer.layout == "channels-first" else np.moveaxis(first, 1, 2)
    return ordered.reshape(count, -1)
