"""Straight paths to any outputs from a point of S_k, and local minima there: which hypotheses they need."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import exact_array
from exactcnn.landscape.classify import classify
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.critical_points import instance_at
from exactcnn.proofs.checks.gaps_convolutional import three_samples
from exactcnn.proofs.checks.gaps_derivative import path_to_targets
from exactcnn.proofs.checks.gaps_outside import constant_units
from exactcnn.proofs.checks.points import piece_of, undecided
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.theorems.any_outputs import MINIMA, any_outputs
from exactcnn.theorems.landscape import critical

TIMES = (Fraction(1, 8), Fraction(1, 2), Fraction(1))


def small(samples: list[int], second: str = "softsign", *, biases: bool = True, top: int = 1) -> Instance:
    """ReLUs with F_1 = [[1, 0], [2, 1/2]] at the samples 1 and 2, two more units, and one output."""
    own = {} if biases else {"bias": "none"}
    layers = [
        FullyConnected(2, activation="relu"),
        FullyConnected(2, activation=second, **own),  # type: ignore[arg-type]
        FullyConnected(1, activation="identity", **own),  # type: ignore[arg-type]
    ]
    network = Network((1,), layers)
    arrays = {"W1": [[1, 1]], "b1": [0, "-3/2"], "W2": [[1, 1], [1, 2]], "W3": [[top], [top]]}
    more = {"b2": [0, 0], "b3": ["3/2"]} if biases else {}
    targets = exact_array([[x * x] for x in samples], name="targets")
    return Instance(network, Parameters.from_arrays(network, arrays | more), [[x] for x in samples], targets)


@check("LDS18.path")
def ranks_are_enough(instance: Instance | None = None, *, layer: int = 1) -> CheckResult:
    """The hypotheses at a point: ranks of F_k and U_l, strict monotonicity, and biases that can follow."""
    instance = instance or instance_at()
    found = any_outputs(instance, layer)
    if not found.holds or found.member is None:
        return undecided(found.problem)
    certificate = Certificate(instance, found.claims, len(instance.network.layers))
    ranks = [f"rank F_{layer} = N' = {found.count}"]
    ranks += [f"rank U_{number} = {bounds.lower}" for number, bounds, _ in found.member.weights]
    what = f"{', '.join(ranks)}: the outputs can move straight to any others that are equal on equal samples"
    return CheckResult("proved", "an instance", what, found.member.document(), (certificate,))


@check("LDS18.path")
def outputs_along_the_path(
    instance: Instance | None = None, *, layer: int = 1, times: Sequence[Fraction] = TIMES
) -> CheckResult:
    """Points of the path in exact fractions, where there is one bias per neuron and preimages are rational."""
    found = path_to_targets(instance, layer=layer, times=times)
    return found if found.status == "proved" else undecided(found.what)


@check("LDS18.path")
def equal_samples() -> CheckResult:
    """Three samples, of which two are equal: rank F_1 = N' = 2 is enough."""
    return ranks_are_enough(small([1, 2, 1]))


@check("LDS18.path")
def without_biases() -> CheckResult:
    """No biases above layer k: enough where the activation below takes the value 0 at 0."""
    return ranks_are_enough(small([1, 2], biases=False))


@check("LDS18.minima")
def no_local_minimum(instance: Instance | None = None, *, layer: int = 1) -> CheckResult:
    """A point of S_k is no local minimum unless its outputs are best: here one where every derivative is zero."""
    instance = instance or piece_of("zero-derivative").instance()
    hypotheses = ranks_are_enough(instance, layer=layer)
    if hypotheses.status != "proved":
        return undecided(hypotheses.what)
    found = critical(instance, layer=layer, check=False)
    verdict = next(each for each in found.verdicts if each.statement == MINIMA)
    certificate = Certificate(instance, verdict.claims, len(instance.network.layers))
    return CheckResult(verdict.status, "an instance", verdict.reason, {}, (*hypotheses.certificates, certificate))


@check("LDS18.minima")
def best_outputs() -> CheckResult:
    """The other case: a point whose loss is the least that outputs have."""
    start = small([1, 2])
    outputs = Objective(start).outputs()
    return no_local_minimum(Instance(start.network, start.parameters, start.data, outputs))


def saturated() -> Instance:
    """Hard sigmoids that are 1 on all samples, rank F_1 = N, and as output the mean of the targets."""
    start = small([1, 2], "hard-sigmoid")
    arrays = {"W1": [[1, 1]], "b1": [0, "-3/2"], "W2": [[1, 1], [1, 2]], "b2": [9, 9], "W3": [[1], [1]], "b3": ["1/2"]}
    parameters = Parameters.from_arrays(start.network, arrays)
    return Instance(start.network, parameters, start.data, start.targets)


@check("LDS18.minima")
def plateaus_have_minima() -> CheckResult:
    """Monotone is not enough: units that are saturated on all samples make a local minimum in S_1 of positive loss."""
    instance = saturated()
    found = critical(instance, layer=1, check=False)
    point, (member,) = found.point, found.memberships
    if point.status != "minimum" or not member.holds or not point.loss[0] > 0 or any_outputs(instance, 1).holds:
        return undecided(f"the point is {point.status}: {point.reason}; {member.reason}")
    certificate = Certificate(instance, (*point.claims, *member.claims), 3, point.points)
    what = f"a local minimum in S_1 with Φ = {point.loss[0]}: hard-sigmoid is monotone, not strictly"
    return CheckResult("proved", "an instance", what, {"loss": str(point.loss[0])}, (certificate,))


@check("LDS18.minima")
def low_ranks_have_critical_points() -> CheckResult:
    """rank F_k < N: a local minimum of positive loss; U_{k+2} = 0: a critical point of positive loss, a saddle."""
    outside = constant_units()
    start = small([1, 2], top=0)
    arrays = {"W1": [[1, 1]], "b1": [0, "-3/2"], "W2": [[0, 0], [0, 0]], "b2": [1, 1], "W3": [[0], [0]], "b3": ["5/2"]}
    instance = Instance(start.network, Parameters.from_arrays(start.network, arrays), start.data, start.targets)
    point = classify(Objective(instance))
    if outside.status != "refuted" or point.status != "saddle" or not point.loss[0] > 0:
        return undecided(f"{outside.what}; the point is {point.status}: {point.reason}")
    certificate = Certificate(instance, point.claims, 3, point.points)
    what = f"{outside.what}; with U_3 = 0 a saddle with Φ = {point.loss[0]}"
    return CheckResult("proved", "an instance", what, {}, (*outside.certificates, certificate))


@check("LDS18.minima")
def convolutions_above_have_minima() -> CheckResult:
    """Layer k + 1 convolutional: a local minimum in S_1 of positive loss, from three samples on."""
    found = three_samples()
    if found.status != "refuted":
        return undecided(found.what)
    return CheckResult("proved", "an instance", found.what, found.details, found.certificates)
