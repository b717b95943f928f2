"""The standing conditions of Section 2 on the patches of a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from exactcnn.patches.graph import PADDING, PatchGraph


@dataclass(frozen=True)
class PatchConditions:
    """Violations of the standing conditions, each with all its offenders; empty where the condition holds.

    Parameters
    ----------
    uncovered : tuple of int
        Neurons in no patch.
    identical : tuple of (int, int)
        Pairs p < q of patches with the same set of neurons, each q with the first such p.
    padding : tuple of int
        Patches with a slot of zero padding, which Definition 2.1 does not have.
    """

    uncovered: tuple[int, ...]
    identical: tuple[tuple[int, int], ...]
    padding: tuple[int, ...]

    @property
    def hold(self) -> bool:
        """Whether the patches satisfy Section 2 as written."""
        return not (self.uncovered or self.identical or self.padding)

    def violations(self) -> list[dict[str, Any]]:
        """Return the violations as the certificate's claim "patch-structure" has them."""
        found: list[dict[str, Any]] = []
        if self.uncovered:
            found.append({"kind": "uncovered", "neurons": list(self.uncovered)})
        if self.identical:
            found.append({"kind": "identical", "patches": list(self.identical[0])})
        if self.padding:
            found.append({"kind": "padding", "patches": list(self.padding)})
        return found


@dataclass(frozen=True)
class PatchStructureClaim:
    """The claim that the patches of a layer satisfy Section 2, or violate it."""

    layer: int
    conditions: PatchConditions

    def document(self) -> dict[str, Any]:
        """Return the claim as the certificate states it; of several violations the first."""
        violations = self.conditions.violations()
        return {
            "kind": "patch-structure",
            "layer": self.layer,
            "holds": self.conditions.hold,
            "violation": violations[0] if violations else None,
        }


def patch_conditions(graph: PatchGraph) -> PatchConditions:
    """Check that every neuron is covered, that patches differ as sets, and that there is no padding.

    Equal size of the patches, and distinct neurons within a patch, hold for every `PatchGraph`.

    References
    ----------
    Nguyen and Hein, ICML 2018, Section 2.

    Examples
    --------
    >>> patch_conditions(PatchGraph.from_patches(4, [[0, 1], [1, 2], [1, 0]]))
    PatchConditions(uncovered=(3,), identical=((0, 2),), padding=())
    """
    slots = graph.slots
    covered = np.zeros(graph.neurons, dtype=bool)
    covered[slots[slots != PADDING]] = True
    _, first, group = np.unique(np.sort(slots, axis=1), axis=0, return_index=True, return_inverse=True)
    representative = first[group.ravel()]
    repeated = np.flatnonzero(representative != np.arange(graph.patch_count))
    return PatchConditions(
        uncovered=tuple(np.flatnonzero(~covered).tolist()),
        identical=tuple(zip(representative[repeated].tolist(), repeated.tolist(), strict=True)),
        padding=tuple(np.flatnonzero((slots == PADDING).any(axis=1)).tolist()),
    )
