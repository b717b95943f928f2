"""The loss Φ = ½ ‖F_L − Y‖² and its derivatives at one θ, written once for every arithmetic.

The gradient is the walk backward; rows of the Hessian are forward over reverse, written out for many directions at
once: a direction is one more leading axis, so that each layer is one large matrix product for all of them. Evaluating
the gradient over dual numbers gives the same column by column, 3 to 10 times slower; the checker and the tests do that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, partial
from operator import itemgetter
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import A, Arithmetic, Array, Choice, gather
from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.coordinates import Block, Coordinates
from exactcnn.network.walk import LayerGradient, Pattern, Step, Trace, backward, forward
from exactcnn.resources import Progress

MOST_ENTRIES = 2**18  # of one array of tangents; more directions are done in several passes
# 2^21 takes twice as long in floats (641 parameters, 200 samples) and as long in balls, where a pass is then seconds


@dataclass(frozen=True, eq=False)
class Evaluation(Generic[A]):
    """A walk forward at θ, and what follows from it.

    Attributes
    ----------
    arithmetic : Arithmetic
    coordinates : Coordinates
    trace : Trace
    residual : (N, m)
        F_L − Y.
    progress : callable, optional
        Called with (what, done, total) by second derivatives.
    """

    arithmetic: Arithmetic[A]
    coordinates: Coordinates
    trace: Trace[A]
    residual: A
    progress: Progress | None = None

    @cached_property
    def twice_the_loss(self) -> A:
        """‖F_L − Y‖², without axes."""
        arithmetic = self.arithmetic
        return arithmetic.total(arithmetic.reshape(arithmetic.multiply(self.residual, self.residual), -1))

    @cached_property
    def layers(self) -> tuple[LayerGradient[A], ...]:
        """Gradient by the pre-activations, weights and biases of each layer, layer 1 first; raises as `backward`."""
        return backward(self.arithmetic, self.trace, self.residual)

    @cached_property
    def gradient(self) -> A:
        """∇Φ, (P,); raises as `backward`."""
        parts: list[A] = []
        for block in self.coordinates.blocks:
            own = self.layers[block.layer.number - 1]
            assert own.weights is not None
            parts.append(self.arithmetic.reshape(own.weights, -1))
            if own.biases is not None:
                parts.append(own.biases)
        return self.arithmetic.concatenate(parts)

    @cached_property
    def _slopes(self) -> tuple[tuple[A | None, A | None], ...]:
        """σ'(G_k) and σ''(G_k); None for 1 and for 0, and for layers without activation."""
        result: list[tuple[A | None, A | None]] = []
        for step, z, choice in zip(self.trace.steps, self.trace.pre_activations, self.trace.pattern, strict=True):
            if step.curve is None:
                result.append((None, None))
                continue
            first = step.curve.derivative()
            second = first.derivative()
            slope, bend = (
                None if curve.affine == (Fraction(known), Fraction(0)) else self.arithmetic.apply(curve, z, choice)
                for curve, known in ((first, 1), (second, 0))
            )
            result.append((slope, bend))
        return tuple(result)

    # ---------------------------------------------------------------- second derivatives

    def hessian(self, free: Sequence[int] | NDArray[np.intp]) -> A:
        """Second derivatives by some coordinates, (n, n).

        Parameters
        ----------
        free : sequence of int
            Ascending.

        Raises
        ------
        InputError, Undecided
            As `backward`: at a kink, at a tie, or where one is not excluded.
        """
        self.gradient  # noqa: B018 - refuses kinks and ties
        arithmetic, steps = self.arithmetic, self.trace.steps
        chosen = [
            np.array([i for i in free if block.start <= i < block.stop], dtype=np.intp)
            for block in self.coordinates.blocks
        ]
        largest = max(step.slots.size + step.layer.width for step in steps) * len(self.trace.pattern and self._rows)
        size = max(1, MOST_ENTRIES // largest)
        passes, done = sum(-(-len(own) // size) for own in chosen), 0
        upper: dict[tuple[int, int], A] = {}  # of blocks j <= k: derivatives by k's coordinates in direction of j's
        for j, own in enumerate(chosen):
            found: dict[int, list[A]] = {}
            for start in range(0, len(own), size):
                if self.progress is not None:
                    self.progress("second derivatives", done, passes)
                done += 1
                for k, rows in self._second(j, own[start : start + size], chosen):
                    found.setdefault(k, []).append(rows)
            upper |= {(j, k): arithmetic.concatenate(parts) for k, parts in found.items()}
        present = [j for j, own in enumerate(chosen) if len(own)]
        if not present:
            return arithmetic.lift(ExactArray(np.zeros((0, 0), dtype=np.int64)))
        lines = []
        for j in present:
            parts = [upper[j, k] if j <= k else arithmetic.transpose(upper[k, j]) for k in present]
            lines.append(arithmetic.concatenate(parts, 1))
        zero = arithmetic.lift(ExactArray(np.zeros((1, 1), dtype=np.int64)))  # turns plain zeros into numbers
        return arithmetic.add(arithmetic.concatenate(lines), zero)

    @cached_property
    def _rows(self) -> range:
        shape: list[int] = []
        self.arithmetic.map(self.residual, lambda a: shape.append(len(a)) or a)  # type: ignore[func-returns-value]
        return range(shape[0])

    def _second(self, j: int, own: NDArray[np.intp], chosen: list[NDArray[np.intp]]) -> list[tuple[int, A]]:
        """Derivatives of the gradients of blocks k >= j in some directions of block j, (D, |chosen_k|) each."""
        arithmetic, blocks, steps = self.arithmetic, self.coordinates.blocks, self.trace.steps
        first, count, samples = blocks[j].layer.number - 1, len(own), len(self._rows)
        adjoints = self.layers
        # forward: tangents of G_k and F_k, (D N, n_k)
        tangents: list[A | None] = [None] * len(steps)
        moved: A | None = None  # tangent of the features
        for index in range(first, len(steps)):
            step, choice = steps[index], self.trace.pattern[index]
            if moved is None:
                change = self._initial(step, self.trace.features[index], blocks[j], own)
            else:
                linear = replace(step, biases=None)
                change, _ = step.layer.forward(arithmetic, linear, moved, _repeated(choice, count))
            tangents[index] = change
            moved = self._times(change, self._slopes[index][0], count)
        # backward
        result: list[tuple[int, A]] = []
        assert moved is not None
        pulled: A = moved  # derivative of the cotangent of F_k: that of the residual
        block_of = {block.layer.number - 1: k for k, block in enumerate(blocks)}
        for index in range(len(steps) - 1, first - 1, -1):
            step, choice, (slope, bend) = steps[index], self.trace.pattern[index], self._slopes[index]
            if step.weights is None:
                below_it = self.trace.features[index]
                pulled = step.layer.backward(arithmetic, step, below_it, _repeated(choice, count), pulled)[1]
                continue
            k = block_of[index]
            tangent = tangents[index]
            assert tangent is not None
            by_sums = self._times(pulled, slope, count)
            if bend is not None:
                curvature = arithmetic.multiply(self.feature_gradient(index + 1), bend)
                by_sums = arithmetic.add(by_sums, self._times(tangent, curvature, count))
            below = None if index == first else self._times(tangents[index - 1], self._slopes[index - 1][0], count)
            if len(chosen[k]):
                rows = self._by_parameters(index, blocks[k], by_sums, below, adjoints[index].pre_activations, count)
                result.append((k, arithmetic.map(rows, partial(_columns, chosen[k] - blocks[k].start))))
            if index > first:
                filters, (positions, slots) = blocks[k].layer.filters, step.slots.shape
                spread = arithmetic.matmul(arithmetic.reshape(by_sums, -1, filters), arithmetic.transpose(step.weights))
                patches = arithmetic.reshape(spread, count * samples, positions, slots)
                pulled = arithmetic.scatter(patches, step.slots, step.layer.patches.neurons)
        return result

    def feature_gradient(self, number: int) -> A:
        """Derivative of Φ by F_k, k >= 1, (N, n_k); raises as `backward`."""
        if number == len(self.trace.steps):
            return self.residual
        return self._features_cotangents[number - 1]

    @cached_property
    def _features_cotangents(self) -> tuple[A, ...]:
        """Derivatives by F_1, ..., F_(L-1), from those by the pre-activations above them."""
        arithmetic = self.arithmetic
        result: list[A] = []
        for index in range(1, len(self.trace.steps)):
            step, own = self.trace.steps[index], self.layers[index].pre_activations
            neurons = step.layer.patches.neurons
            if step.weights is None:
                below, choice = self.trace.features[index], self.trace.pattern[index]
                result.append(step.layer.backward(arithmetic, step, below, choice, own)[1])
                continue
            spread = arithmetic.matmul(
                arithmetic.reshape(own, -1, step.layer.filters), arithmetic.transpose(step.weights)
            )
            patches = arithmetic.reshape(spread, len(self._rows), *step.slots.shape)
            result.append(arithmetic.scatter(patches, step.slots, neurons))
        return tuple(result)

    def _times(self, x: A | None, factor: A | None, count: int) -> A:
        """Values (D N, n) times the same factors (N, n) for each direction; None stands for 1."""
        assert x is not None
        if factor is None:
            return x
        samples = len(self._rows)
        apart = self.arithmetic.map(x, lambda a: a.reshape(count, samples, -1))
        return self.arithmetic.map(self.arithmetic.multiply(apart, factor), lambda a: a.reshape(count * samples, -1))

    def _initial(self, step: Step[A], below: A, block: Block, own: NDArray[np.intp]) -> A:
        """Tangents of G_k in the directions of some of its own parameters, (D N, n_k)."""
        arithmetic, filters, samples = self.arithmetic, block.layer.filters, len(self._rows)
        positions, _ = step.slots.shape
        weights, biases = own[own < block.weights.stop] - block.start, own[own >= block.biases.start]
        parts: list[A] = []
        if len(weights):

            def along_weights(features: Array) -> Array:
                patches = gather(features, step.slots)  # (N, P, l)
                result = np.zeros((len(weights), samples, positions, filters), dtype=features.dtype)
                slot, unit = np.divmod(weights, filters)
                result[np.arange(len(weights)), :, :, unit] = np.moveaxis(patches[:, :, slot], 2, 0)
                return result.reshape(len(weights) * samples, -1)

            parts.append(arithmetic.map(below, along_weights))
        if len(biases):
            neurons = np.arange(positions * filters)
            places = np.array([block.bias(h) for h in neurons.tolist()])
            one = (biases[:, None] == places).astype(np.int64)  # (D, n)
            tiled = np.broadcast_to(one[:, None], (len(biases), samples, len(neurons))).reshape(-1, len(neurons))
            parts.append(arithmetic.lift(ExactArray(np.ascontiguousarray(tiled))))
        return arithmetic.concatenate(parts)

    def _by_parameters(self, index: int, own: Block, by_sums: A, below: A | None, adjoint: A, count: int) -> A:
        """Changes of the gradient by W_k and b_k, (D, l T + biases)."""
        arithmetic, step, samples = self.arithmetic, self.trace.steps[index], len(self._rows)
        (positions, slots), filters = step.slots.shape, step.layer.filters
        patches = arithmetic.reshape(arithmetic.gather(self.trace.features[index], step.slots), -1, slots)
        sideways = arithmetic.map(
            by_sums,
            lambda a: np.moveaxis(a.reshape(count, samples * positions, filters), 0, 1).reshape(
                samples * positions, count * filters
            ),
        )
        product = arithmetic.matmul(arithmetic.transpose(patches), sideways)  # (l, D T)
        weights = arithmetic.map(product, lambda a: np.moveaxis(a.reshape(slots, count, filters), 1, 0))
        if below is not None:  # the features below move too
            moved = arithmetic.map(
                arithmetic.gather(below, step.slots),
                lambda a: np.moveaxis(a.reshape(count, samples * positions, slots), 2, 1).reshape(
                    count * slots, samples * positions
                ),
            )
            more = arithmetic.matmul(moved, arithmetic.reshape(adjoint, -1, filters))
            weights = arithmetic.add(weights, arithmetic.reshape(more, count, slots, filters))
        rows = arithmetic.reshape(weights, count, -1)
        if step.biases is None:
            return rows
        width = positions * filters if own.layer.bias == "neuron" else filters
        summed = arithmetic.total(
            arithmetic.map(by_sums, lambda a: np.moveaxis(a.reshape(count, -1, width), 1, 0))
        )  # over samples, and patches where they share a bias
        return arithmetic.concatenate([rows, arithmetic.reshape(summed, count, width)], 1)

    # ---------------------------------------------------------------- outputs

    def jacobian(self) -> A:
        """Derivatives of all outputs by all coordinates, (N m, P), rows in C order; raises as `backward`."""
        arithmetic, samples = self.arithmetic, len(self._rows)
        outputs = self.trace.steps[-1].layer.width
        columns = []
        for output in range(outputs):
            unit = np.zeros((samples, outputs), dtype=np.int64)
            unit[:, output] = 1
            layers = backward(arithmetic, self.trace, arithmetic.lift(ExactArray(unit)))
            parts: list[A] = []
            for block in self.coordinates.blocks:
                index = block.layer.number - 1
                step = self.trace.steps[index]
                (positions, slots), filters = step.slots.shape, block.layer.filters
                patches = arithmetic.gather(self.trace.features[index], step.slots)  # (N, P, l)
                left = arithmetic.map(patches, lambda a: np.moveaxis(a, 1, 0)[:, :, :, None])
                sums = arithmetic.reshape(layers[index].pre_activations, samples, positions, filters)
                right = arithmetic.map(sums, lambda a: np.moveaxis(a, 1, 0)[:, :, None, :])
                weights = arithmetic.total(arithmetic.multiply(left, right))
                parts.append(arithmetic.reshape(weights, samples, slots * filters))
                if block.layer.bias == "neuron":
                    parts.append(layers[index].pre_activations)
                elif block.layer.bias == "filter":
                    parts.append(arithmetic.total(arithmetic.map(sums, lambda a: np.moveaxis(a, 1, 0))))
            columns.append(arithmetic.concatenate(parts, 1))  # (N, P)
        width = self.coordinates.count
        stacked = arithmetic.concatenate([arithmetic.reshape(c, samples, 1, width) for c in columns], 1)
        return arithmetic.reshape(stacked, samples * outputs, width)


def evaluate(
    arithmetic: Arithmetic[A],
    coordinates: Coordinates,
    theta: A,
    samples: A,
    targets: A,
    pattern: Pattern | None = None,
    progress: Progress | None = None,
) -> Evaluation[A]:
    """Walk forward at θ.

    Parameters
    ----------
    arithmetic : Arithmetic
    coordinates : Coordinates
    theta : (P,)
        In the arithmetic; balls with a radius give enclosures for a whole box of parameters.
    samples, targets : (N, n_0), (N, m)
    pattern : Pattern, optional
        Decisions to be used; by default the arithmetic makes them.
    progress : callable, optional
        Of second derivatives.
    """
    trace = forward(arithmetic, steps_at(arithmetic, coordinates, theta), samples, pattern)
    minus = arithmetic.multiply(targets, arithmetic.lift(ExactArray(np.array(-1))))
    return Evaluation(arithmetic, coordinates, trace, arithmetic.add(trace.features[-1], minus), progress)


def steps_at(arithmetic: Arithmetic[A], coordinates: Coordinates, theta: A) -> tuple[Step[A], ...]:
    """All layers with the parameters θ."""
    result: list[Step[Any]] = []
    blocks = {block.layer.number: block for block in coordinates.blocks}
    for layer in coordinates.network.resolved:
        positions, slots = np.arange(layer.patches.patch_count), layer.patches.slots
        block = blocks.get(layer.number)
        if block is None:
            result.append(layer.step(arithmetic, None, positions))
            continue
        weights = arithmetic.reshape(arithmetic.map(theta, itemgetter(block.weights)), *block.layer.weights_shape)
        biases = None
        if block.layer.bias != "none":
            places = np.array([block.bias(h) for h in range(layer.width)])
            biases = arithmetic.map(theta, itemgetter(places))
        result.append(Step(layer, positions, slots, weights, biases))
    return tuple(result)


def _columns(places: NDArray[np.intp], array: Array) -> Array:
    return array[:, places]


def _repeated(choice: Choice | None, count: int) -> Choice | None:
    """The winners again for each direction."""
    return None if choice is None else Choice(np.tile(choice.chosen, (count, 1)))
