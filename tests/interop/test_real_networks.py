"""Trained networks from PyPI (MIT), where they are installed: exact features against integers, layer by layer.

ccexam has a network for MNIST, digit-recognizer-py another one; both are state dicts of PyTorch.
"""

import importlib.util
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from flint import fmpz_mat

from exactcnn import summary, verify
from exactcnn.interop.torch_files import read_torch_file
from exactcnn.network.features import FeatureMatrix
from exactcnn.spec import load_dataset, load_parameters, read_spec

NETWORKS = {
    "ccexam": ("weights/mnist.pth", (32, 64), (128, 10)),
    "digit_recognizer": ("models/handwriting_model.pth", (32, 64, 128), (256, 10)),
}


def specification(folder, package, images=2):
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        pytest.skip(f"the package {package} is not installed")
    file, filters, units = NETWORKS[package]
    weights = Path(found.origin).parent / file
    rows = ['[data]\nsource = "images.npy"\nscale = "1/256"\n\n[network]\ninput = [1, 28, 28]\n']
    for count in filters:
        rows.append(f'[[network.layers]]\nkind = "convolution"\nfilters = {count}\nkernel = 3\npadding = 1')
        rows.append('bias = "filter"\nactivation = "relu"\n\n[[network.layers]]\nkind = "max-pooling"\nkernel = 2\n')
    for count, name in zip(units, ("relu", "identity"), strict=True):
        rows.append(f'[[network.layers]]\nkind = "fully-connected"\nunits = {count}\nactivation = "{name}"\n')
    rows.append(f'[parameters]\nfile = "{weights}"\n')
    np.save(folder / "images.npy", np.random.default_rng(0).integers(0, 256, (images, 1, 28, 28)))
    (folder / "spec.toml").write_text("\n".join(rows))
    return read_spec(folder / "spec.toml"), weights


def integers(array):
    """An array of floats times 2^e, e the smallest that makes integers of them all."""
    values = [Fraction(float(x)) for x in array.ravel()]
    common = max(value.denominator for value in values)
    return np.array([int(value * common) for value in values], dtype=object).reshape(array.shape), common


def by_integers(images, tensors):
    """The forward pass as PyTorch documents it, in Python's integers: (values, denominator) of every layer."""
    names = [name.removesuffix(".weight") for name in tensors if name.endswith(".weight")]
    values, below = images.astype(object), 256
    for name in names:
        weights, common = integers(tensors[f"{name}.weight"])
        biases, other = integers(tensors[f"{name}.bias"])
        unit = max(common * below, other)
        factor = unit // (common * below)
        own = biases * (unit // other)
        if weights.ndim == 4:
            height, width = values.shape[2:]
            padded = np.full((*values.shape[:2], height + 2, width + 2), 0, dtype=object)
            padded[:, :, 1:-1, 1:-1] = values
            windows = [padded[:, :, i : i + height, j : j + width] for i in range(3) for j in range(3)]
            columns = np.stack(windows, axis=2).reshape(len(values), -1, height * width)
            sums = np.stack([weights.reshape(len(weights), -1).dot(each) for each in columns])
            values = np.maximum((sums * factor + own[:, None]).reshape(len(values), -1, height, width), 0)
            yield values, unit
            even = values[:, :, : height // 2 * 2, : width // 2 * 2]
            values = np.maximum.reduce([even[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)])
        else:
            flat = values.reshape(len(values), -1)
            values = flat.dot(weights.T) * factor + own
            values = values if name == names[-1] else np.maximum(values, 0)
        below = unit
        yield values, unit


@pytest.mark.parametrize("package", NETWORKS)
def test_exact_features_of_every_layer(tmp_path, package):
    spec, weights = specification(tmp_path, package)
    samples, count = load_dataset(spec), len(spec.network.layers)
    parameters = load_parameters(spec, layer=count)
    images = np.load(tmp_path / "images.npy")
    for number, (values, unit) in enumerate(by_integers(images, read_torch_file(weights)), 1):
        layer = spec.network.layer(number)
        exact = FeatureMatrix(spec.network, parameters, samples.samples, number).exact()
        mine, denominator = exact.integers()
        if len(layer.shape) > 1 and layer.layout == "channels-last":
            values = np.moveaxis(values, 1, -1)
        expected = values.reshape(len(images), -1)
        pairs = zip(mine.ravel().tolist(), expected.ravel().tolist(), strict=True)
        assert all(int(own) * unit == int(value) * denominator for own, value in pairs), number
    assert number == count


@pytest.mark.parametrize("package", NETWORKS)
def test_ranks_are_certified(tmp_path, package):
    spec, _ = specification(tmp_path, package)
    samples, count = load_dataset(spec), len(spec.network.layers)
    found = verify(spec.network, load_parameters(spec, layer=count), samples, layer=count, check=True)
    assert (found.rank.exact, found.checked) == (2, True)


@pytest.mark.parametrize("package", NETWORKS)
def test_every_layer_in_one_summary(tmp_path, package):
    """Ranks, dead and equal units and their certificate, against the integers of the forward pass."""
    spec, weights = specification(tmp_path, package, 12)
    samples, count = load_dataset(spec), len(spec.network.layers)
    found = summary(spec.network, load_parameters(spec, layer=count), samples, check=True)
    assert found.checked is True
    images = np.load(tmp_path / "images.npy")
    for layer, (values, _) in zip(found.layers[1:], by_integers(images, read_torch_file(weights)), strict=True):
        table = [[int(value) for value in row] for row in values.reshape(len(images), -1)]
        columns = list(zip(*table, strict=True))
        alive = {column for column in columns if any(column)}
        assert layer.found.rank.exact == fmpz_mat(len(table), len(table[0]), [x for row in table for x in row]).rank()
        assert layer.zero_units == sum(not any(column) for column in columns)
        assert layer.equal_units == sum(map(any, columns)) - len(alive)
        dead = [
            t
            for t, channel in enumerate(values.reshape(len(images), layer.shape[0], -1).swapaxes(0, 1))
            if not channel.any()
        ]
        assert layer.zero_filters == dead
