"""Writing certificates; docs/reference/certificates.md is the format.

Small arrays stand in the document itself, large ones in one NumPy file beside it, named with its hash. Both files
are written under temporary names first and moved when both are complete.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import numpy as np

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.numerals import decimal
from exactcnn.errors import InputError
from exactcnn.network.activations import Activation
from exactcnn.network.formulas import Terms
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters

INLINE = 200_000  # numbers in all; a document of some megabytes


@dataclass
class _Companion:
    """Arrays that go to the file beside the certificate."""

    path: Path
    arrays: dict[str, ExactArray] = field(default_factory=dict)

    def reference(self, name: str, array: ExactArray) -> dict[str, Any]:
        """Name an array of the companion; its hash is filled in when the file has been written."""
        self.arrays[name] = array
        scale = f"1/{decimal(int(array.denominators))}" if array.denominators != 1 else "1"
        return {"shape": list(array.shape), "file": self.path.name, "member": name, "sha256": None, "scale": scale}


def write_certificate(
    path: str | Path,
    *,
    network: Network | None,
    parameters: Parameters | None,
    samples: ExactArray | None,
    layers: int,
    claims: Sequence[Mapping[str, Any]],
) -> None:
    """Write a certificate for layers 1 to `layers` of an instance, and the file of its large arrays if there are any.

    Parameters
    ----------
    path : str or Path
        The JSON document; large arrays go to the file of this name with ".npz" appended.
    network, parameters, samples
        The instance; each may be None as far as no claim needs it, a network without layers in any case.
    layers : int
        How many layers it comprises; 0 for claims about the samples themselves.
    claims : sequence of mapping
        In the order in which they lean on each other.

    Raises
    ------
    InputError
        If the files cannot be written; see `check_destination`.
    """
    path = check_destination(path)
    companion = _Companion(_companion_path(path))
    inline = _numbers(parameters, samples) <= INLINE
    instance = _instance(network, parameters, samples, layers, None if inline else companion)
    try:
        with ExitStack() as moves:  # on success both files move to their places, the certificate last
            finished: list[tuple[Path, Path]] = []
            if companion.arrays:
                stored = {name: array.numerators for name, array in companion.arrays.items()}
                temporary = _written(companion.path, lambda file: np.savez(file, allow_pickle=False, **stored), moves)
                finished.append((temporary, companion.path))
                with temporary.open("rb") as file:
                    _fill_in(instance, hashlib.file_digest(file, "sha256").hexdigest())
            document = {
                "format": "exactcnn certificate",
                "version": 2,
                "instance": instance,
                "claims": [dict(claim) for claim in claims],
                "instance_sha256": hashlib.sha256(canonical(instance)).hexdigest(),
            }
            document["sha256"] = hashlib.sha256(canonical(document)).hexdigest()
            finished.append((_written(path, lambda file: file.write(canonical(document) + b"\n"), moves), path))
            for temporary, place in finished:
                temporary.replace(place)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None


def check_destination(path: str | Path, inputs: Iterable[Path] = ()) -> Path:
    """Return the path if a certificate can be written there without harm to anything else.

    Parameters
    ----------
    path : str or Path
        A new file, or an old one to be replaced, in a folder that exists.
    inputs : iterable of Path
        Files that must not be replaced, neither by the certificate nor by the file of its arrays.

    Raises
    ------
    InputError
        For a folder, a device, a missing or unwritable folder, a file among `inputs`.
    """
    path = Path(path)
    if not path.name or any(sign in path.name for sign in "\\:\0"):  # signs that the format refuses in file names
        raise InputError(f"certificate {str(path)!r}; expected a file name without '\\' and ':'")
    try:
        if not path.parent.is_dir():
            raise InputError(f"certificate {path}: no such folder {path.parent}")
        if not os.access(path.parent, os.W_OK):
            raise InputError(f"certificate {path}: the folder {path.parent} is not writable")
        for place in (path, _companion_path(path)):
            if place.exists() and not place.is_file():
                raise InputError(f"certificate {place} exists and is no file; expected another name")
            for given in inputs:
                if place.exists() and given.exists() and place.samefile(given):
                    raise InputError(f"certificate {path}: {place} is an input; expected another name")
    except InputError:
        raise
    except OSError as error:  # a name too long, a folder that may not be entered
        raise InputError(f"certificate {path}: {error.strerror or error}") from None
    return path


def _companion_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.npz")


def canonical(value: object) -> bytes:
    """Canonical JSON: sorted keys, no blanks, ASCII.

    Examples
    --------
    >>> canonical({"b": [1, "2/3"], "a": None})
    b'{"a":null,"b":[1,"2/3"]}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def activation_document(activation: Activation) -> dict[str, Any]:
    """Return the formulas of an activation as certificates state them, without its name.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> activation_document(activation("relu"))["pieces"][1]
    {'numerator': [[1, 0, '1']], 'denominator': [[0, 0, '1']]}
    >>> activation_document(activation("softplus"))
    {'special': 'softplus', 'parameters': ['1']}
    """
    if activation.domain == "transcendental":
        return {"special": activation.name, "parameters": list(map(_text, activation.parameters))}
    pieces = activation.pieces
    met = [i for i in range(len(activation.kinks)) if pieces[i] != pieces[i + 1]]
    return {
        "kinks": [_text(activation.kinks[i]) for i in met],
        "pieces": [
            {"numerator": _terms(pieces[i].numerator), "denominator": _terms(pieces[i].denominator)}
            for i in (*met, len(pieces) - 1)
        ],
        "exponent": list(map(_text, activation.exponent)),
        "base": "e",
    }


