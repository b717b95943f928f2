"""Theorems 3.4 and 3.5 for one instance: linearly independent features at this point, somewhere, almost everywhere.

A single exact witness goes further than the theorems: one parameter point with rank F_k = N proves existence, and,
where the activations of layers 1 to k are real analytic and there is no max-pooling, "for almost all parameters",
since an N x N minor is an analytic function of the parameters that is not identically zero. That needs none of the
theorems' hypotheses, in particular no bias per neuron.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray
from exactcnn.linalg.evidence import RankBounds
from exactcnn.network.network import Network
from exactcnn.theorems.verdict import Claim, Scope, Status, Verdict

DEAD_ON_A_HALF_LINE = ("relu", "relu6", "squared-relu", "hard-sigmoid", "hard-swish")


@dataclass(frozen=True)
class Known:
    """What has been decided before the conclusions are drawn.

    Attributes
    ----------
    network : Network
    layer : int
        k.
    samples : int
        N.
    rank : RankBounds or None
        Of F_k at the given parameters.
    verdicts : tuple of Verdict
        On the hypotheses, layers 1 to k.
    equal_patches : Claim or None
        The bound for all parameters that equal patches give, if there is one.
    """

    network: Network
    layer: int
    samples: int
    rank: RankBounds | None
    verdicts: tuple[Verdict, ...]
    equal_patches: Claim | None

    def unmet(self, *, almost_everywhere: bool) -> list[str]:
        """Hypotheses of Theorem 3.4 (or 3.5) that this instance does not meet, in words."""
        layers = self.network.resolved[: self.layer]
        unmet = [
            f"{_NAMES[v.statement]} (layer {v.layer}) is {v.status}"
            for v in self.verdicts
            if v.statement in _NAMES and v.status != "proved" and not self._excused(v)
        ]
        if any(layer.bias != "neuron" for layer in layers if layer.activation is not None):
            unmet.append("the biases are not one per neuron")
        pooling = [layer.number for layer in layers if layer.activation is None]
        if almost_everywhere and pooling:
            unmet.append(f"layer {pooling[0]} is max-pooling")
        elif 1 in pooling:
            unmet.append("layer 1 is max-pooling")
        if almost_everywhere and not self.analytic:
            unmet.append("an activation is not real analytic")
        return unmet

    @property
    def analytic(self) -> bool:
        """Whether layers 1 to k have real analytic activations and no max-pooling."""
        return all(a is not None and a.analytic for a in (x.activation for x in self.network.resolved[: self.layer]))

    def _excused(self, verdict: Verdict) -> bool:
        """For k = 1 the proof uses Assumption 3.1 at equal positions only."""
        return verdict.statement == "NH18.A3.1" and self.layer == 1 and bool(verdict.details["same_position_holds"])


_NAMES = {
    "NH18.A3.1": "Assumption 3.1",
    "NH18.A3.2": "Assumption 3.2",
    "NH18.D2.1": "the standing condition on patches",
    "NH18.T3.4.2": "the width condition",
}


def features_at_this_point(layer: int, samples: int, rank: RankBounds) -> Verdict:
    """Theorem 3.4's conclusion at the given parameters: rank F_k = N."""
    status: Status = "undecided"
    if rank.lower == samples:
        status = "proved"
    elif rank.upper < samples:
        status = "refuted"
    at = f"rank F_{layer} = {rank}" if rank.exact is not None else f"rank F_{layer} lies in {rank}"
    reason = f"{at} at these parameters, N = {samples}" + (f"; {rank.reason}" if status == "undecided" else "")
    details = {"lower": rank.lower, "upper": rank.upper, "samples": samples}
    return Verdict("NH18.T3.4", status, "this point", reason, layer, details, (rank_claim(layer, rank),))


def rank_claim(layer: int, rank: RankBounds) -> Claim:
    """Return the certificate's claim about rank F_k at the given parameters."""
    return {
        "kind": "rank",
        "layer": layer,
        "lower": rank.lower,
        "upper": rank.upper,
        "lower_evidence": rank.lower_evidence.document(),
        "upper_evidence": rank.upper_evidence.document(),
    }


def theorem_3_4(known: Known) -> Verdict:
    """Theorem 3.4: there are parameters of layers 1 to k with linearly independent features."""
    layer, samples = known.layer, known.samples
    if known.rank is not None and known.rank.lower == samples:
        return _conclusion(
            "NH18.T3.4", known, "proved", "architecture", "witness", "the given parameters are such ones"
        )
    return _refuted("NH18.T3.4", known) or _by_theorem(
        "NH18.T3.4",
        known,
        known.unmet(almost_everywhere=False),
        "architecture",
        f"parameters with rank F_{layer} = {samples}",
    )


