"""Theorems 3.4 and 3.5 for one instance: linearly independent features at this point, somewhere, almost everywhere.

A single exact witness goes further than the theorems: one parameter point with rank F_k = N proves existence, and,
where the activations of layers 1 to k are real analytic and there is no max-pooling, "for almost all parameters",
since an N x N minor is an analytic function of the parameters that is not identically zero. That needs none of the
theorems' hypotheses, in particular no bias per neuron.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from exactcnn.certificates.claim import Claim
from exactcnn.domains.exact import ExactArray
from exactcnn.linalg.evidence import Evidence, Inherited, RankBounds
from exactcnn.linalg.rank import certified_rank
from exactcnn.linalg.rational import RationalMatrix
from exactcnn.network.features import RankClaim
from exactcnn.network.network import Convolved, Network, Pooled
from exactcnn.theorems.statements import STATEMENTS
from exactcnn.theorems.verdict import Scope, Status, Verdict

Classes = tuple[tuple[int, ...], ...]


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
    bounds : tuple of RankForAllParametersClaim
        On rank F_k for all parameters, from `rank_bounds`.
    """

    network: Network
    layer: int
    samples: int
    rank: RankBounds | None
    verdicts: tuple[Verdict, ...]
    bounds: tuple[RankForAllParametersClaim, ...]

    def unmet(self, *, almost_everywhere: bool) -> list[str]:
        """Hypotheses of Theorem 3.4 (or 3.5) that this instance does not meet, in words."""
        layers = self.network.resolved[: self.layer]
        needed = [("NH18.D2.1", layer.number) for layer in layers]
        needed += [("NH18.A3.1", 1)]
        needed += [("NH18.A3.2", layer.number) for layer in layers if isinstance(layer, Convolved)]
        needed += [("NH18.T3.4.2", self.layer)]
        decided = {(verdict.statement, verdict.layer): verdict for verdict in self.verdicts}
        unmet = []
        for statement, number in needed:  # what is not among the verdicts counts as open
            verdict = decided.get((statement, number))
            status = "undecided" if verdict is None else verdict.status
            if status != "proved" and not (verdict is not None and self._excused(verdict)):
                unmet.append(f"{STATEMENTS[statement].short} (layer {number}) is {status} here")
        if any(layer.bias != "neuron" for layer in layers if isinstance(layer, Convolved)):
            unmet.append("the biases are not one per neuron")
        others = [layer for layer in layers if not isinstance(layer, Convolved)]  # Theorem 3.4 allows max-pooling above
        ends = (1, self.layer)
        others = [each for each in others if almost_everywhere or each.number in ends or not isinstance(each, Pooled)]
        if others:
            unmet.append(f"layer {others[0].number} is {others[0].kind}")
        kinked = [layer for layer in layers if isinstance(layer, Convolved) and not layer.activation.analytic]
        if almost_everywhere and kinked:
            unmet.append(f"the activation of layer {kinked[0].number} is not real analytic")
        return unmet

    @property
    def analytic(self) -> bool:
        """Whether F_k is a real analytic function of the parameters: no max-pooling, no kinks."""
        return all(each.analytic for each in self.network.resolved[: self.layer])

    def _excused(self, verdict: Verdict) -> bool:
        """For k = 1 the proof uses Assumption 3.1 at equal positions only."""
        return verdict.statement == "NH18.A3.1" and self.layer == 1 and bool(verdict.details["same_position_holds"])


def features_at_this_point(layer: int, samples: int, rank: RankBounds) -> Verdict:
    """Whether the features are independent at the given parameters: rank F_k = N. No theorem is meant."""
    status: Status = "undecided"
    if rank.lower == samples:
        status = "proved"
    elif rank.upper < samples:
        status = "refuted"
    at = f"rank F_{layer} = {rank}" if rank.exact is not None else f"rank F_{layer} lies in {rank}"
    reason = f"{at} at these parameters, N = {samples}" + (f"; {rank.reason}" if status == "undecided" else "")
    details = {"lower": rank.lower, "upper": rank.upper, "samples": samples}
    return Verdict("RANK", status, "this point", reason, layer, details, (RankClaim(layer, rank),))


