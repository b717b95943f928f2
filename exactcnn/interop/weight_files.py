"""Weights from files of other systems, and which of their tensors are those of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from exactcnn.display import did_you_mean
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.interop.keras_files import read_keras_file
from exactcnn.interop.safetensors import read_safetensors
from exactcnn.interop.torch_files import read_torch_file
from exactcnn.network.array_layouts import ArrayLayout, biases_shapes, weights_shapes
from exactcnn.network.network import Convolved, Network

TORCH, SAFETENSORS, KERAS = (".pth", ".pt"), (".safetensors",), (".h5", ".keras")
STATISTICS = ("running_mean", "running_var", "moving_mean", "moving_variance")  # of BatchNormalization
SUFFIXES = (*TORCH, *SAFETENSORS, *KERAS)


def default_layout(path: str | Path) -> ArrayLayout:
    """Whose arrays a file holds, by its suffix, where nothing is said.

    Examples
    --------
    >>> default_layout("mnist.pth"), default_layout("model.weights.h5"), default_layout("weights.npz")
    ('torch', 'keras', 'paper')
    """
    suffix = Path(path).suffix
    return "keras" if suffix in KERAS else "torch" if suffix in SUFFIXES else "paper"


@dataclass(frozen=True, eq=False)
class Weights:
    """Tensors by name; `ordered` where their order is that of the layers."""

    tensors: Mapping[str, NDArray[Any]]
    ordered: bool


def read_weights(path: str | Path) -> Weights:
    """Read the tensors of a .pth, .pt, .safetensors, .h5 or .keras file; raises as their readers do.

    Examples
    --------
    >>> read_weights("tests/interop/data/tiny.pth").ordered
    True
    >>> read_weights("tests/interop/data/tiny.safetensors").ordered  # they lie in the order of their names
    False
    """
    suffix = Path(path).suffix
    if suffix in SAFETENSORS:
        return Weights(read_safetensors(path), False)
    if suffix in KERAS:
        return Weights(*read_keras_file(path))
    return Weights(read_torch_file(path), True)


def chosen(
    weights: Weights, network: Network, layout: ArrayLayout, names: Mapping[str, str] | None = None
) -> dict[str, ExactArray]:
    """Return W1, b1, W2, ... from tensors: by a table of names, in order, or where sizes leave one way only.

    Parameters
    ----------
    weights : Weights
    network : Network
    layout : {"paper", "torch", "keras"}
        Of the tensors, for their shapes.
    names : mapping of str to str, optional
        From W1, b1, ... to names of tensors.

    Raises
    ------
    InputError
        For a name that is not there, and tensors of a BatchNormalization; without names, for tensors that are not
        as many as the network's, and, in a file without order, for sizes that leave several ways.

    Examples
    --------
    >>> from exactcnn.network.layers import Convolution, FullyConnected
    >>> layers = [Convolution(2, 2, bias="filter", activation="relu"), FullyConnected(2, activation="identity")]
    >>> network, weights = Network((1, 3, 3), layers), read_weights("tests/interop/data/tiny.safetensors")
    >>> {name: array.shape for name, array in chosen(weights, network, "torch").items()}
    {'W1': (2, 1, 2, 2), 'b1': (2,), 'W2': (2, 8), 'b2': (2,)}
    """
    tensors = weights.tensors
    strange = next((name for name in tensors if name.endswith(STATISTICS)), None)
    if strange is not None:  # also beside names: without it the network would be another one
        raise InputError(
            f"{strange} belongs to a BatchNormalization, which a specification does not have; expected a model in ONNX "
            "or from_torch, which fold it"
        )
    if names is None:
        names = _in_order(weights, network) if weights.ordered else _by_sizes(weights, network, layout)
    arrays = {}
    for own, name in names.items():
        if name not in tensors:
            hint = did_you_mean(name, tensors) or f"; expected one of {_some(tensors)}"
            raise InputError(f"names.{own} = {name!r} is no tensor of the file{hint}")
        arrays[own] = ExactArray.from_array(tensors[name], name=name)
    return arrays


def _own_names(network: Network) -> list[str]:
    return [f"{letter}{layer.number}" for layer in network.resolved for letter in layer.parameter_shapes]


def _in_order(weights: Weights, network: Network) -> dict[str, str]:
    """Weights and biases in the order of the file, which is that in which the modules were made."""
    own, found = _own_names(network), list(weights.tensors)
    if len(found) != len(own):
        raise InputError(
            f"{len(found)} tensors ({_some(found)}), but the network has {len(own)} ({_some(own)}); expected equally "
            "many, or a table [parameters.names]"
        )
    pairs = dict(zip(own, found, strict=True))
    for name, tensor in pairs.items():
        is_bias = weights.tensors[tensor].ndim == 1 or tensor.endswith("bias")
        if is_bias != (name[0] == "b") and not weights.tensors[tensor].ndim == 3:
            raise InputError(
                f"{tensor} of shape {weights.tensors[tensor].shape} in the place of {name}; expected weights, then "
                "biases, layer by layer, or a table [parameters.names]"
            )
    return pairs


def _by_sizes(weights: Weights, network: Network, layout: ArrayLayout) -> dict[str, str]:
    """The one way to give each array of the network a tensor of its shape, the biases from beside the weights."""
    modules: dict[str, dict[str, str]] = {}
    for name in weights.tensors:
        for separator in "./":
            if separator in name:
                module, _, last = name.rpartition(separator)
                modules.setdefault(module, {})["b" if last == "bias" else "W"] = name
                break
    layers = [layer for layer in network.resolved if isinstance(layer, Convolved)]
    candidates = []
    for layer in layers:
        shapes = {"W": weights_shapes(network, layer)[layout]}
        if layer.bias != "none":
            shapes["b"] = biases_shapes(network, layer)[layout]
        fits = [
            module
            for module, held in modules.items()
            if {letter: weights.tensors[name].shape for letter, name in held.items()} == shapes
        ]
        candidates.append(fits)
    for layer, fits in zip(layers, candidates, strict=True):
        if len(fits) != 1:
            which = "no module" if not fits else f"{' and '.join(fits[:3])}"
            shape = weights_shapes(network, layer)[layout]
            raise InputError(
                f"{which} with the shapes of layer {layer.number} ({shape}), in a file without order; expected one, "
                "or a table [parameters.names]"
            )
    return {
        f"{letter}{layer.number}": modules[fits[0]][letter]
        for layer, fits in zip(layers, candidates, strict=True)
        for letter in layer.parameter_shapes
    }


def _some(names: Any) -> str:
    shown = list(names)[:6]
    return ", ".join(map(str, shown)) + (", ..." if len(names) > 6 else "")
