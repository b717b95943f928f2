"""Pickles of tensors, interpreted without running anything.

Python's unpickler is a machine that calls what the file names. This one is a loop over the opcodes (as `pickletools`, a
disassembler, lists them) that knows no function at all: what stands for a callable is a `Name`, a piece of text, and
what is "called" builds a `Call` or, for the few names of `VALUES`, a plain value. No module is imported, no attribute
is looked up, no method of an object in the file exists. A name outside the list that the reader gives is refused as
soon as it is read, before anything is built with it.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Set
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from exactcnn.errors import InputError

MOST_BYTES = 2**22  # of one pickle; a tensor takes about 200, so 20 000 tensors
MOST_STEPS = 2**20  # opcodes: a second or two, and at most some 100 bytes each
LARGEST_KEY = 2**31  # integers beyond share hashes with small ones, which makes dictionaries slow

ORDERED_DICT = "collections.OrderedDict"


@dataclass(frozen=True)
class Name:
    """A callable, by its name only."""

    text: str


@dataclass(frozen=True, eq=False)
class Call:
    """What a file asks to be called, and with what."""

    name: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Reference:
    """What a file refers to outside the pickle: a storage."""

    value: Any


class _Mark:
    """Where a group on the stack begins."""


_MARK = _Mark()
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_LITERALS = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING"),
    *("BINBYTES", "SHORT_BINBYTES"),
}


def interpret(stream: BytesIO, allowed: Set[str], *, refused: Callable[[str], str] | None = None) -> Any:
    r"""Read one pickle, and leave the stream behind it.

    Parameters
    ----------
    stream : BytesIO
        Of at most `MOST_BYTES` bytes, so that no length in the file can ask for more.
    allowed : set of str
        Names that may occur, "module.name".
    refused : callable, optional
        From a name to the reason why it is refused.

    Returns
    -------
    object
        Of None, booleans, numbers, text, bytes, lists, tuples, dictionaries, `Name`, `Call` and `Reference`.

    Raises
    ------
    InputError
        For a name outside the list, an opcode that no tensor needs, a broken or endless pickle.

    Examples
    --------
    >>> import pickle
    >>> interpret(BytesIO(pickle.dumps({"a": [1, 2.5]})), frozenset())
    {'a': [1, 2.5]}
    >>> interpret(BytesIO(b"cos\nsystem\n(S'echo'\ntR."), frozenset())
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: it names os.system, which no tensor needs; nothing was run; expected a state dict
    """
    machine = _Machine(allowed, refused or (lambda name: f"it names {name}, which no tensor needs"))
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if count >= MOST_STEPS:
                raise InputError(f"a pickle of more than {MOST_STEPS} steps; expected a state dict")
            if opcode.name == "STOP":
                return machine.pop()
            machine.step(opcode.name, argument)
    except (IndexError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"a broken pickle ({' '.join(str(error).split())[:80]}); expected a state dict") from None
    raise InputError("a pickle without end; expected a state dict")


class _Machine:
    """The stack and the memo of one pickle."""

    def __init__(self, allowed: Set[str], refused: Callable[[str], str]) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.allowed, self.refused = allowed, refused

    def pop(self) -> Any:
        value = self.stack.pop()
        if value is _MARK:
            raise ValueError("a mark in place of a value")
        return value

    def group(self) -> list[Any]:
        """Take what lies above the last mark."""
        for place in range(len(self.stack) - 1, -1, -1):
            if self.stack[place] is _MARK:
                values = self.stack[place + 1 :]
                del self.stack[place:]
                return values
        raise ValueError("no mark")

    def step(self, name: str, argument: Any) -> None:
        """Do what one opcode says."""
        if name in _LITERALS:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        elif name == "MARK":
            self.stack.append(_MARK)
        elif name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self.memo[len(self.memo) if name == "MEMOIZE" else argument] = self.top()
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[argument])
        elif name in _STEPS:
            _STEPS[name](self)
        elif name == "GLOBAL":
            self.stack.append(self.named(".".join(argument.split(" ", 1))))
        elif name == "PERSID":
            raise InputError("it refers to objects by text; expected storages, as torch.save writes them")
        elif name not in ("PROTO", "FRAME"):
            raise InputError(f"a pickle with the opcode {name}, which no tensor needs; expected a state dict")

    def top(self) -> Any:
        value = self.stack[-1]
        if value is _MARK:
            raise ValueError("a mark in place of a value")
        return value

    def named(self, text: str) -> Name:
        """Take a name, if it is allowed."""
        if text not in self.allowed:
            shown = text if len(text) <= 120 and text.isprintable() else repr(text[:120])
            raise InputError(f"{self.refused(shown)}; nothing was run; expected a state dict")
        return Name(text)

    def global_on_stack(self) -> None:
        name, module = self.pop(), self.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise TypeError("a name that is no text")
        self.stack.append(self.named(f"{module}.{name}"))

    def reduce(self) -> None:
        arguments, name = self.pop(), self.pop()
        if not isinstance(name, Name) or not isinstance(arguments, tuple):
            raise TypeError("a call of what is no name")
        if name.text == ORDERED_DICT:
            if any(len(pair) != 2 for pair in (arguments[0] if arguments else ())):
                raise ValueError("a dictionary of what are no pairs")
            self.stack.append({})
            self.set_items([x for pair in (arguments[0] if arguments else ()) for x in pair])
        else:
            self.stack.append(Call(name.text, arguments))

    def build(self) -> None:
        """Attributes of a dictionary, such as `_metadata`, are left out; nothing else has any."""
        self.pop()
        if not isinstance(self.top(), dict):
            raise TypeError("attributes of what is no dictionary")

    def tuple_of(self, count: int) -> None:
        values = [self.pop() for _ in range(count)]
        self.stack.append(tuple(reversed(values)))

    def set_items(self, values: list[Any]) -> None:
        table = self.top()
        if not isinstance(table, dict) or len(values) % 2:
            raise TypeError("entries of what is no dictionary")
        for key, value in zip(values[::2], values[1::2], strict=True):
            if not isinstance(key, str) and not (isinstance(key, int) and abs(key) < LARGEST_KEY):
                raise TypeError("a key that is no text and no small integer")
            table[key] = value

    def extend(self, values: list[Any]) -> None:
        table = self.top()
        if not isinstance(table, list):
            raise TypeError("entries of what is no list")
        table.extend(values)

    def pair(self) -> list[Any]:
        value, key = self.pop(), self.pop()
        return [key, value]


_STEPS: dict[str, Callable[[_Machine], None]] = {
    "EMPTY_TUPLE": lambda m: m.stack.append(()),
    "EMPTY_LIST": lambda m: m.stack.append([]),
    "EMPTY_DICT": lambda m: m.stack.append({}),
    "TUPLE": lambda m: m.stack.append(tuple(m.group())),
    "TUPLE1": lambda m: m.tuple_of(1),
    "TUPLE2": lambda m: m.tuple_of(2),
    "TUPLE3": lambda m: m.tuple_of(3),
    "LIST": lambda m: m.stack.append(m.group()),
    "APPEND": lambda m: m.extend([m.pop()]),
    "APPENDS": lambda m: m.extend(m.group()),
    "SETITEM": lambda m: m.set_items(m.pair()),
    "SETITEMS": lambda m: m.set_items(m.group()),
    "STACK_GLOBAL": _Machine.global_on_stack,
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
    "BINPERSID": lambda m: m.stack.append(Reference(m.pop())),
    "POP": lambda m: m.stack.pop() and None,
}
