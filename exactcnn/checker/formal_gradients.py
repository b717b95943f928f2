"""Formal derivatives."""

from __future__ import annotations

from exactcnn.checker.document import require
from exactcnn.checker.instance import Instance


def require_formal_zero(_: Instance) -> None:
    """Not yet."""
    require(False, "formal derivatives are not decided")
