"""Lemma 3.5 and Theorem 3.4 of Nguyen and Hein (2017): [F_k, 1] of rank N, and one layer that is critical."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from exactcnn.certificates.certificate import Certificate
from exactcnn.certificates.claim import Claim
from exactcnn.domains.balls import working_precision
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.landscape.classify import loss_at
from exactcnn.landscape.descent import enclosed_loss
from exactcnn.landscape.evidence import OWN, CriticalPointClaim, Entry, GradientClaim, LossClaim
from exactcnn.landscape.finding import widened
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.linalg.evidence import RankBounds
from exactcnn.linalg.rank import certified_rank
from exactcnn.linalg.rational import RationalMatrix
from exactcnn.network.activations import Activation
from exactcnn.network.features import FeatureMatrix, RankClaim
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.monotone import monotone
from exactcnn.network.network import Network
from exactcnn.network.parameters import LayerParameters, Parameters
from exactcnn.proofs.checks import teaching
from exactcnn.proofs.checks.points import undecided
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.theorems.matrix import matrix_rank
from exactcnn.theorems.membership import WeightsRankClaim
from exactcnn.theorems.verdict import Status


def fully_connected(widths: tuple[int, ...], activation: str | Activation) -> Network:
    """A network of widths n_0, ..., n_L with this activation on every layer, the last one included."""
    return Network((widths[0],), [FullyConnected(width) for width in widths[1:]], activation=activation)


def narrow_by_one(activation: str | Activation = "sigmoid") -> Instance:
    """Three samples and two units: rank F_1 is below N = 3, yet rank [F_1, 1] = 3. Widths 1, 2, 2, 1."""
    network = fully_connected((1, 2, 2, 1), activation)
    arrays = {"W1": [[1, -2]], "b1": ["1/2", 1], "W2": [[1, 2], [-1, 1]], "b2": [0, 1], "W3": [[1], [2]], "b3": [-1]}
    samples, targets = exact_array([[0], [1], [2]], name="samples"), exact_array([[0], [1], [0]], name="targets")
    return Instance(network, Parameters.from_arrays(network, arrays), samples, targets)


def at_its_own_targets(instance: Instance) -> Instance:
    """The same point with its outputs as targets, so that the loss is zero; for outputs in Q."""
    return Instance(instance.network, instance.parameters, instance.data, Objective(instance).outputs())


def rank_with_ones(instance: Instance, layer: int) -> tuple[RankBounds, Certificate]:
    """Bound rank [F_k, 1]; for k > 0 as the rank of layer k with one more unit, whose features are a constant.

    Examples
    --------
    >>> from exactcnn.theorems.membership import membership
    >>> membership(narrow_by_one(), 1).features.exact, rank_with_ones(narrow_by_one(), 1)[0].exact
    (2, 3)
    """
    assert instance.samples is not None
    assert instance.parameters is not None
    if layer == 0:
        columns = instance.samples.fractions()
        entries = np.concatenate([columns, np.full((len(columns), 1), Fraction(1), dtype=object)], axis=1)
        found = matrix_rank(ExactArray.from_fractions(entries.ravel().tolist(), entries.shape), check=False)
        return found.rank, found.certificate
    own, network = instance.parameters.layer(layer), instance.network
    below, top = network.layers[: layer - 1], network.layers[layer - 1]
    assert isinstance(top, FullyConnected)
    assert own.biases is not None
    weights, biases = own.weights.fractions(), own.biases.fractions()
    # a strictly monotone activation is zero at one place at most: at 0 or at 1 it is not
    constant = next(c for c in (Fraction(0), Fraction(1)) if _not_zero(network.convolved(layer).activation, c))
    weights = np.concatenate([weights, np.full((len(weights), 1), Fraction(0), dtype=object)], axis=1)
    wider = Network(network.input_shape, [*below, replace(top, units=top.units + 1)], activation=network.activation)
    added = LayerParameters(
        ExactArray.from_fractions(weights.ravel().tolist(), weights.shape),
        ExactArray.from_fractions([*biases.tolist(), constant], (len(biases) + 1,)),
    )
    parameters = Parameters((*instance.parameters.layers[: layer - 1], added))
    rank = FeatureMatrix(wider, parameters, instance.samples, layer).rank()
    return rank, Certificate(Instance(wider, parameters, instance.samples), (RankClaim(layer, rank),), layer)


def _not_zero(activation: Activation, c: Fraction) -> bool:
    from exactcnn.domains.balls import ball

    return not activation.ball(ball(c)).contains(0)


@check("NH17.L3.5")
def zero_loss_or_a_derivative(instance: Instance | None = None, *, layer: int = 1) -> CheckResult:
    """Where the hypotheses on ranks and slopes hold: loss zero, or a derivative by layer k + 1 that is not zero."""
    instance = instance or narrow_by_one()
    network, parameters, count = instance.network, instance.parameters, instance.count
    assert parameters is not None
    last, objective = len(network.layers), Objective(instance)
    kinds = [each for each in network.layers if isinstance(each, FullyConnected)]
    if not 0 <= layer < last or len(kinds) < last:
        return undecided(f"layer {layer} of a network of {last} layers; expected all fully connected, and one above it")
    if any(each.bias == "none" for each in kinds):
        return undecided("a layer without biases")
    for number in range(layer + 1, last + 1):
        slopes = monotone(network.convolved(number).activation)
        if not slopes.strictly or not slopes.differentiable or slopes.slope_vanishes is not False:
            return undecided(f"the slope of the activation of layer {number} may vanish")
    rank, certificate = rank_with_ones(instance, layer)
    if rank.lower != count:
        return undecided(f"rank [F_{layer}, 1] is {rank}, N = {count}")
    claims: list[Claim] = []
    for number in range(layer + 2, last + 1):
        bounds = certified_rank(RationalMatrix(parameters.layer(number).weights))
        if bounds.lower != network.widths[number]:
            return undecided(f"rank W_{number} is {bounds}, n_{number} = {network.widths[number]}")
        claims.append(WeightsRankClaim(number, bounds))
    decided = _at(objective, layer)
    if isinstance(decided, str):
        return undecided(decided)
    status, what, found = decided
    claimed = Certificate(instance, (*claims, *found), last)
    return CheckResult(
        status, "an instance", f"rank [F_{layer}, 1] = N = {count}, and {what}", {}, (certificate, claimed)
    )


def _at(objective: Objective, layer: int) -> tuple[Status, str, tuple[Claim, ...]] | str:
    """What is true of the loss and its derivatives by the layer above."""
    block = objective.coordinates.block(layer + 1)
    if objective.domain == "Q" and not objective.gradient().fractions()[block.start : block.stop].any():
        loss = loss_at(objective, PRECISION)
        claims = (LossClaim(OWN, *loss), GradientClaim(layer + 1, True, None, None))
        if loss[0] != 0:
            return "refuted", f"layer {layer + 1} is critical with Φ = {loss[0]}", claims
        return "proved", f"layer {layer + 1} is critical, and Φ = 0", claims
    with working_precision(PRECISION):
        partial = objective.in_balls().gradient[block.start : block.stop].tolist()
        sizes = [float(abs(widened(value)).lower()) for value in partial]
    best = int(np.argmax(sizes))
    if not sizes[best] > 0:
        return f"no derivative by layer {layer + 1} is proved to be different from zero"
    place, bounds = block.start + best, enclosed_loss(objective, PRECISION)
    claim = CriticalPointClaim(OWN, "not critical", False, None, bounds, Entry(place, PRECISION))
    return "proved", f"the derivative by {objective.coordinates.name(place)} is not zero", (claim,)


@check("NH17.L3.5")
def critical_at_zero_loss() -> CheckResult:
    """Lemma 3.5 at a point where layer 2 is critical: the loss is zero, exactly."""
    return zero_loss_or_a_derivative(at_its_own_targets(narrow_by_one(teaching.smooth_ramp())))


@check("NH17.T3.4")
def independent_inputs(instance: Instance | None = None) -> CheckResult:
    """Theorem 3.4, Lemma 3.5 with k = 0: at a point where a derivative by layer 1 is not zero, or given another one."""
    return zero_loss_or_a_derivative(instance or three_inputs(), layer=0)


@check("NH17.T3.4")
def independent_inputs_at_zero_loss() -> CheckResult:
    """Theorem 3.4 at a critical point: the loss is zero, exactly."""
    return zero_loss_or_a_derivative(at_its_own_targets(three_inputs(teaching.smooth_ramp())), layer=0)


def three_inputs(activation: str | Activation = "sigmoid") -> Instance:
    """Three inputs of the plane that are no line: rank [X, 1] = 3 = N. Widths 2, 2, 1."""
    network = fully_connected((2, 2, 1), activation)
    arrays = {"W1": [[1, 2], [-1, 1]], "b1": ["1/2", 1], "W2": [[1], [-2]], "b2": [1]}
    samples = exact_array([[0, 0], [1, 0], [0, 1]], name="samples")
    targets = exact_array([[0], [1], [1]], name="targets")
    return Instance(network, Parameters.from_arrays(network, arrays), samples, targets)