def theorem_3_4(known: Known) -> Verdict:
    """Theorem 3.4: there are parameters of layers 1 to k with linearly independent features."""
    layer, samples = known.layer, known.samples
    if known.rank is not None and known.rank.lower == samples:
        reason = f"there are parameters with rank F_{layer} = {samples}: the given ones"
        return _conclusion("NH18.T3.4", known, "proved", "architecture", "witness", reason)
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
            f"rank F_{layer} = {samples} at one point, and a minor of order {samples} is a real analytic function "
            "of the parameters: it vanishes on a null set only"
        )
        return _conclusion("NH18.T3.5", known, "proved", "almost all parameters", "witness", reason)
    refuted = _refuted("NH18.T3.5", known)
    if refuted is not None:
        return refuted
    top = known.network.layer(layer)
    if isinstance(top, Convolved) and top.activation.zero_on_a_half_line and top.bias != "none":
        reason = (
            f"on an open set of parameters all units of layer {layer} are off on all samples, so that F_{layer} = 0"
        )
        return _conclusion("NH18.T3.5", known, "refuted", "architecture", "dead-units", reason)
    return _by_theorem(
        "NH18.T3.5", known, known.unmet(almost_everywhere=True), "almost all parameters", f"rank F_{layer} = {samples}"
    )


@dataclass(frozen=True)
class EqualSamples(Evidence):
    """Samples of one class are equal."""

    kind: ClassVar[str] = "equal-samples"
    classes: Classes


@dataclass(frozen=True)
class EqualPatches(Evidence):
    """Patches of one class take equal values in every sample."""

    kind: ClassVar[str] = "equal-patches"
    classes: Classes


@dataclass(frozen=True)
class RankForAllParametersClaim:
    """The claim rank F_k <= upper for all parameters: classes of equal samples or patches, or affine layers."""

    layer: int
    upper: int
    evidence: EqualSamples | EqualPatches | Inherited

    @property
    def classes(self) -> Classes:
        """Classes of what is equal; none where layers are affine."""
        return () if isinstance(self.evidence, Inherited) else self.evidence.classes

    def document(self) -> dict[str, Any]:
        """Return the claim as the certificate states it."""
        return {
            "kind": "rank-for-all-parameters",
            "layer": self.layer,
            "upper": self.upper,
            "evidence": self.evidence.document(),
        }


@dataclass(frozen=True)
class ConclusionClaim:
    """The claim that a theorem's conclusion holds, or fails, by claims that stand before it."""

    statement: str
    layer: int
    status: Status
    scope: Scope
    by: str

    def document(self) -> dict[str, Any]:
        """Return the claim as the certificate states it."""
        return {
            "kind": "conclusion",
            "statement": self.statement,
            "layer": self.layer,
            "status": self.status,
            "scope": self.scope,
            "by": self.by,
        }


def rank_bounds(network: Network, samples: ExactArray, layer: int) -> tuple[RankForAllParametersClaim, ...]:
    """Bounds on rank F_k for all parameters, smaller than what the shape gives.

    Equal samples have equal features in every layer: rank F_k <= number of different samples. For k = 1 and biases
    that are shared or absent, patches that see equal values in every sample give equal units of each filter:
    rank F_1 <= T_1 x classes of such patches. Where layers j + 1 to k are affine, F_k = [F_j, 1] M for some matrix M:
    its rank is at most n_j + 1, and for j = 0 that of the samples with a column of ones.

    Examples
    --------
    >>> from exactcnn.network.layers import Convolution
    >>> network = Network((1, 2), [Convolution(1, 1, bias="filter")])
    >>> bounds = rank_bounds(network, ExactArray.from_array([[0, 0], [1, 1], [1, 1]]), 1)
    >>> [(bound.classes, bound.upper) for bound in bounds]
    [(((0,), (1, 2)), 2), (((0, 1),), 1)]
    """
    resolved, equal = network.layer(layer), equal_samples(samples, layer)
    found = [] if equal is None else [equal]
    if layer == 1 and isinstance(resolved, Convolved) and resolved.bias != "neuron":
        classes = _classes(_column_classes(samples)[resolved.patches.slots])
        if max(map(len, classes)) > 1:
            units = resolved.filters * len(classes)
            found.append(RankForAllParametersClaim(layer, units, EqualPatches(classes)))
    affine = _affine_bound(network, samples, layer)
    return tuple(found if affine is None else [*found, affine])


