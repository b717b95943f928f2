"""What all kinds of layers share.

A kind has a description, what the user writes down, and a resolved layer, which `resolve` of the description returns.
The resolved layer knows its own steps forward and backward, over any arithmetic, and what a certificate says of it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from exactcnn.display import Shown
from exactcnn.domains.arguments import LEFT
from exactcnn.domains.arithmetic import A, Arithmetic, Choice
from exactcnn.domains.curves import Curve
from exactcnn.errors import InputError
from exactcnn.network.activations import Activation
from exactcnn.patches import builders
from exactcnn.patches.builders import Layout
from exactcnn.patches.graph import PatchGraph

if TYPE_CHECKING:
    from exactcnn.network.parameters import LayerParameters

LARGEST_ARRAY = 2**27  # numbers in one array of a layer: 1 GiB at 8 bytes, above every published ImageNet network

Size: TypeAlias = int | tuple[int, ...]
"""One number for every spatial dimension, or one number for each."""

Padding: TypeAlias = int | tuple[int, ...] | Literal["same", "valid"]
"""One number for all sides, one for each axis, all beginnings and then all ends, or a word."""

Patches: TypeAlias = Annotated[tuple[tuple[int, ...], ...], LEFT]
"""The neurons of each patch, numbered from 0, in the order of the filter's entries."""


@runtime_checkable
class Description(Protocol):
    """A layer, such as Convolution(16, 3)."""

    def resolve(self, number: int, below: tuple[int, ...], layout: Layout, default: Activation | None) -> ResolvedLayer:
        """Meet the shape and the numbering of the layer below."""
        ...


@dataclass(frozen=True, eq=False)
class ResolvedLayer(ABC, Shown):
    """A layer that knows its input: layer k of the paper, with P patches of size l.

    What stands here is right for a layer without parameters and without activation.

    Attributes
    ----------
    linear : bool
        Whether G_k is affine in F_{k-1}; where it is not, winners have to be chosen.
    number : int
        The index k, 1 for the first layer above the input.
    patches : PatchGraph
        The patches of layer k - 1 that this layer reads.
    shape : tuple of int
        (channels, *sizes), or (n,) for a layer without spatial structure.
    layout : {"channels-first", "channels-last"}
        Numbering of the neurons of `shape`.
    filters : int
        T, the neurons of each patch.
    description : Layer
        What the user wrote.
    """

    linear: ClassVar[bool]

    number: int
    patches: PatchGraph
    shape: tuple[int, ...]
    layout: Layout
    filters: int
    description: Any

    @property
    def kind(self) -> str:
        """The kind, as a specification names it."""
        return str(self.description.kind)

    @property
    def name(self) -> str:
        """What the user calls the layer, else its number."""
        return str(self.number) if self.description.name is None else self.description.name

    @property
    def width(self) -> int:
        """n_k = T P."""
        return self.filters * self.patches.patch_count

    @property
    def activation(self) -> Activation | None:
        """The nonlinearity; None where G_k is passed on as it is."""
        return None

    @property
    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the layer's arrays by the first letter of their names, "W" and "b"; empty without parameters."""
        return {}

    @property
    def analytic(self) -> bool:
        """Whether F_k is a real analytic function of F_{k-1} and of the layer's parameters."""
        return self.linear and (self.activation is None or self.activation.analytic)

    @property
    def chooses(self) -> bool:
        """Whether there are pieces of the activation, or winners, to be chosen."""
        return not self.linear or (self.activation is not None and bool(self.activation.kinks))

    @property
    def affine(self) -> tuple[Fraction, Fraction] | None:
        """(c0, c1) where F_k = c0 + c1 G_k is affine in F_{k-1}; None elsewhere."""
        if not self.linear:
            return None
        return (Fraction(0), Fraction(1)) if self.activation is None else self.activation.affine

    def document(self) -> dict[str, Any]:
        """Return what a certificate states of the layer besides its parameters."""
        return {"kind": self.kind, "patches": self.patches.slots.tolist()}

    def step(self, arithmetic: Arithmetic[A], own: LayerParameters | None, positions: NDArray[np.intp]) -> Step[A]:
        """Return the layer on some of its patches; `own` are its parameters, if it has any."""
        return Step(self, positions, self.patches.slots[positions], None, None)

    @abstractmethod
    def forward(
        self, arithmetic: Arithmetic[A], step: Step[A], below: A, choice: Choice | None
    ) -> tuple[A, Choice | None]:
        """G_k, before any activation, and the given choice or, without one, that of the winners."""

    @abstractmethod
    def backward(
        self, arithmetic: Arithmetic[A], step: Step[A], below: A, choice: Choice | None, cotangent: A
    ) -> tuple[LayerGradient[A], A]:
        """Gradients by what belongs to the layer, and by F_{k-1}, from that by G_k."""

    def require_derivatives(self, choice: Choice | None) -> None:
        """Refuse choices that are open, or where the layer has no derivative; raises as `require_slopes`."""
        assert choice is None  # there is none to make


