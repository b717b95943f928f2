"""Membership of a point in S_k: rank F_k = N, and full weight matrices U_l of full rank for all l from k + 2 to L."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from exactcnn.certificates.claim import Claim
from exactcnn.display import Shown
from exactcnn.domains.arguments import Seed, typed
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.linalg.evidence import RankBounds
from exactcnn.linalg.rank import certified_rank
from exactcnn.linalg.rational import RationalMatrix
from exactcnn.network.features import FeatureMatrix, RankClaim
from exactcnn.network.instance import Instance
from exactcnn.network.network import Convolved
from exactcnn.network.parameters import Parameters
from exactcnn.patches.weights import full_weight_matrix
from exactcnn.resources import Progress


@dataclass(frozen=True)
class WeightsRankClaim:
    """The claim lower ≤ rank U_l ≤ upper at the given parameters."""

    layer: int
    rank: RankBounds

    def document(self) -> dict[str, Any]:
        """Return the claim as the certificate states it."""
        return RankClaim(self.layer, self.rank).document() | {"kind": "weights-rank"}


@dataclass(frozen=True)
class Membership(Shown):
    """Whether a point lies in S_k.

    Attributes
    ----------
    layer : int
        k.
    count : int
        N.
    features : RankBounds
        Of F_k.
    weights : tuple of (l, RankBounds, full)
        Of U_l for l = k + 2, ..., L, with what full rank is.
    """

    layer: int
    count: int
    features: RankBounds
    weights: tuple[tuple[int, RankBounds, int], ...]

    @property
    def holds(self) -> bool | None:
        """Whether the point is in S_k; None if a rank is not decided."""
        needed = [(self.features, self.count), *((bounds, full) for _, bounds, full in self.weights)]
        if all(bounds.lower == full for bounds, full in needed):
            return True
        return False if any(bounds.upper < full for bounds, full in needed) else None

    @property
    def reason(self) -> str:
        """What is full, or not."""
        if self.features.lower < self.count:
            return f"rank F_{self.layer} is {self.features}, N = {self.count}"
        for number, bounds, full in self.weights:
            if bounds.lower < full:
                return f"rank U_{number} is {bounds}, full rank is {full}"
        return f"rank F_{self.layer} = N" + (", all U_l above have full rank" if self.weights else "")

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Its ranks."""
        return (
            RankClaim(self.layer, self.features),
            *(WeightsRankClaim(number, bounds) for number, bounds, _ in self.weights),
        )

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form."""
        return {
            "layer": self.layer,
            "lower": self.features.lower,
            "upper": self.features.upper,
            "weights": [[number, bounds.lower, bounds.upper] for number, bounds, _ in self.weights],
            "in": self.holds,
        }


@typed
def membership(instance: Instance, layer: int, *, seed: Seed = 0, progress: Progress | None = None) -> Membership:
    """Decide whether an instance's own parameters lie in S_k.

    Raises
    ------
    InputError
        If k is not below L, or a layer above it is max-pooling.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Section 4.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> network = Network((1,), [FullyConnected(2, activation="relu"), FullyConnected(1, activation="identity")])
    >>> arrays = {"W1": [[1, 1]], "b1": [0, "-3/2"], "W2": [[1], [1]], "b2": [0]}
    >>> membership(Instance(network, Parameters.from_arrays(network, arrays), [[1], [2]]), 1).holds
    True
    """
    network, parameters, count = instance.network, instance.parameters, instance.count
    if not 1 <= layer < len(network.layers):
        raise InputError(f"layer {layer}; expected a layer k below the output, from 1 to {len(network.layers) - 1}")
    if parameters is None or count is None or instance.samples is None:
        raise InputError("parameters, samples: missing; S_k is a set of parameters for given samples")
    network.convolved(layer + 1)
    features = FeatureMatrix(network, parameters, instance.samples, layer).rank(seed=seed, progress=progress)
    weights = []
    for above in network.resolved[layer + 1 :]:
        own = network.convolved(above.number)
        matrix = _full_weight_matrix(own, parameters)
        weights.append((own.number, certified_rank(matrix, seed=seed), min(own.patches.neurons, own.width)))
    return Membership(layer, count, features, tuple(weights))


def _full_weight_matrix(layer: Convolved, parameters: Parameters) -> RationalMatrix:
    numbers, denominator = parameters.layer(layer.number).weights.integers()
    return RationalMatrix(ExactArray(full_weight_matrix(layer.patches, numbers), denominator))
