"""The main job: which hypotheses hold, what rank F_k has exactly, and what follows, for one instance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from exactcnn.certificates.certificate import Certificate
from exactcnn.certificates.claim import Claim
from exactcnn.display import Shown
from exactcnn.domains.arguments import Seed, typed
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.linalg.engine import HERE, Engine
from exactcnn.linalg.evidence import RankBounds
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.network.model import Model
from exactcnn.network.network import Convolved, Network
from exactcnn.network.parameters import Parameters
from exactcnn.resources import Progress
from exactcnn.theorems.basins import WIDE, no_basins
from exactcnn.theorems.hypotheses import assumption_3_1, assumption_3_2, width_condition
from exactcnn.theorems.independence import (
    Known,
    features_at_this_point,
    rank_bounds,
    theorem_3_4,
    theorem_3_5,
)
from exactcnn.theorems.layer_rank import Asked, LayerRank, rank_of_features, rank_or_reason
from exactcnn.theorems.numerical_rank import NumericalRank, positive_tolerance
from exactcnn.theorems.structure import assumption_2_4, standing_conditions
from exactcnn.theorems.verdict import Verdict

ALL = "all"
MOST_SLOTS = 200_000  # of patches of layers that only the statement on basins needs; some megabytes


@dataclass(frozen=True, eq=False)
class Verification(Shown):
    """All that `verify` found.

    Attributes
    ----------
    instance : Instance
        Without parameters where there is no data.
    layers : tuple of int
        The layers k whose features were examined; none without data.
    verdicts : tuple of Verdict
    ranks : tuple of LayerRank
        Of F_k at the given parameters, for each of the layers; none without parameters.
    every : bool
        Whether all layers were asked for.
    checked : bool or None
        Whether the independent checker has accepted all claims; None if it was not asked. If it has rejected one, a
        defect, this is False and nothing is claimed: every verdict is undecided.
    rejection : str
        The checker's message where it has rejected a claim.
    """

    instance: Instance = field(repr=False)
    layers: tuple[int, ...]
    verdicts: tuple[Verdict, ...]
    ranks: tuple[LayerRank, ...] = ()
    every: bool = False
    checked: bool | None = None
    rejection: str = ""

    @property
    def layer(self) -> int | None:
        """The layer k, where it is one."""
        return self.layers[0] if len(self.layers) == 1 else None

    @property
    def rank(self) -> RankBounds | None:
        """The rank of F_k, where it is one layer."""
        return self.ranks[0].rank if len(self.ranks) == 1 else None

    @property
    def domain(self) -> str | None:
        """The domain of F_k, where it is one layer."""
        return self.ranks[0].domain if len(self.ranks) == 1 else None

    @property
    def float_ranks(self) -> Mapping[str, int | None]:
        """NumPy's ranks of F_k, where it is one layer."""
        return self.ranks[0].float_ranks if len(self.ranks) == 1 else {}

    @property
    def numerical(self) -> NumericalRank | None:
        """What was proved of singular values of F_k, where it is one layer."""
        return self.ranks[0].numerical if len(self.ranks) == 1 else None

    @property
    def certificate(self) -> Certificate:
        """All claims, about the layers that they speak of."""
        instance, top = self.instance, max(self.layers, default=len(self.instance.network.layers))
        spoken = [(each.layer or 0) + (each.statement == WIDE) for each in self.verdicts if each.claims]
        shapes = max([top, *spoken])
        if shapes > top and instance.parameters is not None:  # only the shapes of layers above are needed
            below = Parameters(instance.parameters.layers[:top])
            instance = Instance(instance.network, below, instance.data, instance.targets)
        return Certificate(instance, self.claims, shapes)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What the certificate states, in order and each once."""
        claims: list[Claim] = []
        for verdict in self.verdicts:
            claims += [claim for claim in verdict.claims if claim not in claims]
        numerical = [claim for each in self.ranks if each.numerical is not None for claim in each.numerical.claims]
        return (*claims, *numerical)

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn verify --json`."""
        ranks = [{"layer": each.layer} | each.document() for each in self.ranks]
        return {
            "samples": self.instance.count,
            "widths": list(self.instance.network.widths),
            "layer": "all" if self.every else self.layer,
            "checked": self.checked,
            "verdicts": [verdict.document() for verdict in self.verdicts],
            "rank": ranks if self.every else ranks[0] if ranks else None,
            "notes": list(self.instance.notes),
        }


@typed
def verify(
    network: Network | Instance | Model,
    parameters: Any = None,
    samples: Any = None,
    *,
    layer: int | str | None = None,
    tolerance: Fraction | int | float | str | None = None,
    singular_values: bool = False,
    seed: Seed = 0,
    float_ranks: bool | None = None,
    check: bool | None = None,
    engine: Engine = HERE,
    progress: Progress | None = None,
) -> Verification:
    """Decide the statements of Sections 2 and 3 for an instance, and prove the rank of its features.

    Parameters
    ----------
    network : Network, Instance or Model
        An instance stands for the first three arguments, a model for the first two: ``verify(model, samples)``.
    parameters : Parameters or mapping of arrays, optional
        Of layers 1 to `layer`; without them no rank is computed.
    samples : Dataset, ExactArray or array_like (N, n_0), optional
        Without them only the verdicts on the architecture are given.
    layer : int or str, optional
        k, the name of the layer, or "all"; by default the first wide layer (n_k >= N) with weights, or the widest.
    tolerance : rational number, float or text, optional
        Positive, taken exactly: count the singular values of F_k above it and below.
    singular_values : bool
        Whether to enclose all singular values of F_k.
    seed : int
        Of primes and evaluation points.
    float_ranks : bool, optional
        Whether to compute NumPy's ranks too; by default up to order 4096.
    check : bool, optional
        Whether to ask the independent checker; by default where it takes a few seconds.
    engine : Engine
        How eliminations run: on which device, and where they leave what is finished.
    progress : callable, optional
        Called with (what, done, total).

    Raises
    ------
    InputError
        If the layer does not exist, samples or parameters do not fit the network, features are too many for memory or
        balls, a checkpoint cannot be used, or a tolerance is not positive or is given without data and
        parameters.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Sections 2 and 3.

    Examples
    --------
    >>> from exactcnn.network.layers import Convolution
    >>> from exactcnn.network.parameters import random_parameters
    >>> network = Network((1, 5), [Convolution(2, 3, activation="sigmoid")])
    >>> found = verify(network, random_parameters(network), [[1, 2, 4, 8, 16], [3, 9, 27, 81, 243]])
    >>> found.rank.exact, [v.status for v in found.verdicts if v.statement == "NH18.T3.5"], found.checked
    (2, ['proved'], True)
    """
    instance = network if isinstance(network, Instance) else Instance(network, parameters, samples)
    threshold = None if tolerance is None else positive_tolerance(tolerance)
    asked = Asked(threshold, singular_values, seed, float_ranks, progress, engine)
    *_, found = verify_in_steps(instance, layer, asked, check)
    return found


