"""Writing certificates; docs/reference/certificates.md is the format.

Small arrays stand in the document itself, large ones in one NumPy file beside it, named with their hashes. Both
files are written under temporary names first and moved when both are complete.
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
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.numerals import rational_text
from exactcnn.errors import InputError
from exactcnn.network.instance import Instance
from exactcnn.network.network import Network
from exactcnn.network.parameters import LayerParameters, Parameters

ARRAYS = ("samples", "targets", "weights", "biases")
INLINE = 200_000  # numbers in all; a document of some megabytes


@dataclass
class _Companion:
    """Arrays that go to the file beside the certificate."""

    path: Path
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)

    def reference(self, name: str, array: ExactArray) -> dict[str, Any]:
        """Name an array of the companion."""
        entries = np.ascontiguousarray(array.numbers, dtype=array.numbers.dtype.newbyteorder("<"))
        self.arrays[name] = entries
        return {
            "shape": list(array.shape),
            "file": self.path.name,
            "member": name,
            "type": entries.dtype.str,
            "sha256": hashlib.sha256(entries.tobytes()).hexdigest(),
            "scale": rational_text(Fraction(1, int(array.denominators))),
        }


def write(
    path: Path,
    instance: Instance,
    claims: Sequence[Mapping[str, Any]],
    layers: int,
    points: Sequence[Parameters] = (),
) -> None:
    """Write a certificate for layers 1 to `layers` of an instance; see `exactcnn.certificates.certificate`.

    A claim may hold arrays, as values of its objects. Of layers above the last that has parameters, shapes are written.
    """
    path = check_destination(path)
    network, parameters, samples, targets = instance.network, instance.parameters, instance.samples, instance.targets
    if parameters is not None:
        parameters.check(network, min(layers, len(parameters.layers)))
    companion = _Companion(_companion_path(path))
    given = [samples, targets, *(p for p in (parameters, *points) if p is not None), *_arrays_in(claims)]
    small = _numbers(*given) <= INLINE
    beside = None if small else companion
    stated = _instance(network, parameters, samples, targets, layers, beside)
    document = {
        "format": "exactcnn certificate",
        "version": 2,
        "instance": stated,
        "points": _points(parameters, points, layers, beside),
        "claims": [_stated(claim, f"claim{i}", beside) for i, claim in enumerate(claims)],
        "instance_sha256": hashlib.sha256(canonical(_without_files(stated))).hexdigest(),
    }
    document["sha256"] = hashlib.sha256(canonical(document)).hexdigest()
    try:
        with ExitStack() as moves:  # on success both files move to their places, the certificate last
            finished: list[tuple[Path, Path]] = []
            if companion.arrays:
                arrays = companion.arrays
                temporary = _written(companion.path, lambda file: np.savez(file, allow_pickle=False, **arrays), moves)
                finished.append((temporary, companion.path))
            finished.append((_written(path, lambda file: file.write(canonical(document) + b"\n"), moves), path))
            for temporary, place in finished:
                temporary.replace(place)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None


def check_destination(path: str | Path, inputs: Iterable[Path] = (), *, what: str = "certificate") -> Path:
    """Return the path if a certificate, or another file, can be written there without harm to anything else.

    Parameters
    ----------
    path : str or Path
        A new file, or an old one to be replaced, in a folder that exists.
    inputs : iterable of Path
        Files that must not be replaced, neither by the certificate nor by the file of its arrays.
    what : str
        What is written, for messages.

    Raises
    ------
    InputError
        For a folder, a device, a missing or unwritable folder, a file among `inputs`.
    """
    path = Path(path)
    if not path.name:
        raise InputError(f"{what} {str(path)!r} is a folder; expected the name of a file")
    if any(sign in path.name for sign in "\\:\0"):  # signs that the format refuses in file names
        raise InputError(f"{what} {str(path)!r}; expected a file name without '\\' and ':'")
    try:
        if not path.parent.is_dir():
            raise InputError(f"{what} {path}: no such folder {path.parent}")
        if not os.access(path.parent, os.W_OK):
            raise InputError(f"{what} {path}: the folder {path.parent} is not writable")
        for place in (path, _companion_path(path)):
            if place.exists() and not place.is_file():
                raise InputError(f"{what} {place} exists and is no file; expected another name")
            for given in inputs:
                if place.exists() and given.exists() and place.samefile(given):
                    raise InputError(f"{what} {path}: {place} is an input; expected another name")
    except InputError:
        raise
    except OSError as error:  # a name too long, a folder that may not be entered
        raise InputError(f"{what} {path}: {error.strerror or error}") from None
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


def _instance(
    network: Network,
    parameters: Parameters | None,
    samples: ExactArray | None,
    targets: ExactArray | None,
    layers: int,
    companion: _Companion | None,
) -> dict[str, Any]:
    documents: list[dict[str, Any]] = []
    for layer in network.resolved[:layers]:
        document = layer.document()
        if layer.parameter_shapes:
            given = 0 if parameters is None else len(parameters.layers)
            own = parameters.layer(layer.number) if parameters is not None and layer.number <= given else None
            document |= _layer(str(layer.number), own, companion) or {"weights": None, "biases": None}
        documents.append(document)
    return {
        "samples": None if samples is None else _array("samples", samples, companion),
        "sample_count": None if samples is None else len(samples),
        "targets": None if targets is None else _array("targets", targets, companion),
        "input_width": network.widths[0],
        "layers": documents,
    }


def _layer(number: str, own: LayerParameters | None, companion: _Companion | None) -> dict[str, Any] | None:
    if own is None:
        return None
    biases = None if own.biases is None else _array(f"b{number}", own.biases, companion)
    return {"weights": _array(f"W{number}", own.weights, companion), "biases": biases}


def _points(
    parameters: Parameters | None, points: Sequence[Parameters], layers: int, companion: _Companion | None
) -> list[list[dict[str, Any] | int | None]]:
    """Points by their layers; the number of an earlier point stands for a layer that is the very same object there."""
    first: dict[tuple[int, int], int] = {}
    for number, own in enumerate(parameters.layers if parameters is not None else (), start=1):
        if own is not None:
            first[number, id(own)] = -1
    documents: list[list[dict[str, Any] | int | None]] = []
    for i, point in enumerate(points):
        documents.append([])
        for number, own in enumerate([*point.layers, *[None] * layers][:layers], start=1):
            known = first.get((number, id(own)))
            documents[-1].append(_layer(f"{number}_p{i}", own, companion) if known is None else known)
            if own is not None:
                first.setdefault((number, id(own)), i)
    return documents


def _without_files(instance: dict[str, Any]) -> dict[str, Any]:
    """The instance without the places of its arrays; the same numbers have the same hash wherever they stand."""

    def cleaned(table: dict[str, Any]) -> dict[str, Any]:
        return {key: _place_left_out(value) if key in ARRAYS else value for key, value in table.items()}

    return cleaned(instance) | {"layers": [cleaned(layer) for layer in instance["layers"]]}


def _arrays_in(value: Any) -> list[ExactArray]:
    """The arrays that claims hold, at any depth."""
    if isinstance(value, ExactArray):
        return [value]
    inside = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    return [array for item in inside for array in _arrays_in(item)]


def _stated(value: Any, name: str, companion: _Companion | None) -> Any:
    """A claim with its arrays as the format writes them."""
    if isinstance(value, ExactArray):
        return _array(name, value, companion)
    if isinstance(value, Mapping):
        return {key: _stated(item, f"{name}_{key}", companion) for key, item in value.items()}
    return value


def _place_left_out(array: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if array is None else {key: value for key, value in array.items() if key not in ("file", "member")}


def _array(name: str, array: ExactArray, companion: _Companion | None) -> dict[str, Any]:
    plain = isinstance(array.denominators, int) and array.numbers.dtype != object
    if companion is not None and plain:
        return companion.reference(name, array)
    numbers, denominator = array.integers()
    values = [rational_text(Fraction(number, denominator)) for number in numbers.ravel().tolist()]
    return {"shape": list(array.shape), "values": values}


def _numbers(*given: ExactArray | Parameters | None) -> int:
    arrays: list[ExactArray | None] = []
    for each in given:
        if isinstance(each, Parameters):
            arrays += [array for own in each.layers if own is not None for array in (own.weights, own.biases)]
        else:
            arrays.append(each)
    return sum(array.numbers.size for array in arrays if array is not None)


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
