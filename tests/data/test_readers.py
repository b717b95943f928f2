"""NumPy files: round trips, strictness, and broken files of every kind."""

import io
import pickle
import re
import zipfile
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from exactcnn.data.readers import read_arrays, read_matrix, read_samples
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError

DTYPES = ["?", "i1", "<i4", ">i8", "u1", "<u8", "<f2", "<f4", ">f8", "<f8"]


def one_line(raised, path):
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


@given(
    hnp.arrays(
        st.sampled_from(DTYPES), hnp.array_shapes(min_dims=2, max_dims=2, max_side=4), elements={"allow_nan": False}
    ).filter(lambda a: np.isfinite(a).all()),
    st.booleans(),
)
def test_npy_and_npz_round_trip(tmp_path_factory, array, fortran):
    folder = tmp_path_factory.mktemp("arrays")
    array = np.asfortranarray(array) if fortran else array
    np.save(folder / "m.npy", array)
    np.savez_compressed(folder / "m.npz", anything=array)
    expected = [[Fraction(value) for value in row] for row in array.tolist()]
    assert read_matrix(folder / "m.npy").fractions().tolist() == expected
    assert read_matrix(folder / "m.npz").fractions().tolist() == expected
    assert read_arrays(folder / "m.npz")["anything"].fractions().tolist() == expected


def test_text_is_read_too(tmp_path):
    (tmp_path / "m.dat").write_text("1/3 2\n")
    assert read_matrix(str(tmp_path / "m.dat")).fractions().tolist() == [[Fraction(1, 3), 2]]


def test_key_of_npz(tmp_path):
    path = tmp_path / "m.npz"
    np.savez(path, A=[[1]], B=[[2]])
    assert read_matrix(f"{path}:B").numbers.tolist() == [[2]]
    with pytest.raises(InputError, match="holds A, B; expected one array"):
        read_matrix(path)
    with pytest.raises(InputError, match="holds A, B; expected an array named 'C'"):
        read_matrix(f"{path}:C")
    with pytest.raises(InputError, match=r"m.npy:A: no such file"):
        read_matrix(f"{tmp_path / 'm.npy'}:A")
    (tmp_path / "text.npz").write_bytes(npy(np.ones((1, 1))))
    with pytest.raises(InputError, match=r"is no .npz file; expected one for the array 'A'"):
        read_matrix(f"{tmp_path / 'text.npz'}:A")
    np.savez(path)
    with pytest.raises(InputError, match="holds no array"):
        read_matrix(path)


def test_parameters(tmp_path):
    path = tmp_path / "p.npz"
    np.savez(path, W1=np.array([[0.5, 1]], dtype=np.float32), b1=np.array([1, 2]))
    arrays = read_arrays(path)
    assert set(arrays) == {"W1", "b1"}
    assert arrays["W1"].fractions().tolist() == [[Fraction(1, 2), 1]]
    assert arrays["b1"].shape == (2,)
    with pytest.raises(InputError, match=r"expected a .npz file"):
        read_arrays(tmp_path / "p.npy")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([[1, np.nan]]), r"m.npy[0, 1] is nan; expected a finite number"),
        (np.array([[1], [-np.inf]]), r"m.npy[1, 0] is -inf"),
        (np.array([1, 2]), "has shape (2,); expected a matrix"),
        (
            np.zeros((2, 2, 2)),
            "has shape (2, 2, 2); expected a matrix (two dimensions, at least one entry): reshape it to (2, 4)",
        ),
        (np.float64(3), "has shape ()"),
        (np.zeros((0, 3)), "has shape (0, 3)"),
        (np.array([[1, None]]), "has dtype object; expected integers or floats (pickled objects are never read)"),
        (np.array([["a"]]), "has dtype <U1"),
        (np.array([[1j]]), "has dtype complex128"),
        (np.array([["2020-01-01"]], dtype="M8[D]"), "has dtype datetime64[D]"),
        (np.zeros((1, 1), dtype=[("x", "<i4")]), "has dtype"),
        (np.zeros((1, 1), dtype=np.longdouble), "has dtype"),
    ],
)
def test_arrays_that_are_no_matrix(tmp_path, array, message):
    path = tmp_path / "m.npy"
    np.save(path, array, allow_pickle=True)
    with pytest.raises(InputError, match=re.escape(message)) as raised:
        read_matrix(path)
    one_line(raised, path)


def test_nan_in_npz_is_named(tmp_path):
    np.savez(tmp_path / "p.npz", W1=[[1.0]], b1=[0.0, np.nan])
    with pytest.raises(InputError, match=r"p.npz\[b1\]\[1\] is nan"):
        read_arrays(tmp_path / "p.npz")


