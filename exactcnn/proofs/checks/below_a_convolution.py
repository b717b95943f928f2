"""Local minima with layer k + 1 convolutional and L = k + 2: what must hold there, two samples, strict minima."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.balls import working_precision
from exactcnn.domains.curves import IDENTITY
from exactcnn.domains.exact import ExactArray
from exactcnn.gallery.piece import Piece
from exactcnn.landscape.classify import classify
from exactcnn.landscape.coordinates import Coordinates
from exactcnn.landscape.descent import entry
from exactcnn.landscape.equal_outputs import find
from exactcnn.landscape.finding import Finding
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.linalg.evidence import RankBounds
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.monotone import monotone
from exactcnn.network.network import Convolved, Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.points import decided, piece_of, undecided
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.theorems.matrix import matrix_rank

THIRD_UNIT = 3  # of `convolutional-and` on every sample: σ(z) = z + 1 at z = 2

# -------------------------------------------------------------------- relations between features


@check("NH18.T4.5.relations")
def relations_must_stay_critical(instance: Instance | None = None) -> CheckResult:
    """At a point where a relation between features violates one of the equations: no local minimum."""
    instance = instance or piece_of("convolutional-saddle").instance()
    objective = Objective(instance)
    found = find(objective)
    if isinstance(found, str):
        return undecided(found)
    evidence = found.evidence
    name = objective.coordinates.name(evidence.coordinate)  # type: ignore[attr-defined]
    combination = evidence.combination.fractions().tolist()  # type: ignore[attr-defined]
    layers = len(instance.network.layers)
    what = f"F_{layers - 1} u is constant, and along u, where outputs stay, the derivative by {name} is not zero"
    certificate = Certificate(instance, (found.claim(),), layers)
    return CheckResult("proved", "an instance", what, {"u": [str(x) for x in combination]}, (certificate,))


@check("NH18.T4.5.relations")
def minima_stay_minima(step: Fraction = Fraction(1, 8)) -> CheckResult:
    """At a minimum with class targets: u = U_L 1 is a relation, and points along it are minima of the same loss."""
    piece = piece_of("convolutional-and")
    moved = moved_along(piece, step)
    (here, before), (there, after) = decided(piece), decided(moved)
    if not here.status == there.status == "minimum" or here.loss != there.loss:
        return undecided(f"the points are {here.status} and {there.status}, with losses {here.loss} and {there.loss}")
    if any(isinstance(find(Objective(each.instance())), Finding) for each in (piece, moved)):
        return undecided("a relation is violated")
    what = "a local minimum, moved along u = U_L 1: a local minimum again, with the same loss"
    return CheckResult("proved", "an instance", what, {"step": str(step)}, (before, after))


def moved_along(piece: Piece, step: Fraction) -> Piece:
    """A piece where U_3 1 = (0, 0, 1), its third unit being constant, moved along it by the first output; outputs stay.

    Examples
    --------
    >>> piece = moved_along(piece_of("convolutional-and"), Fraction(1, 2))
    >>> piece.arrays["W3"][2], piece.arrays["b3"]
    (['1/2', '1'], ['-15/4', '1/4'])
    """
    parameters = piece.parameters(piece.arrays)
    last = parameters.layer(3)
    assert last.biases is not None
    weights, biases = last.weights.fractions(), last.biases.fractions()
    u = weights.sum(axis=1)
    assert u.tolist() == [0, 0, 1]
    weights[2, 0] = weights[2, 0] + step
    biases[0] = biases[0] - step * THIRD_UNIT
    arrays = {"W3": [[str(x) for x in row] for row in weights.tolist()], "b3": [str(x) for x in biases.tolist()]}
    return replace(piece, arrays={**piece.arrays, **arrays}, better=None)


# -------------------------------------------------------------------- two samples


@check("NH18.T4.5.two-samples")
def two_samples(instance: Instance | None = None) -> CheckResult:
    """With N = 2: zero loss, or no local minimum, by a derivative or by a relation between features."""
    instance = instance or piece_of("convolutional-saddle").instance()
    problem = not_covered(instance)
    if problem:
        return undecided(problem)
    objective = Objective(instance)
    point = classify(objective, search=False)
    claimed = Certificate(instance, point.claims, len(instance.network.layers))
    if point.status == "global minimum":
        return CheckResult("proved", "an instance", "two samples, and the loss is zero", {}, (claimed,))
    found = entry(objective)
    if isinstance(found, Finding):
        what = f"two samples, and the derivative by {objective.coordinates.name(found.evidence.coordinate)} is not zero"  # type: ignore[attr-defined]
        certificate = Certificate(instance, (found.claim(),), len(instance.network.layers))
        return CheckResult("proved", "an instance", what, {}, (certificate,))
    related = relations_must_stay_critical(instance)
    return replace(related, what=f"two samples: {related.what}")


def not_covered(instance: Instance) -> str:
    """Why the statement about two samples says nothing of an instance; nothing if it does.

    Examples
    --------
    >>> not_covered(piece_of("convolutional-saddle").instance())
    ''
    >>> not_covered(piece_of("convolutional-regression").instance())
    '3 samples; expected 2'
    """
    layers = instance.network.resolved
    if instance.count != 2:
        return f"{instance.count} samples; expected 2"
    if len(layers) < 2 or not all(isinstance(layer, Convolved) for layer in layers[-2:]):
        return "the last two layers are not both convolutional or fully connected"
    middle, last = layers[-2], layers[-1]
    assert isinstance(middle, Convolved)
    assert isinstance(last, Convolved)
    if last.patches.patch_count != 1 or last.bias == "none" or last.activation.affine != IDENTITY:
        return "the last layer is not fully connected with biases and without activation"
    slopes = monotone(middle.activation)
    if not slopes.differentiable or slopes.slope_vanishes is not False:
        return f"the slope of the activation of layer {middle.number} may vanish"
    if set(middle.patches.slots.ravel().tolist()) < set(range(middle.patches.neurons)):
        return f"the patches of layer {middle.number} do not cover the layer below"
    with working_precision(PRECISION):
        first, second = Objective(instance).in_balls().trace.features[middle.number - 1]
        differ = any(not value.contains(0) for value in (first - second).tolist())
    return "" if differ else f"both samples may have the same features in layer {middle.number - 1}"


@check("NH18.T4.5.two-samples")
def hypotheses_are_needed() -> CheckResult:
    """Two samples and a local minimum with positive loss: without output biases; and with a slope that vanishes."""
    unbiased, certificate = decided(piece_of("li-ding-sun-2"))
    dead = dead_units()
    point = classify(Objective(dead), search=False)
    if unbiased.status != "strict minimum" or point.status != "minimum" or not point.loss[0] > 0:
        return undecided(f"the points are {unbiased.status} and {point.status}")
    what = "two samples: local minima with Φ = 49/50 without output biases, and Φ = 1/4 with a dead unit"
    reasons = [not_covered(piece_of("li-ding-sun-2").instance()), not_covered(dead)]
    return CheckResult(
        "proved", "an instance", what, {"not covered": reasons}, (certificate, Certificate(dead, point.claims, 2))
    )


def dead_units() -> Instance:
    """Samples 0, 1 with targets 0, 1; a ReLU that is off, and the mean as output bias."""
    network = Network((1,), [FullyConnected(1, activation="relu"), FullyConnected(1, activation="identity")])
    parameters = Parameters.from_arrays(network, {"W1": [[0]], "b1": [-1], "W2": [[1]], "b2": ["1/2"]})
    return Instance(network, parameters, [[0], [1]], [[0], [1]])


# -------------------------------------------------------------------- strict minima


@check("NH18.T4.5.strict")
def parameters_against_equations(network: Network | None = None, count: int = 11) -> CheckResult:
    """Count: with more parameters than N m the derivatives of the outputs depend; with n_{L-1} ≥ N features do."""
    network = network or piece_of("convolutional-sigmoids").network
    parameters, outputs = Coordinates(network).count, network.widths[-1]
    equations, below = count * outputs, network.widths[-2]
    last = network.resolved[-1]
    biased = isinstance(last, Convolved) and last.patches.patch_count == 1 and last.bias != "none"
    details = {"parameters": parameters, "equations": equations, "features": below}
    if biased and below >= count:
        what = f"n_{last.number - 1} = {below} ≥ N = {count}: outputs are constant on lines, and no minimum is strict"
    elif parameters > equations:
        what = (
            f"{parameters} parameters, N m = {equations}: at no minimum are the derivatives of the outputs independent"
        )
    else:
        what = f"{parameters} parameters, N m = {equations}: the count leaves room for a strict minimum"
    return CheckResult("proved", "architecture", what, details)


@check("NH18.T4.5.strict")
def smallest_count() -> CheckResult:
    """For networks of the kind of `convolutional-sigmoids`: the count leaves no room for N ≤ 9, and room for N = 10."""
    room = {n: [p for p in range(1, n + 1) if parameters_of_the_kind(n, p) <= n * p] for n in range(1, 11)}
    if any(room[n] for n in range(1, 10)) or not room[10]:
        return undecided(f"room: {room}")
    what = f"at least 10 samples; at 10 there is room for P in {room[10]}"
    return CheckResult("proved", "architecture", what, {"P": room[10]})


def parameters_of_the_kind(count: int, patches: int) -> int:
    """Fewest parameters: N units with one weight, P patches of one filter that cover them, P outputs, all biases.

    Examples
    --------
    >>> parameters_of_the_kind(11, 3)
    31
    """
    return 1 + count + math.ceil(count / patches) + patches + patches * patches + patches


@check("NH18.T4.5.strict")
def strict_with_dependent_derivatives() -> CheckResult:
    """A strict minimum where the derivatives of the outputs depend: the count does not exclude such ones."""
    piece = piece_of("li-ding-sun-2")
    point, certificate = decided(piece)
    rank, ranks = jacobian_rank(piece)
    if point.status != "strict minimum" or rank.exact != 1:
        return undecided(f"the point is {point.status}, the rank of the derivatives is {rank}")
    what = "a strict minimum with 2 parameters where the derivatives of the outputs have rank 1"
    return CheckResult("proved", "an instance", what, {"rank": 1}, (certificate, ranks))


def jacobian_rank(piece: Piece) -> tuple[RankBounds, Certificate]:
    """Rank of the derivatives of the outputs v σ(w x_i) by v and by w, the latter in units of ln 2."""
    objective = piece.objective()
    _, v = objective.theta.fractions().tolist()
    sigma = objective.in_rationals().trace.features[1].fractions()[:, 0].tolist()
    samples = np.ravel(objective.instance.samples.fractions()).tolist()  # type: ignore[union-attr]
    # 2^u / (1 + 2^u) has the derivative σ (1 - σ) ln 2
    entries = [x for s, own in zip(samples, sigma, strict=True) for x in (own, v * own * (1 - own) * s)]
    found = matrix_rank(ExactArray.from_fractions(entries, (len(sigma), 2)), check=False)
    return found.rank, found.certificate
