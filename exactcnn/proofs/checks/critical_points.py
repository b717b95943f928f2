"""Section 4: Assumption 4.1, the set S_k, Lemmas 4.2 and 4.3, Theorems 4.4 and 4.5, each on an instance."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from exactcnn.certificates.certificate import Certificate
from exactcnn.constructions.zero_loss import zero_loss
from exactcnn.domains.balls import working_precision
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.landscape.evidence import OWN
from exactcnn.landscape.finding import Finding
from exactcnn.landscape.isolated import zero_in_box
from exactcnn.landscape.lemma_4_3 import lemma_4_3
from exactcnn.landscape.minimum import around
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.linalg.singular_values import extreme_singular_values
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Convolved, Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.patches.weights import full_weight_matrix
from exactcnn.proofs.checks import teaching
from exactcnn.proofs.checks.activations import limits_or_growth
from exactcnn.proofs.checks.independence import features_are_independent_almost_everywhere, width_reaches_the_samples
from exactcnn.proofs.checks.recorder import CheckResult, check, from_verdict
from exactcnn.proofs.checks.structure import almost_all_filters
from exactcnn.theorems.assumption_4_1 import assumption_4_1
from exactcnn.theorems.landscape import critical
from exactcnn.theorems.membership import membership
from exactcnn.theorems.verdict import Status, Verdict, status_of

SAMPLES = 4


def instance_at(parameters: Parameters | None = None, *, count: int = SAMPLES, seed: int = 0) -> Instance:
    """The teaching instance of Section 4 at given or drawn parameters."""
    network = teaching.section_4()
    drawn = random_parameters(network, seed=seed) if parameters is None else parameters
    return Instance(network, drawn, teaching.samples(count, network.widths[0]), teaching.classes(count))


def zero_loss_instance(targets: ExactArray | None = None, *, scale: int = 1) -> Instance:
    """The teaching instance at parameters with zero loss, constructed in S_1."""
    start = instance_at()
    assert start.samples is not None
    wanted = teaching.classes(SAMPLES) if targets is None else targets
    built = zero_loss(start.network, start.samples, wanted, scale=scale)
    return Instance(start.network, built.parameters, start.samples, wanted)


@check("NH18.A4.1")
def architecture(network: Network | None = None, count: int = SAMPLES, *, layer: int = 1) -> CheckResult:
    """Assumption 4.1, part by part: kinds of layers, widths, and every hidden activation."""
    network = network or teaching.section_4()
    verdict = assumption_4_1(network, count, layer)
    width = width_reaches_the_samples(network, count, layer=layer)
    hidden = [each for each in network.resolved[:-1] if isinstance(each, Convolved)]
    tails = [limits_or_growth(each.activation) for each in hidden]
    parts = [width.status, *(found.status for found in tails)]
    if verdict.status == "proved" and set(parts) != {"proved"}:
        return CheckResult("undecided", "architecture", "a part of the assumption fails for the check of its own page")
    samples = teaching.samples(count, network.widths[0])
    claims = Certificate(Instance(network, samples=samples), verdict.claims, len(network.layers))
    return from_verdict(verdict, "architecture", claims)


@check("NH18.S")
def point_in_s(instance: Instance | None = None, *, layer: int = 1) -> CheckResult:
    """Membership in S_k at one point: the exact ranks of F_k and of U_l for l = k + 2, ..., L."""
    instance = instance or instance_at()
    found = membership(instance, layer)
    status: Status = "undecided" if found.holds is None else status_of(found.holds)
    where = "in" if found.holds else "not in"
    certificate = Certificate(instance, found.claims, len(instance.network.layers))
    what = f"the point is {where} S_{layer}: {found.reason}"
    return CheckResult(status, "an instance", what, found.document(), (certificate,))


@check("NH18.S")
def point_outside_s() -> CheckResult:
    """Equal columns of U_3: such a point is not in S_1, and the ranks prove it."""
    network = teaching.section_4()
    drawn = random_parameters(network, seed=0)
    equal = ExactArray(np.ones(network.convolved(3).weights_shape, dtype=np.int64))
    found = point_in_s(instance_at(Parameters((*drawn.layers[:2], replace(drawn.layer(3), weights=equal)))))
    if found.status != "refuted":
        return CheckResult("undecided", "an instance", found.what)
    return replace(found, status="proved")


@check("NH18.L4.2")
def almost_all_parameters(
    network: Network | None = None, samples: ExactArray | None = None, *, layer: int = 1
) -> CheckResult:
    """Lemma 4.2: one point with rank F_k = N, one W_l with full U_l for every l ≥ k + 2, and analyticity."""
    network = network or teaching.two_convolutions("sigmoid")
    samples = teaching.samples(6, network.widths[0]) if samples is None else samples
    assumption = architecture(network, len(samples), layer=layer)
    if assumption.status != "proved":
        return CheckResult("undecided", "an instance", assumption.what)
    features = features_are_independent_almost_everywhere(network, samples, layer=layer)
    above = range(layer + 2, len(network.layers) + 1)
    weights = {number: almost_all_filters(network, layer=number) for number in above}
    parts = (features, *weights.values())
    for part in parts:
        if part.status != "proved" or part.scope != "almost all parameters":
            return CheckResult("undecided", "an instance", part.what)
    what = f"rank F_{layer} = N = {len(samples)} and full rank of " + (
        ", ".join(f"U_{number}" for number in above) or "nothing else"
    )
    details = {f"U_{number}": part.what for number, part in weights.items()} | {f"F_{layer}": features.what}
    certificates = tuple(certificate for part in parts for certificate in part.certificates)
    what += f" for almost all parameters: the complement of S_{layer} has measure zero"
    return CheckResult("proved", "almost all parameters", what, details, certificates)


@check("NH18.L4.3")
def gradient_between_multiples_of_the_residual(instance: Instance | None = None, *, layer: int = 1) -> CheckResult:
    """Lemma 4.3: both inequalities with enclosed singular values, slopes, residual and gradient."""
    instance = instance or instance_at()
    assert instance.count is not None
    assumption = architecture(instance.network, instance.count, layer=layer)
    if assumption.status != "proved":
        return CheckResult("undecided", "an instance", assumption.what)
    found = lemma_4_3(Objective(instance), layer)
    if not (found.lower_holds and found.upper_holds):
        return CheckResult("undecided", "an instance", "the enclosures overlap")
    numbers = {"lower": found.lower, "gradient": found.gradient, "upper": found.upper, "residual": found.residual}
    details = {name: float(value) for name, value in numbers.items()}
    left, middle, right = (f"{details[name]:.6g}" for name in ("lower", "gradient", "upper"))
    what = f"{left} ≤ ‖∇_U_{layer + 1} Φ‖ = {middle} ≤ {right}, all enclosed by balls"
    return CheckResult("proved", "an instance", what, details)


def section_4_verdict(instance: Instance, statement: str, layer: int) -> tuple[Verdict, Certificate]:
    """What `exactcnn critical` says of a point, and the claims of this verdict alone."""
    found = critical(instance, layer=layer, check=False)
    (verdict,) = (each for each in found.verdicts if each.statement == statement)
    return verdict, Certificate(instance, verdict.claims, len(instance.network.layers), found.point.points)


def _at_a_point(statement: str, instance: Instance, layer: int) -> CheckResult:
    assert instance.count is not None
    for part in (architecture(instance.network, instance.count, layer=layer), point_in_s(instance, layer=layer)):
        if part.status != "proved":
            return CheckResult("undecided", "an instance", part.what)
    verdict, certificate = section_4_verdict(instance, statement, layer)
    return from_verdict(verdict, "an instance", certificate)


@check("NH18.T4.4")
def zero_gradient_at_zero_loss(instance: Instance | None = None, *, layer: int = 1) -> CheckResult:
    """Theorem 4.4 at a point of S_k with zero loss, where the full gradient vanishes."""
    return _at_a_point("NH18.T4.4", instance or zero_loss_instance(), layer)


@check("NH18.T4.4")
def gradient_at_positive_loss(instance: Instance | None = None, *, layer: int = 1) -> CheckResult:
    """Theorem 4.4 at a point of S_k with positive loss: an entry of the full gradient is not zero, by Lemma 4.3."""
    instance = instance or instance_at()
    between = gradient_between_multiples_of_the_residual(instance, layer=layer)
    if between.status != "proved" or not between.details["lower"] > 0:
        return CheckResult("undecided", "an instance", between.what)
    return _at_a_point("NH18.T4.4", instance, layer)


@check("NH18.T4.5")
def critical_point_has_zero_loss(instance: Instance | None = None, *, layer: int = 1) -> CheckResult:
    """Theorem 4.5 (1) at a critical point of S_k."""
    gradient = zero_gradient_at_zero_loss(instance, layer=layer)
    if gradient.status != "proved":
        return CheckResult("undecided", "an instance", gradient.what)
    return _at_a_point("NH18.T4.5", instance or zero_loss_instance(), layer)


@check("NH18.T4.5")
def zero_loss_is_attained(targets: Any = None, *, scales: tuple[int, ...] = (1, 2, 3)) -> CheckResult:
    """Theorem 4.5 (2): points of S_1 with zero loss, a different one for each scale; any targets, not classes only."""
    wanted = [[2, -1], [0, 5], [1, 1], ["1/2", 3]] if targets is None else targets
    instances = [zero_loss_instance(exact_array(wanted, name="targets"), scale=scale) for scale in scales]
    results = [_at_a_point("NH18.T4.5", instance, 1) for instance in instances]
    certificates = tuple(certificate for found in results for certificate in found.certificates)
    different = {str(_norm(instance)) for instance in instances}
    if any(found.status != "proved" for found in results) or len(different) < len(scales):
        return CheckResult("undecided", "an instance", results[0].what)
    what = f"zero loss, exactly, at {len(scales)} different points of S_1, for targets that are no classes"
    return CheckResult("proved", "an instance", what, {"scales": list(scales)}, certificates)


def _norm(instance: Instance) -> Fraction:
    return Fraction(sum(value**2 for value in Objective(instance).theta.fractions().tolist()))


@check("NH18.T4.5")
def zero_loss_with_sigmoids(*, seed: int = 0) -> CheckResult:
    """Theorem 4.5 (2) with sigmoids: a zero of the residual in a box, all of which is in S_1."""
    layers = [FullyConnected(3), FullyConnected(2), FullyConnected(2, activation="identity")]
    network = Network((1,), layers, activation="sigmoid")
    samples, targets = ExactArray.from_array([[0], [1], [3]]), teaching.classes(3)
    start = Objective(Instance(network, _solved_in_floats(network, samples, targets, seed), samples, targets))
    assumption, found = architecture(network, 3), zero_in_box(start, start.theta, PRECISION)
    if not isinstance(found, Finding) or assumption.status != "proved":
        return CheckResult("undecided", "an instance", str(found))
    least = least_singular_values(start, found, 1)
    if not min(least.values()) > 0:
        return CheckResult("undecided", "an instance", "the box is not proved to be in S_1")
    what = f"zero loss is attained within {found.radius:.1g} of a float point, and all of this box is in S_1"
    centre = start.coordinates.parameters(found.centre) if found.centre is not None else None
    points = () if centre is None else (centre,)
    certificate = Certificate(start.instance, (found.claim(0 if points else OWN),), 3, points)
    return CheckResult("proved", "an instance", what, {"least singular values": least}, (certificate,))


def _solved_in_floats(network: Network, samples: ExactArray, targets: ExactArray, seed: int) -> Parameters:
    """Layer 1 drawn; layer 2 so that its features are 1/4 and 3/4; layer 3 takes these to 0 and 1."""
    drawn = random_parameters(network, seed=seed)
    first = drawn.layer(1)
    assert first.biases is not None
    weights, biases = first.weights.floats()[0], first.biases.floats()[0]
    features = 1 / (1 + np.exp(-(samples.floats()[0] @ weights + biases)))
    wanted = np.where(targets.floats()[0] > 0, np.log(3), -np.log(3))
    arrays = {"W1": weights, "b1": biases, "W2": np.linalg.solve(features, wanted), "b2": np.zeros(2)}
    return Parameters.from_arrays(network, arrays | {"W3": 2 * np.eye(2), "b3": np.full(2, -0.5)})


def least_singular_values(objective: Objective, found: Finding, layer: int) -> dict[str, float]:
    """Lower bounds of σ_min of F_k and of all U_l, l ≥ k + 2, on the whole box of a finding."""
    from flint import arb

    network, balls = objective.instance.network, Balls()
    with working_precision(PRECISION):
        centre = balls.lift(objective.theta if found.centre is None else found.centre)
        radius = Fraction(found.radius or 0)
        theta = around(centre, dict.fromkeys(range(len(centre)), radius))
        features = objective.in_balls(theta).trace.features[layer]
        result = {f"F_{layer}": float(extreme_singular_values(features)[0].lower())}
        for number in range(layer + 2, len(network.layers) + 1):
            block, own = objective.coordinates.block(number), network.convolved(number)
            weights = theta[block.weights].reshape(own.weights_shape)
            full = np.vectorize(arb, otypes=[object])(full_weight_matrix(own.patches, weights))
            result[f"U_{number}"] = float(extreme_singular_values(full)[0].lower())
    return result