def _affine_bound(network: Network, samples: ExactArray, layer: int) -> RankForAllParametersClaim | None:
    """Return what the best layer says from which on all are affine; None where the shape says as much."""
    ones, found = False, list[RankForAllParametersClaim]()
    for j in range(layer - 1, -1, -1):
        above = network.resolved[j]
        if (isinstance(above, Convolved) and above.nonlinearity is None) or above.affine is None:
            break  # any function, or one that is not affine
        ones = ones or above.affine[0] != 0 or (isinstance(above, Convolved) and above.bias != "none")
        bounds = RankBounds(0, min(len(samples), network.widths[j] + ones))
        if j == 0:
            bounds = certified_rank(RationalMatrix(samples.with_ones() if ones else samples))
        found.append(RankForAllParametersClaim(layer, bounds.upper, Inherited(j, ones, bounds.upper_evidence)))
    best = min(found, key=lambda claim: claim.upper, default=None)
    return best if best is not None and best.upper < min(len(samples), network.widths[layer]) else None


def equal_samples(samples: ExactArray, layer: int) -> RankForAllParametersClaim | None:
    """Return the classes of equal samples, as a bound on rank F_k: their number is N'; None where all are different.

    Examples
    --------
    >>> equal_samples(ExactArray.from_array([[1], [2], [1]]), 1).classes
    ((0, 2), (1,))
    """
    classes = _classes(samples.codes())
    if max(map(len, classes)) == 1:
        return None
    return RankForAllParametersClaim(layer, len(classes), EqualSamples(classes))


def _classes(lines: NDArray[Any]) -> Classes:
    """Group the numbers of equal rows, in the order of their first members."""
    classes: dict[bytes, list[int]] = {}
    for number, line in enumerate(np.ascontiguousarray(lines)):
        classes.setdefault(line.tobytes(), []).append(number)
    return tuple(map(tuple, classes.values()))


def _column_classes(samples: ExactArray) -> NDArray[np.intp]:
    """Class of every input neuron, equal where the neurons agree on all samples; last, that of zero padding."""
    _, classes = np.unique(samples.codes(), axis=1, return_inverse=True)
    zero = np.asarray(samples.numbers == 0).all(axis=0)
    return np.append(np.where(zero, 0, classes.ravel() + 1), 0)


def _refuted(statement: str, known: Known) -> Verdict | None:
    """Refuted for all parameters: too few units, or units that agree."""
    layer, samples, width = known.layer, known.samples, known.network.widths[known.layer]
    if width < samples:
        reason = f"rank F_{layer} ≤ n_{layer} = {width} < N = {samples} for all parameters"
        return _conclusion(statement, known, "refuted", "all parameters", "width", reason)
    for bound in known.bounds:
        if bound.upper < samples:
            at_most = f"rank F_{layer} ≤ {bound.upper} < N = {samples} for all parameters"
            if isinstance(bound.evidence, Inherited):
                j, kind = bound.evidence.layer, "an affine" if bound.evidence.ones else "a linear"
                why = f"F_{layer} is {kind} function of {f'F_{j}' if j else 'the samples'}"
            elif isinstance(bound.evidence, EqualSamples):
                i, j, *_ = next(group for group in bound.classes if len(group) > 1)
                why = f"samples {i} and {j} are equal, and so are their features"
            else:
                why = "patches are equal within every sample and biases are not per neuron, so that units agree"
            reason = f"{why}: {at_most}"
            return _conclusion(statement, known, "refuted", "all parameters", "rank-bound", reason, [bound])
    return None


def _by_theorem(statement: str, known: Known, unmet: Sequence[str], scope: Scope, what: str) -> Verdict:
    number = statement.removeprefix("NH18.T")
    if not unmet:
        return _conclusion(
            statement, known, "proved", scope, "theorem", f"Theorem {number} gives {what}: its hypotheses hold"
        )
    rank, layer, samples = known.rank, known.layer, known.samples
    if rank is None:
        here = "no parameters to try"
    elif rank.lower == samples:
        here = f"rank F_{layer} = {samples} here and on an open set around, not thereby for almost all parameters"
    elif rank.upper < samples:
        here = f"rank F_{layer} < {samples} at this point says nothing of others"
    else:
        here = "the rank at this point is not settled"
    reason = f"{here}; and Theorem {number} does not apply: {'; '.join(unmet)}"
    return Verdict(statement, "undecided", scope, reason, layer, {"unmet": list(unmet)})


def _conclusion(
    statement: str,
    known: Known,
    status: Status,
    scope: Scope,
    by: str,
    reason: str,
    before: Sequence[Claim] = (),
) -> Verdict:
    claim = ConclusionClaim(statement, known.layer, status, scope, by)
    return Verdict(statement, status, scope, reason, known.layer, {"by": by}, (*before, claim))
