"""What work takes, asked and told: memory that is checked before it is allocated, and progress."""

from __future__ import annotations

import os
from collections.abc import Callable

from exactcnn.errors import InputError

Progress = Callable[[str, int, int], None]
"""Called with (what, done, total)."""


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
    if not fits_memory(needed):
        limit = physical_memory() // 2
        raise InputError(
            f"{what} would take {_gibibytes(needed)} of memory; expected at most {_gibibytes(limit)},"
            " half of what this machine has"
        )


def fits_memory(needed: int) -> bool:
    """Whether so many bytes are at most half of the machine's memory.

    Examples
    --------
    >>> fits_memory(10**6), fits_memory(2**60)
    (True, False)
    """
    return needed <= physical_memory() // 2


def physical_memory() -> int:
    """Bytes of memory of this machine; 16 GiB where the system does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 16 * 2**30


def _gibibytes(size: int) -> str:
    return f"{size >> 30} GiB" if size >> 30 >= 10 else f"{size / 2**30:.2g} GiB"
