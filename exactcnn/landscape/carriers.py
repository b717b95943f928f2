"""Sums of units that differ on all samples, and the features that units make of them.

A *carrier* takes different values on the n distinct samples. A unit that reads it alone, σ(α s + β), is a carrier again
where σ is injective on the values; and such units have features of rank n, unless σ is a polynomial.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product

import numpy as np

from exactcnn.domains.curves import Curve
from exactcnn.errors import InputError
from exactcnn.landscape.neuron_tables import ZERO
from exactcnn.linalg.fractions import Matrix, independent_columns

SPAN = 3  # of random integer weights of a sum; it grows with every attempt
FINE = 4  # bits of the shifts of short intervals

Argument = tuple[Fraction, Fraction]  # (α, β): the unit takes the value σ(α s + β) where the carrier takes s


@dataclass(frozen=True, eq=False)
class Carrier:
    """Weights of the neurons of a layer, and the sums on all distinct samples, no two of them equal."""

    weights: dict[int, Fraction]
    values: list[Fraction]

    def incoming(self, scale: Fraction) -> dict[int, Fraction]:
        """The weights of a unit that reads it."""
        return {neuron: scale * weight for neuron, weight in self.weights.items()}


def different(features: Matrix) -> bool:
    """Whether no two rows are equal.

    Examples
    --------
    >>> different(np.array([[1, 2], [1, 3]], dtype=object)), different(np.array([[1], [1]], dtype=object))
    (True, False)
    """
    return len(set(map(tuple, features.tolist()))) == len(features)


def separating_sum(features: Matrix, generator: np.random.Generator, *, without: int | None = None) -> Carrier:
    """Return a sum of neurons that differs on all rows, which are different: random integers as weights.

    Two rows agree with probability at most 1 / (2 span + 1) under weights from -span to span, which grows.

    Parameters
    ----------
    features : ndarray (n, p) of Fraction
    generator : numpy.random.Generator
    without : int, optional
        A neuron that gets no weight; the rows differ without it.

    Examples
    --------
    >>> features = np.array([[Fraction(0), Fraction(1)], [Fraction(2), Fraction(1)]], dtype=object)
    >>> len(set(separating_sum(features, np.random.default_rng(0)).values))
    2
    """
    span = SPAN
    while True:
        drawn = generator.integers(-span, span + 1, size=features.shape[1])
        weights = [Fraction(weight) for weight in drawn.tolist()]  # type: ignore[attr-defined]
        if without is not None:
            weights[without] = ZERO
        values: list[Fraction] = (features @ np.array(weights, dtype=object)).tolist()
        if len(set(values)) == len(values):
            return Carrier({neuron: weight for neuron, weight in enumerate(weights) if weight}, values)
        span *= 2


def feature(activation: Curve, argument: Argument, values: Sequence[Fraction]) -> list[Fraction] | None:
    """Return σ(α s + β) for all values s; None if one of them is not rational."""
    scale, shift = argument
    try:
        return [activation.exact(scale * value + shift) for value in values]
    except InputError:
        return None


def injective(activation: Curve, values: Sequence[Fraction]) -> tuple[Argument, list[Fraction]] | None:
    """Return an argument under which a function differs on all values, and what it is there; None if none was found.

    The values go into short intervals, around kinks, between and beside them.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> found = injective(activation("relu"), [Fraction(-3), Fraction(5)])
    >>> [str(value) for value in found[1]]
    ['1/2', '3/2']
    """
    for argument in _arguments(activation, values):
        own = feature(activation, argument, values)
        if own is not None and len(set(own)) == len(own):
            return argument, own
    return None


def _arguments(activation: Curve, values: Sequence[Fraction]) -> Iterator[Argument]:
    """Short numbers: scales are powers of 2, at most the reach of an interval over the half length of the values."""
    kinks = list(activation.kinks) or [ZERO]
    low, high = min(values), max(values)
    middle, half = (low + high) / 2, (high - low) / 2 or Fraction(1)
    centres = [kinks[-1] + 1, kinks[0] - 1, *((a + b) / 2 for a, b in pairwise(kinks)), *kinks]
    for reach in (Fraction(1), Fraction(1, 2), Fraction(1, 16), Fraction(1, 256)):
        scale = _power_below(reach / half) / 2
        fine = reach / 2**FINE
        for centre in centres:
            yield scale, centre - fine * round(middle * scale / fine)
    for centre in centres:  # for functions of integers only
        yield Fraction(1), centre.__ceil__() - low


def _power_below(number: Fraction) -> Fraction:
    """The largest power of 2 that is at most a positive number."""
    exponent = number.numerator.bit_length() - number.denominator.bit_length()
    power = Fraction(2) ** exponent
    return power if power <= number else power / 2


def completed(
    activation: Curve, values: Sequence[Fraction], columns: Matrix, count: int
) -> tuple[list[tuple[Argument, list[Fraction]]], int]:
    """Return features of one carrier that, with given independent columns, have so large a rank, and the rank.

    The rank is smaller where not enough of them were found.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> none = np.empty((3, 0), dtype=object)
    >>> found, rank = completed(activation("relu"), [Fraction(1), Fraction(2), Fraction(4)], none, 3)
    >>> rank, [list(map(int, own)) for _, own in found]
    (3, [[0, 1, 3], [0, 0, 2], [1, 0, 0]])
    """
    taken: list[tuple[Argument, list[Fraction]]] = []
    for candidates in _candidates(activation, values):
        if columns.shape[1] == count:
            break  # no more are made
        matrix = np.concatenate([columns, np.array([own for _, own in candidates], dtype=object).T], axis=1)
        chosen = independent_columns(matrix)[columns.shape[1] :]
        taken += [candidates[column - columns.shape[1]] for column in chosen]
        columns = np.concatenate([columns, matrix[:, chosen]], axis=1)
    return taken, columns.shape[1]


def _candidates(activation: Curve, values: Sequence[Fraction]) -> Iterator[list[tuple[Argument, list[Fraction]]]]:
    """Features with a kink, or 0, at each sample, rising and falling; then ever steeper and flatter.

    With kinks at the samples first: the weights on such features are differences of slopes, of few digits.
    """
    kinks = list(activation.kinks) or [ZERO]
    gap = _power_below(min((b - a for a, b in pairwise(sorted(values))), default=Fraction(1)))
    for size in (Fraction(1), 1 / gap, Fraction(2), Fraction(1, 3), 4 / gap, 1 / (3 * gap)):
        for offset, scale, kink in product((0, 1), (size, -size), kinks):
            tried = [(scale, kink + offset - scale * value) for value in sorted(values)]
            known = [(argument, feature(activation, argument, values)) for argument in tried]
            found = [(argument, own) for argument, own in known if own is not None]
            if found:
                yield found
