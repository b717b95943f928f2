"""A network as it was given, with what the layers of the paper do not have: normalizations, and Softmax at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters

Head: TypeAlias = Literal["softmax", "log-softmax"] | None
"""What is done to the features of the last layer."""


@dataclass(frozen=True, eq=False)
class Normalization:
    """BatchNormalization in inference, between the pre-activations of a layer and its activation.

    Filter t takes z to (z - mean_t) scale_t / sqrt(variance_t) + shift_t.

    Attributes
    ----------
    layer : int
    scale, shift, mean, variance : ExactArray (T,)
        The variance with its epsilon, positive.
    """

    layer: int
    scale: ExactArray
    shift: ExactArray
    mean: ExactArray
    variance: ExactArray

    @property
    def arrays(self) -> dict[str, ExactArray]:
        """The arrays by name."""
        return {"scale": self.scale, "shift": self.shift, "mean": self.mean, "variance": self.variance}


@dataclass(frozen=True, eq=False)
class AsGiven:
    """A network with parameters whose outputs are those of a model as it is.

    Attributes
    ----------
    network : Network
    parameters : Parameters
        Of all layers.
    normalizations : tuple of Normalization
        Ascending by layer.
    head : {"softmax", "log-softmax"} or None
    notes : tuple of str
    """

    network: Network
    parameters: Parameters
    normalizations: tuple[Normalization, ...] = ()
    head: Head = None
    notes: tuple[str, ...] = ()

    @property
    def order(self) -> NDArray[np.intp]:
        """Neurons of the last layer in the order of the model's outputs: as arrays, channels first."""
        last = self.network.resolved[-1]
        numbers = np.arange(last.width)
        if last.layout == "channels-first" or len(last.shape) == 1:
            return numbers
        return np.moveaxis(numbers.reshape(*last.shape[1:], last.shape[0]), -1, 0).ravel()
