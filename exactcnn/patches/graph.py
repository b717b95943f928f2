"""Patches of a layer: which neurons a convolution or pooling looks at, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.display import Shown, several, standalone
from exactcnn.domains.arguments import typed
from exactcnn.domains.given import given_integers, shown
from exactcnn.errors import InputError

if TYPE_CHECKING:
    import networkx as nx

PADDING = -1


@typed
@dataclass(frozen=True, eq=False)
class PatchGraph(Shown):
    """P patches of l neurons each, of a layer with n neurons (Section 2 of the paper).

    Parameters
    ----------
    neurons : int
        Number n of neurons of the layer below.
    slots : ndarray of int64, shape (P, l)
        ``slots[p, s]`` is the neuron that patch p sees through position s of a filter. -1 is zero padding,
        which lies outside Definition 2.1. The array is frozen.

    Raises
    ------
    InputError
        For an empty array, an entry that is masked, missing or no integer, a neuron out of range, a neuron twice in
        one patch.

    References
    ----------
    Nguyen and Hein, Optimization landscape and expressivity of deep CNNs, ICML 2018, Section 2.

    Examples
    --------
    >>> graph = PatchGraph.from_patches(None, [[0, 1, 2], [1, 2, 3], [2, 3, 4]])
    >>> graph.neurons, graph.patch_count, graph.patch_size
    (5, 3, 3)
    """

    neurons: int
    slots: NDArray[np.int64]

    def __post_init__(self) -> None:
        slots = np.ascontiguousarray(given_integers(self.slots, name="patches"))
        if slots.ndim != 2 or not slots.size:
            raise InputError(f"patches of shape {slots.shape}; expected at least one patch of at least one neuron")
        outside = (slots < PADDING) | (slots >= self.neurons)
        if outside.any():
            p, s = np.argwhere(outside)[0]
            raise InputError(
                f"patches[{p}][{s}] = {slots[p, s]}; expected a neuron from 0 to {self.neurons - 1}, or -1 for padding"
            )
        ordered = np.sort(slots, axis=1)
        twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != PADDING)
        if twice.any():
            p, s = np.argwhere(twice)[0]
            raise InputError(f"patches[{p}] has neuron {ordered[p, s]} twice; expected distinct neurons")
        slots.flags.writeable = False
        object.__setattr__(self, "slots", slots)

    @classmethod
    @typed
    def from_patches(cls, neurons: int | None, patches: Sequence[Sequence[int]] | NDArray[Any]) -> PatchGraph:
        """Take patches as lists of neurons; ``neurons=None`` counts up to the largest neuron that occurs.

        Identical patches and uncovered neurons are legal here: they violate the standing conditions of
        Section 2, which `patch_conditions` decides.

        Raises
        ------
        InputError
            For no patches, an empty patch, patches of unequal size (with the index of the first one that
            differs), entries that are masked, missing or no integers (with their index), a neuron out of range, a
            neuron twice in one patch.

        Examples
        --------
        >>> PatchGraph.from_patches(4, [[0, 1], [2]])
        Traceback (most recent call last):
        ...
        exactcnn.errors.InputError: patches[1] has 1 neuron; expected 2, as in patches[0]
        """
        if not isinstance(patches, np.ndarray):
            _refuse_unequal(patches)
        array = given_integers(patches, name="patches")
        count = int(array.max(initial=0)) + 1 if neurons is None else neurons
        return cls(count, array)

    @property
    def patch_count(self) -> int:
        """Number P of patches."""
        return len(self.slots)

    @property
    def patch_size(self) -> int:
        """Number l of slots of a patch, the length of a filter."""
        return int(self.slots.shape[1])

    @property
    def padded(self) -> bool:
        """Whether some slot is zero padding."""
        return bool((self.slots == PADDING).any())

    def graph(self) -> nx.Graph[Any]:
        """Return the bipartite graph neuron -- patch; the edge attribute ``slot`` is the position in the filter.

        Nodes are ``("neuron", j)`` and ``("patch", p)`` with the attribute ``bipartite`` 0 and 1. Padding has no edge.

        Examples
        --------
        >>> graph = PatchGraph.from_patches(3, [[2, 0]]).graph()
        >>> graph.edges[("neuron", 2), ("patch", 0)]["slot"], graph.degree(("neuron", 1))
        (0, 0)
        """
        import networkx as nx

        graph: nx.Graph[Any] = nx.Graph()
        graph.add_nodes_from((("neuron", j) for j in range(self.neurons)), bipartite=0)
        graph.add_nodes_from((("patch", p) for p in range(self.patch_count)), bipartite=1)
        patches, slots = np.nonzero(self.slots != PADDING)
        ends = zip(self.slots[patches, slots].tolist(), patches.tolist(), slots.tolist(), strict=True)
        graph.add_edges_from((("neuron", j), ("patch", p), {"slot": s}) for j, p, s in ends)
        return graph

    def _repr_svg_(self) -> str:
        from exactcnn.patches.pictures import patch_graph_picture

        return standalone(patch_graph_picture(self))


def _refuse_unequal(patches: Any) -> None:
    """Refuse lists of patches that are none, empty, or not all of one size."""
    if not isinstance(patches, Sequence):
        raise InputError(f"patches is {shown(patches)}; expected a list of patches")
    for p, patch in enumerate(patches):
        if not isinstance(patch, (Sequence, np.ndarray)) or (isinstance(patch, np.ndarray) and not patch.ndim):
            raise InputError(f"patches[{p}] is {shown(patch)}; expected a list of neurons")
        if len(patch) != len(patches[0]):
            held = several(len(patch), "neuron")
            raise InputError(f"patches[{p}] has {held}; expected {len(patches[0])}, as in patches[0]")
    if not len(patches) or not len(patches[0]):
        raise InputError("patches is empty; expected at least one patch of at least one neuron")
