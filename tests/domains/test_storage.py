"""What an exact array may hold, from the constructor; the views rely on nothing else."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.storage import object_array
from exactcnn.errors import InputError


def test_entries_of_an_object_array_are_taken_as_they_are():
    """Sequences among them do not become an axis, nor are numbers converted."""
    array = object_array(iter([(0, 1), [2, 3], 2**70, Fraction(1, 2)]), (2, 2))
    assert array.dtype == object
    assert array.tolist() == [[(0, 1), [2, 3]], [2**70, Fraction(1, 2)]]
    assert object_array([], (2, 0)).shape == (2, 0)
    assert object_array([True], ()).item() is True


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (np.array([1.0, np.nan]), "numbers[1] is nan; expected a finite number"),
        (np.array([[1.0, 2.0], [-np.inf, 1.0]]), "numbers[1, 0] is -inf; expected a finite number"),
        (np.array([1, 2], dtype=np.int32), "numbers has dtype int32; expected int64, float64 or Python integers"),
        (np.array([1, 2], dtype=np.float32), "numbers has dtype float32; expected int64"),
        (np.array([1.0, 2.0], dtype=">f8"), "numbers has dtype >f8; expected int64"),
        (np.array([1, 2], dtype=np.uint64), "numbers has dtype uint64; expected int64"),
        (np.array([True]), "numbers has dtype bool; expected int64"),
        (np.array([2**70, Fraction(1, 2)], dtype=object), "numbers[1] is Fraction(1, 2); expected Python integers"),
        (np.array([1, np.int64(2)], dtype=object), "numbers[1] is 2; expected Python integers"),
        (np.array([1, 2.0], dtype=object), "numbers[1] is 2.0; expected Python integers"),
        ([1, 2], "numbers is of type list; expected an array: see ExactArray.from_array"),
        (3, "numbers is of type int; expected an array"),
        (np.array(["1"]), "numbers has dtype <U1"),
    ],
)
def test_numbers(numbers, message):
    with pytest.raises(InputError) as caught:
        ExactArray(numbers)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("denominators", "message"),
    [
        (0, "denominators is 0; expected positive integers"),
        (-3, "denominators is -3; expected positive integers"),
        (2.0, "denominators is 2.0; expected positive integers"),
        (float("nan"), "denominators is nan; expected positive integers"),
        (Fraction(1, 2), "denominators is Fraction(1, 2); expected positive integers"),
        (None, "denominators is None; expected positive integers"),
        ("2", "denominators has dtype <U1; expected positive integers"),
        (True, "denominators is True; expected positive integers"),
        (np.array([1, 0]), "denominators[1] is 0; expected positive integers"),
        (
            np.array([1, -(2**70)], dtype=object),
            "denominators[1] is -1180591620717411303424; expected positive integers",
        ),
        (np.array([1.0, 2.0]), "denominators[0] is 1.0; expected positive integers"),
        (np.array([1, 2, 3]), "denominators has shape (3,); expected one that broadcasts to (2,)"),
        (np.array([[1], [2]]), "denominators has shape (2, 1); expected one that broadcasts to (2,)"),
    ],
)
def test_denominators(denominators, message):
    with pytest.raises(InputError) as caught:
        ExactArray(np.array([1, 2]), denominators)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "denominators",
    [
        6,
        np.int64(6),
        np.uint8(6),
        np.array(6),
        np.array([6]),
        np.array([6, 6], dtype=np.uint8),
        np.array([6, 6], dtype=object),
    ],
)
def test_every_way_to_write_a_denominator(denominators):
    array = ExactArray(np.array([1, 2]), denominators)
    assert array.fractions().tolist() == [Fraction(1, 6), Fraction(1, 3)]
    assert array.residues(101).tolist() == [17, 34]
    assert array.scaled(Fraction(6)).fractions().tolist() == [1, 2]


def test_subclasses_are_taken_as_plain_arrays(tmp_path):
    stored = np.memmap(tmp_path / "numbers", dtype=np.int64, mode="w+", shape=(2, 2))
    for values in (
        stored,
        np.ma.array(np.zeros((2, 2), dtype=np.int64)),
        np.zeros((2, 2), dtype=np.int64).view(np.recarray),
    ):
        assert type(ExactArray(values).numbers) is np.ndarray


def test_one_entry_is_an_array_without_dimensions():
    for array in (
        ExactArray(np.array([1.5, 2.5])),
        ExactArray(np.array([3, 5]), 2),
        ExactArray(np.array([3 * 2**70, 5], dtype=object), np.array([2**71, 2], dtype=object)),
    ):
        entry = array[0]
        assert (entry.shape, entry.fractions().item()) == ((), Fraction(3, 2))
        assert entry.floats()[0] == 1.5


def test_arrays_are_not_copied():
    values = np.arange(6).reshape(2, 3)
    assert ExactArray(values).numbers is values
    large = np.broadcast_to(np.int64(1), (10**9, 10**3))
    assert ExactArray(large).shape == (10**9, 10**3)


def test_fractions_that_are_none():
    for values, message in (
        ([1, float("nan")], r"values\[1\] is nan; expected fractions or integers"),
        (["1/2"], r"values\[0\] is '1/2'; expected fractions or integers"),
        (iter([1, None]), r"values\[1\] is None; expected fractions or integers"),
    ):
        with pytest.raises(InputError, match=f"^{message}$"):
            ExactArray.from_fractions(values)
    with pytest.raises(InputError, match=r"^values has 3 entries; expected 4 for shape \(2, 2\)$"):
        ExactArray.from_fractions([1, 2, 3], (2, 2))
    array = ExactArray.from_fractions([np.int64(2), Fraction(1, 3), 0.5])
    assert array.fractions().tolist() == [2, Fraction(1, 3), Fraction(1, 2)]
    assert ExactArray.from_fractions(np.array([[1, 2]])).shape == (1, 2)
