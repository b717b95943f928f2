"""The main job: which hypotheses hold, what rank F_k has exactly, and what follows, for one instance."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.certificates.certificate import Certificate, not_accepted
from exactcnn.certificates.claim import Claim
from exactcnn.display import element, table
from exactcnn.errors import InputError
from exactcnn.linalg.evidence import RankBounds
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.network.model import Model
from exactcnn.network.network import Convolved, Network
from exactcnn.resources import Progress, check_memory
from exactcnn.theorems.hypotheses import assumption_3_1, assumption_3_2, width_condition
from exactcnn.theorems.independence import (
    Known,
    features_at_this_point,
    rank_bounds,
    theorem_3_4,
    theorem_3_5,
)
from exactcnn.theorems.numerical_rank import NumericalRank, numerical_rank, positive_tolerance
from exactcnn.theorems.structure import assumption_2_4, standing_conditions
from exactcnn.theorems.verdict import Verdict

FLOAT_RANK_LIMIT = 4096  # an SVD of this order takes some ten seconds on two cores, and grows with the cube


@dataclass(frozen=True, eq=False)
class Verification:
    """All that `verify` found.

    Attributes
    ----------
    instance : Instance
        Without parameters where there is no data.
    layer : int or None
        The layer k whose features were examined; None without data.
    verdicts : tuple of Verdict
    rank : RankBounds or None
        Of F_k at the given parameters.
    domain : str or None
        The domain of F_k.
    float_ranks : mapping
        "float64" and "float32": `numpy.linalg.matrix_rank` of the features in that precision, or None where skipped.
    seconds : float or None
        Of the certified rank, features included.
    checked : bool or None
        Whether the independent checker has accepted all claims; None if it was not asked. If it has rejected one, a
        defect, this is False and nothing is claimed: every verdict is undecided.
    rejection : str
        The checker's message where it has rejected a claim.
    numerical : NumericalRank or None
        Of the singular values of F_k, where a tolerance or their bounds were asked for.
    notes : tuple of str
        What was cut or folded where the network was read as a model.
    """

    instance: Instance
    layer: int | None
    verdicts: tuple[Verdict, ...]
    rank: RankBounds | None = None
    domain: str | None = None
    float_ranks: Mapping[str, int | None] = field(default_factory=dict)
    seconds: float | None = None
    checked: bool | None = None
    rejection: str = ""
    numerical: NumericalRank | None = None
    notes: tuple[str, ...] = ()

    @property
    def certificate(self) -> Certificate:
        """All claims, about the layers that they speak of."""
        layers = len(self.instance.network.layers) if self.layer is None else self.layer
        return Certificate(self.instance, self.claims, layers)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What the certificate states, in order and each once."""
        claims: list[Claim] = []
        for verdict in self.verdicts:
            claims += [claim for claim in verdict.claims if claim not in claims]
        return (*claims, *(() if self.numerical is None else self.numerical.claims))

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn verify --json`."""
        rank = None
        count, widths = self.instance.count, self.instance.network.widths
        if self.rank is not None and self.layer is not None:
            rank = {
                "layer": self.layer,
                "rows": count,
                "columns": widths[self.layer],
                "domain": self.domain,
                "lower": self.rank.lower,
                "upper": self.rank.upper,
                **({} if self.numerical is None else self.numerical.document()),
                **self.float_ranks,
                "seconds": self.seconds,
            }
        return {
            "samples": count,
            "widths": list(widths),
            "layer": self.layer,
            "checked": self.checked,
            "verdicts": [verdict.document() for verdict in self.verdicts],
            "rank": rank,
            "notes": list(self.notes),
        }

    def _repr_html_(self) -> str:
        headers = ("statement", "layer", "verdict", "scope", "reason")
        rows = [
            (each.statement, "" if each.layer is None else str(each.layer), each.status, each.scope, each.reason)
            for each in self.verdicts
        ]
        parts = [table(headers, rows)]
        if self.rank is not None:
            ranks = {"exact": str(self.rank)} | {name: str(rank) for name, rank in self.float_ranks.items()}
            caption = f"rank of F_{self.layer}, over {self.domain}; NumPy's beside it"
            parts.append(table(list(ranks), [list(ranks.values())], caption=caption))
        return element("div", *parts)


def verify(
    network: Network | Instance | Model,
    parameters: Any = None,
    samples: Any = None,
    *,
    layer: int | str | None = None,
    tolerance: Fraction | int | float | str | None = None,
    singular_values: bool = False,
    seed: int = 0,
    float_ranks: bool | None = None,
    check: bool | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Decide the statements of Sections 2 and 3 for an instance, and prove the rank of its features.

    Parameters
    ----------
    network : Network, Instance or Model
        An instance stands for the first three arguments, a model for the first two: ``verify(model, samples)``.
    parameters : Parameters, optional
        Of layers 1 to `layer`; without them no rank is computed.
    samples : Dataset, ExactArray or array_like (N, n_0), optional
        Without them only the verdicts on the architecture are given.
    layer : int or str, optional
        k, or of a model the name of the layer; by default the first wide layer (n_k >= N), or the widest one.
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
    progress : callable, optional
        Called with (what, done, total).

    Raises
    ------
    InputError
        If the layer does not exist or is max-pooling, samples or parameters do not fit the network, features are too
        many for memory or balls, or a tolerance is not positive or is given without data and parameters.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Sections 2 and 3.

    Examples
    --------
    >>> from exactcnn.network.layers import Convolution
    >>> from exactcnn.network.parameters import random_parameters
    >>> network = Network((1, 5), [Convolution(2, 3, activation="sigmoid")])
    >>> found = verify(network, random_parameters(network), np.arange(20).reshape(4, 5))
    >>> found.rank.exact, [v.status for v in found.verdicts if v.statement == "NH18.T3.5"], found.checked
    (4, ['proved'], True)
    """
    instance = network if isinstance(network, Instance) else Instance(network, parameters, samples)
    threshold = None if tolerance is None else positive_tolerance(tolerance)
    if isinstance(layer, str):
        if not isinstance(network, Model):
            raise InputError(f"layer = {layer!r}; expected a number, or a model, whose layers have names")
        layer = network.number(layer)
    found = _decided(instance, layer, seed, float_ranks, progress)
    if threshold is not None or singular_values:
        if found.rank is None or found.layer is None:
            raise InputError("singular values were asked for; expected data and the parameters of layers 1 to k")
        assert instance.parameters is not None
        assert instance.samples is not None
        features = FeatureMatrix(instance.network, instance.parameters, instance.samples, found.layer)
        about = numerical_rank(
            features.entries, found.layer, threshold, singular_values=singular_values, progress=progress
        )
        found = replace(found, numerical=about)
    return replace(_judged(found, check, progress), notes=network.notes if isinstance(network, Model) else ())


def _decided(
    instance: Instance, layer: int | None, seed: int, float_ranks: bool | None, progress: Progress | None
) -> Verification:
    network, parameters, samples, count = instance.network, instance.parameters, instance.samples, instance.count
    k = chosen_layer(network, layer, count)
    if parameters is not None:
        needed = k if samples is not None or layer is not None else min(len(parameters.layers), len(network.layers))
        parameters.check(network, needed)
    layers = network.resolved[:k] if samples is not None or layer is not None else network.resolved
    verdicts = [standing_conditions(each) for each in layers]
    convolutions = [each for each in layers if isinstance(each, Convolved)]
    verdicts += [assumption_2_4(each, seed=seed) for each in convolutions]
    verdicts += [assumption_3_2(each) for each in convolutions]
    if samples is None or count is None:
        return Verification(Instance(network), None, tuple(verdicts))
    verdicts += [assumption_3_1(network, samples), width_condition(network.layer(k), count)]
    rank = domain = seconds = None
    ranks: dict[str, int | None] = {}
    if parameters is not None:
        features = FeatureMatrix(network, parameters, samples, k)
        # the image, its transpose for elimination, and a little: see the measurements in docs/explanation/speed.md
        check_memory(3 * 8 * count * min(network.widths[k], 2 * count + 64), what=f"the features of layer {k}")
        start = time.perf_counter()
        rank = features.rank(seed=seed, progress=progress)
        seconds, domain = round(time.perf_counter() - start, 3), features.domain
        ranks = float_ranks_of(features.floats, wants_float_ranks(features.shape, float_ranks), progress)
        verdicts.append(features_at_this_point(k, count, rank))
    known = Known(network, k, count, rank, tuple(verdicts), rank_bounds(network, samples, k))
    verdicts += [theorem_3_4(known), theorem_3_5(known)]
    return Verification(instance, k, tuple(verdicts), rank, domain, ranks, seconds)


def _judged(found: Verification, wanted: bool | None, progress: Progress | None) -> Verification:
    """Add the checker's answer: nothing is claimed that it has rejected."""
    certificate = found.certificate
    checked = certificate.checked(wanted, progress=progress)
    rejection = certificate.outcome.message if checked is False else ""
    verdicts = tuple(each.judged(checked, rejection) for each in found.verdicts)
    rank = None if checked is False else found.rank
    numerical = found.numerical
    if checked is False and numerical is not None:
        numerical = numerical.nothing(not_accepted(rejection))
    return replace(found, verdicts=verdicts, rank=rank, checked=checked, rejection=rejection, numerical=numerical)


def chosen_layer(network: Network, layer: int | None, count: int | None) -> int:
    """Return the given layer if it is convolutional or fully connected; else the first wide layer, else the widest."""
    if layer is not None:
        return network.convolved(layer).number
    candidates = [each for each in network.resolved if isinstance(each, Convolved)]
    if not candidates:
        raise InputError("the network has no convolutional or fully connected layer; expected at least one")
    wide = [each.number for each in candidates if count is not None and each.width >= count]
    return wide[0] if wide else max(candidates, key=lambda each: each.width).number


def wants_float_ranks(shape: tuple[int, ...], wanted: bool | None) -> bool:
    """Whether NumPy's ranks are computed: as the user says, or up to a size that takes seconds."""
    return min(shape) <= FLOAT_RANK_LIMIT if wanted is None else wanted


def float_ranks_of(
    floats: Callable[[np.dtype[Any]], NDArray[Any]], wanted: bool, progress: Progress | None = None
) -> dict[str, int | None]:
    """NumPy's ranks of a matrix in float64 and in float32; None where they are not wanted or cannot be had."""
    ranks: dict[str, int | None] = {"float64": None, "float32": None}
    if wanted:
        for done, dtype in enumerate(ranks):
            if progress is not None:
                progress("NumPy's ranks", done, 2)
            with np.errstate(all="ignore"):  # what does not fit becomes infinite, and that has no rank
                ranks[dtype] = float_rank(floats(np.dtype(dtype)))
    return ranks


def float_rank(matrix: NDArray[Any]) -> int | None:
    """Rank by NumPy's SVD, as a user would compute it; None where it fails or meets entries that are not finite."""
    try:
        return int(np.linalg.matrix_rank(matrix)) if np.isfinite(matrix).all() else None
    except np.linalg.LinAlgError:
        return None
