"""Exact matrices from text: one row a line; integers of any size, decimals, fractions p/q."""

from __future__ import annotations

import codecs
import os
import re
import warnings
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from exactcnn.data.files import opened, shown_path
from exactcnn.display import several
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.numerals import character_name, parse_rational
from exactcnn.errors import InputError, Remark
from exactcnn.resources import check_memory

PLAIN_INTEGERS = b"0123456789+-, \t\n"
COMMENT = re.compile(r"#[^\n]*")
LINE_END = re.compile("[\r\v\f\x1c-\x1e\x85\u2028\u2029]")  # where some programs end a line, and this reader does not
NOT_IN_COMMENTS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")  # controls but the tab; LINE_END; BOM


def read_text_matrix(path: str | Path) -> ExactArray:
    r"""Read a text or CSV file, UTF-8, one row a line.

    A decimal is the decimal fraction that it is, not a float. What could be read as two tables is refused:

    - Lines end with ``\n`` or ``\r\n``. From ``#`` to the end of its line is a comment; lines that hold nothing else,
      or only blanks, are passed over. Blanks are spaces.
    - The file has one separator. A comma outside the comments makes it the comma; else a tab there makes it the tab;
      else runs of blanks separate.
    - Between commas or tabs every entry counts, also an empty one, which is no number. Blanks around an entry are
      ignored.
    - Numbers are written in ASCII. Comments may hold any text, but no control characters other than tabs, no other
      line ends, and no byte order mark; one at the start of the file is ignored.

    Raises
    ------
    InputError
        With line and column (counted from 1, the column in entries) for an entry that is not a number, by name if a
        character is to blame; with the line for a row of another length and for a comment that does not stay in its
        line; for a file that is missing, empty, too large, or not UTF-8.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "m.txt")
    ...     _ = path.write_text("1\t\t3\n\t2\t6\n")
    ...     try:
    ...         read_text_matrix(path)
    ...     except InputError as error:
    ...         print(str(error).partition("m.txt, ")[2].partition(";")[0])
    line 1, column 2: an empty entry is not a number
    """
    with opened(path) as stream:
        return text_matrix(whole_text(stream, shown_path(path)), shown_path(path))


def whole_text(stream: IO[bytes], name: str) -> bytes:
    """Read all bytes of a stream of text, if its numbers fit in memory."""
    size = stream.seek(0, os.SEEK_END)
    check_memory(16 * size, what=f"{name} as numbers")  # an entry has 2 bytes or more: text, list, array
    stream.seek(0)
    return stream.read()


def text_matrix(data: bytes, name: str) -> ExactArray:
    """Read the bytes of a text file; see `read_text_matrix`."""
    fast = _plain_integers(data.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n"))
    matrix = _any_numbers(decoded(data, name), name) if fast is None else ExactArray(fast)
    if _may_have_a_header(matrix):
        last = matrix.shape[1] - 1
        warnings.warn(f"{name}: the first row, 0 to {last}, is read as numbers; is it a header?", Remark, stacklevel=2)
    return matrix


def decoded(data: bytes, name: str) -> str:
    r"""Decode UTF-8, with ``\n`` or ``\r\n`` at the ends of lines; raises as `read_text_matrix`."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise InputError(f"{name}: text in UTF-16 or UTF-32; expected UTF-8")
    data = data.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{name}, line {line}: not UTF-8 text; expected rows of numbers") from None
    if "\0" in text:
        raise InputError(f"{name}: binary data, or text in UTF-16; expected rows of numbers in UTF-8")
    return text


def _may_have_a_header(matrix: ExactArray) -> bool:
    """Whether the first row is 0, 1, ..., n - 1, n >= 3, as tables are written whose columns have no names."""
    rows, columns = matrix.shape
    return rows > 1 and columns > 2 and matrix[0].fractions().tolist() == list(range(columns))


def _plain_integers(data: bytes) -> NDArray[np.int64] | None:
    """Read rectangular rows of short integers by NumPy; None for all else, which the general reader then judges.

    Older versions of NumPy read an entry that is no 64-bit integer by way of a float. Without points, exponents and
    runs of 19 digits there is no such entry that is a number. With a delimiter an empty entry is an error to NumPy;
    without one it would also split at tabs, of which there are none then.
    """
    import io

    if data.translate(None, PLAIN_INTEGERS) or not data.strip() or re.search(rb"[0-9]{19}", data):
        return None
    if b"," in data and b"\t" in data:
        return None
    try:
        return np.loadtxt(
            io.TextIOWrapper(io.BytesIO(data), encoding="ascii"),
            dtype=np.int64,
            delimiter="," if b"," in data else "\t" if b"\t" in data else None,
            comments=None,
            ndmin=2,
        )
    except ValueError:
        return None


def _any_numbers(text: str, name: str) -> ExactArray:
    code = COMMENT.sub("", text)
    separator = "," if "," in code else "\t" if "\t" in code else " "
    values: list[Fraction | int] = []
    columns = rows = first_line = 0
    for line, content in enumerate(text.split("\n"), 1):
        written, _, comment = content.partition("#")
        tokens = _entries(written, separator)
        try:
            values += [_number(token, name, line, column) for column, token in enumerate(tokens, 1)]
        except InputError as error:
            raise InputError(f"{error}{_hint(written, tokens, code, separator, first=not rows)}") from None
        if escaping := NOT_IN_COMMENTS.search(comment):
            raise InputError(
                f"{name}, line {line}: the comment holds {character_name(escaping[0])};"
                " expected no control characters in comments, and a line feed at their ends"
            )
        if not tokens:
            continue
        rows += 1
        if rows == 1:
            columns, first_line = len(tokens), line
        if len(tokens) != columns:
            held = several(len(tokens), "entry", "entries")
            raise InputError(f"{name}, line {line}: {held}; expected {columns} as in line {first_line}")
    if not rows:
        raise InputError(f"{name}: no numbers; expected one row a line")
    return ExactArray.from_fractions(values, (rows, columns))


def _entries(written: str, separator: str) -> list[str]:
    """Entries of a line, none if it is blank; `str.split` without separator would take all of Unicode's white space."""
    if separator == " ":
        return re.findall("[^ ]+", written)
    return [token.strip(" ") for token in written.split(separator)] if written.strip(" ") else []


def _hint(written: str, tokens: list[str], code: str, separator: str, *, first: bool) -> str:
    """What a line that is not one of numbers may have been meant as."""
    if ";" in written:
        return "; entries are separated by commas, tabs or blanks, not by ';'"
    if first and all(re.match(r"[\"']?[^\W\d]", token) for token in tokens):
        return "; a header is a line that starts with '#'"
    if LINE_END.search(written):
        return "; a line ends with a line feed"
    if separator == "\t" or (separator == "," and re.search(r"[^ ] +[^ ]|\t", written)):
        line = code.count("\n", 0, code.index(separator)) + 1
        return f"; {'commas' if separator == ',' else 'tabs'} separate the entries of this file, as in line {line}"
    return ""


def _number(token: str, name: str, line: int, column: int) -> Fraction | int:
    if len(token) < 20 and token.isascii() and token.removeprefix("-").isdecimal():
        return int(token)
    return parse_rational(token, name=f"{name}, line {line}, column {column}")
