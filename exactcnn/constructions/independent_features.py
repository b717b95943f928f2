"""Theorem 3.4 as an algorithm: exact parameters of layers 1 to k with linearly independent features, and their proof.

No matrix is formed and nothing is eliminated: the proof is an order of samples and units in which a minor is
triangular, exactly or in the limit (see `exactcnn.constructions.triangular`). Time O(N P l) and a selection per patch,
memory that of the features of layer k - 1.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exactcnn.constructions.injective import IntegerFeatures, layer_above, random_weights
from exactcnn.constructions.triangular import Placement, Threshold, TriangularMinor, place, threshold, wide_parameters
from exactcnn.display import Shown
from exactcnn.domains.arguments import Seed, typed
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.domains.numerals import parse_rational
from exactcnn.errors import InputError
from exactcnn.linalg.evidence import Evidence, RankBounds
from exactcnn.network.network import Convolved, Network
from exactcnn.network.parameters import LayerParameters, Parameters

DIRECTIONS = 4  # attempts with another random projection, where samples tie
FEW = 100  # samples, for which small weights are tried first: they are read by people, and mostly suffice
SMALL = 4  # what small weights stay below


@dataclass(frozen=True, eq=False)
class Construction(Shown):
    """Parameters with `count` linearly independent samples, as a minor of F_k that is triangular.

    Attributes
    ----------
    network : Network
    layer : int
        k.
    parameters : Parameters
        Of layers 1 to k.
    samples : ExactArray (N, n_0)
    rows, columns : ndarray of int (count,)
        Samples and units: unit columns[a] is on for sample rows[a] and off for all rows[b], b > a.
    reason : str
        Why there are fewer than N; empty if there are not.
    """

    network: Network
    layer: int
    parameters: Parameters
    samples: ExactArray
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    reason: str

    @property
    def count(self) -> int:
        """Order of the minor: rank F_k is at least this."""
        return len(self.rows)

    @property
    def complete(self) -> bool:
        """Whether all samples are independent: rank F_k = N."""
        return self.count == len(self.samples)

    @property
    def rank(self) -> RankBounds:
        """Bounds on rank F_k at these parameters."""
        evidence = (
            TriangularMinor(tuple(self.rows.tolist()), tuple(self.columns.tolist())) if self.count else Evidence()
        )
        return RankBounds(self.count, min(len(self.samples), self.network.widths[self.layer]), evidence)


@typed
def construct(
    network: Network,
    samples: ExactArray | ArrayLike,
    layer: int,
    *,
    scale: Fraction | int | float | str = 1,
    seed: Seed = 0,
) -> Construction:
    """Give layers 1 to k exact parameters with linearly independent features (Theorem 3.4), with proof.

    Weaker hypotheses than the theorem's suffice: no Assumption 3.1, only that the samples are told apart at enough
    patches; padding is allowed, and layer 1 may be max-pooling. Stronger ones are needed of the activations: see
    `threshold` for layer k, and below it a piece where the activation is affine, increasing and rational.

    Parameters
    ----------
    network : Network
        Layer k with one bias per neuron; the convolutional layers below with biases of either kind.
    samples : ExactArray or array_like (N, n_0)
    layer : int
        k.
    scale : Fraction or int
        Positive factor of the weights of layer k; any will do, and the check is exact.
    seed : int
        Of the random filters.

    Returns
    -------
    Construction
        With fewer than N independent samples, and the reason, where units or differences between samples run out.

    Raises
    ------
    InputError
        For an activation that the construction does not reach, shared biases, a scale that is not positive, shapes
        that do not fit, and a sample with an entry that is masked, missing or not finite (with its index).

    Notes
    -----
    All filters of layer k are equal, so U_k itself has dependent columns for T > 1. The theorem's addition, that all
    U_l may have full rank, follows for parameters nearby: rank F_k = N holds on an open set, and under Assumption 2.4
    full rank fails on a null set only (Lemma 2.5).

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Theorem 3.4.

    Examples
    --------
    >>> from exactcnn.network.layers import Convolution
    >>> network = Network((1, 4), [Convolution(2, 2, activation="relu")])
    >>> found = construct(network, ExactArray.from_array([[0, 1, 2, 3], [1, 1, 2, 2], [5, 0, 0, 1]]), 1)
    >>> found.count, found.complete
    (3, True)
    >>> from exactcnn.network.features import FeatureMatrix
    >>> samples = ExactArray.from_array([[0, 1, 2, 3], [1, 1, 2, 2], [5, 0, 0, 1]])
    >>> F = FeatureMatrix(network, found.parameters, samples, 1).exact().fractions()
    >>> minor = F[found.rows][:, found.columns]
    >>> bool((np.tril(minor, -1) == 0).all()), [int(x) for x in np.diag(minor)]
    (True, [1, 1, 1])
    """
    wide = network.convolved(layer)
    step = _step(wide)
    scale = parse_rational(scale, name="scale")
    if scale <= 0:
        raise InputError(f"scale = {scale}; expected a positive rational number")
    own, activation = step.side * (step.off + scale * step.lift), wide.activation
    if activation.domain == "rational" and activation.exact(own) == 0:
        raise InputError(f"scale = {scale} puts {activation.text} at a zero; expected another scale")
    samples = exact_samples(network, samples)

    generator = np.random.default_rng(seed)
    features = IntegerFeatures.of(samples)
    parameters: list[LayerParameters | None] = []
    for below in network.resolved[: layer - 1]:
        sharing = sum(isinstance(each, Convolved) for each in network.resolved[below.number - 1 : layer])
        own_parameters, features = layer_above(below, features, generator, sharing)
        parameters.append(own_parameters)

    direction, placement, repeated = _placed(wide, features, generator)
    parameters.append(wide_parameters(wide, step, scale, features.denominator, direction, placement))
    reason = "" if len(placement.rows) == len(samples) else _reason(wide, placement, repeated)
    return Construction(
        network, layer, Parameters(tuple(parameters)), samples, placement.rows, placement.columns, reason
    )


def _placed(
    wide: Convolved, features: IntegerFeatures, generator: np.random.Generator
) -> tuple[NDArray[Any], Placement, dict[int, int]]:
    """Return the best of a few directions, its placement, and the samples that equal an earlier one."""
    slots, samples = wide.patches.slots, np.arange(features.integers.shape[1])
    repeated: dict[int, int] = {}
    results: list[tuple[NDArray[Any], Placement]] = []
    shape = (wide.patches.patch_size,)
    few = DIRECTIONS if len(samples) <= FEW else 0
    drawn = [random_weights(features, shape, each, top=SMALL) for each in generator.spawn(few)]
    for direction in itertools.chain(drawn, (random_weights(features, shape, generator) for _ in range(DIRECTIONS))):

        def projections(patch: int, chosen: NDArray[np.intp], direction: NDArray[Any] = direction) -> NDArray[Any]:
            return features.times(slots[patch], direction, chosen)

        placement = place(projections, samples=samples, patches=len(slots), filters=wide.filters)
        results.append((direction, placement))
        if not placement.remaining.size or len(placement.rows) == wide.width:
            break
        if not repeated:  # equal samples block each other: without the later ones the others find units
            repeated = features.repeated(placement.remaining)
            samples = np.setdiff1d(samples, list(repeated))
    return *max(results, key=lambda result: len(result[1].rows)), repeated


def exact_samples(network: Network, given: ExactArray | ArrayLike) -> ExactArray:
    """Samples (N, n_0), exact; refused if they do not fit the network's input."""
    samples = exact_array(given, name="samples")
    if len(samples.shape) != 2 or samples.shape[1] != network.widths[0] or not len(samples):
        raise InputError(f"samples has shape {samples.shape}; expected (N, {network.widths[0]}) with N >= 1")
    return samples


