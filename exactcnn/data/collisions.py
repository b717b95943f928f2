"""Assumption 3.1, that different samples share no patch, decided exactly.

Every patch gets a 64-bit hash, a function of its values. Different hashes prove different patches, so a data set
without equal hashes across samples satisfies the assumption. Patches with equal hashes are compared entry by entry;
the verdict and all counts rest on these comparisons and do not depend on the hash.

Time O(N P l + N P log(N P)), not (N P)^2.
Measured on 60 000 images of 28 x 28 and 676 patches of 9: 13 s, 1.9 GB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exactcnn.display import Shown
from exactcnn.domains.arguments import typed
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.domains.given import given_integers
from exactcnn.errors import InputError
from exactcnn.resources import check_memory

CHUNK = 2**21  # numbers handled at a time: temporaries of 16 MB, in cache-sized pieces per slot


@dataclass(frozen=True)
class PatchCollisions(Shown):
    """The patches that different samples share; Assumption 3.1 holds when there are none.

    Parameters
    ----------
    cross_position : bool
        True: x_i^p = x_j^q at any two positions counts (the assumption as stated). False: p = q only.
    sample_count : int
        N.
    samples_involved : int
        Number of samples that share a patch with another sample.
    coinciding_values : int
        Number of different patch values that two or more samples have; a value at two positions counts as two if not
        `cross_position`.
    first_pair : tuple (i, p, j, q) or None
        x_i^p = x_j^q with i < j: the smallest j that shares a patch with an earlier sample, then the smallest such q,
        then the smallest i, then the smallest p. All from 0.
    maximal_subsample : tuple of int
        Samples 0, 1, ... in turn, each kept if it shares no patch with those kept before. It satisfies the assumption
        and no sample can be added; a larger one may exist.
    """

    cross_position: bool
    sample_count: int
    samples_involved: int
    coinciding_values: int
    first_pair: tuple[int, int, int, int] | None
    maximal_subsample: tuple[int, ...]

    @property
    def holds(self) -> bool:
        """Whether the assumption is satisfied."""
        return self.first_pair is None

    @property
    def largest_prefix(self) -> int:
        """Largest n such that the first n samples satisfy the assumption."""
        return self.sample_count if self.first_pair is None else self.first_pair[2]


@dataclass(frozen=True)
class DistinctPatchesClaim:
    """The claim that no two samples share a patch (Assumption 3.1), or that a pair of them does."""

    cross_position: bool
    pair: tuple[int, int, int, int] | None

    def document(self) -> dict[str, Any]:
        """Return the claim as the certificate states it."""
        return {
            "kind": "distinct-patches",
            "layer": 1,
            "cross_position": self.cross_position,
            "holds": self.pair is None,
            "pair": None if self.pair is None else list(self.pair),
        }


@typed
def patch_collisions(
    samples: ExactArray | ArrayLike, patches: ArrayLike, *, cross_position: bool = True
) -> PatchCollisions:
    """Decide Assumption 3.1 (x_i^p != x_j^q for i != j) and find what violates it.

    The same-position version, p = q only, is what Theorems 3.4 and 3.5 need for layer k = 1.

    Parameters
    ----------
    samples : ExactArray or array_like of shape (N, n_0)
    patches : array_like of int, shape (P, l)
        Neurons of each patch, in slot order; -1 is a slot of zero padding, the constant 0.
    cross_position : bool
        Compare patches at different positions too.

    Raises
    ------
    InputError
        If there is no sample, an entry is masked or missing (with its index), `patches` is empty or has a neuron
        outside -1, ..., n_0 - 1, or memory would not suffice.

    References
    ----------
    .. [1] Nguyen and Hein (2018), Assumption 3.1.

    Examples
    --------
    >>> samples = ExactArray.from_array([[1, 2, 3], [2, 3, 1], [0, 0, 0]])
    >>> found = patch_collisions(samples, np.array([[0, 1], [1, 2]]))
    >>> found.holds, found.first_pair, found.largest_prefix, found.maximal_subsample
    (False, (0, 1, 1, 0), 1, (0, 2))
    >>> patch_collisions(samples, np.array([[0, 1], [1, 2]]), cross_position=False).holds
    True
    """
    samples = exact_array(samples, name="samples")
    if len(samples.shape) != 2 or not samples.shape[0]:
        raise InputError(f"samples has shape {samples.shape}; expected (N, n_0) with at least one sample")
    slots = given_integers(patches, name="patches")
    width = samples.shape[1]
    if slots.ndim != 2 or not slots.size:
        raise InputError(f"patches has shape {slots.shape}; expected integers (P, l)")
    if slots.min() < -1 or slots.max() >= width:
        p, s = np.argwhere((slots < -1) | (slots >= width))[0]
        raise InputError(f"patches[{p}, {s}] is {slots[p, s]}; expected -1 (padding) to {width - 1}")

    # measured: 30 bytes a patch (hashes, their order, numbers), and the codes with their column of zeros twice
    needed = 32 * len(samples) * len(slots) + 16 * len(samples) * (width + 1)
    check_memory(needed, what=f"comparing {len(samples)} samples of {len(slots)} patches")
    shared, values = _shared_values(_codes_and_zero(samples), slots, cross_position)
    owner = np.full(values, -1, dtype=np.int64)  # the kept sample that has this value
    kept: list[int] = []
    first_pair = None
    for j, row in enumerate(shared):
        present = row[row >= 0]
        met = owner[present] >= 0
        if not met.any():
            owner[present] = j
            kept.append(j)
        elif first_pair is None:  # all samples before j were kept: one of them has the value, its owner
            value = present[met][0]
            i = int(owner[value])
            first_pair = (i, _first(shared[i] == value), j, _first(row == value))
    involved = int((shared >= 0).any(axis=1).sum())
    return PatchCollisions(cross_position, samples.shape[0], involved, values, first_pair, tuple(kept))


def _shared_values(
    codes: NDArray[np.int64], patches: NDArray[np.int64], cross_position: bool
) -> tuple[NDArray[np.int32], int]:
    """Number the patch values that two or more samples have: array (N, P) of numbers, -1 elsewhere, and their count."""
    count = len(codes) * len(patches)
    hashes = _hashes(codes, patches, cross_position).ravel()
    order = np.argsort(hashes)
    hashes = hashes[order]
    starts = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]]))
    del hashes
    lengths = np.diff(starts, append=count)
    crossing = np.minimum.reduceat(order, starts) // len(patches) < np.maximum.reduceat(order, starts) // len(patches)
    items = order[np.repeat(crossing, lengths)]  # item i * P + p is patch p of sample i
    del order
    lengths = lengths[crossing]
    runs: NDArray[Any] = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)

    # Compare every item with the first one of its run; those that differ form a new run and are compared again.
    number = np.empty(len(items), dtype=np.int32)
    pending, values = np.arange(len(items)), 0
    while len(pending):
        _, firsts, runs = np.unique(runs, return_index=True, return_inverse=True)
        number[pending] = values + runs
        differs = ~_equal(codes, patches, cross_position, items[pending], items[pending[firsts]][runs])
        values += len(firsts)
        pending, runs = pending[differs], runs[differs]

    sample = items // len(patches)
    earliest, latest = np.full(values, len(codes)), np.full(values, -1)
    np.minimum.at(earliest, number, sample)
    np.maximum.at(latest, number, sample)
    crossing = earliest < latest
    renumbered = np.where(crossing, np.cumsum(crossing) - 1, -1).astype(np.int32)
    shared = np.full(count, -1, dtype=np.int32)
    shared[items] = renumbered[number]
    return shared.reshape(len(codes), len(patches)), int(crossing.sum())


def _hashes(codes: NDArray[np.int64], patches: NDArray[np.int64], cross_position: bool) -> NDArray[np.uint64]:
    """Hash of every patch, (N, P): sum over slots of odd multipliers times mixed codes, modulo 2**64."""
    positions, size = patches.shape
    multipliers = np.asarray(np.random.PCG64(31).random_raw(size + 1)) | np.uint64(1)
    here = np.zeros(positions, dtype=np.uint64)
    if not cross_position:  # the position is one more entry of the patch
        here = multipliers[size] * _mixed(np.arange(positions))
    hashes = np.empty((len(codes), positions), dtype=np.uint64)
    step = max(1, CHUNK // max(positions, codes.shape[1]))
    for start in range(0, len(codes), step):
        mixed = np.ascontiguousarray(_mixed(codes[start : start + step]).T)
        total = np.repeat(here[:, None], mixed.shape[1], axis=1)
        for slot in range(size):
            total += multipliers[slot] * mixed[patches[:, slot]]
        hashes[start : start + step] = total.T
    return hashes


def _mixed(codes: NDArray[Any]) -> NDArray[np.uint64]:
    """Bijection of the 64-bit words (finaliser of SplitMix64): the codes of short floats end in many zero bits."""
    x = codes.astype(np.int64).view(np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _equal(
    codes: NDArray[np.int64],
    patches: NDArray[np.int64],
    cross_position: bool,
    left: NDArray[np.int64],
    right: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Compare the patches left[m] and right[m], entry by entry, for all m."""
    result = np.empty(len(left), dtype=np.bool_)
    step = max(1, CHUNK // patches.shape[1])
    for start in range(0, len(left), step):
        chunk = slice(start, start + step)
        (i, p), (j, q) = np.divmod(left[chunk], len(patches)), np.divmod(right[chunk], len(patches))
        equal = (codes[i[:, None], patches[p]] == codes[j[:, None], patches[q]]).all(axis=1)
        result[chunk] = equal if cross_position else equal & (p == q)
    return result


def _codes_and_zero(samples: ExactArray) -> NDArray[np.int64]:
    """Equality codes with a last column for the constant 0, which is where index -1 points."""
    zeros = np.zeros((len(samples), 1), dtype=samples.numbers.dtype)
    denominators = samples.denominators
    if not isinstance(denominators, int):
        denominators = np.hstack([np.broadcast_to(denominators, samples.shape), np.ones_like(zeros, dtype=np.int64)])
    return ExactArray(np.hstack([samples.numbers, zeros]), denominators).codes()


def _first(mask: NDArray[np.bool_]) -> int:
    return int(np.flatnonzero(mask)[0])
