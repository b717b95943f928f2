"""Files of every kind under every name: the first bytes say what they are."""

import bz2
import gzip
import io
import lzma
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

from exactcnn.data.readers import read_labels, read_matrix, read_samples
from exactcnn.data.tables import one_of, read_table
from exactcnn.errors import InputError

ROWS = [[1, 2, 5], [3, 4, 6]]


def written(save, *arguments, **arrays):
    stream = io.BytesIO()
    save(stream, *arguments, **arrays)
    return stream.getvalue()


CONTENTS = {
    "text": b"1 2 5\n3 4 6\n",
    "text with a mark": b"\xef\xbb\xbf1,2,5\r\n3,4,6\r\n",
    "npy": written(np.save, np.array(ROWS)),
    "npz": written(np.savez, A=ROWS),
    "compressed npz": written(np.savez_compressed, A=ROWS),
    "idx": bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 5, 3, 4, 6]),
    "matrix market": b"%%MatrixMarket matrix array integer general\r\n2 3\r\n1\r\n3\r\n2\r\n4\r\n5\r\n6\r\n",
}
EVERY = pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)


@EVERY
@pytest.mark.parametrize("name", ["m", "m.csv", "m.dat", "m.mtx", "m.gz"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_whatever_the_name(tmp_path, content, name, pack):
    (tmp_path / name).write_bytes(pack(content))
    assert read_matrix(tmp_path / name).fractions().tolist() == ROWS
    assert read_samples(tmp_path / name).samples.fractions().tolist() == ROWS


@EVERY
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input(monkeypatch, content, pack):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(pack(content))))
    assert read_matrix("-").fractions().tolist() == ROWS


def test_errors_name_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"1 x")))
    with pytest.raises(InputError, match=r"^standard input, line 1, column 2: 'x' is not a number"):
        read_matrix("-")


@EVERY
def test_every_truncation_of_what_is_compressed_is_refused(tmp_path, content):
    packed = gzip.compress(content, mtime=0)
    for length in range(2, len(packed)):
        (tmp_path / "m.gz").write_bytes(packed[:length])
        with pytest.raises(InputError, match="broken gzip compression"):
            read_matrix(tmp_path / "m.gz")


def test_what_is_compressed_may_not_grow_without_end(tmp_path, monkeypatch):
    (tmp_path / "m.gz").write_bytes(gzip.compress(b" " * 2**24))
    monkeypatch.setattr("exactcnn.resources.physical_memory", lambda: 2**22)
    with pytest.raises(InputError, match=r"m.gz, \d+ bytes and more, would take .* of memory"):
        read_matrix(tmp_path / "m.gz")


def test_arrays_by_name(tmp_path):
    path = tmp_path / "m.npz"
    np.savez(path, train=ROWS, labels=[0, 1], other=[[7]])
    assert read_matrix(f"{path}:train").fractions().tolist() == ROWS
    assert read_labels(f"{path}:labels").fractions().tolist() == [0, 1]
    assert read_samples(f"{path}:other").samples.fractions().tolist() == [[7]]
    with pytest.raises(InputError, match=r"holds train, labels, other; expected one array, or .*m.npz:train"):
        read_matrix(path)
    with pytest.raises(InputError, match=r"expected an array named 'test'"):
        read_matrix(f"{path}:test")


def test_what_a_message_suggests_is_read(tmp_path, monkeypatch):
    content = written(np.savez, A=ROWS, B=[[7]])
    for name in ("m.npz", "m.npz.gz"):
        (tmp_path / name).write_bytes(gzip.compress(content))
        with pytest.raises(InputError) as raised:
            read_matrix(tmp_path / name)
        assert read_matrix(str(raised.value).rpartition(", or ")[2]).fractions().tolist() == ROWS
    (tmp_path / "m.dat").write_bytes(content)
    with pytest.raises(InputError, match=r"m.dat holds A, B; expected one array$"):
        read_matrix(tmp_path / "m.dat")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    with pytest.raises(InputError, match=r"^standard input holds A, B; expected one array$"):
        read_matrix("-")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"\x89HDF\r\n\x1a\n" + bytes(9), "an HDF5 file"),
        (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "a MATLAB file"),
        (b"PAR1" + bytes(9), "a Parquet file"),
        (pickle.dumps(ROWS), "a pickle, which is never read"),
        (gzip.compress(gzip.compress(b"1 2", mtime=0), mtime=0), "compressed by gzip twice"),
        (bz2.compress(b"1 2"), "compressed by bzip2"),
        (lzma.compress(b"1 2"), "compressed by xz"),
    ],
)
def test_other_formats_are_named(tmp_path, content, named):
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(InputError, match=f"m is {named}.*; expected .npy"):
        read_matrix(tmp_path / "m")


def test_a_file_that_has_a_colon_in_its_name(tmp_path):
    path = tmp_path / "m.npz:train"
    path.write_bytes(CONTENTS["npz"])
    assert read_matrix(path).fractions().tolist() == ROWS


def test_arrays_and_names(tmp_path):
    (tmp_path / "m.npz").write_bytes(CONTENTS["npz"])
    arrays, name = read_table(tmp_path / "m.npz")
    assert list(arrays) == ["A"]
    assert name == str(tmp_path / "m.npz")
    assert one_of({"a": np.ones(1), "b": np.ones(1)}, "m", default="b")[1] == "m[b]"
    with pytest.raises(InputError, match=r"m holds no array; expected one array$"):
        one_of({}, "m")


@pytest.mark.parametrize("suffix", ["npy", "npz", "npy.gz", "npz.gz"])
def test_text_under_the_name_of_an_array_is_no_array(tmp_path, suffix):
    (tmp_path / f"m.{suffix}").write_bytes(CONTENTS["text"])
    with pytest.raises(InputError, match=r"broken or not a .np[yz] file of NumPy"):
        read_matrix(tmp_path / f"m.{suffix}")
