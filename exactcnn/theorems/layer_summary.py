"""One layer of a summary: its rank, why that is not full, and its units that are zero, equal or constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.certificates.certificate import Certificate
from exactcnn.display import Shown, several
from exactcnn.linalg.line_classes import LineClasses
from exactcnn.network.compared_activations import Deviation
from exactcnn.theorems.layer_rank import LayerRank

NAMED = 5  # units or samples in a sentence


@dataclass(frozen=True, eq=False)
class LayerSummary(Shown):
    """One layer.

    Attributes
    ----------
    layer : int
        0 for the input.
    name, kind : str
    shape : tuple of int
        (channels, *sizes) or (n,).
    parameters : int
        Numbers in W_k and b_k.
    found : LayerRank or None
        None without data.
    classes : LineClasses or None
        Equal, constant and zero lines; None where they are not known.
    channels : ndarray of int (n_k,)
        The channel, or filter, of each neuron.
    certificate : Certificate or None
        Of the rank.
    checked : bool or None
        Whether the independent checker has accepted it; None if it was not asked.
    deviation : Deviation or None
        Of activations that were given.
    """

    layer: int
    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    found: LayerRank | None
    classes: LineClasses | None = field(repr=False)
    channels: NDArray[np.intp] = field(repr=False)
    certificate: Certificate | None = field(default=None, repr=False)
    checked: bool | None = None
    deviation: Deviation | None = None

    @property
    def width(self) -> int:
        """n_k."""
        return len(self.channels)

    @property
    def zero_units(self) -> int | None:
        """How many neurons are zero on all samples; None where that is not known."""
        return None if self.classes is None else int(self.classes.zero_columns.sum())

    @property
    def equal_units(self) -> int | None:
        """How many neurons that are not zero equal one before them, on all samples."""
        if self.classes is None:
            return None
        return self.width - len(self.classes.representatives(1)) - int(self.classes.zero_columns.sum())

    @property
    def constant_units(self) -> int | None:
        """How many neurons that are not zero have the same value on all samples."""
        if self.classes is None:
            return None
        return int((self.classes.constant_columns & ~self.classes.zero_columns).sum())

    @cached_property
    def zero_filters(self) -> list[int] | None:
        """Filters, or channels, all of whose neurons are zero on all samples."""
        if self.classes is None:
            return None
        alive = np.unique(self.channels[~self.classes.zero_columns])
        dead: list[int] = np.setdiff1d(self.channels, alive).tolist()
        return dead

    @property
    def repeated(self) -> list[tuple[int, int]]:
        """Samples whose features equal those of a sample before them, with that sample."""
        if self.classes is None:
            return []
        rows = self.classes.rows
        return [(int(rows[i]), int(i)) for i in np.flatnonzero(rows != np.arange(len(rows)))]

    @property
    def reason(self) -> str:
        """Why the rank is not min(N, n_k), or is not known; empty where it is full."""
        if self.found is None:
            return ""
        bounds = self.found.rank
        if bounds.exact is None:
            return bounds.reason
        if bounds.exact == min(self.found.shape) or self.classes is None:
            return ""
        return "; ".join(self._reasons(bounds.exact))

    def _reasons(self, rank: int) -> list[str]:
        assert self.classes is not None
        reasons = []
        if self.zero_units:
            some = self.zero_filters or []
            filters = f" (all of filter{'s' * (len(some) > 1)} {_listed(some)})" if some and len(self.shape) > 1 else ""
            named = f" ({_listed(some)})" if some and len(self.shape) == 1 else ""
            reasons.append(f"{self.zero_units} of {self.width} units are zero on all samples{filters}{named}")
        if self.equal_units:
            reasons.append(f"{several(self.equal_units, 'unit')} equal{'s' * (self.equal_units == 1)} another one")
        if self.repeated:
            pairs = _listed([f"{i} = {j}" for i, j in self.repeated])
            reasons.append(f"{several(len(self.repeated), 'sample')} repeat{'s' * (len(self.repeated) == 1)}: {pairs}")
        assert self.found is not None
        ones = self.found.shape[1] - self.width  # the column of ones, where there is one
        rows = len(self.classes.representatives(0)) + (ones and bool(self.classes.zero_rows.any()))
        left = min(rows, len(self.classes.representatives(1)) + ones) - rank
        if left > 0:
            reasons.append(f"{several(left, 'further linear relation')}")
        return reasons

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form."""
        found = self.found
        known: dict[str, Any] = dict.fromkeys(("wide", "lower", "upper", "domain", "float64", "float32", "skipped"))
        if found is not None:
            known |= {
                "wide": self.width >= found.shape[0],
                "lower": found.rank.lower,
                "upper": found.rank.upper,
                "domain": found.domain,
                **found.float_ranks,
                "skipped": dict(found.skipped),
            }
        return {
            "layer": self.layer,
            "name": self.name,
            "kind": self.kind,
            "shape": list(self.shape),
            "width": self.width,
            "parameters": self.parameters,
            **known,
            "zero_units": self.zero_units,
            "zero_filters": self.zero_filters,
            "equal_units": self.equal_units,
            "constant_units": self.constant_units,
            "repeated_samples": [list(pair) for pair in self.repeated],
            "reason": self.reason,
            "checked": self.checked,
            "activations": None if self.deviation is None else self.deviation.document(),
        }


def _listed(items: Sequence[object]) -> str:
    shown = ", ".join(map(str, items[:NAMED]))
    return shown if len(items) <= NAMED else f"{shown}, and {len(items) - NAMED} more"
