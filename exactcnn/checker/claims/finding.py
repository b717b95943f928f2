"""What evidence about a critical point is made of: what it may prove, and what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flint import arb

from exactcnn.checker.inertia import Interval
from exactcnn.checker.instance import Instance


@dataclass(frozen=True)
class Finding:
    """An interval that contains the loss, the index if it is known, and whether a minimum is strict.

    `box` encloses all parameters of the point in question, where evidence on further ones leans on it.
    """

    loss: Interval
    index: list[int] | None = None
    strict: bool = False
    box: list[arb] | None = None


@dataclass(frozen=True)
class Evidence:
    """Evidence that has been read. `verify` takes the instance at the point and the type that is claimed.

    It raises an ObligationError unless the type is proved. `on_a_box` says that the claim is about a point of a box.
    """

    types: tuple[str, ...]
    verify: Callable[[Instance, str], Finding]
    on_a_box: bool = False


EvidenceReader = Callable[[Instance, Any], Evidence]
