"""What counts as given: plain arrays come through as they are, and nothing else does. Entry points: properties/."""

from collections import UserList

import numpy as np
import pytest

from exactcnn.domains.given import entry, given_array, given_entries, given_integers, is_missing, shown
from exactcnn.errors import InputError


class Column:
    """Converts itself to a masked array, as columns of tables do."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


MASKED = np.ma.array([[1, 2], [3, 4]], mask=[[0, 0], [1, 0]])


@pytest.mark.parametrize(
    "values",
    [
        MASKED,
        Column(MASKED),
        list(MASKED),
        tuple(MASKED),
        UserList(MASKED),
        [[1, 2], MASKED[1]],
        [np.array([1, 2]), [np.ma.masked, 4]],
        np.ma.array([[1, 2], [3, 4]], mask=[[0, 0], [1, 0]], dtype=object),
    ],
)
def test_masks_are_found_wherever_they_hide(values):
    with pytest.raises(InputError, match=r"^x\[1, 0\] is masked; expected numbers$"):
        given_array(values, name="x")


def test_a_masked_constant_has_no_index():
    for values in (np.ma.masked, np.ma.array(3, mask=True)):
        with pytest.raises(InputError, match=r"^x is masked; expected numbers$"):
            given_array(values, name="x")


@pytest.mark.parametrize(
    "values",
    [[[1, 2], [3, 4]], np.array([[1, 2], [3, 4]]), np.ma.array([[1, 2], [3, 4]]), Column(np.ma.array(MASKED.data))],
)
def test_what_is_there_comes_through(values):
    array = given_array(values, name="x")
    assert type(array) is np.ndarray
    assert array.tolist() == [[1, 2], [3, 4]]


def test_lists_deeper_than_arrays_end():
    endless = []
    endless.append(endless)
    with pytest.raises(InputError, match="x"):
        given_integers(endless, name="x")


@pytest.mark.parametrize("kind", ["U", "S", "M", "m", "V"])
def test_other_kinds_of_arrays(kind):
    array = np.zeros(2, dtype={"U": "U3", "S": "S3", "M": "M8[s]", "m": "m8[s]", "V": [("a", int)]}[kind])
    with pytest.raises(InputError, match=r"^x has dtype .*; expected numbers$"):
        given_array(array, name="x")


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64, object])
def test_integers_of_every_type(dtype):
    array = given_integers(np.array([[0, 1], [127, 3]], dtype=dtype), name="x")
    assert (array.dtype, array.tolist()) == (np.int64, [[0, 1], [127, 3]])


def test_integers_are_a_copy():
    values = np.array([1, 2])
    given_integers(values, name="x")[0] = 7
    assert values.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.array([1, 2**63], dtype=np.uint64), r"x\[1\] is 9223372036854775808; expected integers of 64 bits"),
        ([0, -(2**63) - 1], r"x\[1\] is -9223372036854775809; expected integers of 64 bits"),
        ([0, 1.0], r"x\[1\] is 1.0; expected integers"),
        ([0, "1"], r"x\[1\] is '1'; expected integers"),
        ([1.5, None], r"x\[1\] is None; expected integers"),
        ([True, False], r"x\[0\] is True; expected integers"),
        ([[0, 1], [2, True]], r"x\[1, 1\] is True; expected integers"),
        ([0, np.timedelta64(1, "s")], r"x\[1\] is 1 seconds; expected integers"),
        ([[0, 1], [2]], "x: rows of unequal length; expected a rectangular array of integers"),
    ],
)
def test_what_is_no_integer(values, message):
    with pytest.raises(InputError, match=f"^{message}$"):
        given_integers(values, name="x")


def test_symbols_and_infinities_are_entries():
    import sympy

    symbol = sympy.Symbol("a")
    assert given_entries([[symbol, 1]], name="x").tolist() == [[symbol, 1]]
    assert given_entries([np.inf, 1], name="x").tolist() == [np.inf, 1]
    with pytest.raises(InputError, match=r"^x\[1\] is \(nan\+0j\); expected numbers$"):
        given_entries(np.array([1, np.nan], dtype=complex), name="x")


def test_a_number_equals_itself():
    assert not any(is_missing(value) for value in (0, -0.0, 2**70, float("inf"), "nan", 1j, True))


def test_messages_are_short():
    assert entry("x", ()) == "x"
    assert shown("a\n" * 100) == "'a\\na\\na\\na\\na\\na\\na\\na\\na\\na\\na\\na\\na\\n..."
    assert [shown(value) for value in (1.5, np.float32(0.5), None, "1")] == ["1.5", "0.5", "None", "'1'"]
