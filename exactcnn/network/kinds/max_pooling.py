"""Max-pooling layers: the largest entry of each patch."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from exactcnn.display import Shown
from exactcnn.domains.arithmetic import A, Arithmetic, Choice, require_winners
from exactcnn.errors import InputError
from exactcnn.network.activations import Activation
from exactcnn.network.kinds.kind import LayerGradient, Padding, Patches, ResolvedLayer, Size, Step, windows
from exactcnn.patches import builders
from exactcnn.patches.builders import Layout
from exactcnn.patches.graph import PADDING

if TYPE_CHECKING:
    from exactcnn.network.parameters import LayerParameters


@dataclass(frozen=True)
class MaxPooling(Shown):
    """A max-pooling layer: the largest entry of each patch.

    Windows act on each channel by itself. A slot of padding never wins.

    Parameters
    ----------
    kernel : int or tuple of int, optional
        Size of the window; either this or `patches`.
    stride : int or tuple of int, optional
        The kernel where it is left out.
    dilation : int or tuple of int
        Of the window.
    padding : int, tuple of int, "same" or "valid"
        As of a convolution.
    ceil_mode : bool
        Whether a last window that reaches beyond the padded input counts, as long as it begins before its end.
    patches : tuple of tuple of int, optional
        The patches themselves, lists of equally many neurons of the layer below.
    name : str, optional
        What the user calls the layer.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Definition 2.3.

    Examples
    --------
    >>> MaxPooling(2).stride is None
    True
    """

    kind: ClassVar = "max-pooling"

    kernel: Size | None = None
    _: KW_ONLY
    stride: Size | None = None
    padding: Padding = 0
    dilation: Size = 1
    ceil_mode: bool = False
    patches: Patches | None = None
    name: str | None = None

    def resolve(self, number: int, below: tuple[int, ...], layout: Layout, default: Activation | None) -> Pooled:
        """Meet the shape and the numbering of the layer below."""
        patches = windows(self, below, layout, builders.pooling)
        shape = patches.spatial if self.patches is not None else (below[0], *patches.spatial)
        if (patches.graph.slots == PADDING).all(axis=1).any():
            raise InputError(f"padding = {self.padding} leaves a window without neurons; expected less")
        return Pooled(number, patches.graph, shape, layout, 1, self)


@dataclass(frozen=True, eq=False)
class Pooled(ResolvedLayer):
    """A max-pooling layer: one neuron for each patch, no parameters. Its pre-activations are the maxima."""

    linear: ClassVar = False

    description: MaxPooling

    def step(self, arithmetic: Arithmetic[A], own: LayerParameters | None, positions: NDArray[np.intp]) -> Step[A]:
        """Slots of padding, which never win, are replaced."""
        return Step(self, positions, without_padding(self.patches.slots[positions]), None, None)

    def forward(
        self, arithmetic: Arithmetic[A], step: Step[A], below: A, choice: Choice | None
    ) -> tuple[A, Choice | None]:
        """Entries of the winners."""
        winners = choice if choice is not None else arithmetic.winners(below, step.slots)
        return arithmetic.take(below, winners, step.slots), winners

    def backward(
        self, arithmetic: Arithmetic[A], step: Step[A], below: A, choice: Choice | None, cotangent: A
    ) -> tuple[LayerGradient[A], A]:
        """The winners receive what the maxima received."""
        assert choice is not None
        return LayerGradient(cotangent, None, None), arithmetic.put(cotangent, choice, self.patches.neurons)

    def require_derivatives(self, choice: Choice | None) -> None:
        """At a tie there is none."""
        assert choice is not None
        require_winners(choice)


def without_padding(slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """Slots of max-pooling, padding replaced by the first neuron of the patch: a repetition changes no maximum."""
    first = np.take_along_axis(slots, np.argmax(slots >= 0, axis=1)[:, None], axis=1)
    return np.where(slots >= 0, slots, first)
