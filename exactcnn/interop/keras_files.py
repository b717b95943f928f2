"""Weights of Keras: HDF5 files (`.h5`, `.weights.h5`) and archives (`.keras`).

An `.h5` file of Keras 2 lists its layers and their weights in attributes, in order. A `.weights.h5` file of Keras 3 has
groups ``layers/NAME/vars`` in no order that means anything. A `.keras` archive holds such a file and the configuration
of the model, whose list of layers is the order, and has the names that the user gave.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.data.files import readable_file
from exactcnn.errors import InputError
from exactcnn.resources import check_memory

MOST_CONFIG = 2**23  # bytes
SMALL = 2**22  # bytes that are always read
MOST_EXPANSION = 4  # of a compressed member: weights are noise, and hardly shrink

Arrays = dict[str, NDArray[Any]]


def read_keras_file(path: str | Path) -> tuple[Arrays, bool]:
    """Read all weights by name, and whether their order is that of the layers.

    Parameters
    ----------
    path : str or Path
        A ``.h5``, ``.weights.h5`` or ``.keras`` file. Names are "layer/kernel", "layer/bias".

    Raises
    ------
    InputError
        Without the package h5py; for broken files, data sets that are external or no numbers, and layers whose weights
        are not those of convolutions and dense layers, by name.

    Examples
    --------
    >>> read_keras_file("no such file.h5")
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: no such file.h5: no such file
    """
    path = readable_file(path)
    try:
        import h5py  # noqa: F401
    except ImportError:
        raise InputError(
            f"{path}: weights of Keras need the package h5py; try: pip install 'exactcnn[keras]'"
        ) from None
    try:
        return _from_archive(path) if path.suffix == ".keras" else _from_h5(path, path.stat().st_size)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except MemoryError:
        raise InputError(f"{path}: not enough memory to read it") from None
    except (OSError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, RuntimeError, TypeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: broken ({reason}); expected weights of Keras") from None


def _from_h5(file: Any, size: int) -> tuple[Arrays, bool]:
    import h5py

    with h5py.File(file, "r") as root:
        held = _Reader(size)
        group = root.get("model_weights", root)
        if "layer_names" in group.attrs:  # Keras 2: everything is listed
            arrays = {}
            for layer in _texts(group.attrs["layer_names"]):
                for weight in _texts(group[layer].attrs["weight_names"]):
                    name = f"{layer}/{weight.rpartition('/')[2].removesuffix(':0')}"
                    if name in arrays:
                        raise InputError(f"two weights are named {name!r}; expected different names")
                    arrays[name] = held.array(group[layer], weight, name)
            return arrays, True
        if "layers" not in root:
            raise InputError("no layers; expected weights of Keras")
        return {
            key: value
            for name in sorted(root["layers"])
            for key, value in held.layer(root["layers"], name, name).items()
        }, False


def _from_archive(path: Path) -> tuple[Arrays, bool]:
    import h5py

    with zipfile.ZipFile(path) as archive:
        config = json.loads(_member(archive, "config.json", MOST_CONFIG))
        layers = config.get("config", {}).get("layers") if isinstance(config, dict) else None
        if config.get("class_name") not in ("Sequential", "Functional") or not isinstance(layers, list):
            raise InputError("a model that is no list of layers; expected Sequential or Functional")
        data = _member(archive, "model.weights.h5", max(MOST_EXPANSION * path.stat().st_size, SMALL))
    counts: dict[str, int] = {}
    arrays: Arrays = {}
    with h5py.File(BytesIO(data), "r") as root:
        held, groups = _Reader(len(data)), root["layers"]
        for layer in layers:
            kind, name = str(layer["class_name"]), str(layer["config"]["name"])
            group = _snake_case(kind)
            counts[group] = counts.get(group, -1) + 1
            group += f"_{counts[group]}" * (counts[group] > 0)
            if group in groups:
                arrays |= held.layer(groups, group, name)
            elif kind in ("Dense", "Conv1D", "Conv2D", "Conv3D"):
                raise InputError(f"layer {name!r} has no weights; expected them under layers/{group}")
    return arrays, True


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    info = archive.getinfo(name)
    if info.file_size > limit:
        raise InputError(f"member {name!r} of {info.file_size} bytes; expected at most {limit}")
    check_memory(6 * info.file_size, what=f"member {name!r}")
    with archive.open(info) as stream:
        data: bytes = stream.read(limit + 1)
    if len(data) != info.file_size:
        raise InputError(f"member {name!r} has {len(data)} bytes, the archive says {info.file_size}")
    return data


class _Reader:
    """What takes arrays from an HDF5 file, together no more than the file may hold."""

    def __init__(self, size: int) -> None:
        self.left = MOST_EXPANSION * size

    def layer(self, groups: Any, group: str, name: str) -> Arrays:
        """Kernel and bias of a layer of Keras 3, under the name that the user knows."""
        if "vars" not in groups[group]:
            raise InputError(f"layer {name!r} holds layers; expected a chain of layers")
        found = list(groups[group]["vars"])
        if sorted(found) not in ([], ["0"], ["0", "1"]):
            raise InputError(f"layer {name!r} has {len(found)} weights; expected a kernel and a bias")
        return {
            f"{name}/{word}": self.array(groups[group]["vars"], key, f"{name}/{word}")
            for key, word in (("0", "kernel"), ("1", "bias"))
            if key in found
        }

    def array(self, group: Any, key: str, name: str) -> NDArray[Any]:
        """One array, whose bytes are in the file."""
        import h5py

        data = group[key]
        if not isinstance(data, h5py.Dataset) or data.external or data.is_virtual:
            raise InputError(f"{name} is no array in the file; expected one")
        if data.dtype.kind not in "biuf" or data.dtype.itemsize > 8:
            raise InputError(f"{name} has dtype {data.dtype}; expected integers or floats")
        self.left -= data.size * data.dtype.itemsize
        if self.left < 0:
            raise InputError(f"{name} of shape {data.shape} is larger than the file; expected its bytes in it")
        return np.asarray(data[()])


def _texts(values: Any) -> list[str]:
    return [value.decode("utf-8") if isinstance(value, bytes) else str(value) for value in values]


def _snake_case(name: str) -> str:
    """The rule by which Keras names groups: Conv2D is conv2d, and BatchNormalization batch_normalization."""
    text = re.sub(r"\W+", "", name)
    text = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", text)
    return re.sub("([a-z])([A-Z])", r"\1_\2", text).lower()
