"""Forward passes: the features of the layers below, in exact integers, in residues, and in floats.

Every pass walks the layers once. The residue pass carries, side by side, images modulo several moduli and float64
values with error bounds; the latter decide the pieces of piecewise formulas and the winners of max-pooling.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.balls import affine_rows, ball, ball_rows, map_rows
from exactcnn.domains.exact import UNIT_ROUNDOFF, ExactArray
from exactcnn.domains.formulas import ONE, Formula
from exactcnn.linalg.modular import Floats, Modulus
from exactcnn.network.activations import Activation
from exactcnn.network.affine import Affine, centred, winners
from exactcnn.network.network import Convolved, Network, Pooled, ResolvedLayer
from exactcnn.network.parameters import Parameters
from exactcnn.network.signs import argmax, largest, pieces
from exactcnn.patches.weights import full_weight_matrix

if TYPE_CHECKING:
    from flint import arb

CHUNK = 1 << 22  # entries of the gathered patches of a chunk of samples: 32 MiB of float64


@dataclass(frozen=True, eq=False)
class Pass:
    """A network at exact parameters; `patches` restricts the layer where a walk ends.

    Attributes
    ----------
    network, parameters
        Layers 1 to `end` must have parameters.
    end : int
        The layer k at which a walk stops, before its activation; 0 is the input.
    patches : ndarray of int, optional
        The patches of layer `end` to be computed.
    """

    network: Network
    parameters: Parameters
    end: int
    patches: NDArray[np.intp] | None = None

    def chunks(self, samples: int) -> Iterator[slice]:
        """Slices of samples whose gathered patches stay in a few megabytes."""
        layers = self.network.resolved[: self.end]
        largest_layer = max((layer.patches.slots.size + layer.width for layer in layers), default=1)
        step = max(1, CHUNK // largest_layer)
        return (slice(start, start + step) for start in range(0, samples, step))

    def affine(self, layer: Convolved) -> Affine:
        """Affine part of a layer of this walk."""
        patches = self.patches if layer.number == self.end else None
        return Affine.of(layer, self.parameters.layer(layer.number), patches)

    def slots(self, layer: ResolvedLayer) -> NDArray[np.int64]:
        """Patches of a max-pooling layer of this walk, without padding."""
        chosen = layer.patches.slots
        return winners(chosen if self.patches is None or layer.number < self.end else chosen[self.patches])

    def below(self) -> Iterator[tuple[ResolvedLayer, Affine | None]]:
        """Layers 1 to end with their affine parts, None for max-pooling."""
        for layer in self.network.resolved[: self.end]:
            yield layer, None if isinstance(layer, Pooled) else self.affine(layer)

    # ---------------------------------------------------------------- exact

    def exact(self, samples: ExactArray) -> ExactArray:
        """Exact pre-activations of layer `end` (its maxima, if it is max-pooling; the samples, if it is 0)."""
        features = samples
        for layer, affine in self.below():
            if affine is None or isinstance(layer, Pooled):
                features = exact_maxima(features, self.slots(layer))
                continue
            features = affine.exact(features)
            if layer.number < self.end:
                features = exact_values(layer.activation, features)
        return features

    # ---------------------------------------------------------------- residues

    def residues(
        self, samples: ExactArray, fields: tuple[Modulus, ...], signs: bool
    ) -> tuple[dict[Modulus, Floats], NDArray[np.int8] | None]:
        """Centred residues of the pre-activations of layer `end`, and their pieces if its activation has kinks.

        `signs` says whether any layer needs signs, so that floats are carried along.
        """
        images = {field: centred(samples, field) for field in fields}
        values, errors = samples.floats() if signs else (np.empty(0), np.empty(0))
        choice: NDArray[np.int8] | None = None
        for layer, affine in self.below():
            upto = replace(self, end=layer.number, patches=self.patches if layer.number == self.end else None)

            def exactly(rows: NDArray[np.intp], upto: Pass = upto) -> ExactArray:
                return upto.exact(samples[rows])

            if affine is None or isinstance(layer, Pooled):
                before = replace(self, end=layer.number - 1, patches=None)

                def exactly_before(rows: NDArray[np.intp], before: Pass = before) -> ExactArray:
                    return before.exact_features(samples[rows])

                winner = largest(values, errors, self.slots(layer), exactly_before)
                images = {field: np.take_along_axis(image, winner, 1) for field, image in images.items()}
                values, errors = (np.take_along_axis(array, winner, 1) for array in (values, errors))
                choice = None
                continue
            activation = layer.activation
            images = {field: affine.residues(image, field) for field, image in images.items()}
            if signs:
                values, errors = affine.floats(values, errors)
            choice = pieces(activation, values, errors, exactly) if activation.kinks else None
            if layer.number < self.end:
                images = {field: _residues(activation, image, field, choice) for field, image in images.items()}
                if signs:
                    values, errors = _values(activation, values, errors, choice)
        return images, choice

    def exact_features(self, samples: ExactArray) -> ExactArray:
        """Exact features F of layer `end`, all of whose activations are rational."""
        values = self.exact(samples)
        last = self.network.resolved[self.end - 1] if self.end else None
        return exact_values(last.activation, values) if isinstance(last, Convolved) else values

    # ---------------------------------------------------------------- balls

    def balls(self, samples: ExactArray) -> list[list[arb]]:
        """Enclosures of the features of layer `end` at the working precision, from the last rational numbers.

        These are the pre-activations of the first layer whose activation is not rational.
        """
        activations = [
            None if isinstance(each, Pooled) else each.activation for each in self.network.resolved[: self.end]
        ]
        first = next((k for k, a in enumerate(activations, 1) if a is not None and a.domain != "rational"), None)
        if first is None:
            return ball_rows(self.exact_features(samples))
        activation = activations[first - 1]
        assert activation is not None
        rows = map_rows(activation.ball, ball_rows(replace(self, end=first, patches=None).exact(samples)))
        for layer in self.network.resolved[first : self.end]:
            if isinstance(layer, Pooled):
                rows = [[max_ball([row[j] for j in patch if j >= 0]) for patch in layer.patches.slots] for row in rows]
                continue
            parameters = self.parameters.layer(layer.number)
            matrix = full_weight_matrix(layer.patches, parameters.weights.fractions())
            biases = Affine.of(layer, parameters).biases
            bias_balls = ball_rows(biases.reshape(1, -1))[0] if biases is not None else [ball(0)] * layer.width
            rows = map_rows(layer.activation.ball, affine_rows(rows, ball_rows(matrix), bias_balls))
        return rows

    # ---------------------------------------------------------------- floats

    def floats(self, samples: NDArray[Any]) -> NDArray[Any]:
        """Features of layer `end` as a user would compute them, in the precision of the samples."""
        features = samples
        for layer, affine in self.below():
            if affine is None or isinstance(layer, Pooled):
                features = features[:, self.slots(layer)].max(axis=2)
            else:
                features = layer.activation.floats(affine.as_floats(features))
        return features


def max_ball(values: list[arb]) -> arb:
    """Enclose the maximum."""
    return reduce(lambda a, b: a.max(b), values)


def exact_values(activation: Activation, values: ExactArray) -> ExactArray:
    """Apply a rational activation to every entry, exactly."""
    if activation.name in ("identity", "relu"):  # integers over one denominator stay that
        numbers, denominator = values.integers()
        return ExactArray(np.maximum(numbers, 0) if activation.name == "relu" else numbers, denominator)
    return ExactArray.from_fractions([activation.exact(value) for value in values.fractions().flat], values.shape)


def exact_maxima(features: ExactArray, slots: NDArray[np.int64]) -> ExactArray:
    """Maximum of every patch, exactly."""
    numbers, denominator = features.integers()
    gathered = numbers[:, slots]
    return ExactArray(np.take_along_axis(gathered, argmax(gathered)[:, :, None], 2)[:, :, 0], denominator)


def _residues(activation: Activation, values: Floats, field: Modulus, choice: NDArray[np.int8] | None) -> Floats:
    image = activation.residues(values.astype(np.int64) % field.p, field.p, pieces=choice).astype(np.float64)
    field.reduce(image)
    return image


def _values(
    activation: Activation, values: Floats, errors: Floats, choice: NDArray[np.int8] | None
) -> tuple[Floats, Floats]:
    """Float values and error bounds of a rational activation; only affine pieces c0 + c1 t keep a finite bound.

    |c1| e is inherited; rounding of c0, c1, the product and the sum adds at most 5 u (|c0| + |c1 t|).
    """
    result, bounds = np.zeros_like(values), np.zeros_like(errors)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite decides nothing
        for index, piece in enumerate(activation.pieces):
            here = slice(None) if choice is None else choice == index
            coefficients = _affine_piece(piece)
            if coefficients is None:
                bounds[here] = np.inf
                continue
            c0, c1 = coefficients
            product = float(c1) * values[here]
            result[here] = float(c0) + product
            inherited = abs(float(c1)) * errors[here] if c1 else 0.0
            if c1 in (0, 1) and (c0 == 0 or (c1 == 0 and Fraction(float(c0)) == c0)):
                bounds[here] = inherited
            else:
                rounding = 8 * UNIT_ROUNDOFF * (abs(float(c0)) + np.abs(product))
                bounds[here] = (inherited + rounding) * (1 + 2.0**-50) + 2.0**-1072
    bounds[~np.isfinite(bounds) | ~np.isfinite(result)] = np.inf
    result[~np.isfinite(result)] = 0.0
    return result, bounds


def _affine_piece(piece: Formula) -> tuple[Fraction, Fraction] | None:
    """Coefficients of a polynomial of degree at most one, of moderate size: their floats are off by a factor 1 + u."""
    table = {i: c for i, _, c in piece.numerator}
    affine = piece.denominator == ONE and max(table, default=0) <= 1
    if not affine or any(not Fraction(1, 2**200) < abs(c) < 2**200 for c in table.values()):
        return None
    return table.get(0, Fraction(0)), table.get(1, Fraction(0))
