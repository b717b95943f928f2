"""Exact matrices from text: one row a line; integers of any size, decimals, fractions p/q."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exactcnn.data.files import check_memory, readable_file
from exactcnn.display import several
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.numerals import parse_rational
from exactcnn.errors import InputError

PLAIN_INTEGERS = b"0123456789+-, \t\n"


def read_text_matrix(path: str | Path) -> ExactArray:
    """Read a text or CSV file, UTF-8, one row a line, entries separated by commas or by blanks.

    Text after ``#`` and blank lines are ignored. A decimal is the decimal fraction that it is, not a float.

    Raises
    ------
    InputError
        With line and column (counted from 1, the column in entries) for an entry that is not a number; with the line
        for a row of another length; for a file that is missing, empty, too large, or not text.
    """
    path = readable_file(path)
    check_memory(16 * path.stat().st_size, what=f"{path} as numbers")  # an entry has 2 bytes or more: text, list, array
    data = path.read_bytes()
    if data.startswith((b"\x93NUMPY", b"PK\x03\x04")):
        raise InputError(f"{path}: a NumPy file under another name; expected the suffix .npy or .npz, or text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8 text; expected rows of numbers") from None
    if "\0" in text:
        raise InputError(f"{path}: binary data; expected rows of numbers as text")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    fast = _plain_integers(text)
    return ExactArray(fast) if fast is not None else _any_numbers(text, path)


def _plain_integers(text: str) -> NDArray[np.int64] | None:
    """Read rectangular rows of short integers by NumPy; None for all else, which the general reader then judges.

    Older versions of NumPy read an entry that is no 64-bit integer by way of a float. Without points, exponents and
    runs of 19 digits there is no such entry that is a number.
    """
    import io

    data = text.encode()
    if data.translate(None, PLAIN_INTEGERS) or not data.strip() or re.search(rb"[0-9]{19}", data):
        return None
    try:
        return np.loadtxt(
            io.StringIO(text), dtype=np.int64, delimiter="," if b"," in data else None, comments=None, ndmin=2
        )
    except ValueError:
        return None


def _any_numbers(text: str, path: Path) -> ExactArray:
    values: list[Fraction | int] = []
    columns = rows = first_line = 0
    for line, content in enumerate(text.split("\n"), 1):
        content = content.partition("#")[0].strip()
        if not content:
            continue
        tokens = content.split(",") if "," in content else content.split()
        try:
            values += [_number(token.strip(), path, line, column) for column, token in enumerate(tokens, 1)]
        except InputError as error:
            raise InputError(f"{error}{_hint(content, tokens, first=not rows)}") from None
        rows += 1
        if rows == 1:
            columns, first_line = len(tokens), line
        if len(tokens) != columns:
            held = several(len(tokens), "entry", "entries")
            raise InputError(f"{path}, line {line}: {held}; expected {columns} as in line {first_line}")
    if not rows:
        raise InputError(f"{path}: no numbers; expected one row a line")
    return ExactArray.from_fractions(values, (rows, columns))


def _hint(content: str, tokens: list[str], *, first: bool) -> str:
    """What a line that is not one of numbers may have been meant as."""
    if ";" in content:
        return "; entries are separated by commas or blanks, not by ';'"
    if first and all(re.match(r"\s*[\"']?[^\W\d]", token) for token in tokens):
        return "; a header is a line that starts with '#'"
    return ""


def _number(token: str, path: Path, line: int, column: int) -> Fraction | int:
    if len(token) < 20 and token.isascii() and token.removeprefix("-").isdecimal():
        return int(token)
    return parse_rational(token, name=f"{path}, line {line}, column {column}")
