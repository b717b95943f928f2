"""Safetensors: files that the package wrote, and headers that lie."""

import json
from pathlib import Path

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.interop.safetensors import TYPES, read_safetensors
from exactcnn.interop.torch_files import read_torch_file

DATA = Path(__file__).parent / "data"


def test_what_the_package_wrote():
    found, same = read_safetensors(DATA / "tiny.safetensors"), read_torch_file(DATA / "tiny.pth")
    assert set(found) == set(same)
    assert all((found[name] == same[name]).all() for name in same)
    for name, array in read_safetensors(DATA / "kinds.safetensors").items():
        assert array.tolist() == ([0, 1, 1, 1] if name == "bool" else [0, 1, 2, 100])


def written(path, header, data=bytes(16)):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


GOOD = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}


def test_the_positive_control(tmp_path):
    data = np.arange(4, dtype="<f4").tobytes()
    path = written(tmp_path / "own.safetensors", {"__metadata__": {"format": "pt"}, "w": GOOD}, data)
    assert read_safetensors(path)["w"].tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"w": GOOD | {"data_offsets": [0, 12]}}, "has 12 bytes; expected 16"),
        ({"w": GOOD | {"data_offsets": [4, 20]}}, "bytes 4 to 20; expected them from 0 on"),
        ({"w": GOOD | {"shape": [4, 4], "data_offsets": [0, 64]}}, "bytes 0 to 64; expected them from 0 on, in 16"),
        ({"w": GOOD | {"shape": [2], "data_offsets": [0, 8]}}, "8 bytes behind the last tensor"),
        ({"w": GOOD, "v": GOOD}, "w: bytes 0 to 16; expected them from 16 on|v: bytes 0 to 16; expected them from 16"),
        ({"w": GOOD | {"shape": [-2, -2]}}, "no integers of at least 0"),
        ({"w": GOOD | {"shape": [2.0, 2]}}, "no integers of at least 0"),
        ({"w": GOOD | {"shape": [True, 4]}}, "no integers of at least 0"),
        ({"w": GOOD | {"shape": 4}}, "no integers of at least 0"),
        ({"w": GOOD | {"data_offsets": [0, 16, 16]}}, "no integers of at least 0"),
        ({"w": GOOD | {"data_offsets": [16, 0]}}, "has -16 bytes"),
        ({"w": GOOD | {"dtype": "F8_E4M3"}}, "w has dtype F8_E4M3; expected one of F64"),
        ({"w": GOOD | {"dtype": ["F32"]}}, "has dtype"),
        ({"w": {"dtype": "F32"}}, "expected dtype, shape and data_offsets"),
        ({"w": 3}, "expected dtype, shape and data_offsets"),
        (b'{"w": 1, "w": 2}', "a name occurs twice"),
        (b"[1]", "no table"),
        (b"{", "no JSON"),
        (b"[" * 10**5, "no JSON"),
        (b"\xff", "no JSON"),
    ],
)
def test_headers_that_lie(tmp_path, header, message):
    with pytest.raises(InputError, match=message):
        read_safetensors(written(tmp_path / "bad.safetensors", header))


@pytest.mark.parametrize(
    "data", [b"", b"\x01", (2**62).to_bytes(8, "little") + b"{}", (9).to_bytes(8, "little") + b"{}"]
)
def test_files_without_header(tmp_path, data):
    (tmp_path / "bad.safetensors").write_bytes(data)
    with pytest.raises(InputError, match="a header of"):
        read_safetensors(tmp_path / "bad.safetensors")


def test_types():
    assert len(TYPES) == 13
