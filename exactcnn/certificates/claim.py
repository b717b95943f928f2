"""What a certificate states: claims, each beside the function that decides it, known here by their shape only."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Claim(Protocol):
    """A statement about an instance, with its evidence."""

    def document(self) -> dict[str, Any]:
        """Return the claim as the certificate states it, with the key "kind"."""
        ...
