"""Forward and backward through a network, written once for every arithmetic.

`forward` gives pre-activations and features of all layers, `pre_activations` those of the last one before its
activation; `backward` the gradient of a function of the features. Decisions (pieces, winners) are made by the
arithmetic, or come from the pattern of another walk over the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import A, Arithmetic, Choice, KinkMet, require_slopes, require_winners
from exactcnn.domains.curves import Curve
from exactcnn.errors import InputError
from exactcnn.network.network import Convolved, Network, Pooled, ResolvedLayer
from exactcnn.network.parameters import Parameters

Pattern = tuple[Choice | None, ...]
"""The choice of every layer; None where there is nothing to choose."""


@dataclass(frozen=True, eq=False)
class Step(Generic[A]):
    """A layer in an arithmetic, perhaps on some of its patches only.

    Attributes
    ----------
    layer : ResolvedLayer
    positions : ndarray of int (P,)
        The patches' numbers in the layer.
    slots : ndarray of int64 (P, l)
        Of max-pooling without padding: see `without_padding`.
    weights : (l, T), or None for max-pooling
    biases : (P T,), one per neuron however they are shared; or None
    """

    layer: ResolvedLayer
    positions: NDArray[np.intp]
    slots: NDArray[np.int64]
    weights: A | None
    biases: A | None

    @property
    def curve(self) -> Curve | None:
        """The activation; None for max-pooling."""
        return self.layer.activation


@dataclass(frozen=True, eq=False)
class Trace(Generic[A]):
    """All that a forward walk has met.

    Attributes
    ----------
    steps : tuple of Step
    pre_activations : tuple
        G_1, ..., G_k, (N, n_l) each; of max-pooling the maxima.
    features : tuple
        F_0, ..., F_k.
    pattern : Pattern
    """

    steps: tuple[Step[A], ...]
    pre_activations: tuple[A, ...]
    features: tuple[A, ...]
    pattern: Pattern

    def kinks(self) -> tuple[Kink, ...]:
        """List what has no derivative: values on kinks with two slopes and ties of maxima, as far as they are known."""
        found = []
        for step, choice in zip(self.steps, self.pattern, strict=True):
            if choice is None or choice.ties is None:
                continue
            for sample, neuron in np.argwhere(choice.ties).tolist():
                number, curve = step.layer.number, step.curve
                if curve is None:
                    found.append(Kink(number, neuron, sample, None))
                elif not curve.smooth_at(int(choice.chosen[sample, neuron])):
                    kink = curve.kinks[int(choice.chosen[sample, neuron])]
                    slopes = curve.slopes(kink) if curve.domain == "rational" else None
                    found.append(Kink(number, neuron, sample, slopes))
        return tuple(found)


@dataclass(frozen=True)
class Kink:
    """A place without derivative.

    Attributes
    ----------
    layer, neuron, sample : int
        The pre-activation lies on a kink, or the maximum is attained by several neurons.
    slopes : tuple (left, right) or None
        Of the activation there; None for a tie of a maximum, and where the slopes are not rational.
    """

    layer: int
    neuron: int
    sample: int
    slopes: tuple[Fraction, Fraction] | None


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


def steps(
    arithmetic: Arithmetic[A],
    network: Network,
    parameters: Parameters,
    upto: int,
    patches: NDArray[np.intp] | None = None,
) -> tuple[Step[A], ...]:
    """Layers 1 to `upto` in an arithmetic; `patches` restricts the last one."""
    result: list[Step[A]] = []
    for layer in network.resolved[:upto]:
        chosen = patches if patches is not None and layer.number == upto else np.arange(layer.patches.patch_count)
        slots = layer.patches.slots[chosen]
        if isinstance(layer, Pooled):
            result.append(Step(layer, chosen, without_padding(slots), None, None))
            continue
        own = parameters.layer(layer.number)
        biases = None
        if own.biases is not None:
            neurons = chosen[:, None] * layer.filters + np.arange(layer.filters)
            index = neurons if layer.bias == "neuron" else neurons % layer.filters
            biases = arithmetic.lift(own.biases[index.ravel()])
        result.append(Step(layer, chosen, slots, arithmetic.lift(own.weights), biases))
    return tuple(result)


def forward(
    arithmetic: Arithmetic[A], steps: tuple[Step[A], ...], inputs: A, pattern: Pattern | None = None
) -> Trace[A]:
    """Evaluate all layers.

    Parameters
    ----------
    arithmetic : Arithmetic
    steps : tuple of Step
        From `steps`, in the same arithmetic.
    inputs : (N, n)
        Features below the first step.
    pattern : Pattern, optional
        Decisions to be used; by default the arithmetic makes them.

    Raises
    ------
    Undecided
        Where a decision that is open matters.
    InputError
        In dual numbers, at a kink; and where an arithmetic cannot decide, or has no such values.
    """
    features, sums, choices = [inputs], [], []
    for index, step in enumerate(steps):
        z, choice = _before(arithmetic, step, features[-1], pattern, index)
        curve = step.curve
        if curve is not None and curve.kinks and choice is None:
            choice = arithmetic.pieces(curve, z)
        sums.append(z)
        choices.append(choice)
        with _at(step):
            features.append(z if curve is None else arithmetic.apply(curve, z, choice))
    return Trace(steps, tuple(sums), tuple(features), tuple(choices))


def pre_activations(
    arithmetic: Arithmetic[A], steps: tuple[Step[A], ...], inputs: A, pattern: Pattern | None = None
) -> A:
    """G_k of the last step (its maxima, if it is max-pooling; the inputs, without any step); raises as `forward`."""
    if not steps:
        return inputs
    below = forward(arithmetic, steps[:-1], inputs, pattern).features[-1]
    return _before(arithmetic, steps[-1], below, pattern, len(steps) - 1)[0]


def backward(arithmetic: Arithmetic[A], trace: Trace[A], cotangent: A) -> tuple[LayerGradient[A], ...]:
    """Gradient of <cotangent, F_k> by all pre-activations, weights and biases, layer 1 first.

    Parameters
    ----------
    arithmetic : Arithmetic
    trace : Trace
    cotangent : (N, n_k)
        Derivative of the function by F_k.

    Raises
    ------
    InputError
        At a kink with two slopes, or a tie of a maximum.
    Undecided
        Where a piece or a winner is open.
    """
    gradients: list[LayerGradient[A]] = []
    for index in range(len(trace.steps) - 1, -1, -1):
        step, z, choice = trace.steps[index], trace.pre_activations[index], trace.pattern[index]
        curve = step.curve
        if curve is None or step.weights is None:
            assert choice is not None
            if any(below.weights is not None for below in trace.steps[:index]):  # else nothing depends on the winner
                with _at(step):
                    require_winners(choice)
            gradients.append(LayerGradient(cotangent, None, None))
            cotangent = arithmetic.put(cotangent, choice, step.layer.patches.neurons)
            continue
        with _at(step):
            require_slopes(curve, choice)
        cotangent = arithmetic.multiply(cotangent, arithmetic.apply(curve.derivative(), z, choice))
        gradient, cotangent = _through_affine(arithmetic, step, trace.features[index], cotangent)
        gradients.append(gradient)
    return tuple(reversed(gradients))


def _before(
    arithmetic: Arithmetic[A], step: Step[A], below: A, pattern: Pattern | None, index: int
) -> tuple[A, Choice | None]:
    """Pre-activations or maxima, and the given choice, or that of the winners."""
    choice = None if pattern is None else pattern[index]
    if step.weights is not None:
        return arithmetic.affine(below, step.slots, step.weights, step.biases), choice
    winners = choice if choice is not None else arithmetic.winners(below, step.slots)
    with _at(step):
        return arithmetic.take(below, winners, step.slots), winners


def _through_affine(arithmetic: Arithmetic[A], step: Step[A], below: A, cotangent: A) -> tuple[LayerGradient[A], A]:
    """Gradients by filters and biases, and by the features below, from that by the pre-activations."""
    layer = step.layer
    assert isinstance(layer, Convolved)
    assert step.weights is not None
    (positions, size), filters = step.slots.shape, layer.filters
    by_row = arithmetic.reshape(cotangent, -1, filters)  # (N P, T)
    patches = arithmetic.reshape(arithmetic.gather(below, step.slots), -1, size)
    weights = arithmetic.matmul(arithmetic.transpose(patches), by_row)
    biases = None
    if step.biases is not None:
        biases = arithmetic.total(cotangent if layer.bias == "neuron" else by_row)
    spread = arithmetic.matmul(by_row, arithmetic.transpose(step.weights))
    down = arithmetic.scatter(arithmetic.reshape(spread, -1, positions, size), step.slots, step.layer.patches.neurons)
    return LayerGradient(cotangent, weights, biases), down


@contextmanager
def _at(step: Step[A]) -> Iterator[None]:
    """Name the layer in what goes wrong there."""
    try:
        yield
    except KinkMet as met:
        raise InputError(f"layer {step.layer.number}: {met}") from None


def without_padding(slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """Slots of max-pooling, padding replaced by the first neuron of the patch: a repetition changes no maximum."""
    first = np.take_along_axis(slots, np.argmax(slots >= 0, axis=1)[:, None], axis=1)
    return np.where(slots >= 0, slots, first)


def replaced(pattern: Pattern, samples: NDArray[np.intp], exact: Pattern) -> Pattern:
    """Return a pattern with the decisions on some samples from an exact one."""
    pairs = zip(pattern, exact, strict=True)
    return tuple(None if a is None or b is None else a.replaced(samples, b) for a, b in pairs)


def chunks(steps: tuple[Step[A], ...], samples: int, entries: int) -> Iterator[slice]:
    """Slices of samples whose gathered patches hold at most so many entries."""
    largest = max((step.slots.size + step.layer.width for step in steps), default=1)
    size = max(1, entries // largest)
    return (slice(start, start + size) for start in range(0, samples, size))
