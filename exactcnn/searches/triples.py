"""Models, properties and counterexamples in files, one triple or a folder of them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exactcnn.errors import ExactCNNError, InputError
from exactcnn.interop.counterexamples import Inputs, read_inputs
from exactcnn.interop.onnx_model import given_by_onnx
from exactcnn.interop.properties import Property
from exactcnn.interop.runtimes import onnxruntime_outputs, torch_outputs
from exactcnn.interop.vnnlib_files import read_vnnlib
from exactcnn.network.as_given import AsGiven
from exactcnn.network.instance import Instance
from exactcnn.resources import Progress
from exactcnn.theorems.outputs import DIGITS, Evaluation, evaluate

INSTANCES = "instances.csv"
SUFFIXES = (".counterexample", ".csv", ".npy", ".txt")  # of the files of inputs, the first that is there
LARGEST_TABLE = 2**24  # bytes


@dataclass(frozen=True)
class Triple:
    """A model, a property and inputs."""

    model: Path
    property: Path
    inputs: Path


def evaluate_files(
    model: Path | Instance,
    inputs: Path | None = None,
    property: Path | None = None,  # noqa: A002 - what VNN-LIB calls it
    *,
    digits: int = DIGITS,
    check: bool | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Evaluate a model, or an instance, at the inputs of a file; raises as the readers and `evaluate` do.

    Parameters
    ----------
    model : Path or Instance
        An ONNX model; an instance has samples, which are the inputs where no file is given.
    inputs : Path, optional
        As `read_inputs` reads them.
    property : Path, optional
        A VNN-LIB property.

    Examples
    --------
    >>> evaluate_files(Path("model.onnx"))
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: model.onnx without inputs; expected --inputs FILE
    """
    wanted: Property | None = None if property is None else read_vnnlib(property)
    read = None if inputs is None else read_inputs(inputs)
    if isinstance(model, Instance):
        if model.parameters is None or (read is None and model.data is None):
            missing = "parameters" if model.parameters is None else "data, and no --inputs FILE"
            raise InputError(f"the specification has no {missing}; expected them")
        given = AsGiven(model.network, model.parameters, notes=model.notes)
        read = read or Inputs(model.data, {})  # type: ignore[arg-type]  # there are data
    elif read is None:
        raise InputError(f"{model} without inputs; expected --inputs FILE")
    else:
        given = given_by_onnx(model, input_shape=read.data.shape)
    read.data.check_input(given.network.input_shape)
    samples, shape = read.data.samples, given.network.input_shape
    others = {
        "onnxruntime": None if isinstance(model, Instance) else onnxruntime_outputs(model, samples, shape),
        "torch": torch_outputs(given, samples),
    }
    return evaluate(
        given,
        read.data,
        property=wanted,
        stated=read.stated,
        digits=digits,
        others=others,
        check=check,
        progress=progress,
    )


def find_triples(folder: Path) -> list[Triple]:
    """List the triples of a folder.

    With `instances.csv`, one a line: model and property, their places in the folder, and the file of inputs, or, as
    VNN-COMP has it, a time; then the inputs are MODEL_PROPERTY.counterexample in the folder, of the stems of both.
    Else every NAME.onnx with NAME.vnnlib and NAME.counterexample (or .csv, .npy, .txt).

    Raises
    ------
    InputError
        For a folder without triples, and a line of the table that is none.
    """
    table = folder / INSTANCES
    if table.is_file():
        return list(_listed(folder, table))
    found = [
        Triple(model, model.with_suffix(".vnnlib"), _beside(model))
        for model in sorted(folder.glob("*.onnx"))
        if model.with_suffix(".vnnlib").exists()
    ]
    if not found:
        raise InputError(f"{folder}: no NAME.onnx with NAME.vnnlib, and no {INSTANCES}; expected triples")
    return found


def evaluate_folder(
    folder: Path, *, digits: int = DIGITS, check: bool | None = None, progress: Progress | None = None
) -> Iterator[dict[str, Any]]:
    """Evaluate all triples of a folder; what goes wrong with one is said in its place.

    Yields
    ------
    dict
        With the keys "model", "property", "file", and those of an evaluation, or "error".
    """
    for triple in find_triples(folder):
        names = {"model": triple.model, "property": triple.property, "file": triple.inputs}
        line: dict[str, Any] = {name: str(path.relative_to(folder)) for name, path in names.items()}
        try:
            found = evaluate_files(
                triple.model, triple.inputs, triple.property, digits=digits, check=check, progress=progress
            )
            rejected = {"rejection": found.rejection} if found.checked is False else {}
            yield line | found.document() | rejected
        except ExactCNNError as error:
            yield line | {"error": " ".join(str(error).split())}
        except MemoryError:
            yield line | {"error": "not enough memory for this triple"}


def _beside(model: Path) -> Path:
    """The file of inputs of a model."""
    places = [model.with_suffix(suffix) for suffix in SUFFIXES]
    return next((place for place in places if place.exists()), places[0])


def _listed(folder: Path, table: Path) -> Iterator[Triple]:
    if table.stat().st_size > LARGEST_TABLE:
        raise InputError(f"{table}: expected at most {LARGEST_TABLE} bytes")
    try:
        rows = list(csv.reader(table.read_text(encoding="utf-8").splitlines(), skipinitialspace=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table}: {error}; expected lines of model, property, inputs") from None
    for number, row in enumerate(rows, 1):
        if not row:
            continue
        cells = [cell.strip() for cell in row]
        if len(cells) != 3 or not all(cells):
            raise InputError(f"{table}, line {number}: {len(cells)} entries; expected model, property, inputs")
        if any(Path(cell).is_absolute() or ".." in Path(cell).parts for cell in cells):
            raise InputError(f"{table}, line {number}: a place outside the folder; expected places in it")
        model, own = folder / cells[0], folder / cells[1]
        inputs = folder / cells[2]
        if re.fullmatch(r"[0-9]+(\.[0-9]*)?", cells[2]):  # a time, as VNN-COMP has it
            inputs = folder / f"{model.stem}_{own.stem}{SUFFIXES[0]}"
        yield Triple(model, own, inputs)
