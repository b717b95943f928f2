"""The state of an elimination: rows that are eliminated, and rows to come, in the memory of one matrix."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.residues import Modulus
from exactcnn.linalg.backends import Backend
from exactcnn.linalg.echelon import Indices, echelon_form, permute, subtract


@dataclass(frozen=True, eq=False)
class Panel:
    """What a round found, from the first row that was not yet eliminated on.

    Attributes
    ----------
    stop : int
        The row behind the last one.
    rows : ndarray of int (r,)
        Those with pivots, from the first row of the panel on.
    order : ndarray of int
        Of the columns that had no pivot yet, those with pivots now in front.
    echelon : (r, n)
        The reduced echelon form in this order, without the identity on the pivots.
    """

    stop: int
    rows: Indices
    order: Indices
    echelon: Any


@dataclass(frozen=True, eq=False)
class Elimination:
    """A matrix, some of whose rows are eliminated; the memory behind it is that of all its successors.

    Attributes
    ----------
    work : (m, n)
        In the first `done` rows the eliminated ones, what is left of them beyond their pivots; from row `start` on,
        those to come.
    order : ndarray of int (n,)
        Which column of the matrix stands at a place; pivots stand in front.
    pivots : tuple of ndarray
        Rows of the pivots, for each round that found any.
    """

    work: Any
    field: Modulus
    backend: Backend
    order: Indices
    pivots: tuple[Indices, ...] = ()
    start: int = 0

    @classmethod
    def of(cls, stored: NDArray[Any], field: Modulus, backend: Backend) -> Elimination:
        """Begin with stored residues, which are overwritten."""
        return cls(backend.put(stored), field, backend, np.arange(stored.shape[1]))

    @property
    def done(self) -> int:
        """How many pivots are found."""
        return sum(map(len, self.pivots))

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to find."""
        return self.start >= len(self.work) or self.done == len(self.order)

    @property
    def rows(self) -> Indices:
        """Rows of the minor, in order of elimination."""
        return np.concatenate([np.empty(0, dtype=np.intp), *self.pivots])

    @property
    def columns(self) -> Indices:
        """Columns of the minor, in order of elimination."""
        return self.order[: self.done].copy()

    def next_panel(self) -> Panel:
        """Eliminate the next rows."""
        stop = min(self.start + self.backend.panel, self.work.shape[0])
        return Panel(stop, *echelon_form(self._cleared(self.start, stop), self.field, self.backend))

    def with_panel(self, panel: Panel) -> Elimination:
        """Put eliminated rows in their place."""
        if not len(panel.rows):
            return replace(self, start=panel.stop)
        done, rank = self.done, len(panel.rows)
        permute(self.work[:, done:], panel.order)
        self.work[done : done + rank, done + rank :] = panel.echelon
        order = np.concatenate([self.order[:done], self.order[done:][panel.order]])
        return replace(self, order=order, pivots=(*self.pivots, self.start + panel.rows), start=panel.stop)

    def _cleared(self, start: int, stop: int) -> Any:
        """Rows less the combinations of eliminated rows that clear the columns of their pivots, beyond these."""
        height, done, width = stop - start, self.done, self.work.shape[1]
        factors = self.backend.empty((height, done), self.field)
        result = self.backend.empty((height, width - done), self.field)
        ends = np.cumsum([len(rows) for rows in self.pivots]).tolist()
        strips = zip([0, *ends], ends, strict=False)  # eliminated rows of one round: an identity on their pivots
        for left, right in strips:
            factors[:, left:right] = self._strip(start, stop, left, right, factors)
        for left in range(done, width, self.backend.strip):
            right = min(left + self.backend.strip, width)
            result[:, left - done : right - done] = self._strip(start, stop, left, right, factors)
        return result

    def _strip(self, start: int, stop: int, left: int, right: int, factors: Any) -> Any:
        """Rows less the eliminated ones times their factors, as far as these are known, on some columns."""
        known = min(left, self.done)
        strip = self.backend.load(self.work[start:stop, left:right], self.field, copy=True)
        subtract(strip, factors[:, :known], self.work[:known, left:right], self.field, self.backend)
        return strip
