"""From a point of a wide network straight to any outputs, by the layers above: no local minimum but the best.

Let layer k + 1 be fully connected, layers above it fully connected or convolutional, their activations continuous and
strictly monotone, the last layer linear, rank F_k the number of different samples, and U_l of full column rank for
l ≥ k + 2. Then U_l is scaled by numbers s_l(t) ≥ 1, biases follow, and W_{k+1} is solved for: the outputs are
(1 - t) F_L + t Y for any Y that is equal on equal samples. The path is curved: its certificate is that of its
hypotheses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from exactcnn.certificates.claim import Claim
from exactcnn.domains.curves import IDENTITY
from exactcnn.landscape.evidence import LossClaim
from exactcnn.network.instance import Instance
from exactcnn.network.monotone import monotone
from exactcnn.network.network import Convolved, Network
from exactcnn.resources import Progress
from exactcnn.theorems.independence import ConclusionClaim, RankForAllParametersClaim, equal_samples
from exactcnn.theorems.membership import Membership, membership
from exactcnn.theorems.verdict import Verdict

PATH, MINIMA = "LDS18.path", "LDS18.minima"


@dataclass(frozen=True)
class AnyOutputs:
    """Whether the outputs can move straight to any others from a point, by layers above k.

    Attributes
    ----------
    layer : int
        k.
    count : int
        N', the number of different samples.
    member : Membership or None
        The ranks of F_k and of all U_l above; None where the architecture alone says no.
    equal : RankForAllParametersClaim or None
        Which samples are equal, if any are.
    problem : str
        What is missing; empty where nothing is.
    """

    layer: int
    count: int
    member: Membership | None
    equal: RankForAllParametersClaim | None
    problem: str

    @property
    def holds(self) -> bool:
        """Whether all hypotheses are proved."""
        return not self.problem

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The ranks and the conclusion; none where something is missing."""
        if self.member is None or self.problem:
            return ()
        conclusion = ConclusionClaim(PATH, self.layer, "proved", "this point", "ranks")
        return (*([] if self.equal is None else [self.equal]), *self.member.claims, conclusion)


def any_outputs(
    instance: Instance,
    layer: int,
    *,
    member: Membership | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> AnyOutputs:
    """Decide whether from the instance's own parameters the outputs can move straight to any others.

    Parameters
    ----------
    instance : Instance
        With samples and parameters of all layers; targets are not needed.
    layer : int
        k.
    member : Membership, optional
        From `membership`, where the ranks are known already.
    seed, progress
        Of the ranks.

    Raises
    ------
    InputError
        As `exactcnn.theorems.membership.membership`.

    References
    ----------
    .. [1] Around D. Li, T. Ding and R. Sun, "On the benefit of width for neural networks: disappearance of basins",
       SIAM J. Optim. 32 (2022); in the form proved on the page LDS18.path.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.parameters import Parameters
    >>> layers = [FullyConnected(2, activation="relu"), FullyConnected(1, activation="identity")]
    >>> network = Network((1,), layers)
    >>> parameters = Parameters.from_arrays(network, {"W1": [[1, 1]], "b1": [0, -1], "W2": [[1], [1]], "b2": [0]})
    >>> any_outputs(Instance(network, parameters, [[1], [2]]), 1).holds
    True
    >>> any_outputs(Instance(network, parameters, [[1], [-1], [-2]]), 1).problem
    'rank F_1 is 1, below the number 3 of different samples'
    """
    network = instance.network
    problem = next(_architecture(network, layer), "")
    if instance.samples is None or problem:
        return AnyOutputs(layer, instance.count or 0, None, None, problem or "there are no samples")
    member = membership(instance, layer, seed=seed, progress=progress) if member is None else member
    equal = equal_samples(instance.samples, layer)
    count = member.count if equal is None else equal.upper
    return AnyOutputs(layer, count, member, equal, next(_ranks(network, member, count), ""))


def _architecture(network: Network, layer: int) -> Iterator[str]:
    """What stands against it at any parameters."""
    last = len(network.layers)
    if not 1 <= layer < last:
        yield f"layer {layer} is not hidden"
        return
    for each in network.resolved[layer:]:
        if not isinstance(each, Convolved):
            yield f"layer {each.number} is {each.kind}"
            return
    above = network.convolved(layer + 1)
    if above.patches.patch_count > 1 or above.patches.patch_size < above.patches.neurons:
        yield f"layer {above.number} is not fully connected"
    if network.convolved(last).activation.affine != IDENTITY:
        yield f"the activation of layer {last} is not the identity"
    for number in range(layer + 1, last):
        curve = network.convolved(number).activation
        if monotone(curve).strictly is not True:
            yield f"layer {number}: {curve.text} is not proved to be strictly monotone"
        upper = network.convolved(number + 1)
        # U^T c has to be an added bias, for some row c in the range of the activation: c = 0, or equal entries
        shared = upper.bias == "filter" and not (upper.patches.slots < 0).any()
        if upper.bias != "neuron" and not shared and not curve.zero_at_zero:
            yield f"the biases of layer {number + 1} cannot follow when its weights are scaled"


def _ranks(network: Network, member: Membership, count: int) -> Iterator[str]:
    if member.features.lower < count:
        yield f"rank F_{member.layer} is {member.features}, below the number {count} of different samples"
    for number, bounds, _ in member.weights:
        if bounds.lower < network.widths[number]:
            yield f"rank U_{number} is {bounds}, below its number {network.widths[number]} of columns"


def least_loss(instance: Instance, found: AnyOutputs, loss: LossClaim | None) -> Verdict:
    """Say whether a point is a local minimum: only where its outputs have the least loss, whatever convex loss it is.

    Parameters
    ----------
    instance : Instance
        With targets.
    found : AnyOutputs
        At its parameters.
    loss : LossClaim or None
        Bounds of Φ there; needed where `found` holds.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> missing = AnyOutputs(1, 2, None, None, "layer 2 is not fully connected")
    >>> least_loss(Instance(Network((1,), [FullyConnected(1)], activation="relu")), missing, None).status
    'undecided'
    """

    def undecided(reason: str) -> Verdict:
        return Verdict(MINIMA, "undecided", "this point", reason, found.layer)

    if not found.holds or loss is None:
        return undecided(f"{found.problem}: the theorem says nothing about this point")

    def proved(by: str, reason: str) -> Verdict:
        claims = (*found.claims, loss, ConclusionClaim(MINIMA, found.layer, "proved", "this point", by))
        return Verdict(MINIMA, "proved", "this point", reason, found.layer, claims=claims)

    if loss.upper == 0:
        return proved("zero-loss", "the loss is 0, the least that outputs have")
    if loss.lower <= 0:
        return undecided("whether the loss is 0 is not decided here")
    if not _targets_agree(instance, found.equal):
        return undecided("equal samples have different targets: whether the loss is the least is not decided here")
    # a convex loss of other targets may have its least value where equal samples have different outputs
    among = "" if found.equal is None else " that are equal on equal samples"
    least = f" among those{among}" if among else ""
    straight = f"by layers {found.layer + 1} and above they move straight to any others{among}"
    losses = f"Φ, nor of any convex loss, such as cross-entropy, that the outputs do not minimise{least}"
    return proved("path", f"no local minimum of {losses}: {straight}")


def _targets_agree(instance: Instance, equal: RankForAllParametersClaim | None) -> bool:
    if equal is None or instance.targets is None:
        return True
    rows = instance.targets.fractions().tolist()
    return all(rows[i] == rows[group[0]] for group in equal.classes for i in group)
