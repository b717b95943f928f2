"""What a point of the loss surface is: the answer of `classify` and `refine`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

from exactcnn.display import Shown
from exactcnn.domains.numerals import decimal, rational_text
from exactcnn.landscape.evidence import OWN, LossClaim, SuboptimalClaim
from exactcnn.landscape.finding import Finding
from exactcnn.landscape.objective import Objective
from exactcnn.linalg.evidence import Evidence
from exactcnn.network.parameters import Parameters

DIGITS = 20  # of a loss that is not exact, beyond what its bounds share

Status = Literal["strict minimum", "minimum", "global minimum", "saddle", "not critical", "not a minimum", "undecided"]


@dataclass(frozen=True, eq=False)
class Better(Shown):
    """Parameters with a smaller loss, and bounds of it."""

    parameters: Parameters
    loss: tuple[Fraction, Fraction]
    precision: int | None

    def claim(self, point: int) -> LossClaim:
        """Return the claim that bounds the loss."""
        return LossClaim(point, *self.loss, self.precision)


@dataclass(frozen=True, eq=False)
class CriticalPoint(Shown):
    """A point, what it is, and the evidence.

    Attributes
    ----------
    objective : Objective
        At the point that was asked about.
    finding : Finding or None
        None where nothing is decided.
    reason : str
        One sentence: what the status rests on, or why it is undecided.
    loss : tuple of Fraction
        Bounds of the loss, of the critical point where one is found near the given point.
    gradient_norm : float
        Norm of ∇Φ at the given point in float64; NaN at a kink.
    better : Better or None
        A point with a smaller loss.
    """

    objective: Objective
    finding: Finding | None
    reason: str
    loss: tuple[Fraction, Fraction]
    gradient_norm: float
    better: Better | None = None

    @property
    def status(self) -> Status:
        """What the point is."""
        if self.finding is None:
            return "undecided"
        return "strict minimum" if self.finding.strict else self.finding.type

    @property
    def index(self) -> tuple[int, int, int] | None:
        """(n₊, n₋, n₀): how many eigenvalues of the Hessian are positive, negative, zero."""
        return None if self.finding is None else self.finding.index

    @property
    def frozen(self) -> tuple[str, ...]:
        """Names of the coordinates that symmetries freeze."""
        found = self.finding
        if found is None or found.slice is None:
            return ()
        return self.objective.coordinates.names(sorted(found.slice.frozen))

    @property
    def suboptimal(self) -> bool | None:
        """Whether a smaller loss is certain to exist; None if that is not known.

        A point that is no local minimum is no global one; a minimum is suboptimal if a better point is known.
        """
        if self.finding is None:
            return None
        if self.finding.type == "global minimum":
            return False
        if self.finding.type != "minimum":
            return True
        return True if self.better is not None and self.better.loss[1] < self.finding.loss[0] else None

    @property
    def points(self) -> tuple[Parameters, ...]:
        """Further points of the certificate: the centre of a box, then the better point."""
        result = []
        if self.finding is not None and self.finding.centre is not None:
            result.append(self.objective.coordinates.parameters(self.finding.centre))
        return (*result, self.better.parameters) if self.better is not None else tuple(result)

    @property
    def claims(self) -> tuple[Evidence, ...]:
        """What the certificate states."""
        if self.finding is None:
            return ()
        claims: list[Evidence] = [self.finding.claim(OWN if self.finding.centre is None else 0)]
        if self.better is not None:
            claims.append(self.better.claim(len(self.points) - 1))
            if self.suboptimal and self.finding.type == "minimum":
                claims.append(SuboptimalClaim(0, 1))
        return tuple(claims)

    def with_better(self, better: Better | None) -> CriticalPoint:
        """Return the same answer, knowing a better point."""
        return replace(self, better=better)

    def document(self) -> dict[str, Any]:
        """Return what `exactcnn critical --json` prints of the point itself."""
        found, better = self.finding, self.better
        kinks = self.objective.kinks()
        return {
            "status": self.status,
            "loss": loss_document(self.loss),
            "suboptimal": self.suboptimal,
            "better": None if better is None else {"loss": loss_document(better.loss)},
            "index": None if self.index is None else list(self.index),
            "radius": None if found is None else found.radius,
            "frozen": list(self.frozen),
            "kinks": [{"layer": k.layer, "neuron": k.neuron, "sample": k.sample} for k in kinks],
            "gradient_norm": None if self.gradient_norm != self.gradient_norm else self.gradient_norm,
            "evidence": [] if found is None else [found.evidence.kind],
            "reason": self.reason,
        }

    def rows(self) -> list[tuple[str, str]]:
        """What a table shows of it, by name."""
        rows = [("status", self.status), ("loss", loss_text(self.loss)), ("because", self.reason)]
        if self.index is not None:
            rows.append(("Hessian", "{} positive, {} negative, {} zero eigenvalues".format(*self.index)))
        if self.finding is not None and self.finding.radius is not None:
            rows.append(
                ("within", f"{self.finding.radius:.2g} of the point found by Newton's method, in every coordinate")
            )
        if self.frozen:
            rows.append(("frozen", ", ".join(self.frozen)))
        if self.better is not None:
            rows.append(("better point", f"loss {loss_text(self.better.loss)}"))
        if self.suboptimal is not None:
            rows.append(("suboptimal", "yes" if self.suboptimal else "no"))
        return rows


def loss_document(loss: tuple[Fraction, Fraction]) -> dict[str, Any]:
    """Return a loss as JSON: exact, or decimals that enclose it.

    Examples
    --------
    >>> loss_document((Fraction(1, 3), Fraction(1, 3)))
    {'exact': '1/3', 'lower': '0.33333333333333333333', 'upper': '0.33333333333333333334'}
    """
    exact = rational_text(loss[0]) if loss[0] == loss[1] else None
    lower, upper = decimals(loss)
    return {"exact": exact, "lower": lower, "upper": upper}


def loss_text(loss: tuple[Fraction, Fraction]) -> str:
    """Return a loss in a few characters.

    Examples
    --------
    >>> loss_text((Fraction(1, 3), Fraction(1, 3))), loss_text((Fraction(2, 3), Fraction(2, 3) + Fraction(1, 2**60)))
    ('1/3', '0.66666666666666666...')
    >>> loss_text((Fraction(1), Fraction(2)))
    'between 1.00000000000000000000 and 2.00000000000000000000'
    """
    if loss[0] == loss[1] and len(rational_text(loss[0])) <= 2 * DIGITS:
        return rational_text(loss[0])
    lower, upper = decimals(loss)
    shared = 0
    while shared < min(len(lower), len(upper)) and lower[shared] == upper[shared]:
        shared += 1
    if len(lower) == len(upper) and shared >= 12:
        return f"{lower[:shared]}..."
    return f"between {lower} and {upper}"


def decimals(loss: tuple[Fraction, Fraction]) -> tuple[str, str]:
    """Decimal strings below and above, rounded outward, with enough digits to tell them apart and `DIGITS` at least."""
    places = DIGITS
    while loss[0] != loss[1] and places < 200 and (loss[1] - loss[0]) * 10**places < 100:
        places += 5
    scaled = [end * 10**places for end in loss]
    return _decimal(scaled[0].__floor__(), places), _decimal(scaled[1].__ceil__(), places)


def _decimal(scaled: int, places: int) -> str:
    digits = decimal(abs(scaled)).rjust(places + 1, "0")
    return f"{'-' if scaled < 0 else ''}{digits[:-places]}.{digits[-places:]}"
