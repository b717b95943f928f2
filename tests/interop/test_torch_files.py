"""State dicts: what PyTorch wrote (files made by data/make_data.py), and files that nobody should have written."""

import io
import pickle
import resource
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.interop.torch_files import MAGIC, read_torch_file

DATA = Path(__file__).parent / "data"
KINDS = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")


@pytest.mark.parametrize("name", ["tiny.pth", "tiny-legacy.pt", "checkpoint.pth"])
def test_both_formats(name):
    found = read_torch_file(DATA / name)
    generator = np.random.default_rng(0)
    assert list(found) == ["conv.weight", "conv.bias", "fc.weight", "fc.bias"]
    assert (found["conv.weight"] == generator.integers(-8, 9, (2, 1, 2, 2)) / 8).all()
    assert (found["fc.weight"] == generator.integers(-8, 9, (2, 8)) / 8).all()
    assert found["conv.bias"].dtype == np.float32
    assert found["conv.bias"].tolist() == [np.float32(0.1), np.float32(-0.2)]


@pytest.mark.parametrize("name", ["kinds.pth", "kinds-legacy.pth"])
def test_types_strides_and_offsets(name):
    found = read_torch_file(DATA / name)
    for kind in KINDS:
        expected = [0, 1, 1, 1] if kind == "bool" else [0, 1, 2, 100]
        assert found[kind].tolist() == expected, kind
    base = np.arange(24.0).reshape(4, 6)
    assert (found["transposed"] == base.T).all()
    assert (found["part"] == base[1:3, ::2]).all()
    assert (found["scalar"].shape, found["empty"].shape, found["parameter"].tolist()) == ((), (0, 3), [1.5])
    with pytest.raises(ValueError, match="read-only"):
        found["part"][0, 0] = 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("quantised.pth", "torch._utils._rebuild_qtensor: a quantised tensor; nothing was run"),
        ("complex.pth", "torch.ComplexFloatStorage: complex numbers"),
        ("module.pth", "names torch.nn.modules.linear.Linear, .*; nothing was run; expected a state dict"),
    ],
)
def test_what_is_refused_by_name(name, message):
    with pytest.raises(InputError, match=f"^{DATA / name}: .*{message}"):
        read_torch_file(DATA / name)


# -------------------------------------------------------------------- files of our own making


