"""Weights of Keras in its three formats, written here as Keras writes them."""

import io
import json
import zipfile

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.interop.keras_files import read_keras_file
from exactcnn.interop.weight_files import chosen, default_layout, read_weights
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters

h5py = pytest.importorskip("h5py")
GENERATOR = np.random.default_rng(0)
KERNEL, BIAS = GENERATOR.normal(size=(2, 2, 1, 2)).astype("f4"), GENERATOR.normal(size=2).astype("f4")
DENSE, OUT = GENERATOR.normal(size=(8, 3)).astype("f4"), GENERATOR.normal(size=3).astype("f4")
NETWORK = Network(
    (1, 3, 3), [Convolution(2, 2, bias="filter", activation="relu"), FullyConnected(3, activation="identity")]
)


def keras_2(path, **change):
    values = {"conv": {"kernel:0": KERNEL, "bias:0": BIAS}, "out": {"kernel:0": DENSE, "bias:0": OUT}} | change
    with h5py.File(path, "w") as root:
        group = root.create_group("model_weights")
        group.attrs["layer_names"] = [b"conv", b"flatten", b"out"]
        for layer in ("conv", "flatten", "out"):
            own = group.create_group(layer)
            names = [f"{layer}/{name}" for name in values.get(layer, {})]
            own.attrs["weight_names"] = [name.encode() for name in names]
            for name, value in values.get(layer, {}).items():
                own.create_dataset(f"{layer}/{name}", data=value)
    return path


def weights(file, conv="conv2d", dense="dense"):
    with h5py.File(file, "w") as root:
        for group, values in ((conv, (KERNEL, BIAS)), (dense, (DENSE, OUT)), ("flatten", ())):
            own = root.create_group(f"layers/{group}/vars")
            for place, value in enumerate(values):
                own.create_dataset(str(place), data=value)
    return file


def keras_3(path, *, layers=None, class_name="Sequential", data=None):
    layers = layers or [("InputLayer", "in"), ("Conv2D", "first"), ("Flatten", "flat"), ("Dense", "last")]
    config = {
        "class_name": class_name,
        "config": {"layers": [{"class_name": c, "config": {"name": n}} for c, n in layers]},
    }
    stream = io.BytesIO()
    weights(stream)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", stream.getvalue() if data is None else data)
    return path


def test_three_formats_hold_the_same(tmp_path):
    files = [keras_2(tmp_path / "a.h5"), weights(tmp_path / "a.weights.h5"), keras_3(tmp_path / "a.keras")]
    for path in files:
        arrays = chosen(read_weights(path), NETWORK, default_layout(path))
        own = Parameters.from_arrays(NETWORK, arrays, layout="keras")
        assert (own.layer(1).weights.fractions() == KERNEL.reshape(4, 2)).all()
        assert (own.layer(2).weights.fractions() == DENSE).all()  # flattened channels last, as the paper numbers
        assert (own.layer(2).biases.fractions() == OUT).all()
    assert [list(read_keras_file(path)[0]) for path in files] == [
        ["conv/kernel", "conv/bias", "out/kernel", "out/bias"],
        ["conv2d/kernel", "conv2d/bias", "dense/kernel", "dense/bias"],
        ["first/kernel", "first/bias", "last/kernel", "last/bias"],
    ]
    assert [read_keras_file(path)[1] for path in files] == [True, False, True]


def test_what_is_refused(tmp_path):
    def refuse(path, message):
        with pytest.raises(InputError, match=message) as caught:
            read_keras_file(path)
        assert "\n" not in str(caught.value)

    refuse(keras_3(tmp_path / "a.keras", class_name="Custom"), "expected Sequential or Functional")
    refuse(keras_3(tmp_path / "b.keras", layers=[("Conv2D", "a"), ("Conv2D", "b")]), "layer 'b' has no weights")
    refuse(keras_3(tmp_path / "c.keras", data=b"no hdf5"), "broken")
    refuse(keras_3(tmp_path / "bomb.keras", data=bytes(2**26)), "model.weights.h5' of 67108864 bytes")
    (tmp_path / "d.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    refuse(tmp_path / "d.h5", "broken")
    with h5py.File(tmp_path / "e.h5", "w") as root:
        root.create_dataset("layers/dense/vars/0", (2**14, 2**14), "f4")  # nothing written: a gigabyte of zeros
    refuse(tmp_path / "e.h5", "larger than the file")
    with h5py.File(tmp_path / "f.h5", "w") as root:
        for place in range(4):
            root.create_dataset(f"layers/batch_normalization/vars/{place}", data=np.ones(2))
    refuse(tmp_path / "f.h5", "has 4 weights; expected a kernel and a bias")
    with h5py.File(tmp_path / "g.h5", "w") as root:
        root["other"] = 1
    refuse(tmp_path / "g.h5", "no layers")
    with h5py.File(tmp_path / "h.h5", "w") as root:
        root.create_dataset("layers/dense/vars/0", data=np.array(["a"], dtype="S1"))
    refuse(tmp_path / "h.h5", "has dtype")
    refuse(tmp_path / "none.h5", "no such file")
