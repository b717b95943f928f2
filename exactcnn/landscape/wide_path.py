"""Paths along which no output changes on any segment but one, where the outputs move on a straight line."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from exactcnn.display import Shown
from exactcnn.landscape.evidence import BoundedPathClaim, ConvexPathClaim, Norms, PathClaim
from exactcnn.landscape.neuron_tables import NeuronPoint, Tables
from exactcnn.linalg.fractions import Matrix
from exactcnn.network.parameters import Parameters

Kind = Literal["constant", "last-layer", "curve"]
Reaches = Literal["outputs", "point", "lower", "end"]
Steps = list[tuple[Kind, Tables]]  # segments, each with its end


@dataclass(frozen=True, eq=False)
class WidePath(Shown):
    """A polyline of parameters; the constructions say why its segments are what they are, and the checker verifies.

    Attributes
    ----------
    points : tuple of Parameters
        After each segment.
    kinds : tuple of str
        Of the segments: "constant", "last-layer" for the one on which the outputs move on a straight line, or "curve"
        where they do so and parameters do not, on a path that a theorem promises.
    losses : tuple of Fraction
        At the start, and after each segment.
    slopes : tuple of Fraction
        The derivative of the loss at the end of each segment, which takes t from 0 to 1. On one of the last layer the
        loss is a quadratic polynomial in t, which this and the losses at both ends determine.
    reaches : "outputs", "point", "lower" or "end"
        Whether it ends at a point with the outputs that were asked for, at the better point itself, at any point with
        a smaller loss, or at the last of given points.
    norms : tuple of (Fraction or None), optional
        For each layer, what the ℓ1 norm of the weights into a unit and its bias may be, all along the path.
    """

    points: tuple[Parameters, ...]
    kinds: tuple[Kind, ...]
    losses: tuple[Fraction, ...]
    slopes: tuple[Fraction, ...]
    reaches: Reaches
    norms: Norms = ()

    @classmethod
    def of(cls, start: NeuronPoint, end: NeuronPoint | Matrix, steps: Steps, norms: Norms = ()) -> WidePath:
        """Write down where segments end, the last one at another point, or at outputs; and add the losses."""
        there = end if isinstance(end, NeuronPoint) else None
        outputs = end.outputs if isinstance(end, NeuronPoint) else end
        before, after = (each[start.of_sample] - start.targets for each in (start.outputs, outputs))
        kinds, tables = zip(*steps, strict=True)
        points = tuple(start.written(tables, there))
        if there is not None and there.objective.instance.parameters is not None:
            points = (*points[:-1], there.objective.instance.parameters)
        moves = [kind == "last-layer" for kind in kinds]
        slope = Fraction((after * (after - before)).sum())
        last = Fraction((after * after).sum()) / 2
        losses = [start.loss, *(last if True in moves[: i + 1] else start.loss for i in range(len(moves)))]
        reaches: Reaches = "point" if there is not None else "lower" if norms else "outputs"
        return cls(points, kinds, tuple(losses), tuple(slope * each for each in moves), reaches, norms)

    @property
    def before(self) -> Fraction:
        """The loss at the start."""
        return self.losses[0]

    @property
    def after(self) -> Fraction:
        """The loss at the end."""
        return self.losses[-1]

    @property
    def falls(self) -> bool:
        """Whether the loss never grows. If not, it is convex on each segment, and nowhere above that of the start.

        On a segment of the last layer it is convex: it never grows if its slope at the end is at most 0.
        """
        return all(slope <= 0 for slope in self.slopes)

    def loss_on(self, segment: int, t: Fraction) -> Fraction:
        """The loss on a segment, numbered from 0, at the share t of the way."""
        start, end, slope = *self.losses[segment : segment + 2], self.slopes[segment]
        return end + slope * (t - 1) + (start - end + slope) * (t - 1) ** 2

    def claim(self, numbers: tuple[int, ...]) -> PathClaim:
        """Return the claim, where the points, the start among them, have these numbers."""
        if self.norms:
            return BoundedPathClaim(numbers, self.norms)
        return PathClaim(numbers) if self.falls else ConvexPathClaim(numbers)
