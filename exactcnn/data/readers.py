"""Matrices, parameters and samples from files, every number taken exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from exactcnn.data.dataset import Dataset
from exactcnn.data.files import shown_path
from exactcnn.data.numpy_files import read_npz
from exactcnn.data.tables import one_of, read_table
from exactcnn.domains.arguments import typed
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.patches.builders import Layout


@typed
def read_matrix(path: str | Path) -> ExactArray:
    r"""Read a matrix from a file: every number of it exactly.

    Parameters
    ----------
    path : path
        ``.npy``, ``.npz`` with one array or a sparse matrix of SciPy, ``FILE.npz:NAME`` for one array of several, IDX,
        Matrix Market, or text (see `read_text_matrix`); all of them compressed by gzip or not. Its first bytes say
        which kind it is. "-" is standard input.

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
    found, name = _one_array(path)
    if len(found.shape) != 2 or 0 in found.shape:
        flat = f": reshape it to ({found.shape[0]}, {math.prod(found.shape[1:])})" if len(found.shape) > 2 else ""
        raise InputError(
            f"{name} has shape {found.shape}; expected a matrix (two dimensions, at least one entry){flat}"
        )
    return found


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
    found, name = _one_array(path)
    if sum(length > 1 for length in found.shape) > 1 or not found.shape or 0 in found.shape:
        raise InputError(f"{name} has shape {found.shape}; expected one class for each sample")
    return found.reshape(-1)


@typed
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


@typed
def read_samples(
    path: str | Path, *, layout: Layout = "channels-first", input_shape: Sequence[int] | None = None
) -> Dataset:
    """Read samples from a file, the first index being the sample.

    The file holds one array of shape (N, ...), of any kind that `read_matrix` reads: of a table, one sample a row. A
    .npz file holds an array `samples`, or one of any name, and perhaps `labels`.

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
    values, name = read_table(path)
    labels = None
    if isinstance(values, dict):
        labels = values.pop("labels", None)
        values, name = one_of(values, name, default="samples")
    shown = shown_path(path)
    return Dataset.from_array(
        values, labels=labels, name=shown, provenance=f"file {shown}", layout=layout, input_shape=input_shape
    )


def _one_array(path: str | Path) -> tuple[ExactArray, str]:
    """Read the array of a file that holds one, and what messages call it; raises as `read_matrix`."""
    found, name = read_table(path)
    return one_of(found, name) if isinstance(found, dict) else (found, name)
