"""Average-pooling layers: the mean of each patch."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from exactcnn.display import Shown
from exactcnn.domains.arithmetic import A, Arithmetic, Choice
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.activations import Activation
from exactcnn.network.kinds.kind import LayerGradient, Padding, Patches, ResolvedLayer, Size, Step, windows
from exactcnn.patches import builders
from exactcnn.patches.builders import Layout
from exactcnn.patches.graph import PADDING

if TYPE_CHECKING:
    from exactcnn.network.parameters import LayerParameters


@dataclass(frozen=True)
class AveragePooling(Shown):
    """An average-pooling layer: the sum of each patch, divided by the number of its slots.

    Windows act on each channel by itself. The paper has no such layer, so its theorems do not speak of it.

    Parameters
    ----------
    kernel : int or tuple of int, optional
        Size of the window; either this or `patches`.
    stride : int or tuple of int, optional
        The kernel where it is left out.
    padding : int, tuple of int, "same" or "valid"
        As of a convolution.
    dilation : int or tuple of int
        Of the window.
    ceil_mode : bool
        Whether a last window that reaches beyond the padded input counts, as long as it begins before its end.
    count_padding : bool
        Whether slots of padding count among those that a sum is divided by, as in PyTorch (`count_include_pad`); else
        only slots that hold a neuron do, as in ONNX and Keras. Slots that `ceil_mode` puts beyond the padding never do.
    patches : tuple of tuple of int, optional
        The patches themselves, lists of equally many neurons of the layer below.
    name : str, optional
        What the user calls the layer.

    References
    ----------
    .. [1] ONNX, operator schema AveragePool, https://onnx.ai/onnx/operators/onnx__AveragePool.html.

    Examples
    --------
    >>> AveragePooling(2, padding=1).count_padding
    False
    """

    kind: ClassVar = "average-pooling"

    kernel: Size | None = None
    _: KW_ONLY
    stride: Size | None = None
    padding: Padding = 0
    dilation: Size = 1
    ceil_mode: bool = False
    count_padding: bool = False
    patches: Patches | None = None
    name: str | None = None

    def resolve(self, number: int, below: tuple[int, ...], layout: Layout, default: Activation | None) -> Averaged:
        """Meet the shape and the numbering of the layer below."""
        patches = windows(self, below, layout, builders.pooling)
        shape = patches.spatial if self.patches is not None else (below[0], *patches.spatial)
        held = (patches.graph.slots != PADDING).sum(axis=1)
        if not held.all():
            raise InputError(f"padding = {self.padding!r} leaves a window without neurons; expected less")
        counted = held if patches.counted is None or not self.count_padding else patches.counted
        return Averaged(number, patches.graph, shape, layout, 1, self, counted)


@dataclass(frozen=True, eq=False)
class Averaged(ResolvedLayer):
    """An average-pooling layer: one neuron for each patch, no parameters; an affine map.

    Attributes
    ----------
    divisors : ndarray of int (P,)
        What the sum of each patch is divided by, from 1 to l.
    """

    linear: ClassVar = True

    description: AveragePooling
    divisors: NDArray[np.int64]

    def document(self) -> dict[str, Any]:
        """The divisors stand beside the patches, so that no rule of windows is needed to read them."""
        return super().document() | {"divisors": self.divisors.tolist()}

    def step(self, arithmetic: Arithmetic[A], own: LayerParameters | None, positions: NDArray[np.intp]) -> Step[A]:
        """One filter of ones."""
        slots = self.patches.slots[positions]
        return Step(self, positions, slots, None, None)

    def forward(
        self, arithmetic: Arithmetic[A], step: Step[A], below: A, choice: Choice | None
    ) -> tuple[A, Choice | None]:
        """Sums of the patches, divided."""
        ones = arithmetic.lift(ExactArray(np.ones((step.slots.shape[1], 1), dtype=np.int64)))
        sums = arithmetic.affine(below, step.slots, ones, None)
        return arithmetic.multiply(sums, self._factors(arithmetic, step)), choice

    def backward(
        self, arithmetic: Arithmetic[A], step: Step[A], below: A, choice: Choice | None, cotangent: A
    ) -> tuple[LayerGradient[A], A]:
        """Every neuron of a patch receives its share."""
        size = step.slots.shape[1]
        shares = arithmetic.multiply(cotangent, self._factors(arithmetic, step))
        spread = arithmetic.map(shares, lambda a: np.repeat(a[:, :, None], size, axis=2))
        return LayerGradient(cotangent, None, None), arithmetic.scatter(spread, step.slots, self.patches.neurons)

    def _factors(self, arithmetic: Arithmetic[A], step: Step[A]) -> A:
        """1/d for each patch, (1, P)."""
        factors = [Fraction(1, int(d)) for d in self.divisors[step.positions]]
        return arithmetic.lift(ExactArray.from_fractions(factors, (1, len(factors))))
