"""Files of the format safetensors: a header in JSON, then the bytes of all tensors.

References
----------
.. [1] safetensors, "Format", https://github.com/huggingface/safetensors#format.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from exactcnn.data.files import readable_file
from exactcnn.errors import InputError
from exactcnn.interop.tensors import Window, contiguous, decoded, item_size, seen
from exactcnn.resources import check_memory

MOST_HEADER = 2**23  # bytes of JSON: below half a gigabyte as Python's objects
TYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
}


def read_safetensors(path: str | Path) -> dict[str, NDArray[Any]]:
    """Read all tensors by name, in the order in which their bytes lie.

    Raises
    ------
    InputError
        For a header that is no JSON of this form, a name twice, types that are not read (8-bit floats), and tensors
        that overlap, leave gaps, or do not lie within the file.

    Examples
    --------
    >>> read_safetensors("tests/interop/data/tiny.safetensors")["fc.bias"].tolist()
    [0.5, -0.25]
    """
    path = readable_file(path)
    try:
        return _read(path)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _read(path: Path) -> dict[str, NDArray[Any]]:
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8 or length > MOST_HEADER:
            limit = min(MOST_HEADER, max(size - 8, 0))
            raise InputError(f"a header of {length} bytes in a file of {size}; expected safetensors, at most {limit}")
        header = _json(file.read(length))
        data = size - 8 - length
        entries = sorted(
            (_entry(name, each) for name, each in header.items() if name != "__metadata__"), key=lambda e: e[2:]
        )
        end = 0
        for name, _, begin, stop, _ in entries:
            if begin != end or stop > data:
                raise InputError(f"{name}: bytes {begin} to {stop}; expected them from {end} on, in {data} bytes")
            end = stop
        if end != data:
            raise InputError(f"{data - end} bytes behind the last tensor; expected none")
        check_memory(4 * data, what=f"tensors of {data} bytes")
        tensors = {}
        for name, type_, begin, stop, shape in entries:
            storage = decoded(file.read(stop - begin), type_)
            tensors[name] = seen(Window(name, 0, shape, contiguous(shape)), storage)
        return tensors


def _json(text: bytes) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) < len(pairs):
            raise InputError("a name occurs twice in the header; expected different names")
        return table

    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=once)
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        raise InputError(f"a header that is no JSON ({str(error)[:80]}); expected safetensors") from None
    if not isinstance(header, dict):
        raise InputError("a header that is no table; expected safetensors")
    return header


def _entry(name: str, value: Any) -> tuple[str, str, int, int, tuple[int, ...]]:
    """Name, type, begin, end and shape of a tensor."""
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        raise InputError(f"{name[:80]}: expected dtype, shape and data_offsets")
    type_, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(type_, str) or type_ not in TYPES:
        raise InputError(f"{name[:80]} has dtype {str(type_)[:20]}; expected one of {', '.join(TYPES)}")
    for numbers in (shape, offsets):
        whole = isinstance(numbers, list) and all(type(n) is int and 0 <= n < 2**48 for n in numbers)
        if not whole or (numbers is offsets and len(numbers) != 2):
            raise InputError(f"{name[:80]}: shape or offsets that are no integers of at least 0")
    begin, end = offsets
    needed = math.prod(shape) * item_size(TYPES[type_])
    if end - begin != needed:
        raise InputError(f"{name[:80]} of shape {shape} has {end - begin} bytes; expected {needed}")
    return name, TYPES[type_], begin, end, tuple(shape)
