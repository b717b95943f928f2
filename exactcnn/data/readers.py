"""Matrices, parameters and samples from files, every number taken exactly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from exactcnn.data.dataset import Dataset
from exactcnn.data.numpy_files import read_npy, read_npz
from exactcnn.data.text import read_text_matrix
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.patches.builders import Layout


def read_matrix(path: str | Path, *, key: str | None = None) -> ExactArray:
    r"""Read a matrix from .npy or .npz (integers or floats, exactly the numbers that they are), or from text or CSV.

    Parameters
    ----------
    path : path
        ``.npy`` and ``.npz`` are NumPy files, anything else is text: see `read_text_matrix`.
    key : str, optional
        Name of the array in a .npz file that holds several.

    Raises
    ------
    InputError
        In one line: what is wrong with the file, where, and what would be right.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "matrix.csv")
    ...     _ = path.write_text("# two rows\n1, 1/3\n0.1, -2\n")
    ...     read_matrix(path).fractions().tolist()
    [[Fraction(1, 1), Fraction(1, 3)], [Fraction(1, 10), Fraction(-2, 1)]]
    """
    path = Path(path)
    if path.suffix == ".npz":
        array, name = _pick(path, read_npz(path), key)
    elif key is not None:
        raise InputError(f"key = {key!r} given with {path}; expected it with a .npz file only")
    elif path.suffix == ".npy":
        array, name = read_npy(path), str(path)
    else:
        return read_text_matrix(path)
    if array.ndim != 2 or not array.size:
        raise InputError(f"{name} has shape {array.shape}; expected a matrix (two dimensions, at least one entry)")
    return ExactArray.from_array(array, name=name)


def read_labels(path: str | Path) -> ExactArray:
    r"""Read one number for each sample: a vector, a row or a column, from the files that `read_matrix` reads.

    Raises
    ------
    InputError
        As `read_matrix`, and for an array of another shape.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "labels.txt")
    ...     _ = path.write_text("2\n0\n1\n")
    ...     read_labels(path).fractions().tolist()
    [Fraction(2, 1), Fraction(0, 1), Fraction(1, 1)]
    """
    path = Path(path)
    if path.suffix == ".npy" and (array := read_npy(path)).ndim == 1 and array.size:
        return ExactArray.from_array(array, name=str(path))
    found = read_matrix(path)
    if 1 not in found.shape:
        raise InputError(f"{path} has shape {found.shape}; expected one class for each sample")
    return found.reshape(-1)


def read_arrays(path: str | Path) -> dict[str, ExactArray]:
    """Read all arrays of a .npz file, such as the parameters W1, b1, W2, ..., by name.

    Raises
    ------
    InputError
        For a broken file, pickled objects, NaN and infinities (with name and index).
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise InputError(f"{path}: expected a .npz file")
    return {name: ExactArray.from_array(array, name=f"{path}[{name}]") for name, array in read_npz(path).items()}


def read_samples(
    path: str | Path, *, layout: Layout = "channels-first", input_shape: Sequence[int] | None = None
) -> Dataset:
    """Read samples from a file, the first index being the sample.

    A .npy file holds one array of shape (N, ...); a .npz file an array `samples`, or one of any name, and perhaps
    `labels`; a text file one sample a row.

    Parameters
    ----------
    path : path
    layout, input_shape
        As for `Dataset.from_array`: "channels-last" for samples (height, width, channels), flat rows among them.

    Raises
    ------
    InputError
        As for `read_matrix`; also for labels that are not N integers, and samples that do not fit the layout.
    """
    path = Path(path)
    values: Any
    labels = None
    if path.suffix == ".npz":
        arrays = read_npz(path)
        labels = arrays.pop("labels", None)
        values, _ = _pick(path, arrays, "samples" if "samples" in arrays else None)
    elif path.suffix == ".npy":
        values = read_npy(path)
    else:
        values = read_text_matrix(path)
    origin = f"file {path}"
    return Dataset.from_array(
        values, labels=labels, name=str(path), provenance=origin, layout=layout, input_shape=input_shape
    )


def _pick(path: Path, arrays: dict[str, NDArray[Any]], key: str | None) -> tuple[NDArray[Any], str]:
    """The array named key, or without key the only one; and its name for messages."""
    if key is None and len(arrays) == 1:
        key = next(iter(arrays))
    if key is None or key not in arrays:
        held = ", ".join(arrays) or "no array"
        raise InputError(f"{path} holds {held}; expected {'one array' if key is None else f'an array named {key!r}'}")
    return arrays[key], f"{path}[{key}]"
