"""Cases carried out by the workers of a Dask cluster.

Dask gives the case of a lost worker to another one. Where the scheduler is lost, the run ends with one line: all that
it has received is written down, and the next run goes on.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import pickle
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar
from uuid import uuid4

from exactcnn.errors import InputError
from exactcnn.searches.engine import Done, Failed, Following, Result, nothing

T = TypeVar("T")
REACHED = 5  # seconds to reach a scheduler
GLANCE = 1.0  # seconds between two looks at the connection
MOST_WAITING = 1000  # cases given to the scheduler at a time
# A worker is sent a built-in function, text and bytes: one that cannot read what it is sent is lost, not refused.
HERE_AT_A_WORKER = f"__import__({__name__!r}, fromlist=['build'])"
_ONE_AT_A_TIME = threading.Lock()  # a worker may run several threads, but precision is a setting of the process


class OtherBuild(Exception):
    """A worker whose package is not the one of the run."""


@dataclass(frozen=True)
class Cluster:
    """The workers of the scheduler at an address such as tcp://host:8786.

    Raises
    ------
    InputError
        Without Dask.
    """

    address: str

    def __post_init__(self) -> None:
        from importlib.util import find_spec

        if find_spec("distributed") is None:
            raise InputError(f"the scheduler {self.address} needs Dask; expected `pip install 'exactcnn[dask]'`")

    def results(
        self, function: Callable[[T], Result], cases: Iterable[T], following: Following[T] = nothing
    ) -> Iterator[tuple[T, Result]]:
        """Yield each case with its result, as they are done.

        Raises
        ------
        InputError
            For a scheduler that cannot be reached or is lost, and a worker with another version of the package.
        """
        with _connected(self.address) as client:
            try:
                yield from _carried_out(client, function, cases, following)
            except (CancelledError, OSError):  # of the connection, whichever of its ends is met first
                lost = f"the scheduler {self.address} is lost; what was finished is kept: run again to go on"
                raise InputError(lost) from None


def _carried_out(
    client: Any, function: Callable[[T], Result], cases: Iterable[T], following: Following[T]
) -> Iterator[tuple[T, Result]]:
    _check_workers(client)
    waiting, again = iter(cases), deque[T]()
    running: dict[str, tuple[Any, T]] = {}
    ended: SimpleQueue[Any] = SimpleQueue()
    own, run, number = build(), uuid4().hex, 0
    while True:
        while len(running) < MOST_WAITING:
            if not again:
                again.extend(islice(waiting, 1))
            if not again:
                break
            case, number = again.popleft(), number + 1
            key = f"exactcnn-{run}-{number}"
            given = {"own": own, "work": pickle.dumps((function, case))}
            asked = f"{HERE_AT_A_WORKER}.{worked.__name__}(own, work)"
            running[key] = client.submit(eval, asked, given, key=key, pure=False), case
            running[key][0].add_done_callback(ended.put)
        if not running:
            return
        future, case = running.pop(_next(client, ended))
        result = _result(client, future)
        then = following(case, result) if isinstance(result, Done) else None
        if then is not None:
            again.appendleft(then)
        yield case, result


def _next(client: Any, ended: SimpleQueue[Any]) -> str:
    """The key of a case that has ended."""
    while True:
        try:
            return str(ended.get(timeout=GLANCE).key)
        except Empty:
            if client.status != "running":
                raise ConnectionError(client.status) from None


def _result(client: Any, future: Any) -> Result:
    from distributed.scheduler import KilledWorker

    try:
        result: Result = future.result()
    except KilledWorker as error:
        return Failed(f"{error.allowed_failures + 1} workers have died under it, perhaps for want of memory")
    except OtherBuild as error:
        raise InputError(str(error)) from None
    except (ImportError, AttributeError):  # a worker that lacks what it should call
        _check_workers(client)
        raise
    return result


@cache
def build() -> str:
    """Return the version of the package and a hash of its source: what computes the same.

    Examples
    --------
    >>> build().startswith("0.1.0+")
    True
    """
    digest, home = hashlib.sha256(), Path(__file__).parents[1]
    for path in sorted(home.rglob("*.py")):
        digest.update(path.relative_to(home).as_posix().encode() + b"\0" + path.read_bytes())
    version = import_module("exactcnn").__version__  # the package itself names rooms above this one
    return f"{version}+{digest.hexdigest()[:12]}"


def worked(own: str, work: bytes) -> Result:
    """What a worker does with a function and a case, pickled, of a run with the package `own`."""
    with _ONE_AT_A_TIME:
        if build() != own:
            from distributed import get_worker

            raise OtherBuild(_other(get_worker().address, build(), own))
        function, case = pickle.loads(work)
        result: Result = function(case)
        return result


def _other(worker: str, found: str, own: str) -> str:
    return f"the worker {worker} has exactcnn {found}; expected {own}, as here"


def _check_workers(client: Any) -> None:
    """Refuse a worker whose package is another one, or none, which a built-in function can ask it."""
    for worker, found in client.run(eval, f"{HERE_AT_A_WORKER}.build()", on_error="return").items():
        if isinstance(found, OSError):  # lost meanwhile
            continue
        if isinstance(found, Exception):
            raise InputError(_other(worker, f"of another version or none ({found})", build()))
        if found != build():
            raise InputError(_other(worker, found, build()))


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Connect to a scheduler; the log of Dask, which repeats in many lines what is said here in one, is silent."""
    from distributed import Client

    logs = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL + 1)
    try:
        with ThreadPoolExecutor(1) as other:  # there may be a loop of events in this thread already
            other.submit(asyncio.run, _reach(address)).result()
        client = Client(address, timeout=REACHED, set_as_default=False)
    except (OSError, ValueError, TypeError, ImportError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"the scheduler {address!r} cannot be reached ({reason}); expected an address such as tcp://host:8786"
        ) from None
    else:
        try:
            yield client
        finally:
            client.close(timeout=REACHED)
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)


async def _reach(address: str) -> None:
    """Connect, and no more: a client that cannot connect tries again when it is deleted."""
    from distributed.comm import connect

    comm = await asyncio.wait_for(connect(address, timeout=REACHED), REACHED)  # that timeout is not for its greeting
    await comm.close()
