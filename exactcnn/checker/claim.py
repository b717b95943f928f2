"""What the families of claims share: a claim that has been read, and the claims that stand before one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from exactcnn.checker.instance import Instance

Obligation = Callable[[], None]


@dataclass(frozen=True)
class Read:
    """A claim of the right shape.

    `verify` raises an ObligationError unless the claim is true. `says_something` is False for a bound that the sizes
    of the matrix alone imply.
    """

    line: str
    verify: Obligation
    says_something: bool = True


@dataclass(frozen=True)
class Accepted:
    """The claims that stand before one; all of them are verified before it is, and the first that fails ends all.

    These are the first `number` claims of a document, whose list of claims they all share.
    """

    claims: Sequence[dict[str, Any]]
    number: int

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return itertools.islice(self.claims, self.number)

    def stands(self, kind: str, layer: int, **values: Any) -> bool:
        """Return whether there is a claim of this kind about this layer with these values."""
        return any(
            claim["kind"] == kind and claim["layer"] == layer and all(claim[key] == values[key] for key in values)
            for claim in self
        )


Reader = Callable[[Instance, Any, Accepted], Read]
