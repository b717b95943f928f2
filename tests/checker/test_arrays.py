"""NumPy files beside the certificate, read without NumPy, against NumPy."""

import hashlib
import io
import zipfile
from fractions import Fraction

import numpy as np
import pytest


def reference(array, *, file="data.npy", member=None, scale="1"):
    """An array of a file as the format names it: the hash is that of the entries, row by row."""
    array = np.asarray(array)
    return {
        "shape": list(array.shape),
        "file": file,
        "member": member,
        "type": array.dtype.str,
        "sha256": hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest(),
        "scale": scale,
    }


def saved(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


@pytest.fixture
def equal(make, run, tmp_path):
    """Check that the checker reads bytes, which a document says to be an array, as these numbers; return its exit code.

    Each column minus the inline value, as a layer that subtracts them, must be a zero line.
    """

    def equal(array, expected, data=None, **changes):
        (tmp_path / "data.npy").write_bytes(saved(array) if data is None else data)
        shape = (len(expected), len(expected[0]))
        width = shape[1]
        weights = [[int(i == j) for i in range(width)] for j in range(width)]
        layer = make.convolution(
            [list(range(width))], width, "identity", weights=weights, biases=[-x for x in expected[0]]
        )
        document = make.instance([[0] * width] * shape[0], [layer])
        document["samples"] = reference(array) | changes
        zeros = [i for i in range(shape[0]) if expected[i] != expected[0]]
        evidence = {"kind": "distinct-lines", "axis": 0, "representatives": zeros}
        return run(document, make.rank(1, 0, len(zeros), make.NONE, evidence)).exit_code

    return equal


@pytest.mark.parametrize("dtype", ["i1", "u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_type(equal, dtype, order):
    array = np.array([[1, 0, 100], [3, 7, 2]]).astype(dtype, order=order)
    if dtype[1] == "f":
        array[0, 1] = -0.1
    elif "i" in dtype:
        array[0, 1] = np.iinfo(dtype).min
    else:
        array[0, 1] = np.iinfo(dtype).max
    values = [[Fraction(x) for x in row] for row in array.tolist()]
    assert equal(array, values) == 0
    wrong = [[values[0][0] + Fraction(1, 2**60), *values[0][1:]], values[1]]
    assert equal(array, wrong) == 1
    assert equal(array, [[x / 16 for x in row] for row in values], scale="1/16") == 0


@pytest.mark.parametrize("dtype", [">f8", ">i4", "?", "<c8", "U3", "S3", "O", "<M8[s]", [("a", "<f8")], "<f16"])
def test_refused_types(equal, dtype):
    array = np.zeros((1, 2), dtype=dtype)
    assert equal(array, [[0, 0]]) == 2
    assert equal(array, [[0, 0]], type="<f8") == 2


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite(equal, value):
    assert equal(np.array([[1.0, 0.0]]), [[1, 0]]) == 0
    assert equal(np.array([[1.0, value]]), [[1, 0]]) == 2


def test_subnormal_and_extreme_floats(equal):
    row = [5e-324, 1.7976931348623157e308, -0.0]
    assert equal(np.array([row]), [[Fraction(x) for x in row]]) == 0


@pytest.mark.parametrize("compressed", [False, True])
def test_members_of_an_archive(equal, tmp_path, compressed):
    buffer, first, second = io.BytesIO(), np.array([[1, 2]]), np.array([[3, 4]])
    (np.savez_compressed if compressed else np.savez)(buffer, W1=first, b=second)
    data = buffer.getvalue()
    assert equal(first, [[1, 2]], data, member="W1") == 0
    assert equal(second, [[3, 4]], data, member="b") == 0
    assert equal(first, [[3, 4]], data, member="W1") == 1
    assert equal(second, [[3, 4]], data, member="W1") == 2  # another hash
    for member in (None, "c", 0, "", ["b"]):
        assert equal(second, [[3, 4]], data, member=member) == 2
    assert equal(first, [[1, 2]], member="W1") == 2


def test_truncated_extended_and_garbled_files(equal):
    array = np.array([[1.0, 2.0]])
    data = saved(array)
    assert equal(array, [[1, 2]]) == 0
    for other in [data[:n] for n in range(0, len(data), 5)] + [data + b"\0"]:
        assert equal(array, [[1, 2]], other) == 2
    for old, new in [
        (b"'<f8'", b"'|O8'"),
        (b"'<f8'", b"'<i8'"),
        (b"NUMPY", b"NUMPI"),
        (b"\x01\x00", b"\x09\x00"),
        (b"(1, 2)", b"(2, 1)"),
        (b"False", b"None "),
        (b"'descr'", b"'desc' "),
    ]:
        assert old in data
        assert equal(array, [[1, 2]], data.replace(old, new, 1)) == 2


def test_the_order_of_storage_does_not_matter_and_a_transposed_file_does(equal):
    array = np.array([[1.0, 2.0], [3.0, 4.0]])
    values = [[1, 2], [3, 4]]
    assert equal(array, values) == equal(array, values, saved(np.asfortranarray(array))) == 0
    assert equal(array, values, saved(array.T.copy())) == 2
    assert equal(array, values, saved(array.T)) == 2


def test_header_is_not_executed(equal, tmp_path):
    trap, array = tmp_path / "trap", np.array([[1.0, 2.0]])
    header = f"__import__('pathlib').Path({str(trap)!r}).touch()".encode()
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(16)
    assert equal(array, [[1, 2]], data) == 2
    deep = b"(" * 9000
    assert equal(array, [[1, 2]], b"\x93NUMPY\x01\x00" + len(deep).to_bytes(2, "little") + deep) == 2
    assert not trap.exists()


def test_a_bomb_is_not_unpacked(equal):
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("b.npy", "w", force_zip64=True) as file,
    ):
        for _ in range(420):
            file.write(bytes(10**6))
    assert equal(np.zeros((1, 2)), [[0, 0]], buffer.getvalue(), member="b") == 2


def test_shape_hash_scale_and_name(equal, tmp_path):
    array = np.array([[1.0, 2.0]])
    data = saved(array)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "data.npy").write_bytes(data)
    (tmp_path.parent / "outside.npy").write_bytes(data)
    assert equal(array, [[1, 2]], scale="1") == 0
    for changes in [
        {"shape": [2, 1]},
        {"shape": [2]},
        {"shape": [1, 2, 1]},
        {"shape": [True, 2]},
        {"shape": [1, None]},
        {"sha256": "0" * 64},
        {"sha256": None},
        {"sha256": hashlib.sha256(data).hexdigest()},  # of the file
        {"type": "f8"},
        {"type": "<f4"},
        {"type": "<i8"},
        {"type": "float64"},
        {"type": None},
        {"type": ["<f8"]},
        {"scale": "0"},
        {"scale": "-1"},
        {"scale": 1},
        {"scale": "1/0"},
        {"file": "sub/data.npy"},
        {"file": "./data.npy"},
        {"file": "../outside.npy"},
        {"file": str(tmp_path / "data.npy")},
        {"file": ""},
        {"file": "."},
        {"file": ".."},
        {"file": "sub"},
        {"file": "absent.npy"},
        {"file": "data.npy\0"},
        {"file": None},
        {"values": ["1", "2"]},
    ]:
        assert equal(array, [[1, 2]], **changes) == 2, changes


def test_an_altered_file(equal, tmp_path):
    """The hash is that of the numbers: in the header a byte may change what does not matter, in the numbers none."""
    array = np.array([[1.0, 2.0]])
    data = saved(array)
    entries = len(data) - 16
    for position in range(0, len(data), 3):
        other = data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
        assert equal(array, [[1, 2]], other) == 2 or position < entries
    for position in range(entries, len(data)):
        assert equal(array, [[1, 2]], data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]) == 2


