"""What a conclusion is made of: a statement, a reason, what follows, and the premises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from exactcnn.checker.claim import Accepted
from exactcnn.checker.instance import Instance

# An obligation of the conclusion that a statement holds, or fails, at layer k.
Premise = Callable[[Instance, int, Accepted], None]


@dataclass(frozen=True)
class Rule:
    """A way to come to a conclusion."""

    statement: str
    by: str
    status: str
    scope: str
    premises: tuple[Premise, ...]
