"""State dicts of PyTorch, read without PyTorch and without running a pickle.

Two formats: since version 1.6 a zip archive with the pickle `data.pkl` and a member of raw bytes for each storage,
which `torch.save` stores uncompressed; before, pickles one after another and then the storages. The pickle is
interpreted by `exactcnn.interop.pickles`, which calls nothing.

References
----------
.. [1] PyTorch, torch/serialization.py and torch/_utils.py.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.data.files import readable_file
from exactcnn.errors import InputError
from exactcnn.interop.pickles import MOST_BYTES, ORDERED_DICT, Call, Name, Reference, interpret
from exactcnn.interop.tensors import Window, check_window, decoded, item_size, seen
from exactcnn.resources import check_memory

MAGIC = 0x1950A86A20F9469CFC6C
STORAGES = {
    "torch.DoubleStorage": "float64",
    "torch.FloatStorage": "float32",
    "torch.HalfStorage": "float16",
    "torch.BFloat16Storage": "bfloat16",
    "torch.LongStorage": "int64",
    "torch.IntStorage": "int32",
    "torch.ShortStorage": "int16",
    "torch.CharStorage": "int8",
    "torch.ByteStorage": "uint8",
    "torch.BoolStorage": "bool",
}
_TENSOR, _PARAMETER, _SIZE = "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter", "torch.Size"
_FIRST_TENSOR = "torch._utils._rebuild_tensor"
ALLOWED = frozenset({*STORAGES, _TENSOR, _FIRST_TENSOR, _PARAMETER, _SIZE, ORDERED_DICT})
STATE_DICTS = ("state_dict", "model_state_dict", "model")
"""Where checkpoints hold the state dict beside other things."""


@dataclass(frozen=True)
class _Storage:
    key: str
    type: str
    size: int


def read_torch_file(path: str | Path) -> dict[str, NDArray[Any]]:
    """Read the tensors of a state dict by name, in its order.

    Parameters
    ----------
    path : str or Path
        What ``torch.save(model.state_dict(), path)`` wrote, or a checkpoint with it under "state_dict",
        "model_state_dict" or "model".

    Returns
    -------
    dict of str to ndarray
        Exactly the stored numbers; bfloat16 as float32.

    Raises
    ------
    InputError
        For a name in the pickle that no tensor needs (nothing is run), quantised and complex tensors, strides or an
        offset outside a storage, a storage of another size than it claims, and broken, compressed or truncated files.

    Examples
    --------
    >>> sorted(read_torch_file("tests/interop/data/tiny.pth"))
    ['conv.bias', 'conv.weight', 'fc.bias', 'fc.weight']
    """
    path = readable_file(path)
    try:
        with path.open("rb") as file:
            if zipfile.is_zipfile(file):
                return _from_zip(file, path.stat().st_size)
            file.seek(0)
            return _from_pickles(file, path.stat().st_size)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except MemoryError:
        raise InputError(f"{path}: not enough memory to read it") from None
    except (OSError, zipfile.BadZipFile, struct.error, EOFError, LookupError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: broken ({reason}); expected a file of torch.save") from None


# -------------------------------------------------------------------- the zip format


def _from_zip(file: IO[bytes], size: int) -> dict[str, NDArray[Any]]:
    with zipfile.ZipFile(file) as archive:
        members: dict[str, zipfile.ZipInfo] = {}
        for each in archive.infolist():
            if each.filename in members:
                raise InputError(f"two members are named {each.filename[:80]!r}; expected different names")
            members[each.filename] = each
        pickles = [name for name in members if name.count("/") == 1 and name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise InputError(f"a zip archive with {len(pickles)} members */data.pkl; expected a file of torch.save")
        folder = pickles[0].removesuffix("data.pkl")
        if f"{folder}constants.pkl" in members:
            raise InputError("a TorchScript archive; expected a state dict: torch.save(model.state_dict(), ...)")

        def content(name: str) -> bytes:
            member = members[name]
            if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size:
                raise InputError(f"member {name!r} is compressed; expected stored members, as torch.save writes them")
            with archive.open(member) as stream:
                return stream.read(member.file_size)

        if members[pickles[0]].file_size > MOST_BYTES:
            raise InputError(f"a pickle of {members[pickles[0]].file_size} bytes; expected at most {MOST_BYTES}")
        big_endian = False
        if f"{folder}byteorder" in members and members[f"{folder}byteorder"].file_size < 16:
            order = content(f"{folder}byteorder")
            if order not in (b"little", b"big"):
                raise InputError(f"byte order {order!r}; expected 'little' or 'big'")
            big_endian = order == b"big"
        windows = _windows(_state_dict(interpret(BytesIO(content(pickles[0])), ALLOWED, refused=_refused)))
        storages = _distinct(windows)
        total = 0
        for storage in storages.values():
            member = members.get(f"{folder}data/{storage.key}")
            if member is None:
                raise InputError(f"storage {storage.key[:40]!r} is missing; expected a member data/{storage.key[:40]}")
            _check_size(storage, member.file_size)
            total += member.file_size
        if total > size:  # several members at one place
            raise InputError(f"storages of {total} bytes in a file of {size}; expected storages of their own")
        check_memory(4 * total, what=f"tensors of {total} bytes")
        return _tensors(windows, storages, lambda storage: content(f"{folder}data/{storage.key}"), big_endian)


# -------------------------------------------------------------------- the format before


def _from_pickles(file: IO[bytes], size: int) -> dict[str, NDArray[Any]]:
    head = BytesIO(file.read(MOST_BYTES))
    try:
        magic = interpret(head, frozenset())
    except InputError as error:
        found = str(error)
        raise InputError(found if "names" in found else "no file of torch.save; expected a state dict") from None
    if magic != MAGIC:
        raise InputError("no file of torch.save; expected a state dict")
    protocol, system = interpret(head, frozenset()), interpret(head, frozenset())
    if protocol != 1001 or not isinstance(system, dict):
        raise InputError("a file of torch.save in another version; expected protocol 1001")
    windows = _windows(_state_dict(interpret(head, ALLOWED, refused=_refused)))
    storages = _distinct(windows)
    keys = interpret(head, frozenset())
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys) or len(set(keys)) < len(keys):
        raise InputError("a broken list of storages; expected a file of torch.save")
    if set(storages) - set(keys):
        raise InputError(f"storage {min(set(storages) - set(keys))[:40]!r} is missing; expected it behind the pickles")
    places: dict[str, int] = {}
    place = head.tell()
    for key in keys:
        if key not in storages:  # its size is not known, so nothing behind it can be found
            raise InputError(f"storage {key[:40]!r} belongs to no tensor; expected a state dict alone")
        file.seek(place)
        length = file.read(8)
        (count,) = struct.unpack("<q", length) if len(length) == 8 else (-1,)
        storage = storages[key]
        if count != storage.size:
            raise InputError(f"storage {key[:40]!r} has {count} elements, its tensors say {storage.size}")
        places[key] = place + 8
        place += 8 + count * item_size(storage.type)
        if place > size:
            raise InputError(f"storage {key[:40]!r} ends behind the file, at byte {place} of {size}")
    if place != size:
        raise InputError(f"{size - place} bytes behind the last storage; expected none")
    check_memory(4 * size, what=f"tensors of {size} bytes")

    def content(storage: _Storage) -> bytes:
        file.seek(places[storage.key])
        return file.read(storage.size * item_size(storage.type))

    return _tensors(windows, storages, content, system.get("little_endian") is False)


# -------------------------------------------------------------------- what a pickle says


def _refused(name: str) -> str:
    short = name.rpartition(".")[2]
    if "qtensor" in name or short.startswith(("QInt", "QUInt")):
        return f"{name}: a quantised tensor"
    if short.startswith("Complex"):
        return f"{name}: complex numbers"
    return f"its pickle names {name}, which no tensor of real numbers needs"


def _state_dict(value: Any) -> Mapping[Any, Any]:
    """The dictionary of tensors: the object itself, or what a checkpoint calls so."""
    if isinstance(value, dict):
        held = [name for name in STATE_DICTS if isinstance(value.get(name), dict)]
        if len(held) > 1:
            raise InputError(f"a checkpoint with {' and '.join(held)}; expected one state dict")
        value = value[held[0]] if held else value
    if not isinstance(value, dict) or not value:
        raise InputError("no state dict; expected a dictionary of tensors: torch.save(model.state_dict(), ...)")
    for name, each in value.items():
        if not isinstance(name, str) or not isinstance(each, Call):
            raise InputError(f"{str(name)[:80]!r} is no tensor; expected a dictionary of tensors alone")
    return value


def _windows(tensors: Mapping[Any, Any]) -> dict[str, tuple[Window, _Storage]]:
    return {name: _window(name, call) for name, call in tensors.items()}


def _window(name: str, call: Call) -> tuple[Window, _Storage]:
    if call.name == _PARAMETER:
        if not call.arguments or not isinstance(call.arguments[0], Call):
            raise InputError(f"{name}: a parameter without tensor")
        call = call.arguments[0]
    if call.name not in (_TENSOR, _FIRST_TENSOR) or len(call.arguments) < 4:
        raise InputError(f"{name}: {call.name} in place of a tensor; expected {_TENSOR}")
    reference, offset, shape, strides = call.arguments[:4]
    storage = _storage(name, reference)
    shape, strides = _sizes(shape), _sizes(strides)
    if shape is None or strides is None:
        raise InputError(f"{name}: sizes or strides that are no tuples")
    window = Window(name, offset, shape, strides)
    check_window(window, storage.size)
    return window, storage


def _sizes(value: Any) -> tuple[int, ...] | None:
    if isinstance(value, Call) and value.name == _SIZE and len(value.arguments) == 1:
        value = value.arguments[0]
    return value if isinstance(value, tuple) else None


def _storage(name: str, reference: Any) -> _Storage:
    value = reference.value if isinstance(reference, Reference) else None
    if not isinstance(value, tuple) or len(value) not in (5, 6) or value[0] != "storage":
        raise InputError(f"{name}: no storage; expected a tensor as torch.save writes it")
    _, type_, key, _, size, *views = value
    if any(view is not None for view in views):
        raise InputError(f"{name}: a view of a storage; expected a file of PyTorch 1.0 or newer")
    if not isinstance(type_, Name) or type_.text not in STORAGES:
        raise InputError(f"{name}: a storage of no type; expected one of {', '.join(STORAGES)}")
    if not isinstance(key, str) or isinstance(size, bool) or not isinstance(size, int) or not 0 <= size < 2**48:
        raise InputError(f"{name}: a storage without key or size")
    return _Storage(key, STORAGES[type_.text], size)


def _distinct(windows: Mapping[str, tuple[Window, _Storage]]) -> dict[str, _Storage]:
    storages: dict[str, _Storage] = {}
    for name, (_, storage) in windows.items():
        if storages.setdefault(storage.key, storage) != storage:
            raise InputError(f"{name}: storage {storage.key[:40]!r} with two types or sizes; expected one")
    return storages


def _check_size(storage: _Storage, held: int) -> None:
    needed = storage.size * item_size(storage.type)
    if held != needed:
        raise InputError(f"storage {storage.key[:40]!r} has {held} bytes, its tensors say {needed}")


def _tensors(
    windows: Mapping[str, tuple[Window, _Storage]],
    storages: Mapping[str, _Storage],
    content: Callable[[_Storage], bytes],
    big_endian: bool,
) -> dict[str, NDArray[Any]]:
    held: dict[str, NDArray[Any]] = {}
    for key, storage in storages.items():
        data = content(storage)
        _check_size(storage, len(data))
        held[key] = decoded(data, storage.type, big_endian=big_endian)
    return {name: np.asarray(seen(window, held[storage.key])) for name, (window, storage) in windows.items()}
