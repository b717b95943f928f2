"""Assumption 3.1, and the perturbation that the paper proposes where it fails."""

from __future__ import annotations

from fractions import Fraction

from exactcnn.certificates.certificate import Certificate
from exactcnn.data.dataset import Dataset
from exactcnn.domains.exact import ExactArray
from exactcnn.network.instance import Instance
from exactcnn.network.network import Network
from exactcnn.proofs.checks import teaching
from exactcnn.proofs.checks.recorder import CheckResult, check, from_verdict
from exactcnn.proofs.checks.structure import patches_cover_and_differ
from exactcnn.theorems.hypotheses import assumption_3_1


@check("NH18.A3.1")
def patches_differ_between_samples(network: Network | None = None, samples: ExactArray | None = None) -> CheckResult:
    """Assumption 3.1, decided by hashing all patches of layer 1; `details` tells the same-position version apart."""
    network = network or teaching.one_dimensional()
    samples = teaching.samples(6, network.widths[0]) if samples is None else samples
    structure = patches_cover_and_differ(network)
    verdict = assumption_3_1(network, samples)
    found = from_verdict(verdict, "an instance", Certificate(Instance(network, samples=samples), verdict.claims, 1))
    return found if structure.status == "proved" else structure


@check("NH18.R3.1")
def perturbation_repairs(
    network: Network | None = None,
    samples: ExactArray | None = None,
    *,
    size: Fraction = Fraction(1, 10**6),
    seed: int = 0,
) -> CheckResult:
    """One perturbation that works proves that almost all do: the others fill finitely many proper affine subspaces."""
    network = network or teaching.one_dimensional()
    if samples is None:
        samples = ExactArray.from_array([[0, 0, 0, 0, 1], [0, 0, 0, 0, 2], [1, 0, 0, 0, 0]])
    before = patches_differ_between_samples(network, samples)
    perturbed = Dataset.from_array(samples, name="samples").perturbed(size, seed=seed).samples
    after = patches_differ_between_samples(network, perturbed)
    moved = max(map(abs, (perturbed.fractions() - samples.fractions()).ravel().tolist()))
    if after.status != "proved" or moved > size:
        return CheckResult("undecided", "an instance", f"the perturbation drawn from seed {seed} does not repair")
    what = (
        f"Assumption 3.1 is {before.status} before and proved after one perturbation of size at most {size}; so the "
        "set of perturbations that leave it violated is a finite union of proper affine subspaces, of measure zero"
    )
    details = {"before": before.status, "samples_involved": before.details["samples_involved"], "size": str(size)}
    return CheckResult("proved", "almost all parameters", what, details, after.certificates)
