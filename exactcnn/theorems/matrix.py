"""The exact rank of any matrix, or of an activation of it: a network of single-neuron patches and unit weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from exactcnn.certificates.certificate import Certificate, not_accepted
from exactcnn.domains.arguments import Seed, typed
from exactcnn.domains.exact import ExactArray, exact_matrix
from exactcnn.linalg.engine import HERE, Engine
from exactcnn.network.activations import activation as named
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import LayerParameters, Parameters
from exactcnn.resources import Progress
from exactcnn.theorems.layer_rank import Asked, LayerRank, rank_of_entries, rank_of_features
from exactcnn.theorems.numerical_rank import positive_tolerance


@dataclass(frozen=True, eq=False, kw_only=True)
class MatrixRank(LayerRank):
    """A certified rank, as `exactcnn rank` reports it.

    Attributes
    ----------
    instance : Instance
        Of the certificate: F_layer is the matrix (layer 0: the samples themselves).
    checked : bool or None
        As in `Verification`; if it is False, the bounds are those of the shape.
    rejection : str
        As in `Verification`.
    """

    instance: Instance
    checked: bool | None = None
    rejection: str = ""

    @property
    def certificate(self) -> Certificate:
        """The rank as a claim, and what was proved of singular values."""
        return Certificate(self.instance, self.claims, self.layer)

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn rank --json`."""
        return super().document() | {"checked": self.checked}


M = TypeVar("M", bound=MatrixRank)


@typed
def matrix_rank(
    entries: ExactArray | ArrayLike,
    activation: str | None = None,
    *,
    tolerance: Fraction | int | float | str | None = None,
    singular_values: bool = False,
    seed: Seed = 0,
    float_ranks: bool | None = None,
    check: bool | None = None,
    engine: Engine = HERE,
    progress: Progress | None = None,
) -> MatrixRank:
    """Prove the rank of a matrix of rational numbers, or of an activation of its entries.

    Parameters
    ----------
    entries : ExactArray or array_like (m, n)
    activation : str, optional
        Such as "sigmoid"; the rank is then that of activation(entries).
    tolerance : rational number, float or text, optional
        Positive, taken exactly: count the singular values above it and below.
    singular_values : bool
        Whether to enclose all singular values.
    seed, float_ranks, check, engine, progress
        As for `verify`.

    Raises
    ------
    InputError
        For another number of dimensions, an entry that is masked, missing or not finite (with its index), an
        activation that is not known, a tolerance that is not positive, or a matrix beyond memory.

    Examples
    --------
    >>> entries = ExactArray.from_strings([["-1/3", "2"], ["0", "0"], ["1/3", "-2"]])
    >>> matrix_rank(entries).rank.exact, matrix_rank(entries, "sigmoid").rank.exact
    (1, 2)
    >>> found = matrix_rank(np.diag([1.0, 1e-9, 1e-9 + 1e-16]), tolerance="1.00000001e-9").numerical
    >>> found.above, found.below
    (2, 1)
    """
    threshold = None if tolerance is None else positive_tolerance(tolerance)
    entries = exact_matrix(entries, name="entries")
    asked = Asked(threshold, singular_values, seed, float_ranks, progress, engine)
    if activation is None:
        about = rank_of_entries(entries, asked)
        # no layer of this network is in the certificate
        instance = Instance(Network((entries.shape[1],), [FullyConnected(1)]), samples=entries)
    else:
        features = elementwise(entries, activation)
        about = rank_of_features(features, asked)
        instance = Instance(features.network, features.parameters, entries)
    return judged(MatrixRank(**vars(about), instance=instance), check, progress)


def judged(found: M, check: bool | None, progress: Progress | None = None) -> M:
    """Return a rank with the checker's answer; where it rejects the evidence, nothing is claimed."""
    certificate = found.certificate
    checked = certificate.checked(check, progress=progress)
    if checked is not False:
        return replace(found, checked=checked)
    rejection = certificate.outcome.message
    return replace(found.nothing(not_accepted(rejection)), checked=False, rejection=rejection)


def elementwise(entries: ExactArray, activation: str) -> FeatureMatrix:
    """Features of a layer with U = I: every neuron is a patch of its own, one filter of weight 1, no bias."""
    named(activation)  # of no layer that the user knows
    width = entries.shape[1]
    patches = tuple((j,) for j in range(width))
    network = Network((width,), [Convolution(1, patches=patches, bias="none", activation=activation)])
    one = ExactArray(np.ones((1, 1), dtype=np.int64))
    return FeatureMatrix(network, Parameters((LayerParameters(one, None),)), entries, 1)
