"""Arguments as signatures promise them: a value of another type is refused in one line, by every function alike.

`typed` reads the annotations of a function or a class. What they name is checked when it is called, integers and
booleans of NumPy become those of Python, and sequences become tuples. A class with a method `from_given`, as exact
arrays are, is made of what people have. Annotations that say nothing of types (Any, arrays) are left to the function.
"""

from __future__ import annotations

import functools
import inspect
import os
import types
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Callable as AnyCallable
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from exactcnn.display import several
from exactcnn.domains.given import is_number, shown
from exactcnn.errors import InputError

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

PLAIN = (type(None), bool, int, float, str, Fraction, np.generic, os.PathLike)  # shown in a message as they are
WORDS = {
    bool: "True or False",
    int: "an integer",
    float: "a number",
    Fraction: "a fraction",
    str: "text",
    Path: "a path",
    type(None): "None",
}


@dataclass(frozen=True)
class AtLeast:
    """A bound for an annotated integer."""

    least: int


LEFT = "left to the function"
"""Of an annotated type: what the function itself takes, with better words for what is wrong."""

Seed: TypeAlias = Annotated[int, AtLeast(0)]
"""Of random numbers: an integer that is not negative."""


class _Refused(Exception):
    """The value is not of this type; inside a sequence, with the name of the entry and what is expected there."""


def typed(function: F) -> F:
    """Refuse arguments that are not of the types in the signature of a function, or of the constructor of a class.

    Raises
    ------
    InputError
        From the decorated function: the argument's name, what it is, and what would be right.

    Examples
    --------
    >>> @typed
    ... def scaled(values: tuple[float, ...], times: int) -> str:
    ...     return f"{times} x {values}"
    >>> scaled([1, 0.5], np.int8(3))
    '3 x (1, 0.5)'
    >>> scaled([1, 0.5], "3")
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: times = '3'; expected an integer
    """
    if isinstance(function, type):
        function.__init__ = typed(function.__init__)  # type: ignore[misc]  # the constructor of a class, wrapped
        return function
    signature = inspect.signature(function)
    hints = functools.cache(lambda: _hints(function))  # when all modules are there

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        for name, value in bound.arguments.items():
            if name in hints():
                several_of = signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
                hint = tuple[hints()[name], ...] if several_of else hints()[name]  # type: ignore[misc]
                bound.arguments[name] = taken(value, hint, name)
        return function(*bound.args, **bound.kwargs)

    return cast(F, wrapped)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The hints of the parameters; what is returned may be known to type checkers only."""
    parameters = {name: hint for name, hint in function.__annotations__.items() if name != "return"}
    holder = types.SimpleNamespace(__annotations__=parameters)
    return get_type_hints(holder, function.__globals__, include_extras=True)


def taken(value: Any, hint: Any, name: str) -> Any:
    """Take a value as a type hint says.

    Raises
    ------
    InputError
        For a value of another type.

    Examples
    --------
    >>> taken([np.int64(1), 2], tuple[int, ...], "shape")
    (1, 2)
    >>> taken([1, None], tuple[int, ...], "shape")
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: shape[1] = None; expected an integer
    """
    try:
        return _taken(value, hint, name)
    except _Refused:
        held = f"= {shown(value)}" if isinstance(value, PLAIN) else f"is of type {type(value).__name__}"
        raise InputError(f"{name} {held}; expected {words(hint)}") from None


def fields_taken(value: T) -> T:
    """Return a frozen value with every field as its annotation says.

    Raises
    ------
    InputError
        For a field of another type.

    Examples
    --------
    >>> fields_taken(AtLeast("1"))
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: least = '1'; expected an integer
    """
    hints = get_type_hints(type(value), include_extras=True)
    given = {each.name: getattr(value, each.name) for each in fields(cast(Any, value))}
    converted = {name: taken(each, hints[name], name) for name, each in given.items()}
    return cast(T, replace(cast(Any, value), **converted))


def words(hint: Any) -> str:
    """Say what a type hint accepts.

    Examples
    --------
    >>> words(int | str | None), words(tuple[Fraction, ...])
    ('an integer, text or None', 'a sequence of Fraction')
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        bound = next(each for each in arguments[1:] if isinstance(each, AtLeast))
        return "a non-negative integer" if bound.least == 0 else f"{words(arguments[0])} of at least {bound.least}"
    if origin in (Union, types.UnionType, Literal):
        said: list[str] = []
        for each in (hint,) if origin is Literal else arguments:
            said += map(repr, get_args(each)) if get_origin(each) is Literal else [words(each)]
        if "a path" in said and "text" in said:
            said.remove("text")
        return " or ".join(filter(None, (", ".join(said[:-1]), said[-1])))
    if _is_sequence(origin):
        if origin is tuple and ... not in arguments:
            return f"({', '.join(map(words, arguments))})"
        return f"a sequence of {_name(arguments[0])}" if arguments else "a sequence"
    if origin is AnyCallable:
        return "a function"
    if getattr(hint, "_is_protocol", False):
        first = (hint.__doc__ or "").partition("\n")[0].rstrip(".")
        return first[:1].lower() + first[1:]
    return WORDS.get(origin or hint) or _name(origin or hint)


