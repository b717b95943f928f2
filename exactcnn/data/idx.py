"""The IDX format of MNIST and Fashion-MNIST, read strictly."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exactcnn.data.files import readable_file
from exactcnn.errors import InputError
from exactcnn.resources import check_memory


def read_idx(path: str | Path, *, dimensions: int) -> NDArray[np.uint8]:
    """Read a gzip-compressed IDX file of unsigned bytes with the given number of dimensions.

    The format: bytes 0, 0, type (8 = unsigned byte), number of dimensions; each length as 4 bytes, big-endian; the
    entries in C order.

    Raises
    ------
    InputError
        For another type or number of dimensions, an empty, truncated or overlong file, or one that is not gzip.
    """
    import gzip
    import zlib

    path = readable_file(path)
    try:
        with gzip.open(path) as stream:
            magic = stream.read(4)
            if magic != bytes([0, 0, 8, dimensions]):
                raise InputError(
                    f"{path} begins with {magic.hex(' ') or 'nothing'}; expected 00 00 08 {dimensions:02x},"
                    f" an IDX file of unsigned bytes in {dimensions} dimensions"
                )
            header = stream.read(4 * dimensions)
            if len(header) < 4 * dimensions:
                raise InputError(f"{path} is truncated in its header; expected {dimensions} lengths")
            shape = tuple(int(n) for n in np.frombuffer(header, dtype=">u4"))
            size = math.prod(shape)
            if size == 0:
                raise InputError(f"{path} has shape {shape}; expected at least one entry")
            check_memory(9 * size, what=f"{path} with shape {shape}")  # a byte and an int64 each
            data = stream.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: broken or not gzip-compressed ({error})") from None
    if len(data) != size:
        found = "more" if len(data) > size else str(len(data))
        raise InputError(f"{path} holds {found} bytes of data; expected {size} for shape {shape}")
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)
