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

from exactcnn.checker.budget import NUMBER, Budget
from exactcnn.checker.document import FormatError, fields, integer, quote, rational, read_bytes, sequence

MOST_HEADER_BYTES = 10_000
TYPES = {f"|{kind}1": code for kind, code in zip("iu", "bB", strict=True)} | {
    f"<{kind}": code
    for kind, code in zip(("i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8"), "hiqHIQefd", strict=True)
}


def read_array(value: Any, where: str, folder: Path, shape: tuple[int | None, ...], budget: Budget) -> list[fmpq]:
    """Return the entries, in C order, of an array that must have this shape; None stands for any size.

    Entries that are equal are one object: most arrays of data hold few different numbers.
    """
    inline = type(value) is dict and "values" in value
    names = ("shape", "values") if inline else ("shape", "file", "member", "type", "sha256", "scale")
    given, *rest = fields(value, where, *names)
    given = [integer(size, f"{where}: shape", 1) for size in sequence(given, f"{where}: shape")]
    if len(given) != len(shape) or any(size not in (None, own) for own, size in zip(given, shape, strict=True)):
        raise FormatError(f"{where} has shape {_text(given)}; expected {_text(shape)}")
    count = math.prod(given)
    budget.hold(count * NUMBER, where)
    if inline:
        known: dict[str, fmpq] = {}
        for entry in sequence(rest[0], where, count):
            if type(entry) is not str or entry not in known:
                number = rational(entry, where)  # which refuses all but strings
                known[entry] = number
        return [known[entry] for entry in rest[0]]
    budget.spend(1000 * count, where)
    file, member, descr, sha256, scale = rest
    factor = rational(scale, f"{where}: scale")
    if factor <= 0:
        raise FormatError(f"{where}: scale is {quote(scale)}; expected a positive number")
    if type(file) is not str or file in ("", ".", "..") or any(character in file for character in "/\\:\0"):
        raise FormatError(f"{where}: file is {quote(file)}; expected a plain name beside the certificate")
    if type(descr) is not str or descr not in TYPES:
        raise FormatError(f"{where}: type is {quote(descr)}; expected little-endian integers or floats, such as '<f8'")
    data = read_bytes(folder / file, f"{where}: file {quote(file)}", budget)
    size = count * struct.calcsize(f"<{TYPES[descr]}")
    try:
        entries = _entries(data if member is None else _member(data, member, size), tuple(given), descr)
    except Exception as error:  # noqa: BLE001 - zipfile and its decompressors raise a dozen kinds
        reason = str(error) if isinstance(error, FormatError) else "truncated or of the wrong type"
        raise FormatError(f"{where}: file {quote(file)}: {reason}") from None
    if hashlib.sha256(entries).hexdigest() != sha256:
        raise FormatError(f"{where}: file {quote(file)}: the entries do not have the hash that the certificate states")
    numbers = struct.unpack(f"<{count}{TYPES[descr]}", entries)
    different = set(numbers)
    if not all(map(math.isfinite, different)):
        index = next(i for i, number in enumerate(numbers) if not math.isfinite(number))
        raise FormatError(f"{where}: file {quote(file)}: entry {index} is {numbers[index]}; expected finite numbers")
    if len(different) > count // 2:  # then a table of them takes longer than it saves
        exact = [fmpq(*number.as_integer_ratio()) for number in numbers]
        return exact if factor == 1 else [factor * number for number in exact]
    known = {number: factor * fmpq(*number.as_integer_ratio()) for number in different}
    return [known[number] for number in numbers]


def _text(shape: Sequence[int | None]) -> str:
    return f"[{', '.join('any' if size is None else quote(size) for size in shape)}]"


def _member(data: bytes, member: Any, size: int) -> bytes:
    """Return a member of an archive, whose entries have this size: no more is decompressed."""
    if type(member) is not str:
        raise FormatError(f"member is {quote(member)}; expected a name or null")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entry = archive.getinfo(f"{member}.npy")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others cannot be read in parts
            raise FormatError("compressed in another way than NumPy does")
        if entry.file_size > size + MOST_HEADER_BYTES:  # further bytes than the header says are no longer read
            raise FormatError("missing or further bytes")
        with archive.open(entry) as file:
            return file.read(size + MOST_HEADER_BYTES + 1)


def _entries(data: bytes, shape: tuple[int, ...], expected: str) -> bytes:
    """Return the entries of a .npy file in C order. Its header is a Python literal: nothing is executed."""
    if data[:6] != b"\x93NUMPY" or data[6] not in (1, 2, 3):
        raise FormatError("not a .npy file")
    width = 2 if data[6] == 1 else 4
    start = 8 + width + int.from_bytes(data[8 : 8 + width], "little")
    if start > MOST_HEADER_BYTES:
        raise FormatError("not a header of a plain array")
    header = ast.literal_eval(data[8 + width : start].decode("latin-1").strip())
    descr, fortran_order, stored = fields(header, "header", "descr", "fortran_order", "shape")
    if descr != expected:
        raise FormatError(f"entries of type {quote(descr)}; expected {quote(expected)}")
    if stored != shape or type(fortran_order) is not bool:
        raise FormatError(f"the array does not have the shape {_text(shape)}")
    size, entries = struct.calcsize(f"<{TYPES[expected]}"), data[start:]
    if len(entries) != size * math.prod(shape):
        raise FormatError("missing or further bytes")
    if not fortran_order:
        return entries
    positions = [0]  # of the entries whose first index runs fastest
    for axis, length in enumerate(shape):
        stride = math.prod(shape[:axis])
        positions = [position + stride * index for position in positions for index in range(length)]
    return b"".join(entries[size * position : size * (position + 1)] for position in positions)
