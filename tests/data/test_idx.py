"""IDX files: round trips, and every way in which they are broken."""

import gzip
import re

import numpy as np
import pytest

from exactcnn.data.idx import read_idx
from exactcnn.errors import InputError


def idx(array, *, magic=None):
    start = bytes([0, 0, 8, array.ndim]) if magic is None else magic
    return start + np.array(array.shape, dtype=">u4").tobytes() + array.astype(np.uint8).tobytes()


def packed(data):
    return gzip.compress(data, mtime=0)


IMAGES = np.arange(24).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (packed(b""), "begins with nothing; expected 00 00, a type (08, 09, 0b, 0c, 0d, 0e)"),
        (packed(b"\0\0\x08"), "begins with 00 00 08;"),
        (packed(idx(IMAGES, magic=b"\0\0\x0a\3")), "begins with 00 00 0a 03"),
        (packed(idx(IMAGES, magic=b"\0\0\x08\0")), "begins with 00 00 08 00"),
        (packed(idx(IMAGES, magic=b"\0\0\x0b\3")), "holds 24 bytes of data; expected 48 for shape (2, 3, 4)"),
        (packed(idx(IMAGES)[:9]), "truncated in its header; expected 3 lengths"),
        (packed(idx(IMAGES)[:-1]), "holds 23 bytes of data; expected 24 for shape (2, 3, 4)"),
        (packed(idx(IMAGES) + b"\0"), "holds more bytes of data; expected 24"),
        (packed(idx(IMAGES[:0])), "has shape (0, 3, 4); expected at least one entry"),
        (packed(b"\0\0\x08\x03" + b"\xff" * 12), "of memory; expected at most"),
        (packed(idx(IMAGES))[:-12], "broken gzip compression"),
        (packed(idx(IMAGES))[:-4] + b"\1\2\3\4", "broken gzip compression"),
        (packed(b"")[:10] + b"\xff" * 30, "broken gzip compression"),
        (idx(IMAGES)[:-1], "holds 23 bytes of data"),
        (b"", "begins with nothing"),
    ],
)
def test_broken_idx(tmp_path, content, message):
    path = tmp_path / "images.gz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=re.escape(message)) as raised:
        read_idx(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_idx_round_trip(tmp_path):
    (tmp_path / "images.gz").write_bytes(packed(idx(IMAGES)))
    np.testing.assert_array_equal(read_idx(tmp_path / "images.gz"), IMAGES)
    (tmp_path / "images").write_bytes(idx(IMAGES))
    np.testing.assert_array_equal(read_idx(tmp_path / "images"), IMAGES)
    with pytest.raises(InputError, match="no such file"):
        read_idx(tmp_path / "missing.gz")


@pytest.mark.parametrize(
    ("number", "dtype"), [(8, ">u1"), (9, ">i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")]
)
def test_types(tmp_path, number, dtype):
    """Big-endian, whatever the machine is."""
    values = np.array([[1, 2, 100]] if number == 8 else [[-1, 2, 100]], dtype=dtype)
    (tmp_path / "m").write_bytes(bytes([0, 0, number, 2, 0, 0, 0, 1, 0, 0, 0, 3]) + values.tobytes())
    found = read_idx(tmp_path / "m")
    assert found.tolist() == values.tolist()
    assert found.dtype.isnative