def verify_in_steps(
    instance: Instance, layer: int | str | None, asked: Asked, check: bool | None = None
) -> Iterator[Verification]:
    """Do as `verify`, and yield what is found before the first layer and after each: where it ends, that is finished.

    Only the last is checked.
    """
    if asked.about_singular_values and (instance.samples is None or instance.parameters is None):
        raise InputError("singular values were asked for; expected data and the parameters of layers 1 to k")
    found = None
    for found in _decided(instance, layer, asked):
        yield found
    assert found is not None
    yield _judged(found, check, asked.progress)


def _decided(instance: Instance, layer: int | str | None, asked: Asked) -> Iterator[Verification]:
    network, parameters, samples, count = instance.network, instance.parameters, instance.samples, instance.count
    every = layer == ALL
    if every and (samples is None or parameters is None):
        raise InputError("layer 'all' was asked for; expected data and the parameters of all layers")
    numbers = tuple(range(1, last_layer(network, ALL) + 1)) if every else (chosen_layer(network, layer, count),)
    top = max(numbers)
    if parameters is not None:
        needed = top if samples is not None or layer is not None else min(len(parameters.layers), len(network.layers))
        parameters.check(network, needed)
    layers = network.resolved[:top] if samples is not None or layer is not None else network.resolved
    verdicts = [standing_conditions(each) for each in layers]
    convolutions = [each for each in layers if isinstance(each, Convolved)]
    verdicts += [assumption_2_4(each, seed=asked.seed) for each in convolutions]
    verdicts += [assumption_3_2(each) for each in convolutions]
    if samples is None or count is None:
        yield Verification(Instance(network), (), tuple(verdicts))
        return
    verdicts.append(assumption_3_1(network, samples))
    yield Verification(Instance(network, None, instance.data), (), tuple(verdicts), (), every)
    ranks: list[LayerRank] = []
    for done, k in enumerate(numbers, 1):
        verdicts.append(width_condition(network.layer(k), count))
        if parameters is not None:
            features = FeatureMatrix(network, parameters, samples, k)
            ranks.append((rank_or_reason if every else rank_of_features)(features, asked))
            verdicts.append(features_at_this_point(k, count, ranks[-1].rank))
        rank = ranks[-1].rank if ranks else None
        known = Known(network, k, count, rank, tuple(verdicts), rank_bounds(network, samples, k))
        verdicts += [theorem_3_4(known), theorem_3_5(known)]
        yield Verification(instance, numbers[:done], tuple(verdicts), tuple(ranks), every)
    verdicts += _basins(network, samples, top)
    yield Verification(instance, numbers, tuple(verdicts), tuple(ranks), every)


def _basins(network: Network, samples: ExactArray, top: int) -> tuple[Verdict, ...]:
    """Whether basins exist; left to a call of its own where patches of many layers above would have to be written."""
    found = no_basins(network, samples)
    if found.layer is None:  # it is about networks of two layers at least
        return ()
    written = sum(each.patches.slots.size for each in network.resolved[top : found.layer + 1])
    if not found.claims or written <= MOST_SLOTS:
        return (found,)
    reason = f"{found.details['columns']} columns suffice; verify layer {found.layer} itself for the proof"
    return (replace(found, status="undecided", reason=reason, claims=()),)


def _judged(found: Verification, wanted: bool | None, progress: Progress | None) -> Verification:
    """Add the checker's answer: nothing is claimed that it has rejected."""
    certificate = found.certificate
    checked = certificate.checked(wanted, progress=progress)
    rejection = certificate.outcome.message if checked is False else ""
    verdicts = tuple(each.judged(checked, rejection) for each in found.verdicts)
    ranks = () if checked is False else found.ranks
    return replace(found, verdicts=verdicts, ranks=ranks, checked=checked, rejection=rejection)


def last_layer(network: Network, layer: int | str) -> int:
    """Return the last layer that has to have parameters: the given one, or of all of them the last."""
    return len(network.layers) if layer == ALL else network.layer(layer).number


def chosen_layer(network: Network, layer: int | str | None, count: int | None) -> int:
    """Return the given layer, by number or name; else the first wide layer with weights, else the widest such."""
    if layer is not None:
        return network.layer(layer).number
    candidates = [each for each in network.resolved if isinstance(each, Convolved)]
    if not candidates:
        raise InputError("the network has no convolutional or fully connected layer; expected at least one")
    wide = [each.number for each in candidates if count is not None and each.width >= count]
    return wide[0] if wide else max(candidates, key=lambda each: each.width).number
