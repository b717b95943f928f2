"""A Dask scheduler that somebody runs: reached in seconds or refused in one line, with workers of this very version."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from exactcnn.errors import InputError

REACHED = 5  # seconds to reach a scheduler


class OtherBuild(Exception):
    """A worker whose package is not the one of the run."""


def require_dask(address: str) -> None:
    """Refuse a scheduler without Dask.

    Raises
    ------
    InputError
        If it is not installed.
    """
    if find_spec("distributed") is None:
        raise InputError(f"the scheduler {address} needs Dask; expected `pip install 'exactcnn[dask]'`")


@cache
def build() -> str:
    """Return the version of the package and a hash of its source: what computes the same.

    Examples
    --------
    >>> build().startswith("0.1.0+")
    True
    """
    digest, home = hashlib.sha256(), Path(__file__).parent
    for path in sorted(home.rglob("*.py")):
        digest.update(path.relative_to(home).as_posix().encode() + b"\0" + path.read_bytes())
    version = import_module("exactcnn").__version__  # the package itself names rooms above this one
    return f"{version}+{digest.hexdigest()[:12]}"


def at_a_worker(module: str) -> str:
    """Return an expression for a module: a worker that cannot read what it is sent is lost, so it is sent text.

    Examples
    --------
    >>> eval(at_a_worker("exactcnn.errors")).InputError.__name__
    'InputError'
    """
    return f"__import__({module!r}, fromlist=['here'])"


def check_workers(client: Any) -> None:
    """Refuse a worker whose package is another one, or none, which a built-in function can ask it."""
    for worker, found in client.run(eval, f"{at_a_worker(__name__)}.build()", on_error="return").items():
        if isinstance(found, OSError):  # lost meanwhile
            continue
        if isinstance(found, Exception):
            raise InputError(other_build(worker, f"of another version or none ({found})", build()))
        if found != build():
            raise InputError(other_build(worker, found, build()))


def other_build(worker: str, found: str, own: str) -> str:
    """Say that a worker has another package."""
    return f"the worker {worker} has exactcnn {found}; expected {own}, as here"


@contextmanager
def connected(address: str, advice: str) -> Iterator[Any]:
    """Connect to a scheduler; the log of Dask, which repeats in many lines what is said here in one, is silent.

    Raises
    ------
    InputError
        If it cannot be reached, or is lost meanwhile: then with the advice. If a task has killed several workers.
    """
    from distributed import Client
    from distributed.scheduler import KilledWorker

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
        except (CancelledError, OSError):  # of the connection, whichever of its ends is met first
            raise InputError(f"the scheduler {address} is lost; {advice}") from None
        except KilledWorker as error:
            raise InputError(
                f"the scheduler {address}: {error.allowed_failures + 1} workers have died under one task; expected"
                " workers with more memory"
            ) from None
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
