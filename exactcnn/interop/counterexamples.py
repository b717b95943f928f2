"""Inputs to be evaluated: arrays, rows of text, or the list ((X_0 v) (X_1 v) ... (Y_0 v)) that verifiers print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from exactcnn.data.dataset import Dataset
from exactcnn.data.files import readable_file
from exactcnn.data.readers import read_samples
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.interop.vnnlib_files import written_decimal

LARGEST_LIST = 2**25  # bytes
ARRAYS = (".npy", ".npz")
PAIR = re.compile(r"\(\s*([XY])_([0-9]{1,9})\s+([^\s()]{1,1000})\s*\)")
AROUND = re.compile(r"\s*(?:sat|violated)?[\s()]*")


@dataclass(frozen=True, eq=False)
class Inputs:
    """Inputs, and the outputs that a verifier states beside them.

    Attributes
    ----------
    data : Dataset
    stated : dict of int to Fraction
        Y_j by j; empty where none are stated.
    """

    data: Dataset
    stated: dict[int, Fraction]


def read_inputs(path: str | Path) -> Inputs:
    r"""Read inputs: .npy or .npz, text with one input a row, or the list that verifiers print.

    Every number is the decimal, or the float, that is written. A list may stand behind the word ``sat``; it has every
    X_i once, in any order.

    Raises
    ------
    InputError
        In one line: as the readers do; for a list with gaps, repetitions, or what is no pair.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "found.counterexample")
    ...     _ = path.write_text("sat\n((X_0 0.1)\n (X_1 -2e-3)\n (Y_0 0.25))")
    ...     found = read_inputs(path)
    >>> found.data.samples.fractions().tolist(), found.stated
    ([[Fraction(1, 10), Fraction(-1, 500)]], {0: Fraction(1, 4)})
    """
    path = readable_file(path)
    if path.suffix not in ARRAYS:
        with path.open("rb") as file:
            start = file.read(LARGEST_LIST + 1)
        if re.match(rb"\s*(sat|violated|\()", start):
            return _list(path, start)
    return Inputs(read_samples(path), {})


def _list(path: Path, data: bytes) -> Inputs:
    if len(data) > LARGEST_LIST:
        raise InputError(f"{path}: expected a list of at most {LARGEST_LIST} bytes")
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not ASCII; expected a list such as ((X_0 0.5))") from None
    found: dict[str, dict[int, Fraction]] = {"X": {}, "Y": {}}
    for letter, digits, number in PAIR.findall(text):
        index = int(digits)
        if index in found[letter]:
            raise InputError(f"{path}: {letter}_{index} stands there twice; expected it once")
        try:
            found[letter][index] = written_decimal(number)
        except InputError as error:
            raise InputError(f"{path}: {letter}_{index}: {error}") from None
    rest = PAIR.sub(" ", text)
    if not AROUND.fullmatch(rest):
        strange = re.sub(r"^\s*(?:sat|violated)", "", rest).translate(str.maketrans("", "", "()")).split()
        raise InputError(f"{path}: {strange[0][:40]!r} is no pair; expected a list such as ((X_0 0.5) (X_1 -2))")
    xs = found["X"]
    if not xs:
        raise InputError(f"{path}: no (X_0 v); expected a list such as ((X_0 0.5) (X_1 -2))")
    if max(xs) >= len(xs):
        raise InputError(f"{path}: X_{min(set(range(len(xs))) - set(xs))} is missing, X_{max(xs)} is there")
    row = ExactArray.from_fractions([xs[i] for i in range(len(xs))], (1, len(xs)))
    return Inputs(Dataset.from_array(row, name=str(path)), found["Y"])
