"""Arrays as users give them: no mask, no missing entry and no row of another length is read as a number.

NumPy drops the mask of a masked array that stands in a list, turns dates into integers and floats into indices. What
is not there is refused here, with the index of the first such entry; a mask without True is no mask.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.errors import InputError

NUMBERS = "biufcO"  # kinds of dtype whose entries may be numbers
PLAIN = {int, float, bool, complex, str, bytes, np.float64, np.float32, np.int64}  # entries that hide nothing
MOST_DIMENSIONS = 64  # of a NumPy array; deeper lists are none


def given_array(values: Any, *, name: str, expected: str = "numbers", kinds: str = NUMBERS) -> NDArray[Any]:
    """Take an array or nested lists as a plain array whose entries are all there.

    Parameters
    ----------
    values : array_like
        A mask without True is dropped.
    name : str
        For messages.
    expected : str
        What its entries should be, for messages.
    kinds : str
        Accepted kinds of dtype. Entries of object arrays are not examined.

    Raises
    ------
    InputError
        For a masked entry and a date that is none (with the index), rows of unequal length, records, other kinds.

    Examples
    --------
    >>> given_array([[1, 2], [3, 4]], name="samples").shape
    (2, 2)
    >>> given_array(np.ma.array([1, 2], mask=[False, True]), name="samples")
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: samples[1] is masked; expected numbers
    """
    masked = _first_masked(values, 0)
    if masked is None:
        try:
            array = np.asanyarray(_dense(values))  # what converts itself may come as a masked array
            if array.dtype.type.__module__ == "ml_dtypes":  # bfloat16 and shorter: each is a float32
                array = array.astype(np.float32)
        except ValueError:
            raise InputError(f"{name}: rows of unequal length; expected a rectangular array of {expected}") from None
        masked = _first_masked(array, 0)
    if masked is not None:
        raise InputError(f"{entry(name, masked)} is masked; expected {expected}")
    array = np.asarray(array)
    if array.dtype.kind in "mM":
        refuse_first(array, np.isnat(array), name=name, expected=expected)
    if array.dtype.kind not in kinds:
        raise InputError(f"{name} has dtype {array.dtype}; expected {expected}")
    return array


def given_entries(values: Any, *, name: str, expected: str = "numbers") -> NDArray[Any]:
    """Take an array whose entries may be of any type that computes, symbols too; a missing entry is refused.

    Examples
    --------
    >>> given_entries([[0.5, float("nan")]], name="weights")
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: weights[0, 1] is nan; expected numbers
    """
    array = given_array(values, name=name, expected=expected)
    if array.dtype.kind in "fc":
        refuse_first(array, np.isnan(array), name=name, expected=expected)
    elif array.dtype.kind == "O":
        refuse_where(array, is_missing, name=name, expected=expected)
    return array


def given_integers(values: Any, *, name: str, expected: str = "integers") -> NDArray[np.int64]:
    """Take an array of integers of 64 bits; floats and booleans are none, even where they look like it.

    Raises
    ------
    InputError
        With the index of the first entry that is missing; else of the first that is no integer, or does not fit.

    Examples
    --------
    >>> given_integers([[0, 1], [2, 0.5]], name="patches")
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: patches[1, 1] is 0.5; expected integers
    """
    array = given_array(values, name=name, expected=expected, kinds=NUMBERS + "USmM")
    entries = array
    if not isinstance(values, np.ndarray):
        listed = np.asarray(values, dtype=object)  # before NumPy made one type of them
        entries = listed if listed.shape == array.shape else array
    booleans = entries.dtype == object and not {bool, np.bool_}.isdisjoint(map(type, entries.flat))
    fits = array.dtype.kind == "i" or (array.dtype.kind == "u" and array.max(initial=0) < 2**63)
    if not array.size or (fits and not booleans):
        return array.astype(np.int64)
    refuse_where(entries, is_missing, name=name, expected=expected)
    refuse_where(entries, lambda value: not _is_integer(value), name=name, expected=expected)
    refuse_where(entries, lambda value: not -(2**63) <= value < 2**63, name=name, expected=f"{expected} of 64 bits")
    return entries.astype(np.int64)


def is_missing(value: Any) -> bool:
    """Whether an entry stands for no number: None, masked, NaN of any type, pandas' NA, a date, an array in its place.

    What is there equals itself; NA and a signalling NaN refuse to answer.

    Examples
    --------
    >>> [is_missing(value) for value in (0, "1/2", None, float("nan"), np.datetime64("NaT"), np.ma.masked)]
    [False, False, True, True, True, True]
    """
    if value is None or isinstance(value, (np.ndarray, np.datetime64, np.timedelta64)):
        return True
    try:
        return bool(value != value)  # a NaN differs from itself
    except (TypeError, ValueError, ArithmeticError):
        return True


def is_number(value: Any) -> bool:
    """Whether an entry is an integer or a finite float, of Python or NumPy; a duration of NumPy's is none.

    Examples
    --------
    >>> [is_number(value) for value in (2**70, np.float32(0.5), float("inf"), None, np.timedelta64(1, "s"))]
    [True, True, False, False, False]
    """
    if isinstance(value, (float, np.floating)):
        return math.isfinite(value)
    return isinstance(value, (int, np.integer, np.bool_)) and not isinstance(value, np.timedelta64)


def entry(name: str, index: Sequence[Any]) -> str:
    """Name of one entry.

    Examples
    --------
    >>> entry("W1", (0, 2)), entry("scale", ())
    ('W1[0, 2]', 'scale')
    """
    return f"{name}[{', '.join(str(int(i)) for i in index)}]" if len(index) else name


def refuse_first(array: NDArray[Any], wrong: NDArray[np.bool_], *, name: str, expected: str) -> None:
    """Refuse an array for the first of its wrong entries, if there is one."""
    if np.any(wrong):
        index = np.unravel_index(int(np.argmax(wrong)), np.shape(array))
        raise InputError(f"{entry(name, index)} is {shown(array[index])}; expected {expected}")


def refuse_infinite(array: NDArray[Any], name: str) -> None:
    """Refuse an array of floats for the first that is not finite, if there is one."""
    refuse_first(array, ~np.isfinite(array), name=name, expected="a finite number")


def refuse_where(array: NDArray[Any], is_wrong: Callable[[Any], bool], *, name: str, expected: str) -> None:
    """Refuse an array for the first entry that is wrong, if there is one."""
    for position, value in enumerate(array.flat):
        if is_wrong(value):
            index = np.unravel_index(position, array.shape)
            raise InputError(f"{entry(name, index)} is {shown(value)}; expected {expected}")


def shown(value: Any) -> str:
    """One entry in a message: one short line."""
    if value is np.ma.masked:
        return "masked"
    text = " ".join((str(value) if isinstance(value, (int, float, np.generic)) else repr(value)).split())
    return text if len(text) <= 40 else f"{text[:40]}..."


def _is_integer(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.timedelta64))


def _first_masked(values: Any, depth: int) -> tuple[Any, ...] | None:
    """Index of the first masked entry of an array, or of arrays and masked constants in nested lists."""
    if isinstance(values, np.ma.MaskedArray):
        if values.mask is np.ma.nomask or values.dtype.names is not None:  # records are refused for what they are
            return None
        mask = np.ma.getmaskarray(values)
        return np.unravel_index(int(mask.argmax()), mask.shape) if mask.any() else None
    if isinstance(values, np.ndarray) or depth > MOST_DIMENSIONS or not _is_nested(values):
        return None
    if not set(map(type, values)) - PLAIN:
        return None
    for position, value in enumerate(values):
        inside = _first_masked(value, depth + 1)
        if inside is not None:
            return position, *inside
    return None


def _dense(values: Any) -> Any:
    """Exact arrays, and sparse ones of SciPy, as NumPy has them; NumPy itself would take them for one object."""
    if hasattr(values, "__exact_array__"):
        return values.__exact_array__().fractions()
    return values.toarray() if hasattr(values, "toarray") and hasattr(values, "nnz") else values


def _is_nested(values: Any) -> bool:
    return isinstance(values, Sequence) and not isinstance(values, (str, bytes))
