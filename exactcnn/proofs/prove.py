"""Run pages of statements, as the command of this name does."""

from __future__ import annotations

from typing import Any

from exactcnn.display import Shown, several
from exactcnn.domains.arguments import typed
from exactcnn.proofs.registry import PageResult, run_all, select, statements
from exactcnn.resources import Progress
from exactcnn.theorems.verdict import together


class PageResults(tuple[PageResult, ...], Shown):
    """Results of several pages: `print` gives the table of the command."""

    __slots__ = ()

    def __repr__(self) -> str:
        broken = sum(found.status == "broken" for found in self)
        return f"PageResults({several(len(self), 'statement')}, {broken or 'none'} broken)"

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn prove --json`."""
        return {"checked": together(found.checked for found in self), "statements": [each.document() for each in self]}


@typed
def prove(*ids: str, progress: Progress | None = None) -> PageResults:
    """Run the pages of these statements, all without any: their blocks and checks, the status computed.

    Parameters
    ----------
    *ids : str
        Such as "NH18.T3.4", "Theorem 3.4" or "3.4", or a paper, such as "NH17".
    progress : callable, optional
        Called with (what, done, total).

    Raises
    ------
    InputError
        For an unknown identifier, with the nearest one, and for a number that several statements have.

    Examples
    --------
    >>> [found.status for found in prove("NH18.L2.5")]
    ['certified for almost all parameters']
    """
    return PageResults(run_all(select(ids, statements()), progress=progress))
