"""The independent checker as users call it: what it says of a file, as a value that shows itself."""

from __future__ import annotations

from pathlib import Path

from exactcnn.checker import Outcome as Said
from exactcnn.checker import check as run
from exactcnn.display import Shown
from exactcnn.domains.arguments import typed
from exactcnn.errors import InputError
from exactcnn.resources import Progress


class Outcome(Said, Shown):
    """What the independent checker says about a certificate.

    Parameters
    ----------
    exit_code : int
        0 every claim accepted, 1 rejected, 2 not a readable certificate, or more work than the limit allows.
    message : str
        One line: for exit code 1 the first obligation that fails, for 2 what cannot be read, or is too large.
    accepted : tuple of str
        The accepted claims, one readable line each; empty unless all of them are accepted.
    instance : str
        One line: the hash of the instance, N, widths and activations; empty where it could not be read.
    """


@typed
def check(
    path: str | Path, *, against: str | Path | None = None, limit: float = 1, progress: Progress | None = None
) -> Outcome:
    """Verify a certificate with the independent checker; see `exactcnn.checker.check`.

    Parameters
    ----------
    path : path of the JSON document
        Files that it names are looked for in the same folder.
    against : path of another certificate, optional
        Whose instance this one must have, number by number; its claims do not matter.
    limit : float
        How many times the usual work and memory may be asked for, positive.
    progress : callable, optional
        Called with (what, done, total).

    Returns
    -------
    Outcome
        For any file: what cannot be read, for whatever reason, has exit code 2.

    Raises
    ------
    InputError
        For arguments of other types, and a limit that is not positive.

    Examples
    --------
    >>> check("no such certificate.json").exit_code
    2
    """
    if not limit > 0:
        raise InputError(f"limit = {limit}; expected a positive number")
    return Outcome(**vars(run(path, against=against, limit=limit, progress=progress)))
