"""What an attempt to decide a point comes to: a finding with evidence, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exactcnn.display import Shown
from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.coordinates import complement
from exactcnn.landscape.evidence import OWN, CriticalPointClaim, Steps, Type
from exactcnn.linalg.evidence import Evidence

if TYPE_CHECKING:
    from flint import arb

WIDENED = 2.0**-90  # relative; what the checker finds again at its own radii lies within
ROUNDING = 4  # widths: the checker's ball, whose formulas are other ones, lies within if it is at most 4 times as wide


@dataclass(frozen=True, eq=False)
class Slice(Shown):
    """Coordinates that are frozen by symmetries of the loss.

    Attributes
    ----------
    steps : tuple of Evidence
        In the order in which they are applied.
    frozen : frozenset of int
    count : int
        P.
    """

    steps: Steps
    frozen: frozenset[int]
    count: int

    @property
    def free(self) -> NDArray[np.intp]:
        """All other coordinates, ascending."""
        return complement(self.count, self.frozen)


@dataclass(frozen=True, eq=False)
class Finding(Shown):
    """What a point is.

    Attributes
    ----------
    type : str
        As in `CriticalPointClaim`.
    evidence : Evidence
    loss : tuple of Fraction
        lower ≤ Φ ≤ upper, at the point that the evidence speaks of.
    index : tuple of int or None
        (n₊, n₋, n₀) of the Hessian by all coordinates.
    slice : Slice or None
    centre : ExactArray or None
        Around which it lies; None for the instance's own point.
    radius : float or None
        Of the box in the maximum norm; None where it is the point itself.
    """

    type: Type
    evidence: Evidence
    loss: tuple[Fraction, Fraction]
    index: tuple[int, int, int] | None = None
    slice: Slice | None = None
    centre: ExactArray | None = None
    radius: float | None = None

    @property
    def strict(self) -> bool:
        """Whether it is a strict minimum: isolated, nothing frozen."""
        from_hessian = self.evidence.kind in ("hessian", "box", "kinks")
        return self.type == "minimum" and from_hessian and self.slice is not None and not self.slice.frozen

    def claim(self, point: int = OWN) -> CriticalPointClaim:
        """Return the claim, about a point of a certificate."""
        return CriticalPointClaim(point, self.type, self.strict, self.index, self.loss, self.evidence)


def enclosure(lower: arb, upper: arb | None = None) -> tuple[Fraction, Fraction]:
    """Rational numbers below and above balls, wider than needed: others enclose the same number less tightly.

    Examples
    --------
    >>> from flint import arb
    >>> low, high = enclosure(arb(2))
    >>> low < 2 < high and high - low < 2**-80
    True
    """
    ends = dyadic(lower.lower()), dyadic((lower if upper is None else upper).upper())
    slack = (ends[1] - ends[0]) * ROUNDING + max(map(abs, ends)) * Fraction(WIDENED)
    return ends[0] - slack, ends[1] + slack


def widened(value: arb) -> arb:
    """A ball that contains those of others, whose formulas are other ones: a sign that it has they find, too.

    Examples
    --------
    >>> from flint import arb
    >>> widened(arb(3, 1)) > 0, widened(arb(6, 1)) > 0
    (False, True)
    """
    from flint import arb as ball

    return value + ball(0, 1) * (ROUNDING * value.rad())


def dyadic(value: arb) -> Fraction:
    """The exact midpoint of a ball."""
    mantissa, exponent = value.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def midpoints(balls: NDArray[np.object_]) -> ExactArray:
    """Exact midpoints of an array of balls."""
    return ExactArray.from_fractions([dyadic(value) for value in balls.ravel().tolist()], balls.shape)
