"""Cases carried out by the workers of a Dask cluster.

Dask gives the case of a lost worker to another one. Where the scheduler is lost, the run ends with one line: all that
it has received is written down, and the next run goes on.
"""

from __future__ import annotations

import pickle
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any, TypeVar
from uuid import uuid4

from exactcnn.errors import InputError
from exactcnn.scheduler import OtherBuild, at_a_worker, build, check_workers, connected, other_build, require_dask
from exactcnn.searches.engine import Done, Failed, Following, Result, nothing

T = TypeVar("T")
GLANCE = 1.0  # seconds between two looks at the connection
MOST_WAITING = 1000  # cases given to the scheduler at a time
HERE_AT_A_WORKER = at_a_worker(__name__)
_ONE_AT_A_TIME = threading.Lock()  # a worker may run several threads, but precision is a setting of the process


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
        require_dask(self.address)

    def results(
        self, function: Callable[[T], Result], cases: Iterable[T], following: Following[T] = nothing
    ) -> Iterator[tuple[T, Result]]:
        """Yield each case with its result, as they are done.

        Raises
        ------
        InputError
            For a scheduler that cannot be reached or is lost, and a worker with another version of the package.
        """
        with connected(self.address, "what was finished is kept: run again to go on") as client:
            yield from _carried_out(client, function, cases, following)


def _carried_out(
    client: Any, function: Callable[[T], Result], cases: Iterable[T], following: Following[T]
) -> Iterator[tuple[T, Result]]:
    check_workers(client)
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
        check_workers(client)
        raise
    return result


def worked(own: str, work: bytes) -> Result:
    """What a worker does with a function and a case, pickled, of a run with the package `own`."""
    with _ONE_AT_A_TIME:
        if build() != own:
            from distributed import get_worker

            raise OtherBuild(other_build(get_worker().address, build(), own))
        function, case = pickle.loads(work)
        result: Result = function(case)
        return result
