"""A point below which there is none: what `exactcnn escape` says at a global minimum."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from exactcnn.certificates.certificate import Certificate
from exactcnn.display import Shown
from exactcnn.domains.numerals import rational_text
from exactcnn.landscape.finding import Finding
from exactcnn.landscape.least_possible import least_possible
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.resources import Progress


@dataclass(frozen=True, eq=False)
class LeastLoss(Shown):
    """That there is nowhere to escape to: no parameters have a smaller loss.

    Attributes
    ----------
    instance : Instance
    finding : Finding
        That the point is a global minimum.
    checked : bool or None
        Whether the independent checker has accepted it; None if it was not asked.
    rejection : str
        The checker's message where it has rejected it.
    """

    instance: Instance
    finding: Finding
    checked: bool | None = None
    rejection: str = field(default="", repr=False)

    @property
    def reason(self) -> str:
        """One sentence."""
        loss, zero = self.finding.loss[0], self.finding.evidence.kind == "zero"
        least = "" if zero else ": equal samples have equal outputs, and these are the means of their targets"
        return f"no better point exists: the loss is {rational_text(loss)}, the least possible{least}"

    @property
    def certificate(self) -> Certificate:
        """The global minimum."""
        return Certificate(self.instance, (self.finding.claim(),), len(self.instance.network.layers))

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn escape --json`."""
        rejected, loss = self.checked is False, rational_text(self.finding.loss[0])
        return {
            "reaches": None,
            "reason": self.rejection if rejected else self.reason,
            "segments": [],
            "before": loss,
            "after": None if rejected else loss,
            "falls": None,
            "checked": self.checked,
            "notes": list(self.instance.notes),
        }


def nothing_below(
    objective: Objective, *, check: bool | None = None, progress: Progress | None = None
) -> LeastLoss | None:
    """Return the proof that no parameters have a smaller loss, where that is so by the outputs alone.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> network = Network((1,), [FullyConnected(1, activation="identity")])
    >>> instance = Instance(network, {"W1": [[2]], "b1": [0]}, [[1], [1], [0]], [[1], [3], [0]])
    >>> found = nothing_below(Objective(instance))
    >>> found.finding.loss[0], found.checked
    (Fraction(1, 1), True)
    """
    finding = least_possible(objective)
    if isinstance(finding, str):
        return None
    found = LeastLoss(objective.instance, finding)
    checked = found.certificate.checked(check, progress=progress)
    return replace(found, checked=checked, rejection=found.certificate.outcome.message if checked is False else "")
