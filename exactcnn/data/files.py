"""What every reader checks before it reads: the file is there, and what it holds fits in memory."""

from __future__ import annotations

import os
from pathlib import Path

from exactcnn.errors import InputError


def readable_file(path: str | Path) -> Path:
    """Return the path if it names a regular file that can be opened; InputError in one line otherwise."""
    path = Path(path)
    try:
        if path.is_dir():
            raise InputError(f"{path} is a directory; expected a file")
        if path.exists() and not path.is_file():  # a device may never end, a pipe never begin
            raise InputError(f"{path} is not a regular file; expected one")
        with path.open("rb"):
            return path
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        raise InputError(f"{path}: cannot be opened ({getattr(error, 'strerror', None) or error})") from None


def check_memory(needed: int, *, what: str) -> None:
    """Refuse, before anything is allocated, what needs more than half of the machine's memory.

    Examples
    --------
    >>> check_memory(10**6, what="a small array")
    >>> try:
    ...     check_memory(2**60, what="data.npy")
    ... except InputError as error:
    ...     print(str(error).partition(";")[0])
    data.npy would take 1073741824 GiB of memory
    """
    limit = physical_memory() // 2
    if needed > limit:
        raise InputError(
            f"{what} would take {_gibibytes(needed)} of memory; expected at most {_gibibytes(limit)},"
            " half of what this machine has"
        )


def physical_memory() -> int:
    """Bytes of memory of this machine; 16 GiB where the system does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 16 * 2**30


def _gibibytes(size: int) -> str:
    return f"{size >> 30} GiB" if size >> 30 >= 10 else f"{size / 2**30:.2g} GiB"
