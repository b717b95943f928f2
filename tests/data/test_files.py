"""Files that can be opened, and one line for those that cannot."""

import os
from pathlib import Path

import pytest

from exactcnn.data.files import file_and_array, opened, readable_file, shown_path
from exactcnn.errors import InputError


def test_a_file_is_returned_as_a_path(tmp_path):
    (tmp_path / "data").write_bytes(b"")
    for given in (tmp_path / "data", str(tmp_path / "data")):
        assert readable_file(given) == tmp_path / "data"
    (tmp_path / "link").symlink_to(tmp_path / "data")
    assert readable_file(tmp_path / "link") == tmp_path / "link"


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for given, message in [
        (tmp_path, "is a directory; expected a file"),
        (tmp_path / "pipe", "is not a regular file; expected one"),
        ("/dev/zero", "is not a regular file; expected one"),
        (tmp_path / "none", "no such file"),
        (tmp_path / "dangling", "no such file"),
        (tmp_path / "pipe" / "below", "cannot be opened"),
        (tmp_path / ("x" * 300), "File name too long"),
        ("a\0b", "cannot be opened"),
    ]:
        with pytest.raises(InputError, match=message) as error:
            readable_file(given)
        assert "\n" not in str(error.value)


def test_opened_is_closed_and_may_be_read_twice(tmp_path):
    (tmp_path / "m").write_bytes(b"12")
    with opened(tmp_path / "m") as stream:
        assert stream.read() == b"12"
        stream.seek(0)
        assert stream.read() == b"12"
    assert stream.closed


def test_one_array_of_a_file(tmp_path):
    assert file_and_array("a.npz:b.npz:c") == (Path("a.npz:b.npz"), "c")
    assert file_and_array("a.npy:b") == (Path("a.npy:b"), None)
    assert file_and_array("a.npz.gz:b") == (Path("a.npz.gz"), "b")
    assert file_and_array("a.npz:") == (Path("a.npz"), "")
    assert file_and_array("a.npz:b/c") == (Path("a.npz:b/c"), None)
    assert shown_path("-") == "standard input"
