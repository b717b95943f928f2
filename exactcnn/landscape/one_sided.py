"""One-sided derivatives of the loss along a direction, at kinks and ties too (T9b).

Over dual numbers θ + εd, a pre-activation on a kink goes where its ε-part points, and of the tied entries of a maximum
that with the largest ε-part wins. An ε-part of zero does not matter: then the argument stays within O(t²) of the kink.
So the walk gives F(θ + td) up to o(t) for t > 0, and Φ'(θ; d) = ⟨R, F'⟩.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import A, Arithmetic, Choice
from exactcnn.domains.balls import ball, working_precision
from exactcnn.domains.curves import Curve
from exactcnn.domains.dual import Dual, Pair
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.landscape.evaluation import evaluate, steps_at
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.network.walk import Pattern, Trace, forward

if TYPE_CHECKING:
    from flint import arb


class OneSided(Dual[ExactArray]):
    """Dual numbers over Q whose ε-part decides at kinks and ties.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> field = OneSided(Rationals())
    >>> z = Pair(ExactArray.from_array([[0, 0]]), ExactArray.from_array([[2, -2]]))
    >>> field.apply(activation("relu"), z, field.pieces(activation("relu"), z)).slope.fractions().tolist()
    [[Fraction(2, 1), Fraction(0, 1)]]
    """

    def pieces(self, curve: Curve, z: Pair[ExactArray]) -> Choice:
        """Decide every piece, on a kink by the ε-part."""
        choice = self.inner.pieces(curve, z.value)
        if choice.ties is None or z.slope is None:
            return Choice(choice.chosen)
        upwards = choice.ties & (z.slope.numbers > 0).astype(bool)
        return Choice(choice.chosen + upwards.astype(np.int8))

    def winners(self, x: Pair[ExactArray], slots: NDArray[np.int64]) -> Choice:
        """Decide every maximum, of equal entries by the ε-part."""
        values = x.value.integers()[0][:, slots]
        slopes = np.zeros_like(values) if x.slope is None else x.slope.integers()[0][:, slots]
        best = np.zeros(values.shape[:-1], dtype=np.intp)
        value, slope = values[..., 0], slopes[..., 0]
        for s in range(1, values.shape[-1]):
            above = (values[..., s] > value) | ((values[..., s] == value) & (slopes[..., s] > slope))
            larger = above.astype(bool)
            best[larger] = s
            value, slope = np.where(larger, values[..., s], value), np.where(larger, slopes[..., s], slope)
        return Choice(slots[np.arange(len(slots))[None], best])


def directional(objective: Objective, direction: Any, *, bits: int = PRECISION) -> Fraction | arb:
    """One-sided derivative Φ'(θ; d) of the loss along a direction.

    Parameters
    ----------
    objective : Objective
    direction : ExactArray or array_like (P,)
        Exact numbers.
    bits : int
        Precision where not all activations are rational. Kinks are decided in Q up to the arguments of the first layer
        that is not rational, above it by balls.

    Returns
    -------
    Fraction or arb

    Raises
    ------
    Undecided
        Where a ball meets a kink, or balls of a maximum overlap.

    Examples
    --------
    The loss ½ (|w| − 1)² at w = 0, a kink:

    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> layers = [FullyConnected(1, activation=name, bias="none") for name in ("abs", "identity")]
    >>> network = Network((1,), layers)
    >>> parameters = Parameters.from_arrays(network, {"W1": [[0]], "W2": [[1]]})
    >>> objective = Objective(Instance(network, parameters, [[1]], [[1]]))
    >>> directional(objective, [1, 0]), directional(objective, [-1, 0])
    (Fraction(-1, 1), Fraction(-1, 1))
    """
    vector = exact_array(direction, name="direction")
    if vector.shape != (objective.coordinates.count,):
        expected = (objective.coordinates.count,)
        raise InputError(f"direction has shape {vector.shape}; expected {expected}, a number for each parameter")
    irrational = first_irrational(objective)
    if irrational is None:
        twice = _walk(objective, OneSided(Rationals()), vector, None)
        return Fraction(0) if twice is None else Fraction(twice.fractions().item()) / 2
    pattern = decided_pattern(objective, vector)
    with working_precision(bits):
        twice = _walk(objective, Dual(Balls()), vector, pattern)
        value: arb = ball(0) if twice is None else twice.item() / 2
        return value


def first_irrational(objective: Objective) -> int | None:
    """Index of the first layer whose values are not rational by construction."""
    indices = (i for i, curve in enumerate(objective.curves) if curve is not None and curve.domain != "rational")
    return next(indices, None)


def decided_pattern(objective: Objective, direction: ExactArray) -> Pattern:
    """Pieces and winners along a direction that Q decides; None above the first layer that is not rational."""
    inner = Rationals()
    known, _ = rational_part(objective, OneSided(inner), Pair(inner.lift(objective.theta), inner.lift(direction)))
    return (*known, *[None] * (len(objective.curves) - len(known)))


def rational_part(objective: Objective, field: Arithmetic[A], theta: A) -> tuple[Pattern, Trace[A]]:
    """Walk up to the first layer that is not rational: the pattern, with that of this layer, and what was met below."""
    samples, irrational = objective.instance.samples, first_irrational(objective)
    assert samples is not None
    steps = steps_at(field, objective.coordinates, theta)
    trace = forward(field, steps[:irrational], field.lift(samples))
    if irrational is None:
        return trace.pattern, trace
    step = steps[irrational]
    assert step.weights is not None
    assert step.curve is not None
    sums = field.affine(trace.features[-1], step.slots, step.weights, step.biases)
    return (*trace.pattern, field.pieces(step.curve, sums) if step.curve.kinks else None), trace


def _walk(objective: Objective, field: Dual[Any], direction: ExactArray, pattern: Pattern | None) -> Any:
    """ε-part of ‖R‖², None for zero."""
    inner, instance = field.inner, objective.instance
    assert instance.samples is not None
    assert instance.targets is not None
    theta = Pair(inner.lift(objective.theta), inner.lift(direction))
    samples, targets = field.lift(instance.samples), field.lift(instance.targets)
    return evaluate(field, objective.coordinates, theta, samples, targets, pattern).twice_the_loss.slope
