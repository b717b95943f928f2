"""NumPy files, read strictly: header first, no pickles, nothing missing and nothing left over."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.data.files import readable_file
from exactcnn.errors import InputError
from exactcnn.resources import check_memory


def read_npy(path: str | Path) -> NDArray[Any]:
    """Read the one array of a .npy file.

    Raises
    ------
    InputError
        If the file is missing, truncated, no .npy file, holds objects, or its array would not fit in memory.
    """
    path = readable_file(path)
    with _one_line(path), path.open("rb") as stream:
        return _read_array(stream, str(path))


def read_npz(path: str | Path) -> dict[str, NDArray[Any]]:
    """Read the arrays of a .npz file by name.

    Raises
    ------
    InputError
        As for `read_npy`; also if two members have one name, or a member is not an array.
    """
    import zipfile

    path = readable_file(path)
    arrays: dict[str, NDArray[Any]] = {}
    with _one_line(path), zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if not member.endswith(".npy"):
                raise InputError(f"{path}: member {member!r} is not an array; expected .npy members only")
            name = member.removesuffix(".npy")
            if name in arrays:
                raise InputError(f"{path}: two arrays are named {name!r}; expected different names")
            with archive.open(member) as stream:
                arrays[name] = _read_array(stream, f"{path}[{name}]")
    return arrays


def _read_array(stream: IO[bytes], name: str) -> NDArray[Any]:
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):  # later versions only add names for the fields of records
        raise InputError(f"{name}: .npy format version {version}; expected integers or floats in version 1.0 or 2.0")
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(stream)
    if dtype.kind not in "biuf":
        raise InputError(f"{name} has dtype {dtype}; expected integers or floats (pickled objects are never read)")
    if min(shape, default=0) < 0:
        raise InputError(f"{name} has shape {shape}; expected no negative length")
    check_memory(
        math.prod(shape) * (dtype.itemsize + 8), what=f"{name} with shape {shape}"
    )  # the file's array, and ours
    stream.seek(0)
    array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    if stream.read(1):
        raise InputError(f"{name}: data after the end of the array; expected one array of shape {shape}")
    return array


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    """Turn whatever a broken file makes NumPy, zipfile or zlib raise or warn of into one InputError."""
    import struct
    import tokenize
    import zipfile
    import zlib

    broken = (ValueError, TypeError, ArithmeticError, RuntimeError, EOFError, OSError, SyntaxError, Warning)
    try:
        with warnings.catch_warnings(action="error"):
            yield
    except InputError:
        raise
    except MemoryError:
        raise InputError(f"{path}: not enough memory to read it") from None
    except (*broken, struct.error, tokenize.TokenError, zlib.error, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: broken or not a {path.suffix} file of NumPy ({reason})") from None
