"""Tensors as windows on storages: types, sizes and strides, checked before anything is allocated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.errors import InputError

MOST_AXES = 32  # of NumPy
BFLOAT16 = "bfloat16"

TYPES: dict[str, str] = {
    "float64": "f8",
    "float32": "f4",
    "float16": "f2",
    BFLOAT16: "u2",  # the upper half of a float32
    "int64": "i8",
    "int32": "i4",
    "int16": "i2",
    "int8": "i1",
    "uint64": "u8",
    "uint32": "u4",
    "uint16": "u2",
    "uint8": "u1",
    "bool": "u1",
}
"""Element types that are taken exactly, and how NumPy reads their bytes."""


@dataclass(frozen=True)
class Window:
    """A tensor: elements of a storage at offset + sum of index times stride."""

    name: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def item_size(type_: str) -> int:
    """Bytes of one element."""
    return np.dtype(TYPES[type_]).itemsize


def decoded(data: bytes, type_: str, *, big_endian: bool = False) -> NDArray[Any]:
    r"""Numbers from their bytes; bfloat16 becomes float32, exactly.

    Examples
    --------
    >>> decoded(b"\x80\x3f\xc0\x3f", "bfloat16").tolist()
    [1.0, 1.5]
    """
    array = np.frombuffer(data, dtype=np.dtype((">" if big_endian else "<") + TYPES[type_]))
    if type_ == BFLOAT16:
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Strides in C order, in elements."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def check_window(window: Window, size: int) -> None:
    """Refuse a tensor that is not within its storage of so many elements, or has more elements than it.

    Raises
    ------
    InputError
        Naming the tensor.
    """
    shape, strides = window.shape, window.strides
    numbers = (window.offset, *shape, *strides)
    if len(shape) != len(strides) or len(shape) > MOST_AXES:
        raise InputError(f"{window.name}: {len(shape)} sizes and {len(strides)} strides; expected equally many")
    if any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in numbers):
        raise InputError(f"{window.name}: sizes, strides or an offset that are no integers of at least 0")
    count = math.prod(shape)
    last = window.offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True)) if count else window.offset
    if last + bool(count) > size:
        raise InputError(
            f"{window.name}: element {last} of a storage of {size}; expected strides and offset within the storage"
        )
    if count > size:
        raise InputError(f"{window.name}: {count} elements in a storage of {size}; expected no element twice")


def seen(window: Window, storage: NDArray[Any]) -> NDArray[Any]:
    """The tensor, read-only and without a copy."""
    check_window(window, storage.size)
    steps = [stride * storage.itemsize for stride in window.strides]
    return np.lib.stride_tricks.as_strided(storage[window.offset :], window.shape, steps, writeable=False)
