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
        (packed(b""), "begins with nothing; expected 00 00 08 03"),
        (packed(b"\0\0\x08"), "begins with 00 00 08;"),
        (
            packed(idx(np.arange(4))),
            "begins with 00 00 08 01; expected 00 00 08 03, an IDX file of unsigned bytes",
        ),
        (packed(idx(IMAGES, magic=b"\0\0\x0d\3")), "begins with 00 00 0d 03"),
        (packed(idx(IMAGES)[:9]), "truncated in its header; expected 3 lengths"),
        (packed(idx(IMAGES)[:-1]), "holds 23 bytes of data; expected 24 for shape (2, 3, 4)"),
        (packed(idx(IMAGES) + b"\0"), "holds more bytes of data; expected 24"),
        (packed(idx(IMAGES[:0])), "has shape (0, 3, 4); expected at least one entry"),
        (packed(b"\0\0\x08\x03" + b"\xff" * 12), "of memory; expected at most"),
        (packed(idx(IMAGES))[:-12], "broken or not gzip-compressed"),
        (packed(idx(IMAGES))[:-4] + b"\1\2\3\4", "broken or not gzip-compressed"),
        (packed(b"")[:10] + b"\xff" * 30, "broken or not gzip-compressed"),
        (idx(IMAGES), "broken or not gzip-compressed"),
        (b"", "begins with nothing"),
    ],
)
def test_broken_idx(tmp_path, content, message):
    path = tmp_path / "images.gz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=re.escape(message)) as raised:
        read_idx(path, dimensions=3)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_idx_round_trip(tmp_path):
    (tmp_path / "images.gz").write_bytes(packed(idx(IMAGES)))
    np.testing.assert_array_equal(read_idx(tmp_path / "images.gz", dimensions=3), IMAGES)
    with pytest.raises(InputError, match="no such file"):
        read_idx(tmp_path / "missing.gz", dimensions=3)
