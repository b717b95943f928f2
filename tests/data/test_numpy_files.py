"""NumPy files read strictly; readers that build on them are tested in test_readers.py."""

import io
import zipfile

import numpy as np
import pytest
from scipy import sparse

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


def test_version_3_and_what_bfloat16_leaves(tmp_path):
    path = tmp_path / "a.npy"
    with path.open("wb") as stream:
        np.lib.format.write_array(stream, ARRAYS[0], version=(3, 0))
    assert read_npy(path).tolist() == ARRAYS[0].tolist()
    np.save(path, np.zeros(3, dtype="V2"))
    with pytest.raises(InputError, match=r"dtype \|V2, perhaps written from bfloat16: save array.astype\('float32'\)"):
        read_npy(path)
    np.save(path, np.zeros(3, dtype="V3"))
    with pytest.raises(InputError, match=r"has dtype \|V3; expected integers or floats"):
        read_npy(path)
    np.save(path, np.array([1j]))
    with pytest.raises(InputError, match="complex numbers are not supported"):
        read_npy(path)


MATRIX = [[0, 2, 0], [-1, 0, 0]]


@pytest.mark.parametrize("kind", ["csr", "csc", "coo"])
@pytest.mark.parametrize("make", [sparse.coo_matrix, sparse.coo_array])
@pytest.mark.parametrize("dtype", [np.int8, np.float64])
def test_sparse_matrices(tmp_path, kind, make, dtype):
    path = tmp_path / "a.npz"
    sparse.save_npz(path, make(np.array(MATRIX, dtype=dtype)).asformat(kind))
    [(name, found)] = read_npz(path).items()
    assert (name, found.tolist(), found.dtype) == ("matrix", MATRIX, dtype)
    sparse.save_npz(path, make((2, 2), dtype=dtype).asformat(kind))
    assert read_npz(path)["matrix"].tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("kind", ["bsr", "dia"])
def test_other_sparse_formats_are_named(tmp_path, kind):
    sparse.save_npz(tmp_path / "a.npz", sparse.coo_matrix(MATRIX).asformat(kind))
    with pytest.raises(InputError, match=f"of format '{kind}'; expected csr, csc or coo: save matrix.tocsr"):
        read_npz(tmp_path / "a.npz")


CSR = {"format": b"csr", "shape": [2, 3], "data": [2, -1], "indices": [1, 0], "indptr": [0, 1, 2]}
COO = {"format": b"coo", "shape": [2, 3], "data": [2, -1], "row": [0, 1], "col": [1, 0]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"indptr": [0, 1]}, "does not fit a matrix of shape"),
        ({"indptr": [0, 2, 1]}, "does not fit a matrix of shape"),
        ({"indptr": [1, 1, 2]}, "does not fit a matrix of shape"),
        ({"indptr": [0, 1, 1]}, "does not fit a matrix of shape"),
        ({"indices": [1, 3]}, "a stored entry is outside the shape"),
        ({"indices": [-1, 0]}, "a stored entry is outside the shape"),
        ({"indices": [1.0, 0.0]}, "not a sparse matrix of SciPy"),
        ({"indices": [1]}, "entries and places of different number"),
        ({"indices": [0, 0], "indptr": [0, 2, 2]}, "two entries at one place"),
        ({"shape": [2, 3, 1]}, "not a sparse matrix of SciPy"),
        ({"shape": [2**30, 2**30]}, "does not fit"),
        ({"format": b"coo"}, "not a sparse matrix of SciPy"),
        ({**COO, "row": [0, 2]}, "a stored entry is outside the shape"),
        ({**COO, "row": [[0, 1]]}, "entries and places of different number"),
        ({**COO, "shape": [2**30, 2**30]}, "of memory; expected at most"),
        ({"format": b"a name that is far too long"}, "expected integers or floats"),
        ({"format": [b"csr"]}, "expected integers or floats"),
    ],
)
def test_broken_sparse_matrices(tmp_path, changes, message):
    np.savez(tmp_path / "a.npz", **(CSR | changes))
    with pytest.raises(InputError, match=message):
        read_npz(tmp_path / "a.npz")


def test_a_word_is_read_for_sparse_matrices_only(tmp_path):
    np.savez(tmp_path / "a.npz", format=b"csr", data=[1])
    with pytest.raises(InputError, match="expected integers or floats"):
        read_npz(tmp_path / "a.npz")
