"""A minimum with an affine unit in every hidden layer that is worse than linear regression, on five samples."""

from __future__ import annotations

from exactcnn.certificates.certificate import Certificate
from exactcnn.landscape.classify import classify
from exactcnn.landscape.evidence import CriticalPointClaim
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.proofs.checks.points import undecided
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.searches.affine_units import minimum_claim, worse_minimum
from exactcnn.searches.affine_units import worse_than_regression as certificate_of


def affine_units(instance: Instance) -> list[int] | str:
    """In each hidden layer the first unit that passes its argument on, positive and not constant on the samples.

    Of a ReLU these are the active ones. Or which layer has none.

    Examples
    --------
    >>> affine_units(worse_minimum())
    [0, 0]
    """
    found = []
    trace = Objective(instance).in_rationals().trace
    for number, values in enumerate(trace.pre_activations[:-1], start=1):
        before, after = values.fractions(), trace.features[number].fractions()
        units = [
            h
            for h, (z, f) in enumerate(zip(before.T.tolist(), after.T.tolist(), strict=True))
            if z == f and min(z) > 0 and len(set(z)) > 1
        ]
        if not units:
            return f"no unit of layer {number} is active on all samples, and not constant"
        found.append(units[0])
    return found


@check("FOUND.affine")
def worse_than_regression(instance: Instance | None = None) -> CheckResult:
    """A minimum of larger loss than least squares on the inputs and ones; by default one on five samples.

    Another instance, of fully connected ReLUs, must be given at a point that `exactcnn critical` decides.
    """
    own = worse_minimum() if instance is None else instance
    units = affine_units(own)
    if isinstance(units, str):
        return undecided(units)
    if instance is None:
        minimum = minimum_claim(own)
    else:
        point = classify(Objective(own))
        claims = [claim for claim in point.claims if isinstance(claim, CriticalPointClaim)]
        if point.status not in ("minimum", "strict minimum") or not claims:
            return undecided(f"the point is {point.status}: {point.reason}")
        minimum = claims[0]
    certificate = certificate_of(own, minimum, units)
    if not certificate.checked(True):
        return undecided(certificate.outcome.message)
    least = certificate.claims[1].document()["upper"]
    what = (
        f"a minimum of Φ = {minimum.loss[0]} with an affine unit in every hidden layer; linear regression has {least}"
    )
    return CheckResult("proved", "an instance", what, {"samples": own.count, "units": units}, (certificate,))


@check("FOUND.affine")
def no_minimum_on_four() -> CheckResult:
    """The same point without the sample (2, 0) is critical, too, and its residual the same; it is a saddle."""
    five = worse_minimum()
    assert five.samples is not None
    assert five.targets is not None
    four = Instance(five.network, five.parameters, five.samples[:4], five.targets[:4])
    point = classify(Objective(four))
    if point.status != "saddle":
        return undecided(f"the point is {point.status}: {point.reason}")
    certificate = Certificate(four, point.claims, len(four.network.layers), point.points)
    return CheckResult("proved", "an instance", f"a saddle of Φ = {point.loss[0]}", {"samples": 4}, (certificate,))
