"""The numbered steps of a page, and which of its checks each of them names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from exactcnn.proofs.registry import Statement

MANY = r"\d+(?: to \d+)?(?:(?:,| and| or) \d+(?: to \d+)?)*"  # numbers of steps


@dataclass(frozen=True)
class Step:
    """One numbered step.

    Attributes
    ----------
    number : int
    text : str
        As the page has it, on one line, without emphasis; formulas are LaTeX.
    checks : tuple of str
        Checks of the page that the step names, or that name the step: "Check `...`: steps 2 and 3".
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
    >>> steps_of(statement)[0].checks  # in the text of step 3: "steps 1 to 3 for a given layer"
    ('structure.almost_all_filters',)
    """
    text = re.sub(r"^```.*?^```$", "", statement.page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    own = (*statement.checks, *statement.counterexamples)
    # an item ends at the next one, or at a line without indentation after a blank one
    items = re.findall(r"^(\d+)\. (.*?)(?=^\d+\. |^\s*\n(?=\S)|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    about = _steps_of_checks(text)
    return tuple(
        Step(
            int(number),
            _plain(item),
            tuple(name for name in own if f"`{name}`" in item or int(number) in about.get(name, ())),
        )
        for number, item in items
    )


def _steps_of_checks(text: str) -> dict[str, set[int]]:
    """Steps that the sentence about a check names, other than those of other pages: "steps 1 to 3", "step 2 or 3"."""
    found: dict[str, set[int]] = {}
    for sentence in re.findall(r"\bChecks?\s(?:(?!\.\s|\n\s*\n).)*", text, flags=re.DOTALL):
        numbers: set[int] = set()
        for named in re.findall(rf"(?<!\[)(?<!point of )\bsteps? ({MANY})(?!\d)(?! of )", " ".join(sentence.split())):
            for first, last in re.findall(r"(\d+)(?: to (\d+))?", named):
                numbers |= {*range(int(first), int(last or first) + 1)}
        for name in re.findall(r"`([\w.]+)`", sentence):
            found.setdefault(name, set()).update(numbers)
    return found


def _plain(item: str) -> str:
    """One line, without the marks of emphasis and code; formulas are left as they are."""
    parts = re.split(r"(\$[^$]*\$)", " ".join(item.split()))
    return "".join(part if part.startswith("$") else re.sub(r"\*+|`", "", part) for part in parts)
