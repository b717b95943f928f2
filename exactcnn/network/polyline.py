"""Polylines of parameters: arrays whose first index is the point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.errors import InputError
from exactcnn.network.array_layouts import ArrayLayout
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


def polyline(network: Network, arrays: Mapping[str, Any], *, layout: ArrayLayout = "paper") -> tuple[Parameters, ...]:
    """Take W1, b1, W2, ... of all layers at several points.

    Parameters
    ----------
    network : Network
    arrays : mapping of str to ExactArray or array_like
        Each has one axis more than the parameter of this name, in front: the points, in their order.
    layout : {"paper", "torch", "keras"}
        As for `Parameters.from_arrays`.

    Raises
    ------
    InputError
        For an array without points, or with another number of them than the first one; and as `Parameters.from_arrays`
        does, for the first point that is not one of this network.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> network = Network((1,), [FullyConnected(1, activation="identity", bias="none")])
    >>> [str(point.layer(1).weights.fractions().item()) for point in polyline(network, {"W1": [[[1]], [[2]]]})]
    ['1', '2']
    >>> polyline(network, {"W1": [[1], [2]]})
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: W1 has shape (2, 1); expected (points, 1, 1), its values at each point
    """
    given: dict[str, ExactArray] = {name: exact_array(array, name=name) for name, array in arrays.items()}
    if not given:
        raise InputError("there are no arrays; expected W1, b1, W2, ... of all layers, their first axis the points")
    shapes = {
        f"{name}{layer.number}": shape for layer in network.resolved for name, shape in layer.parameter_shapes.items()
    }
    for name, array in given.items():
        least = len(shapes.get(name, ())) + 1
        if name in shapes and (len(array.shape) < least or not array.shape[0]):
            sizes = ", ".join(map(str, shapes[name]))
            raise InputError(f"{name} has shape {array.shape}; expected (points, {sizes}), its values at each point")
    first, *others = given.items()
    for name, array in others:
        if array.shape[:1] != first[1].shape[:1]:
            count = array.shape[0] if array.shape else 0
            raise InputError(f"{name} has {count} points, {first[0]} has {first[1].shape[0]}; expected as many")
    points = []
    for number in range(first[1].shape[0]):
        try:
            own = {name: array[number] for name, array in given.items()}
            points.append(Parameters.from_arrays(network, own, upto=len(network.layers), layout=layout))
        except InputError as error:
            raise InputError(f"point {number}: {error}") from None
    return tuple(points)
