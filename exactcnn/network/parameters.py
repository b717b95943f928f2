"""Weights and biases as exact numbers: drawn from a seed, or taken from arrays in the paper's shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from exactcnn.display import Shown
from exactcnn.domains.arguments import Seed, typed
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.errors import InputError
from exactcnn.network.array_layouts import (
    ArrayLayout,
    biases_shapes,
    paper_biases,
    paper_weights,
    weights_shapes,
)
from exactcnn.network.network import Convolved, Network, ResolvedLayer


@typed
@dataclass(frozen=True, eq=False)
class LayerParameters(Shown):
    """Parameters of one layer.

    Attributes
    ----------
    weights : ExactArray, shape (l, T)
        W_k; column t is filter t.
    biases : ExactArray or None
        n_k entries (neuron h = p T + t) for one bias per neuron, T entries for one per filter, None for none.
    """

    weights: ExactArray
    biases: ExactArray | None


@typed
@dataclass(frozen=True, eq=False)
class Parameters(Shown):
    """Parameters of the first layers of a network, exact.

    Parameters
    ----------
    layers : tuple of LayerParameters or None
        Entry k - 1 belongs to layer k; None for a layer without parameters. Layers above the last entry are left out.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> network = Network((2,), [FullyConnected(1)])
    >>> parameters = Parameters.from_arrays(network, {"W1": [["1/3"], ["0.5"]], "b1": [0]})
    >>> parameters.layer(1).weights.fractions().tolist()
    [[Fraction(1, 3)], [Fraction(1, 2)]]
    """

    layers: tuple[LayerParameters | None, ...]

    @typed
    def layer(self, number: int) -> LayerParameters:
        """Parameters of layer k, counted from 1.

        Raises
        ------
        InputError
            For a layer that is absent or has no parameters.
        """
        if not 1 <= number <= len(self.layers):
            raise InputError(f"no parameters of layer {number}; expected a layer from 1 to {len(self.layers)}")
        parameters = self.layers[number - 1]
        if parameters is None:
            raise InputError(f"layer {number} has no parameters")
        return parameters

    @typed
    def check(self, network: Network, upto: int) -> None:
        """Refuse parameters that are not those of layers 1 to `upto` of a network.

        Raises
        ------
        InputError
            For a layer without its arrays, with arrays that it does not have, or with arrays of another shape.

        Examples
        --------
        >>> from exactcnn.network.layers import FullyConnected
        >>> narrow, wide = (Network((width,), [FullyConnected(1)], activation="relu") for width in (2, 3))
        >>> random_parameters(narrow).check(wide, 1)
        Traceback (most recent call last):
        ...
        exactcnn.errors.InputError: parameters: W1 has shape (2, 1); expected (3, 1) in layer 1 of this network
        """
        for layer in network.resolved[: network.layer(upto).number if upto else 0]:
            own = self.layers[layer.number - 1] if layer.number <= len(self.layers) else None
            wanted = layer.parameter_shapes
            found: dict[str, tuple[int, ...]] = {} if own is None else {"W": own.weights.shape}
            if own is not None and own.biases is not None:
                found["b"] = own.biases.shape
            for letter in "Wb":
                held, expected = found.get(letter), wanted.get(letter)
                if held != expected:
                    name, where = f"{letter}{layer.number}", f"in layer {layer.number} of this network"
                    is_held = "is missing" if held is None else f"has shape {held}"
                    raise InputError(f"parameters: {name} {is_held}; expected {expected or 'none'} {where}")

    @classmethod
    @typed
    def from_arrays(
        cls,
        network: Network,
        arrays: Mapping[str, Any],
        *,
        upto: int | None = None,
        layout: ArrayLayout = "paper",
    ) -> Parameters:
        """Take W1, b1, W2, ... of layers 1 to `upto`.

        Parameters
        ----------
        network : Network
            Whose shapes the arrays must have.
        arrays : mapping of str to ExactArray or array_like
            Numbers, or strings such as ``"3/7"``. Layers without parameters, such as
            max-pooling, have no arrays but keep their number.
        upto : int, optional
            The last layer needed; arrays above it may be there or not. Where it is left out, the last layer that has
            an array.
        layout : {"paper", "torch", "keras"}
            Whose arrays they are. "paper": W_k is (l, T), b_k has n_k or T entries. "torch": kernels (T, C, kH, kW) and
            dense weights (out, in), on feature maps flattened channels first. "keras": kernels (kH, kW, C, T) and dense
            weights (in, out), on feature maps flattened channels last. Biases are (T,) in both, or have the shape of
            the feature maps where there is one for each neuron.

        Raises
        ------
        InputError
            For a name that is no parameter of the network, an array that is missing, of another shape, or with an entry
            that is masked, missing or not finite (with its index).

        Examples
        --------
        >>> from exactcnn.network.layers import FullyConnected
        >>> Parameters.from_arrays(Network((2,), [FullyConnected(1)]), {"W1": [[1, 2]], "b1": [0]})
        Traceback (most recent call last):
        ...
        exactcnn.errors.InputError: W1 has shape (1, 2), that of layout = 'torch'; expected (2, 1)
        """
        names = [f"{letter}{layer.number}" for layer in network.resolved for letter in layer.parameter_shapes]
        for name in arrays:
            if name not in names:
                known = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
                raise InputError(f"{name!r} is no parameter of the network; expected {known}")
        last = upto if upto is not None else max((int(name[1:]) for name in arrays), default=len(network.layers))
        if upto is None:
            while last < len(network.layers) and not network.resolved[last].parameter_shapes:
                last += 1  # layers without parameters on top need no arrays
        else:
            network.layer(upto)
        return cls(tuple(_taken(network, layer, arrays, layout) for layer in network.resolved[:last]))


def given_parameters(network: Network, values: Any) -> Parameters:
    """Take parameters, or a mapping of arrays by their names.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> given_parameters(Network((1,), [FullyConnected(1, bias="none")]), [1])
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: parameters is of type list; expected Parameters, or arrays by name (W1, b1)
    """
    if isinstance(values, Parameters):
        return values
    if isinstance(values, Mapping):
        return Parameters.from_arrays(network, values)
    raise InputError(f"parameters is of type {type(values).__name__}; expected Parameters, or arrays by name (W1, b1)")


@typed
def random_parameters(network: Network, *, seed: Seed = 0, scale: float = 1.0, upto: int | None = None) -> Parameters:
    """Draw parameters in float32 and take them as the dyadic rationals that they are.

    Weights are normal with mean 0 and standard deviation `scale` / sqrt(l), so that pre-activations neither grow nor
    vanish with the size l of the patches; biases are normal with standard deviation `scale`. Each layer has its own
    stream, so layers added on top change nothing below, nor does another kind of bias change the weights.

    Parameters
    ----------
    network : Network
        Whose layers are drawn.
    seed : int
        Not negative.
    scale : float
        Positive factor of all standard deviations.
    upto : int, optional
        The last layer to draw; all layers where it is left out.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> small = random_parameters(Network((2,), [FullyConnected(1)]), seed=7)
    >>> large = random_parameters(Network((2,), [FullyConnected(1), FullyConnected(5)]), seed=7)
    >>> bool((small.layer(1).weights.fractions() == large.layer(1).weights.fractions()).all())
    True
    """
    if not 2.0**-64 <= scale <= 2.0**64:  # float32 draws neither overflow nor vanish
        raise InputError(f"scale = {scale!r}; expected a number from 2**-64 to 2**64")
    layers = network.resolved if upto is None else network.resolved[: network.layer(upto).number]
    streams = np.random.SeedSequence(seed).spawn(len(layers))
    return Parameters(tuple(_drawn(layer, stream, scale) for layer, stream in zip(layers, streams, strict=True)))


def _drawn(layer: ResolvedLayer, stream: np.random.SeedSequence, scale: float) -> LayerParameters | None:
    if not isinstance(layer, Convolved):
        return None
    generator = np.random.default_rng(stream)
    deviation = np.float32(scale / np.sqrt(layer.patches.patch_size))
    weights = generator.standard_normal(layer.weights_shape, dtype=np.float32) * deviation
    biases = generator.standard_normal(layer.biases_count, dtype=np.float32) * np.float32(scale)
    return LayerParameters(
        ExactArray.from_array(weights, name=f"W{layer.number}"),
        ExactArray.from_array(biases, name=f"b{layer.number}") if layer.bias != "none" else None,
    )


def _taken(
    network: Network, layer: ResolvedLayer, arrays: Mapping[str, Any], layout: ArrayLayout
) -> LayerParameters | None:
    if not isinstance(layer, Convolved):
        return None
    weights = _array(arrays, f"W{layer.number}", weights_shapes(network, layer)[layout])
    weights = paper_weights(weights, network, layer, layout)
    if layer.bias == "none":
        return LayerParameters(weights, None)
    biases = _array(arrays, f"b{layer.number}", biases_shapes(network, layer)[layout])
    return LayerParameters(weights, paper_biases(biases, network, layer, layout))


def _array(arrays: Mapping[str, Any], name: str, expected: tuple[int, ...]) -> ExactArray:
    """The array of this name, exact."""
    if name not in arrays:
        raise InputError(f"{name} is missing; expected an array of shape {expected}")
    return exact_array(arrays[name], name=name)
