"""Cases that are quick, that kill the process in which they are decided, or something else."""

import os
import signal
import time
from pathlib import Path

from exactcnn.errors import InputError
from exactcnn.searches.engine import Done


def squared(n):
    return Done({"n": n, "square": n * n}, {f"{n}.txt": b"%d" % n})


def deadly(case):
    """Of (n, folder, deaths): the process dies so many times before the case is done."""
    n, folder, deaths = case
    marks = len(list(Path(folder).glob(f"{n}-*")))
    if marks < deaths:
        (Path(folder) / f"{n}-{marks}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return squared(n)


def killing(case):
    """Of (n, process): that process is killed before the case is done."""
    n, process = case
    if process is not None:
        os.kill(process, signal.SIGKILL)
        time.sleep(60)
    return squared(n)


def refusing(n):
    if n == 3:
        raise InputError("3; expected another number")
    return squared(n)


def failing(n):
    return [][n]


def surroundings(n):
    return Done({"process": os.getpid(), "threads": os.environ.get("OPENBLAS_NUM_THREADS")})


def alone(folder):
    """How many cases are being decided in this process while this one is."""
    mark = Path(folder) / f"{os.getpid()}-{time.monotonic_ns()}"
    mark.touch()
    time.sleep(0.05)
    both = len(list(Path(folder).glob(f"{os.getpid()}-*")))
    mark.unlink()
    return Done({"together": both})


def halved(_, done):
    """The case that follows a square: half the number, while it is even."""
    n = done.line["n"]
    return n // 2 if n and n % 2 == 0 else None


def squares(results):
    return sorted((done.line["n"], done.line["square"]) for _, done in results)
