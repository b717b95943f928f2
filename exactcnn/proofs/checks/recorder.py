"""What checks have in common: their result, its certificate, and the record of which check called which.

A check is a function with a statement's identifier. While it runs, the checks that it calls are recorded as edges
between statements; the registry compares them with the edges that the pages declare. A result that carries a
certificate counts only if the independent checker accepts it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, ParamSpec

from exactcnn.certificates.certificate import Certificate, not_accepted
from exactcnn.display import Shown
from exactcnn.theorems.verdict import Scope, Status, Verdict, together

Edge = tuple[str, str]
P = ParamSpec("P")

_ACTIVE: ContextVar[str | None] = ContextVar("statement whose check runs", default=None)
_EDGES: ContextVar[set[Edge] | None] = ContextVar("edges met so far", default=None)
_REJECTED: ContextVar[list[str] | None] = ContextVar("what the checker did not accept within this check", default=None)


@dataclass(frozen=True, eq=False)
class CheckResult(Shown):
    """What a check found.

    Attributes
    ----------
    status : {"proved", "refuted", "undecided"}
        Of the statement's conclusion, for the instance that the check was given.
    scope : {"an instance", "almost all parameters", "architecture", "a sample"}
        What the verdict covers.
    what : str
        One sentence: what is proved.
    details : mapping
        JSON-ready facts.
    certificates : tuple of Certificate
        Accepted by the independent checker, unless the status is undecided.
    checked : bool or None
        Whether the independent checker has accepted them; None if there are none, or nothing is decided.
    """

    status: Status
    scope: Scope
    what: str
    details: Mapping[str, Any] = field(default_factory=dict)
    certificates: tuple[Certificate, ...] = field(default=(), repr=False)
    checked: bool | None = None

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn prove --json`."""
        return {
            "status": self.status,
            "scope": self.scope,
            "what": self.what,
            "checked": self.checked,
            "details": dict(self.details),
        }


def from_verdict(verdict: Verdict, scope: Scope, certificate: Certificate) -> CheckResult:
    """Take over a verdict of the library, with its claims in a certificate."""
    certificates = (certificate,) if certificate.claims else ()
    return CheckResult(verdict.status, scope, verdict.reason, verdict.details, certificates)


def check(statement: str) -> Callable[[Callable[P, CheckResult]], Callable[P, CheckResult]]:
    """Make a function a check of a statement: recorded when called, and believed only with accepted certificates.

    Examples
    --------
    >>> @check("NH18.D2.2")
    ... def inner() -> CheckResult:
    ...     return CheckResult("proved", "an instance", "1 = 1")
    >>> @check("NH18.M")
    ... def outer() -> CheckResult:
    ...     return inner()
    >>> with recorded_edges() as edges:
    ...     outer().status, edges
    ('proved', {('NH18.M', 'NH18.D2.2')})
    >>> statement_of(outer)
    'NH18.M'
    """

    def decorate(function: Callable[P, CheckResult]) -> Callable[P, CheckResult]:
        @wraps(function)
        def recorded(*args: P.args, **kwargs: P.kwargs) -> CheckResult:
            caller, edges = _ACTIVE.get(), _EDGES.get()
            if edges is not None and caller is not None and caller != statement:
                edges.add((caller, statement))
            token, outer, inner = _ACTIVE.set(statement), _REJECTED.get(), list[str]()
            rejected = _REJECTED.set(inner)
            try:
                found = _believed(function(*args, **kwargs), inner)
            finally:
                _ACTIVE.reset(token)
                _REJECTED.reset(rejected)
            if found.checked is False and outer is not None:
                outer.append(found.what)
            return found

        vars(recorded)["statement"] = statement
        return recorded

    return decorate


def statement_of(function: object) -> str | None:
    """Identifier of the statement that a function checks; None if it is no check."""
    found = getattr(function, "statement", None)
    return found if callable(function) and isinstance(found, str) else None


@contextmanager
def recorded_edges() -> Iterator[set[Edge]]:
    """Collect the edges (statement, statement whose check it called) met inside the block."""
    edges: set[Edge] = set()
    token, outer = _EDGES.set(edges), _ACTIVE.set(None)
    try:
        yield edges
    finally:
        _ACTIVE.reset(outer)
        _EDGES.reset(token)


def _believed(found: CheckResult, inner: Sequence[str]) -> CheckResult:
    """The result with the checker's answer; a check leans on those that it called, so their rejections are its own."""
    if inner:
        return CheckResult("undecided", found.scope, inner[0], checked=False)
    if found.status == "undecided":
        return found
    for certificate in found.certificates:
        if certificate.checked(True) is False:
            return CheckResult("undecided", found.scope, not_accepted(certificate.outcome.message), checked=False)
    return replace(found, checked=together(certificate.checked(True) for certificate in found.certificates))
