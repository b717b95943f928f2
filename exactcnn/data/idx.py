"""The IDX format of MNIST and Fashion-MNIST, read strictly."""

from __future__ import annotations

import math
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.data.files import opened, shown_path
from exactcnn.errors import InputError
from exactcnn.resources import check_memory

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | Path) -> NDArray[Any]:
    """Read an IDX file, compressed by gzip or not.

    The format: bytes 0, 0, type, number of dimensions; each length as 4 bytes; the entries in C order. All of it is
    big-endian.

    Raises
    ------
    InputError
        For an unknown type, an empty, truncated or overlong file, or one that is no IDX file.
    """
    with opened(path) as stream:
        return idx_array(stream, shown_path(path))


def is_idx(beginning: bytes) -> bool:
    """Whether the first four bytes are those of an IDX file; no text, and no other file read here, has them.

    Examples
    --------
    >>> is_idx(bytes([0, 0, 8, 3])), is_idx(b"1, 2")
    (True, False)
    """
    return len(beginning) >= 4 and beginning[:2] == b"\0\0" and beginning[2] in TYPES and beginning[3] > 0


def idx_array(stream: IO[bytes], name: str) -> NDArray[Any]:
    """Read the array that a stream of an IDX file holds; raises as `read_idx`."""
    beginning = stream.read(4)
    if not is_idx(beginning):
        known = ", ".join(f"{number:02x}" for number in TYPES)
        raise InputError(
            f"{name} begins with {beginning.hex(' ') or 'nothing'}; expected 00 00, a type ({known}) and a number of"
            " dimensions, an IDX file"
        )
    dtype, dimensions = np.dtype(TYPES[beginning[2]]), beginning[3]
    header = stream.read(4 * dimensions)
    if len(header) < 4 * dimensions:
        raise InputError(f"{name} is truncated in its header; expected {dimensions} lengths")
    shape = tuple(int(n) for n in np.frombuffer(header, dtype=">u4"))
    size = math.prod(shape)
    if size == 0:
        raise InputError(f"{name} has shape {shape}; expected at least one entry")
    check_memory((8 + 2 * dtype.itemsize) * size, what=f"{name} with shape {shape}")  # the bytes, and an int64 each
    data = stream.read(size * dtype.itemsize + 1)
    if len(data) != size * dtype.itemsize:
        found = "more" if len(data) > size * dtype.itemsize else str(len(data))
        raise InputError(f"{name} holds {found} bytes of data; expected {size * dtype.itemsize} for shape {shape}")
    return np.frombuffer(data, dtype=dtype).astype(dtype.newbyteorder("="), copy=False).reshape(shape)
