"""What every reader of files does before it reads: is it there, and is it compressed."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from exactcnn.errors import InputError
from exactcnn.resources import check_memory

if TYPE_CHECKING:
    import gzip

STANDARD_INPUT = "-"
ONE_ARRAY = re.compile(r"(?P<file>.+\.npz(?:\.gz)?):(?P<name>[^/\\]*)")
GZIP = b"\x1f\x8b"
CHUNK = 2**20


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


def file_and_array(path: str | Path) -> tuple[Path, str | None]:
    """Split FILE.npz:NAME; a file that is really called so is itself.

    Examples
    --------
    >>> file_and_array("images.npz:train"), file_and_array("images.npz")
    ((PosixPath('images.npz'), 'train'), (PosixPath('images.npz'), None))
    """
    match = ONE_ARRAY.fullmatch(str(path))
    if match is None or Path(path).exists():
        return Path(path), None
    return Path(match["file"]), match["name"]


def shown_path(path: str | Path) -> str:
    """How messages call a file."""
    return "standard input" if str(path) == STANDARD_INPUT else str(path)


@contextmanager
def opened(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a file, or standard input for "-", without gzip's compression if it has that; the bytes can be sought.

    Raises
    ------
    InputError
        If there is no such file, or its bytes would not fit in memory; for broken compression.
    """
    import gzip
    import zlib

    name = shown_path(path)
    if str(path) == STANDARD_INPUT:
        content: IO[bytes] = _held(sys.stdin.buffer, name)
    else:
        content = readable_file(path).open("rb")
    with content:
        compressed = content.read(2) == GZIP
        content.seek(0)
        if not compressed:
            yield content
            return
        try:
            inside = _held(gzip.GzipFile(fileobj=content), name)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{name}: broken gzip compression ({error})") from None
        yield inside


def _held(stream: IO[bytes] | gzip.GzipFile, name: str) -> BytesIO:
    """All bytes of a stream that may not be sought, or has no known end: in memory, as far as they fit."""
    held = BytesIO()
    while chunk := stream.read(CHUNK):
        check_memory(2 * (held.tell() + len(chunk)), what=f"{name}, {held.tell() + len(chunk)} bytes and more,")
        held.write(chunk)
    held.seek(0)
    return held
