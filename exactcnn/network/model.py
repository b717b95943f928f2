"""A model: a network with its parameters, as it was read from elsewhere, and what was done to it on the way."""

from __future__ import annotations

from dataclasses import dataclass

from exactcnn.display import did_you_mean
from exactcnn.errors import InputError
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


@dataclass(frozen=True, eq=False)
class Model:
    """A network with parameters, the names of its layers, and notes.

    Parameters
    ----------
    network : Network
    parameters : Parameters
        Of all layers.
    names : tuple of str
        What the user calls layers 1 to L.
    notes : tuple of str
        What was left out or folded, a line each: statements are about the network without it.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.parameters import random_parameters
    >>> network = Network((2,), [FullyConnected(3, activation="relu"), FullyConnected(1, activation="identity")])
    >>> model = Model(network, random_parameters(network), ("fc1", "fc2"))
    >>> model.number("fc2"), model.number(1)
    (2, 1)
    >>> model.number("dense")
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: layer 'dense' is not known; expected one of fc1, fc2
    """

    network: Network
    parameters: Parameters
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.names) != len(self.network.layers):
            raise InputError(f"{len(self.names)} names; expected one for each of {len(self.network.layers)} layers")
        self.parameters.check(self.network, len(self.network.layers))

    def number(self, layer: int | str) -> int:
        """Return the index k of a layer, from its name or itself.

        Raises
        ------
        InputError
            For a name that no layer, or more than one, has.
        """
        if not isinstance(layer, str):
            return self.network.layer(layer).number
        found = [number for number, name in enumerate(self.names, 1) if name == layer]
        if len(found) == 1:
            return found[0]
        if found:
            raise InputError(f"layers {', '.join(map(str, found))} are named {layer!r}; expected a number")
        hint = did_you_mean(layer, self.names) or f"; expected one of {', '.join(self.names)}"
        raise InputError(f"layer {layer!r} is not known{hint}")

    def __str__(self) -> str:
        lines = [
            f"{layer.number}  {name}: {layer.kind}, {' x '.join(map(str, layer.shape))}"
            for layer, name in zip(self.network.resolved, self.names, strict=True)
        ]
        return "\n".join((*lines, *(f"note: {note}" for note in self.notes)))
