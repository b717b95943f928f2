"""Spurious minima of the population loss: Newton's method, a box on which the loss is convex, and the claim."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.balls import working_precision
from exactcnn.landscape.critical_point import Better, Status
from exactcnn.landscape.evidence import Box, PopulationMinimumClaim
from exactcnn.landscape.finding import Finding, Slice, enclosure
from exactcnn.landscape.minimum import minimum_in_box
from exactcnn.landscape.population import PopulationLoss, student_network
from exactcnn.network.instance import Instance

PRECISION = 128  # bits


@dataclass(frozen=True, eq=False)
class PopulationPoint:
    """What was found near a start; attributes as those of `exactcnn.landscape.critical_point.CriticalPoint`.

    Attributes
    ----------
    start : PopulationLoss
    finding : Finding or None
    reason : str
    loss : tuple of Fraction
    better : Better
        The students that are the unit vectors: loss 0.
    """

    start: PopulationLoss
    finding: Finding | None
    reason: str
    loss: tuple[Fraction, Fraction]
    better: Better

    @property
    def status(self) -> Status:
        """What the point is."""
        return "undecided" if self.finding is None else "strict minimum"

    @property
    def suboptimal(self) -> bool | None:
        """Whether it is certain that it is no global minimum."""
        return None if self.finding is None else True

    @property
    def claims(self) -> tuple[PopulationMinimumClaim, ...]:
        """What the certificate states."""
        if self.finding is None:
            return ()
        box = self.finding.evidence
        assert isinstance(box, Box)
        return (PopulationMinimumClaim("unit-vectors", box.precision, box.congruence, box.radius, self.loss),)

    @property
    def certificate(self) -> Certificate:
        """The claim, about the network with the centre of the box as its parameters."""
        place = self.start
        if self.finding is not None and self.finding.centre is not None:
            place = self.start.at(self.finding.centre)
        return Certificate(Instance(student_network(place.units), place.parameters()), self.claims, 2)


def population_minimum(start: PopulationLoss, *, bits: int = PRECISION) -> PopulationPoint:
    """Certify a spurious strict minimum of F near a start: by Newton's method, and convexity on a box.

    Parameters
    ----------
    start : PopulationLoss
    bits : int

    Returns
    -------
    PopulationPoint
        Undecided, with the reason, where no box is found on which F is certainly convex and positive.

    References
    ----------
    .. [1] Safran and Shamir, "Spurious local minima are common in two-layer ReLU neural networks", ICML 2018.

    Examples
    --------
    >>> population_minimum(PopulationLoss([[2, 1], [1, 3]])).status
    'undecided'
    """
    count = start.units**2
    found = minimum_in_box(start, start.theta, Slice((), frozenset(), count), bits)
    better = Better(start.teacher().parameters(), (Fraction(0), Fraction(0)), None)
    if not isinstance(found, str) and found.loss[0] > 0:
        reason = "near the point, F is strongly convex on a box around a nearly critical point, and positive"
        return PopulationPoint(start, found, reason, found.loss, better)
    reason = found if isinstance(found, str) else "the loss is not certainly positive"
    with working_precision(bits):
        loss = enclosure(start.in_balls().twice_the_loss.item() / 2)
    return PopulationPoint(start, None, reason, loss, better)
