"""Run pages of statements, as the command of this name does."""

from __future__ import annotations

from exactcnn.domains.arguments import typed
from exactcnn.proofs.registry import PageResult, run_all, select, statements
from exactcnn.resources import Progress


@typed
def prove(*ids: str, progress: Progress | None = None) -> tuple[PageResult, ...]:
    """Run the pages of these statements, all without any: their blocks and checks, the status computed.

    Parameters
    ----------
    *ids : str
        Such as "NH18.T3.4".
    progress : callable, optional
        Called with (what, done, total).

    Raises
    ------
    InputError
        For an unknown identifier, with the nearest one.

    Examples
    --------
    >>> [found.status for found in prove("NH18.L2.5")]
    ['certified for almost all parameters']
    """
    return tuple(run_all(select(ids, statements()), progress=progress))