class Trap:
    """Unpickling this object fails the test."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


def test_no_pickle_is_ever_loaded(tmp_path):
    np.save(tmp_path / "a.npy", np.array([[Trap()]]), allow_pickle=True)
    np.savez(tmp_path / "a.npz", W=np.array([[Trap()]]), allow_pickle=True)
    for name in ("b.npy", "b.npz", "b.csv"):
        (tmp_path / name).write_bytes(pickle.dumps(Trap()))
    for path in sorted(tmp_path.iterdir()):
        with pytest.raises(InputError) as raised:
            read_matrix(path)
        one_line(raised, path)


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def header(shape, dtype="<f8"):
    """A .npy file with this header and 16 bytes of data."""
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + bytes(16)


def test_every_truncation_is_refused(tmp_path):
    whole = npy(np.arange(6).reshape(2, 3))
    path = tmp_path / "m.npy"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError) as raised:
            read_matrix(path)
        one_line(raised, path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(InputError, match="data after the end of the array"):
        read_matrix(path)
    path.write_bytes(whole)
    assert read_matrix(path).numbers.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_every_truncation_of_npz_is_refused(tmp_path):
    path = tmp_path / "m.npz"
    np.savez_compressed(path, A=np.arange(6).reshape(2, 3))
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError) as raised:
            read_matrix(path)
        one_line(raised, path)


@settings(max_examples=300)
@given(st.data())
def test_changed_bytes_give_one_line_or_a_matrix(tmp_path_factory, data):
    """No other exception escapes, whichever byte is changed."""
    suffix = data.draw(st.sampled_from([".npy", ".npz"]))
    path = tmp_path_factory.mktemp("broken") / f"m{suffix}"
    if suffix == ".npy":
        np.save(path, np.ones((2, 3)))
    else:
        np.savez_compressed(path, A=np.ones((2, 3)))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(
            st.integers(0, 255) | st.sampled_from(b"({['L,:")
        )
    path.write_bytes(content)
    try:
        assert len(read_matrix(path).shape) == 2
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (header((10**9, 10**9)), "with shape (1000000000, 1000000000) would take 14901161193 GiB of memory"),
        (header((10**30, 1)), "of memory; expected at most"),
        (header((-2, -1)), "has shape (-2, -1); expected no negative length"),
        (header((2, 2)), "broken or not a .npy file"),
        (header((2, 1), "|O"), "pickled objects are never read"),
        (header("(2, 1"), "broken or not a .npy file"),
        (b"\x93NUMPY\x04" + header((2, 1))[7:], "version (4, 0)"),
        (b"", "broken or not a .npy file"),
        (b"1,2\n3,4\n", "broken or not a .npy file"),
    ],
)
def test_headers(tmp_path, content, message):
    path = tmp_path / "m.npy"
    path.write_bytes(content)
    with pytest.raises(InputError, match=re.escape(message)) as raised:
        read_matrix(path)
    one_line(raised, path)
    with zipfile.ZipFile(tmp_path / "m.npz", "w") as archive:
        archive.writestr("A.npy", content)
    with pytest.raises(InputError, match=re.escape(message.replace(".npy", ".npz"))):
        read_matrix(tmp_path / "m.npz")


def test_members_of_npz(tmp_path):
    path = tmp_path / "m.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(InputError, match=r"member 'notes.txt' is not an array"):
        read_arrays(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("A.npy", npy(np.ones((1, 1))))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("A.npy", npy(np.zeros((1, 1))))
    with pytest.raises(InputError, match="two arrays are named 'A'"):
        read_arrays(path)


@pytest.mark.parametrize("read", [read_matrix, read_samples])
@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv"])
def test_missing_and_directory(tmp_path, read, suffix):
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / f"missing{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    with pytest.raises(InputError, match="is a directory"):
        read(tmp_path / f"folder{suffix}")


def test_samples(tmp_path):
    images = np.arange(24).reshape(2, 1, 3, 4)
    np.save(tmp_path / "x.npy", images)
    np.savez(tmp_path / "one.npz", images=images)
    np.savez(tmp_path / "x.npz", samples=images / 4, labels=[7, 8], other=[1])
    (tmp_path / "x.csv").write_text("1/2, 3\n4, 5\n6, 0.1\n")
    plain, one = read_samples(tmp_path / "x.npy"), read_samples(tmp_path / "one.npz")
    assert plain.shape == one.shape == (1, 3, 4)
    assert plain.labels is None
    np.testing.assert_array_equal(plain.samples.numbers, images.reshape(2, 12))
    named = read_samples(tmp_path / "x.npz")
    assert named.labels.tolist() == [7, 8]
    assert named.samples.fractions()[1, 1] == Fraction(13, 4)
    text = read_samples(tmp_path / "x.csv")
    assert (text.shape, len(text), text.samples.fractions()[2, 1]) == ((2,), 3, Fraction(1, 10))
    assert text.provenance == f"file {tmp_path / 'x.csv'}"
    assert isinstance(text.samples, ExactArray)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"samples": [[1], [2]], "labels": [1]}, "labels of shape (1,)"),
        ({"samples": [[1], [2]], "labels": [0.5, 1]}, "labels[0] is 0.5; expected integers"),
        ({"labels": [0, 1]}, "holds no array; expected one array"),
        ({"x": [[1]], "y": [[1]]}, "holds x, y; expected one array"),
        ({"samples": [1, 2]}, "has shape (2,); expected (N, ...)"),
        ({"samples": np.zeros((0, 2))}, "0 samples of 2 numbers"),
        ({"samples": [[0, np.inf]]}, "[0, 1] is inf"),
    ],
)
def test_bad_samples(tmp_path, arrays, message):
    path = tmp_path / "x.npz"
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=re.escape(message)) as raised:
        read_samples(path)
    one_line(raised, path)
