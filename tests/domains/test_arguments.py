"""Arguments of other types than a signature names: refused by name, in one line; those of NumPy become Python's."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, runtime_checkable

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from exactcnn.domains.arguments import LEFT, AtLeast, Seed, fields_taken, taken, typed, words
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError


@runtime_checkable
class Drawn(Protocol):
    """Something with a colour, and more."""

    colour: str


class Red:
    colour = "red"


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        (np.int8(3), int, 3),
        (2**70, int, 2**70),
        (np.int8(3), Fraction, Fraction(3)),
        (3, Fraction | None, Fraction(3)),
        (3, Fraction | int | str, 3),
        (np.bool_(True), bool, True),
        (3, float, 3),
        (Fraction(1, 3), float, Fraction(1, 3)),
        (float("nan"), float, None),
        ("a", str, "a"),
        ("a", Path, "a"),
        (Path("a"), str | Path, Path("a")),
        (None, int | None, None),
        (0, Seed, 0),
        ("b", Literal["a", "b"], "b"),
        ([1, np.int64(2)], tuple[int, ...], (1, 2)),
        (np.array([1, 2]), Sequence[int], (1, 2)),
        (iter("ab"), Iterable[str], ("a", "b")),
        ([1, "a"], tuple[int, str], (1, "a")),
        ([[1, 2], [3]], tuple[tuple[int, ...], ...], ((1, 2), (3,))),
        ([], tuple[int, ...], ()),
        ({"a": 1}, Mapping[str, Any], {"a": 1}),
        (len, Callable[[str], int], len),
        (object, Any, object),
        ("text", ArrayLike, "text"),
        ("text", NDArray[np.int64], "text"),
        ("text", Annotated[tuple[int, ...], LEFT] | None, "text"),
        ("text", tuple[ArrayLike, ArrayLike] | str, "text"),
    ],
)
def test_values_of_their_types(value, hint, expected):
    found = taken(value, hint, "value")
    if expected is not None:
        assert found == expected
        assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "hint", "message"),
    [
        (True, int, "value = True; expected an integer"),
        (1.0, int, "value = 1.0; expected an integer"),
        (np.timedelta64(1, "s"), int, "expected an integer"),
        (1, bool, "value = 1; expected True or False"),
        ("1", float, "value = '1'; expected a number"),
        (None, float, "value = None; expected a number"),
        (b"a", str, "value is of type bytes; expected text"),
        (1, str | Path, "value = 1; expected a path"),
        (-1, Seed, "value = -1; expected a non-negative integer"),
        ("1", Seed, "value = '1'; expected a non-negative integer"),
        (2, Annotated[int, AtLeast(3)], "value = 2; expected an integer of at least 3"),
        (True, Literal[1, 2], "value = True; expected 1 or 2"),
        (np.zeros(2), Literal["a", "b"], "value is of type ndarray; expected 'a' or 'b'"),
        ("ab", tuple[str, ...], "value = 'ab'; expected a sequence of texts"),
        ({"a": 1}, Sequence[int], "value is of type dict; expected a sequence of integers"),
        (np.array(1), Sequence[int], "value is of type ndarray; expected a sequence of integers"),
        (3, tuple[int, ...], "value = 3; expected a sequence of integers"),
        ([1, None], tuple[int, ...], r"value\[1\] = None; expected an integer"),
        ([[1], ["a"]], tuple[tuple[int, ...], ...], r"value\[1\]\[0\] = 'a'; expected an integer"),
        ([1], tuple[int, str], "value has 1 entry; expected 2"),
        (1.5, Fraction | str, "value = 1.5; expected a fraction or text"),
        (True, Fraction, "value = True; expected a fraction"),
        ("a", int | Fraction | None, "value = 'a'; expected an integer, a fraction or None"),
        (3, Callable[[], None], "value = 3; expected a function"),
        (3, Mapping[str, int], "value = 3; expected Mapping"),
        (3, Drawn, "value = 3; expected something with a colour, and more"),
        ("a", ExactArray, "value: 'a' is not a number"),
        (["1", None], ExactArray | ArrayLike, r"value\[1\]: 'None' is not a number"),
    ],
)
def test_values_of_other_types(value, hint, message):
    with pytest.raises(InputError, match=f"^{message}" if message.startswith("value") else message) as caught:
        taken(value, hint, "value")
    assert "\n" not in str(caught.value)


def test_what_has_the_members_of_a_protocol_is_taken():
    assert taken(Red, Drawn, "value") is Red


def test_exact_arrays_are_made_of_what_people_have():
    found = taken([["1/3", 2]], ExactArray | None, "value")
    assert found.fractions().tolist() == [[Fraction(1, 3), 2]]
    assert taken(None, ExactArray | None, "value") is None
    assert taken(found, ExactArray, "value") is found


class Base:
    @typed
    def method(self, count: int, /, *rest: int, wide: bool = False) -> int:
        """Doc."""
        return count + sum(rest) + 100 * wide

    @classmethod
    @typed
    def made(cls, count: int = 0) -> "Base":
        return cls()


def test_methods():
    assert Base().method(np.int64(1), wide=np.bool_(True)) == 101
    assert isinstance(Base.made(count=1), Base)
    assert Base.method.__doc__ == "Doc."
    with pytest.raises(InputError, match="count = 'a'"):
        Base().method("a")
    with pytest.raises(InputError, match="wide = 1"):
        Base().method(1, wide=1)
    with pytest.raises(InputError, match="count = None"):
        Base.made(None)


def test_defaults_are_not_asked():
    @typed
    def function(count: int = None) -> int:  # noqa: RUF013 - not of its type, and never given
        return count

    assert function() is None
    with pytest.raises(TypeError):  # what Python itself says of a call
        function(1, 2)


def test_what_is_returned_may_be_known_to_type_checkers_only():
    @typed
    def function(count: int) -> "Unknown":  # noqa: F821 - imported for type checkers only
        return count

    assert function(1) == 1


@typed
@dataclass(frozen=True)
class Point:
    x: int
    names: tuple[str, ...] = ()


def test_constructors():
    assert Point(np.int8(1), ["a"]) == Point(1, ("a",))
    with pytest.raises(InputError, match="x = 'a'; expected an integer"):
        Point("a")


def test_fields():
    @dataclass(frozen=True)
    class Late:
        x: int

    assert fields_taken(Late(np.int64(2))).x == 2
    late = Late("a")
    with pytest.raises(InputError, match="x = 'a'; expected an integer"):
        fields_taken(late)


def test_words_of_long_sequences():
    assert words(tuple[int, str] | None) == "(an integer, text) or None"
    assert words(Literal["a", "b"] | Sequence[Sequence[int]] | None) == "'a', 'b', a sequence of sequences or None"
    assert words(Sequence[Base]) == "a sequence of Base"
