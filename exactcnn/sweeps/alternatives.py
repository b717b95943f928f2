"""Lists in place of values: the documents that one document with such lists stands for.

A list stands for its entries where the key does not take that list itself: `filters = [8, 16]` are two values,
`kernel = [3, 5]` is a window of 3 × 5, and `kernel = [[3, 5], [5, 3]]` are two windows. A list of tables in place of a
table, such as `[[data]]`, are several tables, and lists inside them are read in the same way.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, get_type_hints

from exactcnn.display import cut
from exactcnn.errors import InputError
from exactcnn.network.layers import KINDS
from exactcnn.spec import NetworkTable

LONGEST = 48  # characters of what stands for a value in tables
Found = tuple[Any, dict[str, Any]]  # a value without lists in place of values, and which were chosen


@dataclass(frozen=True)
class Alternatives:
    """What a value stands for: how many there are, and each of them."""

    count: int
    each: Callable[[], Iterator[Found]]


def documents(document: Mapping[str, Any], types: Mapping[str, type[Any]]) -> Alternatives:
    """Return the documents that a document with lists in place of values stands for.

    Parameters
    ----------
    document : mapping
        Tables by name.
    types : mapping
        The dataclass of each table that may have such lists.

    Raises
    ------
    InputError
        For an empty list in the place of a value.

    Examples
    --------
    >>> from exactcnn.spec import DataSpec
    >>> found = documents({"data": {"source": "digits", "samples": [5, 7]}}, {"data": DataSpec})
    >>> found.count, next(found.each())
    (2, ({'data': {'source': 'digits', 'samples': 5}}, {'data.samples': 5}))
    """
    return _product({name: _table(table, types.get(name), name) for name, table in document.items()})


def _table(value: Any, type_: Any, path: str) -> Alternatives:
    """A table, or a list of tables in its place."""
    if not is_dataclass(type_):
        return _one(value)
    if isinstance(value, list):
        return _union(value, path, lambda item: _table(item, type_, path))
    if not isinstance(value, dict):
        return _one(value)
    types = {field.name: hint for field in fields(type_) if (hint := get_type_hints(type_).get(field.name))}

    def inside(key: str, own: Any) -> Alternatives:
        name = key.replace("-", "_")
        if type_ is NetworkTable and name == "layers":
            return _layers(own, f"{path}.{key}")
        return _value(own, str if name == "activation" else types.get(name), f"{path}.{key}")

    return _product({key: inside(key, own) for key, own in value.items()})


def _layers(value: Any, path: str) -> Alternatives:
    """The layers of one network, or a list of such lists."""
    if not isinstance(value, list) or not value:
        return _one(value)
    if all(isinstance(item, list) for item in value):
        return _union(value, path, lambda item: _layers(item, path))
    kinds = [KINDS.get(str(layer.get("kind"))) if isinstance(layer, dict) else None for layer in value]
    layers = {i: _table(layer, kinds[i], f"{path}[{i}]") for i, layer in enumerate(value)}
    both = _product(layers)
    return Alternatives(both.count, lambda: ((list(chosen.values()), axes) for chosen, axes in both.each()))


def _value(value: Any, type_: Any, path: str) -> Alternatives:
    """A value, or a list in its place: one that the type does not take itself."""
    import msgspec

    if not isinstance(value, list) or type_ is None:
        return _one(value)
    try:
        msgspec.convert(value, type_)
    except msgspec.ValidationError:
        return _union(value, path, _one)
    return _one(value)


def _one(value: Any) -> Alternatives:
    return Alternatives(1, lambda: iter([(value, {})]))


def _union(values: Sequence[Any], path: str, inside: Callable[[Any], Alternatives]) -> Alternatives:
    if not values:
        raise InputError(f"{path} = []; expected at least one value")
    words = [value if isinstance(value, int | float | str) else cut(_words(value), LONGEST) for value in values]
    if len({str(word) for word in words}) < len(words):  # the same at first sight, or altogether
        words = [f"{number}: {word}" for number, word in enumerate(words)]
    parts = [inside(value) for value in values]

    def each() -> Iterator[Found]:
        for word, part in zip(words, parts, strict=True):
            for value, axes in part.each():
                yield value, {path: word} | axes

    return Alternatives(sum(part.count for part in parts), each)


def _product(parts: Mapping[Any, Alternatives]) -> Alternatives:
    def each() -> Iterator[Found]:
        def chosen(names: Sequence[Any]) -> Iterator[tuple[dict[Any, Any], dict[str, Any]]]:
            if not names:
                yield {}, {}
                return
            for (value, own), (rest, axes) in itertools.product(parts[names[0]].each(), list(chosen(names[1:]))):
                yield {names[0]: value} | rest, own | axes

        yield from chosen(list(parts))

    return Alternatives(math.prod(part.count for part in parts.values()), each)


def _words(value: Any) -> str:
    """The numbers and words in a value."""
    if isinstance(value, dict):
        return " ".join(filter(None, map(_words, value.values())))
    if isinstance(value, list):
        return ", ".join(filter(None, map(_words, value)))
    return str(value)
