"""All parameters of a network as one vector θ, with a name for each coordinate.

Layer by layer: the entries of W_k in C order, then the biases as the layer shares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.network.network import Convolved, Network
from exactcnn.network.parameters import LayerParameters, Parameters


@dataclass(frozen=True, eq=False)
class Block:
    """Where the parameters of one layer stand in θ.

    Attributes
    ----------
    layer : Convolved
    start : int
        The place of W_k[0, 0].
    """

    layer: Convolved
    start: int

    @property
    def weights(self) -> slice:
        """The entries of W_k."""
        slots, filters = self.layer.weights_shape
        return slice(self.start, self.start + slots * filters)

    @property
    def biases(self) -> slice:
        """The biases; empty where there are none."""
        return slice(self.weights.stop, self.weights.stop + self.layer.biases_count)

    @property
    def stop(self) -> int:
        """The place behind the last parameter."""
        return int(self.biases.stop)

    def weight(self, slot: int, unit: int) -> int:
        """Place of W_k[slot, unit]."""
        return self.start + slot * self.layer.filters + unit

    def bias(self, neuron: int) -> int | None:
        """Place of the bias of a neuron h = p T + t, however it is shared; None if it has none."""
        if self.layer.bias == "none":
            return None
        return int(self.weights.stop) + (neuron if self.layer.bias == "neuron" else neuron % self.layer.filters)


@dataclass(frozen=True, eq=False)
class Coordinates:
    """The coordinates of θ.

    Parameters
    ----------
    network : Network

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> coordinates = Coordinates(Network((2,), [FullyConnected(2), FullyConnected(1, bias="none")]))
    >>> coordinates.count, coordinates.name(3), coordinates.name(4), coordinates.index("W2[1,0]")
    (8, 'W1[1,1]', 'b1[0]', 7)
    """

    network: Network

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """One for each layer that has parameters, from below."""
        blocks: list[Block] = []
        for layer in self.network.resolved:
            if isinstance(layer, Convolved):
                blocks.append(Block(layer, blocks[-1].stop if blocks else 0))
        return tuple(blocks)

    @property
    def count(self) -> int:
        """P."""
        return self.blocks[-1].stop if self.blocks else 0

    def block(self, layer: int) -> Block:
        """The block of layer k.

        Raises
        ------
        InputError
            If the layer has no parameters.
        """
        for block in self.blocks:
            if block.layer.number == layer:
                return block
        raise InputError(f"layer {layer} has no parameters; expected one of {self._numbers()}")

    def name(self, index: int) -> str:
        """Return "W2[0,1]" or "b2[3]"."""
        for block in self.blocks:
            if index < block.weights.stop:
                slot, unit = divmod(index - block.start, block.layer.filters)
                return f"W{block.layer.number}[{slot},{unit}]"
            if index < block.stop:
                return f"b{block.layer.number}[{index - block.biases.start}]"
        raise InputError(f"coordinate {index}; expected a number below {self.count}")

    def names(self, indices: Iterable[int]) -> tuple[str, ...]:
        """Names of several coordinates."""
        return tuple(map(self.name, indices))

    def index(self, name: str) -> int:
        """Return the place of a coordinate.

        Raises
        ------
        InputError
            For a coordinate that does not exist, with the nearest one or the sizes.
        """
        found = re.fullmatch(r"\s*([Wb])(\d+)\[\s*(\d+)\s*(?:,\s*(\d+)\s*)?\]\s*", name)
        if found is None or (found[1] == "W") != (found[4] is not None):
            raise InputError(f"coordinate {name!r}; expected a name such as 'W1[0,2]' or 'b1[0]'")
        block = self.block(int(found[2]))
        slots, filters = block.layer.weights_shape
        if found[1] == "W":
            if int(found[3]) >= slots or int(found[4]) >= filters:
                raise InputError(f"coordinate {name!r}: W{found[2]} has shape ({slots}, {filters})")
            return block.weight(int(found[3]), int(found[4]))
        if int(found[3]) >= block.layer.biases_count:
            raise InputError(f"coordinate {name!r}: layer {found[2]} has {block.layer.biases_count} biases")
        return int(block.biases.start) + int(found[3])

    def flat(self, parameters: Parameters) -> ExactArray:
        """θ, shape (P,), over one denominator.

        Raises
        ------
        InputError
            If parameters of a layer are missing, or not those of the network.
        """
        parameters.check(self.network, len(self.network.layers))
        parts = []
        for block in self.blocks:
            own = parameters.layer(block.layer.number)
            parts += [own.weights.reshape(-1)] + ([] if own.biases is None else [own.biases])
        return Rationals().concatenate(parts)

    def parameters(self, theta: ExactArray) -> Parameters:
        """Weights and biases of a vector θ."""
        layers: list[LayerParameters | None] = [None] * len(self.network.layers)
        for block in self.blocks:
            weights = theta[block.weights].reshape(*block.layer.weights_shape)
            biases = None if block.layer.bias == "none" else theta[block.biases]
            layers[block.layer.number - 1] = LayerParameters(weights, biases)
        return Parameters(tuple(layers))

    def unit(self, layer: int, unit: int) -> list[int]:
        """Places of the incoming weights and the biases of a filter with all its neurons."""
        block = self.block(layer)
        slots, filters = block.layer.weights_shape
        biases = {block.bias(p * filters + unit) for p in range(block.layer.patches.patch_count)} - {None}
        return [block.weight(slot, unit) for slot in range(slots)] + sorted(biases)  # type: ignore[type-var, arg-type]

    def _numbers(self) -> str:
        return ", ".join(str(block.layer.number) for block in self.blocks)


def complement(count: int, frozen: Iterable[int]) -> NDArray[np.intp]:
    """The free coordinates, ascending.

    Examples
    --------
    >>> complement(4, {1}).tolist()
    [0, 2, 3]
    """
    mask = np.ones(count, dtype=bool)
    mask[list(frozen)] = False
    return np.flatnonzero(mask)