def _terms(terms: Terms) -> list[list[Any]]:
    return [[i, j, _text(c)] for i, j, c in sorted(terms) if c]


def _text(value: Fraction) -> str:
    return decimal(value.numerator) + (f"/{decimal(value.denominator)}" if value.denominator != 1 else "")


def _instance(
    network: Network | None,
    parameters: Parameters | None,
    samples: ExactArray | None,
    layers: int,
    companion: _Companion | None,
) -> dict[str, Any]:
    documents: list[dict[str, Any]] = []
    for layer in network.resolved[:layers] if network is not None else ():
        document: dict[str, Any] = {"kind": "max-pooling", "patches": layer.patches.slots.tolist()}
        if layer.activation is not None:
            own = parameters.layer(layer.number) if parameters is not None else None
            document |= {
                "kind": "convolution",
                "filters": layer.filters,
                "bias": layer.bias,
                "activation": activation_document(layer.activation),
                "weights": None if own is None else _array(f"W{layer.number}", own.weights, companion),
                "biases": None
                if own is None or own.biases is None
                else _array(f"b{layer.number}", own.biases, companion),
            }
        documents.append(document)
    width = network.widths[0] if network is not None else samples.shape[1] if samples is not None else 0
    return {
        "samples": None if samples is None else _array("samples", samples, companion),
        "sample_count": None if samples is None else len(samples),
        "input_width": width,
        "layers": documents,
    }


def _array(name: str, array: ExactArray, companion: _Companion | None) -> dict[str, Any]:
    plain = isinstance(array.denominators, int) and array.numerators.dtype != object
    if companion is not None and plain:
        return companion.reference(name, array)
    numbers, denominator = array.integers()
    values = [_text(Fraction(number, denominator)) for number in numbers.ravel().tolist()]
    return {"shape": list(array.shape), "values": values}


def _numbers(parameters: Parameters | None, samples: ExactArray | None) -> int:
    arrays = [samples]
    for layer in parameters.layers if parameters is not None else ():
        arrays += [layer.weights, layer.biases] if layer is not None else []
    return sum(array.numerators.size for array in arrays if array is not None)


def _fill_in(instance: dict[str, Any], digest: str) -> None:
    """Put the companion's hash into every reference to it."""
    arrays = [instance["samples"]] + [layer.get(key) for layer in instance["layers"] for key in ("weights", "biases")]
    for array in arrays:
        if array is not None and "sha256" in array:
            array["sha256"] = digest


def _written(place: Path, write: Callable[[IO[bytes]], object], moves: ExitStack) -> Path:
    """Write a file beside its place, under a temporary name that is gone when `moves` ends."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".exactcnn.")
    temporary = Path(name)
    moves.callback(temporary.unlink, missing_ok=True)
    with os.fdopen(handle, "wb") as file:
        write(file)
    umask = os.umask(0)  # mkstemp makes files private; give it the rights of any new file
    os.umask(umask)
    temporary.chmod(0o666 & ~umask)
    return temporary
