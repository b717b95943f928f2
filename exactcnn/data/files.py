"""What every reader checks before it reads: the file is there."""

from __future__ import annotations

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