def _step(wide: Convolved) -> Threshold:
    """The threshold of layer k, or why the construction does not apply."""
    if wide.bias != "neuron":
        raise InputError(f"layer {wide.number}: bias = {wide.bias!r}; expected one bias per neuron")
    step = threshold(wide.activation)
    if step is None:
        raise InputError(
            f"layer {wide.number}: {wide.activation.text} neither vanishes on a half-line nor in a limit within Q(t); "
            "expected relu, relu6, squared-relu, hard-sigmoid, hard-swish, clip with an end at 0, sigmoid, gaussian, "
            "silu, swish or mish"
        )
    return step


def _reason(wide: Convolved, placement: Placement, repeated: dict[int, int]) -> str:
    """Say what ran out."""
    placed = len(placement.rows)
    reasons = []
    if repeated:
        later, earlier = next(iter(repeated.items()))
        others = f", and {len(repeated) - 1} more" if len(repeated) > 1 else ""
        what = "equal" if wide.number == 1 else f"equal in layer {wide.number - 1}"
        reasons.append(f"samples {earlier} and {later} are {what}{others}")
    if placed == wide.width:
        reasons.append(f"all {wide.width} units are taken")
    elif len(placement.remaining):
        reasons.append(f"{len(placement.remaining)} samples tie with others at every patch that has units left")
    return f"{placed} samples found a unit of layer {wide.number}: {'; '.join(reasons)}"
