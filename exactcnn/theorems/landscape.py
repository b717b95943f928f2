"""Section 4 at a point: membership in S_k, what Theorems 4.4 and 4.5 say there, and whether it can be a minimum.

S_k is the set of parameters with rank F_k = N and full weight matrices U_l of full rank for all l from k + 2 to L.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from exactcnn.certificates.certificate import Certificate
from exactcnn.certificates.claim import Claim
from exactcnn.display import Shown
from exactcnn.domains.arguments import typed
from exactcnn.domains.balls import working_precision
from exactcnn.domains.curves import IDENTITY
from exactcnn.errors import InputError
from exactcnn.landscape.block_terms import Blocks, BlockTerms, block_terms
from exactcnn.landscape.classify import PRECISIONS, classify, loss_at, refine
from exactcnn.landscape.critical_point import CriticalPoint
from exactcnn.landscape.evidence import OWN, GradientClaim, LossClaim
from exactcnn.landscape.finding import widened
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.model import Model
from exactcnn.network.network import Convolved, Network
from exactcnn.network.parameters import Parameters
from exactcnn.resources import Progress
from exactcnn.theorems.any_outputs import any_outputs, least_loss
from exactcnn.theorems.assumption_4_1 import assumption_4_1
from exactcnn.theorems.independence import ConclusionClaim
from exactcnn.theorems.membership import Membership, membership
from exactcnn.theorems.verdict import Verdict

EQUIVALENCE, ZERO_LOSS = "NH18.T4.4", "NH18.T4.5"


@dataclass(frozen=True, eq=False)
class CriticalReport(Shown):
    """What `exactcnn critical` says: the point, its membership in S_k, and the verdicts.

    Attributes
    ----------
    point : CriticalPoint
    memberships : tuple of Membership
        For the parameters as they are given.
    verdicts : tuple of Verdict
    terms : BlockTerms or None
        What blocks of parameters take off ½ ‖Y‖², at the parameters as they are given, if asked for.
    checked : bool or None
        Whether the independent checker has accepted all claims; None if it was not asked.
    rejection : str
        The checker's message where it has rejected a claim.
    """

    point: CriticalPoint
    memberships: tuple[Membership, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    terms: BlockTerms | None = None
    checked: bool | None = None
    rejection: str = field(default="", repr=False)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What the certificate states, in order and each once."""
        claims: list[Claim] = list(self.point.claims)
        for each in self.memberships:
            claims += each.claims
        for verdict in self.verdicts:
            claims += [claim for claim in verdict.claims if claim not in claims]
        return (*claims, self.terms.claim) if self.terms is not None else tuple(claims)

    @property
    def certificate(self) -> Certificate:
        """All claims."""
        instance = self.point.objective.instance
        return Certificate(instance, self.claims, len(instance.network.layers), self.point.points)

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn critical --json`."""
        terms = {} if self.terms is None else {"terms": self.terms.document()}
        return (
            self.point.document()
            | terms
            | {
                "membership": [each.document() for each in self.memberships],
                "checked": self.checked,
                "verdicts": [verdict.document() for verdict in self.verdicts],
                "notes": list(self.point.objective.instance.notes),
            }
        )


@typed
def critical(
    network: Instance | Model | Network,
    parameters: Any = None,
    samples: Any = None,
    targets: Any = None,
    *,
    refined: bool = False,
    layer: int | str | None = None,
    better: Iterable[Parameters] = (),
    bits: tuple[int, ...] = PRECISIONS,
    freeze: Iterable[str] = (),
    terms: Blocks | None = None,
    seed: int = 0,
    check: bool | None = None,
    progress: Progress | None = None,
) -> CriticalReport:
    """Say what a point of the loss surface is, whether it lies in S_k, and what Section 4 says of it.

    Parameters
    ----------
    network, parameters, samples, targets
        An instance with parameters of all layers, samples and targets; a model with samples and targets; or all four.
    refined : bool
        Whether the parameters are only a start near a critical point, as training leaves them.
    layer : int or str, optional
        k of S_k, or the layer's name; by default all layers below the output with n_k ≥ N.
    better, bits, freeze, seed
        As in `exactcnn.landscape.classify.classify`.
    terms : {"layer", "unit"}, optional
        Blocks whose terms are wanted, as in `exactcnn.landscape.block_terms.block_terms`.
    check : bool, optional
        Whether to ask the independent checker; by default where it takes a few seconds.
    progress : callable, optional
        Called with (what, done, total).

    Raises
    ------
    InputError
        As `classify`, `refine`, `membership` and, where terms are wanted, `block_terms`.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Section 4.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> network = Network((1,), [FullyConnected(2, activation="relu"), FullyConnected(1, activation="identity")])
    >>> arrays = {"W1": [[1, 1]], "b1": [0, "-3/2"], "W2": [[1], [1]], "b2": [0]}
    >>> found = critical(Instance(network, Parameters.from_arrays(network, arrays), [[1], [2]], [[1], ["5/2"]]))
    >>> found.point.status, found.memberships[0].holds, [verdict.status for verdict in found.verdicts]
    ('global minimum', True, ['proved', 'proved', 'proved'])
    """
    instance = network if isinstance(network, Instance) else Instance(network, parameters, samples, targets)
    objective = Objective(instance, progress)
    ladder = refine if refined else classify
    point = ladder(objective, better=better, bits=bits, freeze=freeze, seed=seed)
    known, count = instance.network, instance.count
    assert count is not None
    layers = (
        [known.layer(layer).number]
        if layer is not None
        else [k for k in known.wide_layers(count) if _has_section_4(instance, k)]
    )
    memberships = tuple(membership(instance, k, seed=seed, progress=progress) for k in layers)
    verdicts = [verdict for each in memberships for verdict in _verdicts(objective, point, each, bits[0])]
    try:
        shares = None if terms is None else block_terms(objective, terms, check=False, progress=progress)
    except InputError as error:
        raise InputError(f"terms: {error}") from None
    found = CriticalReport(point, memberships, tuple(verdicts), shares)
    return _judged(found, check, progress)


def _has_section_4(instance: Instance, layer: int) -> bool:
    """Whether S_k is defined: below the output, convolutional or fully connected layers only above it."""
    above = instance.network.resolved[layer:]
    return bool(above) and all(isinstance(each, Convolved) for each in above)


def _judged(found: CriticalReport, wanted: bool | None, progress: Progress | None) -> CriticalReport:
    """Add the checker's answer: nothing is claimed that it has rejected."""
    if not found.claims:
        return found
    checked = found.certificate.checked(wanted, progress=progress)
    if checked is not False:
        verdicts = tuple(each.judged(checked) for each in found.verdicts)
        terms = None if found.terms is None else replace(found.terms, checked=checked)
        return replace(found, verdicts=verdicts, terms=terms, checked=checked)
    rejection = found.certificate.outcome.message
    verdicts = tuple(each.judged(False, rejection) for each in found.verdicts)
    reason = f"the independent checker does not accept the evidence ({rejection})"
    point = replace(found.point, finding=None, better=None, reason=reason)
    return CriticalReport(point, (), verdicts, None, False, rejection)


# -------------------------------------------------------------------- Theorems 4.4 and 4.5 at this point


def _verdicts(objective: Objective, point: CriticalPoint, member: Membership, bits: int) -> list[Verdict]:
    """The verdicts at layer k."""
    found = any_outputs(objective.instance, member.layer, member=member)
    minima = least_loss(objective.instance, found, loss_claim(objective, bits) if found.holds else None)
    other = _other_network(objective)
    if other is not None:
        reason = f"{other}: Section 4 is about convolutional and fully connected layers with a linear output"
        both = (EQUIVALENCE, ZERO_LOSS)
        return [*(Verdict(each, "undecided", "this point", reason, member.layer) for each in both), minima]
    return [_theorem_4_4(objective, member, bits), _theorem_4_5(objective, point, member, bits), minima]


def _other_network(objective: Objective) -> str | None:
    """Why the network is none of Section 4's; None if it is."""
    for layer in objective.instance.network.resolved:
        if not isinstance(layer, Convolved):
            return f"layer {layer.number} is {layer.kind}"
    last = objective.curves[-1]
    linear = last is not None and last.affine == IDENTITY
    return None if linear else f"the activation of layer {len(objective.curves)} is not the identity"


def _outside(statement: str, member: Membership) -> Verdict | None:
    """Undecided where the point is not known to be in S_k: the statement says nothing about it."""
    if member.holds:
        return None
    where = "is not in" if member.holds is False else "is not known to be in"
    reason = f"the point {where} S_{member.layer} ({member.reason}): the theorem says nothing about it"
    return Verdict(statement, "undecided", "this point", reason, member.layer)


def _verdict(
    statement: str, by: str, status: Any, reason: str, member: Membership, claims: tuple[Claim, ...]
) -> Verdict:
    conclusion = ConclusionClaim(statement, member.layer, status, "this point", by)
    return Verdict(statement, status, "this point", reason, member.layer, claims=(*member.claims, *claims, conclusion))


def loss_claim(objective: Objective, bits: int) -> LossClaim:
    """Bounds of the loss at a point, at so many bits where it is not rational."""
    return LossClaim(OWN, *loss_at(objective, bits), None if objective.domain == "Q" else bits)


def _theorem_4_4(objective: Objective, member: Membership, bits: int) -> Verdict:
    """On S_k, Φ = 0 if and only if ∇_{U_{k+1}}Φ = 0."""
    outside = _outside(EQUIVALENCE, member)
    if outside is not None:
        return outside
    loss, above = loss_claim(objective, bits), member.layer + 1
    if loss.upper == 0:
        reason = f"in S_{member.layer}, the loss is 0, and so is its gradient"
        return _verdict(EQUIVALENCE, "zero-loss", "proved", reason, member, (loss,))
    gradient = full_gradient(objective, above, bits)
    if gradient is None:
        reason = f"whether the gradient by U_{above} is 0 is not decided here"
        return Verdict(EQUIVALENCE, "undecided", "this point", reason, member.layer)
    if not gradient.zero:
        reason = f"in S_{member.layer}, neither the loss nor its gradient by U_{above} is 0"
        return _verdict(EQUIVALENCE, "gradient", "proved", reason, member, (gradient,))
    why = _what_fails(objective, member)
    reason = f"in S_{member.layer}, the gradient by U_{above} is 0, the loss is not: {why}"
    return _verdict(EQUIVALENCE, "zero-gradient", "refuted", reason, member, (gradient, loss))


def _theorem_4_5(objective: Objective, point: CriticalPoint, member: Membership, bits: int) -> Verdict:
    """Critical points in S_k have zero loss, if layer k + 1 is fully connected."""
    outside = _outside(ZERO_LOSS, member)
    if outside is not None:
        return outside
    above = objective.instance.network.convolved(member.layer + 1)
    if above.patches.patch_count > 1 or above.patches.patch_size < above.patches.neurons:
        reason = f"layer {above.number} is not fully connected: the theorem says nothing about this network"
        return Verdict(ZERO_LOSS, "undecided", "this point", reason, member.layer)
    loss = loss_claim(objective, bits)
    if loss.upper == 0:
        reason = f"a critical point in S_{member.layer}, and the loss is 0"
        return _verdict(ZERO_LOSS, "zero-loss", "proved", reason, member, (loss,))
    finding = point.finding
    exact = (
        finding is not None and finding.centre is None and finding.evidence.kind in ("hessian", "negative-direction")
    )
    if not exact or loss.lower <= 0:
        is_not = finding is not None and finding.type == "not critical"
        what = "not critical" if is_not else "not known to be critical"
        reason = f"the point is {what}: the theorem says nothing about it"
        return Verdict(ZERO_LOSS, "undecided", "this point", reason, member.layer)
    assert finding is not None
    reason = f"a critical point in S_{member.layer} with positive loss: {_what_fails(objective, member)}"
    return _verdict(ZERO_LOSS, "critical", "refuted", reason, member, (finding.claim(), loss))


def _what_fails(objective: Objective, member: Membership) -> str:
    """The hypothesis that does not hold where a conclusion does not: by Lemma 4.3 there is one."""
    assert objective.instance.count is not None
    assumption = assumption_4_1(objective.instance.network, objective.instance.count, member.layer)
    if assumption.status == "proved":
        return "a derivative of an activation vanishes"
    return f"Assumption 4.1 {'does not hold' if assumption.status == 'refuted' else 'is open'} ({assumption.reason})"


def full_gradient(objective: Objective, layer: int, bits: int) -> GradientClaim | None:
    """Decide whether ∇_{U_l}Φ = 0 at the point; None at kinks, and where balls contain 0 that is not proved.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> network = Network((1,), [FullyConnected(1, activation="identity")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[1]], "b1": [0]})
    >>> full_gradient(Objective(Instance(network, parameters, [[1], [2]], [[1], [3]])), 1, 64).entry
    (0, 0)
    """
    if objective.breakpoints():
        return None
    if objective.domain == "Q" and not any(objective.full_gradient(layer).fractions().ravel().tolist()):
        return GradientClaim(layer, True, None, None)
    with working_precision(bits):
        balls = objective.in_balls()
        features, adjoint = balls.trace.features[layer - 1], balls.layers[layer - 1].pre_activations
        matrix = balls.arithmetic.matmul(features.T, adjoint)
        sizes = [float(widened(value).abs_lower()) for value in matrix.ravel().tolist()]
    best = int(np.argmax(sizes))
    if not sizes[best] > 0:
        return None
    row, column = divmod(best, matrix.shape[1])
    return GradientClaim(layer, False, (row, column), bits)
