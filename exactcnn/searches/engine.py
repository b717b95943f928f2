"""Pure cases carried out somewhere: in this process, in others of this machine, or on a cluster.

A case is a value, and what is true of it depends on nothing else; so it does not matter where it is decided, in which
order, or how often. Whoever asks writes results down as they come (`exactcnn.searches.ledger`); what is lost with a
worker was not written down, and is decided again.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from exactcnn.errors import InputError

if TYPE_CHECKING:
    from exactcnn.certificates.certificate import Certificate
    from exactcnn.searches.ledger import Line

T = TypeVar("T")
DEATHS = 3  # of workers under one case, before it is given up


@dataclass(frozen=True)
class Done:
    """What was found of a case: its line in the record, and files beside the record, by name."""

    line: Line
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """A case that could not be carried out, and why: nothing is written down of it."""

    reason: str


Result = Done | Failed
Following = Callable[[T, Done], T | None]


def nothing(_: object, __: Done) -> None:
    """No case follows another."""


def required(result: Result) -> Done:
    """Return what was found.

    Raises
    ------
    InputError
        If it could not be.

    Examples
    --------
    >>> required(Done({"rank": 3})).line
    {'rank': 3}
    """
    if isinstance(result, Failed):
        raise InputError(f"a case could not be carried out: {result.reason}")
    return result


class Place(Protocol):
    """Where cases are carried out."""

    def results(
        self, function: Callable[[T], Result], cases: Iterable[T], following: Following[T] = nothing
    ) -> Iterator[tuple[T, Result]]:
        """Yield each case with its result, as they are done; cases are taken as there is room for them.

        Parameters
        ----------
        function : callable
            Pure; what can be pickled, and so are cases.
        cases : iterable
        following : callable, optional
            The case that a case and its result lead to, or None.
        """
        ...


@dataclass(frozen=True)
class Here:
    """The process that asks, one case after the other."""

    def results(
        self, function: Callable[[T], Result], cases: Iterable[T], following: Following[T] = nothing
    ) -> Iterator[tuple[T, Result]]:
        """Yield each case with its result.

        Examples
        --------
        >>> [done.line for _, done in Here().results(lambda n: Done({"square": n * n}), [2, 3])]
        [{'square': 4}, {'square': 9}]
        """
        for first in cases:
            case: T | None = first
            while case is not None:
                result = function(case)
                yield case, result
                case = following(case, result) if isinstance(result, Done) else None


HERE = Here()


def chosen_place(workers: int | None = None, scheduler: str | None = None) -> Place:
    """Return the place that was asked for: a cluster, so many processes, or this one.

    Parameters
    ----------
    workers : int, optional
        Processes of this machine; 1 is this process, which is also what is meant without any.
    scheduler : str, optional
        The address of a Dask scheduler.

    Raises
    ------
    InputError
        For both, for a number of workers that is not positive, and for a scheduler without Dask.

    Examples
    --------
    >>> chosen_place(1), chosen_place(4)
    (Here(), Processes(count=4))
    """
    if scheduler is not None:
        from exactcnn.searches.cluster import Cluster

        if workers is not None:
            raise InputError(f"workers = {workers} beside the scheduler {scheduler}, which has its own; expected one")
        return Cluster(scheduler)
    if workers is not None and workers < 1:
        raise InputError(f"workers = {workers}; expected a positive integer")
    if workers is None or workers == 1:
        return HERE
    from exactcnn.searches.processes import Processes

    return Processes(workers)


def processors() -> int:
    """Number of processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def certificate_files(certificate: Certificate, name: str) -> dict[str, bytes]:
    """Return a certificate of this name as the bytes of its files."""
    with tempfile.TemporaryDirectory(prefix="exactcnn.") as folder:
        certificate.write(Path(folder) / name)
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}
