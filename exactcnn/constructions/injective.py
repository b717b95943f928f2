"""Layers below the wide one: exact integer features, every unit on a piece where its activation is affine.

Random integer filters and one constant per layer put all pre-activations on one affine, increasing piece, so that
max-pooling and further layers see the filters' own values, up to one affine map. Whether the result separates the
samples well enough is decided where it is needed, by the strict order of the projections in the wide layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.dyadic import dyadic
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.activations import Activation
from exactcnn.network.kinds.max_pooling import without_padding
from exactcnn.network.network import Convolved, Pooled, ResolvedLayer
from exactcnn.network.parameters import LayerParameters
from exactcnn.patches.graph import PADDING
from exactcnn.resources import check_memory

INTEGER_BITS = 62  # every sum that is kept in int64 is below 2^62 in size
MOST_WEIGHT_BITS = 30
FEWEST_WEIGHT_BITS = 8  # below this the integers become Python's, of any size


@dataclass(frozen=True, eq=False)
class IntegerFeatures:
    """Features of all samples, value = integers / denominator.

    Attributes
    ----------
    integers : ndarray of int64 or object (n, N)
        One row a neuron, so that a slot of a patch is one contiguous row.
    denominator : int
    """

    integers: NDArray[Any]
    denominator: int

    @classmethod
    def of(cls, samples: ExactArray) -> IntegerFeatures:
        """Take samples (N, n_0) over one denominator."""
        numbers, denominators = samples.numbers, samples.denominators
        if isinstance(denominators, int) and numbers.dtype == np.int64:
            return cls(np.ascontiguousarray(numbers.T), denominators)
        if isinstance(denominators, int) and numbers.dtype == np.float64:
            mantissas, exponents = dyadic(numbers.T)
            shift = max(0, -int(exponents.min(initial=0)))
            # |x| 2^shift < 2^62: as integers the shifted mantissas fit int64
            if np.abs(numbers).max(initial=0.0) < 2.0 ** (INTEGER_BITS - shift):
                return cls(np.ascontiguousarray(mantissas << (exponents + shift)), denominators << shift)
        integers, denominator = samples.integers()
        return cls(np.ascontiguousarray(integers.T), denominator)

    @property
    def bits(self) -> int:
        """Number of bits of the largest integer."""
        return max(int(self.integers.max()), -int(self.integers.min())).bit_length()

    def times(self, patch: NDArray[np.int64], weights: NDArray[Any], chosen: Any = slice(None)) -> NDArray[Any]:
        """Inner products of one patch of all (or of the chosen) samples with one filter (l,), in its dtype.

        No sum leaves int64: see `random_weights`. Row by row is faster than an integer matrix product.
        """
        total: NDArray[Any] = np.zeros(self.integers[0, chosen].shape, dtype=weights.dtype)
        for neuron, weight in zip(patch.tolist(), weights.tolist(), strict=True):
            if neuron != PADDING:
                total += self.integers[neuron, chosen].astype(weights.dtype, copy=False) * weight
        return total

    def repeated(self, samples: NDArray[np.intp]) -> dict[int, int]:
        """Samples among these whose features equal those of an earlier one, with that one."""
        first: dict[Any, int] = {}
        found = {}
        for sample in samples.tolist():
            column = self.integers[:, sample]
            earlier = first.setdefault(tuple(column) if column.dtype == object else column.tobytes(), sample)
            if earlier != sample:
                found[sample] = earlier
        return found


def random_weights(
    features: IntegerFeatures,
    shape: tuple[int, ...],
    generator: np.random.Generator,
    layers: int = 1,
    top: int = 1 << MOST_WEIGHT_BITS,
) -> NDArray[Any]:
    """Draw non-zero integer weights of both signs, below `top`, as int64 allows when `layers` layers share its bits.

    With b bits of features, sums of l products of weights below 2^w are below 2^(b + w + ceil(log2 l)); one bit more
    is left for their differences.
    """
    bits = (INTEGER_BITS - features.bits) // layers - (shape[0] - 1).bit_length() - 1
    fits = features.integers.dtype == np.int64 and bits >= FEWEST_WEIGHT_BITS
    largest = min(top, 1 << bits) if fits else top
    weights = generator.integers(1, largest, size=shape) * generator.choice([-1, 1], size=shape)
    return np.asarray(weights if fits else weights.astype(object))


def affine_piece(activation: Activation) -> tuple[Fraction | None, Fraction | None, Fraction, Fraction] | None:
    """Ends (None: infinite) of a piece where the activation is offset + slope * z, slope > 0, and these two numbers.

    The last such piece with a left end, or the whole line.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> affine_piece(activation("relu"))
    (Fraction(0, 1), None, Fraction(0, 1), Fraction(1, 1))
    """
    if activation.domain != "rational":
        return None
    ends = [None, *activation.kinks, None]
    for i in reversed(range(len(activation.pieces))):
        piece, low, high = activation.pieces[i], ends[i], ends[i + 1]
        offset, slope = piece.affine or (Fraction(0), Fraction(0))
        if slope > 0 and (low is not None or high is None):
            return low, high, offset, slope
    return None


def layer_above(
    layer: ResolvedLayer, below: IntegerFeatures, generator: np.random.Generator, layers: int
) -> tuple[LayerParameters | None, IntegerFeatures]:
    """Give one layer parameters (none for max-pooling), and return its exact features.

    Parameters
    ----------
    layer : ResolvedLayer
    below : IntegerFeatures
    generator : Generator
        Of the filters.
    layers : int
        Convolutional layers from this one to the wide one, which share the bits of int64.

    Raises
    ------
    InputError
        If the layer is of another kind, has no biases or no increasing affine piece, or memory would not suffice.
    """
    slots, count = layer.patches.slots, below.integers.shape[1]
    check_memory(24 * layer.width * count, what=f"the features of layer {layer.number}")
    if isinstance(layer, Pooled):
        maxima = [below.integers[patch].max(axis=0) for patch in without_padding(slots)]
        return None, IntegerFeatures(np.array(maxima), below.denominator)
    if not isinstance(layer, Convolved):
        raise InputError(
            f"layer {layer.number} is {layer.kind}; expected convolutions and max-pooling below the wide layer"
        )
    piece = affine_piece(layer.activation)
    if piece is None:
        raise InputError(
            f"layer {layer.number}: {layer.activation.text} has no increasing affine piece; expected one with rational "
            "values, such as relu, below the wide layer"
        )
    if layer.bias == "none":
        raise InputError(f"layer {layer.number}: bias = 'none'; expected biases below the wide layer")
    low, high, offset, slope = piece
    weights = random_weights(below, layer.weights_shape, generator, layers)
    sums = np.array([below.times(patch, weight) for patch in slots for weight in weights.T])  # row p T + t
    least, most = int(sums.min()), int(sums.max())
    sums -= least
    # z = low + (sums - least) / (denominator * shrink) lies in [low, high]
    start = Fraction(0) if low is None else low
    shrink = 1
    while high is not None and most - least > (high - start) * below.denominator * shrink:
        shrink *= 2
    bias = start - Fraction(least, below.denominator * shrink)
    numerator, denominator = bias.as_integer_ratio()
    biases = ExactArray(_constant(layer.biases_count, numerator), denominator)
    # the value is base + slope * sums / (denominator * shrink): a shift by an integer number of steps, and a grid
    base, unit = offset + slope * start, slope / (below.denominator * shrink)
    steps = base / unit
    grid = steps.denominator
    largest = max(most - least, 1) * grid + abs(steps.numerator)
    if sums.dtype == np.int64 and largest.bit_length() > INTEGER_BITS:
        sums = sums.astype(object)
    sums *= grid
    sums += steps.numerator
    unit /= grid  # value = sums * unit
    if unit.numerator != 1:
        sums = sums.astype(object) * unit.numerator
    return LayerParameters(ExactArray(weights, shrink), biases), IntegerFeatures(sums, unit.denominator)


def _constant(count: int, value: int) -> NDArray[Any]:
    return np.full(count, value, dtype=np.int64 if abs(value) < 2**63 else object)
