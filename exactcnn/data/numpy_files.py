"""NumPy files, read strictly: header first, no pickles, nothing missing and nothing left over."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.data.files import opened, shown_path
from exactcnn.errors import InputError
from exactcnn.resources import check_memory

NPY, ZIP = b"\x93NUMPY", (b"PK\x03\x04", b"PK\x05\x06")  # the second: without a member
FORMAT = "format"  # the member of SciPy's sparse matrices that is a word
LONGEST_WORD = 16


def read_npy(path: str | Path) -> NDArray[Any]:
    """Read the one array of a .npy file.

    Raises
    ------
    InputError
        If the file is missing, truncated, no .npy file, holds objects, or its array would not fit in memory.
    """
    with opened(path) as stream:
        return npy_array(stream, shown_path(path))


def read_npz(path: str | Path) -> dict[str, NDArray[Any]]:
    """Read the arrays of a .npz file by name.

    Raises
    ------
    InputError
        As for `read_npy`; also if two members have one name, or a member is not an array.
    """
    with opened(path) as stream:
        return npz_arrays(stream, shown_path(path))


def npy_array(stream: IO[bytes], name: str) -> NDArray[Any]:
    """Read the array that a stream of a .npy file holds; raises as `read_npy`."""
    with _one_line(name, ".npy"):
        return _read_array(stream, name)


def npz_arrays(stream: IO[bytes], name: str) -> dict[str, NDArray[Any]]:
    """Read the arrays that a stream of a .npz file holds; raises as `read_npz`. A sparse matrix of SciPy is one array.

    Its name then is "matrix".
    """
    import zipfile

    arrays: dict[str, NDArray[Any]] = {}
    with _one_line(name, ".npz"), zipfile.ZipFile(stream) as archive:
        sparse = {"format.npy", "shape.npy", "data.npy"} <= set(archive.namelist())
        for member in archive.namelist():
            if not member.endswith(".npy"):
                raise InputError(f"{name}: member {member!r} is not an array; expected .npy members only")
            own = member.removesuffix(".npy")
            if own in arrays:
                raise InputError(f"{name}: two arrays are named {own!r}; expected different names")
            with archive.open(member) as inside:
                arrays[own] = _read_array(inside, f"{name}[{own}]", word=sparse and own == FORMAT)
        return {"matrix": _dense(arrays, name)} if sparse else arrays


def _read_array(stream: IO[bytes], name: str, *, word: bool = False) -> NDArray[Any]:
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0), (3, 0)):
        raise InputError(f"{name}: .npy format version {version}; expected 1.0, 2.0 or 3.0")
    # version 3 differs from 2 in the encoding of the names of records, and those are refused
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(stream)
    if word and dtype.kind in "SU" and shape == () and dtype.itemsize <= LONGEST_WORD:
        stream.seek(0)
        return np.asarray(np.lib.format.read_array(stream, allow_pickle=False))
    if dtype.kind not in "biuf":
        hint = ", perhaps written from bfloat16: save array.astype('float32')" if dtype == "V2" else ""
        hint = hint or ": complex numbers are not supported" * (dtype.kind == "c")
        pickled = " (pickled objects are never read)" * (dtype.kind == "O")
        raise InputError(f"{name} has dtype {dtype}{hint}; expected integers or floats{pickled}")
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


def _dense(arrays: Mapping[str, NDArray[Any]], name: str) -> NDArray[Any]:
    """The matrix that SciPy's `save_npz` has written, every stored entry at its place."""
    word = arrays[FORMAT].item()
    kind = word.decode("ascii", "replace") if isinstance(word, bytes) else str(word)
    if kind not in ("csr", "csc", "coo"):
        raise InputError(f"{name}: a sparse matrix of format {kind!r}; expected csr, csc or coo: save matrix.tocsr()")
    needed = ("row", "col") if kind == "coo" else ("indices", "indptr")
    missing = [each for each in needed if each not in arrays]
    if missing or arrays["shape"].shape != (2,) or any(arrays[each].dtype.kind not in "iu" for each in needed):
        raise InputError(f"{name}: not a sparse matrix of SciPy ({kind}); expected data, shape, {', '.join(needed)}")
    rows, columns = (int(length) for length in arrays["shape"])
    data = arrays["data"]
    if kind == "coo":
        places = [arrays["row"], arrays["col"]]
    else:
        starts = arrays["indptr"].astype(np.int64)
        major = rows if kind == "csr" else columns
        if starts.shape != (major + 1,) or starts[0] != 0 or starts[-1] != len(data) or (np.diff(starts) < 0).any():
            raise InputError(f"{name}[indptr] does not fit a matrix of shape ({rows}, {columns})")
        outer = np.repeat(np.arange(major), np.diff(starts))
        places = [outer, arrays["indices"]] if kind == "csr" else [arrays["indices"], outer]
    check_memory(16 * rows * columns, what=f"{name} with shape ({rows}, {columns}), not sparse,")
    if any(place.shape != data.shape or data.ndim != 1 for place in places):
        raise InputError(f"{name}: entries and places of different number; expected as many")
    for place, length in zip(places, (rows, columns), strict=True):
        if place.size and not 0 <= int(place.min()) <= int(place.max()) < length:
            raise InputError(f"{name}: a stored entry is outside the shape ({rows}, {columns})")
    flat = places[0].astype(np.int64) * columns + places[1].astype(np.int64)
    if len(np.unique(flat)) < len(flat):
        raise InputError(f"{name}: two entries at one place; expected one: matrix.sum_duplicates() before saving")
    dense = np.zeros(rows * columns, dtype=data.dtype)
    dense[flat] = data
    return dense.reshape(rows, columns)


@contextmanager
def _one_line(name: str, suffix: str) -> Iterator[None]:
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
        raise InputError(f"{name}: not enough memory to read it") from None
    except (*broken, struct.error, tokenize.TokenError, zlib.error, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{name}: broken or not a {suffix} file of NumPy ({reason})") from None
