"""Pre-activations G_k = F_{k-1} U_k + 1 b_k^T of one layer, over every domain.

U_k is never formed: the patches of a sample are gathered and multiplied by the filters W_k, so that the result comes
in the paper's order h = (p - 1) T + t. A slot of zero padding (-1) reads a column of zeros put behind the features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.dyadic import dyadic
from exactcnn.domains.exact import UNIT_ROUNDOFF, ExactArray
from exactcnn.linalg.modular import Floats, Modulus
from exactcnn.network.network import Convolved
from exactcnn.network.parameters import LayerParameters

SMALLEST = 2.0**-1074


@dataclass(frozen=True, eq=False)
class Affine:
    """The affine part of a convolutional or fully connected layer at exact parameters, perhaps on some patches only.

    Attributes
    ----------
    slots : ndarray of int64 (P, l)
        Patches.
    weights : ExactArray (l, T)
        W_k.
    biases : ExactArray (P T,) or None
        One per neuron, however they are shared.
    """

    slots: NDArray[np.int64]
    weights: ExactArray
    biases: ExactArray | None

    @classmethod
    def of(cls, layer: Convolved, parameters: LayerParameters, patches: NDArray[np.intp] | None = None) -> Affine:
        """Take the layer, or only some of its patches."""
        chosen = np.arange(len(layer.patches.slots)) if patches is None else patches
        biases = parameters.biases
        if biases is not None:
            neurons = chosen[:, None] * layer.filters + np.arange(layer.filters)
            per_neuron = layer.bias == "neuron"
            biases = biases[(neurons if per_neuron else neurons % layer.filters).ravel()]
        return cls(layer.patches.slots[chosen], parameters.weights, biases)

    @property
    def width(self) -> int:
        """P T."""
        return len(self.slots) * self.weights.shape[1]

    def exact(self, features: ExactArray) -> ExactArray:
        """Exact pre-activations of N samples, as integers over one denominator."""
        from flint import fmpz_mat

        x, x_denominator = features.integers()
        w, w_denominator = self.weights.integers()
        gathered = self._gather(x)
        rows, size = gathered.shape
        left = fmpz_mat(rows, size, gathered.ravel().tolist())
        product = left * fmpz_mat(size, w.shape[1], w.ravel().tolist())
        values = np.array([int(v) for v in product.entries()], dtype=object).reshape(len(x), self.width)
        denominator = x_denominator * w_denominator
        if self.biases is None:
            return ExactArray(values, denominator)
        b, b_denominator = self.biases.integers()
        return ExactArray(values * b_denominator + b * denominator, denominator * b_denominator)

    def residues(self, features: Floats, field: Modulus) -> Floats:
        """Centred residues of the pre-activations, from centred residues of the features."""
        weights = centred(self.weights, field)
        gathered = self._gather(features)
        step = field.products  # longer inner products are reduced in between
        total = np.zeros((len(gathered), weights.shape[1]))
        for start in range(0, gathered.shape[1], step):
            total += field.times(gathered[:, start : start + step], weights[start : start + step])
        values = total.reshape(len(features), self.width)
        if self.biases is not None:
            values += centred(self.biases, field)
        field.reduce(values)
        return values

    def floats(self, features: Floats, errors: Floats) -> tuple[Floats, Floats]:
        """Float64 pre-activations with rigorous error bounds, from features with theirs.

        The a-priori bound of an inner product of length l with a bias is gamma_{l+1} (|x| |w| + |b|), gamma_n =
        n u / (1 - n u), in any order of summation, with or without fused operations; gamma_{2l+8} also covers that
        the bound itself is computed in floating point. Gradual underflow adds (l + 1) 2^-1074 and as much again.
        Where all terms are multiples of one power of two and their sum stays below 2^53 of it, nothing is rounded.
        """
        weights, weight_errors = self.weights.floats()
        size = len(weights)
        biases, bias_errors = (np.zeros(1), np.zeros(1)) if self.biases is None else self.biases.floats()
        gathered = self._gather(features)
        shape = (len(features), self.width)
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite decides nothing
            values = (gathered @ weights).reshape(shape) + biases
            magnitude = (np.abs(gathered) @ np.abs(weights)).reshape(shape) + np.abs(biases)
            known = not errors.any() and not weight_errors.any() and not bias_errors.any()
            if known and _sums_are_exact(features, weights, biases, float(magnitude.max(initial=0.0))):
                return values, np.zeros(shape)
            unit = (2 * size + 8) * UNIT_ROUNDOFF
            bound = unit / (1 - unit) * magnitude + (2 * size + 4) * SMALLEST
            if not known:
                around = self._gather(errors)
                inherited = around @ (np.abs(weights) + weight_errors) + np.abs(gathered) @ weight_errors
                bound += (inherited.reshape(shape) + bias_errors) * (1 + 2 * unit)
            bound[~np.isfinite(values) | np.isnan(bound)] = np.inf
            values[~np.isfinite(values)] = 0.0
        return values, bound

    def as_floats(self, features: NDArray[Any]) -> NDArray[Any]:
        """Pre-activations as a user would compute them, in the precision of the features."""
        with np.errstate(over="ignore", invalid="ignore"):
            weights = self.weights.floats()[0].astype(features.dtype)
            values: NDArray[Any] = (self._gather(features) @ weights).reshape(len(features), self.width)
            if self.biases is not None:
                values += self.biases.floats()[0].astype(features.dtype)
        return values

    def _gather(self, features: NDArray[Any]) -> NDArray[Any]:
        """Patches of all samples, (N P, l)."""
        zero = np.zeros((len(features), 1), dtype=features.dtype)
        gathered: NDArray[Any] = np.concatenate([features, zero], axis=1)[:, self.slots]
        return gathered.reshape(-1, self.slots.shape[1])


def winners(slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """Slots of max-pooling, padding replaced by the first neuron of the patch: a repetition changes no maximum."""
    first = np.take_along_axis(slots, np.argmax(slots >= 0, axis=1)[:, None], axis=1)
    return np.where(slots >= 0, slots, first)


def centred(values: ExactArray, field: Modulus) -> Floats:
    """Centred residues as float64."""
    residues = values.residues(field.p).astype(np.float64)
    field.reduce(residues)
    return residues


def _sums_are_exact(features: Floats, weights: Floats, biases: Floats, magnitude: float) -> bool:
    """Whether every partial sum is a multiple of one power of two and below 2^53 of it."""
    grid = min(_grid(features) + _grid(weights), _grid(biases))
    # magnitude is itself rounded: a factor of two is more than enough
    return grid > -1022 and 2 * magnitude <= 2.0 ** min(grid + 53, 1023)


def _grid(values: Floats) -> int:
    """Exponent of the largest power of two that divides all values (a large number for zeros only)."""
    mantissas, exponents = dyadic(values)
    return int(exponents[mantissas != 0].min(initial=1000))
