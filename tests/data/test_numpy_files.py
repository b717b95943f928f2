"""NumPy files read strictly; readers that build on them are tested in test_readers.py."""

import io
import zipfile

import numpy as np
import pytest

from exactcnn.data.numpy_files import read_npy, read_npz
from exactcnn.errors import InputError

ARRAYS = [
    np.arange(6).reshape(2, 3),
    np.asfortranarray(np.arange(6).reshape(2, 3)),
    np.array(7),
    np.zeros((0, 3), dtype=np.uint8),
    np.array([1.5, np.nan, np.inf], dtype=">f4"),
    np.array([[True], [False]]),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_round_trips(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "a.npz", first=array, second=array[..., None])
    found = read_npy(tmp_path / "a.npy")
    np.testing.assert_array_equal(found, array)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    both = read_npz(tmp_path / "a.npz")
    assert list(both) == ["first", "second"]
    np.testing.assert_array_equal(both["second"], array[..., None])


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array(["a"]), "expected integers or floats"),
        (np.array([1j]), "expected integers or floats"),
        (np.array([1], dtype="M8[s]"), "expected integers or floats"),
        (np.array([None]), "pickled objects are never read"),
    ],
)
def test_other_entries_are_refused(tmp_path, array, message):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(InputError, match=message):
        read_npy(tmp_path / "a.npy")


def saved(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize("data", [b"", b"words", saved(np.arange(3))[:-1], saved(np.arange(3)) + b"\0"])
def test_what_is_no_array(tmp_path, data):
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(InputError, match=r"a\.npy") as error:
        read_npy(tmp_path / "a.npy")
    assert "\n" not in str(error.value)


def test_members_that_are_no_arrays_or_have_one_name(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", saved(np.arange(3)))
        archive.writestr("readme.txt", "words")
    with pytest.raises(InputError, match=r"member 'readme\.txt' is not an array"):
        read_npz(tmp_path / "a.npz")
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        archive.writestr("a.npy", saved(np.arange(3)))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.npy", saved(np.arange(4)))
    with pytest.raises(InputError, match="two arrays are named 'a'"):
        read_npz(tmp_path / "b.npz")
