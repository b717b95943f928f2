"""Theorem 4.4 where a derivative of a strictly monotone activation is zero, and local minima, which need no repair."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from exactcnn.certificates.certificate import Certificate
from exactcnn.constructions.path_to_targets import towards_targets
from exactcnn.landscape.classify import PRECISIONS, better_of
from exactcnn.landscape.evidence import OWN, GradientClaim
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.monotone import monotone
from exactcnn.proofs.checks.critical_points import (
    gradient_at_positive_loss,
    gradient_between_multiples_of_the_residual,
    instance_at,
    section_4_verdict,
)
from exactcnn.proofs.checks.points import in_s, objective_at, piece_of, undecided
from exactcnn.proofs.checks.recorder import CheckResult, check

TIMES = (Fraction(1, 8), Fraction(1, 2), Fraction(1))
STEPS = (Fraction(1, 10), Fraction(1, 2), Fraction(1))


@check("NH18.G.zero-derivative")
def derivative_may_vanish() -> CheckResult:
    """A critical point of S_1 with loss 1/2: a strictly increasing, smooth activation that is flat at a point."""
    piece = piece_of("zero-derivative")
    instance, objective = piece.instance(), piece.objective()
    member = in_s(instance)
    verdict, certificate = section_4_verdict(instance, "NH18.T4.4", 1)
    if member.problem or verdict.status != "refuted" or bool(objective.gradient().numbers.any()):
        return undecided(member.problem or verdict.reason)
    # F_1 is invertible and F_2 a constant other than 0: with the gradients by U_2 and U_3 those by all biases vanish
    claims = Certificate(instance, (*certificate.claims, GradientClaim(3, True, None, None)), 3)
    slope = monotone(instance.network.convolved(2).activation)
    loss = objective.loss()
    what = f"a point of S_1 where every derivative of the loss is zero, and Φ = {loss}"
    details = {"loss": str(loss), "strictly monotone": slope.strictly, "slope vanishes": slope.slope_vanishes}
    return CheckResult("refuted", "an instance", what, details, (*member.certificates, claims))


@check("NH18.G.zero-derivative")
def lower_losses_nearby(steps: Sequence[Fraction] = STEPS) -> CheckResult:
    """Near the same point Φ is smaller, 2 (1/2 - g^3/4)^2 at G_2 = g (2 Y - 1) for 0 < g <= 1: it is no minimum."""
    piece = piece_of("zero-derivative")
    objective = piece.objective()
    points, values = [], []
    start = objective.in_rationals().twice_the_loss.fractions().item() / 2
    for g in steps:
        there = objective_at(piece, W2=[[str(g), str(-g)], [str(-6 * g), str(6 * g)]])
        loss = 2 * (Fraction(1, 2) - g**3 / 4) ** 2
        if there.loss() != loss or not loss < start:
            return undecided(f"the loss at g = {g} is {there.loss()}")
        assert there.instance.parameters is not None
        points.append(there.instance.parameters)
        values.append(loss)
    bounds = [better_of(objective, point, PRECISIONS[0]).claim(index) for index, point in enumerate(points)]
    claims = Certificate(objective.instance, bounds, 3, points)
    shown = ", ".join(f"{value} at g = {g}" for g, value in zip(steps, values, strict=True))
    return CheckResult("proved", "an instance", f"Φ = {shown}", {"losses": list(map(str, values))}, (claims,))


@check("NH18.G.zero-derivative")
def nonzero_slopes_repair(instance: Instance | None = None, *, layer: int = 1) -> CheckResult:
    """With derivatives that are never zero the lower side of Lemma 4.3 is positive: the theorem holds."""
    instance = instance or instance_at()
    member = in_s(instance, layer)
    between = gradient_between_multiples_of_the_residual(instance, layer=layer)
    gradient = gradient_at_positive_loss(instance, layer=layer)
    for found in (between, gradient):
        if found.status != "proved":
            return undecided(found.what)
    if member.problem or not member.slopes or not between.details["lower"] > 0:
        return undecided(member.problem or "a slope may vanish")
    what = f"no slope is zero, the lower side of Lemma 4.3 is positive, and {gradient.what}"
    return CheckResult("proved", "an instance", what, between.details, (*member.certificates, *gradient.certificates))


@check("NH18.T4.5.minima")
def path_to_targets(
    instance: Instance | None = None, *, layer: int = 1, times: Sequence[Fraction] = TIMES
) -> CheckResult:
    """Points of the path from a point of S_k: exact outputs (1 - t) Ŷ + t Y, and so the loss (1 - t)^2 Φ."""
    instance = instance or instance_at()
    member = in_s(instance, layer)
    if member.problem:
        return undecided(member.problem)
    objective = Objective(instance)
    assert instance.parameters is not None
    assert instance.samples is not None
    assert instance.targets is not None
    start = objective.outputs().fractions()
    points = []
    for t in times:
        point = towards_targets(
            instance.network, instance.parameters, instance.samples, instance.targets, t, layer=layer
        )
        there = Objective(Instance(instance.network, point, instance.samples, instance.targets))
        wanted = (1 - t) * start + t * instance.targets.fractions()
        if bool((there.outputs().fractions() != wanted).any()):
            return CheckResult("refuted", "an instance", f"at t = {t} the outputs are not those of the straight line")
        points.append(point)
    bounds = [better_of(objective, point, PRECISIONS[0]) for point in points]
    first = better_of(objective, instance.parameters, PRECISIONS[0])
    if any(found.loss[0] != (1 - t) ** 2 * first.loss[0] for found, t in zip(bounds, times, strict=True)):
        return undecided("the losses are not (1 - t)^2 times the first")
    claims = (first.claim(OWN), *(found.claim(index) for index, found in enumerate(bounds)))
    certificate = Certificate(instance, claims, len(instance.network.layers), points)
    shown = ", ".join(map(str, times))
    what = f"from a point of S_{layer}: at t = {shown} the outputs are (1 - t) Ŷ + t Y exactly, and Φ is (1 - t)² Φ(0)"
    losses = [float(found.loss[0]) for found in (first, *bounds)]
    return CheckResult("proved", "an instance", what, {"losses": losses}, (*member.certificates, certificate))
