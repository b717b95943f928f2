"""Reading a certificate: JSON, canonical form, hashes, and shapes so strict that nothing goes unread."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flint import fmpq, fmpz

from exactcnn.checker.budget import Budget

VERSION = 2
MOST_DIGITS = 10**5  # of a number, numerator and denominator together
BITS_OF_A_BYTE = 240  # that a byte of JSON may occupy when it is read: a list in two bytes, and one more copy of all
RATIONAL = re.compile(r"(-?(?:0|[1-9][0-9]*))(?:/([1-9][0-9]*))?")


class FormatError(Exception):
    """Not a well-formed certificate: exit code 2."""


class ObligationError(Exception):
    """A well-formed certificate with an obligation that fails: exit code 1."""


def require(obligation: bool, message: str) -> None:
    """Reject the certificate unless the obligation holds."""
    if not obligation:
        raise ObligationError(message)


# -------------------------------------------------------------------- the file


def read_bytes(path: Path, name: str, budget: Budget, bits_of_a_byte: int = 8) -> bytes:
    """Return the bytes of a regular file."""
    try:
        status = path.stat()  # before opening: to open a pipe would wait for its writer
        if not stat.S_ISREG(status.st_mode):
            raise FormatError(f"{name} is not a regular file")
        budget.hold(status.st_size * bits_of_a_byte, name)
        budget.read(status.st_size)
        budget.spend(100 * status.st_size, name)
        with path.open("rb") as file:
            return file.read(status.st_size)
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        raise FormatError(f"{name}: {getattr(error, 'strerror', None) or 'not a possible path'}") from None


def canonical(value: object) -> bytes:
    """Return the canonical form: sorted keys, no blanks, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


@dataclass(frozen=True)
class Document:
    """The parts of a certificate, its hashes verified."""

    instance: Any
    points: list[Any]
    claims: list[Any]
    instance_sha256: str


def read_document(path: Path, budget: Budget | None = None) -> Document:
    """Return the parts of a certificate."""
    budget = budget or Budget()
    name = quote(path.name or str(path))
    data = read_bytes(path, name, budget, BITS_OF_A_BYTE)
    try:
        document = json.loads(data.decode("ascii"))
        written = canonical(document) + b"\n"
    except (ValueError, RecursionError):  # ValueError includes integers beyond Python's limit of digits
        raise FormatError(f"{name}: not JSON in ASCII, or nested too deeply") from None
    # Equality byte by byte also excludes repeated keys, of which json.loads keeps the last one only.
    if written != data:
        raise FormatError(f"{name}: not in canonical form (sorted keys, no blanks, one final newline)")
    if type(document) is dict and document.get("format") != "exactcnn certificate":
        raise FormatError(f"format is {quote(document.get('format'))}; expected 'exactcnn certificate'")
    if type(document) is dict and (type(document.get("version")) is not int or document["version"] != VERSION):
        raise FormatError(f"version is {quote(document.get('version'))}; this checker reads version {VERSION} only")
    names = ("format", "version", "instance", "points", "claims", "instance_sha256", "sha256")
    _, _, instance, points, claims, instance_hash, whole_hash = fields(document, "certificate", *names)
    if instance_hash != hashlib.sha256(canonical(without_files(instance))).hexdigest():
        raise FormatError("instance_sha256 is not the hash of the instance")
    rest = {key: value for key, value in document.items() if key != "sha256"}
    if whole_hash != hashlib.sha256(canonical(rest)).hexdigest():
        raise FormatError("sha256 is not the hash of the document")
    return Document(instance, sequence(points, "points"), sequence(claims, "claims"), instance_hash)


def without_files(value: Any, depth: int = 4) -> Any:
    """Return the instance without the places of its arrays, so that its hash is one of the numbers alone.

    The arrays stand in it (samples), or in a layer of its list of layers: not deeper than here.
    """
    if depth and type(value) is list:
        return [without_files(item, depth - 1) for item in value]
    if depth and type(value) is dict:
        places = ("file", "member") if "file" in value else ()
        return {key: without_files(item, depth - 1) for key, item in value.items() if key not in places}
    return value


