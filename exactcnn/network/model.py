"""A model: a network with its parameters, as it was read from elsewhere, and what was done to it on the way."""

from __future__ import annotations

from dataclasses import dataclass

from exactcnn.display import Shown
from exactcnn.domains.arguments import typed
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


@typed
@dataclass(frozen=True, eq=False)
class Model(Shown):
    """A network with parameters, and notes.

    Parameters
    ----------
    network : Network
        Its layers have the names that they had where they come from.
    parameters : Parameters
        Of all layers.
    notes : tuple of str
        What was left out or folded, a line each: statements are about the network without it.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.parameters import random_parameters
    >>> network = Network((2,), [FullyConnected(3, activation="relu", name="fc1")])
    >>> print(Model(network, random_parameters(network), ("Dropout is left out",)))
    k  name  kind             shape  n_k  parameters  activation
    0        input            2      2
    1  fc1   fully-connected  3      3    9           relu
    note: Dropout is left out
    """

    network: Network
    parameters: Parameters
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.parameters.check(self.network, len(self.network.layers))
