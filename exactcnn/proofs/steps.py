"""The numbered steps of a page, and which of its checks each of them names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from exactcnn.proofs.registry import Statement


@dataclass(frozen=True)
class Step:
    """One numbered step.

    Attributes
    ----------
    number : int
    text : str
        As the page has it, on one line, without emphasis; formulas are LaTeX.
    checks : tuple of str
        Checks of the page that the step names.
    """

    number: int
    text: str
    checks: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn prove --steps --json`."""
        return {"number": self.number, "text": self.text, "checks": list(self.checks)}


def steps_of(statement: Statement) -> tuple[Step, ...]:
    """Return the numbered steps of a statement's page; none where it has none, as pieces of the gallery.

    Examples
    --------
    >>> from exactcnn.proofs.registry import select, statements
    >>> (statement,) = select(["NH18.L2.5"], statements())
    >>> [(step.number, step.checks) for step in steps_of(statement)]
    [(1, ()), (2, ()), (3, ('structure.almost_all_filters',))]
    """
    text = re.sub(r"^```.*?^```$", "", statement.page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    own = (*statement.checks, *statement.counterexamples)
    # an item ends at the next one, or at a line without indentation after a blank one
    items = re.findall(r"^(\d+)\. (.*?)(?=^\d+\. |^\s*\n(?=\S)|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    return tuple(
        Step(int(number), _plain(item), tuple(name for name in own if f"`{name}`" in item)) for number, item in items
    )


def _plain(item: str) -> str:
    """One line, without the marks of emphasis and code; formulas are left as they are."""
    parts = re.split(r"(\$[^$]*\$)", " ".join(item.split()))
    return "".join(part if part.startswith("$") else re.sub(r"\*+|`", "", part) for part in parts)
