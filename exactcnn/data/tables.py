"""The one array of a file of any kind; its first bytes say which kind it is, whatever its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from exactcnn.data.files import ONE_ARRAY, file_and_array, opened, shown_path
from exactcnn.data.idx import idx_array, is_idx
from exactcnn.data.matrix_market import is_matrix_market, matrix_market
from exactcnn.data.numpy_files import NPY, ZIP, npy_array, npz_arrays
from exactcnn.data.text import decoded, text_matrix, whole_text
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError

BEGINNING = 32  # bytes, enough to tell
FOREIGN = {  # by their first bytes: what people have, and what is no table of numbers here
    b"\x89HDF\r\n\x1a\n": "an HDF5 file (or MATLAB 7.3)",
    b"MATLAB 5.0 MAT-file": "a MATLAB file",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"\x80\x02": "a pickle, which is never read",
    b"\x80\x03": "a pickle, which is never read",
    b"\x80\x04": "a pickle, which is never read",
    b"\x80\x05": "a pickle, which is never read",
    b"\x1f\x8b": "compressed by gzip twice",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by Zstandard",
}


def read_table(path: str | Path) -> tuple[ExactArray | dict[str, NDArray[Any]], str]:
    r"""Read a file: its array, or the arrays of a .npz file by name; and what messages call it.

    Parameters
    ----------
    path : path
        "-" for standard input. NumPy's .npy and .npz, a sparse matrix of SciPy's `save_npz`, IDX, Matrix Market, or
        text; each of them compressed by gzip or not. FILE.npz:NAME is one array of several.

    Raises
    ------
    InputError
        In one line: what is wrong with the file, where, and what would be right.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "m.txt").write_text("%%MatrixMarket matrix array integer general\n1 2\n3\n4\n")
    ...     read_table(Path(folder, "m.txt"))[0].fractions().tolist()
    [[Fraction(3, 1), Fraction(4, 1)]]
    """
    file, key = file_and_array(path)
    name, plain = shown_path(file), Path(file.stem if file.suffix == ".gz" else file)
    with opened(file) as stream:
        beginning = stream.read(BEGINNING)
        stream.seek(0)
        if beginning.startswith(ZIP) or (plain.suffix == ".npz" and not beginning.startswith(NPY)):
            arrays = npz_arrays(stream, name)
            return (arrays, name) if key is None else _named(arrays, key, name)
        if key is not None:
            raise InputError(f"{name} is no .npz file; expected one for the array {key!r}")
        if beginning.startswith(NPY) or plain.suffix == ".npy":
            return ExactArray.from_array(npy_array(stream, name), name=name), name
        if is_idx(beginning):
            return ExactArray.from_array(idx_array(stream, name), name=name), name
        if foreign := next((kind for start, kind in FOREIGN.items() if beginning.startswith(start)), None):
            raise InputError(f"{name} is {foreign}; expected .npy, .npz, IDX, Matrix Market or text, gzipped or not")
        data = whole_text(stream, name)
    if is_matrix_market(beginning):
        return matrix_market(decoded(data, name), name), name
    return text_matrix(data, name), name


def one_of(arrays: dict[str, NDArray[Any]], name: str, *, default: str = "") -> tuple[ExactArray, str]:
    """Return the array of this name, or the only one, and what messages call it.

    Raises
    ------
    InputError
        If there are several others, or none.
    """
    if default in arrays or len(arrays) == 1:
        return _named(arrays, default if default in arrays else next(iter(arrays)), name)
    choice = f", or {name}:{next(iter(arrays))}" if arrays and ONE_ARRAY.fullmatch(f"{name}:") else ""
    raise InputError(f"{name} holds {', '.join(arrays) or 'no array'}; expected one array{choice}")


def _named(arrays: dict[str, NDArray[Any]], key: str, name: str) -> tuple[ExactArray, str]:
    if key not in arrays:
        raise InputError(f"{name} holds {', '.join(arrays) or 'no array'}; expected an array named {key!r}")
    return ExactArray.from_array(arrays[key], name=f"{name}[{key}]"), f"{name}[{key}]"
