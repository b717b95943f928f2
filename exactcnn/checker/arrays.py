"""Arrays of a certificate as exact rational numbers: inline, or in a NumPy file that is read without NumPy."""

from __future__ import annotations

import ast
import hashlib
import io
import math
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flint import fmpq

from exactcnn.checker.document import FormatError, fields, integer, limit, quote, rational, read_bytes, sequence

MOST_HEADER_BYTES = 10_000
TYPES = {f"|{kind}1": code for kind, code in zip("iu", "bB", strict=True)} | {
    f"<{kind}": code
    for kind, code in zip(("i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8"), "hiqHIQefd", strict=True)
}


def read_array(value: Any, where: str, folder: Path, shape: tuple[int, ...]) -> list[fmpq]:
    """Return the entries, in C order, of an array that must have this shape."""
    inline = type(value) is dict and "values" in value
    names = ("shape", "values") if inline else ("shape", "file", "member", "sha256", "scale")
    given, *rest = fields(value, where, *names)
    given = [integer(size, f"{where}: shape", 1) for size in sequence(given, f"{where}: shape")]
    if tuple(given) != shape:
        raise FormatError(f"{where} has shape {_text(given)}; expected {_text(shape)}")
    limit(math.prod(shape), where)
    if inline:
        return [rational(entry, where) for entry in sequence(rest[0], where, math.prod(shape))]
    file, member, sha256, scale = rest
    factor = rational(scale, f"{where}: scale")
    if factor <= 0:
        raise FormatError(f"{where}: scale is {quote(scale)}; expected a positive number")
    if type(file) is not str or file in ("", ".", "..") or any(character in file for character in "/\\:\0"):
        raise FormatError(f"{where}: file is {quote(file)}; expected a plain name beside the certificate")
    data = read_bytes(folder / file, f"{where}: file {quote(file)}")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise FormatError(f"{where}: file {quote(file)} does not have the hash that the certificate states")
    try:
        numbers = _numbers(data if member is None else _member(data, member), shape)
    except Exception as error:  # noqa: BLE001 - zipfile and its decompressors raise a dozen kinds
        reason = str(error) if isinstance(error, FormatError) else "truncated or of the wrong type"
        raise FormatError(f"{where}: file {quote(file)}: {reason}") from None
    return [factor * fmpq(*number.as_integer_ratio()) for number in numbers]


def _text(shape: Sequence[int]) -> str:
    return f"[{', '.join(map(quote, shape))}]"


def _member(data: bytes, member: Any) -> bytes:
    if type(member) is not str:
        raise FormatError(f"member is {quote(member)}; expected a name or null")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entry = archive.getinfo(f"{member}.npy")
        limit(entry.file_size // 8, "member")  # no decompression beyond what any array may need
        with archive.open(entry) as file:
            return file.read()


def _numbers(data: bytes, shape: tuple[int, ...]) -> list[int] | list[float]:
    """Return the finite numbers of a .npy file in C order. Its header is a Python literal: nothing is executed."""
    if data[:6] != b"\x93NUMPY" or data[6] not in (1, 2, 3):
        raise FormatError("not a .npy file")
    width = 2 if data[6] == 1 else 4
    start = 8 + width + int.from_bytes(data[8 : 8 + width], "little")
    if start > MOST_HEADER_BYTES:
        raise FormatError("not a header of a plain array")
    header = ast.literal_eval(data[8 + width : start].decode("latin-1").strip())
    descr, fortran_order, stored = fields(header, "header", "descr", "fortran_order", "shape")
    if type(descr) is not str or descr not in TYPES:
        raise FormatError(f"entries of type {quote(descr)}; expected little-endian integers or floats")
    if stored != shape or type(fortran_order) is not bool:
        raise FormatError(f"the array does not have the shape {_text(shape)}")
    numbers = list(struct.unpack(f"<{math.prod(shape)}{TYPES[descr]}", data[start:]))  # refuses missing and extra bytes
    for index, number in enumerate(numbers):
        if not math.isfinite(number):
            raise FormatError(f"entry {index} is {number}; expected finite numbers")
    return _c_order(numbers, shape) if fortran_order else numbers


def _c_order(numbers: list[Any], shape: tuple[int, ...]) -> list[Any]:
    """Reorder entries whose first index runs fastest."""
    positions = [0]
    for axis, size in enumerate(shape):
        stride = math.prod(shape[:axis])
        positions = [position + stride * index for position in positions for index in range(size)]
    return [numbers[position] for position in positions]
