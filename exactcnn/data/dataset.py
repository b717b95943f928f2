"""Exact samples x_1, ..., x_N of one shape, with labels and origin."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.data.layouts import channels_first, given_shape, misfit
from exactcnn.display import Shown
from exactcnn.domains.arguments import Seed, typed
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.domains.given import given_integers
from exactcnn.domains.numerals import parse_rational
from exactcnn.domains.storage import INT64_LIMIT
from exactcnn.errors import InputError
from exactcnn.patches.builders import Layout

PERTURBATION_GRID = 2**32  # a perturbation is size * k / PERTURBATION_GRID with an integer k


@typed
@dataclass(frozen=True, eq=False)
class Dataset(Shown):
    """N exact samples of one shape.

    Parameters
    ----------
    samples : ExactArray of shape (N, n_0)
        One sample a row, flattened in C order (channel-major for images).
    shape : tuple of int
        Shape of one sample, such as (1, 8, 8); its product is n_0.
    labels : ndarray of int64 of shape (N,), optional
    name, provenance : str
        A short name, and where the samples come from with all that was done to them.
    layout : {"channels-first", "channels-last"}
        How the samples were stored where they come from; here they are channels first in any case.

    Raises
    ------
    InputError
        For zero samples, empty samples, or shapes that do not fit.

    Examples
    --------
    >>> data = Dataset.from_array([[[0, 1], [2, 3]], [[4, 5], [6, 7]]], name="squares")
    >>> len(data), data.shape, data.samples.shape
    (2, (2, 2), (2, 4))
    >>> data.scaled(Fraction(1, 4)).prefix(1).samples.fractions().tolist()
    [[Fraction(0, 1), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)]]
    """

    samples: ExactArray
    shape: tuple[int, ...]
    labels: NDArray[np.int64] | None = None
    name: str = "data"
    provenance: str = ""
    layout: Layout = "channels-first"

    def __post_init__(self) -> None:
        width = math.prod(self.shape)
        if len(self.samples.shape) != 2 or self.samples.shape[1] != width:
            raise InputError(
                f"{self.name}: samples of shape {self.samples.shape}; expected (N, {width}) for shape = {self.shape}"
            )
        if len(self) == 0 or width == 0:
            raise InputError(f"{self.name}: {len(self)} samples of {width} numbers; expected at least one of each")
        if self.labels is not None:
            labels = given_integers(self.labels, name=f"{self.name}: labels")
            if labels.shape != (len(self),):
                raise InputError(f"{self.name}: labels of shape {labels.shape}; expected ({len(self)},)")
            object.__setattr__(self, "labels", labels)

    @classmethod
    @typed
    def from_array(
        cls,
        values: Any,
        *,
        labels: Any = None,
        name: str = "data",
        provenance: str = "given array",
        layout: Layout = "channels-first",
        input_shape: Sequence[int] | None = None,
    ) -> Dataset:
        """Take numbers of shape (N, ...), one sample per first index, as the exact numbers that they are.

        Parameters
        ----------
        values : array_like or ExactArray
            (N, channels, height, width), (N, channels, length), (N, d), ...
        labels : array_like of int, optional
            (N,).
        name, provenance : str
            See above.
        layout : {"channels-first", "channels-last"}
            "channels-last" for (N, height, width, channels), (N, length, channels), ...: the last axis is moved to the
            front. Rows (N, d) are then flattened in that order, too, and need `input_shape`.
        input_shape : sequence of int, optional
            The network's, (channels, height, width), which the samples must fit; see `check_input`.

        Raises
        ------
        InputError
            For NaN, infinities, masked and missing entries (with the index), unsupported types, ragged or empty input,
            fewer than 2 dimensions, and samples that do not fit the layout and the input.

        Examples
        --------
        >>> images = np.arange(12).reshape(1, 2, 2, 3)  # height, width, channels
        >>> data = Dataset.from_array(images, layout="channels-last")
        >>> data.shape, data.samples.numbers.tolist()
        ((3, 2, 2), [[0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]])
        """
        exact = exact_array(values, name=name)
        if len(exact.shape) < 2:
            raise InputError(f"{name} has shape {exact.shape}; expected (N, ...), one sample per first index")
        shape = exact.shape[1:]
        dataset = cls(exact.reshape(exact.shape[0], math.prod(shape)), shape, labels, name, provenance)
        if layout == "channels-last":
            return dataset.channels_first(input_shape)
        if input_shape is not None:
            dataset.check_input(given_shape(input_shape))
        return dataset

    def __len__(self) -> int:
        return self.samples.shape[0]

    def __exact_array__(self) -> ExactArray:
        return self.samples

    @typed
    def check_input(self, input_shape: tuple[int, ...]) -> None:
        """Refuse samples that a network of this input would read in another shape than they have.

        Flat samples fit every input of their size and a flat input all samples of its size; pictures (h, w) are
        those of one channel, (1, h, w). Samples that were stored channels last fit their own shape only.

        Raises
        ------
        InputError
            For another number of entries, and for another shape.

        Examples
        --------
        >>> Dataset.from_array([[[[0], [1], [2]], [[3], [4], [5]]]]).check_input((1, 2, 3))
        Traceback (most recent call last):
            ...
        exactcnn.errors.InputError: samples of data have shape [2, 3, 1], the input [1, 2, 3]: channels last? expected
        [1, 2, 3], or [2, 3, 1] with layout = 'channels-last'
        """
        fits = input_shape == self.shape
        if self.layout == "channels-first" and not fits:
            flat = 1 in (len(self.shape), len(input_shape)) and math.prod(self.shape) == math.prod(input_shape)
            fits = flat or input_shape == (1, *self.shape)
        if not fits:
            raise InputError(misfit(self.shape, input_shape, self.layout, name=self.name))

    def channels_first(self, input_shape: Sequence[int] | None = None) -> Dataset:
        """Return samples that are stored channels last in the order of a network's input, the last axis in front.

        Parameters
        ----------
        input_shape : sequence of int, optional
            The network's, (channels, height, width). Where it is given, flat samples are taken as flattened
            (height, width, channels), and pictures (height, width) as those of one channel.

        Raises
        ------
        InputError
            For flat samples without `input_shape`, shapes that do not fit it, and samples that have been moved already.

        Examples
        --------
        >>> Dataset.from_array([[0, 10, 1, 11]]).channels_first((2, 2)).samples.numbers.tolist()
        [[0, 1, 10, 11]]
        """
        if self.layout == "channels-last":
            raise InputError(f"samples of {self.name} are channels first already; expected to move them once")
        wanted = None if input_shape is None else given_shape(input_shape)
        samples, shape = channels_first(self.samples, self.shape, wanted, name=self.name)
        note = f"{self.provenance}; channels moved from last to first"
        return replace(self, samples=samples, shape=shape, provenance=note, layout="channels-last")

    @typed
    def prefix(self, count: int) -> Dataset:
        """Return the first `count` samples, 1 <= count <= N."""
        if not 1 <= count <= len(self):
            raise InputError(f"samples = {count}; expected an integer from 1 to {len(self)} ({self.name})")
        return self._take(slice(count), f"first {count}")

    def subset(self, indices: Sequence[int] | NDArray[np.int64]) -> Dataset:
        """Return the samples with these indices (from 0, each at most once), in the order given."""
        chosen = given_integers(indices, name="indices")
        if chosen.ndim != 1 or not chosen.size:
            raise InputError(f"indices of shape {chosen.shape}; expected a list of integers")
        outside = chosen[(chosen < 0) | (chosen >= len(self))]
        if outside.size:
            raise InputError(f"indices contain {outside[0]}; expected 0 to {len(self) - 1} ({self.name})")
        values, counts = np.unique(chosen, return_counts=True)
        if (counts > 1).any():
            raise InputError(f"indices contain {values[counts > 1][0]} more than once; expected distinct samples")
        return self._take(chosen, f"{chosen.size} chosen samples")

    def scaled(self, factor: Fraction | int | float | str) -> Dataset:
        """Multiply all samples by a positive rational number, exactly."""
        return replace(self, samples=self.samples.scaled(factor), provenance=f"{self.provenance}; times {factor}")

    @typed
    def perturbed(self, size: Fraction | int | float | str, *, seed: Seed) -> Dataset:
        """Add a small exact random perturbation: the paper's remedy when Assumption 3.1 fails.

        Every entry gets its own eps = size * k / 2**32, k uniform on the integers from -2**32 to 2**32 - 1, so
        ``|eps| <= size`` and all entries stay rational. k is the top 33 bits, minus 2**32, of the 64-bit words of
        PCG64(seed) in C order; that raw stream is the same on all platforms and in all versions of NumPy. The
        violating eps have measure zero for a continuous distribution; for this one, decide Assumption 3.1 again on the
        result.

        Raises
        ------
        InputError
            If size is not positive or seed is not a non-negative integer.

        References
        ----------
        .. [1] Nguyen and Hein (2018), remark after Assumption 3.1.

        Examples
        --------
        >>> flat = Dataset.from_array([[0, 0], [0, 0]]).perturbed(Fraction(1, 8), seed=0)
        >>> [abs(x) <= Fraction(1, 8) for x in flat.samples.fractions().flat]
        [True, True, True, True]
        """
        size = parse_rational(size, name="perturbation")
        if size <= 0:
            raise InputError(f"perturbation = {size}; expected a positive rational number")
        words = np.asarray(np.random.PCG64(seed).random_raw(math.prod(self.samples.shape)))
        steps = (words >> np.uint64(31)).astype(np.int64).reshape(self.samples.shape) - PERTURBATION_GRID
        moved = _add(self.samples, steps, size / PERTURBATION_GRID)
        note = f"{self.provenance}; perturbed by at most {size} (seed {seed})"
        return replace(self, samples=moved, provenance=note)

    def _take(self, index: Any, note: str) -> Dataset:
        labels = None if self.labels is None else self.labels[index]
        return replace(self, samples=self.samples[index], labels=labels, provenance=f"{self.provenance}; {note}")


def _add(samples: ExactArray, steps: NDArray[np.int64], unit: Fraction) -> ExactArray:
    """samples + steps * unit, in int64 where that cannot overflow (|steps| <= PERTURBATION_GRID)."""
    if samples.numbers.dtype == np.int64 and isinstance(samples.denominators, int):
        numerators, denominator = samples.numbers, samples.denominators
    else:
        numerators, denominator = samples.integers()
    common = math.lcm(denominator, unit.denominator)
    a, b = common // denominator, unit.numerator * (common // unit.denominator)
    largest = max(int(numerators.max()), -int(numerators.min()), 1)  # then the factor a itself is one of int64, too
    exact_type = np.int64 if largest * a + PERTURBATION_GRID * b < INT64_LIMIT else object
    return ExactArray(numerators.astype(exact_type) * a + steps.astype(exact_type) * b, common)
