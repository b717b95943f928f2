"""With mn units and no more a point can be confined among parameters with rows of bounded norm."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from exactcnn.landscape.constrained import constrained_minimum
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.points import undecided
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.searches.width_under_norms import NORMS, confined
from exactcnn.searches.width_under_norms import confined_with_two_outputs as two_outputs


@check("FOUND.norms")
def confined_at_width_n(
    instance: Instance | None = None, better: Parameters | None = None, norms: Sequence[Fraction | None] = NORMS
) -> CheckResult:
    """A strict minimum among parameters with rows of bounded ℓ1 norm, and a point of smaller loss among them.

    By default at n = 2 with two ReLUs, loss 1/16 against 0.
    """
    if instance is None or better is None:
        instance, better = confined(2)
    certificate = constrained_minimum(instance, norms, better)
    if not certificate.checked(True):
        return undecided(certificate.outcome.message)
    loss = Objective(instance).loss()
    what = f"a strict minimum under the bounds, Φ = {loss}, and a smaller loss elsewhere under them"
    details = {"widths": list(instance.network.widths), "loss": str(loss)}
    return CheckResult("proved", "an instance", what, details, (certificate,))


@check("FOUND.norms")
def confined_at_width_three() -> CheckResult:
    """The same at n = 3 with three ReLUs, loss 3/8 against 0."""
    return confined_at_width_n(*confined(3))


@check("FOUND.norms")
def confined_with_two_outputs() -> CheckResult:
    """The same with two outputs at n = 2 and four units, loss 5 against 7/2."""
    return confined_at_width_n(*two_outputs())