def _name(hint: Any) -> str:
    plural = {int: "integers", str: "texts", float: "numbers"}
    if _is_sequence(get_origin(hint)):
        return "sequences"
    return plural.get(hint) or getattr(hint, "__name__", None) or words(hint)


def _taken(value: Any, hint: Any, name: str) -> Any:
    """The value, perhaps in another type; `_Refused` if it is none of this hint."""
    origin, arguments = get_origin(hint), get_args(hint)
    if _is_open(hint):
        return value
    if origin is Annotated:
        inside = _taken(value, arguments[0], name)
        if any(isinstance(bound, AtLeast) and inside < bound.least for bound in arguments[1:]):
            raise _Refused
        return inside
    if origin in (Union, types.UnionType):
        return _one_of(value, arguments, name)
    if origin is Literal:
        if any(type(value) is type(each) and value == each for each in arguments):
            return value
        raise _Refused
    if _is_sequence(origin):
        return _sequence(value, origin, arguments, name)
    if hasattr(hint, "from_given"):
        return hint.from_given(value, name=name)
    if hint is bool and isinstance(value, np.bool_):
        return bool(value)
    if hint in (int, Fraction) and isinstance(value, (int, np.integer)):
        if isinstance(value, (bool, np.timedelta64)):
            raise _Refused
        return hint(int(value))
    if hint is Path and isinstance(value, (str, os.PathLike)):
        return value
    if hint is float and (is_number(value) or isinstance(value, (float, np.floating, Fraction))):
        return value
    if isinstance(value, origin or hint):
        return value
    raise _Refused


def _is_open(hint: Any) -> bool:
    """Whether it says nothing about the type of a value: no class, or what arrays and many others are."""
    kind = get_origin(hint) or hint
    if kind in (Annotated, Literal, Union):
        return LEFT in get_args(hint)
    return kind is Any or not isinstance(kind, type) or kind.__module__.startswith("numpy")


def _one_of(value: Any, hints: tuple[Any, ...], name: str) -> Any:
    """The value as the first of several hints that takes it; an integer stays one, and what is made of many is last."""
    made = tuple(hint for hint in hints if hasattr(hint, "from_given"))
    if any(map(_is_open, hints)):
        hints = made or (Any,)
    for hint in sorted(hints, key=lambda each: (each in made, each is Fraction)):
        try:
            return _taken(value, hint, name)
        except _Refused:
            continue
    raise _Refused


def _is_sequence(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, Iterable) and not issubclass(origin, (Mapping, np.ndarray))


def _sequence(value: Any, origin: Any, hints: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise _Refused
    try:
        values = tuple(value)
    except TypeError:  # an array without dimensions
        raise _Refused from None
    if origin is tuple and ... not in hints:
        if len(values) != len(hints):
            raise InputError(f"{name} has {several(len(values), 'entry', 'entries')}; expected {len(hints)}")
        each = hints
    elif _is_open(hints[0]):
        return values
    else:
        each = hints[:1] * len(values)
    return tuple(taken(entry, hint, f"{name}[{i}]") for i, (entry, hint) in enumerate(zip(values, each, strict=True)))