class Global:
    """A name in a pickle, whether or not there is such a thing."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Writer(pickle._Pickler):  # in Python, so that names can be written that do not exist
    """A pickler of storages and calls."""

    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, Global):
            self.write(f"c{obj.module}\n{obj.name}\n".encode())
        elif isinstance(obj, Made):
            self.save(obj.function)
            self.save(obj.arguments)
            self.write(pickle.REDUCE)
        elif isinstance(obj, Stored):
            self.save(obj.value)
            self.write(pickle.BINPERSID)
        else:
            super().save(obj, save_persistent_id)

    def memoize(self, obj):
        pass


class Made:
    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments


class Stored:
    def __init__(self, *value):
        self.value = value


REBUILD = Global("torch._utils", "_rebuild_tensor_v2")


def dumped(value):
    stream = io.BytesIO()
    Writer(stream, protocol=2).dump(value)
    return stream.getvalue()


def tensor(shape=(2, 2), strides=(2, 1), offset=0, size=4, type_="FloatStorage", key="0", module="torch"):
    storage = Stored("storage", Global(module, type_), key, "cpu", size)
    return Made(REBUILD, storage, offset, shape, strides, False, Made(Global("collections", "OrderedDict")))


def archive(path, value, members=None, *, compression=zipfile.ZIP_STORED, **more):
    """A zip file as torch.save lays it out."""
    members = {"data/0": np.arange(4, dtype="<f4").tobytes()} if members is None else members
    with zipfile.ZipFile(path, "w", compression) as file:
        file.writestr("x/data.pkl", value if isinstance(value, bytes) else dumped(value))
        for name, data in {**members, **more}.items():
            file.writestr(f"x/{name}", data)
    return path


def test_the_positive_control(tmp_path):
    found = read_torch_file(archive(tmp_path / "own.pth", {"w": tensor()}))
    assert found["w"].tolist() == [[0, 1], [2, 3]]
    big = archive(
        tmp_path / "big.pth", {"w": tensor()}, {"data/0": np.arange(4, dtype=">f4").tobytes(), "byteorder": b"big"}
    )
    assert read_torch_file(big)["w"].tolist() == [[0, 1], [2, 3]]
    tied = read_torch_file(archive(tmp_path / "tied.pth", {"a": tensor(), "b": tensor((4,), (1,))}))
    assert tied["b"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"w": tensor(offset=1)}, "w: element 4 of a storage of 4; expected strides and offset within the storage"),
        ({"w": tensor(strides=(3, 1))}, "element 4 of a storage of 4"),
        ({"w": tensor(strides=(-1, 1))}, "no integers of at least 0"),
        ({"w": tensor(offset=-1)}, "no integers of at least 0"),
        ({"w": tensor(offset=True)}, "no integers of at least 0"),
        ({"w": tensor((2.0, 2))}, "no integers of at least 0"),
        ({"w": tensor((4, 4), (0, 1))}, "16 elements in a storage of 4; expected no element twice"),
        ({"w": tensor((2**40,), (0,))}, "elements in a storage of 4"),
        ({"w": tensor((2, 2), (1,))}, "2 sizes and 1 strides"),
        ({"w": tensor((1,) * 65, (1,) * 65)}, "65 sizes"),
        ({"w": tensor(size=5)}, "storage '0' has 16 bytes, its tensors say 20"),
        ({"w": tensor((1, 2), size=2)}, "storage '0' has 16 bytes, its tensors say 8"),
        ({"w": tensor(size=2**50)}, "a storage without key or size"),
        ({"w": tensor(size="4")}, "a storage without key or size"),
        ({"w": tensor(type_="DoubleStorage")}, "storage '0' has 16 bytes, its tensors say 32"),
        ({"w": tensor(key="1")}, "storage '1' is missing"),
        ({"w": tensor(key="../../etc/passwd")}, "is missing"),
        ({"w": tensor(), "v": tensor(type_="IntStorage")}, "v: storage '0' with two types or sizes"),
        ({"w": tensor(type_="QInt8Storage")}, "torch.QInt8Storage: a quantised tensor"),
        ({"w": tensor(type_="FloatStorage", module="os")}, "names os.FloatStorage"),
        ({"w": tensor(type_="OrderedDict", module="collections")}, "a storage of no type"),
        ({"w": 3}, "'w' is no tensor"),
        ({3: tensor()}, "'3' is no tensor"),
        ({}, "no state dict"),
        ([tensor()], "no state dict"),
        ({"state_dict": {"w": tensor()}, "model": {"w": tensor()}}, "a checkpoint with state_dict and model"),
        ({"w": Made(Global("posix", "system"), "true")}, "names posix.system, .*nothing was run"),
        ({"w": Made(Global("torch", "Size"), (2, 2))}, "torch.Size in place of a tensor"),
        ({"w": Made(REBUILD, tensor(), 0, (2, 2), (2, 1))}, "no storage"),
        ({"w": Made(REBUILD, 3)}, "in place of a tensor"),
        (b"garbage", "pickle"),
        (b"", "pickle"),
    ],
)
def test_hostile_state_dicts(tmp_path, value, message):
    path = archive(tmp_path / "bad.pth", value)
    with pytest.raises(InputError, match=message) as caught:
        read_torch_file(path)
    assert "\n" not in str(caught.value)


def test_archives_of_another_kind(tmp_path):
    deflated = archive(tmp_path / "bomb.pth", {"w": tensor(size=2**20)}, {"data/0": bytes(2**22)}, compression=8)
    with pytest.raises(InputError, match="is compressed; expected stored members"):
        read_torch_file(deflated)
    with zipfile.ZipFile(tmp_path / "none.pth", "w") as file:
        file.writestr("x/y", b"")
    with pytest.raises(InputError, match=r"0 members \*/data.pkl"):
        read_torch_file(tmp_path / "none.pth")
    script = archive(tmp_path / "script.pt", {"w": tensor()}, **{"constants.pkl": b""})
    with pytest.raises(InputError, match="TorchScript"):
        read_torch_file(script)
    order = archive(tmp_path / "order.pt", {"w": tensor()}, {"data/0": bytes(16), "byteorder": b"middle"})
    with pytest.raises(InputError, match="byte order b'middle'"):
        read_torch_file(order)


@pytest.mark.parametrize("name", ["tiny.pth", "tiny-legacy.pt"])
def test_truncated_and_damaged_files(tmp_path, name):
    whole = (DATA / name).read_bytes()
    for end in range(0, len(whole), 37):
        (tmp_path / name).write_bytes(whole[:end])
        with pytest.raises(InputError):
            read_torch_file(tmp_path / name)
    generator = np.random.default_rng(0)
    expected = {key: value.tobytes() for key, value in read_torch_file(DATA / name).items()}
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[generator.integers(len(whole))] ^= int(generator.integers(1, 256))
        (tmp_path / name).write_bytes(bytes(damaged))
        try:
            found = read_torch_file(tmp_path / name)
        except InputError:
            continue
        if name == "tiny.pth":  # of the members, a checksum is kept
            assert [value.tobytes() for value in found.values()] == list(expected.values())


def legacy(storages, value, keys=("0",), **system):
    parts = [dumped(MAGIC), dumped(1001), dumped({"little_endian": True} | system), dumped(value), dumped(list(keys))]
    return b"".join(parts) + b"".join(struct.pack("<q", count) + data for count, data in storages)


FOUR = (4, np.arange(4, dtype="<f4").tobytes())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (legacy([(5, FOUR[1])], {"w": tensor()}), "has 5 elements, its tensors say 4"),
        (legacy([(-1, FOUR[1])], {"w": tensor()}), "has -1 elements"),
        (legacy([(4, b"")], {"w": tensor()}), "ends behind the file"),
        (legacy([FOUR], {"w": tensor()}) + b"x", "1 bytes behind the last storage"),
        (legacy([FOUR, FOUR], {"w": tensor()}, ("0", "1")), "storage '1' belongs to no tensor"),
        (legacy([], {"w": tensor()}, ()), "storage '0' is missing"),
        (legacy([FOUR], {"w": tensor()}, ("0", "0")), "broken list of storages"),
        (legacy([FOUR], {"w": Made(Global("os", "system"), "true")}), "names os.system"),
        (dumped(MAGIC) + dumped(7) + dumped({}), "another version"),
        (dumped(5), "no file of torch.save"),
        (dumped(Made(Global("os", "system"), "true")), "names os.system, .*nothing was run"),
        (b"\x93NUMPY", "no file of torch.save"),
    ],
)
def test_hostile_files_of_the_old_format(tmp_path, data, message):
    path = tmp_path / "old.pt"
    path.write_bytes(legacy([FOUR], {"w": tensor()}))
    assert read_torch_file(path)["w"].tolist() == [[0, 1], [2, 3]]
    path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        read_torch_file(path)


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
from exactcnn.errors import InputError
from exactcnn.interop.torch_files import read_torch_file
try:
    read_torch_file(sys.argv[1])
except InputError as error:
    print(error)
"""


