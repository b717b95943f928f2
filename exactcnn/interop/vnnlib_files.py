"""VNN-LIB properties, versions 1 and 2: every number is the decimal that is written.

The package vnnlib (1.0.2) reads version 2 only and refuses `(declare-const X_0 Real)`, which nearly all files begin
with, and exponents; so the few forms that a property needs are read here. The tests compare the two.

A file may come from anywhere: its size, its depth and the lengths of its numbers are limited.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, TypeAlias

from exactcnn.data.files import readable_file
from exactcnn.display import did_you_mean
from exactcnn.domains.numerals import parse_rational
from exactcnn.errors import InputError
from exactcnn.interop.properties import Comparison, Formula, Joined, Property

LARGEST_FILE = 2**25  # bytes; ImageNet-sized boxes have some ten megabytes
DEPTH = 50  # of parentheses; a disjunction of conjunctions of comparisons of sums of products has six
DIGITS = 1000  # of a number
EXPONENT = 400  # of ten: beyond those of floats
PRODUCT = 10_000  # bits of a product of numbers

TOKEN = re.compile(r"[()]|[^\s()\[\]]+(?:\s*\[[^\[\]()]*\])?|\S")
INDEXED = re.compile(r"([^\s\[\]]+)\s*\[([0-9,\s]*)\]")
DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?")
RELATIONS: dict[str, tuple[Literal["<=", "<", "=", "!="], int]] = {
    "<=": ("<=", 1),
    "<": ("<", 1),
    ">=": ("<=", -1),
    ">": ("<", -1),
    "=": ("=", 1),
    "==": ("=", 1),
    "!=": ("!=", 1),
}
PASSED_OVER = ("set-logic", "set-info", "set-option", "check-sat", "get-model", "exit", "vnnlib-version")

Form: TypeAlias = "str | list[Any]"
Variable: TypeAlias = tuple[str, int]  # ("X", 3)


@dataclass
class _Sum:
    """A linear expression: coefficients, and a number."""

    terms: dict[Variable, Fraction] = field(default_factory=dict)
    number: Fraction = Fraction(0)

    def add(self, other: _Sum, factor: int | Fraction = 1) -> None:
        for variable, value in other.terms.items():
            own, value = self.terms.get(variable), value if factor == 1 else factor * value
            self.terms[variable] = value if own is None else own + value
        if other.number:
            self.number += factor * other.number


def read_vnnlib(path: str | Path) -> Property:
    r"""Read a VNN-LIB property.

    Parameters
    ----------
    path : str or Path
        Version 1, ``(declare-const X_0 Real)``, or version 2 with one network, one input and one output,
        ``X[0,1]``. Assertions are built of ``and``, ``or``, the comparisons ``<= < >= > = == !=``, and linear
        expressions of ``+ - *``.

    Raises
    ------
    InputError
        In one line, with the number of the form that is wrong: for what is not read, products of two variables,
        variables that are not declared, and files, depths and numbers beyond the limits.

    References
    ----------
    .. [1] The VNN-LIB standard, https://www.vnnlib.org.

    Examples
    --------
    >>> import tempfile
    >>> text = '''; Y_0 should stay below 3/10 for x in [0, 0.1]
    ... (declare-const X_0 Real) (declare-const Y_0 Real)
    ... (assert (>= X_0 0)) (assert (<= X_0 0.1)) (assert (>= Y_0 0.3))'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "safe.vnnlib")
    ...     _ = path.write_text(text)
    ...     found = read_vnnlib(path)
    >>> found.inputs, found.outputs, found.assertions[1].bound
    (1, 1, Fraction(1, 10))
    """
    path = readable_file(path)
    with path.open("rb") as file:
        data = file.read(LARGEST_FILE + 1)
    try:
        if len(data) > LARGEST_FILE:
            raise InputError(f"expected a property of at most {LARGEST_FILE} bytes")
        return _property(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8; expected a VNN-LIB property") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _property(text: str) -> Property:
    reader = _Reader()
    number = 0
    for number, form in enumerate(_forms(re.sub(r";[^\n]*", "", text)), 1):
        try:
            reader.command(form)
        except InputError as error:
            raise InputError(f"form {number}: {error}") from None
    if not number:
        raise InputError("no form; expected (declare-const X_0 Real) and assertions")
    return reader.property()


def _forms(text: str) -> Iterator[list[Any]]:
    """Lists in parentheses at the top level, one by one."""
    stack: list[list[Any]] = []
    count = 1
    for match in TOKEN.finditer(text):
        token = match[0]
        if token == "(":
            if len(stack) == DEPTH:
                raise InputError(f"form {count}: nested deeper than {DEPTH}; expected less")
            stack.append([])
        elif token == ")":
            if not stack:
                raise InputError(f"a parenthesis closes behind form {count - 1} that none has opened")
            done = stack.pop()
            if stack:
                stack[-1].append(done)
            else:
                yield done
                count += 1
        elif not stack:
            raise InputError(f"{_shown(token)} outside of parentheses; expected (declare-const X_0 Real)")
        else:
            stack[-1].append(token)
    if stack:
        raise InputError(f"form {count} does not end; expected a closing parenthesis")


class _Reader:
    """What has been declared and asserted so far."""

    def __init__(self) -> None:
        self.scalars: dict[str, Variable] = {}
        self.declared: set[Variable] = set()
        self.tensors: dict[str, tuple[str, tuple[int, ...]]] = {}
        self.assertions: list[Formula] = []

    def command(self, form: list[Any]) -> None:
        """Take one form of the top level."""
        word = form[0] if form and isinstance(form[0], str) else None
        if word in ("declare-const", "declare-fun"):
            self._scalar(form)
        elif word == "declare-network":
            self._network(form)
        elif word == "assert":
            if len(form) != 2:
                raise InputError(f"assert with {len(form) - 1} formulas; expected one")
            self.assertions.append(self._formula(form[1]))
        elif word not in PASSED_OVER:
            raise InputError(f"{_shown(form)} is not read; expected declare-const, declare-network or assert")

    def property(self) -> Property:
        """All of it, with indices from 0 without gaps."""
        counts = {}
        for letter in "XY":
            indices = [index for own, index in self.scalars.values() if own == letter]
            own = [math.prod(shape) for each, shape in self.tensors.values() if each == letter]
            if own and indices:
                raise InputError("declarations of both versions; expected declare-const, or declare-network")
            counts[letter] = own[0] if own else len(indices)
            if not counts[letter]:
                raise InputError(f"no variable {letter}; expected {letter}_0, or one declared with the network")
            if indices and max(indices) >= len(indices):
                gap = min(set(range(len(indices))) - set(indices))
                raise InputError(f"{letter}_{gap} is not declared, {letter}_{max(indices)} is; expected all of them")
        if not self.assertions:
            raise InputError("no assertion; expected (assert ...)")
        return Property(counts["X"], counts["Y"], tuple(self.assertions))

    # ---------------------------------------------------------------- declarations

    def _scalar(self, form: list[Any]) -> None:
        match = re.fullmatch(r"([XY])_([0-9]{1,9})", form[1]) if len(form) > 1 and isinstance(form[1], str) else None
        if match is None or form[2:] not in (["Real"], [[], "Real"]):
            raise InputError(f"{_shown(form)}; expected (declare-const X_i Real) or Y_i")
        variable = match[1], int(match[2])
        if variable in self.declared:
            raise InputError(f"{form[1]} is declared twice")
        self.declared.add(variable)
        self.scalars[form[1]] = variable

    def _network(self, form: list[Any]) -> None:
        if self.tensors:
            raise InputError("a second network; expected one")
        for own in form[2:]:
            word = own[0] if isinstance(own, list) and own else own
            letter = {"declare-input": "X", "declare-output": "Y"}.get(word) if isinstance(word, str) else None
            if letter is None or len(own) < 3 or not all(isinstance(token, str) for token in own):
                raise InputError(f"{_shown(own)} of a network; expected declare-input and declare-output")
            if letter in [each for each, _ in self.tensors.values()] or own[1] in self.tensors:
                raise InputError(f"{_shown(own)} is a second one; expected one input and one output")
            match = INDEXED.fullmatch(own[2])
            if match is None:
                raise InputError(f"{_shown(own)} has no shape; expected one such as [1, 5]")
            self.tensors[own[1]] = letter, _numbers(match[2])

    # ---------------------------------------------------------------- formulas

    def _formula(self, form: Form) -> Formula:
        word, arguments = _called(form)
        if word in ("and", "or"):
            if not arguments:
                raise InputError(f"{word} without formulas; expected one or more")
            parts = [self._formula(each) for each in arguments]
            return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))  # type: ignore[arg-type]  # one of the two words
        if word not in RELATIONS:
            raise InputError(f"{_shown(word)} is no comparison that is read; expected and, or, {', '.join(RELATIONS)}")
        if len(arguments) != 2:
            raise InputError(f"{word} of {len(arguments)} expressions; expected two")
        relation, sign = RELATIONS[word]
        difference = _Sum()
        difference.add(self._sum(arguments[0]), sign)
        difference.add(self._sum(arguments[1]), -sign)
        terms = sorted((variable, value) for variable, value in difference.terms.items() if value)
        inputs, outputs = (tuple((i, c) for (own, i), c in terms if own == letter) for letter in "XY")
        return Comparison(inputs, outputs, relation, -difference.number)

    def _sum(self, form: Form) -> _Sum:
        if isinstance(form, str):
            variable = self._variable(form)
            return _Sum(number=written_decimal(form)) if variable is None else _Sum({variable: Fraction(1)})
        word, arguments = _called(form)
        steps: dict[str, Callable[[Sequence[Form]], _Sum]] = {"+": self._plus, "-": self._minus, "*": self._times}
        if word not in steps:
            raise InputError(f"{_shown(word)} is no function that is read; expected +, - or *")
        if not arguments:
            raise InputError(f"{word} of nothing; expected one expression or more")
        return steps[word](arguments)

    def _plus(self, arguments: Sequence[Form]) -> _Sum:
        result = _Sum()
        for each in arguments:
            result.add(self._sum(each))
        return result

    def _minus(self, arguments: Sequence[Form]) -> _Sum:
        result = _Sum()
        for position, each in enumerate(arguments):
            result.add(self._sum(each), 1 if position == 0 and len(arguments) > 1 else -1)
        return result

    def _times(self, arguments: Sequence[Form]) -> _Sum:
        result = _Sum(number=Fraction(1))
        for each in arguments:
            left, right = result, self._sum(each)
            if left.terms and right.terms:
                raise InputError(f"{_shown(['*', *arguments])} is not linear; expected one factor with variables")
            if right.terms:
                left, right = right, left
            result = _Sum()
            result.add(left, right.number)
            numbers = (*result.terms.values(), result.number)
            if any(x.numerator.bit_length() + x.denominator.bit_length() > PRODUCT for x in numbers):
                raise InputError(f"a product of more than {PRODUCT} bits; expected less")
        return result

    def _variable(self, token: str) -> Variable | None:
        """The variable of a name, or None for a number."""
        if token in self.scalars:
            return self.scalars[token]
        match = INDEXED.fullmatch(token)
        name = match[1] if match else token
        if name in self.tensors:
            letter, shape = self.tensors[name]
            place = _numbers(match[2]) if match else ()
            if len(place) != len(shape) or any(i >= n for i, n in zip(place, shape, strict=True)):
                raise InputError(f"{_shown(token)} has no place in the shape {list(shape)}")
            index = 0
            for i, n in zip(place, shape, strict=True):
                index = index * n + i
            return letter, index
        if not DECIMAL.fullmatch(token):
            known = self.scalars if len(self.scalars) < 1000 else {}
            hint = did_you_mean(token[:40], (*known, *self.tensors)) or "; expected a declared variable or a decimal"
            raise InputError(f"{_shown(token)} is not known{hint}")
        return None


def _called(form: Form) -> tuple[str, list[Any]]:
    if isinstance(form, list) and form and isinstance(form[0], str):
        return form[0], form[1:]
    raise InputError(f"{_shown(form)}; expected an operation in parentheses, such as (<= X_0 1)")


def written_decimal(token: str) -> Fraction:
    """The decimal that is written, of moderate length.

    Examples
    --------
    >>> written_decimal("-1.5e-3")
    Fraction(-3, 2000)
    """
    match = DECIMAL.fullmatch(token)
    if match is None:
        raise InputError(f"{_shown(token)} is no decimal; expected one such as -1.5e-3")
    exponent = (match[1] or "0").lstrip("+-0")
    if len(token) > DIGITS or len(exponent) > 3 or int(exponent or 0) > EXPONENT:
        raise InputError(
            f"{_shown(token)}; expected a number of at most {DIGITS} characters, with an exponent of at most {EXPONENT}"
        )
    return parse_rational(token)


def _numbers(text: str) -> tuple[int, ...]:
    """Sizes or indices between brackets."""
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    if len(parts) > 8 or not all(re.fullmatch("[0-9]{1,9}", part) for part in parts):
        raise InputError(f"[{_shown(text)}]; expected at most eight integers")
    return tuple(map(int, parts))


def _shown(form: Form) -> str:
    """The beginning of a form."""
    if isinstance(form, str):
        return repr(form) if len(form) <= 40 else f"{form[:40]!r}..."
    if not form:
        return "()"
    first = "(...)" if isinstance(form[0], list) else form[0][:40]
    return f"({first} ...)" if len(form) > 1 else f"({first})"
