"""Assumption 2.4 decided: the largest rank of U_k = M_k(W_k) over all filters W_k, with evidence for each bound.

From below: filters that are unit vectors, then draws of integer weights modulo a prime. From above: the shape, lines
that contain all entries, kernel vectors of a regular convolution (determinantal, or lifted from one point), polynomial
kernel vectors of low degree.
"Covered and distinct" patches, which the paper calls sufficient, are not: see the example of `generic_rank`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.display import Shown
from exactcnn.domains.arguments import Seed, typed
from exactcnn.linalg.evidence import Evidence, Shape
from exactcnn.linalg.modular import independent_minor
from exactcnn.patches.cover import cover
from exactcnn.patches.determinants import determinantal
from exactcnn.patches.evidence import Cover, DeltaFilters, ModularWitness, strings
from exactcnn.patches.graph import PADDING, PatchGraph
from exactcnn.patches.lifting import lifting
from exactcnn.patches.syzygies import DEFAULT_LIMITS, Limits, syzygies
from exactcnn.patches.weights import check_filters, full_weight_matrix

PRIME = 1048573  # the largest below 2^20
MAX_ENTRIES = 2**24  # of U, for elimination: 128 MiB of float64, some seconds


@dataclass(frozen=True)
class GenericRank(Shown):
    """Bounds lower <= max over W of rank M_k(W) <= upper, with their evidence.

    Parameters
    ----------
    lower, upper : int
        They are equal where the generic rank is decided.
    lower_evidence, upper_evidence
        Values with a method ``document()``, the evidence of the certificate's claim "generic-rank".
    full : bool or None
        Whether the generic rank is min(n_{k-1}, n_k), Assumption 2.4; None if undecided.
    """

    lower: int
    upper: int
    lower_evidence: Evidence
    upper_evidence: Evidence
    full: bool | None


@dataclass(frozen=True)
class GenericRankClaim:
    """The claim lower <= largest rank of U_k <= upper."""

    layer: int
    rank: GenericRank

    def document(self) -> dict[str, Any]:
        """Return the claim as the certificate states it."""
        return {
            "kind": "generic-rank",
            "layer": self.layer,
            "lower": self.rank.lower,
            "upper": self.rank.upper,
            "lower_evidence": self.rank.lower_evidence.document(),
            "upper_evidence": self.rank.upper_evidence.document(),
        }


@typed
def generic_rank(
    graph: PatchGraph,
    filters: int,
    *,
    seed: Seed = 0,
    max_entries: int = MAX_ENTRIES,
    limits: Limits = DEFAULT_LIMITS,
) -> GenericRank:
    """Decide Assumption 2.4 for a layer: the rank of U_k over the field of rational functions in W_k.

    By Lemma 2.5 the rank of U_k is this number for almost all W_k.

    Parameters
    ----------
    graph : PatchGraph
        Patches of the layer below.
    filters : int
        Number T_k of filters.
    seed : int
        Of the draws of weights.
    max_entries : int
        Largest n_{k-1} n_k for which U_k is formed. Beyond it only unit vectors as filters are tried.
    limits : Limits
        Sizes of the linear systems for polynomial kernel vectors.

    Returns
    -------
    GenericRank
        With lower < upper where no exact reason was found for a rank that looks deficient.

    Raises
    ------
    InputError
        For a number of filters that is not positive.

    References
    ----------
    Nguyen and Hein, Optimization landscape and expressivity of deep CNNs, ICML 2018, Assumption 2.4, Lemma 2.5.

    Examples
    --------
    Four neurons in four distinct patches, and yet no filter gives full rank:

    >>> graph = PatchGraph.from_patches(4, [[0, 2], [0, 3], [1, 2], [1, 3]])
    >>> rank = generic_rank(graph, 1)
    >>> rank.lower, rank.upper, rank.full
    (3, 3, False)
    >>> rank.upper_evidence.document()["vectors"]
    [[[0, [[[], '1']]], [1, [[[], '-1']]], [2, [[[], '-1']]], [3, [[[], '1']]]]]
    """
    check_filters(filters)
    height, width = graph.neurons, graph.patch_count * filters
    lower_evidence: Evidence
    upper_evidence: Evidence
    lower, lower_evidence = _delta_filters(graph, filters)
    upper, upper_evidence = _covered(graph, width)
    if lower < upper and height * width <= max_entries:
        draw = np.random.default_rng(seed)
        for largest in (1000, PRIME):  # small weights first; an unlucky draw only makes the bound smaller
            weights = draw.integers(1, largest, size=(graph.patch_size, filters))
            matrix = full_weight_matrix(graph, weights.astype(np.float64))  # weights < 2^20: exact
            rows, columns = independent_minor(matrix, PRIME, overwrite=True)
            if len(rows) > lower:
                lower, flat = len(rows), strings(*weights.ravel().tolist())
                lower_evidence = ModularWitness(str(PRIME), flat, tuple(rows.tolist()), tuple(columns.tolist()))
            if lower == upper:
                break
        else:
            for bound, found in _from_above(graph, weights, width - lower, limits):
                if bound < upper:
                    upper, upper_evidence = bound, found
                if lower == upper:
                    break
    full = True if lower == min(height, width) else False if upper < min(height, width) else None
    return GenericRank(lower, upper, lower_evidence, upper_evidence, full)


def _delta_filters(graph: PatchGraph, filters: int) -> tuple[int, DeltaFilters]:
    """Greedy choice of slots whose unit vectors meet many distinct neurons; with T >= l all of them."""
    slots = graph.slots
    if filters >= graph.patch_size:
        chosen = [*range(graph.patch_size), *[0] * (filters - graph.patch_size)]
    else:
        chosen = []
        ordered = np.sort(slots, axis=0)
        first = np.ones(slots.shape, dtype=bool)
        first[1:] = ordered[1:] != ordered[:-1]
        met = np.zeros(graph.neurons + 1, dtype=bool)
        met[PADDING] = True  # the entry after the last neuron
        for _ in range(filters):
            new = (first & ~met[ordered]).sum(axis=0)
            chosen.append(int(new.argmax()))
            met[slots[:, chosen[-1]]] = True
    return int((np.unique(slots[:, chosen]) != PADDING).sum()), DeltaFilters(tuple(chosen))


def _covered(graph: PatchGraph, width: int) -> tuple[int, Evidence]:
    """Return the better of the bounds by the shape and by the neurons that some patch sees."""
    covered = np.unique(graph.slots[graph.slots != PADDING])
    if len(covered) < min(graph.neurons, width):
        return len(covered), Cover(tuple(covered.tolist()), ())
    return min(graph.neurons, width), Shape()


def _from_above(
    graph: PatchGraph, weights: NDArray[np.int64], wanted: int, limits: Limits
) -> Iterator[tuple[int, Evidence]]:
    """Bounds with their evidence, the quickest first; the kernel has at most the wanted number of vectors."""
    filters = weights.shape[1]
    width = graph.patch_count * filters
    if determinants := determinantal(graph, weights, PRIME):
        yield width - len(determinants.vectors), determinants
    if lifted := lifting(graph, weights, PRIME):
        yield width - len(lifted.shifts[0]), lifted
    if lines := cover(graph, filters):
        yield len(lines.neurons) + filters * len(lines.patches), lines
    if relations := syzygies(graph, weights, PRIME, wanted, limits):
        yield width - len(relations.vectors), relations
