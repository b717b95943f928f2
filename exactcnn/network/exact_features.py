"""Exact rational features from their images modulo primes (Chinese remainders), where sizes are known beforehand."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.residues import EvaluationPoint, Floats, images_modulo_primes
from exactcnn.network.kinds.average_pooling import Averaged
from exactcnn.network.network import Convolved, Network, Pooled
from exactcnn.network.parameters import Parameters

AT_A_TIME = 2**18  # entries
MOST_BITS = 400  # of a numerator: some twenty primes; beyond, products of long integers are as good


def size_of_features(
    network: Network, parameters: Parameters, samples: ExactArray, layer: int, *, most_bits: int = MOST_BITS
) -> tuple[int, Fraction] | None:
    """Return a common denominator of F_k, and a bound on the size of its entries; None where they are not known.

    Numerators of more than `most_bits` bits are not known either.

    An affine layer multiplies the bound by the largest sum of sizes of a filter and adds the largest bias; a polynomial
    sum c_i t^i makes it sum |c_i| bound^i, and the denominator d becomes d^degree times that of the coefficients.
    Max-pooling changes neither; average-pooling multiplies the denominator by those of its means. Of other layers, and
    of pieces that are no polynomials, nothing is known.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> network = Network((1,), [FullyConnected(1, activation="square")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [["-3/2"]], "b1": ["1/4"]})
    >>> size_of_features(network, parameters, ExactArray.from_array([[2], [-1]]), 1)
    (16, Fraction(169, 16))
    """
    numbers, denominator = samples.integers()
    bound = Fraction(max((abs(int(v)) for v in (numbers.min(), numbers.max())), default=0), denominator)
    for each in network.resolved[:layer]:
        if isinstance(each, Pooled):
            continue
        if isinstance(each, Averaged):  # no divisor is smaller than the number of neurons: a mean is within the bound
            denominator *= math.lcm(*each.divisors.tolist())
            if denominator.bit_length() + int(bound).bit_length() > most_bits:
                return None
            continue
        if not isinstance(each, Convolved):
            return None
        own, curve = parameters.layer(each.number), each.activation
        if curve.integral is None:
            return None
        weights, below = own.weights.integers()
        sums = np.abs(weights).sum(axis=0)
        bound = bound * Fraction(int(sums.max()), below)
        denominator *= below
        if own.biases is not None:
            biases, other = own.biases.integers()
            bound += Fraction(int(np.abs(biases).max()), other)
            denominator = math.lcm(denominator, other)
        degree, common = curve.integral
        denominator = denominator**degree * common
        bound = max(sum((abs(c) * bound**i for i, _, c in piece.numerator), Fraction(0)) for piece in curve.pieces)
        if denominator.bit_length() + int(bound).bit_length() > most_bits:
            return None
    return denominator, bound


def from_images(image: Callable[[EvaluationPoint], Floats], denominator: int, bound: Fraction) -> ExactArray | None:
    """Return the matrix whose images these are, of entries n / denominator with |n / denominator| <= bound.

    |n| <= bound * denominator, so n is known from its residues as soon as the product of the primes exceeds twice
    that. None where too many primes divide a denominator.
    """
    needed = 2 * math.ceil(bound * denominator)
    digits: list[NDArray[np.int64]] = []  # n = digits[0] + digits[1] p_0 + digits[2] p_0 p_1 + ..., mixed radix
    primes: list[int] = []
    for p, own in images_modulo_primes(image, 200):
        residues = own * (denominator % p) % p  # below 2^40
        value, radix = np.zeros_like(residues), 1
        for digit, prime in zip(digits, primes, strict=True):
            value = (value + digit * radix) % p
            radix = radix * prime % p
        digits.append((residues - value) % p * pow(radix, -1, p) % p)
        primes.append(p)
        if math.prod(primes) > needed:
            return ExactArray(_assembled(digits, primes), denominator)
    return None


def _assembled(digits: list[NDArray[np.int64]], primes: list[int]) -> NDArray[Any]:
    """Integers of smallest size from their digits in mixed radix, int64 where they fit; few at a time are not."""
    step = max(1, AT_A_TIME // max(1, digits[0].shape[1]))
    starts = range(0, max(1, len(digits[0])), step)
    return np.concatenate([_in_int64(_joined([d[i : i + step] for d in digits], primes)) for i in starts])


def _in_int64(numbers: NDArray[np.object_]) -> NDArray[Any]:
    """Python integers as int64 if they fit, as `storage.narrow` does, which does not trust what it gets."""
    fit = not numbers.size or max(-numbers.min(), numbers.max()) < 2**63
    return numbers.astype(np.int64) if fit else numbers


def _joined(digits: list[NDArray[np.int64]], primes: list[int]) -> NDArray[np.object_]:
    total = np.zeros(digits[0].shape, dtype=object)
    radix = 1
    for i in range(0, len(digits), 3):  # three digits below 2^20 each fit in int64
        joined, local = np.zeros_like(digits[0]), 1
        for digit, prime in zip(digits[i : i + 3], primes[i : i + 3], strict=True):
            joined = joined + digit * local
            local *= prime
        total = total + joined.astype(object) * radix
        radix *= local
    total[np.asarray(total > radix // 2, dtype=bool)] -= radix
    return np.asarray(total)
