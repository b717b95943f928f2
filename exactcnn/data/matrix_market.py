"""The Matrix Market format, read exactly: a decimal is the number that it is, not a float."""

from __future__ import annotations

import re
from fractions import Fraction

from exactcnn.display import did_you_mean, several
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.numerals import parse_rational
from exactcnn.errors import InputError
from exactcnn.resources import check_memory

BANNER = b"%%matrixmarket"
FORMATS, SYMMETRIES = ("coordinate", "array"), ("general", "symmetric", "skew-symmetric")
FIELDS = ("real", "double", "integer", "pattern")


def is_matrix_market(beginning: bytes) -> bool:
    """Whether a file begins as this format does.

    Examples
    --------
    >>> is_matrix_market(b"%%MatrixMarket matrix array real general")
    True
    """
    return beginning[: len(BANNER)].lower() == BANNER


def matrix_market(text: str, name: str) -> ExactArray:
    r"""Read a matrix in the format "coordinate" or "array", general, symmetric or skew-symmetric.

    Of a symmetric matrix each entry is written once, on either side of the diagonal. Entries of a pattern are 1.

    Parameters
    ----------
    text : str
        The whole file.
    name : str
        For messages.

    Raises
    ------
    InputError
        For complex and Hermitian matrices; with the line for what is no entry, an entry outside the matrix, written
        twice, or not 0 on the diagonal of a skew-symmetric matrix; for more or fewer entries than announced.

    Examples
    --------
    >>> header = "%%MatrixMarket matrix coordinate real skew-symmetric"
    >>> matrix_market(f"{header}\n2 2 1\n2 1 0.5\n", "m.mtx").fractions().tolist()
    [[Fraction(0, 1), Fraction(-1, 2)], [Fraction(1, 2), Fraction(0, 1)]]
    """
    lines = text.split("\n")
    layout, field, symmetry = _header(lines[0], name)
    rest = [(number, line.split()) for number, line in enumerate(lines[1:], 2) if line.strip() and line[0] != "%"]
    if not rest:
        raise InputError(f"{name}: no line of sizes; expected rows and columns after the header")
    lengths = 3 if layout == "coordinate" else 2
    where, sizes = rest[0]
    if len(sizes) != lengths or not all(re.fullmatch("[0-9]{1,18}", each) for each in sizes):
        expected = "rows, columns and the number of entries" if lengths == 3 else "rows and columns"
        raise InputError(f"{name}, line {where}: sizes {' '.join(sizes)[:40]!r}; expected {expected}")
    rows, columns = int(sizes[0]), int(sizes[1])
    if not rows or not columns or (symmetry != "general" and rows != columns):
        needed = "at least one row and column" + " and as many of both" * (symmetry != "general")
        raise InputError(f"{name}, line {where}: a {symmetry} matrix of shape ({rows}, {columns}); expected {needed}")
    check_memory(64 * rows * columns, what=f"{name} with shape ({rows}, {columns}), not sparse,")
    if layout == "array":
        below = {"general": -columns, "symmetric": 0, "skew-symmetric": 1}[symmetry]
        places = ((i, j) for j in range(columns) for i in range(max(j + below, 0), rows))
        count = sum(rows - max(j + below, 0) for j in range(columns))
    else:
        places, count = None, int(sizes[2])
    if len(rest) - 1 != count:
        raise InputError(f"{name}: {several(len(rest) - 1, 'entry', 'entries')}; expected {count}")
    values: list[Fraction | int] = [0] * (rows * columns)
    seen = set()
    for line, tokens in rest[1:]:
        held = (0 if layout == "array" else 2) + (field != "pattern")
        if len(tokens) != held:
            raise InputError(f"{name}, line {line}: {len(tokens)} numbers; expected {held}")
        i, j = next(places) if places is not None else _place(tokens, rows, columns, f"{name}, line {line}")
        value = 1 if field == "pattern" else parse_rational(tokens[-1], name=f"{name}, line {line}")
        if field == "integer" and value.denominator != 1:
            raise InputError(f"{name}, line {line}: {tokens[-1]} in a matrix of integers")
        mirrored = symmetry != "general" and i != j
        if (i, j) in seen or (mirrored and (j, i) in seen):
            raise InputError(f"{name}, line {line}: the entry ({i + 1}, {j + 1}) for the second time")
        if symmetry == "skew-symmetric" and i == j and value:
            raise InputError(f"{name}, line {line}: {value} on the diagonal of a skew-symmetric matrix; expected 0")
        seen.add((i, j))
        values[i * columns + j] = value
        if mirrored:
            values[j * columns + i] = -value if symmetry == "skew-symmetric" else value
    return ExactArray.from_fractions(values, (rows, columns))


def _header(line: str, name: str) -> tuple[str, str, str]:
    words = line.lower().split()[1:]
    if len(words) != 4 or words[0] != "matrix":
        raise InputError(f"{name}, line 1: {line[:60]!r}; expected %%MatrixMarket matrix FORMAT FIELD SYMMETRY")
    if "complex" in words or "hermitian" in words:
        raise InputError(f"{name}, line 1: a matrix of complex numbers; expected {', '.join(FIELDS)}")
    for word, known in zip(words[1:], (FORMATS, FIELDS, SYMMETRIES), strict=True):
        if word not in known:
            raise InputError(f"{name}, line 1: {word!r}; expected {', '.join(known)}{did_you_mean(word, known)}")
    if words[1:3] == ["array", "pattern"] or words[2:] == ["pattern", "skew-symmetric"]:
        raise InputError(f"{name}, line 1: a pattern that is {words[1]}, {words[3]}; expected entries")
    return words[1], words[2], words[3]


def _place(tokens: list[str], rows: int, columns: int, where: str) -> tuple[int, int]:
    if not all(re.fullmatch("[0-9]{1,18}", each) for each in tokens[:2]):
        raise InputError(f"{where}: place {' '.join(tokens[:2])[:40]!r}; expected row and column, from 1")
    i, j = int(tokens[0]), int(tokens[1])
    if not (1 <= i <= rows and 1 <= j <= columns):
        raise InputError(f"{where}: the entry ({i}, {j}) is outside the shape ({rows}, {columns})")
    return i - 1, j - 1
