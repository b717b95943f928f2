"""An instance: a network, its parameters, samples and targets, exact, and known to fit each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exactcnn.data.dataset import Dataset
from exactcnn.display import Shown
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.errors import InputError
from exactcnn.network.model import Model
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, given_parameters


@dataclass(frozen=True, eq=False, init=False)
class Instance(Shown):
    """What statements are about; each part may be missing as far as no statement needs it.

    Parameters
    ----------
    network : Network or Model
        A model stands for the network and its parameters: the arguments after it are samples and targets.
    parameters : Parameters or mapping of arrays, optional
        Of layers 1 to k for some k.
    samples : Dataset, ExactArray or array_like (N, n_0), optional
    targets : ExactArray or array_like (N, m), optional
        Exact numbers, beside the integer labels that a data set may have.

    Attributes
    ----------
    data : Dataset or None
        The samples with their shape, name and labels.
    notes : tuple of str
        Of the model: what was cut or folded.

    Raises
    ------
    InputError
        If samples, parameters or targets are not those of the network.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> network = Network((2,), [FullyConnected(1, activation="relu")])
    >>> instance = Instance(network, samples=[[1, 2], [3, 4]], targets=[["1/2"], [0]])
    >>> len(instance.samples), instance.targets.fractions().tolist()
    (2, [[Fraction(1, 2)], [Fraction(0, 1)]])
    """

    network: Network
    parameters: Parameters | None
    data: Dataset | None
    targets: ExactArray | None
    notes: tuple[str, ...]

    def __init__(
        self, network: Network | Model, parameters: Any = None, samples: Any = None, targets: Any = None
    ) -> None:
        notes = network.notes if isinstance(network, Model) else ()
        if isinstance(network, Model):
            model = network
            if parameters is not None:
                if targets is not None:
                    raise InputError("parameters beside a model, which has its own; expected (model, samples, targets)")
                samples, targets = parameters, samples
            network, parameters = model.network, model.parameters
        _check_order(network, parameters)
        if parameters is not None:
            parameters = given_parameters(network, parameters)
        data = samples if isinstance(samples, Dataset) or samples is None else _flat(network, samples)
        if data is not None:
            data.check_input(network.input_shape)
        if parameters is not None:
            parameters.check(network, min(len(parameters.layers), len(network.layers)))
        if targets is not None:
            targets = exact_array(targets, name="targets")
            expected = "(N, m)" if data is None else f"({len(data)}, m), a row for each sample"
            if len(targets.shape) != 2 or (data is not None and len(targets) != len(data)) or not targets.shape[1]:
                raise InputError(f"targets have shape {targets.shape}; expected {expected}")
        for name, value in zip(_PARTS, (network, parameters, data, targets, notes), strict=True):
            object.__setattr__(self, name, value)

    @property
    def samples(self) -> ExactArray | None:
        """X, (N, n_0)."""
        return None if self.data is None else self.data.samples

    @property
    def count(self) -> int | None:
        """N."""
        return None if self.data is None else len(self.data)


_PARTS = ("network", "parameters", "data", "targets", "notes")


def _check_order(network: object, parameters: object) -> None:
    if not isinstance(network, Network) or not isinstance(parameters, Parameters | Mapping | None):
        given = ", ".join(type(value).__name__ for value in (network, parameters))
        raise InputError(f"network and parameters are given as {given}; expected (network, parameters, samples)")


def _flat(network: Network, samples: Any) -> Dataset:
    array = exact_array(samples, name="samples")
    if len(array.shape) == 2 and array.shape[1] != network.widths[0]:
        raise InputError(f"samples has shape {array.shape}; expected (N, {network.widths[0]})")
    return Dataset.from_array(array)
