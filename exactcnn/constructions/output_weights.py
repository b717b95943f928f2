"""Corollary 3.6: output weights that fit any rational labels exactly, and how many parameters that takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exactcnn.display import Shown
from exactcnn.domains.arguments import typed
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.domains.given import given_integers, refuse_first
from exactcnn.domains.residues import evaluation_points
from exactcnn.errors import InputError, UnluckyModulus
from exactcnn.linalg.modular import independent_minor
from exactcnn.network.network import Network
from exactcnn.resources import check_memory

PRIMES = 4  # unlucky ones are rarer than one in 2^18 for each independent line


@dataclass(frozen=True)
class ParameterCounts(Shown):
    """Parameters of a network with scalar output, beside those of a fully connected one with as many hidden units.

    Attributes
    ----------
    hidden_units : int
        n_k, the largest N that Corollary 3.6 covers.
    convolutional : int
        Filters and biases of layers 1 to k, and n_k output weights; 2 N + T_1 l_0 for k = 1 and N = n_1.
    fully_connected : int
        N d + 2 N: weights, biases and output weights of one hidden layer of N = n_k units on d inputs.
    three_per_unit : bool
        Whether `convolutional` is at most 3 N; for k = 1 this is l_0 <= P_0.
    """

    hidden_units: int
    convolutional: int
    fully_connected: int
    three_per_unit: bool


@typed
def parameter_counts(network: Network, *, layer: int = 1) -> ParameterCounts:
    """Count what the text after Corollary 3.6 counts.

    Parameters
    ----------
    network : Network
    layer : int
        The last hidden layer k; layers above are left aside.

    References
    ----------
    .. [1] Nguyen and Hein (2018), text after Corollary 3.6.

    Examples
    --------
    >>> from exactcnn.network.layers import Convolution
    >>> parameter_counts(Network((1, 28, 28), [Convolution(89, 3)]))
    ParameterCounts(hidden_units=60164, convolutional=121129, fully_connected=47288904, three_per_unit=True)
    """
    width = network.layer(layer).width
    own = sum(math.prod(shape) for each in network.resolved[:layer] for shape in each.parameter_shapes.values())
    dense = width * network.widths[0] + 2 * width
    return ParameterCounts(width, own + width, dense, own + width <= 3 * width)


@typed
def interpolate(
    features: ExactArray | ArrayLike,
    labels: ExactArray | ArrayLike,
    *,
    minor: tuple[ArrayLike, ArrayLike] | None = None,
) -> ExactArray:
    """Output weights λ with F λ = y, exactly, for any rational labels (Corollary 3.6).

    Parameters
    ----------
    features : ExactArray or array_like (N, n)
        F_(L-1), with linearly independent rows.
    labels : ExactArray or array_like (N,) or (N, m)
        One column per output.
    minor : (rows, columns), optional
        Of a construction with N samples: the system is solved by substitution. Otherwise N independent columns are
        chosen by elimination modulo a prime, and their system is solved by p-adic lifting.

    Returns
    -------
    ExactArray (n,) or (n, m)
        Zero outside the columns of the minor. The equation F λ = y has been verified by substituting.

    Raises
    ------
    InputError
        If shapes do not fit, an entry is masked, missing or not finite (with its index), the rows are not independent,
        the minor is not triangular, or the numbers would not fit in memory.

    Notes
    -----
    The numbers grow: each substitution multiplies by an entry of F, so λ has up to N times as many bits as the entries
    of F, N of them. That N = 60 000 samples can be fitted is what the triangular minor proves without computing λ.

    References
    ----------
    .. [1] Nguyen and Hein (2018), Corollary 3.6.

    Examples
    --------
    >>> F = ExactArray.from_array([[1, 2, 0], [0, 1, 5]])
    >>> weights = interpolate(F, ExactArray.from_strings(["1/2", "-3"]))
    >>> [str(w) for w in weights.fractions()]
    ['13/2', '-3', '0']
    """
    from flint import fmpq, fmpq_mat, fmpz_mat

    features, labels = exact_array(features, name="features"), exact_array(labels, name="labels")
    shape, wanted = features.shape, labels.shape
    if len(shape) != 2 or not all(shape) or not wanted or wanted[0] != shape[0] or len(wanted) > 2:
        raise InputError(f"features of shape {shape} and labels of shape {wanted}; expected (N, n) and (N,) or (N, m)")
    count, outputs = shape[0], wanted[1] if len(wanted) == 2 else 1
    entries, below = features.integers()  # F = entries / below, y = goals / common
    goals, common = labels.reshape(count, outputs).integers()
    bits = max(abs(int(entries.max())), abs(int(entries.min()))).bit_length()
    check_memory(count * count * (64 + outputs * (bits + count.bit_length()) // 8), what=f"{count} output weights")

    rows, columns = _independent(features) if minor is None else _minor(minor, shape)
    square = entries[np.ix_(rows, columns)]
    right = fmpz_mat(goals[rows].tolist())
    if minor is None:
        solution = fmpz_mat(square.tolist()).solve(right).tolist()
    elif np.tril(square, -1).any() or not np.diagonal(square).all():
        raise InputError("minor is not triangular; expected rows and columns in the order of a construction")
    else:
        solution = _substituted(square, fmpq_mat(right).tolist())

    if fmpq_mat(fmpz_mat(entries[:, columns].tolist())) * fmpq_mat(solution) != fmpq_mat(fmpz_mat(goals.tolist())):
        raise AssertionError("the output weights do not reproduce the labels")
    factor = fmpq(below, common)
    weights = np.full((shape[1], outputs), Fraction(0), dtype=object)
    for column, row in zip(columns.tolist(), solution, strict=True):
        weights[column] = [Fraction(int((x * factor).p), int((x * factor).q)) for x in row]
    return ExactArray.from_fractions(weights.ravel().tolist(), (shape[1], *wanted[1:]))


def _minor(given: tuple[ArrayLike, ArrayLike], shape: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of a minor of all N samples."""
    if len(given) != 2:
        raise InputError(f"minor has {len(given)} parts; expected two, rows and columns")
    lines = []
    for numbers, name, limit in zip(given, ("rows", "columns"), shape, strict=True):
        indices = given_integers(numbers, name=f"minor: {name}")
        if indices.shape != (shape[0],):
            raise InputError(f"minor: {name} has shape {indices.shape}; expected (N,) = ({shape[0]},)")
        outside = (indices < 0) | (indices >= limit)
        refuse_first(indices, outside, name=f"minor: {name}", expected=f"indices from 0 to {limit - 1}")
        lines.append(indices.astype(np.intp))
    return lines[0], lines[1]


def _substituted(triangular: NDArray[Any], right: list[list[Any]]) -> list[list[Any]]:
    """Solve an upper triangular system: the lower half first, then the upper one with its part taken off.

    Halving puts the work into products of matrices.
    """
    from flint import fmpq_mat, fmpz_mat

    if len(right) == 1:
        return [[entry / triangular[0, 0] for entry in right[0]]]
    half = len(right) // 2
    low = _substituted(triangular[half:, half:], right[half:])
    corner = fmpq_mat(fmpz_mat(triangular[:half, half:].tolist()))
    rest = fmpq_mat(right[:half]) - corner * fmpq_mat(low)
    return _substituted(triangular[:half, :half], rest.tolist()) + low


def _independent(features: ExactArray) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows, all of them, and as many columns of a minor that is not zero modulo some prime."""
    best = 0
    for point in islice(evaluation_points(), PRIMES):
        try:
            rows, columns = independent_minor(features.residues(point.modulus), point.modulus)
        except UnluckyModulus:
            continue
        if len(rows) == len(features):
            return rows, columns
        best = max(best, len(rows))
    raise InputError(f"features have {len(features)} rows and rank {best} modulo primes; expected independent rows")