def overlapping(path):
    """Ten thousand members that all lie in the same megabyte."""
    archive(
        path, {str(i): tensor((2**18,), (1,), size=2**18, key=str(i)) for i in range(3000)}, {"data/0": bytes(2**20)}
    )
    with zipfile.ZipFile(path, "a") as file:
        first = file.getinfo("x/data/0")
        for i in range(1, 3000):
            again = zipfile.ZipInfo(f"x/data/{i}")
            again.file_size, again.compress_size, again.CRC = first.file_size, first.compress_size, first.CRC
            again.header_offset = first.header_offset
            file.filelist.append(again)
            file.NameToInfo[again.filename] = again
        file.writestr("x/last", b"")  # so that the directory is written anew


def pickle_bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x/data.pkl", b"N" * 2**29)


HOSTILE = [
    (overlapping, "storages of 3145728000 bytes in a file of"),
    (pickle_bomb, "a pickle of 536870912 bytes"),
    (lambda path: archive(path, b"]" * 2**20), "a broken pickle"),
]


@pytest.mark.parametrize(("make", "message"), HOSTILE)
def test_a_budget_for_hostile_files(tmp_path, make, message):
    """600 MB and 15 s for a file of a megabyte."""
    make(tmp_path / "hostile.pth")
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    command = [sys.executable, "-c", LIMITED, str(tmp_path / "hostile.pth"), str(600 * 2**20)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith(f"{tmp_path / 'hostile.pth'}: {message}")
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 15
    assert time.monotonic() - start < 60