# -------------------------------------------------------------------- shapes


def quote(value: object) -> str:
    """Return a short, one-line, ASCII image of anything that the document holds."""
    if isinstance(value, int) and value.bit_length() > 200:  # Python refuses to print very long ones
        return "an integer of more than 60 digits"
    text = ascii(value) if isinstance(value, (str, int, type(None))) else f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."


def fields(value: Any, where: str, *names: str) -> list[Any]:
    """Return the values of an object that has exactly these keys."""
    if type(value) is not dict:
        raise FormatError(f"{where} is {quote(value)}; expected an object")
    for name in names:
        if name not in value:
            raise FormatError(f"{where} has no {name!r}")
    for name in value:
        if name not in names:
            raise FormatError(f"{where} has an unknown key {quote(name)}")
    return [value[name] for name in names]


def kind_of(value: Any, where: str) -> str:
    """Return the value of the key "kind" of an object."""
    if type(value) is not dict or type(value.get("kind")) is not str:
        raise FormatError(f"{where} has no kind")
    return str(value["kind"])


def unknown(what: str, value: object) -> FormatError:
    """Return the error for a word that the format does not know."""
    return FormatError(f"unknown {what} {quote(value)}")


def sequence(value: Any, where: str, length: int | None = None) -> list[Any]:
    """Return a list, of the given length if there is one."""
    if type(value) is not list:
        raise FormatError(f"{where} is {quote(value)}; expected a list")
    if length is not None and len(value) != length:
        raise FormatError(f"{where} has {len(value)} {'entry' if len(value) == 1 else 'entries'}; expected {length}")
    return value


def boolean(value: Any, where: str) -> bool:
    """Return true or false."""
    if type(value) is not bool:
        raise FormatError(f"{where} is {quote(value)}; expected true or false")
    return value


def integer(value: Any, where: str, low: int, high: int | None = None) -> int:
    """Return an integer of the JSON document with low <= value < high; true is none."""
    if type(value) is not int or value < low or (high is not None and value >= high):
        limits = f"at least {low}" if high is None else f"from {low} to {quote(high - 1)}"
        raise FormatError(f"{where} is {quote(value)}; expected an integer {limits}")
    return value


def indices(value: Any, where: str, bound: int, length: int | None = None) -> list[int]:
    """Return a list of at least one index, different ones, each from 0 to bound - 1."""
    result = [integer(index, where, 0, bound) for index in sequence(value, where, length)]
    if not result:
        raise FormatError(f"{where} is empty")
    distinct(result, where)
    return result


def distinct(values: Iterable[Any], where: str) -> None:
    """Refuse a repeated value."""
    seen = set()
    for value in values:
        if value in seen:
            raise FormatError(f"{where}: {quote(value)} is repeated")
        seen.add(value)


def rational(value: Any, where: str) -> fmpq:
    """Return the number that a string "p" or "p/q" stands for."""
    if type(value) is str and len(value) > MOST_DIGITS:
        raise FormatError(f"{where} has {len(value)} characters; expected a number of at most {MOST_DIGITS}")
    match = RATIONAL.fullmatch(value) if type(value) is str else None
    if match is None:
        raise FormatError(f"{where} is {quote(value)}; expected a string 'p' or 'p/q'")
    return fmpq(fmpz(match[1]), fmpz(match[2] or "1"))


def numeral(value: Any, where: str) -> fmpz:
    """Return the integer that a string "p" stands for."""
    number = rational(value, where)
    if "/" in value:
        raise FormatError(f"{where} is {quote(value)}; expected an integer as a string")
    return number.p


def prime(value: Any, where: str) -> int:
    """Return an odd prime below 2^63 from its string."""
    number = numeral(value, where)
    if not 3 <= number < 2**63 or not number.is_prime():
        raise FormatError(f"{where} is {quote(value)}; expected an odd prime below 2^63")
    return int(number)
