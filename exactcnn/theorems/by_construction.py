"""Theorems 3.4 and 3.5 for one instance by the construction of `exactcnn.constructions.independent_features`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from numpy.typing import ArrayLike

from exactcnn.certificates.certificate import Certificate
from exactcnn.constructions.independent_features import Construction, construct, exact_samples
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.features import RankClaim
from exactcnn.network.instance import Instance
from exactcnn.network.network import Network
from exactcnn.theorems.hypotheses import width_condition
from exactcnn.theorems.independence import Known, rank_bounds, theorem_3_4, theorem_3_5
from exactcnn.theorems.verdict import Verdict


def theorem_3_4_by_construction(
    network: Network,
    samples: ExactArray | ArrayLike,
    layer: int,
    *,
    construction: Construction | None = None,
    seed: int = 0,
    check: bool | None = None,
) -> Verdict:
    """Theorem 3.4's conclusion for an instance: parameters with rank F_k = N exist, for here they are.

    Parameters
    ----------
    network, samples, layer, seed
        As for `construct`.
    construction : Construction, optional
        Of these very samples; made here where it is left out. Its parameters belong to the verdict's certificate.
    check : bool, optional
        As for `verify`.

    Returns
    -------
    Verdict
        Proved; refuted if n_k < N or samples are equal; else undecided, with what is missing and the best bound, or
        what the independent checker does not accept. Its claims are about the samples and the construction's
        parameters: `Certificate(Instance(network, construction.parameters, samples), verdict.claims, layer)`.

    References
    ----------
    .. [1] Nguyen and Hein (2018), Theorem 3.4.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> network = Network((1,), [FullyConnected(3, activation="sigmoid")])
    >>> verdict = theorem_3_4_by_construction(network, ExactArray.from_array([[0], [1]]), 1)
    >>> verdict.status, verdict.scope, verdict.reason
    ('proved', 'architecture', 'the constructed parameters have rank F_1 = 2 = N, by a triangular minor')
    """
    return _by_construction(theorem_3_4, network, samples, layer, construction, seed, check)


def theorem_3_5_by_construction(
    network: Network,
    samples: ExactArray | ArrayLike,
    layer: int,
    *,
    construction: Construction | None = None,
    seed: int = 0,
    check: bool | None = None,
) -> Verdict:
    """Theorem 3.5's conclusion for an instance: rank F_k = N for almost all parameters, from one point.

    Parameters and return value as for `theorem_3_4_by_construction`. Proved only if the activations of layers 1 to k
    are real analytic and there is no max-pooling; refuted also where units of layer k can all be off.

    References
    ----------
    .. [1] Nguyen and Hein (2018), Theorem 3.5.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> network = Network((1,), [FullyConnected(3, activation="relu")])
    >>> theorem_3_5_by_construction(network, ExactArray.from_array([[0], [1]]), 1).reason
    'on an open set of parameters all units of layer 1 are off on all samples, so that F_1 = 0'
    """
    return _by_construction(theorem_3_5, network, samples, layer, construction, seed, check)


def _by_construction(
    theorem: Callable[[Known], Verdict],
    network: Network,
    samples: ExactArray | ArrayLike,
    layer: int,
    found: Construction | None,
    seed: int,
    check: bool | None,
) -> Verdict:
    samples = exact_samples(network, samples)
    count, obstacle = len(samples), ""
    if found is not None and (found.network != network or found.layer != layer or found.samples is not samples):
        raise InputError("construction is one of another instance; expected the given network, samples and layer")
    if found is None and network.layer(layer).width >= count:
        try:
            found = construct(network, samples, layer, seed=seed)
        except InputError as error:
            obstacle = f"no construction: {error}"
    verdict = _decided(theorem, network, samples, layer, found, obstacle)
    instance = Instance(network, None if found is None else found.parameters, samples)
    certificate = Certificate(instance, verdict.claims, layer)
    checked = certificate.checked(check)
    return verdict.judged(checked, certificate.outcome.message if checked is False else "")


def _decided(
    theorem: Callable[[Known], Verdict],
    network: Network,
    samples: ExactArray,
    layer: int,
    found: Construction | None,
    obstacle: str,
) -> Verdict:
    count = len(samples)
    complete = found is not None and found.complete
    bounds = () if complete else rank_bounds(network, samples, layer)
    verdict = theorem(Known(network, layer, count, None if found is None else found.rank, (), bounds))
    if found is not None:
        obstacle = found.reason or "layers 1 to k are not all real analytic: one point says nothing of almost all"
        own = {"lower": found.count, "samples": count}
        claims = (RankClaim(layer, found.rank), *verdict.claims)
        verdict = replace(verdict, details={**verdict.details, **own}, claims=claims)
    if verdict.details.get("by") == "width":
        return replace(verdict, claims=(*width_condition(network.layer(layer), count).claims, *verdict.claims))
    if verdict.status == "undecided":
        return replace(verdict, reason=obstacle)
    if theorem is theorem_3_4 and complete:
        reason = f"the constructed parameters have rank F_{layer} = {count} = N, by a triangular minor"
        return replace(verdict, reason=reason)
    return verdict
