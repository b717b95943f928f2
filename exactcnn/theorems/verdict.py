"""Verdicts: what is true of a statement for this instance, and the claims that prove it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from exactcnn.certificates.certificate import not_accepted
from exactcnn.certificates.claim import Claim
from exactcnn.display import Shown

Status = Literal["proved", "refuted", "undecided"]
Scope = Literal["this point", "almost all parameters", "all parameters", "architecture", "an instance", "a sample"]


@dataclass(frozen=True)
class Verdict(Shown):
    """A decision on one statement, in exact real arithmetic on the given numbers.

    Parameters
    ----------
    statement : str
        Identifier, such as "NH18.A2.4".
    status : {"proved", "refuted", "undecided"}
        Undecided is not "no": `reason` says what is missing.
    scope : {"this point", "almost all parameters", "all parameters", "architecture"}
        For which parameters the verdict speaks; checks of statements also speak of "an instance" or "a sample" of one.
    reason : str
        One sentence.
    layer : int, optional
        The layer it speaks of.
    details : mapping
        JSON-ready facts.
    claims : tuple of Claim
        What the certificate states for it, in order; empty for an undecided verdict without bounds.
    checked : bool or None
        Whether the independent checker has accepted the claims; None if there are none, or it was not asked.
    """

    statement: str
    status: Status
    scope: Scope
    reason: str
    layer: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    claims: tuple[Claim, ...] = field(default=(), repr=False)
    checked: bool | None = None

    def judged(self, checked: bool | None, message: str = "") -> Verdict:
        """Return the verdict with the checker's answer: undecided, and nothing claimed, where it rejects the evidence.

        Examples
        --------
        >>> verdict = Verdict("RANK", "proved", "this point", "so", details={"lower": 2}).judged(False, "digits differ")
        >>> verdict.status, verdict.checked, dict(verdict.details)
        ('undecided', False, {})
        >>> verdict.reason
        'the independent checker does not accept the evidence (digits differ)'
        """
        if checked is False:
            return replace(self, status="undecided", reason=not_accepted(message), details={}, claims=(), checked=False)
        return replace(self, checked=checked if self.claims else None)

    def document(self) -> dict[str, Any]:
        """Return the verdict as `verify --json` prints it."""
        return {
            "statement": self.statement,
            "layer": self.layer,
            "status": self.status,
            "scope": self.scope,
            "reason": self.reason,
            "details": dict(self.details),
            "checked": self.checked,
        }


def status_of(holds: bool) -> Status:
    """Proved or refuted."""
    return "proved" if holds else "refuted"


def together(answers: Iterable[bool | None]) -> bool | None:
    """Return the checker's answer for several certificates: False if it rejects one, None if it was never asked.

    Examples
    --------
    >>> together([True, None]), together([True, False, None]), together([None])
    (True, False, None)
    """
    known = [answer for answer in answers if answer is not None]
    return all(known) if known else None
