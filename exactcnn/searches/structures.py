"""All patch structures of a few neurons, one of each isomorphism class.

A structure is a set of P patches: lists of l distinct neurons, no two of them with the same set of neurons. Two
structures are isomorphic if a permutation of the neurons and one of the slots, the same for all patches, turn one
into the other. Neither changes the ranks that U_k takes over all filters: they permute the rows of U_k, and the rows
of W_k; the order of the patches permutes columns.

Structures of P patches are those of P - 1 patches with one more. A structure is a set of bits, one for each of the
n!/(n-l)! possible patches; of the images under all n! l! permutations the largest number stands for the class.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.errors import InputError

LARGEST_TABLE = 10_000_000  # permutations times possible patches: some seconds to set up; patches of 4 of 6 need 6e6
MOST_CLASSES = 1_000_000  # one to two minutes; five neurons have 4e5 with patches of 3
Patch = tuple[int, ...]


@dataclass(frozen=True)
class PatchStructure:
    """One isomorphism class of patch structures.

    Parameters
    ----------
    neurons : int
        n.
    patches : tuple of tuple of int
        A representative, sorted; with all patches in increasing order if the class has such a structure.
    labelled : int
        Number of structures in the class, the order of the patches not counted.
    increasing : int
        Number of those in which every patch is in increasing order.
    """

    neurons: int
    patches: tuple[Patch, ...]
    labelled: int
    increasing: int

    @property
    def patch_size(self) -> int:
        """Number l of slots."""
        return len(self.patches[0])

    @property
    def covers(self) -> bool:
        """Whether every neuron is in a patch."""
        return len(set(itertools.chain(*self.patches))) == self.neurons

    def automorphisms(self) -> Iterator[tuple[int, ...]]:
        """Permutations of the neurons that map the structure to itself, some permutation of the slots helping.

        Examples
        --------
        >>> list(PatchStructure(3, ((0, 1), (0, 2)), 3, 1).automorphisms())
        [(0, 1, 2), (0, 2, 1)]
        """
        patches, slots = set(self.patches), list(itertools.permutations(range(self.patch_size)))
        for image in itertools.permutations(range(self.neurons)):
            moved = [[image[neuron] for neuron in patch] for patch in self.patches]
            if any({tuple(patch[s] for s in order) for patch in moved} == patches for order in slots):
                yield image


def patch_structures(
    neurons: int, patch_size: int, *, most_patches: int | None = None, increasing: bool = False
) -> Iterator[PatchStructure]:
    """Yield one structure of each isomorphism class, in increasing number of patches, whether it covers or not.

    Parameters
    ----------
    neurons, patch_size : int
        1 <= l <= n.
    most_patches : int, optional
        By default all C(n, l).
    increasing : bool
        Only the classes that have a structure with all patches in increasing order.

    Raises
    ------
    InputError
        For sizes that `check_size` refuses.

    Examples
    --------
    >>> [(s.patches, s.labelled, s.increasing) for s in patch_structures(3, 2, most_patches=2) if s.covers]
    [(((0, 1), (0, 2)), 6, 2), (((0, 1), (1, 2)), 6, 1)]
    """
    most = math.comb(neurons, patch_size) if most_patches is None else most_patches
    if neurons == patch_size:  # one patch
        yield PatchStructure(neurons, (tuple(range(neurons)),), math.factorial(neurons), 1)
        return
    check_size(neurons, patch_size, most_patches=most_patches, increasing=increasing)
    possible = list(itertools.permutations(range(neurons), patch_size))
    bits = _images(possible, neurons)
    by_set: dict[frozenset[int], list[int]] = {}
    for index, patch in enumerate(possible):
        by_set.setdefault(frozenset(patch), []).append(index)
    sorted_patches = sum(
        1 << _bit(possible, index) for index, patch in enumerate(possible) if list(patch) == sorted(patch)
    )
    level = {0}
    for _ in range(min(most, len(by_set))):
        following: set[int] = set()
        for code in level:
            members = _members(possible, code)
            used = {frozenset(possible[index]) for index in members}
            free = [index for neurons_of, indices in by_set.items() if neurons_of not in used for index in indices]
            images = bits[:, members].sum(axis=1, dtype=bits.dtype)
            following.update((images[:, None] + bits[:, free]).max(axis=0).tolist())
        level = set()
        for code in sorted(following, reverse=True):
            images = bits[:, _members(possible, code)].sum(axis=1, dtype=bits.dtype)
            fixing = int((images == code).sum())
            ordered = images[(images & ~sorted_patches) == 0]
            if len(ordered) or not increasing:  # sub-structures of an increasing structure are increasing
                level.add(code)
                chosen = _members(possible, int(ordered.max()) if len(ordered) else code)
                patches = tuple(possible[index] for index in chosen)
                yield PatchStructure(neurons, patches, len(images) // fixing, len(ordered) // fixing)


def check_size(neurons: int, patch_size: int, *, most_patches: int | None = None, increasing: bool = False) -> None:
    """Refuse sizes for which `patch_structures` would need too much memory.

    Raises
    ------
    InputError
        For too many permutations, or too many classes: there are at least structures / (n! l!) of them.
    """
    if neurons == patch_size:
        return
    where = f"{neurons} neurons in patches of {patch_size}"
    permutations = math.factorial(neurons) * math.factorial(patch_size)
    table = permutations * math.perm(neurons, patch_size)
    if table > LARGEST_TABLE:
        raise InputError(f"{where}: {table} images of patches; expected at most {LARGEST_TABLE}: fewer neurons")
    total = labelled_structures(neurons, patch_size, most_patches=most_patches, increasing=increasing)
    if total > MOST_CLASSES * permutations:
        classes = f"{total / permutations:.1e}"
        raise InputError(f"{where}: at least {classes} classes; expected at most {MOST_CLASSES}: fewer patches")


def labelled_structures(
    neurons: int, patch_size: int, *, most_patches: int | None = None, increasing: bool = False
) -> int:
    """Number of all structures, whether they cover or not: the sum of `labelled`, or of `increasing`, over all classes.

    Examples
    --------
    >>> labelled_structures(4, 2), labelled_structures(4, 2, increasing=True)
    (728, 63)
    """
    sets = math.comb(neurons, patch_size)
    orders = 1 if increasing else math.factorial(patch_size)
    most = sets if most_patches is None else min(most_patches, sets)
    return sum(math.comb(sets, count) * orders**count for count in range(1, most + 1))


def _bit(possible: list[Patch], index: int) -> int:
    """Earlier patches have higher bits, so that the largest code is the lexicographically first structure."""
    return len(possible) - 1 - index


def _members(possible: list[Patch], code: int) -> list[int]:
    return [index for index in range(len(possible)) if code >> _bit(possible, index) & 1]


def _images(possible: list[Patch], neurons: int) -> NDArray[Any]:
    """The bit of the image of every possible patch (columns) under every pair of permutations (rows)."""
    place = {patch: index for index, patch in enumerate(possible)}
    orders = list(itertools.permutations(range(len(possible[0]))))
    table = [
        [1 << _bit(possible, place[tuple(image[patch[slot]] for slot in order)]) for patch in possible]
        for image in itertools.permutations(range(neurons))
        for order in orders
    ]
    return np.array(table, dtype=np.int64 if len(possible) < 63 else object)  # sums of distinct bits: below 2^62
