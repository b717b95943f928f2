"""Cases carried out by processes of this machine, one case at a time in each.

Each process has a pipe of its own, so that one that dies takes one case with it and it is known which.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from exactcnn.searches.engine import DEATHS, Done, Failed, Following, Result, nothing, processors

T = TypeVar("T")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
PATIENCE = 5.0  # seconds for a process to end


@dataclass(frozen=True)
class Processes:
    """So many processes, which are begun when there is work for them and end with it."""

    count: int

    def results(
        self, function: Callable[[T], Result], cases: Iterable[T], following: Following[T] = nothing
    ) -> Iterator[tuple[T, Result]]:
        """Yield each case with its result, as they are done; what a process that dies had to do is done again."""
        waiting, again = iter(cases), deque[tuple[T, int]]()
        busy: dict[Connection, tuple[_Worker[T], T, int]] = {}
        idle: list[_Worker[T]] = []
        try:
            while True:
                while len(busy) < self.count:
                    if not again:
                        again.extend((case, 0) for case in islice(waiting, 1))
                    if not again:
                        break
                    case, deaths = again.popleft()
                    worker = idle.pop() if idle else _Worker(function, max(1, processors() // self.count))
                    if worker.begin(case):
                        busy[worker.connection] = worker, case, deaths
                    else:  # it has died at rest
                        again.appendleft((case, deaths))
                if not busy:
                    return
                for connection in wait(list(busy)):
                    assert isinstance(connection, Connection)
                    worker, case, deaths = busy.pop(connection)
                    result = worker.result()
                    if isinstance(result, BaseException):
                        worker.end()
                        raise result
                    if result is not None:
                        idle.append(worker)
                    elif deaths + 1 < DEATHS:
                        again.append((case, deaths + 1))
                        continue
                    else:
                        result = Failed(f"{DEATHS} processes have died under it, perhaps for want of memory")
                    then = following(case, result) if isinstance(result, Done) else None
                    if then is not None:
                        again.appendleft((then, 0))
                    yield case, result
        finally:
            workers = [*idle, *(own for own, _, _ in busy.values())]
            for worker in workers:
                worker.process.terminate()
            for worker in workers:
                worker.end()


class _Worker(Generic[T]):
    """A process and this end of its pipe."""

    def __init__(self, function: Callable[[T], Result], threads: int) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy the threads' locks of BLAS
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, threads), daemon=True)
        self.process.start()
        other.close()  # or the end of the process would not be seen
        self.begin(function)

    def begin(self, work: T | Callable[[T], Result]) -> bool:
        """Send the function, or a case; False if the process is dead."""
        try:
            self.connection.send(work)
        except OSError:
            self.end()
            return False
        return True

    def result(self) -> Result | BaseException | None:
        """What the process says, None if it is dead."""
        try:
            result: Result | BaseException = self.connection.recv()
        except (EOFError, OSError):
            self.end()
            return None
        return result

    def end(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.join(PATIENCE)
        self.process.kill()
        self.process.join()


def _serve(connection: Connection, threads: int) -> None:
    """What a process does: a function, then cases, until the pipe ends, which it does where its other end is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the first process ends the others
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # temporary folders are removed
    for name in THREADS:
        os.environ.setdefault(name, str(threads))  # read by BLAS when NumPy is loaded, with the function
    function: Callable[[Any], Result] | None = None
    while True:
        try:
            case = connection.recv()
        except EOFError:
            return
        if function is None:
            function = case
            continue
        answer: Result | BaseException
        try:
            answer = function(case)
        except Exception as error:  # noqa: BLE001  # raised again in the first process
            error.add_note(traceback.format_exc())
            answer = error
        try:
            connection.send(answer)
        except OSError:  # nobody listens any more
            return
