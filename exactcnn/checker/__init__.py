"""The independent checker of certificates.

It imports no other part of exactcnn: only the standard library and python-flint. It is slow and plain on purpose,
and meant to be read in one sitting, in this order:

- `budget`, `costs`: what the work may cost, so that a small file cannot ask for years;
- `document`: reading the file, canonical form, hashes, strict shapes;
- `arrays`, `formulas`, `activations`, `instance`: the numbers, the nonlinearities, the layers;
- `features`, `residues`, `regularity`, `expansions`: exact features and enclosures by balls, images in GF(p) and their
  minors, expansions in e^a;
- `claim`, and a module for each family in `claims`: the claims and their obligations;
- `comparison`, `verdict`: whether two instances are the same; all of a document, one claim after another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """What the checker says about a certificate.

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

    exit_code: int
    message: str
    accepted: tuple[str, ...] = ()
    instance: str = ""


def check(
    path: str | PathLike[str],
    *,
    against: str | PathLike[str] | None = None,
    limit: float = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> Outcome:
    """Verify a certificate, file format version 2.

    Parameters
    ----------
    path : path of the JSON document
        Files that it names are looked for in the same folder.
    against : path of another certificate, optional
        Whose instance this one must have, number by number; its claims do not matter.
    limit : float
        How many times the usual work and memory may be asked for; see `exactcnn.checker.budget`.
    progress : callable, optional
        It is told of what is being done: ``progress(what, done, total)``.

    Returns
    -------
    Outcome
        Never an exception: what cannot be read, for whatever reason, has exit code 2.

    Examples
    --------
    >>> check("no such certificate.json").exit_code
    2
    """
    from exactcnn.checker.budget import Budget
    from exactcnn.checker.verdict import verdict

    return verdict(Path(path), None if against is None else Path(against), Budget(limit, progress))
