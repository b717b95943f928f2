"""What blocks of parameters take off the loss: the identity at critical points, and the formula for shallow minima."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.curves import IDENTITY
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.landscape.block_terms import Blocks, BlockTerms, block_terms
from exactcnn.landscape.classify import classify
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import LayerParameters, Parameters
from exactcnn.proofs.checks.points import piece_of, undecided
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.theorems.verdict import Status

MINIMA = ("strict minimum", "minimum", "global minimum")


@check("KHK19.identity")
def terms_at_a_critical_point(instance: Instance | None = None, *, blocks: Blocks = "layer") -> CheckResult:
    """At a critical point the loss is ½ ‖Y‖² less the terms of all blocks."""
    found = _terms(instance or piece_of("swirszcz-2-smooth").instance(), blocks)
    if isinstance(found, CheckResult):
        return found
    last = found.objective.curves[-1]
    if not found.claim.critical or (not found.identity and (last is None or last.affine != IDENTITY)):
        return undecided(found.reason)
    status: Status = "proved" if found.identity else "refuted"
    details = {"terms": list(map(_text, found.terms))} if len(found.terms) < 20 else {}
    return CheckResult(status, "an instance", _sum(found), details, (found.certificate,))


@check("KHK19.identity")
def terms_of_units() -> CheckResult:
    """The same with a block for each unit."""
    return terms_at_a_critical_point(blocks="unit")


@check("KHK19.identity")
def terms_elsewhere(instance: Instance | None = None) -> CheckResult:
    """At any point, under a linear last layer, the loss is more than what is left by ½ ‖P[J] R‖²."""
    instance = instance or not_critical()
    if Objective(instance).domain != "Q":
        return undecided("the residual is not rational")
    found = _terms(instance, "layer")
    if isinstance(found, CheckResult):
        return found
    # the residual for targets: ½ ‖R‖² is the loss, and what is left of it the part outside the columns of J
    other = block_terms(_with_targets(instance, Objective(instance).residual()), check=False)
    excess = other.norm - other.left
    holds = found.loss == found.left + excess and (excess == 0) == found.claim.critical
    what = f"Φ = {found.loss} = {found.left} + {excess}, the second ½ ‖P[J] R‖²"
    certificates = (found.certificate, other.certificate)
    return CheckResult("proved" if holds else "refuted", "an instance", what, {}, certificates)


def not_critical() -> Instance:
    """The point of the gallery's swirszcz-2-smooth, with other targets."""
    return _with_targets(piece_of("swirszcz-2-smooth").instance(), [[1], [0], [0], [0], [2], [0]])


def _with_targets(instance: Instance, targets: Any) -> Instance:
    return Instance(instance.network, instance.parameters, instance.data, targets)


def _terms(instance: Instance, blocks: Blocks) -> BlockTerms | CheckResult:
    try:
        return block_terms(instance, blocks, check=False)
    except InputError as error:
        return undecided(str(error))


def _sum(found: BlockTerms) -> str:
    terms = " − ".join(map(_text, found.terms)) if len(found.terms) < 6 else f"{len(found.terms)} terms"
    return f"Φ = {_text(found.loss)} = {found.norm} − {terms}"


def _text(value: Any) -> str:
    """A fraction, or the middle of bounds in six digits."""
    return str(value) if isinstance(value, Fraction) else f"{float(round(sum(value) / 2, 12)):.6g}"


# -------------------------------------------------------------------- one hidden layer of ReLUs, one output


@check("KHK19.shallow")
def formula_at_a_minimum(instance: Instance | None = None) -> CheckResult:
    """At a minimum the loss is what the units' own matrices Dₖ leave of ½ ‖Y‖², whatever their outgoing weights are."""
    instance = instance or piece_of("swirszcz-2-smooth").instance()
    problem = _other_network(instance)
    if problem:
        return undecided(problem)
    point = classify(Objective(instance), search=False)
    if point.status not in MINIMA or point.finding is None or point.finding.centre is not None:
        return undecided(f"the point is {point.status}: {point.reason}")
    critical = terms_at_a_critical_point(instance, blocks="unit")
    found = _terms(all_heard(instance), "unit")
    if critical.status != "proved" or isinstance(found, CheckResult):
        return undecided(critical.what if not isinstance(found, CheckResult) else found.what)
    own = Certificate(instance, point.claims, len(instance.network.layers), point.points)
    status: Status = "proved" if point.loss == (found.left, found.left) else "refuted"
    what = f"{point.status} with Φ = {point.loss[0]}; the units leave {found.left} of {found.norm}"
    return CheckResult(status, "an instance", what, {}, (own, found.certificate))


@check("KHK19.shallow")
def unheard_units() -> CheckResult:
    """The same at a minimum where one unit has outgoing weight 0: at the piece yun-1."""
    return formula_at_a_minimum(piece_of("yun-1").instance())


@check("KHK19.shallow")
def saddle_without_formula() -> CheckResult:
    """At a critical point that is no minimum the formula can fail: one unit that is not heard, Φ = 1, and 0 left."""
    instance = unheard_saddle()
    point, found = classify(Objective(instance)), block_terms(all_heard(instance), "unit", check=False)
    if point.status != "saddle" or not found.left < point.loss[0]:
        return undecided(f"the point is {point.status}; the units leave {found.left} of Φ = {point.loss[0]}")
    what = f"saddle with Φ = {point.loss[0]}, of which the unit leaves {found.left}"
    own = Certificate(instance, point.claims, 2, point.points)
    return CheckResult("proved", "an instance", what, {}, (own, found.certificate))


def unheard_saddle() -> Instance:
    """One ReLU without bias on the two unit vectors, targets 1 and −1, outgoing weight 0."""
    layers = [FullyConnected(1, activation=name, bias="none") for name in ("relu", "identity")]
    network = Network((2,), layers)
    parameters = Parameters.from_arrays(network, {"W1": [[1], [1]], "W2": [[0]]})
    return Instance(network, parameters, [[1, 0], [0, 1]], [[1], [-1]])


def all_heard(instance: Instance) -> Instance:
    """The same hidden layer with outgoing weights 1: the derivatives by unit k are then the columns of Dₖ."""
    assert instance.parameters is not None
    first, last = instance.parameters.layers
    assert last is not None
    ones = ExactArray(np.ones(last.weights.shape, dtype=np.int64))
    parameters = Parameters((first, LayerParameters(ones, last.biases)))
    return Instance(instance.network, parameters, instance.data, instance.targets)


def _other_network(instance: Instance) -> str:
    """Why the formula says nothing about a network; empty if it does."""
    network = instance.network
    if len(network.layers) != 2 or network.widths[-1] != 1:
        return f"widths {network.widths}; expected one hidden layer and one output"
    for number in (1, 2):
        curve = network.convolved(number).activation
        lines = curve.domain == "rational" and all(
            piece.affine is not None and not piece.affine[0] for piece in curve.pieces
        )
        if not lines or network.convolved(number).patches.patch_count != 1 or (number == 2 and curve.kinks):
            return f"layer {number} is not fully connected with pieces a t, the last one without activation"
    return ""