@dataclass(frozen=True, eq=False)
class Step(Generic[A]):
    """A layer in an arithmetic, perhaps on some of its patches only.

    Attributes
    ----------
    layer : ResolvedLayer
    positions : ndarray of int (P,)
        The patches' numbers in the layer.
    slots : ndarray of int64 (P, l)
        Of max-pooling without padding.
    weights : (l, T), or None for a layer without parameters
    biases : (P T,), one per neuron however they are shared; or None
    """

    layer: ResolvedLayer
    positions: NDArray[np.intp]
    slots: NDArray[np.int64]
    weights: A | None
    biases: A | None

    @property
    def curve(self) -> Curve | None:
        """The activation; None where there is none."""
        return self.layer.activation


@dataclass(frozen=True, eq=False)
class LayerGradient(Generic[A]):
    """Derivatives of a function of the features by what belongs to one layer.

    Attributes
    ----------
    pre_activations : (N, n_k)
        By G_k; the full gradient by U_k is F_{k-1}' times this.
    weights : (l, T) or None
        By W_k, through the adjoint of M_k.
    biases : (n_k,), (T,) or None
        By b_k, as the layer shares them.
    """

    pre_activations: A
    weights: A | None
    biases: A | None


def windows(
    description: Any, below: tuple[int, ...], layout: Layout, build: Callable[..., builders.Patches]
) -> builders.Patches:
    """The patches of a description: those that it lists, or those that `build` makes of its window."""
    options = [name for name in ("stride", "padding", "dilation", "ceil_mode") if hasattr(type(description), name)]
    if description.patches is not None and description.kernel is None:
        for name in options:
            given = getattr(description, name)
            if given != getattr(type(description), name):
                raise InputError(f"{name} = {given} beside 'patches'; expected it beside 'kernel' only")
        graph = PatchGraph.from_patches(math.prod(below), description.patches)
        return builders.Patches(graph, (graph.patch_count,))
    if description.patches is not None or description.kernel is None:
        raise InputError("expected either 'kernel' or 'patches'")
    if len(below) == 1:
        raise InputError(f"kernel on {below[0]} neurons without spatial sizes; expected 'patches'")
    given = {name: getattr(description, name) for name in options}
    return build(below, description.kernel, layout=layout, **given)


def positive(name: str, value: Any) -> int:
    """Take a positive integer, and nothing that only looks like one."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise InputError(f"{name} = {value!r}; expected a positive integer")
    return int(value)


def refuse_beyond_memory(name: str, count: int) -> None:
    """Refuse an array of so many numbers, if it is too large."""
    if count > LARGEST_ARRAY:
        raise InputError(f"{count} {name} need {count / 2**27:.1f} GiB; expected at most {LARGEST_ARRAY}, 1 GiB")
