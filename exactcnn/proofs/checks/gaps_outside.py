"""Critical points outside S_k, conjectured not to be suboptimal minima; and what class targets force inside."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.landscape.classify import classify
from exactcnn.landscape.escape import escape_at_width
from exactcnn.landscape.evidence import OWN
from exactcnn.landscape.objective import Objective
from exactcnn.linalg.fractions import from_flint, to_flint
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.critical_points import architecture, point_in_s, zero_loss_instance
from exactcnn.proofs.checks.points import decided, piece_of, undecided
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.theorems.matrix import matrix_rank


@check("NH18.G.outside")
def constant_units() -> CheckResult:
    """A local minimum outside S_1 with Φ = 2/3, width N = 3, sigmoids; zero loss is attained."""
    piece = piece_of("constant-units")
    instance, (point, certificate) = piece.instance(), decided(piece)
    assumption = architecture(instance.network, 3)
    member = point_in_s(instance)
    if assumption.status != "proved" or member.status != "refuted":
        return undecided(f"{assumption.what}; {member.what}")
    if point.status != "minimum" or not point.suboptimal or point.loss[0] != Fraction(2, 3):
        return undecided(f"the point is {point.status}: {point.reason}")
    assert point.better is not None
    what = f"a local minimum with Φ = {point.loss[0]}, {member.what}; another point has Φ = {point.better.loss[0]}"
    certificates = (*assumption.certificates, *member.certificates, certificate)
    return CheckResult("refuted", "an instance", what, {"loss": str(point.loss[0])}, certificates)


@check("NH18.G.outside")
def a_path_down() -> CheckResult:
    """From the same point a path to zero loss along which the loss never grows: it is no strict minimum."""
    piece = piece_of("constant-units")
    objective = piece.objective()
    path = escape_at_width(objective)
    if isinstance(path, str):
        return undecided(path)
    points = [objective.coordinates.parameters(theta) for theta in path.points]
    certificate = Certificate(objective.instance, (path.claim((OWN, *range(len(points)))),), 2, points)
    end = path.segments[-1].after
    if end != 0:
        return undecided(f"the path ends at {end}")
    what = f"{len(points)} segments to zero loss, along which the loss never grows"
    return CheckResult("proved", "an instance", what, {"segments": [s.kind for s in path.segments]}, (certificate,))


@check("NH18.G.outside")
def low_rank_weights() -> CheckResult:
    """A linear network, all weights zero and targets zero: critical, of rank zero, and a global minimum, no saddle."""
    layers = [FullyConnected(1, activation="identity", bias="none") for _ in range(2)]
    network = Network((1,), layers)
    parameters = Parameters.from_arrays(network, {"W1": [[0]], "W2": [[0]]})
    point = classify(Objective(Instance(network, parameters, [[1]], [[0]])))
    if point.status != "global minimum":
        return undecided(f"the point is {point.status}: {point.reason}")
    certificate = Certificate(point.objective.instance, point.claims, 2)
    what = "weights of rank zero at a global minimum: the assumptions of Baldi and Hornik are needed"
    return CheckResult("refuted", "an instance", what, {}, (certificate,))


@check("NH18.T4.5.classes")
def columns_are_dependent(
    instance: Instance | None = None, *, encoding: Sequence[Sequence[int]] | None = None
) -> CheckResult:
    """With v = Z⁻¹1, at a point where the last layer is critical: F_{L-1} (U_L v) = (1 - b_L v) 1, exactly."""
    instance = instance or zero_loss_instance()
    member = point_in_s(instance)
    if member.status != "proved":
        return undecided(member.what)
    network, parameters = instance.network, instance.parameters
    assert parameters is not None
    last, objective = len(network.layers), Objective(instance)
    gradient = objective.gradient().fractions()
    block = objective.coordinates.block(last)
    if gradient[block.start : block.stop].any():
        return undecided(f"the gradient by the parameters of layer {last} is not zero")
    outputs = network.widths[-1]
    identity = [[int(i == j) for j in range(outputs)] for i in range(outputs)] if encoding is None else encoding
    codes = exact_array([list(row) for row in identity], name="encoding").fractions()
    v = from_flint(to_flint(codes).solve(to_flint(np.full((outputs, 1), Fraction(1)))))[:, 0]
    assert instance.targets is not None
    if any(value != 1 for value in instance.targets.fractions() @ v):
        return undecided("the targets do not encode classes: Y v is not 1")
    own = parameters.layer(last)
    assert own.biases is not None
    features = objective.in_rationals().trace.features[last - 1].fractions()
    left = features @ (own.weights.fractions() @ v)
    right = 1 - own.biases.fractions() @ v
    if any(value != right for value in left):
        return CheckResult("refuted", "an instance", "F_{L-1} (U_L v) is not a multiple of 1")
    ones = np.full((len(features), 1), Fraction(1), dtype=object)
    extended = np.concatenate([features, ones], axis=1)
    rank = matrix_rank(ExactArray.from_fractions(extended.ravel().tolist(), extended.shape), check=False)
    columns = extended.shape[1]
    if rank.rank.upper >= columns:
        return undecided(f"rank [F_{last - 1}, 1] is {rank.rank}")
    where = f"F_{last - 1}"
    what = f"{where} (U_{last} v) = {right} · 1 with v = Z⁻¹1: rank [{where}, 1] = {rank.rank}, of {columns} columns"
    details = {"v": list(map(str, v.tolist())), "rank": str(rank.rank), "columns": columns}
    return CheckResult("proved", "an instance", what, details, (*member.certificates, rank.certificate))
