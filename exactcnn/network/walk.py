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

from exactcnn.domains.arithmetic import A, Arithmetic, Choice, KinkMet
from exactcnn.errors import InputError
from exactcnn.network.kinds.kind import LayerGradient as LayerGradient
from exactcnn.network.kinds.kind import Step as Step
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters

Pattern = tuple[Choice | None, ...]
"""The choice of every layer; None where there is nothing to choose."""


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
        own = parameters.layer(layer.number) if layer.parameter_shapes else None
        result.append(layer.step(arithmetic, own, chosen))
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
        z, choice = decided(arithmetic, step, features[-1], None if pattern is None else pattern[index])
        sums.append(z)
        choices.append(choice)
        with _at(step):
            features.append(z if step.curve is None else arithmetic.apply(step.curve, z, choice))
    return Trace(steps, tuple(sums), tuple(features), tuple(choices))


def pre_activations(
    arithmetic: Arithmetic[A], steps: tuple[Step[A], ...], inputs: A, pattern: Pattern | None = None
) -> A:
    """G_k of the last step (its maxima, if it is max-pooling; the inputs, without any step); raises as `forward`."""
    if not steps:
        return inputs
    below = forward(arithmetic, steps[:-1], inputs, pattern).features[-1]
    return _before(arithmetic, steps[-1], below, None if pattern is None else pattern[len(steps) - 1])[0]


def decided(
    arithmetic: Arithmetic[A], step: Step[A], below: A, choice: Choice | None = None
) -> tuple[A, Choice | None]:
    """G_k of one step, and the given choice of pieces or winners; by default the arithmetic makes it."""
    z, choice = _before(arithmetic, step, below, choice)
    if choice is None and step.curve is not None and step.curve.kinks:
        choice = arithmetic.pieces(step.curve, z)
    return z, choice


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
        step, choice = trace.steps[index], trace.pattern[index]
        if any(each.weights is not None for each in trace.steps[: index + 1]):  # else nothing depends on the choice
            with _at(step):
                step.layer.require_derivatives(choice)
        if step.curve is not None:
            slopes = arithmetic.apply(step.curve.derivative(), trace.pre_activations[index], choice)
            cotangent = arithmetic.multiply(cotangent, slopes)
        gradient, cotangent = step.layer.backward(arithmetic, step, trace.features[index], choice, cotangent)
        gradients.append(gradient)
    return tuple(reversed(gradients))


def _before(arithmetic: Arithmetic[A], step: Step[A], below: A, choice: Choice | None) -> tuple[A, Choice | None]:
    """Pre-activations, or what stands in their place, and the given choice, or that of the winners."""
    with _at(step):
        return step.layer.forward(arithmetic, step, below, choice)


@contextmanager
def _at(step: Step[A]) -> Iterator[None]:
    """Name the layer in what goes wrong there."""
    try:
        yield
    except KinkMet as met:
        raise InputError(f"layer {step.layer.number}: {met}") from None


def replaced(pattern: Pattern, samples: NDArray[np.intp], exact: Pattern) -> Pattern:
    """Return a pattern with the decisions on some samples from an exact one."""
    pairs = zip(pattern, exact, strict=True)
    return tuple(None if a is None or b is None else a.replaced(samples, b) for a, b in pairs)


def chunks(steps: tuple[Step[A], ...], samples: int, entries: int) -> Iterator[slice]:
    """Slices of samples whose gathered patches hold at most so many entries."""
    largest = max((step.slots.size + step.layer.width for step in steps), default=1)
    size = max(1, entries // largest)
    return (slice(start, start + size) for start in range(0, samples, size))