def test_inline_arrays(make, run):
    document = make.instance([["1", "2"]], [])
    claim = make.rank(0, 1, 1, make.minor(7, None, [0], [0]), make.SHAPE)
    assert run(document, claim).exit_code == 0
    for change in [
        {"values": ["1"]},
        {"values": ["1", "2", "3"]},
        {"values": [1, 2]},
        {"values": ["1", None]},
        {"values": "12"},
        {"shape": [2]},
        {"shape": [1, -2]},
        {"shape": [0, 2], "values": []},
        {"extra": 1},
    ]:
        assert run({**document, "samples": {**document["samples"], **change}}, claim).exit_code == 2


def test_weights_and_biases_have_the_shape_of_the_layer(make, run):
    for weights, biases, bias, code in [
        ([[1], [2]], [1, 2], "neuron", 0),
        ([[1], [2]], [1], "filter", 0),
        ([[1], [2]], None, "none", 0),
        ([[1], [2]], None, "neuron", 0),
        (None, [1, 2], "neuron", 0),
        ([[1, 2]], [1, 2], "neuron", 2),
        ([1, 2], [1, 2], "neuron", 2),
        ([[1], [2]], [1], "neuron", 2),
        ([[1], [2]], [1, 2], "filter", 2),
        ([[1], [2]], [[1], [2]], "neuron", 2),
        ([[1], [2]], [1], "none", 2),
        ([[1], [2]], [1], "both", 2),
        ([[1], [2]], [1], None, 2),
    ]:
        layer = make.convolution([[0, 1], [1, 2]], 1, "relu", weights=weights, biases=biases, bias=bias)
        claim = {"kind": "activation", "layer": 1, "holds": True}
        assert run(make.instance(None, [layer], width=3), claim).exit_code == code, (weights, biases, bias)
    for filters in (0, -1, True, "1", None):
        assert run(make.instance(None, [make.convolution([[0]], filters, "relu")], width=1)).exit_code == 2


@pytest.mark.parametrize("version", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("ending", ["", "\n", "   \n"])
def test_versions_of_the_header(equal, version, ending):
    """Versions 2 and 3 have four bytes for the length of the header; the ending belongs to nothing else."""
    array = np.array([[1, 2, 3]])
    header = (repr(np.lib.format.header_data_from_array_1_0(array)) + ending).encode()
    length = len(header).to_bytes(2 if version == 1 else 4, "little")
    data = b"\x93NUMPY" + bytes([version, 0]) + length + header + array.tobytes()
    assert equal(array, [[1, 2, 3]], data) == (0 if version in (1, 2, 3) else 2)
