"""The exact rank of any matrix, or of an activation of it: a network of single-neuron patches and unit weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from exactcnn.certificates.certificate import Certificate, not_accepted
from exactcnn.domains.arguments import Seed, typed
from exactcnn.domains.exact import ExactArray, exact_matrix
from exactcnn.domains.numerals import decimal
from exactcnn.linalg.engine import HERE, Engine
from exactcnn.linalg.modulo import prime_below_a_word, rank_modulo
from exactcnn.network.activations import activation as named
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import LayerParameters, Parameters
from exactcnn.resources import Progress
from exactcnn.theorems.layer_rank import Asked, LayerRank, rank_of_entries, rank_of_features
from exactcnn.theorems.matrix_details import Vectors, rational_entries
from exactcnn.theorems.matrix_details import null_space as null_space_of
from exactcnn.theorems.numerical_rank import positive_tolerance

Minor = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, eq=False, kw_only=True)
class MatrixRank(LayerRank):
    """A certified rank, as `exactcnn rank` reports it.

    Attributes
    ----------
    instance : Instance
        Of the certificate: F_layer is the matrix (layer 0: the samples themselves).
    minor : (rows, columns) or None
        Indices from 0, as many of each as the lower end of the rank: independent rows, and independent columns.
    null_space : tuple of vectors, or None
        A basis of all v with F v = 0: integers without common divisor, each vector with a column of its own where it
        is positive and all the others are 0.
    modulo : (p, rank) or None
        The rank of the image in GF(p), as FLINT computes it; nothing of it is in the certificate.
    checked : bool or None
        As in `Verification`; if it is False, the bounds are those of the shape.
    rejection : str
        As in `Verification`.
    """

    instance: Instance
    minor: Minor | None = None
    null_space: Vectors | None = None
    modulo: tuple[int, int] | None = None
    checked: bool | None = None
    rejection: str = ""

    def nothing(self, reason: str) -> Self:
        """Claim nothing: the checker has rejected what was found."""
        return replace(super().nothing(reason), minor=None, null_space=None)

    @property
    def certificate(self) -> Certificate:
        """The rank as a claim, and what was proved of singular values."""
        return Certificate(self.instance, self.claims, self.layer)

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn rank --json`."""
        minor = None if self.minor is None else dict(zip(("rows", "columns"), map(list, self.minor), strict=True))
        vectors = None if self.null_space is None else [list(map(decimal, vector)) for vector in self.null_space]
        modulo = None if self.modulo is None else dict(zip(("prime", "rank"), self.modulo, strict=True))
        asked = {"minor": minor, "null_space": vectors, "modulo": modulo}
        known = super().document() | {"checked": self.checked}
        return known | {name: value for name, value in asked.items() if value is not None}


@typed
def matrix_rank(
    entries: ExactArray | ArrayLike,
    activation: str | None = None,
    *,
    tolerance: Fraction | int | float | str | None = None,
    singular_values: bool = False,
    minor: bool = False,
    null_space: bool = False,
    modulo: int | None = None,
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
    minor, null_space : bool
        Whether to say which rows and columns are independent, and to return a basis of the null space.
    modulo : int, optional
        A prime below 2^64, modulo which the rank is wanted, too.
    seed, float_ranks, check, engine, progress
        As for `verify`.

    Raises
    ------
    InputError
        For another number of dimensions, an entry that is masked, missing or not finite (with its index), an
        activation that is not known, a tolerance that is not positive, or a matrix beyond memory; for a null space or
        a rank modulo a prime of what is not rational, or where a denominator is divisible by the prime, and for a
        null space where the rank is not known or the basis would be too long.

    Examples
    --------
    >>> entries = ExactArray.from_strings([["-1/3", "2"], ["0", "0"], ["1/3", "-2"]])
    >>> matrix_rank(entries).rank.exact, matrix_rank(entries, "sigmoid").rank.exact
    (1, 2)
    >>> found = matrix_rank(np.diag([1.0, 1e-9, 1e-9 + 1e-16]), tolerance="1.00000001e-9").numerical
    >>> found.above, found.below
    (2, 1)
    >>> found = matrix_rank([[1, 2], [2, 4]], minor=True, null_space=True, modulo=2)
    >>> found.minor, found.null_space, found.modulo, found.checked
    (((0,), (0,)), ((-2, 1),), (2, 1), True)
    """
    threshold = None if tolerance is None else positive_tolerance(tolerance)
    prime = None if modulo is None else prime_below_a_word(modulo, name="modulo")
    entries = exact_matrix(entries, name="entries")
    asked = Asked(threshold, singular_values, seed, float_ranks, progress, engine)
    if activation is None:
        about, known = rank_of_entries(entries, asked), entries
        # no layer of this network is in the certificate
        instance = Instance(Network((entries.shape[1],), [FullyConnected(1)]), samples=entries)
    else:
        features = elementwise(entries, activation)
        if null_space or prime is not None:
            known = rational_entries(features, "a null space" if null_space else f"the rank modulo {prime}")
        about = rank_of_features(features, asked)
        instance = Instance(features.network, features.parameters, entries)
    rank, vectors = null_space_of(known, about.rank) if null_space else (about.rank, None)
    found = MatrixRank(
        **(vars(about) | {"rank": rank}),
        instance=instance,
        minor=rank.minor if minor else None,
        null_space=vectors,
        modulo=None if prime is None else (prime, rank_modulo(known, prime)),
    )
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
