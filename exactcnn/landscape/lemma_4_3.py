"""Lemma 4.3: the gradient by U_{k+1} between two multiples of the residual, all numbers enclosed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from exactcnn.domains.balls import working_precision
from exactcnn.domains.curves import IDENTITY
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.errors import InputError
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.linalg.inertia import product
from exactcnn.linalg.singular_values import extreme_singular_values
from exactcnn.network.network import Convolved
from exactcnn.patches.weights import full_weight_matrix

if TYPE_CHECKING:
    from flint import arb

Pair = tuple["arb", "arb"]


@dataclass(frozen=True, eq=False)
class Lemma43:
    """Both sides of the inequality, and what they are made of.

    Attributes
    ----------
    layer : int
        k.
    features : tuple of arb
        σ_min and σ_max of F_k.
    weights : dict of int to tuple
        σ_min and σ_max of U_l, l = k + 2, ..., L.
    slopes : dict of int to tuple
        Least and largest entry of |σ_l'(G_l)|, l = k + 1, ..., L - 1.
    residual : arb
        ‖F_L − Y‖.
    gradient : arb
        ‖∇_{U_{k+1}} Φ‖.
    lower, upper : arb
        The two sides.
    """

    layer: int
    features: Pair
    weights: dict[int, Pair]
    slopes: dict[int, Pair]
    residual: arb
    gradient: arb
    lower: arb
    upper: arb

    @property
    def lower_holds(self) -> bool | None:
        """Whether the left inequality is proved by these enclosures, or refuted; None where they overlap."""
        return _at_most(self.lower, self.gradient)

    @property
    def upper_holds(self) -> bool | None:
        """Whether the right inequality is proved by these enclosures, or refuted; None where they overlap."""
        return _at_most(self.gradient, self.upper)


def lemma_4_3(objective: Objective, layer: int = 1, *, bits: int = PRECISION) -> Lemma43:
    """Enclose both sides of Lemma 4.3.

    σ_min(F_k) ∏ σ_min(U_{l+1}) |σ_l'(G_l)|_min ‖F_L − Y‖ ≤ ‖∇_{U_{k+1}} Φ‖ ≤ the same with largest values, the product
    over l = k + 1, ..., L − 1.

    Parameters
    ----------
    objective : Objective
    layer : int
        k, with n_k >= N. Layers above k have weights and do not grow in width from layer k + 1 on; the last has no
        activation.
    bits : int
        Precision.

    Raises
    ------
    InputError
        Where a hypothesis fails, and at a kink, which it names.

    Notes
    -----
    The lemma is proved, so neither inequality can be refuted; enclosures of a point where one is an equality overlap.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Lemma 4.3.

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import random_parameters
    >>> layers = [FullyConnected(3, activation="tanh"), FullyConnected(2, activation="identity")]
    >>> network = Network((1,), layers)
    >>> objective = Objective(Instance(network, random_parameters(network), [[1], [2]], [[1, 0], [0, 1]]))
    >>> found = lemma_4_3(objective)
    >>> found.lower_holds, found.upper_holds
    (True, True)
    """
    _check(objective, layer)
    network = objective.instance.network
    count = len(network.layers)
    with working_precision(bits):
        found = objective.in_rationals() if objective.domain == "Q" and not objective.uses_base_two else None
        balls = Balls()

        def enclosed(array: Any) -> NDArray[Any]:
            return balls.lift(array) if isinstance(array, ExactArray) else array

        evaluation: Any = objective.in_balls() if found is None else found
        adjoint = enclosed(evaluation.layers[layer].pre_activations)
        below = enclosed(evaluation.trace.features[layer])
        residual, gradient = norm(enclosed(evaluation.residual)), norm(product(below.T, adjoint))
        features = extreme_singular_values(below)
        weights, slopes = {}, {}
        for number in range(layer + 1, count):
            step, choice = evaluation.trace.steps[number - 1], evaluation.trace.pattern[number - 1]
            curve = step.curve.derivative()
            values = evaluation.arithmetic.apply(curve, evaluation.trace.pre_activations[number - 1], choice)
            slopes[number] = _extremes(abs(value) for value in enclosed(values).ravel().tolist())
            above = network.convolved(number + 1)
            parameters = objective.instance.parameters
            assert parameters is not None
            full = full_weight_matrix(above.patches, parameters.layer(number + 1).weights.fractions())
            weights[number + 1] = extreme_singular_values(
                balls.lift(ExactArray.from_fractions(full.ravel().tolist(), full.shape))
            )
        sides = []
        for end in (0, 1):
            side = features[end] * residual
            for pair in (*weights.values(), *slopes.values()):
                side = side * pair[end]
            sides.append(side)
    return Lemma43(layer, features, weights, slopes, residual, gradient, sides[0], sides[1])


def _check(objective: Objective, layer: int) -> None:
    """Refuse where a hypothesis of the lemma fails."""
    network, samples = objective.instance.network, objective.instance.count
    network.layer(layer)
    widths, last = network.widths, len(network.layers)
    assert samples is not None
    if layer >= last:
        raise InputError(f"layer = {layer}; expected a hidden layer, below {last}")
    if widths[layer] < samples:
        raise InputError(f"layer {layer} has {widths[layer]} neurons, and {samples} samples; expected n_k >= N")
    for above in network.resolved[layer:]:
        if not isinstance(above, Convolved):
            raise InputError(f"layer {above.number} is max-pooling; expected layers with weights above layer k")
        if above.number > layer + 1 and above.width > widths[above.number - 1]:
            raise InputError(
                f"layer {above.number} has {above.width} neurons on {widths[above.number - 1]}; expected widths that "
                "do not grow above layer k + 1"
            )
    if network.convolved(last).activation.affine != IDENTITY:
        raise InputError(f"layer {last} has an activation; expected none in the last layer")


def norm(values: NDArray[Any]) -> arb:
    """Frobenius norm.

    Examples
    --------
    >>> from flint import arb
    >>> import numpy as np
    >>> float(norm(np.array([[arb(3), arb(4)]], dtype=object)))
    5.0
    """
    from flint import arb

    squares = sum((value * value for value in values.ravel().tolist()), arb(0))
    low, high = squares.lower(), squares.upper()  # a ball of radius > 0 around 0 has a part below 0
    return (low.sqrt() if low > 0 else arb(0)).union(high.sqrt() if high > 0 else arb(0))


def _extremes(values: Iterable[arb]) -> Pair:
    """Least and largest of balls that are not negative."""
    listed = list(values)
    least = largest = listed[0]
    for value in listed[1:]:
        least, largest = least.min(value), largest.max(value)
    return least, largest


def _at_most(left: arb, right: arb) -> bool | None:
    if left <= right:
        return True
    return False if left > right else None