def theorem_3_5(known: Known) -> Verdict:
    """Theorem 3.5: for almost all parameters of layers 1 to k the features are linearly independent."""
    layer, samples = known.layer, known.samples
    if known.rank is not None and known.rank.lower == samples and known.analytic:
        reason = (
            f"rank F_{layer} = {samples} at one point, and an {samples} x {samples} minor is a real analytic function "
            "of the parameters: it vanishes on a null set only"
        )
        return _conclusion("NH18.T3.5", known, "proved", "almost all parameters", "witness", reason)
    refuted = _refuted("NH18.T3.5", known)
    if refuted is not None:
        return refuted
    top = known.network.layer(layer)
    activation = top.activation
    dead = activation is not None and (
        activation.name in DEAD_ON_A_HALF_LINE
        or (activation.name == "clip" and activation.parameters[0] == 0)
        or (activation.name == "leaky-relu" and activation.parameters[0] == 0)
    )
    if dead and top.bias != "none":
        reason = (
            f"with very negative biases all units of layer {layer} are off on all samples: F_{layer} = 0 on an open set"
        )
        return _conclusion("NH18.T3.5", known, "refuted", "architecture", "dead-units", reason)
    return _by_theorem(
        "NH18.T3.5", known, known.unmet(almost_everywhere=True), "almost all parameters", f"rank F_{layer} = {samples}"
    )


def equal_patches(samples: ExactArray, network: Network, layer: int) -> Claim | None:
    """A bound on rank F_1 for all parameters when biases are shared or absent and patches repeat within each sample.

    Patches that see equal values in every sample give equal units of each filter: rank F_1 <= T_1 x classes.

    Examples
    --------
    >>> from exactcnn.network.layers import Convolution
    >>> network = Network((1, 2), [Convolution(1, 1, bias="filter")])
    >>> equal_patches(ExactArray.from_array([[0, 0], [1, 1]]), network, 1)["upper"]
    1
    """
    resolved = network.layer(layer)
    if layer != 1 or resolved.bias == "neuron":
        return None
    classes = _column_classes(samples)
    seen: dict[tuple[int, ...], list[int]] = {}
    for p, patch in enumerate(classes[resolved.patches.slots].tolist()):
        seen.setdefault(tuple(patch), []).append(p)
    if len(seen) == len(resolved.patches.slots):
        return None
    return {
        "kind": "rank-for-all-parameters",
        "layer": 1,
        "upper": resolved.filters * len(seen),
        "evidence": {"kind": "equal-patches", "classes": list(seen.values())},
    }


def _column_classes(samples: ExactArray) -> NDArray[np.intp]:
    """Class of every input neuron, equal where the neurons agree on all samples; last, that of zero padding."""
    _, classes = np.unique(samples.codes(), axis=1, return_inverse=True)
    zero = np.asarray(samples.numerators == 0).all(axis=0)
    return np.append(np.where(zero, 0, classes.ravel() + 1), 0)


def _refuted(statement: str, known: Known) -> Verdict | None:
    """Refuted for all parameters: too few units, or units that agree."""
    layer, samples, width = known.layer, known.samples, known.network.widths[known.layer]
    if width < samples:
        reason = f"rank F_{layer} ≤ n_{layer} = {width} < N = {samples} for all parameters"
        return _conclusion(statement, known, "refuted", "all parameters", "width", reason)
    bound = known.equal_patches
    if bound is not None and bound["upper"] < samples:
        reason = (
            f"patches repeat within every sample and biases are not per neuron: rank F_{layer} ≤ {bound['upper']} "
            f"< N = {samples} for all parameters"
        )
        return _conclusion(statement, known, "refuted", "all parameters", "rank-bound", reason, [bound])
    return None


def _by_theorem(statement: str, known: Known, unmet: Sequence[str], scope: Scope, what: str) -> Verdict:
    number = statement.removeprefix("NH18.T")
    if not unmet:
        return _conclusion(
            statement, known, "proved", scope, "theorem", f"Theorem {number} gives {what}: its hypotheses hold"
        )
    open_point = "" if known.rank is None or known.rank.exact is not None else "; the rank at this point is not settled"
    reason = f"no witness here, and Theorem {number} does not apply: {'; '.join(unmet)}{open_point}"
    return Verdict(statement, "undecided", scope, reason, known.layer, {"unmet": list(unmet)})


def _conclusion(
    statement: str,
    known: Known,
    status: Status,
    scope: Scope,
    by: str,
    reason: str,
    before: Sequence[Claim] = (),
) -> Verdict:
    claim: dict[str, Any] = {
        "kind": "conclusion",
        "statement": statement,
        "layer": known.layer,
        "status": status,
        "scope": scope,
        "by": by,
    }
    return Verdict(statement, status, scope, reason, known.layer, {"by": by}, (*before, claim))
